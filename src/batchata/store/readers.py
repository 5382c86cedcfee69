"""Connections that read the state, kept for the next look: opening and checking the file costs more than most looks do."""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from batchata.store.database import connect_reader


class Readers:
    """The reading connections of one process to a state file; for any thread, each connection one user at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """One that nobody else uses meanwhile. Raises `StateError`."""
        try:
            one = self._idle.pop()
        except IndexError:
            one = connect_reader(self._path)
        try:
            yield one
        except BaseException:
            one.close()  # what it was in the middle of is not known
            raise
        self._idle.append(one)
        if self._closed:
            self.close()

    def close(self) -> None:
        """Those in use are closed by their users' end."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()
