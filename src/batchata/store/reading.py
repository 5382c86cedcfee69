"""What is read of the state: the same queries for the driver and for readers in other threads and processes."""

import sqlite3
from collections.abc import Generator, Iterator, Sequence

from batchata.budget import Balance
from batchata.provider_batch import ProviderBatch, State, Verdict
from batchata.store.rows import OpenAttempt, PendingJob, StoredResult
from batchata.usage import Money

_BATCH = (
    "SELECT b.id, b.lane, l.provider, l.model, b.state, b.nonce, b.account, b.count, b.size, b.reserved, b.prepared_at,"
    " b.upload_id, b.intended_at, b.provider_at, b.submitted_at, b.ended_at, b.provider_id, b.collect_by, b.cancel_at, b.looks,"
    " b.watched, b.settled_segment, b.verdict, b.note FROM provider_batch b JOIN lane l ON l.id = b.lane"
)

MOST_OPEN = 1_500  # attempts without an answer taken up in one go


def meta(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else None


def balance(connection: sqlite3.Connection) -> Balance:
    row = connection.execute("SELECT reserved, spent FROM ledger ORDER BY id DESC LIMIT 1").fetchone()
    return Balance(*row) if row else Balance()


def assumed(connection: sqlite3.Connection) -> Money:
    """What of the spending is assumed: bounds booked where no bill could be learnt."""
    return int(connection.execute("SELECT coalesce(sum(amount), 0) FROM ledger WHERE kind = 'assumed'").fetchone()[0])


def batch(connection: sqlite3.Connection, batch_id: int) -> ProviderBatch:
    return _batch(connection.execute(f"{_BATCH} WHERE b.id = ?", (batch_id,)).fetchone())


def open_batches(connection: sqlite3.Connection) -> list[ProviderBatch]:
    rows = connection.execute(f"{_BATCH} WHERE b.state NOT IN ('settled', 'void') ORDER BY b.id")
    return [_batch(row) for row in rows]


def _batch(row: Sequence[object]) -> ProviderBatch:
    values = list(row)
    values[4] = State(str(values[4]))
    values[-2] = None if values[-2] is None else Verdict(str(values[-2]))
    return ProviderBatch(*values)  # type: ignore[arg-type]  # the columns are STRICT


def lane(connection: sqlite3.Connection, lane_id: int) -> tuple[str, str]:
    """(provider, model) of a lane; the model is '' where its batches mix models."""
    provider, model = connection.execute("SELECT provider, model FROM lane WHERE id = ?", (lane_id,)).fetchone()
    return str(provider), str(model)


def jobs_of(connection: sqlite3.Connection, batch_id: int) -> list[int]:
    return [row[0] for row in connection.execute("SELECT job FROM attempt WHERE batch = ?", (batch_id,))]


def provider_ids(connection: sqlite3.Connection, provider: str, account: str) -> frozenset[str]:
    """Every batch of this account that is certainly known: not the one being looked for."""
    rows = connection.execute(
        "SELECT provider_id FROM provider_batch b JOIN lane l ON l.id = b.lane"
        " WHERE l.provider = ? AND b.account = ? AND provider_id IS NOT NULL",
        (provider, account),
    )
    return frozenset(row[0] for row in rows)


def pending(
    connection: sqlite3.Connection, lane: int, run: int, now: float, available: Money | None
) -> Generator[PendingJob]:
    """Jobs of this run waiting in a lane, in order of arrival, retried ones after; where `available` is given, without
    those whose bound is known to be more.
    """
    rows = connection.execute(
        "SELECT j.seq, j.job_id, i.record, j.tries FROM job j JOIN input i ON i.job = j.seq"
        " WHERE j.lane = ? AND j.run = ? AND j.state = 'pending' AND j.due <= ?"
        " AND (? IS NULL OR j.bound IS NULL OR j.bound <= ?) ORDER BY j.due, j.seq",
        (lane, run, now, available, available),
    )
    try:
        yield from map(PendingJob._make, rows)
    finally:
        rows.close()  # a statement left half way keeps its snapshot, and the log from being taken up


def next_due(connection: sqlite3.Connection, lane: int, run: int, after: float = -1.0) -> float | None:
    """When the next waiting job of a lane may be sent; of those due after a time."""
    row = connection.execute(
        "SELECT due FROM job WHERE lane = ? AND run = ? AND state = 'pending' AND due > ? ORDER BY due LIMIT 1",
        (lane, run, after),
    ).fetchone()
    return float(row[0]) if row else None


def cheapest_pending(connection: sqlite3.Connection, run: int) -> Money | None:
    """The smallest known bound among the waiting jobs of a run."""
    row = connection.execute(
        "SELECT min(bound) FROM job WHERE run = ? AND state = 'pending' AND bound IS NOT NULL", (run,)
    ).fetchone()
    return None if row[0] is None else int(row[0])


def next_segment(connection: sqlite3.Connection, batch_id: int, after: int) -> tuple[int, bytes] | None:
    """The next raw answers of a batch that are not settled yet."""
    row = connection.execute(
        "SELECT id, body FROM segment WHERE batch = ? AND id > ? ORDER BY id LIMIT 1", (batch_id, after)
    ).fetchone()
    return (int(row[0]), bytes(row[1])) if row else None


def none_left(connection: sqlite3.Connection, batch_id: int, segment: int, ending: int) -> bool:
    """Whether no raw answers follow a segment, and no more attempts of its batch are open than the `ending` ones."""
    row = connection.execute(
        "SELECT NOT EXISTS (SELECT 1 FROM segment WHERE batch = ? AND id > ?)"
        " AND NOT EXISTS (SELECT 1 FROM attempt WHERE batch = ? AND outcome IS NULL LIMIT 1 OFFSET ?)",
        (batch_id, segment, batch_id, ending),
    ).fetchone()
    return bool(row[0])


def open_attempts(connection: sqlite3.Connection, batch_id: int, indexes: Sequence[int] | None) -> list[OpenAttempt]:
    """The attempts of a batch that have no end yet: those with these indexes, or the first `MOST_OPEN`."""
    columns = (
        "SELECT a.idx, a.job, a.bound, j.job_id, j.tries, i.record FROM attempt a"
        " JOIN job j ON j.seq = a.job JOIN input i ON i.job = a.job WHERE a.batch = ? AND a.outcome IS NULL"
    )
    if indexes is None:
        return [
            OpenAttempt(*row) for row in connection.execute(f"{columns} ORDER BY a.idx LIMIT {MOST_OPEN}", (batch_id,))
        ]
    found = []
    for start in range(0, len(indexes), 500):
        some = indexes[start : start + 500]
        marks = ",".join("?" * len(some))
        found += [
            OpenAttempt(*row) for row in connection.execute(f"{columns} AND a.idx IN ({marks})", (batch_id, *some))
        ]
    return found


def results_after(connection: sqlite3.Connection, after: int, most: int = 500) -> list[StoredResult]:
    """Results of jobs that are at their end (a failed one tried again is not), in the order of settling."""
    rows = connection.execute(
        "SELECT r.id, r.job, r.shape, r.body, j.metadata FROM result r JOIN job j ON j.seq = r.job"
        " WHERE r.id > ? AND j.result = r.id AND j.state IN ('succeeded', 'failed', 'lost') ORDER BY r.id LIMIT ?",
        (after, most),
    )
    return [StoredResult(*row) for row in rows]


def results_of(connection: sqlite3.Connection, jobs: Sequence[int]) -> list[StoredResult]:
    """The latest results of these jobs."""
    found = []
    for start in range(0, len(jobs), 500):
        some = jobs[start : start + 500]
        rows = connection.execute(
            "SELECT r.id, r.job, r.shape, r.body, j.metadata FROM job j JOIN result r ON r.id = j.result"
            f" WHERE j.state IN ('succeeded', 'failed', 'lost') AND j.seq IN ({','.join('?' * len(some))})",
            some,
        )
        found += [StoredResult(*row) for row in rows]
    return found


def settled_segments(connection: sqlite3.Connection, after: int) -> Iterator[tuple[ProviderBatch, bytes]]:
    """Raw answers kept after a segment and settled since, with their batch."""
    rows = connection.execute(
        "SELECT s.batch, s.body FROM segment s JOIN provider_batch b ON b.id = s.batch"
        " WHERE s.id > ? AND s.id <= b.settled_segment ORDER BY s.id",
        (after,),
    )
    return ((batch(connection, row[0]), bytes(row[1])) for row in rows)


def state_of(connection: sqlite3.Connection, key: int, job_id: str, digest: bytes) -> str | None:
    """The state of a job in this version of its content; None where it is not known."""
    row = connection.execute(
        "SELECT state FROM job WHERE key = ? AND job_id = ? AND digest = ?", (key, job_id, digest)
    ).fetchone()
    return str(row[0]) if row else None


def last_segment(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM segment").fetchone()[0])


def job_id_of(connection: sqlite3.Connection, batch_id: int, index: int) -> str:
    """The job of an attempt."""
    row = connection.execute(
        "SELECT j.job_id FROM attempt a JOIN job j ON j.seq = a.job WHERE a.batch = ? AND a.idx = ?", (batch_id, index)
    ).fetchone()
    return str(row[0])


def last_result(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM result").fetchone()[0])
