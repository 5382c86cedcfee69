"""The files that clients upload and batches write: their bytes on disk, each account's own, gone when they expire."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from batchata.testing.clock import Clock
from batchata.testing.spool import Spool


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`label`: the file's or display name; `kind`: its purpose or media type; `made_by`: the batch that wrote it."""

    id: str
    label: str
    kind: str
    size: int
    created_at: float
    expires_at: float
    place: tuple[int, int]
    made_by: str = ""
    sha256: bytes = b""


class Files:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spool = Spool()
        self._lock = threading.Lock()
        self._accounts: dict[str, dict[str, StoredFile]] = {}

    def keep(self, data: bytes | memoryview) -> tuple[int, int]:
        """Write `data` down; returns its place, for `add`."""
        return self._spool.write(data)

    def add(self, account: str, file: StoredFile) -> None:
        with self._lock:
            self._accounts.setdefault(account, {})[file.id] = file

    def get(self, account: str, file_id: str) -> StoredFile | None:
        """None for one that never was, is another account's, was deleted, or has expired."""
        file = self._accounts.get(account, {}).get(file_id)
        return file if file is not None and file.expires_at > self._clock.now() else None

    def listed(self, account: str) -> list[StoredFile]:
        """Newest first."""
        now = self._clock.now()
        with self._lock:
            found = list(self._accounts.get(account, {}).values())
        return [file for file in reversed(found) if file.expires_at > now]

    def delete(self, account: str, file_id: str) -> None:
        with self._lock:
            self._accounts.get(account, {}).pop(file_id, None)

    def purge(self, batch_id: str | None = None) -> None:
        """Let go of everything that batches wrote, or one of them."""
        with self._lock:
            for files in self._accounts.values():
                for file in [file for file in files.values() if file.made_by]:
                    if batch_id in {None, file.made_by}:
                        del files[file.id]

    def pieces(self, file: StoredFile) -> Iterator[bytes]:
        return self._spool.read(file.place)

    def read(self, file: StoredFile) -> bytes:
        return b"".join(self.pieces(file))

    def close(self) -> None:
        self._spool.close()
