"""The moves of the state: every method is one transaction, every move a compare-and-set.

A caller with several moves at hand joins them in one commit with `with store.transaction():`.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import orjson

from batchata.budget import Balance, Booking
from batchata.errors import StateError
from batchata.provider_batch import MOVES, ProviderBatch, State, Verdict
from batchata.result import Outcome
from batchata.store import reading
from batchata.store.database import Database, Same
from batchata.store.rows import NewBatch, NewResult, Packed, Settlement
from batchata.usage import Money

KEPT = frozenset(ProviderBatch.__slots__)
"""Columns that a `ProviderBatch` has too."""

_STATE_OF_JOB = {Outcome.SUCCEEDED: "succeeded", Outcome.LOST: "lost"}  # after any other it has failed


class Store:
    """The state file, held by its one driver."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connection
        self._balance_at: tuple[int, Balance] | None = None

    @property
    def path(self) -> Path:
        return self.database.path

    def transaction(self) -> AbstractContextManager[None]:
        return self.database.transaction()

    def close(self) -> None:
        self.database.close()

    def balance(self) -> Balance:
        """As the ledger has it now. Nobody else writes there: it is read again only where a booking may have been undone."""
        rollbacks = self.database.rollbacks
        if self._balance_at is None or self._balance_at[0] != rollbacks:
            self._balance_at = rollbacks, reading.balance(self.connection)
        return self._balance_at[1]

    # -- runs and facts of the file

    def set_meta(self, key: str, value: str) -> None:
        with self.transaction():
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def start_run(self, at: float, process: str, version: str) -> int:
        with self.transaction():
            sql = "INSERT INTO run (started_at, process, version) VALUES (?, ?, ?)"
            return self._insert(sql, (at, process, version))

    def end_run(self, run: int, at: float, stop_reason: str | None) -> None:
        with self.transaction():
            self.connection.execute("UPDATE run SET ended_at = ?, stop_reason = ? WHERE id = ?", (at, stop_reason, run))

    def lane(self, provider: str, model: str) -> int:
        """The lane's id; made where it is new."""
        row = self.connection.execute(
            "SELECT id FROM lane WHERE provider = ? AND model = ?", (provider, model)
        ).fetchone()
        if row:
            return int(row[0])
        with self.transaction():
            return self._insert("INSERT INTO lane (provider, model) VALUES (?, ?)", (provider, model))

    def form(self, lane: int, record: bytes) -> int:
        """The id of what jobs of a lane have in common; made where it is new."""
        row = self.connection.execute("SELECT id FROM form WHERE lane = ? AND record = ?", (lane, record)).fetchone()
        if row:
            return int(row[0])
        with self.transaction():
            return self._insert("INSERT INTO form (lane, record) VALUES (?, ?)", (lane, record))

    # -- a provider batch on its way

    def reserve(self, batch: NewBatch, at: float, limit: Money | None) -> ProviderBatch | None:
        """Write the batch as prepared, with its attempts, and hold their bounds. None: the limit can't bear it."""
        with self.transaction():
            packed = batch.attempts
            jobs, bound = packed.jobs.tolist(), packed.bound
            if not self.balance().bears(bound, limit):
                return None
            batch_id = self._insert(
                "INSERT INTO provider_batch (lane, state, nonce, account, count, size, reserved, prepared_at)"
                " VALUES (?, 'prepared', ?, ?, ?, ?, ?, ?)",
                (batch.lane, batch.nonce, batch.account, len(jobs), batch.size, bound, at),
            )
            columns = (jobs, packed.bounds.tolist(), packed.forms.tolist())
            self.connection.execute("INSERT INTO packed VALUES (?, ?, ?, ?)", (batch_id, *map(_json, columns)))
            first, last = min(jobs), max(jobs)
            neighbours = last - first + 1 == len(set(jobs))  # then the range holds them and no other
            moved = self.connection.execute(
                "UPDATE standing SET state = 'active', batch = ? WHERE state = 'pending' AND job "
                + ("BETWEEN ? AND ?" if neighbours else "IN (SELECT value FROM json_each(?))"),
                (batch_id, first, last) if neighbours else (batch_id, _json(jobs)),
            )
            self._expect(moved.rowcount, len(jobs), "jobs to pack")
            self._book(batch_id, at, (Booking.RESERVE, bound))
            self._note(batch_id, at, State.PREPARED, None)
            return self.batch(batch_id)

    def intend(
        self, batch: ProviderBatch, at: float, upload_id: str | None, provider_at: float | None = None
    ) -> ProviderBatch:
        """Just before the one call that costs money. `provider_at` is the time by the provider's clock, where it is known."""
        columns = {"intended_at": at, "provider_at": provider_at, "upload_id": upload_id}
        return self._move(batch, State.SUBMITTING, at, **columns)

    def submitted(self, batch: ProviderBatch, at: float, provider_id: str, collect_by: float | None) -> ProviderBatch:
        return self._move(
            batch, State.SUBMITTED, at, submitted_at=at, provider_id=provider_id, collect_by=collect_by, note=None
        )

    def uncertain(self, batch: ProviderBatch, at: float, note: str) -> ProviderBatch:
        return self._move(batch, State.UNCERTAIN, at, note=note)

    def looked(self, batch: ProviderBatch, since: float) -> ProviderBatch:
        """A complete listing did not show the batch, `since` seconds after the one before it."""
        return self._update(batch, looks=batch.looks + 1, watched=batch.watched + since)

    def found_candidate(self, batch: ProviderBatch) -> ProviderBatch:
        """Something in the listing may be the batch: looks that saw nothing no longer count."""
        return self._update(batch, looks=0, watched=0.0)

    def void(self, batch: ProviderBatch, at: float, note: str | None, due: float = 0) -> ProviderBatch:
        """The batch was certainly never made: its jobs go back, its reservation is released."""
        with self.transaction():
            moved = self._move(batch, State.VOID, at, rested_at=at, note=note)
            self.connection.execute(
                "UPDATE standing SET state = 'pending', batch = NULL, due = ? WHERE batch = ?"
                f" AND job IN ({reading.JOBS_PACKED})",
                (due, batch.id, batch.id),
            )
            self._book(batch.id, at, (Booking.RELEASE, batch.reserved))
            return moved

    def cancel_asked(self, batch: ProviderBatch, at: float) -> ProviderBatch:
        with self.transaction():
            self._note(batch.id, at, "cancel asked", None)
            return self._update(batch, cancel_at=at)

    def ended(
        self, batch: ProviderBatch, at: float, verdict: Verdict | None = None, note: str | None = None
    ) -> ProviderBatch:
        """The provider will do no more work on it. `verdict`: why there are no answers to fetch, if there are none."""
        return self._move(batch, State.ENDED, at, ended_at=at, verdict=verdict, note=note)

    def gone(self, batch: ProviderBatch) -> ProviderBatch:
        """The provider has deleted the answers since it ended."""
        return self._update(batch, verdict=Verdict.GONE)

    # -- answers

    def restart_collection(self, batch: ProviderBatch) -> None:
        """Forget raw answers of a download that was cut short; what is settled already stays."""
        with self.transaction():
            self.connection.execute("DELETE FROM segment WHERE batch = ? AND id > ?", (batch.id, batch.settled_segment))

    def add_segment(self, batch: ProviderBatch, body: bytes) -> int:
        """Keep whole result lines as they came, before they are parsed."""
        with self.transaction():
            return self._insert("INSERT INTO segment (batch, body) VALUES (?, ?)", (batch.id, body))

    def collected(self, batch: ProviderBatch, at: float) -> ProviderBatch:
        return self._move(batch, State.COLLECTED, at)

    def settle(
        self,
        batch: ProviderBatch,
        at: float,
        settled: Settlement,
        segment: int | None = None,
        packed: Packed | None = None,
    ) -> ProviderBatch:
        """Give attempts their ends and their jobs what follows; release the bounds, book the bills. In `packed`, the batch's
        own, which a caller may have at hand, they are open no more.
        """
        with self.transaction():
            released = self._end_attempts(batch, settled, packed or reading.packed(self.connection, batch.id))
            self._finish_jobs(batch, at, settled)
            self._again(batch, settled)
            self._book(
                batch.id,
                at,
                (Booking.RELEASE, released),
                (Booking.SPEND, settled.spent),
                (Booking.ASSUMED, settled.assumed),
            )
            return self._update(batch, settled_segment=segment) if segment is not None else batch

    def rest(self, batch: ProviderBatch, at: float, note: str | None = None) -> ProviderBatch:
        """Every attempt has its end: the batch is settled, and nothing of its reservation is left."""
        with self.transaction():
            released = self.connection.execute(
                "SELECT coalesce(sum(released), 0) FROM ended WHERE batch = ?", (batch.id,)
            ).fetchone()[0]
            self._expect(released, batch.reserved, "nano-dollars released")
            return self._move(batch, State.SETTLED, at, rested_at=at, note=note or batch.note)

    # -- jobs outside a batch

    def fail_unsent(self, at: float, failed: Iterable[tuple[int, NewResult]]) -> None:
        """Jobs that can't be sent at all (a file that is gone, a request that can't be built): failed, unbilled."""
        with self.transaction():
            for job, result in failed:
                moved = self.connection.execute(
                    "UPDATE standing SET state = 'failed', tries = NULL, result = ? WHERE job = ? AND state = 'pending'",
                    (self._result(at, job, result), job),
                )
                self._expect(moved.rowcount, 1, "job to fail")

    def pass_over(self, bounds: Iterable[tuple[int, Money]]) -> None:
        """Note the bounds of jobs that the limit could not bear just now."""
        with self.transaction():
            self.connection.executemany(
                "UPDATE standing SET bound = ? WHERE job = ?", ((bound, job) for job, bound in bounds)
            )

    # -- within

    def batch(self, batch_id: int) -> ProviderBatch:
        return reading.batch(self.connection, batch_id)

    def _end_attempts(self, batch: ProviderBatch, settled: Settlement, packed: Packed) -> Money:
        """What is released by it."""
        if not len(settled):
            return 0
        jobs, bounds, still_open = packed.jobs, packed.bounds, packed.open
        fitting = 0
        for idx, job, bound in zip(settled.indexes, settled.jobs, settled.bounds, strict=True):
            if 0 <= idx < len(jobs) and still_open[idx] and jobs[idx] == job and bounds[idx] == bound:
                still_open[idx] = 0
                fitting += 1
        self._expect(fitting, len(settled), "attempts to settle")
        released = sum(settled.bounds)
        ends = map(_json, (settled.indexes, settled.outcomes, settled.costs))
        self._insert(
            "INSERT INTO ended (batch, released, indexes, outcomes, costs) VALUES (?, ?, ?, ?, ?)",
            (batch.id, released, *ends),
        )
        return released

    def _finish_jobs(self, batch: ProviderBatch, at: float, settled: Settlement) -> None:
        for (outcome, model, shape), finished in settled.finished.items():
            last = reading.last_result(self.connection)
            # in the order of the jobs, as near as may be, so that neighbours are met together, here and wherever they are read
            jobs, costs, bodies = zip(*sorted(finished), strict=True)
            told = Same(outcome), Same(model), costs, Same(shape), bodies
            self.database.insert("result", [Same(None), Same(at), jobs, *told])
            moved = self.connection.execute(
                "UPDATE standing SET state = ?, batch = NULL, tries = NULL, result = r.id FROM result r"
                " WHERE r.id > ? AND standing.job = r.job AND standing.batch = ?",
                (_STATE_OF_JOB.get(outcome, "failed"), last, batch.id),
            )
            self._expect(moved.rowcount, len(finished), "jobs to finish")

    def _again(self, batch: ProviderBatch, settled: Settlement) -> None:
        if settled.again:
            moved = self.connection.executemany(
                "UPDATE standing SET state = 'pending', batch = NULL, tries = ?, due = ?, bound = NULL"
                " WHERE job = ? AND batch = ?",
                ((*row, batch.id) for row in settled.again),
            )
            self._expect(moved.rowcount, len(settled.again), "jobs to try again")

    def _result(self, at: float, job: int, result: NewResult) -> int:
        return self._insert(
            "INSERT INTO result (job, at, outcome, model, cost, shape, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (job, at, result.outcome, result.model, result.cost, result.shape, result.body),
        )

    def _move(self, batch: ProviderBatch, to: State, at: float, **columns: object) -> ProviderBatch:
        if to not in MOVES[batch.state]:
            raise StateError(f"provider batch {batch.id}: no move from {batch.state} to {to}")
        with self.transaction():
            note = columns.get("note")
            self._note(batch.id, at, to, note if isinstance(note, str) else None)
            return self._update(batch, state=to, **columns)

    def _update(self, batch: ProviderBatch, **columns: object) -> ProviderBatch:
        assignments = ", ".join(f"{name} = ?" for name in columns)
        with self.transaction():
            moved = self.connection.execute(
                f"UPDATE provider_batch SET {assignments} WHERE id = ? AND state = ?",
                (*columns.values(), batch.id, batch.state),
            )
            self._expect(moved.rowcount, 1, f"provider batch {batch.id} in state {batch.state}")
        return replace(batch, **{name: value for name, value in columns.items() if name in KEPT})  # type: ignore[arg-type]

    def _book(self, batch: int, at: float, *bookings: tuple[Booking, Money]) -> None:
        balance = self.balance()
        for kind, amount in bookings:
            if amount:
                balance = balance.after(kind, amount)
                row = (None, at, batch, kind, amount, balance.reserved, balance.spent)
                self.database.insert_last("ledger", row)
        self._balance_at = self.database.rollbacks, balance

    def _note(self, batch: int, at: float, event: str, note: str | None) -> None:
        self.database.insert_last("journal", (None, at, batch, event, note))

    def _insert(self, sql: str, values: Sequence[object]) -> int:
        rowid = self.connection.execute(sql, values).lastrowid
        if rowid is None:
            raise StateError(f"nothing was inserted: {sql}")
        return rowid

    def _expect(self, found: int, expected: int, what: str) -> None:
        """The compare of compare-and-set: another count means the state is not what the caller believed."""
        if found != expected:
            raise StateError(f"state_file={str(self.path)!r}: expected {expected} {what}, found {found}")


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
