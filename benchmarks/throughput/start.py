"""How fast it starts: fresh interpreters, one after the other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.throughput.cell import Cell
from benchmarks.throughput.process import HERE

TIMES = 9


def measure(scratch: Path) -> Cell:
    said = [_once(scratch) for _ in range(TIMES)]
    middle = {name: median(one[name] for one in said) for name in said[0]}
    return Cell(
        case="start", jobs=1, runs=TIMES, cpu=middle["accepted_cpu"], workers_cpu=0, wall=middle["accepted"], peak=0,
        workers_peak=0, written=0, fsyncs=None, emulator_cpu=0, billed=0, billed_twice=0, said=middle,
    )  # fmt: skip


def _once(scratch: Path) -> dict[str, float]:
    command = [sys.executable, str(HERE / "scripts" / "start.py")]
    key = {"ANTHROPIC_API_KEY": "none"}  # asked for, never sent
    done = subprocess.run(command, env=os.environ | key, cwd=scratch, check=True, capture_output=True)  # noqa: S603
    said: dict[str, float] = json.loads(done.stdout)
    return said
