"""Result files on disk, in one unlinked temporary file: a million answers don't stay in memory."""

import tempfile
import threading
from collections.abc import Iterator

_PIECE = 1 << 18


class Spool:
    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the emulator; closed by `close`
        self._lock = threading.Lock()
        self._end = 0

    def write(self, data: bytes | memoryview) -> tuple[int, int]:
        """Keep `data`; returns its place, to be given to `read`."""
        with self._lock:
            start = self._end
            self._file.seek(start)
            self._file.write(data)
            self._end += len(data)
            return start, len(data)

    def read(self, place: tuple[int, int]) -> Iterator[bytes]:
        """The data at `place`, in pieces."""
        start, length = place
        for offset in range(start, start + length, _PIECE):
            with self._lock:
                self._file.seek(offset)
                piece = self._file.read(min(_PIECE, start + length - offset))
            yield piece

    def close(self) -> None:
        self._file.close()
