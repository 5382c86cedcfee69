"""The throughput benchmark measures what it says: its instruments against known quantities, its cases at a small size."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.peers.__main__ import cases, tables
from benchmarks.peers.clients import CLIENTS, DIALECTS
from benchmarks.throughput import cell, goals, page, process, suite
from benchmarks.throughput.cell import Cell, Figures
from benchmarks.throughput.chart import chart
from benchmarks.throughput.documents import answer, facts, pdf

COMPILER = "no C compiler here: nothing to count fsyncs with"


def script(tmp_path: Path, text: str) -> process.Taken:
    path = tmp_path / "script.py"
    path.write_text(text + "\nprint('{}')\n", encoding="utf-8")
    return process.take([str(path)], {}, tmp_path)


def measured(case: str, jobs: int, **values: float) -> Cell:
    zero = Cell(case, jobs, 1, 0.0, 0.0, 0.0, 0, 0, 0, 0, 0.0, jobs, 0)
    return replace(zero, **values)  # type: ignore[arg-type]


def test_fsyncs_of_a_process_are_counted(tmp_path: Path) -> None:
    taken = script(tmp_path, "import os\nfile = os.open('/dev/null', os.O_RDONLY)\nfile = os.open(__file__, os.O_RDWR)\n"
                   "for _ in range(3): os.fsync(file)\nos.fdatasync(file)")  # fmt: skip
    assert taken.fsyncs in (4, None), COMPILER


STATE = """
import sqlite3, sys
state = sqlite3.connect({path!r}, isolation_level=None)
state.execute('PRAGMA journal_mode = WAL')
state.execute('PRAGMA synchronous = FULL')
state.execute('CREATE TABLE t (n)')
for _ in range({commits}):
    state.execute('INSERT INTO t VALUES (1)')
"""


def test_the_state_s_fsyncs_are_counted(tmp_path: Path) -> None:
    taken = [script(tmp_path, STATE.format(path=str(tmp_path / f"{n}.db"), commits=n)) for n in (5, 25)]
    few, many = (one.fsyncs for one in taken)
    if few is None or many is None:
        pytest.skip(COMPILER)
    assert many - few == 20


def test_memory_and_cpu_are_the_script_s_own(tmp_path: Path) -> None:
    held = bytearray(b"1") * 150_000_000  # the process that measures is the larger one
    small = script(tmp_path, "pass")
    large = script(tmp_path, "held = bytearray(b'1') * 60_000_000\nsum(range(3_000_000))")
    assert len(held) > large.peak
    assert small.peak + 55_000_000 < large.peak < small.peak + 70_000_000
    assert large.cpu > small.cpu


def test_a_worker_s_share_is_told_apart(tmp_path: Path) -> None:
    work = "import time\nheld = bytearray(b'1') * 80_000_000\nsum(range(9_000_000))\ntime.sleep(0.5)"
    taken = script(tmp_path, f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {work!r}], check=True)")
    assert taken.workers_cpu > taken.cpu
    assert taken.workers_peak > 80_000_000 > taken.peak


def test_a_script_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(process.FailedError, match="no such thing"):
        script(tmp_path, "raise SystemExit('no such thing')")


def test_the_cases_run_and_every_job_is_billed_once(tmp_path: Path) -> None:
    told: list[str] = []
    cases = [suite.floor("floor", 200), suite.work("raw", 200, "--files", "raw", again="reopen"), suite.reading(3)]
    cells = {one.case: one for one in suite.run(cases, 1, tmp_path, told.append)}
    assert len(told) == 4
    assert {name: (one.billed, one.billed_twice) for name, one in cells.items()} == {
        "floor": (200, 0), "raw": (200, 0), "reopen": (200, 0), "documents": (3, 0),
    }  # fmt: skip
    assert cells["reopen"].requests == {}
    raw, read = cells["raw"], cells["documents"]
    assert (raw.said["succeeded"], raw.said["synchronous"], raw.requests["create"]) == (200, 2, 1)
    tables = ("said", "standing", "result")
    assert ([raw.rows[name] for name in tables], raw.floor) == ([200, 200, 200], cells["floor"].cpu)
    assert raw.written > 200 * 300
    assert (read.said["citations"], read.said["boxes"], read.said["unsupported"]) == (18, 18, 0)
    assert goals.documents_per_second(read) > 0
    kept = cell.save(tmp_path / "kept.json", "here", cells.values())
    assert cell.load(tmp_path / "kept.json") == kept
    assert "| 200 |" in page.tables(kept)
    assert not list(tmp_path.glob("run"))


def test_a_case_that_loses_a_job_measures_nothing(tmp_path: Path) -> None:
    with pytest.raises(process.FailedError, match="60 finished, 60 billed"):
        replace(suite.work("none", 60), jobs=61).run(tmp_path)


def test_the_documents_say_what_the_answers_quote() -> None:
    told = answer({"messages": [{"content": [{"type": "text", "text": "Document 7."}]}]})
    assert told is not None
    data = pdf(7)
    assert data == pdf(7) != pdf(8)
    for value, sentence, _ in facts(7).values():
        assert sentence.encode() in data
        assert value.rstrip("0").rstrip(".") in told


def figures(make: Callable[[int], dict[str, float]]) -> Figures:
    cells = [measured("none", jobs, **make(jobs)) for jobs in (10_000, 100_000)]
    return Figures({one.key: one for one in cells}, {})


def test_growth_is_an_exponent_from_the_smallest_to_the_largest() -> None:
    squared = figures(lambda jobs: {"cpu": jobs**2 / 1e10, "written": jobs * 7, "peak": 5e7, "wall": 1.0})
    found = {goal.text.rsplit(": ", 1)[-1]: goal for goal in goals.goals(squared, 2)}
    assert found["exponent of CPU"].figure == pytest.approx(2.0)
    assert found["… bytes written"].figure == pytest.approx(1.0)
    assert found["… peak memory"].figure == pytest.approx(0.0)
    assert (found["exponent of CPU"].met, found["… bytes written"].met) == (False, True)


def test_medians_are_taken_figure_by_figure() -> None:
    runs = [measured("none", 10, cpu=cpu, wall=wall) for cpu, wall in ((1.0, 9.0), (5.0, 2.0), (3.0, 4.0))]
    found = cell.middle(runs)
    assert (found.cpu, found.wall, found.runs) == (3.0, 4.0, 3)


def test_the_chart_is_an_image_with_a_point_for_each_figure() -> None:
    lines = {"bare": [(1_000.0, 0.5), (10_000.0, 0.9)], "ours": [(1_000.0, 1.0), (10_000.0, 4.0)]}
    drawn = ET.fromstring(chart({"CPU": lines, "Memory": lines}))
    assert len(drawn.findall(".//{*}circle")) == 8


def test_the_page_is_changed_between_its_marks_only(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("a\n<!-- throughput -->\nold\n<!-- /throughput -->\nz\n", encoding="utf-8")
    page.put(path, "throughput", "new")
    assert path.read_text(encoding="utf-8") == "a\n<!-- throughput -->\nnew\n<!-- /throughput -->\nz\n"
    with pytest.raises(ValueError, match="peers"):
        page.put(path, "peers", "new")


def test_other_clients_stand_beside_ours_with_their_versions_on_each_dialect() -> None:
    pythons = dict.fromkeys(CLIENTS, "python")
    names = [case.name for dialect in DIALECTS for case in cases(10_000, dialect, pythons)]
    assert (
        len(set(names))
        == len(names)
        == sum(3 + sum(dialect in one.dialects for one in CLIENTS) for dialect in DIALECTS)
    )
    cells = [measured(name, 10_000, cpu=float(place), requests={"create": 1}) for place, name in enumerate(names)]  # type: ignore[arg-type]
    shown = tables(Figures({one.key: one for one in cells}, {client.name: "9.9" for client in CLIENTS}))
    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert [line.count("|") for line in rows] == [10] * (len(names) + 2 * len(DIALECTS))
    for client in CLIENTS:
        assert sum(f"| {client.name} 9.9 |" in row for row in rows) == len(client.dialects)
        assert client.version[0].isdigit()
        assert Path(f"{client.script}.py").is_file()


def test_a_dialect_without_figures_has_no_table() -> None:
    one = measured("peer:openai:none", 10_000, requests={"create": 1})  # type: ignore[arg-type]
    shown = tables(Figures({one.key: one}, {}))
    assert ("OpenAI" in shown, "Anthropic" in shown) == (True, False)
