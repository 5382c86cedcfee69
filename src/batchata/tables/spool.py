"""Results set aside on disk while their columns are learnt, then given out again as rows: a table needs its columns before
its first row, and a million results must not be a million objects.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import orjson

from batchata.result import JobResult
from batchata.tables.columns import Columns, Group
from batchata.tables.kinds import Kind

if TYPE_CHECKING:
    from pydantic import BaseModel

IN_MEMORY = 8_000_000  # bytes kept in memory before they go to a file
ROWS, BYTES = 10_000, 32_000_000  # a chunk ends at whichever comes first

Row = dict[str, Any]


class Spool:
    """`kinds`: what each column holds, by its name, in order. `rows` and `chunks` may be gone through any number of times."""

    def __init__(
        self,
        results: Iterable[JobResult],
        models: "Iterable[type[BaseModel]]" = (),
        inputs: Mapping[str, Kind] | None = None,
    ) -> None:
        columns = Columns(inputs=dict(inputs or {}))
        for model in models:
            columns.declare(model)
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by `close`
        try:
            for result in results:
                self._file.write(columns.see(result) + b"\n")
        except BaseException:
            self._file.close()
            raise
        named = columns.named()
        self.kinds: dict[str, Kind] = {name: kind for name, (_, kind) in named.items()}
        self._places: dict[str, Group] = {name: place for name, (place, _) in named.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def rows(self) -> Iterator[Row]:
        """JSON values by column name."""
        return (row for row, _ in self._read())

    def chunks(self) -> Iterator[list[Row]]:
        rows: list[Row] = []
        size = 0
        for row, length in self._read():
            rows.append(row)
            size += length
            if len(rows) == ROWS or size > BYTES:
                yield rows
                rows, size = [], 0
        if rows:
            yield rows

    def _read(self) -> Iterator[tuple[Row, int]]:
        self._file.seek(0)
        for line in self._file:
            groups = orjson.loads(line)
            yield {name: groups[group].get(key) for name, (group, key) in self._places.items()}, len(line)
