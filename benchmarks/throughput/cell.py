"""A cell of the tables: one case at one number of jobs, the medians of its runs, and the file that all cells are kept in."""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Cell:
    """Seconds and bytes. `cpu`, `peak` and `written` are the driver's; `workers_…` those of the processes it started.

    `said`: what the script timed itself. `requests`: HTTP requests by operation. `fsyncs` is None where they can't be counted.
    """

    case: str
    jobs: int
    runs: int
    cpu: float
    workers_cpu: float
    wall: float
    peak: int
    workers_peak: int
    written: int
    fsyncs: int | None
    emulator_cpu: float
    billed: int
    billed_twice: int
    requests: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    state_bytes: int = 0
    said: Mapping[str, float] = field(default_factory=dict)
    floor: float | None = None  # CPU seconds of the bare script in the same run
    day: str = ""  # on which it was measured, and where
    machine: str = ""

    @property
    def key(self) -> str:
        return f"{self.case}/{self.jobs}"

    @property
    def micros(self) -> float:
        """CPU of the driver and its workers per job, µs."""
        return (self.cpu + self.workers_cpu) / self.jobs * 1e6


def middle(cells: list[Cell]) -> Cell:
    """The median of each figure over runs of the same cell."""
    first = cells[0]
    floats = {
        name: median(getattr(cell, name) for cell in cells) for name in ("cpu", "workers_cpu", "wall", "emulator_cpu")
    }
    whole = {name: int(median(getattr(cell, name) for cell in cells)) for name in ("peak", "workers_peak", "written")}
    counts = [cell.fsyncs for cell in cells if cell.fsyncs is not None]
    said = {name: median(cell.said[name] for cell in cells) for name in first.said}
    values: dict[str, Any] = asdict(first) | floats | whole
    return Cell(**values | {"runs": len(cells), "fsyncs": int(median(counts)) if counts else None, "said": said})


@dataclass(frozen=True, slots=True)
class Figures:
    """All cells measured so far."""

    cells: dict[str, Cell]
    versions: dict[str, str]

    def where(self, cases: Collection[str] = ()) -> str:
        """When, and on what; of some cases or all."""
        cells = [cell for cell in self.cells.values() if not cases or cell.case in cases]
        days = sorted({cell.day for cell in cells if cell.day})
        return ", ".join([*days, "; ".join(sorted({cell.machine for cell in cells}))])

    def get(self, case: str, jobs: int) -> Cell | None:
        return self.cells.get(f"{case}/{jobs}")


def load(path: Path) -> Figures:
    if not path.exists():
        return Figures({}, {})
    kept = json.loads(path.read_bytes())
    cells = (Cell(**cell) for cell in kept["cells"])
    return Figures({cell.key: cell for cell in cells}, kept["versions"])


def save(path: Path, machine: str, cells: Iterable[Cell], versions: Mapping[str, str] | None = None) -> Figures:
    """Put new cells beside those that are kept, in place of older ones of the same case and number."""
    old, today = load(path), dt.datetime.now(dt.UTC).date().isoformat()
    new = {cell.key: replace(cell, day=today, machine=machine) for cell in cells}
    figures = Figures(old.cells | new, old.versions | dict(versions or {}))
    rows = [json.dumps(asdict(cell), sort_keys=True) for _, cell in sorted(figures.cells.items())]
    head = f'{{"versions": {json.dumps(figures.versions, sort_keys=True)},\n"cells": ['
    path.write_text(head + "\n" + ",\n".join(rows) + "\n]}\n", encoding="utf-8")
    return figures
