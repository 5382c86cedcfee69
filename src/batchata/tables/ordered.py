"""Stored results in the order in which their jobs were first added: the order of a table's rows, not of the answers' coming."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from batchata.result import JobResult
from batchata.results import Results
from batchata.store import reading
from batchata.store.database import connect_reader
from batchata.store.intake import Members

if TYPE_CHECKING:
    from pydantic import BaseModel

AT_ONCE = 500  # jobs asked for in one query


class InOrder(Results):
    """The results of a run's jobs; read from any thread, while the run goes on."""

    def __init__(self, state_file: Path, members: Members, models: "Mapping[str, type[BaseModel]]") -> None:
        super().__init__(state_file, members, models)
        self._members = members

    def all(self) -> Iterator[JobResult]:
        seqs = islice((seq for seq in count(1) if seq in self._members), self._members.count)
        while some := list(islice(seqs, AT_ONCE)):
            with closing(connect_reader(self._state_file)) as connection:
                stored = reading.results_of(connection, some)
            yield from (self._load(row) for row in sorted(stored, key=lambda row: row.job))
