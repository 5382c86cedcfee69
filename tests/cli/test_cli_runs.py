"""Runs from the command line, start to end: documents, tables, going on after a kill, signals, limits."""

import csv
import importlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from batchata import Batch
from batchata.testing import Emulator, Fault

ASK = ("-m", "claude-haiku-4-5", "-p", "Summarise this report.", "--max-tokens", "50")
MOODS = {
    "title": "Mood",
    "type": "object",
    "properties": {"mood": {"enum": ["good", "bad"]}, "score": {"type": "integer", "minimum": 0}},
    "required": ["mood", "score"],
    "additionalProperties": False,
}


def until(met: Callable[[], Any], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.02)


def test_documents_with_a_limit_and_every_form_of_their_results(
    shell: Any, look: Any, emulator: Emulator, documents: Path
) -> None:
    (documents / "logo.bin").write_bytes(b"\x00\x01")
    ran = shell("run", "docs", *ASK, "--limit", "1", "--state", "s.db", "--out", "answers", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["completed"] == ran.json["total"] == 5
    assert ran.json["cost_limit_usd"] == 1.0
    assert "1 .bin" in ran.err
    assert sorted(path.name for path in (shell.folder / "answers").glob("*.json")) == [
        f"report-{number}.txt.json" for number in range(5)
    ]
    status = look("status", "s.db", "--json").json
    assert (status["completed"], status["driven_by"], status["cost_limit_usd"]) == (5, None, 1.0)
    assert status["cost_usd"] == ran.json["cost_usd"] > 0
    watched = look("status", "s.db", "--watch", "--json")  # nobody drives it: one look, and it ends
    assert watched.json["completed"] == 5
    whole = look("results", "s.db", "--format", "json").json
    assert [one["job_id"] for one in whole] == [f"report-{number}.txt" for number in range(5)]
    assert look("results", "s.db", "-o", "s.json").code == 0
    assert json.loads((shell.folder / "s.json").read_text()) == whole
    assert look("results", "s.db", "-o", "no-such-folder/s.json").code == 2
    lines = look("results", "s.db", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["raw_response"] for line in lines] == [one["raw_response"] for one in whole]
    table = list(csv.DictReader(look("results", "s.db", "--format", "csv").out.splitlines()))
    assert [row["raw_response"] for row in table] == [one["raw_response"] for one in whole]
    assert look("results", "s.db", "-o", "s.parquet").code == 0
    parquet = importlib.import_module("pyarrow.parquet")
    assert parquet.read_table(shell.folder / "s.parquet").num_rows == 5
    shown = look("results", "s.db", "--job", "report-3.txt")
    assert [line.split("\t")[0] for line in shown.out.splitlines()] == ["job", "report-3.txt"]
    none = look("results", "s.db", "--failed")
    assert (none.code, none.out, none.err) == (0, "", "No job has failed.\n")
    assert "added all its jobs" not in look("retry", "s.db", at=emulator).err
    creates = len(emulator.creates)
    assert look("resume", "s.db", "-q", at=emulator).code == 0
    assert len(emulator.creates) == creates == 1
    everything = "".join(one.out + one.err for one in (ran, shown, look("status", "s.db"), look("run", "--help")))
    assert "\x1b" not in everything
    assert "USD" in everything


def test_a_table_typed_by_a_json_schema_and_its_failed_rows_retried(look: Any, tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text('key,text\na,"fine, {really}"\nb,awful\nc,meh\n')
    (tmp_path / "mood.json").write_text(json.dumps(MOODS))
    good, answers = json.dumps({"mood": "good", "score": 3}), {"awful": json.dumps({"mood": "\x1b[2J", "score": -1})}
    asked: list[str] = []

    def answer(params: dict[str, Any]) -> str:
        asked.append(json.dumps(params))
        return next((said for word, said in answers.items() if word in asked[-1]), good)

    with Emulator(turnaround=0.1, answer=answer) as emulator:
        told = look(
            "run", "reviews.csv", "-m", "claude-haiku-4-5", "-p", "Classify: {text}", "-s", "mood.json", "--id-column", "key",
            "--state", "t.db", "-o", "moods.csv", "--no-such",
        )  # fmt: skip
        assert (told.code, "--no-such" in told.err) == (2, True)
        ran = look(
            "run", "reviews.csv", "-m", "claude-haiku-4-5", "-p", "Classify: {text}", "-s", "mood.json", "--id-column", "key",
            "--state", "t.db", "-o", "moods.csv", "--limit", "2", at=emulator,
        )  # fmt: skip
        assert ran.code == 1, ran.err
        assert any("Classify: fine, {really}" in one for one in asked)
        rows = list(csv.DictReader((tmp_path / "moods.csv").read_text().splitlines()))
        assert [(row["job_id"], row["outcome"], row["mood"], row["text"]) for row in rows] == [
            ("a", "succeeded", "good", "fine, {really}"),
            ("b", "invalid", "", "awful"),
            ("c", "succeeded", "good", "meh"),
        ]
        assert "\x1b" not in look("results", "t.db").out + look("results", "t.db", "--failed", "-f", "json").out
        failed = look("results", "t.db", "--failed", "--json").json
        assert [(one["job_id"], one["outcome"]) for one in failed] == [("b", "invalid")]
        answers.clear()
        asked.clear()
        again = look("retry", "t.db", "--json", at=emulator)
        rows = list(csv.DictReader((tmp_path / "moods.csv").read_text().splitlines()))
        assert [(row["job_id"], row["mood"], row["text"]) for row in rows] == [
            ("a", "good", "fine, {really}"),
            ("b", "good", "awful"),
            ("c", "good", "meh"),
        ]
        assert again.code == 0, again.err
        assert len(asked) == 1
        assert "awful" in asked[0]
        status = look("status", "t.db", "--json").json
        assert (status["total"], status["completed"], status["failures"], status["cost_limit_usd"]) == (3, 3, {}, 2.0)
        assert look("retry", "t.db", at=emulator).code == 0
        assert len(asked) == 1


def test_a_killed_run_is_watched_while_it_goes_and_resumed(
    shell: Any, look: Any, emulator: Emulator, documents: Path
) -> None:
    emulator.hold()
    run = shell.start("run", "docs", *ASK, "--state", "k.db", "--limit", "1", "--items-per-batch", "2")
    until(lambda: len(emulator.creates) == 3)
    until(lambda: len(look("status", "k.db", "--json").json["open_batches"]) == 3)
    seen = look("status", "k.db", "--json").json
    assert f"process {run.pid} on" in seen["driven_by"]
    assert (seen["active"], seen["reserved_usd"] > 0, seen["open_batches"][0]["state"]) == (5, True, "submitted")
    other = look("resume", "k.db", "--json", at=emulator)
    assert (other.code, other.json["error"]["kind"]) == (5, "StateLockedError")
    assert f"process {run.pid}" in other.err
    run.kill()
    run.communicate()
    assert "its process is gone" in look("status", "k.db").out
    emulator.release()
    resumed = shell("resume", "k.db", "--json")
    assert (resumed.code, resumed.json["completed"], resumed.json["cost_limit_usd"]) == (0, 5, 1.0)
    assert len(emulator.ledger) == 5
    assert not emulator.ledger.billed_twice()


ENDLESS = """
import time
from batchata import Batch

def jobs():
    for number in range(3_000):
        yield {"prompt": f"Say {number}.", "model": "claude-haiku-4-5"}
    time.sleep(60)

Batch("f.db", items_per_batch=None).add_cost_limit(usd=5).add_jobs(jobs()).run(wait=True)
"""


def test_a_run_that_was_killed_while_it_added_jobs_says_that_some_are_not_known(
    shell: Any, look: Any, emulator: Emulator, tmp_path: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", ENDLESS], cwd=tmp_path, env=shell.environment) as script:
        try:
            until(lambda: (tmp_path / "f.db").exists() and look("status", "f.db", "--json").json.get("total"))
        finally:
            script.kill()
    assert "ended before it had added all its jobs" in look("retry", "f.db", at=emulator).err


def test_a_run_is_seen_with_its_own_limit_before_its_first_job_is_there(look: Any, tmp_path: Path) -> None:
    come = threading.Event()

    def jobs() -> Iterator[dict[str, Any]]:
        come.wait(20)
        yield {"prompt": "Say one.", "model": "claude-haiku-4-5", "job_id": "one"}

    for limit in (0.000001, 0.000002):
        come.clear()
        run = Batch(tmp_path / "first.db").add_cost_limit(limit).add_jobs(jobs()).run()
        seen, told = look("status", "first.db", "--json").json, look("status", "first.db").out
        come.set()
        run.wait()
        assert seen["run"]["ended_at"] is None
        assert (seen["cost_limit_usd"], seen["total"]) == (limit, 0)
        assert "no limit" not in told


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_what_is_open_and_cancel_collects_it(
    number: signal.Signals, code: int, shell: Any, look: Any, emulator: Emulator, documents: Path
) -> None:
    emulator.hold()
    run = shell.start("run", "docs", *ASK, "--state", "c.db", "--limit", "1", "-o", "out")
    until(lambda: emulator.creates)
    until(lambda: look("status", "c.db", "--json").json["open_batches"])
    run.send_signal(number)
    _, err = run.communicate(timeout=30)
    assert run.returncode == code, err
    assert "batchata resume c.db" in err
    assert "Written" not in err  # nothing has landed in the folder
    if number == signal.SIGTERM:
        return
    emulator.release()
    cancelled = look("cancel", "c.db", at=emulator)
    assert cancelled.code == 0, cancelled.err
    status = look("status", "c.db", "--json").json
    assert (status["open_batches"], status["active"], status["cost_limit_usd"]) == ([], 0, 1.0)
    assert status["total"] == 5
    assert look("cancel", "c.db").code == 0


def test_a_table_is_completed_by_whatever_goes_on_and_never_written_over_another(look: Any, tmp_path: Path) -> None:
    parquet, arrow = importlib.import_module("pyarrow.parquet"), importlib.import_module("pyarrow")
    days = [date(2026, 1, number) for number in (1, 2, 3)]
    parquet.write_table(arrow.table({"day_in": days, "text": ["a", "b", "c"]}), tmp_path / "in.parquet")
    (tmp_path / "priced_of_cli_test.py").write_text(
        "from datetime import date\nfrom decimal import Decimal\nfrom pydantic import BaseModel\n"
        "class Priced(BaseModel):\n    price: Decimal\n    day: date\n"
    )
    out, state = tmp_path / "out.parquet", ("--state", "o.db")
    with Emulator(turnaround=0.1, answer=lambda _: '{"price": "1.50", "day": "2026-02-03"}') as emulator:
        ask = (
            "run",
            "in.parquet",
            "-m",
            "claude-haiku-4-5",
            "-p",
            "Judge {text}.",
            "-s",
            "priced_of_cli_test.py:Priced",
            *state,
        )
        stopped = look(*ask, "--limit", "0.000001", "-o", "out.parquet", "--json", at=emulator)
        assert (stopped.code, stopped.json["table"]) == (3, str(out))
        before = parquet.read_table(out)
        assert before.num_rows == 0
        resumed = look("resume", "o.db", "--limit", "1", at=emulator)
        assert (resumed.code, "Written: out.parquet" in resumed.err) == (0, True), resumed.err
        after = parquet.read_table(out)
        assert after.num_rows == 3
        assert after.column("day_in").to_pylist() == days
        assert after.schema.field("day").type == arrow.date32()
        assert str(after.schema.field("price").type).startswith("decimal128")

        out.write_bytes(b"my own notes")
        left = look("resume", "o.db", "--json", at=emulator)
        assert (left.code, left.json["table"], out.read_bytes()) == (0, None, b"my own notes")
        assert "out.parquet has been changed since it was written, and is left alone." in left.err
        assert "batchata results o.db -o out-new.parquet" in left.err
        assert look("results", "o.db", "-o", "out-new.parquet").code == 0
        assert parquet.read_table(tmp_path / "out-new.parquet").schema == after.schema

        told = look(*ask, "--limit", "1", "-o", "out.parquet", at=emulator).err  # the user names it once more
        assert "out.parquet has been changed since it was written: it is replaced" in told
        assert parquet.read_table(out).equals(after)
        out.unlink()
        assert look("resume", "o.db", at=emulator).code == 0
        assert parquet.read_table(out).equals(after)
        out.unlink()
        assert look(*ask, "--limit", "1", at=emulator).code == 0  # a run without --out has no table to complete
        assert look("resume", "o.db", at=emulator).code == 0
        assert not out.exists()


def test_what_cancel_leaves_waiting_is_no_trouble_to_it(
    shell: Any, look: Any, emulator: Emulator, documents: Path
) -> None:
    emulator.hold()
    run = shell.start("run", "docs", *ASK, "--state", "x.db", "--limit", "1", "-o", "x.csv")
    until(lambda: emulator.creates)
    until(lambda: look("status", "x.db", "--json").json["open_batches"])
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=30)
    emulator.faults.add("results", Fault.REFUSE, times=None)
    stuck = shell.start("cancel", "x.db", "--json")
    until(lambda: any(exchange.operation == "results" for exchange in emulator.requests))
    stuck.send_signal(signal.SIGTERM)
    stuck.communicate(timeout=30)
    assert stuck.returncode == 143
    emulator.faults.clear()
    stranger = shell("cancel", "x.db", "--json", ANTHROPIC_API_KEY="another-key")
    assert (stranger.code, stranger.json["exit_code"]) == (4, 4), stranger.err
    assert "still open" in stranger.err
    cancelled = look("cancel", "x.db", "--json", at=emulator)
    assert (cancelled.code, cancelled.json["exit_code"]) == (0, 0), cancelled.err
    waiting = look("status", "x.db", "--json").json["pending"]
    assert waiting > 0
    table = (shell.folder / "x.csv").read_text().splitlines()  # complete as far as it goes
    assert len(table) == 1 + 5 - waiting
    emulator.release()
    assert look("resume", "x.db", "-q", at=emulator).code == 0
    assert len((shell.folder / "x.csv").read_text().splitlines()) == 1 + 5


@pytest.mark.parametrize("made", [True, False])
def test_a_batch_that_never_shows_is_decided_on(
    made: bool, shell: Any, look: Any, emulator: Emulator, documents: Path
) -> None:
    emulator.faults.add("create", Fault.DROP_AFTER)
    emulator.faults.add("create", Fault.LIST_LAG, seconds=1e6)
    run = shell.start("run", "docs", *ASK, "--state", "u.db", "--limit", "1")
    until(lambda: (shell.folder / "u.db").exists() and look("status", "u.db", "--json").json["uncertain"] == 1)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=30)
    assert run.returncode == 130, err
    told = look("status", "u.db").out
    assert "batchata decide u.db NUMBER --made | --never-made" in told
    number = str(look("status", "u.db", "--json").json["open_batches"][0]["number"])
    held = look("status", "u.db", "--json").json["reserved_usd"]
    word = look("decide", "u.db", number, "--made" if made else "--never-made", "--yes", "--json")
    assert (word.code, word.json) == (0, {"state": "u.db", "batch": int(number), "made": made, "exit_code": 0})
    after = look("status", "u.db", "--json").json
    assert (after["uncertain"], after["reserved_usd"]) == (0, 0.0)
    resumed = look("resume", "u.db", "--json", at=emulator)
    if made:
        assert (after["failures"], after["assumed_usd"]) == ({"lost": 5}, held)
        assert (resumed.code, resumed.json["failed"]) == (1, 5)  # paid for: not sent again without a word
        again = look("retry", "u.db", "--lost", "--yes", "--json", at=emulator)
        assert (again.code, again.json["completed"]) == (0, 5)
    else:
        assert (after["pending"], after["cost_usd"]) == (5, 0.0)
        assert (resumed.code, resumed.json["completed"]) == (0, 5)
    assert look("decide", "u.db", number, "--made", "--json").json["error"]["kind"] == "ValidationError"


def test_a_second_signal_ends_at_once_and_nothing_is_sent_twice(
    shell: Any, look: Any, emulator: Emulator, documents: Path
) -> None:
    emulator.faults.add("create", Fault.STALL_AFTER, seconds=60)
    run = shell.start("run", "docs", *ASK, "--state", "w.db", "--limit", "1")
    until(lambda: emulator.creates)
    run.send_signal(signal.SIGINT)
    while "Once more to leave at once" not in run.stderr.readline():
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=10)  # once alone waits longer, for the create under way
    assert run.returncode == 130
    resumed = look("resume", "w.db", "--json", at=emulator)
    assert (resumed.code, resumed.json["completed"]) == (0, 5), resumed.err
    assert len(emulator.ledger) == 5
    assert not emulator.ledger.billed_twice()


def test_a_limit_that_stops_the_run_and_a_higher_one_that_goes_on(
    look: Any, emulator: Emulator, documents: Path
) -> None:
    stopped = look("run", "docs", *ASK, "--state", "l.db", "--limit", "0.000001", at=emulator)
    assert stopped.code == 3
    assert "batchata resume l.db --limit USD" in stopped.err
    assert look("resume", "l.db", "-q", at=emulator).code == 3  # the limit is kept
    assert not emulator.creates
    on = look("resume", "l.db", "--limit", "1", "--json", at=emulator)
    assert (on.code, on.json["completed"]) == (0, 5)


def test_a_file_that_can_t_be_sent_fails_alone_and_a_wrong_option_fails_all(
    look: Any, emulator: Emulator, documents: Path
) -> None:
    (documents / "a-first-one.txt").write_text("")
    (documents / "report-2.txt").write_bytes(b"")
    wrong = look("run", "docs", *ASK, "--state", "f.db", "--param", "stream=true", at=emulator)
    assert (wrong.code, "stream" in wrong.err) == (2, True)
    assert not (documents.parent / "f.db").exists()
    ran = look("run", "docs", *ASK, "--state", "f.db", "--json", at=emulator)
    assert (ran.code, ran.json["completed"], ran.json["failed"]) == (1, 4, 2)
    failed = look("results", "f.db", "--failed", "--json").json
    assert sorted(one["job_id"] for one in failed) == ["a-first-one.txt", "report-2.txt"]
    assert all("is empty" in one["error"] for one in failed)
    (documents / "report-2.txt").write_text("Revenue fell.")
    again = look("run", "docs", *ASK, "--state", "f.db", "--json", at=emulator)
    assert (again.code, again.json["completed"], again.json["failed"]) == (1, 5, 1)
    assert len(emulator.ledger) == 5


def test_a_key_that_is_refused_is_the_provider_s_error(look: Any, tmp_path: Path, documents: Path) -> None:
    with Emulator(api_keys=["another-key"]) as emulator:
        refused = look("run", "docs", *ASK, "--state", "p.db", "--json", at=emulator)
    assert refused.code == 6, refused.err
    assert refused.json["error"]["kind"].endswith("Error")


class Mood(BaseModel):
    mood: str
    score: int


class Tagged(BaseModel):
    tags: set[str]


def stopped(state: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, model: type[BaseModel]) -> None:
    """A script's run that a limit stopped before anything was sent."""
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    batch = Batch(state, prices={"claude-haiku-4-5": (0.5, 2.5)}).add_cost_limit(0.000001)
    batch.add_job(prompt="Judge.", model="claude-haiku-4-5", max_tokens=99, response_model=model, metadata={"row": 7})
    batch.run(wait=True)


def test_a_script_s_run_is_resumed_with_its_schema_and_settings(
    look: Any, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(tmp_path / "m.db", emulator, monkeypatch, Mood)
    (tmp_path / "moods_of_cli_test.py").write_text(
        "from pydantic import BaseModel\nclass Mood(BaseModel):\n    mood: int\n    score: int\n"
    )
    other = look("resume", "m.db", "--limit", "1", "--schema", "moods_of_cli_test.py:Mood")
    assert (other.code, "its fields differ" in other.err) == (2, True)
    assert not emulator.creates
    resumed = look("resume", "m.db", "--limit", "1", "--json")
    assert (resumed.code, resumed.json["completed"]) == (0, 1), resumed.err
    found = look("results", "m.db", "--json").json[0]
    assert set(found["parsed_response"]) == {"mood", "score"}
    assert found["metadata"] == {"row": 7}


def test_a_schema_that_can_t_be_made_again_is_asked_for(
    look: Any, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(tmp_path / "m.db", emulator, monkeypatch, Tagged)
    told = look("resume", "m.db", "--limit", "1")
    assert (told.code, "give --schema module:Tagged" in told.err) == (2, True)
    assert not emulator.creates
