"""Tables in and out: rows become jobs, and results rows.

    rows(source) -> Iterator[dict]                      a CSV, JSONL or Parquet file, or a data frame, row by row
    TableJobs(source, params, defaults, …)              what `Batch.add_table` adds: iterates over `add_job`'s arguments
    write(results, path, format=None, response_model=None, inputs=None, spreadsheet=False)
                                                        results as Parquet, CSV or JSONL, in constant memory
    Spool(results, models, inputs)                      results whose columns are known: what all writers take

CSV and JSONL need nothing beyond the core; Parquet and data frames need the extra `tables`. It stands above `results`, beside
the engine: the engine knows nothing of tables.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchata.errors import ValidationError
from batchata.result import JobResult
from batchata.tables.jobs import TableJobs
from batchata.tables.kinds import Kind
from batchata.tables.sources import open_table
from batchata.tables.spool import Spool
from batchata.tables.table import BadRow
from batchata.tables.writing import Format, format_of, write_spool

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Spool", "TableJobs", "rows", "write"]


def rows(source: Any) -> Iterator[dict[str, Any]]:
    """The rows of a table, lazily, in its order. Raises `ValidationError` for what is no table, and at a row that is none."""
    table = open_table(source)

    def read() -> Iterator[dict[str, Any]]:
        for number, row in table.read():
            if isinstance(row, BadRow):
                raise ValidationError(f"{table.where(number)}: {row.reason}")
            yield row

    return read()


def write(
    results: Iterable[JobResult],
    path: str | os.PathLike[str],
    format: Format | None = None,  # noqa: A002 - the word that pandas, Polars and Arrow use
    response_model: "type[BaseModel] | Iterable[type[BaseModel]] | None" = None,
    *,
    inputs: Mapping[str, Kind] | None = None,
    spreadsheet: bool = False,
) -> Path:
    """Write results as a table, in the order they come, and return the file's path; what stood there is replaced.

    `format` is "parquet", "csv" or "jsonl"; by default what the file's name ends with. `response_model`, one or several, gives
    the answers' columns their types even where no job succeeded; instances bring their own. `inputs`: what the columns of the
    metadata hold, where that is known. `spreadsheet`: CSV for people, see `docs/tables.md`.
    Raises `ValidationError` for a path that can't be written and for an extra that is missing.
    """
    target = Path(os.fsdecode(path)).expanduser().absolute()
    form = format_of(target, format)
    models = (response_model,) if isinstance(response_model, type) else response_model or ()
    with Spool(results, models, inputs) as spool:
        write_spool(spool, target, form, spreadsheet=spreadsheet)
    return target
