"""Connections that read, kept for the next reader as a connection pool would: opening a file for each look is most of its cost.

SQLite's own `connect` is what is stood in for; whoever asks for a reading connection gets one that nobody uses now. Connections
that write are left as they are.
"""

import sqlite3
from typing import Any, Self

READ_ONLY = "?mode=ro"
_connect = sqlite3.connect


class Kept(sqlite3.Connection):
    """A reading connection that goes back to its shelf when its user closes it."""

    shelf: "Connections"
    uri: str

    def close(self) -> None:
        if self.shelf.closing or self.in_transaction:
            super().close()
        else:
            self.shelf.idle.setdefault(self.uri, []).append(self)


class Connections:
    """Use as a context manager: within it, `sqlite3.connect` looks here first."""

    def __init__(self) -> None:
        self.idle: dict[str, list[Kept]] = {}
        self.closing = False

    def __enter__(self) -> Self:
        sqlite3.connect = self._open  # type: ignore[assignment]
        return self

    def __exit__(self, *_: object) -> None:
        sqlite3.connect = _connect
        self.drop()

    def drop(self) -> None:
        """Close all that nobody uses, for good: a process has ended."""
        self.closing = True
        for kept in [one for some in self.idle.values() for one in some]:
            kept.close()
        self.idle.clear()
        self.closing = False

    def _open(self, database: Any, *args: Any, **more: Any) -> sqlite3.Connection:
        if not str(database).endswith(READ_ONLY):
            writer: sqlite3.Connection = _connect(database, *args, **more)
            return writer
        if idle := self.idle.get(database):
            return idle.pop()
        made: Kept = _connect(database, *args, factory=Kept, **more)
        made.shelf, made.uri = self, database
        return made
