"""One script in one fresh process, and what it took."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.throughput import fsyncs

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LOOK_SECONDS = 0.05  # between looks at the memory of a process's children


class FailedError(Exception):
    """The script did not end well; the message holds its last words."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took, in seconds and bytes. `said` is the line of JSON it printed last."""

    cpu: float
    workers_cpu: float
    wall: float
    peak: int
    workers_peak: int
    written: int
    fsyncs: int | None
    said: dict[str, Any]


def take(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, *, python: str = sys.executable
) -> Taken:
    """Run a script under `counted.py`; `folder` is for the figures. Raises FailedError."""
    out = folder / "figures.json"
    with fsyncs.counter(folder) as counter:
        whole = [python, str(HERE / "counted.py"), str(out), *command]
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own scripts
            whole, env={**os.environ, **environment, **counter.environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        children = _Children(process.pid)
        printed, errors = process.communicate()
        wall = time.perf_counter() - start
        children.stop()
        if process.returncode != 0:
            raise FailedError(f"{' '.join(command)} ended with {process.returncode}:\n{errors[-3000:]}")
        figures = json.loads(out.read_bytes())
        return Taken(
            cpu=figures["cpu"],
            workers_cpu=figures["workers_cpu"],
            wall=wall,
            peak=figures["peak"],
            workers_peak=children.peak,
            written=figures["written"],
            fsyncs=counter.count,
            said=json.loads(printed.strip().splitlines()[-1]),
        )


class _Children(threading.Thread):
    """Watches the peak memory of a process's children, each by itself; the largest counts."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.peak = 0
        self.start()

    def run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            for child in _children(self._pid):
                self.peak = max(self.peak, _peak(child))

    def stop(self) -> None:
        self._over.set()
        self.join()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in _read(task).split()]
    return found


def _peak(pid: int) -> int:
    lines = (line.split() for line in _read(Path(f"/proc/{pid}/status")).splitlines())
    return next((int(words[1]) * 1024 for words in lines if words[0] == "VmHWM:"), 0)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:  # it has ended since
        return ""
