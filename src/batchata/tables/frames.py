"""Data frames and Parquet files as tables, a thousand rows at a time. Narwhals says what a frame's columns are."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from batchata.arguments import shown
from batchata.errors import ValidationError
from batchata.tables.extras import load
from batchata.tables.kinds import (
    BOOL,
    DATE,
    DECIMAL,
    FLOAT,
    INT,
    NULL,
    TEXT,
    TIME,
    Kind,
    list_of,
    struct_of,
)
from batchata.tables.table import BadRow, Row, Table, named_once

ROWS = 1_000  # turned into Python objects at a time

_KINDS = {
    "Boolean": BOOL, "Float32": FLOAT, "Float64": FLOAT, "String": TEXT, "Categorical": TEXT, "Enum": TEXT, "Date": DATE,
    "Time": TIME, "Decimal": DECIMAL, "Duration": TEXT,
}  # fmt: skip


def open_parquet(path: Path) -> Table:
    parquet, arrow = load("pyarrow.parquet", "a Parquet file"), load("pyarrow", "a Parquet file")
    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
    except arrow.ArrowInvalid as error:
        raise ValidationError(f"table={shown(path.name)} is no Parquet file: {error}") from None

    def batches() -> Iterator[Any]:
        with parquet.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=ROWS)

    return _arrow_table(path.name, schema, lambda: _arrow_rows(batches()))


def open_frame(frame: Any) -> Table:
    """A pandas, Polars or PyArrow table, or another that Narwhals knows. It is read when the run needs its rows."""
    if type(frame).__module__.partition(".")[0] == "pyarrow" and hasattr(frame, "to_batches"):
        return _arrow_table("the table", frame.schema, lambda: _arrow_rows(frame.to_batches(max_chunksize=ROWS)))
    narwhals = load("narwhals", "a data frame")
    try:
        wrapped = narwhals.from_native(frame, eager_only=True)
        schema = wrapped.schema
    except (TypeError, ValueError, narwhals.exceptions.NarwhalsError) as error:
        lazy = " It is lazy: collect() it, or write it to a Parquet file and give its path." if _is_lazy(frame) else ""
        raise ValidationError(
            f"table={shown(frame)} can't be read as a table ({error}).{lazy} Allowed: a path, or a pandas, Polars or PyArrow "
            "data frame"
        ) from None
    return _table("the data frame", schema, lambda: _frame_rows(wrapped))


def _is_lazy(frame: Any) -> bool:
    return hasattr(frame, "collect") or hasattr(frame, "compute")


def _arrow_table(name: str, schema: Any, read: Any) -> Table:
    narwhals = load("narwhals", "a table of PyArrow")
    named_once(shown(name), schema.names)
    binary = {column.name for column in schema if "binary" in str(column.type).partition("<")[0]}
    return _table(name, narwhals.from_native(schema.empty_table(), eager_only=True).schema, read, binary)


def _table(name: str, schema: Any, read: Any, binary: Iterable[str] = ()) -> Table:
    names = named_once(name, map(str, schema))
    kinds = {column: _kind(dtype) for column, dtype in zip(names, schema.values(), strict=True)}
    seen = {column for column, dtype in zip(names, schema.values(), strict=True) if str(dtype) == "Binary"}
    return Table(name, kinds, read, binary=frozenset(seen.union(binary)))


def _kind(dtype: Any) -> Kind:
    name = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    if name.startswith(("Int", "UInt")):
        return INT
    if name == "Datetime":
        return Kind("datetime", zone=getattr(dtype, "time_zone", None) or "")
    if name == "List":
        return list_of(_kind(dtype.inner))
    if name == "Struct" and dtype.fields:
        return struct_of({field.name: _kind(field.dtype) for field in dtype.fields})
    return _KINDS.get(name, NULL)


def _frame_rows(frame: Any) -> Iterator[tuple[int, Row | BadRow]]:
    for number, row in enumerate(frame.iter_rows(named=True, buffer_size=ROWS), start=1):
        yield number, {str(name): value for name, value in row.items()}


def _arrow_rows(batches: Iterable[Any]) -> Iterator[tuple[int, Row | BadRow]]:
    number = 0
    for batch in batches:
        for row in _microseconds(batch).to_pylist():
            number += 1
            yield number, row


def _microseconds(batch: Any) -> Any:
    """Times in nanoseconds, which Python's own types don't have, cut to microseconds."""
    arrow = load("pyarrow", "a table of PyArrow")
    for place, column in enumerate(batch.schema):
        if str(column.type).startswith(("timestamp[ns", "time64[ns", "duration[ns")):
            coarse = _coarse(arrow, column.type)
            batch = batch.set_column(place, column.name, batch.column(place).cast(coarse, safe=False))
    return batch


def _coarse(arrow: Any, kind: Any) -> Any:
    if arrow.types.is_timestamp(kind):
        return arrow.timestamp("us", tz=kind.tz)
    return arrow.time64("us") if arrow.types.is_time(kind) else arrow.duration("us")
