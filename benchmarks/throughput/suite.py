"""Which cases there are, and the order they run in: all of a round one after the other, so that what a machine does beside
them falls on each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.throughput import documents
from benchmarks.throughput.answering import AnsweringProcess
from benchmarks.throughput.case import Case
from benchmarks.throughput.cell import Cell, middle

MODES = ("none", "files", "raw")
SECTIONS = ("scale", "dialects", "rounds", "whole", "typed", "documents")
PER_BATCH = "10000"


def work(name: str, jobs: int, *options: str, turnaround: float = 0.2, again: str = "") -> Case:
    return Case(name, jobs, "work", ("FOLDER", "--jobs", str(jobs), *options), turnaround, again=again)


def floor(name: str, jobs: int, dialect: str = "anthropic") -> Case:
    return Case(name, jobs, "floor", (dialect, str(jobs), PER_BATCH, "FOLDER"))


def scale(jobs: int, modes: Sequence[str] = MODES) -> list[Case]:
    """Where nothing is written but the state, the finished script is run again."""
    again = {"none": "reopen"} if jobs >= 100_000 else {}
    return [
        floor("floor", jobs),
        *(work(mode, jobs, "--files", mode, again=again.get(mode, "")) for mode in modes),
    ]


def dialects(jobs: int) -> list[Case]:
    return [
        floor("floor-openai", jobs, "openai"),
        *(work(name, jobs, "--dialect", name) for name in ("openai", "gemini")),
    ]


def rounds() -> list[Case]:
    default = ("--items", "10", "--files", "raw")
    return [
        work("tens", 10_000, *default),
        work("tens-50", 10_000, *default, "--concurrent", "50"),
        work("hundred", 100, *default, turnaround=2.0),
        work("hundred-loaded", 100, *default, "--loaded", turnaround=2.0),
    ]


def whole() -> list[Case]:
    """One batch of as many jobs as the provider takes; and one that fills Anthropic's 256 MB."""
    return [work("whole", 100_000, "--items", "0"), work("full", 25_000, "--items", "0", "--length", "10000")]


def typed(jobs: int) -> list[Case]:
    """The same answers, read as text and as a model."""
    cases = [work("plain", jobs), work("typed", jobs, "--typed")]
    return [replace(case, emulated=partial(AnsweringProcess, "verdict")) for case in cases]


def reading(count: int) -> Case:
    return Case("documents", count, "reading", ("FOLDER", str(count)), emulated=partial(AnsweringProcess, "documents"))


def section(name: str) -> list[Case]:
    sections: dict[str, Callable[[], list[Case]]] = {
        "scale": lambda: [case for jobs in (1_000, 10_000, 100_000) for case in scale(jobs)],
        "dialects": lambda: dialects(10_000),
        "rounds": rounds,
        "whole": whole,
        "typed": lambda: typed(100_000),
        "documents": lambda: [reading(500)],
    }
    return sections[name]()


def quick() -> list[Case]:
    return [*scale(1_000), *scale(10_000, ("none", "raw"))]


def million() -> list[Case]:
    return scale(1_000_000, ("none", "raw"))


def run(cases: Sequence[Case], runs: int, scratch: Path, say: Callable[[str], None]) -> list[Cell]:
    """Medians over so many rounds; each cell holds the CPU of the floor of its round and number of jobs, where there is one."""
    _write_documents(cases, scratch)
    found: defaultdict[str, list[Cell]] = defaultdict(list)
    for turn in range(runs):
        for cell in _round(_turned(cases, turn), scratch):
            found[cell.key].append(cell)
            say(
                f"{turn + 1}/{runs} {cell.case:26} {cell.jobs:>9,} jobs: {cell.cpu + cell.workers_cpu:7.2f} s CPU, "
                f"{cell.peak / 1e6:4.0f} MB, {cell.wall:6.2f} s"
            )
    cells = [middle(cells) for cells in found.values()]
    floors = {cell.jobs: cell.cpu for cell in cells if cell.case == "floor"}
    return [replace(cell, floor=floors.get(cell.jobs)) for cell in cells]


def _round(cases: Sequence[Case], scratch: Path) -> Iterator[Cell]:
    for case in cases:
        yield from case.run(scratch)


def _turned(cases: Sequence[Case], turn: int) -> list[Case]:
    """Each round begins with another case: no case is always the first on a cold cache."""
    start = turn % len(cases)
    return [*cases[start:], *cases[:start]]


def _write_documents(cases: Sequence[Case], scratch: Path) -> None:
    count = max((case.jobs for case in cases if case.script == "reading"), default=0)
    if count:
        documents.write(scratch / "documents", count)
