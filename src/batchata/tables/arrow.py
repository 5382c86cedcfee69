"""Kinds as Arrow types, and rows as Arrow tables: decimals of 38 digits, times in microseconds, nested records as structs."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import orjson

from batchata.tables.extras import load
from batchata.tables.kinds import MOST_DIGITS, NULL, Kind
from batchata.tables.spool import Spool

Convert = Callable[[Any], Any]


def arrow_table(spool: Spool) -> Any:
    """A `pyarrow.Table` of all rows."""
    arrow = load("pyarrow", "an Arrow table")
    return arrow.Table.from_batches(record_batches(spool), schema=arrow_schema(spool))


def arrow_schema(spool: Spool) -> Any:
    arrow = load("pyarrow", "an Arrow table")
    return arrow.schema([(name, _type(arrow, kind)) for name, kind in spool.kinds.items()])


def record_batches(spool: Spool) -> Iterator[Any]:
    arrow = load("pyarrow", "an Arrow table")
    schema = arrow_schema(spool)
    converters = {name: _converter(kind) for name, kind in spool.kinds.items()}
    for rows in spool.chunks():
        columns = [
            arrow.array([convert(row[name]) for row in rows], type=schema.field(name).type)
            for name, convert in converters.items()
        ]
        yield arrow.record_batch(columns, schema=schema)


def to_pandas(spool: Spool) -> Any:
    """A pandas frame. Whole numbers and booleans take pandas' own nullable types: a failed job makes no float of them."""
    pandas = load("pandas", "to_pandas()", "pandas")
    arrow = load("pyarrow", "to_pandas()")
    nullable = {arrow.int64(): pandas.Int64Dtype(), arrow.bool_(): pandas.BooleanDtype()}
    return arrow_table(spool).to_pandas(types_mapper=nullable.get)


def to_polars(spool: Spool) -> Any:
    return load("polars", "to_polars()", "polars").from_arrow(arrow_table(spool))


def _type(arrow: Any, kind: Kind) -> Any:
    match kind.name:
        case "list":
            return arrow.list_(_type(arrow, kind.item or NULL))
        case "struct":
            return arrow.struct([(name, _type(arrow, field)) for name, field in kind.fields])
        case "datetime":
            return arrow.timestamp("us", tz=kind.zone or None)
        case "decimal":
            return arrow.decimal128(MOST_DIGITS, kind.scale)
    plain = {
        "bool": arrow.bool_, "int": arrow.int64, "float": arrow.float64, "date": arrow.date32,
        "time": lambda: arrow.time64("us"),
    }  # fmt: skip
    return plain.get(kind.name, arrow.string)()


def _converter(kind: Kind) -> Convert:
    """From a JSON value that `refine` has seen to what PyArrow takes."""
    match kind.name:
        case "list":
            return _or_none(_items(_converter(kind.item or NULL)))
        case "struct":
            return _or_none(_fields({name: _converter(field) for name, field in kind.fields}))
        case _:
            return _or_none(_SCALARS[kind.name])


def _or_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _items(convert: Convert) -> Convert:
    return lambda value: [convert(item) for item in value]


def _fields(converters: dict[str, Convert]) -> Convert:
    return lambda value: {name: convert(value.get(name)) for name, convert in converters.items()}


def as_text(value: Any) -> str:
    """Text as it is; what is no text as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


_SCALARS: dict[str, Convert] = {
    "bool": bool, "int": int, "float": float, "text": as_text, "null": as_text, "date": date.fromisoformat,
    "time": time.fromisoformat, "datetime": datetime.fromisoformat, "decimal": lambda value: Decimal(str(value)),
}  # fmt: skip
