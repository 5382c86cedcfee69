"""One driver per state file: an operating-system lock that the kernel frees when its holder dies, however it dies."""

import os
import socket
import sys
from pathlib import Path
from typing import IO

from batchata.errors import StateError, StateLockedError


def process_name() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


class StateLock:
    """Held from construction to `release`. The lock file stays; what it says is for people, the lock is the kernel's."""

    def __init__(self, state_file: Path) -> None:
        self.path = state_file.with_name(state_file.name + ".lock")
        try:
            self._file: IO[str] = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
        except OSError as error:
            raise StateError(
                f"state_file={str(state_file)!r}: its lock {self.path.name!r} can't be opened ({error.strerror}); "
                "give a path in a folder you can write to"
            ) from error
        if not _try_lock(self._file):
            holder = self._file.read().strip() or "another process"
            self._file.close()
            raise StateLockedError(
                f"state_file={str(state_file)!r} is being driven by {holder}; "
                "wait for it, stop it, or give this run a state file of its own"
            )
        self._file.seek(0)
        self._file.truncate()
        self._file.write(process_name())
        self._file.flush()

    def release(self) -> None:
        if not self._file.closed:
            self._file.seek(0)
            self._file.truncate()
            self._file.close()  # closing frees the lock


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        # one byte far beyond the text, so that the holder's name can still be read
        os.lseek(file.fileno(), 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(file.fileno(), 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
