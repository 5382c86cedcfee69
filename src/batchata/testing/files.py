"""The files that clients upload and batches write: their bytes on disk, each account's own, gone when they expire."""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from batchata.testing.clock import Clock
from batchata.testing.jobs import Line
from batchata.testing.spool import Spool
from batchata.testing.uploaded import UploadedFile, Uploads


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`label`: the file's or display name; `kind`: its purpose or media type; `made_by`: the batch that wrote it.

    Nothing can refer to it before `active_at`.
    """

    id: str
    label: str
    kind: str
    size: int
    created_at: float
    expires_at: float
    place: tuple[int, int]
    made_by: str = ""
    sha256: bytes = b""
    active_at: float = 0.0


class Files:
    """The files of one provider."""

    def __init__(self, clock: Clock, provider: str) -> None:
        self._clock = clock
        self._provider = provider
        self._spool = Spool()
        self._lock = threading.Lock()
        self._accounts: dict[str, dict[str, StoredFile]] = {}
        # a thousand requests may refer to one file
        self.base64 = lru_cache(maxsize=4)(self._base64)
        self._uploads: list[UploadedFile] = []
        self._latest: dict[tuple[str, str], int] = {}  # the place of an id's last upload among them

    def keep(self, data: bytes | memoryview) -> tuple[int, int]:
        """Write `data` down; returns its place, for `add`."""
        return self._spool.write(data)

    def add(self, account: str, file: StoredFile) -> None:
        with self._lock:
            self._accounts.setdefault(account, {})[file.id] = file

    def upload(self, account: str, file: StoredFile, purpose: str) -> None:
        """Take in what a client sent, and remember that it did."""
        expires_at = None if file.expires_at == float("inf") else file.expires_at
        uploaded = UploadedFile(
            provider=self._provider,
            account=account,
            file_id=file.id,
            name=file.label,
            purpose=purpose,
            size=file.size,
            sha256=file.sha256.hex(),
            at=file.created_at,
            expires_at=expires_at,
        )
        with self._lock:
            self._latest[account, file.id] = len(self._uploads)
            self._uploads.append(uploaded)
        self.add(account, file)

    @property
    def uploads(self) -> Uploads:
        with self._lock:
            return Uploads(self._uploads)

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
        now = self._clock.now()
        with self._lock:
            self._accounts.get(account, {}).pop(file_id, None)
            place = self._latest.get((account, file_id))
            if place is not None:
                self._uploads[place] = replace(self._uploads[place], deleted_at=now)

    def _lost(self, account: str, file_id: str, by: float) -> bool:
        """Had it been deleted, or expired, `by` then?"""
        with self._lock:
            place = self._latest.get((account, file_id))
            if place is None:  # no upload: a batch wrote it
                return False
            file = self._uploads[place]
        return any(at is not None and at <= by for at in (file.deleted_at, file.expires_at))

    def kept(self, account: str, lines: Sequence[Line], by: float, refuse: Callable[[Line, str], Line]) -> list[Line]:
        """`lines`, with those refused that refer to a file which was gone `by` the end of their batch: an upload has to stay
        as long as a batch that needs it is open [assumed].
        """
        gone = {name for name in {name for line in lines for name in line.files} if self._lost(account, name, by)}
        return [refuse(line, min(line.files & gone)) if line.files & gone else line for line in lines]

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

    def _base64(self, file: StoredFile) -> str:
        return b64encode(self.read(file)).decode()

    def close(self) -> None:
        self._spool.close()
