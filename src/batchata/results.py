"""Stored results as `JobResult`s, with the classes and the metadata that the script gives now."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from batchata.errors import ValidationError
from batchata.plain import from_plain
from batchata.result import JobResult, Outcome
from batchata.store import reading
from batchata.store.database import connect_reader
from batchata.store.rows import StoredResult

if TYPE_CHECKING:
    from pydantic import BaseModel


class Jobs(Protocol):
    """The jobs whose results are asked for."""

    def __contains__(self, seq: int) -> bool: ...


class Results:
    """The results of some jobs of a state file; read from any thread, while the run goes on."""

    def __init__(self, state_file: Path, jobs: Jobs, models: "Mapping[str, type[BaseModel]]") -> None:
        self._state_file = state_file
        self._jobs = jobs
        self._models = models

    def all(self) -> Iterator[JobResult]:
        return (result for _, result in self.after(0))

    def after(self, seen: int) -> Iterator[tuple[int, JobResult]]:
        """(place, result) in the order of settling, of those settled after a place."""
        with closing(connect_reader(self._state_file)) as connection:
            while stored := reading.results_after(connection, seen):
                for row in stored:
                    if row.job in self._jobs:
                        yield row.id, self._load(row)
                seen = stored[-1].id

    def _load(self, stored: StoredResult) -> JobResult:
        data: dict[str, Any] = orjson.loads(stored.body)
        data["metadata"] = None if stored.metadata is None else orjson.loads(stored.metadata)
        model = self._models.get(stored.shape or "")
        if model is not None and data["parsed_response"] is not None:
            try:
                data["parsed_response"] = from_plain(data["parsed_response"], model, raw=data["raw_response"])
            except ValidationError as error:
                data |= {"outcome": Outcome.INVALID, "error": str(error), "parsed_response": data["parsed_response"]}
        return JobResult.from_dict(data)
