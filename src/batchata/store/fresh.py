"""Opening a state file for a run: going on from it, or beginning anew without destroying what was paid for."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from batchata.store import reading
from batchata.store.database import Database, connect_reader

log = logging.getLogger("batchata")


def open_database(path: Path, *, reuse: bool) -> Database:
    """The state to drive; its lock is held by the caller. Raises `StateError`."""
    if not reuse and path.exists() and path.stat().st_size:
        _set_aside(path)
    return Database(path)


def _set_aside(path: Path) -> None:
    """Begin anew: remove the files the old state wrote; keep the old state where it holds paid or open work."""
    with closing(connect_reader(path)) as connection:
        for file in _written(connection):
            file.unlink(missing_ok=True)
        valuable = reading.balance(connection).held > 0 or bool(
            connection.execute("SELECT 1 FROM provider_batch WHERE state <> 'void' LIMIT 1").fetchone()
        )
    if not valuable:
        _remove(path)
        return
    kept = path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}-{number}")
    Database(path).close()  # the last connection to close writes the log into the file, so that it can move
    path.replace(kept)
    _remove(path)
    log.warning("The old state held paid or open work: it is kept as %s.", kept)


def _written(connection: sqlite3.Connection) -> Iterator[Path]:
    """Files in the results folder that this state says it wrote."""
    folder = reading.meta(connection, "results_dir")
    if folder is None:
        return
    for (name,) in connection.execute("SELECT DISTINCT d.job_id FROM result r JOIN said d ON d.seq = r.job"):
        yield Path(folder) / f"{name}.json"
        yield Path(folder) / "raw_responses" / f"{name}.json"


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
