"""A table to read: a CSV, JSONL or Parquet file by its name, or a data frame; opened at once, read row by row when asked."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from batchata.arguments import near, no_file, shown
from batchata.errors import ValidationError
from batchata.tables.frames import open_frame, open_parquet
from batchata.tables.table import Table
from batchata.tables.text_files import open_csv, open_jsonl

_OPEN: dict[str, Callable[[Path], Table]] = {
    ".csv": open_csv, ".tsv": open_csv, ".jsonl": open_jsonl, ".ndjson": open_jsonl,
    ".parquet": open_parquet, ".pq": open_parquet,
}  # fmt: skip


def open_table(source: Any) -> Table:
    """Raises `ValidationError` for what is no table, can't be read, or needs an extra that is not installed."""
    if not isinstance(source, str | os.PathLike):
        return open_frame(source)
    path = Path(os.fsdecode(source)).expanduser().absolute()
    suffix = path.suffix.lower()
    if suffix not in _OPEN:
        raise ValidationError(
            f"table={shown(str(source))} is a file of unknown kind.{near(suffix, _OPEN)} Allowed: {', '.join(_OPEN)}, or a "
            "pandas, Polars or PyArrow data frame"
        )
    try:
        status = path.stat()
        if other := no_file(status.st_mode):
            raise ValidationError(f"table={shown(str(source))}, {other}")
        if status.st_size == 0:
            raise ValidationError(f"table={shown(str(source))} is empty (0 bytes); give a table with a row at least")
        return _OPEN[suffix](path)
    except OSError as error:
        raise ValidationError(f"table={shown(str(source))} can't be read: {error.strerror or error}") from error
