"""Stored results as `JobResult`s, with the classes and the metadata that the script gives now."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from batchata.record import result_of
from batchata.result import JobResult
from batchata.store import reading
from batchata.store.database import connect_reader
from batchata.store.rows import StoredResult

if TYPE_CHECKING:
    from pydantic import BaseModel


AT_ONCE = 500  # jobs asked for in one query


class Jobs(Protocol):
    """The jobs whose results are asked for."""

    count: int

    def __contains__(self, seq: int) -> bool: ...


class Results:
    """The results of some jobs of a state file; read from any thread, while the run goes on."""

    def __init__(self, state_file: Path, jobs: Jobs, models: "Mapping[str, type[BaseModel]]") -> None:
        self._state_file = state_file
        self._jobs = jobs
        self._models = models

    def all(self) -> Iterator[JobResult]:
        return self.follow(lambda: False)

    def follow(self, more: Callable[[], bool]) -> Iterator[JobResult]:
        """In the order of settling. `more` is asked before each look: whether there will be another one after it."""
        with closing(connect_reader(self._state_file)) as connection:
            seen, going_on = 0, True
            while going_on:
                going_on = more()
                while stored := reading.results_after(connection, seen, AT_ONCE):
                    for row in stored:
                        if row.job in self._jobs:
                            yield self._load(row)
                    seen = stored[-1].id
                    if len(stored) < AT_ONCE:
                        break

    def in_order(self) -> Iterator[JobResult]:
        """In the order in which the jobs were first added: that of a table's rows, not of the answers' coming."""
        seqs = islice((seq for seq in count(1) if seq in self._jobs), self._jobs.count)
        while some := list(islice(seqs, AT_ONCE)):
            with closing(connect_reader(self._state_file)) as connection:
                stored = reading.results_of(connection, some)
            yield from (self._load(row) for row in sorted(stored, key=lambda row: row.job))

    def _load(self, stored: StoredResult) -> JobResult:
        _, _, shape, body, job_id, outcome, answered, metadata = stored
        model = None if shape is None else self._models.get(shape)
        return result_of(body, job_id, outcome, answered, metadata, model)
