"""One worker process, seen from the driver: started, asked, ended.

It is asked by one thread at a time. Whatever becomes of it, asking ends in a reply or in `WorkerGoneError`: at the deadline the
process is killed, and a pipe whose other end is dead never blocks.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from batchata.documents import frames
from batchata.documents.kinds import MAX_CHARACTERS, MAX_PAGES
from batchata.documents.watch import Watch

_START_SECONDS = 60.0
_EXIT_SECONDS = 5.0
_MAX_REPLY_BYTES = 4 * MAX_CHARACTERS

# A hostile file that took a worker over finds no keys there: of the environment only what a process needs to start.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL")

# Isolated (`-I`): nothing of the working directory or the environment is imported. The driver's own path is handed on.
_PROGRAM = "import sys; sys.path[:] = sys.argv[2:]; from batchata._worker import main; main(int(sys.argv[1]))"


class WorkerGoneError(Exception):
    """The worker gave no reply, and is to be closed. The message says why, as a clause about the file."""


def default_command(memory_bytes: int) -> list[str]:
    path = [os.path.abspath(entry) for entry in sys.path if entry]  # noqa: PTH100  # sys.path holds strings
    return [sys.executable or "python", "-I", "-c", _PROGRAM, str(memory_bytes), *path]


class WorkerProcess:
    """Starting one raises OSError where the system has no process left, WorkerGoneError where it does not come up."""

    def __init__(self, command: Sequence[str]) -> None:
        self._expired = False
        self._watch = Watch(self._expire)
        try:
            self._process = _started(command)
        except BaseException:
            self._watch.close()
            raise
        assert self._process.stdin is not None  # noqa: S101  # for the type checker: both are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._requests, self._replies = self._process.stdin, self._process.stdout

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._expired and self._process.poll() is None

    def wait_ready(self) -> None:
        """Wait until it can be asked. Raises WorkerGoneError."""
        if self._exchange(None, _START_SECONDS) != [frames.READY]:
            raise WorkerGoneError("the process that reads documents did not start properly")

    def ask(self, request: Sequence[bytes], seconds: float) -> list[bytes]:
        """Send a request and return its reply. Raises WorkerGoneError."""
        return self._exchange(request, seconds)

    def kill(self) -> None:
        """End it now. From any thread; who is asking gets WorkerGoneError."""
        self._process.kill()

    def close(self) -> None:
        """End it and leave nothing behind: no zombie, no open pipe. From the thread that asks, or when none does."""
        self._process.kill()
        self._watch.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_SECONDS)
        with contextlib.suppress(OSError):  # what was buffered for a dead process
            self._requests.close()
        self._replies.close()

    def _exchange(self, request: Sequence[bytes] | None, seconds: float) -> list[bytes]:
        self._watch.set(seconds)
        try:
            if request is not None:
                frames.write(self._requests, request)
            reply = frames.read(self._replies, max_parts=MAX_PAGES + 1, max_bytes=_MAX_REPLY_BYTES)
        except frames.FrameError as error:
            raise WorkerGoneError("the process that read it gave an answer that makes no sense") from error
        except (OSError, EOFError) as error:
            raise self._gone(seconds) from error
        finally:
            self._watch.clear()  # else it could hit the next request
        if reply is None:
            raise self._gone(seconds)
        return reply

    def _expire(self) -> None:
        self._expired = True
        self._process.kill()

    def _gone(self, seconds: float) -> WorkerGoneError:
        if self._expired:
            return WorkerGoneError(f"it took longer than the {seconds:g} seconds allowed, and was stopped")
        try:
            code = self._process.wait(_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            return WorkerGoneError("the process that read it stopped answering")
        if code == frames.EXIT_OUT_OF_MEMORY:
            return WorkerGoneError("it needs more memory than allowed")
        return WorkerGoneError(f"the process that read it died ({_ending(code)})")


def _started(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  # our own interpreter and program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        process_group=0,  # Ctrl-C reaches the driver alone
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
