"""The table that `--out` names: noted with the state, so that going on completes it, and never written over what somebody else
put in its place.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from batchata.batch import Batch
from batchata.cli import schema as schemas
from batchata.results import Results
from batchata.store import reading, recall
from batchata.store.database import Database, connect_reader

if TYPE_CHECKING:
    from batchata.tables.kinds import Kind

_KEY = "table"
"""In the state's `meta`: JSON of an `OutTable`, with the run whose jobs it holds."""


@dataclass(frozen=True, slots=True)
class OutTable:
    """`left`: the digest of what stood there when it was last seen to; None: nothing. `models`: digests of the response models;
    `columns`: what the columns of the input hold.
    """

    path: Path
    left: str | None
    models: tuple[str, ...] = ()
    columns: "Mapping[str, Kind]" = field(default_factory=dict)

    @property
    def is_as_left(self) -> bool:
        """Whether it may be written: nothing is there, or what was there when the user named it or when it was written last."""
        return digest(self.path) in (None, self.left)


def of(batch: Batch, path: Path | None) -> OutTable | None:
    """What `--out` names for a new run."""
    if path is None:
        return None
    place = path.absolute()
    return OutTable(place, digest(place), tuple(batch.models), dict(batch.columns))


def kept(state: Path, instead: Path | None = None) -> OutTable | None:
    """The last run's table; `instead` of its place another one, which may be the first."""
    with closing(connect_reader(state)) as connection:
        found = _read(connection)
        everything = tuple(recall.schemas(connection))
    if instead is None:
        return found
    place = instead.absolute()
    if found is None:
        return OutTable(place, digest(place), everything)
    return OutTable(place, digest(place), found.models, found.columns)


def was_changed(state: Path, place: Path) -> bool:
    """Whether the last run's table stands there, and is not as it was left."""
    table = kept(state) if state.exists() else None
    return table is not None and table.path == place and not table.is_as_left


def note(state: Path, run: int, table: OutTable | None) -> None:
    """Keep it in mind for the jobs of a run; None: forget what was noted."""
    with closing(Database(state)) as database, database.transaction():
        if table is None:
            database.connection.execute("DELETE FROM meta WHERE key = ?", (_KEY,))
            return
        said = {
            "run": run,
            "path": str(table.path),
            "left": table.left,
            "models": table.models,
            "columns": table.columns,
        }
        database.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_KEY, orjson.dumps(said).decode()))


def write(batch: Batch, run: int, table: OutTable) -> None:
    """Every finished job of the run that is gone on with, in the place that `is_as_left`. Raises `ValidationError`."""
    from batchata.tables import write as write_table

    state = batch.state_file
    with closing(connect_reader(state)) as connection:
        members = recall.members(connection, run)
        made = schemas.kept(connection, [name for name in table.models if name not in batch.models])
    models = [*made, *(model for name, model in batch.models.items() if name in table.models)]
    write_table(Results(state, members, batch.models).in_order(), table.path, None, models, inputs=table.columns)
    note(state, run, OutTable(table.path, digest(table.path), table.models, table.columns))


def digest(path: Path) -> str | None:
    """Of a regular file's content; None where there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(connection: sqlite3.Connection) -> OutTable | None:
    text, last = reading.meta(connection, _KEY), recall.last_run(connection)
    said: dict[str, Any] = orjson.loads(text) if text else {}
    if last is None or said.get("run") != last.run:
        return None
    columns = {name: _kind(given) for name, given in said["columns"].items()}
    return OutTable(Path(said["path"]), said["left"], tuple(said["models"]), columns)


def _kind(given: Mapping[str, Any]) -> "Kind":
    from batchata.tables.kinds import Kind

    item = given["item"] and _kind(given["item"])
    return Kind(**{**given, "item": item, "fields": tuple((name, _kind(kind)) for name, kind in given["fields"])})
