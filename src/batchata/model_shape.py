"""What a response model asks for, in a numbered form of our own: part of a job's identity.

Walks the annotations and metadata as the user wrote them, never Pydantic's JSON Schema, whose text changes between
versions: an upgrade must not make a finished job look new and send it again. Hence `FORM`, and test vectors that are
never edited: another form is another number, and old digests stay what they were.

What counts, and why:
- counts: field names and their order (a `reasoning` field before the `answer` is a different question), types, enum and
  Literal values, constraints, defaults, validation aliases, titles, descriptions, examples, docstrings (they reach the
  model as descriptions), and config that changes which answers fit;
- does not: the names of classes and enum members (Python's business; a rename must not buy ten thousand answers again),
  validators and computed fields (code: an answer already paid for is only read differently by it), serialization settings;
- the order of Union and Literal members is forgotten: `typing` caches equal ones, so it depends on what was imported first.
"""

import dataclasses
import hashlib
import inspect
import json
import types
import typing
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

import annotated_types
import typing_extensions
from pydantic import AliasChoices, AliasPath, BaseModel, Discriminator, RootModel, Tag, WithJsonSchema
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic.fields import FieldInfo

from batchata.errors import ValidationError

FORM = 1

# Constraint names, wherever they are found: annotated_types, StringConstraints, UrlConstraints, Field's own. A closed list:
# what a later Pydantic adds to its classes stays out of form 1.
_CONSTRAINTS = (
    *("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern", "strict"),
    *("strip_whitespace", "to_upper", "to_lower", "max_digits", "decimal_places", "allow_inf_nan"),
    *("coerce_numbers_to_str", "union_mode", "allowed_schemes", "host_required", "default_host", "default_port"),
)
_CONFIG = (
    *("strict", "str_strip_whitespace", "str_to_lower", "str_to_upper", "str_min_length", "str_max_length"),
    *("allow_inf_nan", "coerce_numbers_to_str", "val_json_bytes", "title"),
)
_UNSET: tuple[Any, ...] = (
    None,
    False,
    "utf8",
)  # values that say nothing: left out, so that writing them changes nothing
_OFF_IS_NEWS = frozenset({"allow_inf_nan", "strict", "coerce_numbers_to_str", "host_required"})

Shape = dict[str, Any]


def describe(model: type[BaseModel]) -> Shape:
    """The model's fields and constraints as plain JSON. A nested model stands there as the digest of its own description.

    Raises `ValidationError` if the model names a class that is not defined.
    """
    return {"form": FORM, **_Walk().record(_completed(model))}


def shape_digest(model: type[BaseModel]) -> str:
    """SHA-256 of `describe(model)`, as hex."""
    return _digest(describe(model))


def _digest(shape: Any) -> str:
    return hashlib.sha256(_text(shape).encode()).hexdigest()


def _text(shape: Any) -> str:
    return json.dumps(shape, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _completed(model: type[BaseModel]) -> type[BaseModel]:
    try:
        model.model_rebuild()
    except PydanticUndefinedAnnotation as error:
        raise ValidationError(
            f"response_model: {model.__name__} refers to {error.name!r}, which is not defined. "
            "Define it before the job is added, or call model_rebuild() where it is known."
        ) from error
    return model


class _Walk:
    """One description under way. A class met again inside itself becomes the number of levels to go up to it."""

    def __init__(self) -> None:
        self.above: list[type] = []
        self.reach: list[int] = []  # per level: the topmost level that what stands below it points back to
        self.known: dict[type, Shape] = {}

    def nested(self, cls: type) -> Shape:
        if cls in self.above:
            target = self.above.index(cls)
            self.reach = [min(reach, target) for reach in self.reach]
            return {"kind": "up", "levels": len(self.above) - target}
        if cls in self.known:
            return self.known[cls]
        level = len(self.above)
        self.above.append(cls)
        self.reach.append(level)
        shape = {"kind": "model", "digest": _digest(self.record(cls, entered=True))}
        self.above.pop()
        if self.reach.pop() == level:  # points at nothing above itself: the same wherever it stands
            self.known[cls] = shape
        return shape

    def record(self, cls: type, *, entered: bool = False) -> Shape:
        if not entered:
            self.above.append(cls)
            self.reach.append(0)
        shape: Shape = {"doc": _doc(cls)} if _doc(cls) else {}
        if issubclass(cls, BaseModel):
            key = "root" if issubclass(cls, RootModel) else "fields"
            config = _config(cls.model_config)
            fields = [self.field(name, field) for name, field in cls.model_fields.items()]
            return {**shape, key: fields, **({"config": config} if config else {})}
        return {**shape, "fields": self.plain_fields(cls)}

    def field(self, name: str, field: FieldInfo) -> Shape:
        shape = {"name": name, "type": self.noted(self.of(field.annotation), [field])}
        if field.validation_alias is not None:
            shape["alias"] = _alias(field.validation_alias)
        if field.default_factory is not None:
            shape["default"] = {"made": True}  # what a factory makes may differ each time
        elif not field.is_required():
            shape["default"] = {"value": _value(field.default)}
        return shape

    def plain_fields(self, cls: type) -> list[Shape]:
        """Dataclasses, named tuples and typed dictionaries."""
        hints = typing_extensions.get_type_hints(cls, include_extras=True)
        defaults = _plain_defaults(cls)
        optional = set(hints) - set(getattr(cls, "__required_keys__", hints))
        shapes = []
        for name, hint in hints.items():
            default = defaults.get(name, ...)
            if isinstance(default, FieldInfo):
                shapes.append(self.field(name, FieldInfo.from_annotated_attribute(hint, default)))
                continue
            shape: Shape = {"name": name, "type": self.of(hint)}
            if default is not ... or name in optional:
                shape["default"] = {"made": True} if default is ... else default
            shapes.append(shape)
        return shapes

    def of(self, hint: Any) -> Shape:
        origin = typing.get_origin(hint)
        if origin is None and isinstance(hint, type):
            return self.plain(hint)
        if isinstance(hint, typing_extensions.TypeAliasType):
            return self.alias(hint, hint.__value__)
        if isinstance(origin, typing_extensions.TypeAliasType):
            return self.alias(hint, origin.__value__[typing.get_args(hint)])
        if origin is None:
            return self.special(hint)
        return self.generic(origin, typing.get_args(hint))

    def alias(self, hint: Any, value: Any) -> Shape:
        if hint in self.above:
            return self.nested(hint)
        self.above.append(hint)
        self.reach.append(len(self.above) - 1)
        shape = self.of(value)
        self.above.pop()
        self.reach.pop()
        return shape

    def special(self, hint: Any) -> Shape:
        if hint is None:
            return {"kind": "none"}
        if isinstance(hint, typing.ForwardRef):  # only inside a recursive type alias: Pydantic resolves all others
            return {"kind": "named", "name": hint.__forward_arg__}
        if isinstance(hint, typing.NewType):
            return self.of(hint.__supertype__)
        if isinstance(hint, typing.TypeVar):
            return (
                {"kind": "union", "of": self.union(hint.__constraints__)}
                if hint.__constraints__
                else self.of(hint.__bound__ or Any)
            )
        return {"kind": "any" if hint is Any else str(getattr(hint, "__name__", hint)).lower()}

    def generic(self, origin: Any, args: tuple[Any, ...]) -> Shape:
        if origin is typing.Annotated:
            return self.noted(self.of(args[0]), args[1:])
        if origin is typing.Literal:
            return {"kind": "literal", "values": sorted((_value(arg) for arg in args), key=_text)}
        if origin in (typing.Union, types.UnionType):
            return {"kind": "union", "of": self.union(args)}
        if origin in (typing.Required, typing.NotRequired, typing.ClassVar, typing.Final, typing_extensions.ReadOnly):
            return self.of(args[0])
        if isinstance(origin, type) and (issubclass(origin, BaseModel) or dataclasses.is_dataclass(origin)):
            return self.nested(origin)
        shape = {"kind": origin.__name__.lower(), "of": [self.of(arg) for arg in args if arg is not ...]}
        return {**shape, "open": True} if ... in args else shape

    def union(self, args: Iterable[Any]) -> list[Shape]:
        members: list[Shape] = []
        for shape in map(self.of, args):  # nested unions are one union, as typing itself has it
            members.extend(shape["of"] if shape.keys() == {"kind", "of"} and shape["kind"] == "union" else [shape])
        return sorted(members, key=_text)

    def plain(self, cls: type) -> Shape:
        if cls is type(None):
            return {"kind": "none"}
        if cls in (object, Any):
            return {"kind": "any"}
        if issubclass(cls, Enum):
            shape: Shape = {"kind": "enum", "values": [_value(member.value) for member in cls]}
            return {**shape, "doc": _doc(cls)} if _doc(cls) else shape
        named_tuple = issubclass(cls, tuple) and hasattr(cls, "_fields")
        if (
            issubclass(cls, BaseModel)
            or dataclasses.is_dataclass(cls)
            or named_tuple
            or typing_extensions.is_typeddict(cls)
        ):
            return self.nested(cls)
        return {"kind": cls.__name__}

    def noted(self, shape: Shape, notes: Iterable[Any]) -> Shape:
        """`shape` with what Annotated or Field say of it. Where they say it (inside or outside) makes no difference."""
        shape = {**shape}
        for note in notes:
            for key, value in self.said(note):
                held = shape.setdefault("where", {})
                held[key] = sorted([*held.get(key, []), value], key=_text)
        return shape

    def said(self, note: Any) -> list[tuple[str, Any]]:
        """What one piece of metadata says: pairs of a name and a plain value."""
        if isinstance(note, FieldInfo):
            return self.said_by_field(note)
        if isinstance(note, annotated_types.GroupedMetadata) and not hasattr(note, "strip_whitespace"):
            return [pair for part in note for pair in self.said(part)]
        if isinstance(note, Discriminator):
            return [("discriminator", note.discriminator if isinstance(note.discriminator, str) else "function")]
        if isinstance(note, Tag):
            return [("tag", note.tag)]
        if isinstance(note, WithJsonSchema):
            return [("schema", _value(note.json_schema))]
        encoder = getattr(note, "encoder", None)
        if isinstance(encoder, type):
            return [("encoder", encoder.__name__)]
        if getattr(note, "__name__", "") == "Json" or type(note).__name__ == "Json":
            return [("json", True)]
        return [(name, _value(value)) for name in _CONSTRAINTS if _tells(name, value := getattr(note, name, None))]

    def said_by_field(self, field: FieldInfo) -> list[tuple[str, Any]]:
        pairs = [pair for note in field.metadata for pair in self.said(note)]
        named = ((name, getattr(field, name)) for name in ("title", "examples", "json_schema_extra"))
        pairs.extend((name, _value(value)) for name, value in named if value is not None)
        if field.description is not None:
            pairs.append(("description", inspect.cleandoc(field.description)))
        if field.discriminator is not None:
            pairs += self.said(
                field.discriminator
                if isinstance(field.discriminator, Discriminator)
                else Discriminator(field.discriminator)
            )
        return pairs


def _tells(name: str, value: Any) -> bool:
    if value is None or callable(value):
        return False
    return name in _OFF_IS_NEWS or not any(value is unset for unset in _UNSET)


def _config(config: Mapping[str, Any]) -> Shape:
    said = {name: _value(config[name]) for name in _CONFIG if _tells(name, config.get(name))}
    if said.get("val_json_bytes") == "utf8":
        del said["val_json_bytes"]
    if config.get("extra") not in (None, "ignore"):
        said["extra"] = config["extra"]
    if config.get("json_schema_extra") is not None:
        said["json_schema_extra"] = _value(config["json_schema_extra"])
    return said


def _doc(cls: type) -> str | None:
    """The docstring the user wrote: not inherited, not the ones that Python makes up for enums and dataclasses."""
    doc = cls.__dict__.get("__doc__")
    if not doc or doc == "An enumeration." or doc.startswith(f"{cls.__name__}("):
        return None
    return inspect.cleandoc(doc)


def _alias(alias: str | AliasPath | AliasChoices) -> Any:
    if isinstance(alias, AliasChoices):
        return {"choices": [_alias(choice) for choice in alias.choices]}
    return {"path": list(alias.path)} if isinstance(alias, AliasPath) else alias


def _plain_defaults(cls: type) -> dict[str, Any]:
    if not dataclasses.is_dataclass(cls):
        return {name: {"value": _value(value)} for name, value in getattr(cls, "_field_defaults", {}).items()}
    defaults: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if isinstance(field.default, FieldInfo):
            defaults[field.name] = field.default
        elif field.default is not dataclasses.MISSING:
            defaults[field.name] = {"value": _value(field.default)}
        elif field.default_factory is not dataclasses.MISSING:
            defaults[field.name] = {"made": True}
    return defaults


def _value(value: Any) -> Any:
    """A value the user wrote (a default, an enum's, a bound) as JSON that no library's formatting can change."""
    match value:
        case Enum():
            return _value(value.value)
        case None | bool() | str():
            return value
        case int() | float():
            return value if abs(value) < 2**53 else {"number": repr(value)}
        case bytes():
            return {"bytes": value.hex()}
        case date() | datetime() | time():
            return {type(value).__name__: value.isoformat()}
        case list() | tuple():
            return [_value(item) for item in value]
        case set() | frozenset():
            return {"set": sorted((_value(item) for item in value), key=_text)}
        case Mapping():
            return {"map": sorted(([_value(key), _value(item)] for key, item in value.items()), key=_text)}
        case BaseModel():
            return {"model": [[name, _value(getattr(value, name))] for name in type(value).model_fields]}
        case _ if hasattr(value, "pattern"):  # a compiled regular expression
            return value.pattern
        case _ if callable(value):
            return {"function": True}
        case _:
            return {type(value).__name__: str(value)}  # Decimal, UUID, timedelta, Path: str() is their exact text
