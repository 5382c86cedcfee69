"""Tables into files: Parquet with typed columns, CSV and JSONL in JSON's own terms; in one step, for their owner alone."""

import csv
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import orjson

from batchata.arguments import near, shown
from batchata.errors import ValidationError
from batchata.tables.extras import load
from batchata.tables.spool import Spool

Format = Literal["parquet", "csv", "jsonl"]
FORMATS: tuple[Format, ...] = ("parquet", "csv", "jsonl")

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Starts of a cell that a spreadsheet program may run as a formula."""


def format_of(path: Path, given: str | None) -> Format:
    """The format that was given, or that the file's name says."""
    name = path.suffix.lower().lstrip(".") if given is None else given
    for known in FORMATS:
        if name == known:
            return known
    what = f"path={shown(str(path))} says no format" if given is None else f"format={shown(given)} is not allowed"
    raise ValidationError(f"{what}.{near(name, FORMATS)} Allowed: {', '.join(map(repr, FORMATS))}")


def write_spool(spool: Spool, path: Path, form: Format, *, spreadsheet: bool = False) -> None:
    if spreadsheet and form != "csv":
        raise ValidationError(f"spreadsheet=True is for CSV, and the format is {form!r}; leave it out")
    try:
        with _replacing(path) as temporary:
            if form == "parquet":
                _parquet(spool, temporary)
            elif form == "csv":
                _csv(spool, temporary, spreadsheet=spreadsheet)
            else:
                _jsonl(spool, temporary)
    except OSError as error:
        raise ValidationError(f"path={shown(str(path))} can't be written: {error.strerror or error}") from error


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file of mode 0600 beside `path`, which takes its place once it is whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:64]}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _parquet(spool: Spool, path: Path) -> None:
    parquet = load("pyarrow.parquet", "a Parquet file")
    from batchata.tables.arrow import arrow_schema, record_batches

    with parquet.ParquetWriter(path, arrow_schema(spool), compression="zstd") as writer:
        for batch in record_batches(spool):
            writer.write_batch(batch)


def _jsonl(spool: Spool, path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in spool.rows())


def _csv(spool: Spool, path: Path, *, spreadsheet: bool) -> None:
    """`spreadsheet`: with the mark by which Excel knows UTF-8, and an apostrophe before what it could take for a formula."""
    cell: Callable[[Any], str] = _unformulated if spreadsheet else _cell
    with path.open("w", encoding="utf-8-sig" if spreadsheet else "utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([cell(name) for name in spool.kinds])
        writer.writerows([cell(value) for value in row.values()] for row in spool.rows())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _unformulated(value: Any) -> str:
    text = _cell(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text
