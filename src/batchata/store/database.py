"""The SQLite file: made whole or not at all, checked before it is touched, one writer.

Every move in `moves.py` is one transaction; a caller that has several at hand joins them in one commit with
`with database.transaction():`.
"""

import os
import secrets
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from importlib.resources import files
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple, TypeAlias

from batchata.errors import StateError

APPLICATION_ID = 0x62617463  # "batc"
SCHEMA_VERSION = 3
UPGRADES = {
    2: "DROP INDEX said_key;"
    " CREATE TABLE named (key INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, seq)) STRICT, WITHOUT ROWID;"
    " INSERT INTO named SELECT key, seq FROM said ORDER BY key, seq;"
    " INSERT INTO meta SELECT 'named', max(seq) FROM said HAVING max(seq) IS NOT NULL;"
}
"""What makes the next form of a state of an older one, as its driver does; readers read those too."""
PAGE = 8_192  # bytes: half as many writes as with SQLite's 4,096, and hardly more bytes
LOG = 16_000_000  # bytes of the log before it is taken up: fewer fsyncs under load than with SQLite's 4 MB
CACHE = {"rw": 2_000, "ro": 500}  # kB: rows are written and read in their order, and seldom again
ROWS_AT_ONCE = 256  # in one statement: times eight columns, far below the most parameters SQLite takes


class Same(NamedTuple):
    """A column that has one value in all rows: it is given to SQLite once."""

    value: object


Column: TypeAlias = Sequence[object] | Same


class Database:
    """The writing connection. Used by one thread at a time: the driver's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rollbacks = 0
        self._last_rows: dict[str, list[Sequence[object]]] = {}
        if not path.exists() or path.stat().st_size == 0:
            _create(path)
        form = check(path)
        try:
            self.connection = _connect(path, "rw")
            # FULL: a commit is on the disk before the next call to a provider. WAL: readers never wait for it.
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = FULL")
            self.connection.execute("PRAGMA foreign_keys = ON")
            self.connection.execute("PRAGMA temp_store = MEMORY")  # what undoes half a statement needs no file
            page = self.connection.execute("PRAGMA page_size").fetchone()[0]  # an older state has another
            self.connection.execute(f"PRAGMA wal_autocheckpoint = {LOG // page}")
            self.connection.execute("BEGIN IMMEDIATE")  # a disk that can't be written is noticed now
            self.connection.execute("ROLLBACK")
            while form < SCHEMA_VERSION:
                form += 1
                self.connection.executescript(f"BEGIN; {UPGRADES[form - 1]} PRAGMA user_version = {form}; COMMIT;")
        except sqlite3.Error as error:
            raise unusable(path, str(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. A transaction inside another joins it."""
        if self._is_open():
            yield
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            for into, rows in self._last_rows.items():
                self.insert(into, [*zip(*rows, strict=True)])
            self.commit()
        except BaseException:
            self.rollbacks += 1
            if self._is_open():
                self.connection.execute("ROLLBACK")
            raise
        finally:
            self._last_rows.clear()

    def _is_open(self) -> bool:
        return self.connection.in_transaction

    def commit(self) -> None:
        self.connection.execute("COMMIT")

    def insert_last(self, into: str, row: Sequence[object]) -> None:
        """A row that nobody reads before the end of the open transaction: written then, with the others of its table."""
        self._last_rows.setdefault(into, []).append(row)

    def insert(self, into: str, columns: Sequence[Column]) -> None:
        """Many rows with few statements, `INSERT INTO {into} VALUES (…), (…)`, of their columns; at least one is not `Same`.

        SQLite gives up the interpreter's lock at every step of every statement; row by row, other threads would take it each time.
        """
        same = [column.value for column in columns if isinstance(column, Same)]
        other = [column for column in columns if not isinstance(column, Same)]
        are_same = tuple([isinstance(column, Same) for column in columns])
        rows = [*zip(*other, strict=True)]
        for start, some in _parts(len(rows)):
            given = [*same, *chain.from_iterable(rows[start : start + some])]
            self.connection.execute(_insert(into, are_same, some), given)

    def close(self) -> None:
        self.connection.close()


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads; any thread, any process, while a driver writes. Raises `StateError`."""
    check(path)
    try:
        return _connect(path, "ro")
    except sqlite3.Error as error:
        raise unusable(path, str(error)) from error


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute(f"PRAGMA cache_size = -{CACHE[mode]}")
    return connection


def _create(path: Path) -> None:
    """Build the file beside its place and move it there, so that a crash leaves a whole one or none."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(_connect(new, "rw")) as connection:
            connection.executescript(
                f"PRAGMA page_size = {PAGE}; PRAGMA application_id = {APPLICATION_ID};"
                f" PRAGMA user_version = {SCHEMA_VERSION}; BEGIN;"
                + files("batchata.store").joinpath("schema.sql").read_text("utf-8")
                + f"INSERT INTO meta VALUES ('salt', '{secrets.token_hex(16)}'); COMMIT;"
            )
        new.replace(path)
    except (OSError, sqlite3.Error) as error:
        new.unlink(missing_ok=True)
        raise StateError(
            f"state_file={str(path)!r} can't be made ({error}); give a path in an existing folder you can write to"
        ) from error


def check(path: Path) -> int:
    """The form of a state. Raises `StateError` where the file is none, or of a form that can't be read; by its header alone: it is
    not opened.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
        size = path.stat().st_size
    except OSError as error:
        raise unusable(path, error.strerror or str(error)) from error
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise unusable(path, "it is not a batchata state (not an SQLite database)")
    page_size, pages = struct.unpack_from(">H", header, 16)[0], struct.unpack_from(">I", header, 28)[0]
    version, application = struct.unpack_from(">I", header, 60)[0], struct.unpack_from(">I", header, 68)[0]
    if application != APPLICATION_ID:
        raise unusable(path, "it is an SQLite database of another program")
    if not min(UPGRADES) <= version <= SCHEMA_VERSION:
        raise StateError(
            f"state_file={str(path)!r} was written in state format {version}; this batchata reads {min(UPGRADES)} to "
            f"{SCHEMA_VERSION}: go on with the batchata that wrote it, or give another path"
        )
    expected = pages * (65536 if page_size == 1 else page_size)
    if size < expected and not _has_wal(path):  # with a WAL, a checkpoint may have been cut short: SQLite mends that
        raise unusable(path, f"it is cut short: {size:,} bytes of {expected:,}")
    return int(version)


def _has_wal(path: Path) -> bool:
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def unusable(path: Path, why: str) -> StateError:
    return StateError(
        f"state_file={str(path)!r} can't be used: {why}. It was left as it is; "
        "give another path, or restore this file from a copy"
    )


@lru_cache(maxsize=256)
def _insert(into: str, are_same: tuple[bool, ...], rows: int) -> str:
    own = ", ".join([f"({', '.join('?' * are_same.count(False))})"] * rows)
    if not any(are_same):
        return f"INSERT INTO {into} VALUES {own}"
    # not by numbers, ?1, which Python 3.12 takes for names: it looks each of them up among all
    places = {True: count(1), False: count(1)}
    columns = ", ".join([f"{'same' if is_same else 'own'}.column{next(places[is_same])}" for is_same in are_same])
    same = ", ".join("?" * are_same.count(True))
    return (
        f"WITH same AS (VALUES ({same})), own AS (VALUES {own})"
        f" INSERT INTO {into} SELECT {columns} FROM own CROSS JOIN same"
    )


def _parts(rows: int) -> Iterator[tuple[int, int]]:
    """(start, count) of so many rows in few statements, and of few kinds: each is compiled once."""
    start = 0
    while left := rows - start:
        count = min(ROWS_AT_ONCE, 1 << (left.bit_length() - 1))
        yield start, count
        start += count
