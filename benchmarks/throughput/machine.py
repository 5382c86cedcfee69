"""What was measured on, in one line, and how the machine was while it was."""

import os
import platform
import sqlite3
from pathlib import Path


def machine() -> str:
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def busy() -> str | None:
    """A warning where something else is running: wall times and some of the CPU times then mean little."""
    load = os.getloadavg()[0]
    if load < 0.5:
        return None
    return (
        f"load {load:.1f} before the first case: something else is running here, and wall times will not be worth much"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
