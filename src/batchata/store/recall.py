"""What going on without the script needs: the settings of the last run, its jobs as they were added, the schemas they ask for.

Settings and schemas are rows of `meta`, written when a run begins; the jobs are what `said` and `member` hold anyway.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from batchata.store import reading
from batchata.store.database import Database
from batchata.store.intake import Members
from batchata.store.moves import Store

FORM = 1
SETTINGS = "last_run"  # in `meta`: what `keep` notes when a run begins
_SCHEMA = "schema:"
_TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class LastRun:
    """The run whose jobs are gone on with, and what was set for the latest of the runs that sent them (empty: not known)."""

    run: int
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeptJob:
    """A job as it was added. `result` is its latest one, where it was no job at all (its provider is then '')."""

    job_id: str
    digest: bytes
    provider: str
    form: bytes
    ask: bytes
    metadata: bytes | None
    state: str
    result: bytes | None


def keep(path: Path, run: int, settings: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]]) -> None:
    """Note how a run was asked for. The caller holds the state's lock."""
    with closing(Database(path)) as database, database.transaction():
        last = orjson.dumps({"form": FORM, "run": run, **settings}).decode()
        database.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (SETTINGS, last))
        _keep_schemas(database.connection, schemas)


def note_taken(store: Store, run: int, schemas: Mapping[str, Mapping[str, Any]]) -> None:
    """Every job of a run is in the state now; what it asked for has these schemas."""
    with store.transaction():
        store.set_meta(_TAKEN, str(run))
        _keep_schemas(store.connection, schemas)


def was_taken_whole(connection: sqlite3.Connection, run: int) -> bool:
    """Whether a run had added all its jobs before it ended, however it ended."""
    return int(reading.meta(connection, _TAKEN) or 0) >= run


def _keep_schemas(connection: sqlite3.Connection, schemas: Mapping[str, Mapping[str, Any]]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO meta VALUES (?, ?)",
        ((_SCHEMA + digest, json.dumps(schema, ensure_ascii=False)) for digest, schema in schemas.items()),
    )


def last_run(connection: sqlite3.Connection) -> LastRun | None:
    """The last run that added jobs of its own; None where no job was ever added."""
    text = reading.meta(connection, SETTINGS)
    settings = orjson.loads(text) if text else {}
    newest = connection.execute("SELECT max(run) FROM member").fetchone()[0]
    if settings.get("form") != FORM:
        settings = {}
    if (whole := settings.get("part_of")) is not None:
        return LastRun(int(whole), settings)
    return None if newest is None else LastRun(int(newest), settings if settings.get("run", 0) >= newest else {})


def count(connection: sqlite3.Connection, run: int) -> int:
    """How many jobs a run added."""
    row = connection.execute("SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM member WHERE run = ?", (run,))
    return int(row.fetchone()[0])


def members(connection: sqlite3.Connection, run: int | None) -> Members:
    """The jobs of a run; those of all runs where none is named."""
    found = Members()
    where, values = ("", ()) if run is None else (" WHERE run = ?", (run,))
    for first, last in connection.execute(f"SELECT first_seq, last_seq FROM member{where}", values):
        for seq in range(first, last + 1):
            if seq not in found:
                found.add(seq)
    return found


def jobs(connection: sqlite3.Connection, run: int, states: Sequence[str] = ()) -> Iterator[KeptJob]:
    """The jobs of a run in the order in which they came; only those in one of `states`, where any are named."""
    within = f" AND j.state IN ({','.join('?' * len(states))})" if states else ""
    rows = connection.execute(
        "SELECT d.job_id, d.digest, l.provider, f.record, d.ask, d.metadata, j.state,"
        " CASE l.provider WHEN '' THEN (SELECT body FROM result WHERE id = j.result) END FROM member m"
        " JOIN standing j ON j.job BETWEEN m.first_seq AND m.last_seq JOIN said d ON d.seq = j.job"
        " JOIN form f ON f.id = d.form JOIN lane l ON l.id = f.lane"
        f" WHERE m.run = ?{within} ORDER BY d.seq",
        (run, *states),
    )
    return (KeptJob(*row) for row in rows)


def schemas(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """The JSON Schemas of the response models that jobs of this state ask for, by the model's digest."""
    rows = connection.execute("SELECT key, value FROM meta WHERE key >= ? AND key < ?", (_SCHEMA, "schema;"))
    return {key.removeprefix(_SCHEMA): json.loads(value) for key, value in rows}
