"""The figures as Markdown, put between the marks of `docs/benchmarks.md`, and as a chart."""

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.throughput.cell import MB, Cell, Figures
from benchmarks.throughput.chart import chart
from benchmarks.throughput.goals import TEXTS, documents_per_second, goals, per_thousand

NAMES = {"floor": "bare script", **TEXTS}
SYNCHRONOUS = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}
OTHERS = {
    "floor-openai": "bare script, OpenAI dialect",
    "openai": "OpenAI dialect, batches of 10,000",
    "gemini": "Gemini dialect, batches of 10,000",
    "tens": "batches of 10, all files, 10 at once",
    "tens-50": "batches of 10, all files, 50 at once",
    "hundred": "100 jobs, defaults, turnaround 2 s",
    "hundred-loaded": "… SDK loaded before",
    "whole": "one batch, `items_per_batch=None`",
    "full": "one batch of 250 MB, `items_per_batch=None`",
    "reopen": "a finished script run again",
    "plain": "short JSON, taken as text",
    "typed": "… taken as a model (typed output)",
    "documents": "PDFs of 10 pages, typed, cited, files",
}


def tables(figures: Figures) -> str:
    parts = [
        f"Measured on {figures.where([*NAMES, *OTHERS])}.",
        _scale(figures),
        _goals(figures),
        _others(figures),
        _ledger(figures),
    ]
    return "\n\n".join(part for part in parts if part)


def _scale(figures: Figures) -> str:
    rows = [
        (
            f"{jobs:,}", NAMES[case], f"{cell.cpu:.2f}", _ratio(cell), f"{cell.micros:.0f}", f"{cell.peak / MB:.0f}",
            f"{cell.wall:.2f}", f"{cell.written / MB:.1f}", fsyncs_of(cell), _synchronous(cell), f"{cell.emulator_cpu:.2f}", f"{cell.runs}",
        )
        for jobs in _sizes(figures) for case in NAMES if (cell := figures.get(case, jobs))
    ]  # fmt: skip
    head = (
        "jobs", "", "CPU s", "times bare", "µs a job", "peak MB", "wall s", "written MB", "fsyncs per 1,000", "`synchronous`",
        "emulator's CPU s", "runs",
    )  # fmt: skip
    return table(head, rows)


def _others(figures: Figures) -> str:
    rows = [
        (
            OTHERS[cell.case], f"{cell.jobs:,}", f"{cell.cpu:.2f}", f"{cell.workers_cpu:.2f}", f"{cell.peak / MB:.0f}",
            f"{cell.workers_peak / MB:.0f}" if cell.workers_peak and cell.workers_cpu > 0.1 else "", f"{cell.wall:.2f}", fsyncs_of(cell), _asked(cell),
        )
        for name in OTHERS for cell in sorted(figures.cells.values(), key=lambda cell: cell.jobs) if cell.case == name
    ]  # fmt: skip
    if not rows:
        return ""
    head = ("", "jobs", "CPU s", "workers' CPU s", "peak MB", "a worker's MB", "wall s", "fsyncs per 1,000", "requests")
    return table(head, rows) + _notes(figures)


def _notes(figures: Figures) -> str:
    cell = figures.get("documents", 500)
    if cell is None:
        return ""
    return (
        f"\n\nDocuments: {documents_per_second(cell):.0f} a second, {cell.said['reading']:.1f} s until all were read and sent, "
        f"{cell.said['grounding']:.1f} s from the answers to the last result; {cell.said['citations']:,.0f} citations, "
        f"{cell.said['boxes']:,.0f} of them with boxes."
    )


def _goals(figures: Figures) -> str:
    rows = [
        (goal.text, f"{goal.figure:.2f} {goal.unit}".strip(), f"{'≥' if goal.least else '≤'} {goal.goal:g}", "yes" if goal.met else "no")
        for goal in goals(figures, os.cpu_count() or 1)
        if not math.isnan(goal.figure)
    ]  # fmt: skip
    return table(("", "measured", "goal", "met"), rows) if rows else ""


def _ledger(figures: Figures) -> str:
    """What the state and the emulator hold after one of the large runs."""
    cell = next((cell for jobs in reversed(_sizes(figures)) if (cell := figures.get("raw", jobs))), None)
    if cell is None:
        return ""
    rows = ", ".join(f"{name} {count:,}" for name, count in cell.rows.items())
    return (
        f"After {cell.jobs:,} jobs with all files: the emulator billed {cell.billed:,} and {cell.billed_twice} twice, over "
        f"{_asked(cell)}. Rows in the state: {rows}; {cell.state_bytes / cell.jobs:,.0f} bytes of it a job."
    )


def _sizes(figures: Figures) -> list[int]:
    return sorted({cell.jobs for cell in figures.cells.values() if cell.case in NAMES})


def _ratio(cell: Cell) -> str:
    return "" if cell.floor is None or cell.case == "floor" else f"{cell.cpu / cell.floor:.1f}"


def fsyncs_of(cell: Cell) -> str:
    found = per_thousand(cell)
    return "not counted" if math.isnan(found) else f"{found:,.1f}" if found < 10 else f"{found:,.0f}"


def _synchronous(cell: Cell) -> str:
    return SYNCHRONOUS[int(cell.said["synchronous"])] if "synchronous" in cell.said else ""


def _asked(cell: Cell) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(cell.requests.items()) if name != "control")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    marks = "|".join(["---", *["---:"] * (len(head) - 1)])
    return "\n".join([f"| {' | '.join(head)} |", f"|{marks}|", *(f"| {' | '.join(row)} |" for row in rows)])


def plot(figures: Figures) -> str:
    lines = {NAMES[case]: [cell for jobs in _sizes(figures) if (cell := figures.get(case, jobs))] for case in NAMES}
    drawn = {name: cells for name, cells in lines.items() if cells}
    return chart(
        {
            "CPU, seconds": {name: [(cell.jobs, cell.cpu) for cell in cells] for name, cells in drawn.items()},
            "Peak memory, MB": {name: [(cell.jobs, cell.peak / MB) for cell in cells] for name, cells in drawn.items()},
        }
    )


def put(page: Path, mark: str, text: str) -> None:
    """Replace what stands between `<!-- mark -->` and `<!-- /mark -->`. Raises ValueError where the marks are missing."""
    old = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    if begin not in old or end not in old:
        raise ValueError(f"{page} has no {begin} … {end}")
    head, rest = old.split(begin, 1)
    tail = rest.split(end, 1)[1]
    page.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")


def peers(figures: Figures, cases: Sequence[str]) -> Iterator[Cell]:
    """The cells of other clients, ours and the floor among them, by number of jobs and CPU."""
    found = [cell for cell in figures.cells.values() if cell.case in cases]
    yield from sorted(found, key=lambda cell: (cell.jobs, cell.cpu))
