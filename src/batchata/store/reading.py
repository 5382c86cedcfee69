"""What is read of the state: the same queries for the driver and for readers in other threads and processes."""

import sqlite3
from array import array
from collections.abc import Generator, Iterator, Sequence
from itertools import islice

import orjson

from batchata.budget import Balance
from batchata.provider_batch import ProviderBatch, State, Verdict
from batchata.store.rows import OpenAttempt, Packed, PendingJob, StoredResult
from batchata.usage import Money

_BATCH = (
    "SELECT b.id, b.lane, l.provider, l.model, b.state, b.nonce, b.account, b.count, b.size, b.reserved, b.prepared_at,"
    " b.upload_id, b.intended_at, b.provider_at, b.submitted_at, b.ended_at, b.provider_id, b.collect_by, b.cancel_at, b.looks,"
    " b.watched, b.settled_segment, b.verdict, b.note FROM provider_batch b JOIN lane l ON l.id = b.lane"
)

MOST_OPEN = 1_500  # attempts without an answer taken up in one go

JOBS_PACKED = "SELECT value FROM packed, json_each(jobs) WHERE packed.batch = ?"
"""The jobs of a provider batch."""


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


def tries(connection: sqlite3.Connection, seq: int) -> bytes | None:
    """The attempts of a job that are to be followed by another."""
    found: bytes | None = connection.execute("SELECT tries FROM standing WHERE job = ?", (seq,)).fetchone()[0]
    return found


def jobs_of(connection: sqlite3.Connection, batch_id: int) -> list[int]:
    return packed(connection, batch_id).jobs.tolist()


def packed(connection: sqlite3.Connection, batch_id: int) -> Packed:
    """The attempts of a provider batch, and which of them are open."""
    row = connection.execute("SELECT jobs, bounds, forms FROM packed WHERE batch = ?", (batch_id,)).fetchone()
    found = Packed()
    found.jobs, found.bounds, found.forms = (array("q", orjson.loads(column)) for column in row)
    found.open = bytearray(b"\x01") * len(found)
    for (indexes,) in connection.execute("SELECT indexes FROM ended WHERE batch = ?", (batch_id,)):
        for index in orjson.loads(indexes):
            found.open[index] = 0
    return found


def form(connection: sqlite3.Connection, form_id: int) -> tuple[str, bytes]:
    """(provider, record) of what jobs have in common."""
    provider, record = connection.execute(
        "SELECT l.provider, f.record FROM form f JOIN lane l ON l.id = f.lane WHERE f.id = ?", (form_id,)
    ).fetchone()
    return str(provider), bytes(record)


def said(connection: sqlite3.Connection, seq: int) -> tuple[bytes, bytes]:
    """A job as it was said: what it has in common with others, and what it alone asks."""
    row = connection.execute(
        "SELECT f.record, d.ask FROM said d JOIN form f ON f.id = d.form WHERE d.seq = ?", (seq,)
    ).fetchone()
    return bytes(row[0]), bytes(row[1])


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
        "SELECT s.job, d.form, d.ask, s.tries FROM standing s JOIN said d ON d.seq = s.job"
        " WHERE s.lane = ? AND s.run = ? AND s.state = 'pending' AND s.due <= ?"
        " AND (? IS NULL OR s.bound IS NULL OR s.bound <= ?) ORDER BY s.due, s.job",
        (lane, run, now, available, available),
    )
    try:
        yield from map(PendingJob._make, rows)
    finally:
        rows.close()  # a statement left half way keeps its snapshot, and the log from being taken up


def next_due(connection: sqlite3.Connection, lane: int, run: int, after: float = -1.0) -> float | None:
    """When the next waiting job of a lane may be sent; of those due after a time."""
    row = connection.execute(
        "SELECT due FROM standing WHERE lane = ? AND run = ? AND state = 'pending' AND due > ? ORDER BY due LIMIT 1",
        (lane, run, after),
    ).fetchone()
    return float(row[0]) if row else None


def cheapest_pending(connection: sqlite3.Connection, run: int) -> Money | None:
    """The smallest known bound among the waiting jobs of a run."""
    row = connection.execute(
        "SELECT min(bound) FROM standing WHERE run = ? AND state = 'pending' AND bound IS NOT NULL", (run,)
    ).fetchone()
    return None if row[0] is None else int(row[0])


def next_segment(connection: sqlite3.Connection, batch_id: int, after: int) -> tuple[int, bytes, bool] | None:
    """The next raw answers of a batch that are not settled yet, and whether none follow them."""
    row = connection.execute(
        "SELECT s.id, s.body, NOT EXISTS (SELECT 1 FROM segment o WHERE o.batch = s.batch AND o.id > s.id)"
        " FROM segment s WHERE s.batch = ? AND s.id > ? ORDER BY s.id LIMIT 1",
        (batch_id, after),
    ).fetchone()
    return (int(row[0]), bytes(row[1]), bool(row[2])) if row else None


def open_attempts(connection: sqlite3.Connection, packed: Packed, indexes: Sequence[int]) -> Iterator[OpenAttempt]:
    """The attempts of a batch with these indexes, which have no end yet."""
    jobs, bounds, forms = packed.jobs, packed.bounds, packed.forms
    known = _asked(connection, [jobs[index] for index in indexes if forms[index] < 0])
    for index in indexes:
        job, form = jobs[index], forms[index]
        if form > 0:
            yield OpenAttempt(index, job, bounds[index], form)
        else:
            yield OpenAttempt(index, job, bounds[index], -form, *known[job])


def first_open(packed: Packed) -> list[int]:
    """The indexes of the first `MOST_OPEN` attempts of a batch that have no end yet."""
    return list(islice((index for index, is_open in enumerate(packed.open) if is_open), MOST_OPEN))


def _asked(connection: sqlite3.Connection, jobs: Sequence[int]) -> dict[int, tuple[bytes, bytes | None]]:
    """What jobs ask, and their tries so far."""
    found: dict[int, tuple[bytes, bytes | None]] = {}
    for start in range(0, len(jobs), 500):
        some = jobs[start : start + 500]
        rows = connection.execute(
            "SELECT s.job, d.ask, s.tries FROM standing s JOIN said d ON d.seq = s.job"
            f" WHERE s.job IN ({','.join('?' * len(some))})",
            some,
        )
        found |= {job: (ask, tries) for job, ask, tries in rows}
    return found


_RESULT = "r.id, r.job, r.shape, r.body, d.job_id, r.outcome, r.model, d.metadata"


def results_after(connection: sqlite3.Connection, after: int, most: int = 500) -> list[StoredResult]:
    """Results of jobs that are at their end (a failed one tried again is not), in the order of settling."""
    rows = connection.execute(
        f"SELECT {_RESULT} FROM result r JOIN standing s ON s.job = r.job JOIN said d ON d.seq = r.job"
        " WHERE r.id > ? AND s.result = r.id AND s.state IN ('succeeded', 'failed', 'lost') ORDER BY r.id LIMIT ?",
        (after, most),
    )
    return [*map(StoredResult._make, rows)]


def results_of(connection: sqlite3.Connection, jobs: Sequence[int]) -> list[StoredResult]:
    """The latest results of these jobs."""
    found = []
    for start in range(0, len(jobs), 500):
        some = jobs[start : start + 500]
        rows = connection.execute(
            f"SELECT {_RESULT} FROM standing s JOIN result r ON r.id = s.result JOIN said d ON d.seq = s.job"
            f" WHERE s.state IN ('succeeded', 'failed', 'lost') AND s.job IN ({','.join('?' * len(some))})",
            some,
        )
        found += [*map(StoredResult._make, rows)]
    return found


def settled_segments(connection: sqlite3.Connection, after: int) -> Iterator[tuple[ProviderBatch, bytes]]:
    """Raw answers kept after a segment and settled since, with their batch."""
    rows = connection.execute(
        "SELECT s.batch, s.body FROM segment s JOIN provider_batch b ON b.id = s.batch"
        " WHERE s.id > ? AND s.id <= b.settled_segment ORDER BY s.id",
        (after,),
    )
    return ((batch(connection, row[0]), bytes(row[1])) for row in rows)


def last_segment(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM segment").fetchone()[0])


def job_ids(connection: sqlite3.Connection, jobs: Sequence[int]) -> dict[int, str]:
    """The ids of jobs."""
    found: dict[int, str] = {}
    for start in range(0, len(jobs), 500):
        some = jobs[start : start + 500]
        marks = ",".join("?" * len(some))
        found.update(connection.execute(f"SELECT seq, job_id FROM said WHERE seq IN ({marks})", some))
    return found


def last_result(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM result").fetchone()[0])
