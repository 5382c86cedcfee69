"""What was set as a goal, and what was measured."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.throughput.cell import MB, Cell, Figures

TEXTS = {"none": "no result files", "files": "a file per job", "raw": "a file per job and the raw answers"}


@dataclass(frozen=True, slots=True)
class Goal:
    """`figure` is to be at most `goal`, or at least where `least`."""

    text: str
    figure: float
    goal: float
    unit: str
    least: bool = False

    @property
    def met(self) -> bool:
        return self.figure >= self.goal if self.least else self.figure <= self.goal


def goals(figures: Figures, cores: int) -> Iterator[Goal]:
    """Those for which there are figures."""
    for mode, cpu in (("none", 4), ("files", 8), ("raw", 11)):
        if cell := figures.get(mode, 100_000):
            yield Goal(f"100,000 jobs, {TEXTS[mode]}: CPU", cell.cpu, cpu, "s")
            yield Goal("… wall per second of CPU", cell.wall / cell.cpu, 1.5, "s")
    yield from _memory(figures)
    yield from _growth(figures)
    yield from _rounds(figures)
    for jobs, seconds in ((1_000_000, 0.3), (100_000, 0.3)):
        if cell := figures.get("reopen", jobs):
            yield Goal(
                f"{jobs:,} finished jobs opened again: first `status()`", cell.said["first_status"], seconds, "s"
            )
            break
    if (typed := figures.get("typed", 100_000)) and (plain := figures.get("plain", 100_000)):
        yield Goal("typed output, a job, beyond pydantic's own validation", typed_micros(typed, plain), 8, "µs")
    if cell := figures.get("documents", 500):
        yield Goal("500 PDFs of 10 pages, read and grounded", documents_per_second(cell), 60, "a second", least=True)
        yield Goal("… cores busy meanwhile", cores_busy(cell), 0.8 * cores, "cores", least=True)
    if cell := figures.get("none", 100_000):
        yield Goal("fsyncs per 1,000 jobs", per_thousand(cell), 10, "")
    if cell := figures.get("raw", 100_000):
        yield Goal("… with all files", per_thousand(cell), 10, "")
    if cell := figures.get("start", 1):
        yield Goal("`import batchata`", cell.said["import"], 0.15, "s")
        yield Goal("first job accepted, from the interpreter's first line", cell.said["accepted"], 0.3, "s")


def _memory(figures: Figures) -> Iterator[Goal]:
    for jobs, most in ((100_000, 130), (1_000_000, 200)):
        for mode in ("none", "raw"):
            if cell := figures.get(mode, jobs):
                yield Goal(f"{jobs:,} jobs, {TEXTS[mode]}: peak memory", cell.peak / MB, most, "MB")
    if cell := figures.get("full", 25_000):
        yield Goal("one batch of 250 MB, `items_per_batch=None`: peak memory", cell.peak / MB, 200, "MB")


def _growth(figures: Figures) -> Iterator[Goal]:
    for mode in ("none", "raw"):
        small = figures.get(mode, 10_000)
        large = figures.get(mode, 1_000_000) or figures.get(mode, 100_000)
        if small and large:
            reach = f"{small.jobs:,} → {large.jobs:,} jobs, {TEXTS[mode]}: exponent of"
            yield Goal(f"{reach} CPU", exponent(small, large, "cpu"), 1.08, "")
            yield Goal("… bytes written", exponent(small, large, "written"), 1.15, "")
            yield Goal("… peak memory", exponent(small, large, "peak"), 0.1, "")


def _rounds(figures: Figures) -> Iterator[Goal]:
    for name, concurrent, wall in (("tens", 10, 25), ("tens-50", 50, 7)):
        if cell := figures.get(name, 10_000):
            yield Goal(f"10,000 jobs in batches of 10, `max_concurrent={concurrent}`: wall", cell.wall, wall, "s")
            yield Goal("… CPU", cell.cpu, 5, "s")
    if cell := figures.get("hundred-loaded", 100):
        yield Goal("100 jobs: over after the provider's turnaround, SDK loaded", cell.said["seconds"] - 2.0, 0.5, "s")


def exponent(small: Cell, large: Cell, name: str) -> float:
    growth: float = getattr(large, name) / getattr(small, name)
    return math.log(growth) / math.log(large.jobs / small.jobs)


def per_thousand(cell: Cell) -> float:
    return math.nan if cell.fsyncs is None else cell.fsyncs / cell.jobs * 1_000


def typed_micros(typed: Cell, plain: Cell) -> float:
    return (typed.cpu - plain.cpu) / typed.jobs * 1e6 - typed.said["validation"] * 1e6


def documents_per_second(cell: Cell) -> float:
    return cell.jobs / (cell.said["reading"] + cell.said["grounding"])


def cores_busy(cell: Cell) -> float:
    return (cell.cpu + cell.workers_cpu) / (cell.said["reading"] + cell.said["grounding"])
