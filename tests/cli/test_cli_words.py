"""What a command says of what it found: whole on a terminal of 80 columns, in amounts and names that people can use."""

import json
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from batchata.citation import Citation
from batchata.cli import answers
from batchata.cli.app import COMMANDS
from batchata.result import JobResult, Outcome
from batchata.testing import Answer, Emulator

ASK = ("-m", "claude-haiku-4-5", "-p", "Summarise this report.", "--max-tokens", "50")
SCHEMA = {
    "title": "Trend",
    "type": "object",
    "properties": {"rose_by": {"type": "integer"}, "where": {"type": "string"}},
    "required": ["rose_by", "where"],
}
AMOUNT = re.compile(r"\d\.\d+ USD|USD +\d")


def trend(params: dict[str, Any]) -> str:
    """Of report 1 the passages, of the others none that are there."""
    asked = json.dumps(params)
    quote = "Revenue rose by 1 percent in the north" if "rose by 1" in asked else "Sales fell in the south"
    answer = {"rose_by": 1, "where": "north"}
    return json.dumps({"answer": answer, "quotes": [{"quote": quote, "fields": ["rose_by", "where"]}]})


@pytest.fixture
def quoted(documents: Path, tmp_path: Path, look: Callable[..., Any]) -> Path:
    """A run in which one answer is cited, and another cites what is not there."""
    (tmp_path / "trend.json").write_text(json.dumps(SCHEMA))
    ask = ("-m", "gpt-5-mini", "-p", "How much?", "-s", "trend.json", "--cite", "--limit", "1", "--state", "q.db")
    with Emulator(turnaround=0.05, answer=trend) as emulator:
        ran = look("run", *(f"docs/report-{number}.txt" for number in (1, 2)), *ask, at=emulator)
    assert ran.code == 0, ran.err
    return tmp_path / "q.db"


def test_what_is_cited_is_what_is_supported(quoted: Path, look: Callable[..., Any]) -> None:
    one, other = look("results", "q.db", "--json").json
    assert (len(one["citation_mappings"]), other["citation_mappings"]) == (2, {})
    assert (one["unsupported"], len(other["citations"]), len(other["unsupported"])) == ([], 1, 2)
    heads, *rows = (line.split("\t") for line in look("results", "q.db").out.splitlines())
    assert [dict(zip(heads, row, strict=True))["cited"] for row in rows] == ["2 of 2 values", "0 of 2 values"]


@pytest.mark.parametrize(("id_length", "columns"), [(12, 80), (100, 80), (100, 60)])
def test_what_is_cited_is_seen_whole_on_a_narrow_terminal(
    quoted: Path, terminal: Any, id_length: int, columns: int
) -> None:
    with closing(sqlite3.connect(quoted)) as connection, connection:
        connection.execute("UPDATE said SET job_id = ?", ("x" * id_length,))
    code, told = terminal("results", "q.db", columns=columns)
    assert code == 0
    assert "  2 of 2 values  " in told
    assert "  0 of 2 values  " in told
    assert max(map(len, told.splitlines())) <= columns
    assert '{"rose_' in told or columns < 80


def test_no_citations_no_column(look: Callable[..., Any], terminal: Any, emulator: Emulator, documents: Path) -> None:
    assert look("run", "docs", *ASK, "--state", "n.db", at=emulator).code == 0
    _, told = terminal("results", "n.db")
    assert told.splitlines()[0].split() == ["job", "outcome", "cost", "answer"]


def test_prose_counts_the_citations_that_were_found() -> None:
    found, lost = (
        Citation("Revenue rose", "a.txt", None, {"how": "exact"}),
        Citation("", "", None, {"how": "unverified"}),
    )
    assert answers.cited(JobResult("a", Outcome.SUCCEEDED, citations=[found, lost, found])) == "2 of 3 passages"
    assert answers.cited(JobResult("a", Outcome.SUCCEEDED)) == ""
    unsure = Citation("Revenue rose", "a.txt", None, {"how": "exact", "supports": "not shown"})
    typed = JobResult("a", Outcome.SUCCEEDED, citation_mappings={"b": [found], "c": [unsure]}, unsupported=["d"])
    assert answers.cited(typed) == "1 of 3 values"


def run_with_a_failure(look: Callable[..., Any], state: str, *more: str) -> Any:
    """Report 0 is refused, the others are answered."""
    with Emulator(
        turnaround=0.05,
        answer=lambda params: Answer.refused("I can't.") if "rose by 0" in json.dumps(params) else "It rose.",
    ) as emulator:
        return look("run", "docs", *ASK, "--state", state, "--limit", "1", *more, at=emulator)


def test_a_run_shows_its_answers_in_the_order_of_its_jobs(
    look: Callable[..., Any], documents: Path, emulator: Emulator
) -> None:
    assert run_with_a_failure(look, "o.db").code == 1
    told = look("run", "docs", *ASK, "--state", "o.db", "--limit", "1", at=emulator)  # the first is answered last
    assert told.code == 0, told.err
    order = [line.split("\t")[0] for line in told.out.splitlines()[1:]]
    assert order == [f"report-{number}.txt" for number in range(5)]
    assert [line.split("\t")[0] for line in look("results", "o.db").out.splitlines()[1:]] == order


def test_quiet_says_why_it_did_not_end_well(look: Callable[..., Any], documents: Path, emulator: Emulator) -> None:
    stopped = look("run", "docs", *ASK, "--state", "l.db", "--limit", "0.000001", "-q", at=emulator)
    assert (stopped.code, stopped.out) == (3, "")
    assert stopped.err == (
        "The limit is reached: 5 jobs to come (0 at the providers, 5 not sent). Go on with: batchata resume l.db --limit USD\n"
    )
    failed = run_with_a_failure(look, "f.db", "-q")
    assert (failed.code, failed.out) == (1, "")
    assert (
        failed.err
        == "1 of 5 jobs failed. Look at the failed ones: batchata results f.db --failed    Try them again: batchata retry f.db\n"
    )
    ended = look("resume", "l.db", "--limit", "1", "-q", at=emulator)
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_a_job_that_is_not_there_is_named(look: Callable[..., Any], documents: Path, emulator: Emulator) -> None:
    assert run_with_a_failure(look, "j.db").code == 1
    told = look("retry", "j.db", "--job", "nope", "--job", "report-0.txt", "--job", "report-1.txt", at=emulator)
    assert told.code == 2
    assert told.err == (
        "batchata: --job nope, report-1.txt: no failed job of the last run has such an id; nothing was sent. "
        "They are listed by: batchata results j.db --failed\n"
    )
    for form in (("--json",), ()):
        told = look("results", "j.db", "--job", "NOPE", "--job", "report-1.txt", *form)
        assert told.code == 2
        assert "--job NOPE: the last run has no such result; all are listed by: batchata results j.db" in told.err
    assert told.out == ""
    told = look("results", "j.db", "--failed", "--job", "report-1.txt")
    assert (told.code, told.out, told.err) == (0, "", "None of them has failed.\n")
    assert look("retry", "j.db", "--job", "report-0.txt", at=emulator).code == 0


def test_amounts_are_dollars(look: Callable[..., Any], documents: Path, emulator: Emulator) -> None:
    ask = ("docs", *ASK, "--state", "a.db", "--limit", "1")
    said = [
        look("estimate", *ask, at=emulator),
        look("run", *ask, at=emulator),
        look("results", "a.db"),
        look("status", "a.db"),
    ]
    for told in said:
        assert not AMOUNT.search(told.out + told.err), told
        assert re.search(r"\$0\.\d{4}", told.out), told


def test_the_columns_of_prices_are_whole_on_a_narrow_terminal(terminal: Any) -> None:
    for name in ([], ["haiku"]):
        code, told = terminal("models", *name)
        assert code == 0
        assert re.fullmatch(r"model +USD in +USD out +price +as of *", told.splitlines()[0])
        assert re.search(r"anthropic/claude-haiku-4-5 .* batch +\d{4}-\d\d-\d\d *\n", told)
        assert "from genai-prices" in told


def test_examples_are_whole_on_a_narrow_terminal(terminal: Any) -> None:
    for command, examples in COMMANDS.items():
        _, told = terminal(command.__name__, "--help")
        for line in examples.strip().splitlines():
            assert f"    {line}\n" in told, command
        assert max(map(len, told.splitlines())) <= 80


def test_a_batch_s_long_id_gives_way_to_what_stands_before_it(
    shell: Any, terminal: Any, emulator: Emulator, documents: Path
) -> None:
    emulator.hold()
    ask = ("run", "docs", *ASK, "--state", "w.db", "--items-per-batch", "3", "--time-limit", "1h")
    run = shell.start(*ask)
    try:
        end = time.monotonic() + 20
        while "2 open" not in (told := terminal("status", "w.db")[1]) and time.monotonic() < end:
            time.sleep(0.05)
        for columns in (80, 50):
            _, told = terminal("status", "w.db", columns=columns)
            assert re.search(r"\nbatches +2 open, 0 done *\n", told)
            assert "anthropic  3 jobs  submitted" in told
            assert max(map(len, told.splitlines())) <= columns
        assert "#1 msgbatch_" in terminal("status", "w.db")[1]
    finally:
        run.kill()
        run.communicate()


@pytest.mark.parametrize("number", ["1", "9"])
def test_a_batch_is_checked_before_anything_is_asked_of_it(
    number: str, look: Any, terminal: Any, tmp_path: Path
) -> None:
    with Emulator(turnaround=0.05) as emulator:
        (tmp_path / "a.txt").write_text("Revenue rose.")
        assert look("run", "a.txt", *ASK, "--state", "d.db", at=emulator).code == 0
    code, told = terminal("decide", "d.db", number, "--never-made", typed=b"y\n")
    assert code == 2
    assert "[y/N]" not in told
    assert f"batch {number} of 'd.db'" in told
    assert "undecided are: none" in told
