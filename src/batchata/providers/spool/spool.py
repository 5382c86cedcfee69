"""A spool: batches of requests on disk, answered one by one where a provider has no batch API of its own.

Theory of operation
-------------------
A batch is taken by copying its requests to a file that gets its name in one step, so a create is never uncertain. Threads
hand requests to an `Answerer`, as many at once as it can bear, and append each answer to the batch's file before they take
the next. A process that is killed has lost only what was under way; whoever opens the spool next goes on with the rest. What was
lost goes out again where answers are free (`resend`); where they may have been charged it ends as an error, so that its price can be
counted before anybody asks again. Nothing is answered until a batch is taken or asked after, so making a `Spool` costs nothing.

How many go out at once falls by half when the answerer says that it has too much, and grows again by about one per round
of answers; nothing goes out while it asks to be left alone.

One process at a time answers a spool: the kernel holds the lock and frees it at death.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import orjson

from batchata.errors import ProviderError
from batchata.providers.base import BatchStatus
from batchata.providers.spool import files
from batchata.providers.spool.files import Entry, SpooledBatch
from batchata.providers.spool.lines import cancelled_line, error_line, response_line
from batchata.providers.spool.lock import DirectoryLock

INTERRUPTED = "interrupted"
"""The kind of error of a request that was under way when the process ended, where it does not go out again."""

_PAUSE_MAX = 60.0  # seconds; what the answerer asks for itself is not capped
_JOIN_SECONDS = 2.0


class Answerer(Protocol):
    """Whatever answers one request. Called from several threads at once."""

    @property
    def concurrency(self) -> int:
        """The most requests it takes at once. Read each time one is about to go out."""
        ...

    def answer(self, body: bytes) -> bytes:
        """The raw answer to `body`, as JSON. Raises `ProviderError`: `retryable` sends the request again (after
        `retry_after` seconds if given), `status` says that the answerer itself said no, so that nothing was charged.
        """
        ...

    def close(self) -> None:
        """Free what is held; an `answer` under way raises `ProviderError` soon."""
        ...


class Spool:
    """Batches under `directory`, answered by `answerer` in the order in which they were opened.

    `attempts` are the tries of one request while its errors are retryable; the pause after the first is `pause` seconds
    and doubles from there. `resend`: whether a request that went out and came back neither answered nor refused goes out again.
    """

    def __init__(
        self, directory: Path, answerer: Answerer, *, attempts: int = 5, pause: float = 1.0, resend: bool = True
    ) -> None:
        self._directory = directory
        self._answerer = answerer
        self._attempts = attempts
        self._pause = pause
        self._resend = resend
        self._changed = threading.Condition()
        self._batches: dict[str, SpooledBatch] = {}
        self._faults: dict[str, str] = {}
        self._role: DirectoryLock | None = None
        self._workers: set[threading.Thread] = set()
        self._broken = self._closed = False
        self._flying = 0
        self._allowed = 1.0 * answerer.concurrency
        self._not_before = self._cut_at = 0.0

    def take(self, batch_id: str, requests: BinaryIO, count: int) -> None:
        """Make a batch of `count` lines of `request_line`, and begin. Taking the same id again changes nothing.

        Raises `ValueError` for lines that are no such batch, `OSError` where the disk won't have it (then there is no
        batch), `ProviderError` where another process answers this spool.
        """
        with self._changed:
            self._take_role()
            if not files.holds(self._directory, batch_id):
                files.write_requests(self._directory, batch_id, requests, count)
            self._open(batch_id)

    def holds(self, batch_id: str) -> bool:
        return files.holds(self._directory, batch_id)

    def status(self, batch_id: str) -> BatchStatus | None:
        """How far a batch is; begins or goes on with it. None where there is no such batch.

        Raises `ProviderError` for what keeps the batch from going on; asking again tries again.
        """
        with self._changed:
            if (batch := self._open(batch_id)) is None:
                return None
            return BatchStatus(batch_id, ended=batch.ended, created_at=batch.created_at, done=batch.done)

    def answers(self, batch_id: str) -> Iterator[bytes]:
        """The answer lines, in chunks of any size:

            {"custom_id": …, "lost": n, "response": <as it was answered>}
            {"custom_id": …, "lost": n, "error": {"message", "kind", "status", "retryable"}}
            {"custom_id": …, "lost": n, "cancelled": true}

        `lost`: how often the request went out and nothing came back, because the process or the connection died. Without
        `resend` it is 1 in an error or a cancelled request that may have been charged, else 0.
        """
        return files.answer_chunks(self._directory, batch_id)

    def cancel(self, batch_id: str) -> None:
        """Hand out no more of a batch. What is under way is still answered: on a paid server it is charged."""
        with self._changed:
            batch = self._open(batch_id)
            if batch is None or batch.ended or batch.cancelled:
                return
            try:
                batch.cancel()
            except OSError as error:
                self._drop(batch, error)
                raise ProviderError(f"cannot cancel {batch_id} in the spool: {error}", retryable=True) from error
            self._go_on(batch)

    def forget(self, batch_id: str) -> None:
        """Remove a batch and its answers, once they are safe elsewhere."""
        with self._changed:
            self._take_role()
            if batch := self._batches.pop(batch_id, None):
                batch.close()
            files.remove(self._directory, batch_id)

    def close(self) -> None:
        """Stop now. What is under way is lost: see `resend`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._answerer.close()
        until = time.monotonic() + _JOIN_SECONDS
        for worker in list(self._workers):
            worker.join(max(0.0, until - time.monotonic()))
        with self._changed:
            for batch in self._batches.values():
                batch.close()
            self._batches.clear()
            if self._role:
                self._role.release()
                self._role = None

    # -- opening: all under the condition

    def _take_role(self) -> None:
        if self._closed:
            raise ProviderError(f"the spool {self._directory} is closed")
        if self._broken:
            raise ProviderError(f"a thread that answers the spool {self._directory} died; its traceback says why")
        if self._role is not None:
            return
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._role = DirectoryLock(self._directory / "lock")
        except BlockingIOError as error:
            raise ProviderError(
                f"another process answers the spool {self._directory}; wait for it or end it", retryable=True
            ) from error
        except OSError as error:
            raise ProviderError(f"cannot use the spool {self._directory}: {error}", retryable=True) from error
        files.sweep(self._directory)

    def _open(self, batch_id: str) -> SpooledBatch | None:
        self._take_role()
        if fault := self._faults.pop(batch_id, None):
            raise ProviderError(f"the spool cannot go on with {batch_id}: {fault}", retryable=True)
        if batch := self._batches.get(batch_id):
            return batch
        if not self.holds(batch_id):
            return None
        try:
            batch = SpooledBatch(self._directory, batch_id, sync_starts=not self._resend)
            self._batches[batch_id] = batch
            if batch.cancelled and not batch.ended:
                batch.cancel()  # the process that was asked to died before it was done
            if not self._resend:
                batch.end([entry for entry in batch.waiting if entry.lost], _interrupted_line)
            self._go_on(batch)
        except OSError as error:
            raise ProviderError(f"cannot open {batch_id} in the spool: {error}", retryable=True) from error
        return batch

    def _go_on(self, batch: SpooledBatch) -> None:
        if batch.ended:
            batch.close()  # a run may have thousands of them: none holds a file open
        for _ in range(min(len(batch.waiting), self._answerer.concurrency - len(self._workers))):
            worker = threading.Thread(target=self._work, name="batchata-spool", daemon=True)
            self._workers.add(worker)
            worker.start()
        self._changed.notify_all()

    def _drop(self, batch: SpooledBatch, error: OSError) -> None:
        """Let go of a batch that the disk won't serve. Whoever asks after it is told once, and asking again reopens it."""
        if self._batches.get(batch.id) is batch:
            del self._batches[batch.id]
            self._faults[batch.id] = str(error)
            with contextlib.suppress(OSError):
                batch.close()

    # -- answering: in the workers

    def _work(self) -> None:
        sound = False
        try:
            while (taken := self._next()) is not None:
                self._serve(*taken)
            sound = True
        finally:  # an answerer that raises what it may not must not leave a batch that never ends
            self._broken |= not sound

    def _next(self) -> tuple[SpooledBatch, Entry] | None:
        """The next request to go out; waits until there is one and it may. None when the spool is closed."""
        with self._changed:
            while not self._closed:
                batch = next((batch for batch in self._batches.values() if batch.waiting), None)
                rest = self._not_before - time.monotonic()
                if batch is not None and rest <= 0 and self._flying < min(self._allowed, self._answerer.concurrency):
                    self._flying += 1
                    return batch, batch.waiting.popleft()
                self._changed.wait(rest if batch is not None and rest > 0 else None)
        return None

    def _serve(self, batch: SpooledBatch, entry: Entry) -> None:
        try:
            self._answer(batch, entry)
        except OSError as error:
            with self._changed:
                self._drop(batch, error)
        finally:
            with self._changed:
                self._flying -= 1
                self._changed.notify_all()

    def _answer(self, batch: SpooledBatch, entry: Entry) -> None:
        began = time.monotonic()
        entry.tries += 1
        batch.note_started(entry)
        body = batch.body(entry)
        try:
            raw = _checked(self._answerer.answer(body))
        except ProviderError as error:
            if self._closed:
                return
            if error.status is not None:
                batch.note_refused(entry)
            self._failed(batch, entry, error, began)
        else:
            entry.lost -= 1
            self._keep(batch, response_line(entry.custom_id, entry.lost, raw))
            with self._changed:
                self._allowed = min(self._answerer.concurrency, self._allowed + 1 / self._allowed)

    def _failed(self, batch: SpooledBatch, entry: Entry, error: ProviderError, began: float) -> None:
        with self._changed:
            if error.retryable:
                self._back_off(error, entry.tries, began)
                again = self._resend or not entry.lost
                if again and not batch.cancelled and entry.tries < self._attempts:
                    batch.waiting.appendleft(entry)
                    return
        if error.retryable and batch.cancelled:
            self._keep(batch, cancelled_line(entry.custom_id, entry.lost))
        else:
            self._keep(batch, error_line(entry.custom_id, entry.lost, error))

    def _keep(self, batch: SpooledBatch, line: bytes) -> None:
        if not batch.keep(line):
            return
        with self._changed:
            batch.done += 1
            if batch.ended:
                batch.close()

    def _back_off(self, error: ProviderError, tries: int, began: float) -> None:
        """Pause, and halve what goes out at once: only once for all that went out before the last cut."""
        now = time.monotonic()
        rest = error.retry_after if error.retry_after is not None else min(_PAUSE_MAX, self._pause * 2 ** (tries - 1))
        self._not_before = max(self._not_before, now + rest)
        if began >= self._cut_at:
            self._cut_at = now
            self._allowed = max(1.0, self._allowed / 2)


def _interrupted_line(entry: Entry) -> bytes:
    words = "it was under way when the process ended, and may have been charged"
    return error_line(entry.custom_id, entry.lost, ProviderError(words, retryable=True, kind=INTERRUPTED))


def _checked(raw: bytes) -> bytes:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        start = raw[:200].decode(errors="replace")
        raise ProviderError(f"the answer is no JSON: {start}", retryable=True) from None
    return raw
