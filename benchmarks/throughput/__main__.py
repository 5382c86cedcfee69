"""Measures and writes the page: `python -m benchmarks.throughput`, from the root of the repository. Linux."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.throughput import page, start, suite
from benchmarks.throughput.cell import Cell, Figures, load, save
from benchmarks.throughput.machine import busy, machine
from benchmarks.throughput.process import HERE, ROOT, FailedError

RUNS = 3


def parsed(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="1,000 and 10,000 jobs, once; prints, and leaves the page alone"
    )
    parser.add_argument("--million", action="store_true", help="1,000,000 jobs, once")
    parser.add_argument(
        "--only", choices=(*suite.SECTIONS, "start"), action="append", help="a part; more than one is allowed"
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="of which the medians are taken")
    parser.add_argument("--scratch", type=Path, help="a folder for states and results (default: a temporary one)")
    parser.add_argument("--figures", type=Path, default=HERE / "latest.json", help="where all figures are kept")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "benchmarks.md")
    parser.add_argument("--plot", type=Path, default=ROOT / "docs" / "images" / "benchmarks.svg")
    parser.add_argument(
        "--draw", action="store_true", help="measure nothing; write page and plot from the kept figures"
    )
    return parser.parse_args(given)


def measured(given: argparse.Namespace) -> list[Cell]:
    with tempfile.TemporaryDirectory(prefix="batchata-bench-", dir=given.scratch) as folder:
        scratch = Path(folder)
        if given.quick:
            return suite.run(suite.quick(), 1, scratch, _tell)
        if given.million:
            return suite.run(suite.million(), 1, scratch, _tell)
        parts = given.only or [*suite.SECTIONS, "start"]
        cells = [start.measure(scratch)] if "start" in parts else []
        for part in suite.SECTIONS:
            if part in parts:
                cells += suite.run(suite.section(part), given.runs, scratch, _tell)
        return cells


def write(given: argparse.Namespace, figures: Figures) -> None:
    page.put(given.page, "throughput", page.tables(figures))
    given.plot.parent.mkdir(parents=True, exist_ok=True)
    given.plot.write_text(page.plot(figures), encoding="utf-8")


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main(given: list[str] | None = None) -> int:
    arguments = parsed(given)
    if arguments.draw:
        write(arguments, load(arguments.figures))
        return 0
    if warning := busy():
        _tell(warning)
    try:
        cells = measured(arguments)
    except FailedError as error:
        _tell(str(error))
        return 1
    if arguments.quick:
        sys.stdout.write(page.tables(Figures({cell.key: cell for cell in cells}, {})) + "\n")
        return 0
    figures = save(arguments.figures, machine(), cells)
    write(arguments, figures)
    sys.stdout.write(page.tables(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
