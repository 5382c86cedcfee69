"""Looking after a state and an installation: purge, doctor, models, estimate, report, the emulator, the demo, and help."""

import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

from batchata import Batch
from batchata.cli.app import COMMANDS, build
from batchata.cli.codes import TOLD, Exit
from batchata.estimate import Estimate, ModelEstimate
from batchata.testing import Emulator
from batchata.usage import NANO

SECRET_QUESTION, SECRET_ANSWER = "a-question-nobody-may-see", "an-answer-nobody-may-see"


@pytest.fixture
def paid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state with three jobs that were answered, with files of answers and one file of somebody else."""
    with Emulator(turnaround=0.05, answer=lambda _: SECRET_ANSWER) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        batch = Batch(tmp_path / "p.db", results_dir=tmp_path / "answers").defaults(model="gpt-5-mini", max_tokens=300)
        for number in range(3):
            batch.add_job(
                prompt=f"{SECRET_QUESTION} {number}", job_id=f"job-{number}", metadata={"who": SECRET_QUESTION}
            )
        batch.add_cost_limit(1).run(wait=True)
        (tmp_path / "answers" / "mine.json").write_text("{}")
        yield tmp_path / "p.db"


def ledger(state: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(state)) as connection:
        return connection.execute("SELECT * FROM ledger").fetchall()


def bytes_of(state: Path) -> bytes:
    return b"".join(path.read_bytes() for path in state.parent.glob(f"{state.name}*"))


def leave_in_a_free_page(state: Path, text: str) -> None:
    """What SQLite leaves behind where it is told not to clean up."""
    with closing(sqlite3.connect(state, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("INSERT INTO segment (batch, body) VALUES (1, ?)", (text.encode() * 500,))
        connection.execute("DELETE FROM segment WHERE id = (SELECT max(id) FROM segment)")


def test_purge_forgets_contents_and_keeps_accounts(look: Any, paid: Path) -> None:
    before = ledger(paid)
    leave_in_a_free_page(paid, f"{SECRET_ANSWER} of long ago")
    assert look("purge", "p.db").code == 2  # nobody there to say yes
    assert SECRET_QUESTION.encode() in bytes_of(paid)
    assert SECRET_ANSWER.encode() in bytes_of(paid)
    purged = look("purge", "p.db", "--yes", "--json")
    assert purged.code == 0, purged.err
    assert (purged.json["answers"], purged.json["files"], purged.json["failed"]) == (3, 6, {})
    assert SECRET_QUESTION.encode() not in bytes_of(paid)
    assert SECRET_ANSWER.encode() not in bytes_of(paid)
    assert ledger(paid) == before
    assert [path.name for path in (paid.parent / "answers").rglob("*") if path.is_file()] == ["mine.json"]
    kept = look("results", "p.db", "--json").json
    assert [(one["job_id"], one["outcome"], one["raw_response"], one["metadata"]) for one in kept] == [
        (f"job-{number}", "succeeded", None, None) for number in range(3)
    ]
    assert sum(one["cost_usd"] for one in kept) == pytest.approx(look("status", "p.db", "--json").json["cost_usd"])
    assert look("resume", "p.db").code == 2
    assert look("doctor", "p.db").code == 0


def test_purge_leaves_open_work_alone(look: Any, paid: Path) -> None:
    with closing(sqlite3.connect(paid)) as connection, connection:
        connection.execute("UPDATE provider_batch SET state = 'ended'")
    refused = look("purge", "p.db", "--yes")
    assert refused.code == 2
    assert "1 open batch: resume or cancel first" in refused.err
    assert SECRET_ANSWER.encode() in bytes_of(paid)


def test_lost_answers_are_paid_again_only_on_the_user_s_word(look: Any, paid: Path) -> None:
    with closing(sqlite3.connect(paid)) as connection, connection:
        connection.execute(
            "UPDATE standing SET state = 'lost' WHERE job = (SELECT seq FROM said WHERE job_id = 'job-1')"
        )
    spent = look("status", "p.db", "--json").json["cost_usd"]
    assert look("retry", "p.db").code == 0
    assert look("retry", "p.db", "--lost").code == 2  # nobody there to say yes
    assert look("status", "p.db", "--json").json["cost_usd"] == spent
    again = look("retry", "p.db", "--lost", "--yes", "--json")
    assert (again.code, again.json["completed"]) == (0, 1)
    status = look("status", "p.db", "--json").json
    assert status["cost_usd"] > spent
    assert (status["total"], status["completed"]) == (3, 3)


def test_doctor_tells_what_is_there_and_never_a_key(look: Any, paid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-not-to-be-shown")
    healthy = look("doctor", "p.db", "--json")
    told = {(check["area"], check["state"], check["told"]) for check in healthy.json["checks"]}
    assert healthy.code == 0
    assert ("keys", "ok", "anthropic: ANTHROPIC_API_KEY from the environment") in told
    assert any("the ledger adds up" in words for _, _, words in told)
    assert "not-to-be-shown" not in healthy.out + healthy.err + look("doctor").out
    with closing(sqlite3.connect(paid)) as connection, connection:
        connection.execute("DROP TRIGGER ledger_is_append_only")
        connection.execute("UPDATE ledger SET amount = amount + 1")
    ill = look("doctor", "p.db")
    assert ill.code == 7
    assert "not the sum of its rows" in ill.out
    paid.write_bytes(paid.read_bytes()[:5_000])
    assert look("doctor", "p.db", "--json").json["problems"] == 1
    assert look("status", "p.db").code == 5


def test_doctor_reads_a_dotenv_of_the_working_directory(bare_shell: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "OPENAI_API_KEY=sk-of-file\nOPENAI_BASE_URL=http://127.0.0.1:9/v1\nANTHROPIC_API_KEY=sk-of-file\n"
    )
    told = bare_shell(ANTHROPIC_API_KEY="sk-set-already")("doctor")
    assert "openai: OPENAI_API_KEY from .env" in told.out
    assert "anthropic: ANTHROPIC_API_KEY from the environment" in told.out
    assert "OPENAI_BASE_URL is taken from .env: requests and keys go to http://127.0.0.1:9" in told.err
    assert "sk-" not in told.out + told.err
    assert "\x1b" not in told.out + told.err


def test_models_have_a_price_with_its_source(look: Any) -> None:
    found = {one["model"]: one for one in look("models", "haiku-4-5", "--json").json}
    one = found["claude-haiku-4-5"]
    assert (one["provider"], one["batch"], one["output_usd_per_million"] > one["input_usd_per_million"] > 0) == (
        "anthropic",
        True,
        True,
    )
    assert one["source"].startswith("genai-prices")
    shown = look("models", "haiku-4-5").out.splitlines()
    assert shown[0].split("\t") == ["model", "USD in", "USD out", "price", "as of", "source"]
    assert all(line.startswith("anthropic/") for line in shown[1:])  # not those that Google's cloud sells
    assert look("models", "--provider", "nobody").code == 2


def test_an_estimate_sends_nothing(
    look: Any, documents: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    ask = ("estimate", "docs", "-m", "gpt-5-mini", "-p", "Sum up.", "--limit", "1", "--state", "e.db")
    counted = look(*ask, "--json")
    assert counted.code == 0, counted.err
    assert (counted.json["jobs"], counted.json["provider_batches"], counted.json["limit_usd"]) == (5, 1, 1.0)
    assert counted.json["worst_usd"] > counted.json["likely_usd"] > 0
    told = look(*ask).out
    assert "5 jobs to send" in told
    assert "limit $1.00, $0.00 of it spent or held: it bears all of them at once" in told
    assert "USD" not in told.splitlines()[-1]
    assert emulator.requests == []
    assert not (documents.parent / "e.db").exists()


def test_what_an_estimate_says_of_its_limit() -> None:
    model = ModelEstimate("m", jobs=3, worst=30_012_345)
    some = Estimate({"m": model}, jobs=3, spent=10_000_000, limit=NANO, within_limit=3, cheapest=9_999_999)
    assert str(some).splitlines()[-1] == "limit $1.00, $0.01 of it spent or held: it bears all of them at once"
    assert "none of them; the cheapest needs $0.02" in str(replace(some, limit=NANO // 100, within_limit=0))
    assert "it bears 1 of them at their worst, the other 2 wait" in str(replace(some, within_limit=1))
    assert str(replace(some, within_limit=1)).endswith("$0.0401 would bear all at once")
    done = replace(some, models={}, jobs=0, finished_earlier=3, within_limit=0)
    assert str(done) == "0 jobs to send, 3 finished earlier\nlimit $1.00, $0.01 of it spent or held"


def test_a_report_is_one_file(look: Any, paid: Path) -> None:
    assert look("report", "p.db", "-o", "r.html").code == 0
    assert (paid.parent / "r.html").read_bytes()[:15].lower() == b"<!doctype html>"


def test_an_uncertain_batch_is_decided_on_the_user_s_word(look: Any, paid: Path) -> None:
    assert look("decide", "p.db", "1").code == 2
    for word in ("--made", "--never-made"):  # it is settled: there is nothing to decide, and nothing to ask
        told = look("decide", "p.db", "1", word)
        assert told.code == 2
        assert told.err == "batchata: batch 1 of 'p.db' is not undecided; undecided are: none (batchata status p.db)\n"


def test_a_state_that_is_none(look: Any, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database at all, but long enough to be looked at " * 10)
    for command in ("status", "results", "resume", "retry", "cancel", "purge", "report"):
        for name in ("none.db", "text.db"):
            ended = look(command, name)
            assert (ended.code, ended.out) == (5, ""), (command, name, ended)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_every_command_speaks_to_machines_of_errors_too(command: Any, look: Any) -> None:
    told = look(command.__name__, "--json", "--no-such-option")
    assert (told.code, told.json["exit_code"]) == (2, 2)
    assert "--no-such-option" in told.json["error"]["message"]
    assert "--no-such-option" in told.err


def test_every_command_has_examples(look: Any) -> None:
    for command in COMMANDS:
        told = look(command.__name__, "--help").out
        assert "Examples:" in told
        assert f"\n    batchata {command.__name__} " in told
        assert max(map(len, told.splitlines())) < 80, "it is wrapped where it should not be"
    assert "130 Ctrl-C" in look("--help").out
    assert max(map(len, look("--help").out.splitlines())) < 80
    assert look("--version").out.startswith("batchata ")


def test_a_terminal_gets_whole_words_and_whole_commands(terminal: Any, paid: Path) -> None:
    with closing(sqlite3.connect(paid)) as connection, connection:
        connection.execute(
            "UPDATE standing SET state = 'failed' WHERE job = (SELECT seq FROM said WHERE job_id = 'job-1')"
        )
    code, told = terminal("resume", "p.db", "--limit", "0.000001", columns=60)
    assert code == 3
    assert "batchata resume p.db --limit USD\n" in told
    assert max(map(len, told.splitlines())) <= 60


@pytest.mark.parametrize(("typed", "code"), [(b"\x04", 2), (b"\x03", 130), (b"n\n", 2), (b"y\n", 0)])
def test_a_question_is_answered_by_a_key_too(typed: bytes, code: int, terminal: Any, paid: Path) -> None:
    ended, told = terminal("purge", "p.db", "--here-only", typed=typed)
    assert (ended, "Traceback" in told) == (code, False), told
    assert (SECRET_ANSWER.encode() in bytes_of(paid)) is (code != 0)


def test_the_demo_runs_without_a_key(bare_shell: Callable[..., Any], tmp_path: Path) -> None:
    done = bare_shell()("demo", "--emulated", "--dir", "d", "--json")
    assert done.code == 0, done.err
    assert done.json["completed"] == 4


def test_the_emulator_says_how_to_reach_it_and_ends_on_a_signal(bare_shell: Callable[..., Any]) -> None:
    process = bare_shell().start("emulator", "--json")
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert said["environment"]["ANTHROPIC_BASE_URL"] == said["url"]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_without_typer_and_rich_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name in ('typer', 'rich') else find(name, *rest)\n"
        "import batchata; assert not {'typer', 'rich'} & set(sys.modules)\n"
        "from batchata.cli import main; sys.exit(main(['status']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "install batchata with its extra 'cli'" in ended.stderr
    assert "batchata[cli]" not in ended.stderr  # an index may have another release of that name


DOCS = Path(__file__).parents[2] / "docs" / "command-line.md"
SHOWN = [
    *re.findall(r"^batchata (\w+.*)$", DOCS.read_text(encoding="utf-8"), re.MULTILINE),
    *(line.removeprefix("batchata ") for text in COMMANDS.values() for line in text.strip().splitlines()),
]


@pytest.mark.parametrize("line", sorted(set(SHOWN)))
def test_every_command_that_is_shown_can_be_typed(line: str) -> None:
    name, *arguments = shlex.split(re.split(r" \| |\s{2,}", line)[0])  # without pipes and remarks
    group: Any = typer.main.get_command(build())
    group.commands[name].make_context(name, arguments)  # raises for an option that is none


def test_the_documented_exit_codes_are_the_real_ones() -> None:
    table = re.findall(r"^\| (\d+(?:, \d+)?) \| (.*) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {int(code) for codes, _ in table for code in codes.split(", ")}
    assert documented == {code.value for code in Exit}
    assert [words for codes, words in table[:8]] == [line[3:] for line in TOLD.splitlines()[:8]]
