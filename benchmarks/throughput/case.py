"""One case: a script against an emulator of its own, checked against the emulator's ledger."""

import os
import resource
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from batchata.testing import EmulatorProcess
from benchmarks.throughput.cell import Cell
from benchmarks.throughput.process import HERE, ROOT, FailedError, Taken, take

Emulated = Callable[[float], EmulatorProcess]


def emulated(turnaround: float) -> EmulatorProcess:
    return EmulatorProcess(turnaround=turnaround)


@dataclass(frozen=True, slots=True)
class Case:
    """`arguments` go to the script, with its folder in the place of FOLDER. `again`: it is run a second time on the same folder,
    and that is a cell of this name.
    """

    name: str
    jobs: int
    script: str
    arguments: tuple[str, ...] = ()
    turnaround: float = 0.2
    again: str = ""
    emulated: Emulated = field(default=emulated)
    python: str = sys.executable  # another one's environment holds nothing of ours

    def run(self, scratch: Path) -> list[Cell]:
        """Raises FailedError where a job is missing, or was billed more or less than once.

        Nothing is removed: ext4 passes over an inode for five minutes after its file was deleted, one by one, and the next case
        would pay for hundreds of thousands of them with every file it makes.
        """
        folder = Path(tempfile.mkdtemp(dir=scratch, prefix=f"{self.name.replace(':', '-')}-"))
        emulator = self.emulated(self.turnaround).start()
        try:
            cells = [self._cell(name, folder, emulator) for name in (self.name, self.again) if name]
        finally:
            before = _children_cpu()
            emulator.stop()
        return [replace(cells[0], emulator_cpu=_children_cpu() - before), *cells[1:]]

    def _cell(self, name: str, folder: Path, emulator: EmulatorProcess) -> Cell:
        earlier = len(emulator.requests)
        taken = self._taken(folder, emulator)
        ledger, exchanges = emulator.summary(), emulator.requests[earlier:]
        self._check(taken.said, ledger)
        return Cell(
            case=name, jobs=self.jobs, runs=1, cpu=taken.cpu, workers_cpu=taken.workers_cpu, wall=taken.wall,
            peak=taken.peak, workers_peak=taken.workers_peak, written=taken.written, fsyncs=taken.fsyncs,
            emulator_cpu=0.0, billed=ledger["billed"], billed_twice=ledger["billed_twice"],
            requests=dict(Counter(exchange.operation for exchange in exchanges if exchange.operation != "control")),
            rows=rows(folder / "state.db"), state_bytes=_size(folder / "state.db"),
            said=taken.said | _phases(taken.said, exchanges),
        )  # fmt: skip

    def _taken(self, folder: Path, emulator: EmulatorProcess) -> Taken:
        script = str(HERE / "scripts" / f"{self.script}.py")  # or elsewhere, where it is given from the root on
        arguments = [str(folder) if argument == "FOLDER" else argument for argument in self.arguments]
        inherited = os.environ.get("PYTHONPATH", "") if self.python == sys.executable else ""
        path = os.pathsep.join([str(ROOT), *inherited.split(os.pathsep)]).rstrip(os.pathsep)
        return take(
            [script, *arguments], emulator.environment() | {"PYTHONPATH": path}, folder.parent, python=self.python
        )

    def _check(self, said: dict[str, Any], ledger: dict[str, Any]) -> None:
        got = (said["finished"], ledger["billed"], ledger["billed_twice"])
        if got != (self.jobs, self.jobs, 0):
            raise FailedError(
                f"{self.name}, {self.jobs} jobs: {got[0]} finished, {got[1]} billed, {got[2]} of them twice; this measures nothing"
            )


def rows(state: Path) -> dict[str, int]:
    """Rows per table of a state."""
    if not state.exists():
        return {}
    with closing(sqlite3.connect(f"{state.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def _size(state: Path) -> int:
    return sum(path.stat().st_size for path in state.parent.glob(f"{state.name}*") if path.is_file())


def _phases(said: dict[str, Any], exchanges: list[Any]) -> dict[str, float]:
    """For a script that says when it began and ended: seconds until its create arrived, and from its fetch of the answers."""
    if "started_at" not in said:
        return {}
    made = [exchange.at for exchange in exchanges if exchange.operation == "create"]
    fetched = [exchange.at for exchange in exchanges if exchange.operation == "results"]
    return {"reading": max(made) - said["started_at"], "grounding": said["ended_at"] - min(fetched)}


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
