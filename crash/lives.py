"""Simulated lives (tests/simulation) in as many processes as there are cores."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

SIMULATION = Path(__file__).parents[1] / "tests" / "simulation"
SHARE = 250  # lives per process


def live(first: int, lives: int, say: Callable[[str], None]) -> list[str]:
    """Live the seeds from `first` on; what went wrong, in words."""
    shares = [(start, min(SHARE, first + lives - start)) for start in range(first, first + lives, SHARE)]
    findings, done = [], 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for ended in as_completed([pool.submit(_share, *share) for share in shares]):
            count, finding = ended.result()
            done += count
            findings += [finding] if finding else []
            say(f"{done:,} of {lives:,} lives, {len(findings)} went wrong")
    return findings


def _share(first: int, count: int) -> tuple[int, str]:
    command = [sys.executable, "-m", "simulated.hunt", str(first), str(count)]
    env = os.environ | {"PYTHONPATH": str(SIMULATION)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    return count, done.stdout + done.stderr if done.returncode else ""
