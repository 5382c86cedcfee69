"""The view of a real run: plain lines where there is no terminal, drawn and cleaned up in a real one."""

import fcntl
import io
import os
import pty
import re
import struct
import sys
import termios
import time
from pathlib import Path

import pytest

from batchata import Batch, live_view
from batchata.testing import Emulator

SCRIPT = """
import sys
from batchata import Batch, live_view
batch = Batch("s.db", items_per_batch=2).defaults(model="claude-haiku-4-5", max_tokens=20)
for number in range(5):
    batch.add_job(prompt=f"Say {number}.")
batch.run(wait=True, on_progress=live_view())
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]m")


def test_plain_lines_where_there_is_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    with Emulator(turnaround=0.1, answer=lambda params: "{}" if "3" in str(params["messages"]) else None) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        batch = Batch(tmp_path / "s.db", items_per_batch=2).defaults(model="claude-haiku-4-5", max_tokens=20)
        for number in range(5):
            batch.add_job(prompt=f"Say {number}.")
        batch.add_cost_limit(1)
        run = batch.run(wait=True, on_progress=live_view(stream))
    last = stream.getvalue().splitlines()[-1]
    assert re.fullmatch(r"\[\d+ s\] 5/5 finished( \(\d failed\))?, \$0\.\d+ spent of \$1\.00", last)
    assert "\x1b" not in stream.getvalue()
    assert run.status()["completed"] == 5


def test_the_first_line_comes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    with Emulator(turnaround=0.1) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        emulator.hold()
        batch = Batch(tmp_path / "s.db").defaults(model="claude-haiku-4-5", max_tokens=20).add_cost_limit(1)
        run = batch.add_job(prompt="Say one.").run().on_progress(live_view(stream), interval=3_600)
        end = time.monotonic() + 20
        while not stream.getvalue() and time.monotonic() < end:
            time.sleep(0.01)
        first = stream.getvalue()
        emulator.release()
        run.wait()
    assert re.match(r"\[\d s\] 0/1 finished, ", first)
    assert first.endswith(" of $1.00\n") or "reserved" in first


def in_a_terminal(folder: Path, environment: dict[str, str], columns: int = 100) -> tuple[int, str]:
    """Run the script in a terminal of its own; (exit code, all that it wrote there)."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(sys.executable, [sys.executable, "-c", SCRIPT], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    written = b""
    try:
        while data := os.read(terminal, 65_536):
            written += data
    except OSError:  # Linux says so when the other end is closed
        pass
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), written.decode("utf-8", "replace")


def test_a_real_terminal_is_drawn_on_and_left_in_order(tmp_path: Path) -> None:
    clean = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    }
    with Emulator(turnaround=0.3) as emulator:
        settings = {**clean, **emulator.environment(), "TERM": "xterm-256color"}
        code, written = in_a_terminal(tmp_path, settings)
        assert code == 0, written
        again, without = in_a_terminal(tmp_path, {**settings, "NO_COLOR": "1"})
    assert "5 of 5 finished" in written
    assert "3 done" in written
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1  # the cursor: hidden, and shown again
    assert "\r\x1b[2K" in written  # drawn in place
    assert COLOUR.search(written)
    assert again == 0
    assert not COLOUR.search(without)
