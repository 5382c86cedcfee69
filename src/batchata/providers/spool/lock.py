"""A lock that one process holds on a directory, freed by the kernel at its death."""

import sys
from pathlib import Path

from batchata.providers.spool.files import open_private


class DirectoryLock:
    """Held from construction to `release`. Raises `BlockingIOError` where another holds it."""

    def __init__(self, path: Path) -> None:
        self._file = open_private(path, "ab")
        try:
            _lock(self._file.fileno())
        except BaseException:
            self._file.close()
            raise

    def release(self) -> None:
        self._file.close()


if sys.platform == "win32":

    def _lock(handle: int) -> None:
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from error
else:

    def _lock(handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
