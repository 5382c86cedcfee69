"""All batches of all accounts: making them, moving them on as time passes, and keeping their results and bills."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from batchata.testing.anthropic.batches import StoredBatch, Terms
from batchata.testing.anthropic.errors import not_found
from batchata.testing.anthropic.lines import Line, Origin, Writer
from batchata.testing.clock import Clock
from batchata.testing.dice import Dice
from batchata.testing.ledger import Ledger
from batchata.testing.spool import Spool

Turnaround = float | Callable[[int], float]
"""Seconds, or a function of the number of requests that gives them."""


class Shelf:
    def __init__(
        self, writer: Writer, clock: Clock, turnaround: Turnaround, terms: Mapping[str, float], ledger: Ledger
    ) -> None:
        self.ledger = ledger
        self._writer = writer
        self._clock = clock
        self._turnaround = turnaround
        self._terms = terms
        self._lock = threading.RLock()
        self._accounts: dict[str, dict[str, StoredBatch]] = {}
        self._open: dict[str, StoredBatch] = {}
        self._made = 0
        self._held = False
        self._spool = Spool()
        # one thread makes all answers: they are Python, and more threads would only take turns
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="emulator-answers")

    def create(self, account: str, version: str, requests: list[tuple[str, dict[str, Any]]], lag: float) -> StoredBatch:
        now = self._clock.now()
        count = len(requests)  # the worker empties the list
        seconds = self._turnaround(count) if callable(self._turnaround) else self._turnaround
        with self._lock:
            self._made += 1
            batch_id = f"msgbatch_{Dice(self._writer.seed, b'batch', str(self._made).encode()).hex(24)}"
            work = self._pool.submit(self._write, Origin(batch_id, account, version, now), requests)
            batch = StoredBatch(batch_id, count, now, Terms(seconds, **self._terms), work)
            batch.hidden_until = now + lag
            if self._held:
                batch.hold(now)
            self._accounts.setdefault(account, {})[batch_id] = batch
            self._open[batch_id] = batch
        return batch

    def _write(self, origin: Origin, requests: list[tuple[str, dict[str, Any]]]) -> list[Line]:
        lines = []
        while requests:  # what is answered is let go
            custom_id, params = requests.pop()
            lines.append(self._writer.write(custom_id, params, origin))
        # results come in any order [sdk: MessageBatch.results_url]
        Dice(self._writer.seed, origin.batch_id.encode()).shuffle(lines)
        return lines

    def settle(self) -> None:
        """Bring every batch to where it is by now."""
        now = self._clock.now()
        with self._lock:
            for batch in [batch for batch in self._open.values() if batch.is_over(now)]:
                lines = batch.end()
                del self._open[batch.id]
                batch.results = self._spool.write(b"".join(line.json + b"\n" for line in lines))
                self.ledger.extend(line.bill for line in lines if line.bill is not None)

    def get(self, account: str, batch_id: str) -> StoredBatch:
        self.settle()
        batch = self._accounts.get(account, {}).get(batch_id)
        if batch is None:
            raise not_found(f"Message Batch {batch_id} not found.")
        batch.archive_if_old(self._clock.now())
        return batch

    def listed(self, account: str | None = None) -> list[StoredBatch]:
        """Newest first; of one account what its listings show by now, else everything."""
        self.settle()
        now = self._clock.now()
        with self._lock:
            names = [account] if account is not None else list(self._accounts)
            found = [batch for name in names for batch in self._accounts.get(name, {}).values()]
        for batch in found:
            batch.archive_if_old(now)
        shown = [batch for batch in reversed(found) if account is None or batch.hidden_until <= now]
        return shown if account is not None else sorted(shown, key=lambda batch: -batch.created_at)

    def cancel(self, batch: StoredBatch) -> None:
        with self._lock:
            batch.cancel(self._clock.now())

    def delete(self, account: str, batch: StoredBatch) -> None:
        with self._lock:
            self._accounts[account].pop(batch.id, None)

    def results(self, batch: StoredBatch) -> tuple[Iterator[bytes], int]:
        place = batch.results or (0, 0)
        return self._spool.read(place), place[1]

    def hold(self) -> None:
        self._each(StoredBatch.hold, held=True)

    def release(self) -> None:
        self._each(StoredBatch.release, held=False)

    def archive(self, batch_id: str | None = None) -> None:
        """Purge the results of ended batches, or of one."""
        now = self._clock.now()
        for batch in self.listed():
            if batch.ended and batch_id in {None, batch.id}:
                batch.archived_at = batch.archived_at or now

    def _each(self, move: Callable[[StoredBatch, float], None], *, held: bool) -> None:
        self.settle()
        now = self._clock.now()
        with self._lock:
            self._held = held
            for batch in self._open.values():
                move(batch, now)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._spool.close()
