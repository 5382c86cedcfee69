"""What a response model declares, as the kinds of the columns its answers fill.

An answer is taken in the JSON form results hold, by field names. What has no narrower kind is text there (UUIDs, URLs,
durations in ISO 8601), or JSON as text (unions, dictionaries, a model inside itself).
"""

import dataclasses
import types
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

import typing_extensions
from pydantic import (
    AwareDatetime,
    BaseModel,
    FutureDate,
    FutureDatetime,
    Json,
    NaiveDatetime,
    PastDate,
    PastDatetime,
    RootModel,
)

from batchata.tables.kinds import (
    BOOL,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INT,
    TEXT,
    TIME,
    Kind,
    list_of,
    struct_of,
)

ROOT = "answer"
"""The column of an answer that is no record: a list, a number."""

# bool stands before int and datetime before date: each is a subclass of the other
_SCALARS = {bool: BOOL, int: INT, float: FLOAT, str: TEXT, Decimal: DECIMAL, datetime: DATETIME, date: DATE, time: TIME}
_DATES: dict[Any, Kind] = {
    AwareDatetime: Kind("datetime", zone="UTC"), NaiveDatetime: Kind("datetime", zone=""),
    PastDatetime: DATETIME, FutureDatetime: DATETIME, PastDate: DATE, FutureDate: DATE,
}  # fmt: skip
_LISTS = (list, set, frozenset, Sequence, AbstractSet, Collection, Iterable)

Above = tuple[Any, ...]


def answer_columns(model: type[BaseModel]) -> dict[str, Kind]:
    """The columns of a model's answers: its fields, or one `answer` where it is no record."""
    if issubclass(model, RootModel):
        return {ROOT: _root(model, ())}
    return _fields(model, (model,))


def _root(model: type[BaseModel], above: Above) -> Kind:
    field = model.model_fields["root"]
    return _kind(field.annotation, field.metadata, (*above, model))


def _fields(model: type[BaseModel], above: Above) -> dict[str, Kind]:
    return {
        name: _kind(field.annotation, field.metadata, above)
        for name, field in model.model_fields.items()
        if not field.exclude
    }


def _kind(hint: Any, notes: Sequence[Any] = (), above: Above = ()) -> Kind:
    if any(note is Json or type(note) is Json for note in notes):
        return TEXT
    if hint in _DATES:
        return _DATES[hint]
    origin = typing.get_origin(hint)
    if isinstance(hint, typing_extensions.TypeAliasType):
        return TEXT if hint in above else _kind(hint.__value__, notes, (*above, hint))
    if isinstance(hint, typing.NewType):
        return _kind(hint.__supertype__, notes, above)
    if origin is not None:
        return _generic(origin, typing.get_args(hint), notes, above)
    return _plain(hint, notes, above) if isinstance(hint, type) else TEXT


def _generic(origin: Any, args: tuple[Any, ...], notes: Sequence[Any], above: Above) -> Kind:
    if origin is typing.Annotated:
        return _kind(args[0], (*notes, *args[1:]), above)
    if origin is typing.Literal:
        return _of_values(args)
    if origin in (typing.Union, types.UnionType):
        return _union([arg for arg in args if arg is not type(None)], notes, above)
    if origin in (typing.Required, typing.NotRequired, typing_extensions.ReadOnly):
        return _kind(args[0], notes, above)
    if origin is tuple:
        kinds = {_kind(arg, (), above) for arg in args if arg is not ...}
        return list_of(kinds.pop()) if len(kinds) == 1 else TEXT
    if origin in _LISTS:
        return list_of(_kind(args[0], (), above))
    return TEXT


def _union(members: Sequence[Any], notes: Sequence[Any], above: Above) -> Kind:
    kinds = {_kind(member, notes, above) for member in members}
    if len(kinds) == 1:
        kind = kinds.pop()
        return kind if len(members) == 1 or kind.name != "struct" else TEXT
    return FLOAT if kinds == {INT, FLOAT} else TEXT


def _plain(cls: type, notes: Sequence[Any], above: Above) -> Kind:
    if cls in above:
        return TEXT
    if issubclass(cls, RootModel):
        return _root(cls, above)
    if issubclass(cls, BaseModel):
        return _struct(_fields(cls, (*above, cls)))
    if issubclass(cls, Enum):
        return _of_values([member.value for member in cls])
    if dataclasses.is_dataclass(cls) or typing_extensions.is_typeddict(cls):
        hints = typing_extensions.get_type_hints(cls, include_extras=True)
        return _struct({name: _kind(hint, (), (*above, cls)) for name, hint in hints.items()})
    kind = next((kind for base, kind in _SCALARS.items() if issubclass(cls, base)), TEXT)
    return _sized(notes) if kind is DECIMAL else kind


def _struct(fields: Mapping[str, Kind]) -> Kind:
    return struct_of(fields) if fields else TEXT


def _of_values(values: Sequence[Any]) -> Kind:
    plain = {type(value.value if isinstance(value, Enum) else value) for value in values} - {type(None)}
    return _SCALARS.get(plain.pop(), TEXT) if len(plain) == 1 else TEXT


def _sized(notes: Sequence[Any]) -> Kind:
    """Decimals: as many digits as the model allows, where it says; else as many as come."""
    digits = next((found for note in notes if (found := getattr(note, "max_digits", None)) is not None), None)
    scale = next((found for note in notes if (found := getattr(note, "decimal_places", None)) is not None), None)
    if digits is None or scale is None or not 0 <= scale <= digits:
        return DECIMAL
    return Kind("decimal", whole=digits - scale, scale=scale)
