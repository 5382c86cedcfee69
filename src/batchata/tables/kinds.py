"""What a column holds, in a vocabulary of our own: declared by a response model or a table, or seen in the values.

Values are JSON values, as results hold them. `refine` looks at one more value: a kind only ever becomes wider, and what fits
nothing narrower is text. So a declared kind holds unless the data speak against it, and no value is lost.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import Any, Literal

Name = Literal["null", "bool", "int", "float", "text", "date", "time", "datetime", "decimal", "list", "struct"]

MOST_FIELDS = 200  # a dict with more keys than that is no record
DEEPEST = 16  # levels of lists and structs; what is deeper is text
MOST_DIGITS = 38  # of a 128-bit decimal
EXACT = 2**53  # integers up to here are floats too


@dataclass(frozen=True, slots=True)
class Kind:
    """`item` is of a list, `fields` are of a struct. `zone` of datetimes: None not known yet, '' without, else its name.
    `whole` and `scale` are the digits of decimals before and after the point, as many as were declared or seen; an int has
    `whole` once a value was seen that no float can hold.
    """

    name: Name
    item: "Kind | None" = None
    fields: tuple[tuple[str, "Kind"], ...] = ()
    zone: str | None = None
    whole: int = 0
    scale: int = 0


NULL, BOOL, INT, FLOAT, TEXT = Kind("null"), Kind("bool"), Kind("int"), Kind("float"), Kind("text")
DATE, TIME, DATETIME, DECIMAL = Kind("date"), Kind("time"), Kind("datetime"), Kind("decimal")


def list_of(item: Kind) -> Kind:
    return Kind("list", item=item)


def struct_of(fields: Mapping[str, Kind]) -> Kind:
    return Kind("struct", fields=tuple(fields.items()))


def joined(one: Kind | None, other: Kind) -> Kind:
    """The kind of a column that is declared twice: where the two differ, what the values show."""
    return other if one is None or one == other else NULL


def refine(kind: Kind, value: Any, depth: int = 0) -> Kind:
    """`kind`, or a wider one where `value` does not fit; the same object where it does."""
    if value is None or kind.name == "text":
        return kind
    if depth > DEEPEST:
        return TEXT
    return _REFINE[kind.name](kind, value, depth)


def _null(_: Kind, value: Any, depth: int) -> Kind:
    match value:
        case bool():
            return BOOL
        case int():
            return refine(INT, value)
        case float():
            return FLOAT
        case dict():
            return refine(Kind("struct"), value, depth)
        case list():
            return refine(list_of(NULL), value, depth)
        case _:
            return TEXT


def _bool(kind: Kind, value: Any, _: int) -> Kind:
    return kind if isinstance(value, bool) else TEXT


def _int(kind: Kind, value: Any, _: int) -> Kind:
    if isinstance(value, bool):
        return TEXT
    if isinstance(value, float):
        return TEXT if kind.whole else FLOAT
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        return TEXT
    return kind if kind.whole or abs(value) <= EXACT else replace(kind, whole=MOST_DIGITS)  # no float any more


def _float(kind: Kind, value: Any, _: int) -> Kind:
    if isinstance(value, float) or value in ("Infinity", "-Infinity"):
        return kind
    exact = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= EXACT
    return kind if exact else TEXT


def _date(kind: Kind, value: Any, _: int) -> Kind:
    return kind if _read(date.fromisoformat, value) else TEXT


def _time(kind: Kind, value: Any, _: int) -> Kind:
    read = _read(time.fromisoformat, value)
    return kind if read is not None and read.tzinfo is None else TEXT


def _datetime(kind: Kind, value: Any, _: int) -> Kind:
    read = _read(datetime.fromisoformat, value)
    if read is None or (kind.zone is not None and (read.tzinfo is None) != (kind.zone == "")):
        return TEXT
    return kind if kind.zone is not None else replace(kind, zone="" if read.tzinfo is None else "UTC")


def _decimal(kind: Kind, value: Any, _: int) -> Kind:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return TEXT
    if not number.is_finite() or isinstance(value, bool):
        return TEXT
    _, digits, exponent = number.as_tuple()
    scale = max(0, -int(exponent))
    whole = max(0, len(digits) + int(exponent))
    if whole <= kind.whole and scale <= kind.scale:
        return kind
    wider = replace(kind, whole=max(whole, kind.whole), scale=max(scale, kind.scale))
    return wider if wider.whole + wider.scale <= MOST_DIGITS else TEXT


def _list(kind: Kind, value: Any, depth: int) -> Kind:
    if not isinstance(value, list):
        return TEXT
    item = kind.item or NULL
    wider = reduce(lambda so_far, one: refine(so_far, one, depth + 1), value, item)
    return kind if wider is item else list_of(wider)


def _struct(kind: Kind, value: Any, depth: int) -> Kind:
    if not isinstance(value, dict):
        return TEXT
    changed = {}
    for name, field in kind.fields:
        wider = refine(field, value.get(name), depth + 1)
        if wider is not field:
            changed[name] = wider
    known = dict(kind.fields)
    for name in value.keys() - known.keys():
        changed[name] = refine(NULL, value[name], depth + 1)
    if not changed:
        return kind
    ordered = {name: changed[name] for name in value if name in changed and name not in known}  # as the value has them
    fields = known | {name: wider for name, wider in changed.items() if name in known} | ordered
    return struct_of(fields) if len(fields) <= MOST_FIELDS else TEXT


def _read(read: Callable[[str], Any], value: Any) -> Any:
    """`value` read; None where it can't be."""
    try:
        return read(value)
    except (ValueError, TypeError):
        return None


_REFINE: dict[str, Callable[[Kind, Any, int], Kind]] = {
    "null": _null, "bool": _bool, "int": _int, "float": _float, "date": _date, "time": _time, "datetime": _datetime,
    "decimal": _decimal, "list": _list, "struct": _struct,
}  # fmt: skip


def settled(kind: Kind) -> Kind:
    """`kind` once all values are seen: what was never seen, and a struct without fields, is text."""
    match kind.name:
        case "null":
            return TEXT
        case "datetime":
            return replace(kind, zone=kind.zone or "")
        case "list":
            return list_of(settled(kind.item or NULL))
        case "struct":
            return struct_of({name: settled(field) for name, field in kind.fields}) if kind.fields else TEXT
        case _:
            return kind
