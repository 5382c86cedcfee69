"""One spooled batch on disk: its requests, its answers as they come, and what was under way when a process died.

Four files beside each other, for their owner alone:

    <id>.requests  one line per request, complete from the instant the file has its name
    <id>.answers   one line per answered request; a line is on the disk before anybody counts it
    <id>.started   `+custom_id` when a request goes out, `-custom_id` when the answerer said no to it. A killed process loses
                   none of it; a power cut may lose its end, unless starts are synced
    <id>.cancel    there: nothing more goes out

It starts no thread and asks nobody; `spool` does that.
"""

import os
import re
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Literal

from batchata.providers.spool.lines import answered_by, body_of, cancelled_line, requested_by

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHUNK = 1 << 20
_SUFFIXES = (".requests", ".answers", ".started", ".cancel")


@dataclass(slots=True)
class Entry:
    """A request that waits for its answer: where it stands in the file, and how often it was tried.

    `lost` counts the times it went out and nothing came back, not even a refusal: a paid server may have charged for each.
    """

    custom_id: str
    offset: int
    length: int
    tries: int = 0
    lost: int = 0


def path_of(directory: Path, batch_id: str, suffix: str) -> Path | None:
    """Where a batch keeps a file; None where the id is not one of ours (an id never becomes a path unchecked)."""
    return directory / f"{batch_id}{suffix}" if _ID.fullmatch(batch_id) else None


def holds(directory: Path, batch_id: str) -> bool:
    path = path_of(directory, batch_id, ".requests")
    return path is not None and path.is_file()


def write_requests(directory: Path, batch_id: str, lines: BinaryIO, count: int) -> None:
    """Take a batch: all of it or nothing of it. Raises `ValueError` where the lines are not `count` distinct requests."""
    target = path_of(directory, batch_id, ".requests")
    if target is None:
        raise ValueError(f"batch id {batch_id!r} is not 1 to 64 of A-Z a-z 0-9 _ -")
    temporary = target.with_suffix(".new")
    try:
        with open_private(temporary, "wb") as file:
            while chunk := lines.read(_CHUNK):
                _write_all(file, chunk)
            os.fsync(file.fileno())
        _check_count(temporary, count)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(directory)


def remove(directory: Path, batch_id: str) -> None:
    """Forget a batch. The requests go first: without them there is no batch, so a crash in between leaves only crumbs."""
    for suffix in _SUFFIXES:
        path = path_of(directory, batch_id, suffix)
        if path is not None:
            path.unlink(missing_ok=True)


def sweep(directory: Path) -> None:
    """Remove what a crash left half done: requests without their name, and files of batches that were removed."""
    for path in directory.iterdir():
        orphan = path.suffix in _SUFFIXES[1:] and not path.with_suffix(".requests").exists()
        if orphan or path.suffix == ".new":
            path.unlink(missing_ok=True)


def answer_chunks(directory: Path, batch_id: str) -> Iterator[bytes]:
    """The answers so far, as bytes in chunks of any size."""
    path = path_of(directory, batch_id, ".answers")
    if path is None or not path.exists():
        return
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def open_private(path: Path, mode: Literal["ab", "wb"]) -> FileIO:
    """Open unbuffered, for the owner alone."""
    return FileIO(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


class SpooledBatch:
    """A batch opened by the one process that answers it. `waiting` is what nobody has answered yet, oldest first.

    `sync_starts`: a start is on the disk before its request goes out, at the price of a sync for each.

    Once closed it takes nothing more, and says so. What touches the files may be called from several threads; `waiting`
    and `done` are the caller's to guard.
    """

    def __init__(self, directory: Path, batch_id: str, *, sync_starts: bool = False) -> None:
        self.id = batch_id
        self._sync_starts = sync_starts
        self._requests = directory / f"{batch_id}.requests"
        self.created_at = self._requests.stat().st_mtime
        entries = list(_entries(self._requests))
        self.total = len(entries)
        self.cancelled = self._beside(".cancel").exists()
        answered, end = _answered(self._beside(".answers"))
        lost = _unreturned(self._beside(".started"))
        self.waiting = deque(entry for entry in entries if entry.custom_id not in answered)
        for entry in self.waiting:
            entry.lost = lost[entry.custom_id]
        self.done = self.total - len(self.waiting)
        self._write_lock, self._sync_lock = threading.Lock(), threading.Lock()
        self._written = self._synced = end
        self._open()

    def _open(self) -> None:
        """Open the answers for more; a line that was torn is cut off."""
        self._closed = False
        self._started = open_private(self._beside(".started"), "ab")
        self._answers = open_private(self._beside(".answers"), "ab")
        self._answers.truncate(self._written)
        os.fsync(self._answers.fileno())
        _sync_directory(self._requests.parent)

    def _beside(self, suffix: str) -> Path:
        return self._requests.with_suffix(suffix)

    @property
    def ended(self) -> bool:
        return self.done == self.total

    def body(self, entry: Entry) -> bytes:
        with self._requests.open("rb") as file:
            file.seek(entry.offset)
            return body_of(file.read(entry.length))

    def note_started(self, entry: Entry) -> None:
        entry.lost += 1
        self._note(f"+{entry.custom_id}\n", sync=self._sync_starts)

    def note_refused(self, entry: Entry) -> None:
        entry.lost -= 1
        self._note(f"-{entry.custom_id}\n")

    def _note(self, line: str, *, sync: bool = False) -> None:
        with self._write_lock:
            if self._closed:
                return
            _write_all(self._started, line.encode())
            if sync:
                os.fsync(self._started.fileno())

    def cancel(self) -> None:
        """Nothing that waits will be answered, after a crash neither."""
        self.cancelled = True
        with open_private(self._beside(".cancel"), "wb") as file:
            os.fsync(file.fileno())
        _sync_directory(self._requests.parent)
        self.end(list(self.waiting), lambda entry: cancelled_line(entry.custom_id, entry.lost))

    def end(self, entries: Sequence[Entry], line: Callable[[Entry], bytes]) -> None:
        """Write down the end of requests that wait: they are not handed out any more."""
        if self.keep(*map(line, entries)):
            ended = {entry.custom_id for entry in entries}
            self.done += len(entries)
            self.waiting = deque(entry for entry in self.waiting if entry.custom_id not in ended)

    def keep(self, *lines: bytes) -> bool:
        """Append answers; they are on the disk when this returns True. False: the batch is closed, and nothing was kept.

        One sync serves every thread that wrote before it began, so fast answers share syncs and nobody waits on a timer.
        """
        with self._write_lock:
            if self._closed:
                return False
            self._append(b"".join(line + b"\n" for line in lines))
            mine = self._written
        with self._sync_lock:
            if self._synced < mine:
                self._sync()
        return True

    def _append(self, data: bytes) -> None:
        try:
            _write_all(self._answers, data)
        except OSError:
            self._answers.truncate(self._written)  # a full disk takes half a line: the next one must not be glued to it
            raise
        self._written += len(data)

    def _sync(self) -> None:
        upto = self._written
        os.fsync(self._answers.fileno())
        self._synced = upto

    def close(self) -> None:
        with self._write_lock, self._sync_lock:
            if self._closed:
                return
            self._closed = True
            try:
                self._sync()  # a thread between its write and its sync is served by this one
            finally:
                self._answers.close()
                self._started.close()


def _entries(path: Path) -> Iterator[Entry]:
    offset = 0
    with path.open("rb") as file:
        for line in file:
            if custom_id := requested_by(line):
                yield Entry(custom_id, offset, len(line.rstrip(b"\n")))
            offset += len(line)


def _check_count(path: Path, count: int) -> None:
    names = [entry.custom_id for entry in _entries(path)]
    if len(names) != count or len(set(names)) != count:
        raise ValueError(f"the batch holds {len(set(names))} distinct requests in {len(names)} lines; {count} are due")


def _answered(path: Path) -> tuple[set[str], int]:
    """Whose answers the file holds, and where its last whole line ends."""
    names: set[str] = set()
    end = 0
    if not path.exists():
        return names, end
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                end += len(line)
                names.add(answered_by(line) or "")
    return names, end


def _unreturned(path: Path) -> Counter[str]:
    """How often each request went out without coming back. A torn last line counts for nobody."""
    out: Counter[str] = Counter()
    if path.exists():
        for line in path.read_text("ascii", errors="replace").splitlines():
            out[line[1:]] += 1 if line.startswith("+") else -1
    return out


def _write_all(file: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _sync_directory(directory: Path) -> None:
    """Make names durable. Windows can't open a directory; its file system journals names by itself."""
    if sys.platform == "win32":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
