"""What the user may do to a state beside running it. The caller holds no lock: each of these takes it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from batchata.errors import ValidationError
from batchata.record import without_contents
from batchata.store import reading
from batchata.store.database import Database, unusable
from batchata.store.fresh import _written as written
from batchata.store.lock import StateLock


@contextmanager
def held(path: Path) -> Iterator[Database]:
    """The state of an existing file, to write. Raises `StateLockedError` while another process drives it."""
    if not path.exists():
        raise unusable(path, "there is no such file")
    lock = StateLock(path)
    try:
        with closing(Database(path)) as database:
            yield database
    finally:
        lock.release()


def give_up_lost(path: Path, run: int) -> int:
    """Lost jobs of a run count as failed from now on, on the user's word: the next run sends, and pays for, them again."""
    with held(path) as database, database.transaction():
        moved = database.connection.execute(
            "UPDATE standing SET state = 'failed' WHERE state = 'lost' AND job IN"
            " (SELECT j.job FROM member m JOIN standing j ON j.job BETWEEN m.first_seq AND m.last_seq WHERE m.run = ?)",
            (run,),
        )
        return moved.rowcount


def problems(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with a state: SQLite's own checks, and whether the ledger's balance is the sum of its rows."""
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
    found += [f"a row of {row[0]} refers to nothing" for row in connection.execute("PRAGMA foreign_key_check")][:20]
    sums = dict(connection.execute("SELECT kind, sum(amount) FROM ledger GROUP BY kind").fetchall())
    last = connection.execute("SELECT reserved, spent FROM ledger ORDER BY id DESC LIMIT 1").fetchone() or (0, 0)
    spent = sums.get("spend", 0) + sums.get("assumed", 0)
    if (sums.get("reserve", 0) - sums.get("release", 0), spent) != tuple(last):
        found.append("the ledger's balance is not the sum of its rows")
    return found


# -- purging

PURGED = "purged"
"""In `meta`: the last run whose contents were purged."""

_AT_ONCE = 500  # results rewritten between two looks


@dataclass(frozen=True, slots=True)
class Contents:
    """What of a state can be purged."""

    jobs: int
    answers: int
    files: tuple[Path, ...]
    folder: Path | None
    open_batches: int


def contents(connection: sqlite3.Connection) -> Contents:
    folder = reading.meta(connection, "results_dir")
    return Contents(
        jobs=int(connection.execute("SELECT count(*) FROM said").fetchone()[0]),
        answers=int(connection.execute("SELECT count(*) FROM result").fetchone()[0]),
        files=tuple(sorted({file for file in written(connection) if file.exists()})),
        folder=Path(folder) if folder else None,
        open_batches=len(reading.open_batches(connection)),
    )


def purge(path: Path) -> None:
    """Forget what was asked and answered; keep ids, digests, outcomes, tokens and every booking. Deleted for good: the file is
    written anew. Raises `ValidationError` where batches are open: their answers still need what was asked.
    """
    with held(path) as database:
        connection = database.connection
        if reading.open_batches(connection):
            raise ValidationError(f"state_file={str(path)!r} has open batches: resume or cancel them first, then purge")
        connection.execute("PRAGMA secure_delete = ON")
        with database.transaction():
            _purge_rows(connection)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _purge_rows(connection: sqlite3.Connection) -> None:
    connection.execute(
        "UPDATE form SET record = CAST(json_object('model', json_extract(CAST(record AS TEXT), '$.model'), 'form',"
        " json_extract(CAST(record AS TEXT), '$.form'), 'purged', id) AS BLOB)"
    )
    connection.execute("UPDATE said SET ask = CAST('null' AS BLOB), metadata = NULL")
    connection.execute("UPDATE standing SET tries = NULL")
    connection.execute("DELETE FROM segment")
    connection.execute("UPDATE provider_batch SET note = NULL")
    connection.execute("UPDATE journal SET note = NULL")
    connection.execute("DELETE FROM meta WHERE key >= 'schema:' AND key < 'schema;'")
    connection.execute("INSERT OR REPLACE INTO meta SELECT ?, CAST(max(id) AS TEXT) FROM run", (PURGED,))
    last = 0
    while rows := connection.execute(
        "SELECT id, body FROM result WHERE id > ? ORDER BY id LIMIT ?", (last, _AT_ONCE)
    ).fetchall():
        connection.executemany(
            "UPDATE result SET body = ? WHERE id = ?", ((without_contents(body), row) for row, body in rows)
        )
        last = rows[-1][0]
