"""What people want to see of a state, read while a driver writes it: jobs, batches, money, what failed, who drives it."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from batchata.budget import Balance
from batchata.errors import StateError, StateLockedError
from batchata.provider_batch import ProviderBatch
from batchata.store import reading, recall
from batchata.store.lock import StateLock

LATEST = 200  # ended batches from which a provider's turnaround is told
LATEST_RESULTS = 2_000  # results from which the rate is told
LATEST_BILLS = 20, 2_000  # batches, and attempts in them, from which it is told what one costs
RECENT = 900.0  # seconds: an older result says nothing of the rate


@dataclass(frozen=True, slots=True)
class Counts:
    """Jobs by where they are. `failed` includes the lost ones."""

    pending: int = 0
    active: int = 0
    succeeded: int = 0
    failed: int = 0

    @property
    def finished(self) -> int:
        return self.succeeded + self.failed

    @property
    def total(self) -> int:
        return self.pending + self.active + self.finished


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the state knows it. `ended_at` None: it goes on, or its process died."""

    id: int
    started_at: float
    ended_at: float | None
    process: str
    stop_reason: str | None


def run_row(connection: sqlite3.Connection, run: int | None = None) -> RunRow | None:
    """A run; the latest where none is named."""
    row = connection.execute(
        "SELECT id, started_at, ended_at, process, stop_reason FROM run WHERE id = coalesce(?, (SELECT max(id) FROM run))",
        (run,),
    ).fetchone()
    return RunRow(*row) if row else None


def counts(connection: sqlite3.Connection, run: int) -> Counts:
    """The jobs of a run by their state."""
    found = dict(
        connection.execute(
            "SELECT j.state, count(*) FROM member m JOIN standing j ON j.job BETWEEN m.first_seq AND m.last_seq"
            " WHERE m.run = ? GROUP BY 1",
            (run,),
        ).fetchall()
    )
    failed = found.get("failed", 0) + found.get("lost", 0)
    return Counts(found.get("pending", 0), found.get("active", 0), found.get("succeeded", 0), failed)


def failures(connection: sqlite3.Connection, run: int) -> dict[str, int]:
    """The failed jobs of a run by how they ended, the most frequent first."""
    rows = connection.execute(
        "SELECT r.outcome, count(*) FROM member m JOIN standing j ON j.job BETWEEN m.first_seq AND m.last_seq"
        " JOIN result r ON r.id = j.result WHERE m.run = ? AND j.state IN ('failed', 'lost') GROUP BY 1 ORDER BY 2 DESC",
        (run,),
    )
    return {str(outcome): int(number) for outcome, number in rows}


def failures_after(connection: sqlite3.Connection, run: int, after: int, last: int) -> dict[str, int]:
    """The same of what a run has settled after a result, up to another."""
    rows = connection.execute(
        "SELECT r.outcome, count(*) FROM result r JOIN standing j ON j.job = r.job"
        " WHERE r.id > ? AND r.id <= ? AND r.outcome <> 'succeeded' AND j.run = ? GROUP BY 1",
        (after, last, run),
    )
    return {str(outcome): int(number) for outcome, number in rows}


def batches_by_state(connection: sqlite3.Connection) -> dict[str, int]:
    rows = connection.execute("SELECT state, count(*) FROM provider_batch GROUP BY 1")
    return {str(state): int(number) for state, number in rows}


def turnarounds(connection: sqlite3.Connection) -> tuple[float, ...]:
    """Seconds from the making of a batch to its end, of the latest that ended."""
    rows = connection.execute(
        "SELECT ended_at - submitted_at FROM provider_batch WHERE ended_at IS NOT NULL AND submitted_at IS NOT NULL"
        f" ORDER BY id DESC LIMIT {LATEST}"
    )
    return tuple(max(0.0, float(row[0])) for row in rows)


@dataclass(frozen=True, slots=True)
class Bill:
    """What an attempt cost of late, and could have cost at most; means, in nano-dollars."""

    cost: float
    bound: float


def bill(connection: sqlite3.Connection) -> Bill | None:
    """None where none has been settled yet."""
    costs, released, count = 0, 0, 0
    rows = connection.execute(
        "SELECT costs, released FROM ended WHERE batch IN"
        f" (SELECT id FROM provider_batch WHERE state = 'settled' ORDER BY id DESC LIMIT {LATEST_BILLS[0]})"
    )
    for some, bounds in rows:
        of_attempts = orjson.loads(some)
        costs, released, count = costs + sum(of_attempts), released + bounds, count + len(of_attempts)
        if count >= LATEST_BILLS[1]:
            break
    return Bill(costs / count, released / count) if count else None


def rate(connection: sqlite3.Connection, now: float) -> float | None:
    """Jobs that came to their end per second of late; None where there are too few to say."""
    since, number = connection.execute(
        "SELECT min(at), count(*) FROM (SELECT at FROM result WHERE id >"
        f" (SELECT coalesce(max(id), 0) FROM result) - {LATEST_RESULTS}) WHERE at > ?",
        (now - RECENT,),
    ).fetchone()
    return None if number < 10 or now - since < 5.0 else float(number / (now - since))


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a state. `at`: Unix time. `process` drives it at this moment (None: nobody does). `limit` None: there is none,
    or, where `limit_known` is False, nobody noted what it is.
    """

    at: float
    state_file: Path
    run: RunRow | None
    process: str | None
    jobs: Counts
    failures: Mapping[str, int]
    balance: Balance
    assumed: int
    limit: int | None
    limit_known: bool
    max_concurrent: int | None
    items_per_batch: int | None
    open_batches: tuple[ProviderBatch, ...]
    batches: Mapping[str, int]
    turnarounds: tuple[float, ...]
    rate: float | None
    bill: Bill | None


def look(
    connection: sqlite3.Connection,
    path: Path,
    now: float,
    *,
    counted: Counts | None = None,
    failed: Mapping[str, int] | None = None,
    process: str | None = None,
) -> Look:
    """What there is to see now. `counted` and `failed`: figures that the caller has, so that they are not counted again."""
    connection.execute("BEGIN")  # one moment for all that is read
    try:
        last = recall.last_run(connection)
        settings, newest = _settings(connection), run_row(connection)
        begins = process and last and newest and last.run < newest.id and settings.get("part_of") is None
        run = (
            None if last is None or begins else last.run
        )  # one that begins has no jobs yet: an older one's are not its own
        return Look(
            at=now,
            state_file=path,
            run=newest,
            process=process,
            jobs=counted or (Counts() if run is None else counts(connection, run)),
            failures=failed if failed is not None else ({} if run is None else failures(connection, run)),
            balance=reading.balance(connection),
            assumed=reading.assumed(connection),
            limit=settings.get("limit"),
            limit_known="limit" in settings,
            max_concurrent=settings.get("max_concurrent"),
            items_per_batch=settings.get("items_per_batch"),
            open_batches=tuple(reading.open_batches(connection)),
            batches=batches_by_state(connection),
            turnarounds=turnarounds(connection),
            rate=rate(connection, now),
            bill=bill(connection),
        )
    finally:
        connection.execute("ROLLBACK")


@dataclass(frozen=True, slots=True)
class Made:
    """A batch that came to rest at its provider. `account`: the fingerprint of the key that made it."""

    provider: str
    provider_id: str
    account: str


def made(connection: sqlite3.Connection) -> list[Made]:
    """What of this state may still lie at providers."""
    rows = connection.execute(
        "SELECT DISTINCT l.provider, b.provider_id, b.account FROM provider_batch b JOIN lane l ON l.id = b.lane"
        " WHERE b.provider_id IS NOT NULL AND b.state = 'settled' ORDER BY b.id"
    )
    return [Made(*row) for row in rows]


def _settings(connection: sqlite3.Connection) -> Mapping[str, Any]:
    """What was set for the newest run, from its first moment on; nothing where that was not noted."""
    settings = orjson.loads(reading.meta(connection, recall.SETTINGS) or b"{}")
    newest = connection.execute("SELECT max(id) FROM run").fetchone()[0]
    return settings if settings.get("form") == recall.FORM and settings.get("run") == newest else {}


def driver_of(state_file: Path) -> str | None:
    """The live process that drives a state, None where none does.

    A lock file that says nothing is nobody's; only what a process left there, or holds, is tried, for microseconds.
    """
    try:
        name = state_file.with_name(state_file.name + ".lock").read_text("utf-8", "replace").strip("\0 \n")
        if name:
            StateLock(state_file).release()
    except StateLockedError:
        return name
    except (OSError, StateError):  # no lock yet, or a folder that can only be read: no driver can be there
        return None
    return None
