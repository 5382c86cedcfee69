"""The command line as a process of its own, on an emulator in the tests' process."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from batchata.cli import main
from batchata.testing import Emulator

SETTINGS = ("ANTHROPIC_", "OPENAI_", "GOOGLE_", "GEMINI_", "BATCHATA_", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands in a folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        self.environment = {**clean, **environment}

    def start(self, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "batchata", *arguments],
            cwd=self.folder,
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __call__(self, *arguments: str, **settings: str) -> Ended:
        process = self.start(*arguments, **settings)
        out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out, err)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(turnaround=0.1) as emulator:
        yield emulator


@pytest.fixture
def shell(tmp_path: Path, emulator: Emulator) -> Shell:
    return Shell(tmp_path, emulator.environment())


@pytest.fixture
def bare_shell(tmp_path: Path) -> Callable[..., Shell]:
    """A shell without keys and without an emulator."""
    return lambda **settings: Shell(tmp_path, settings)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """Five short texts."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(5):
        (folder / f"report-{number}.txt").write_text(f"Revenue rose by {number} percent in the north.")
    return folder


@pytest.fixture
def terminal(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """A command in a terminal of so many columns, without colours; (exit code, what stood there). `typed`: at its question."""

    def run(*arguments: str, columns: int = 80, typed: bytes = b"", at: Emulator | None = None) -> tuple[int, str]:
        command = [sys.executable, "-m", "batchata", *arguments]
        clean = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        settings = {**clean, "NO_COLOR": "1", "TERM": "xterm", **(at.environment() if at else {})}
        child, end = pty.fork()
        if child == 0:
            os.chdir(tmp_path)
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(sys.executable, command, settings)
        written = b""
        try:
            while True:
                asked = bool(typed) and b"[y/N]: " in written
                if not select.select([end], [], [], 1.0 if asked else None)[0]:
                    os.write(end, typed)  # a key that came right before it listened may have been lost
                elif data := os.read(end, 65_536):
                    written += data
                    if typed and not asked and b"[y/N]: " in written:
                        os.write(end, typed)
                else:
                    break
        except OSError:  # Linux says so when the other end is closed
            pass
        _, status = os.waitpid(child, 0)
        os.close(end)
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode("utf-8", "replace"))
        return os.waitstatus_to_exitcode(status), plain.replace("\r\n", "\n")

    return run


@pytest.fixture
def look(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """A command in the tests' own process, for where a process of its own would prove nothing more. `at`: its providers."""

    def run(*arguments: str, at: Emulator | None = None) -> Ended:
        with monkeypatch.context() as patched:
            patched.chdir(tmp_path)
            for name, value in (at.environment() if at else {}).items():
                patched.setenv(name, value)
            capfd.readouterr()
            code = main(arguments)
            return Ended(code, *capfd.readouterr())

    return run
