"""A JSON Schema as a Pydantic model, for whoever has a `schema.json` and no Python class.

What is understood: objects, arrays, scalars with their bounds, enums and constants, unions, `$defs` that do not refer to
themselves. Whatever else would change what fits is refused by name, so that no answer passes that the schema would not take.
"""

import re
import warnings
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias, Union
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from batchata.errors import ValidationError

Schema: TypeAlias = Mapping[str, Any]

_SCALARS: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool, "null": None}
_FORMATS: dict[str, Any] = {"date": date, "date-time": datetime, "time": time, "uuid": UUID, "decimal": Decimal}
_BOUNDS = {
    "minLength": "min_length", "maxLength": "max_length", "pattern": "pattern", "minItems": "min_length",
    "maxItems": "max_length", "minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of", "max_digits": "max_digits", "decimal_places": "decimal_places",
}  # fmt: skip
_SAID = {
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
    "$schema",
    "$id",
}
_STRUCTURE = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "oneOf", "allOf", "$ref",
    "$defs", "definitions", "format", "nullable", "discriminator",
}  # fmt: skip
_KNOWN = _SAID | _STRUCTURE | set(_BOUNDS)


def model_from(schema: Any, name: str) -> type[BaseModel]:
    """The model of an object's schema; `name` where it has no title. Raises `ValidationError` with the place of what is not
    understood.
    """
    if not isinstance(schema, Mapping) or not isinstance(schema.get("properties"), Mapping):
        raise ValidationError(
            'schema: the top is no object with properties; give {"type": "object", "properties": {…}, "required": […]}'
        )
    made: type[BaseModel] = _Reading(schema).model(schema, "schema", name)
    return made


class _Reading:
    def __init__(self, root: Schema) -> None:
        self._root = root
        self._made: dict[str, Any] = {}
        self._under_way: list[str] = []

    def type(self, schema: Any, path: str) -> Any:
        """What a value of this schema is, as an annotation."""
        if schema is True or schema == {}:
            return Any
        self._check(schema, path)
        found = self._of(schema, path)
        return found | None if schema.get("nullable") is True else found

    def _check(self, schema: Any, path: str) -> None:
        if not isinstance(schema, Mapping):
            raise ValidationError(f"{path} is no schema; give an object such as {{'type': 'string'}}")
        for keyword in schema:
            if keyword not in _KNOWN and not keyword.startswith("x-"):
                raise ValidationError(
                    f"{path}: {keyword!r} is not understood; leave it out, or write the model as a Pydantic class and give it "
                    "as --schema module:Model"
                )

    def _of(self, schema: Schema, path: str) -> Any:
        if "$ref" in schema:
            return self._referred(str(schema["$ref"]), path)
        if "enum" in schema or "const" in schema:
            return self._choice(schema.get("enum", [schema.get("const")]), path)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self._union(
                    [self.type(one, f"{path}.{keyword}[{i}]") for i, one in enumerate(schema[keyword])], path
                )
        if "allOf" in schema:
            if len(schema["allOf"]) != 1:
                raise ValidationError(f"{path}: allOf of more than one schema is not understood; write them as one")
            return self.type(schema["allOf"][0], f"{path}.allOf[0]")
        given = schema.get("type", "object" if "properties" in schema else None)
        if isinstance(given, list):
            return self._union([self.type({**schema, "type": one, "nullable": False}, path) for one in given], path)
        return self._typed(given, schema, path)

    def _typed(self, given: object, schema: Schema, path: str) -> Any:
        match given:
            case "object":
                return self._object(schema, path)
            case "array":
                return self._bounded(list[self.type(schema.get("items", True), f"{path}[]")], schema, path)  # type: ignore[misc]
            case "string":
                return self._bounded(_FORMATS.get(str(schema.get("format")), str), schema, path)
            case "integer" | "number" | "boolean" | "null":
                return self._bounded(_SCALARS[given], schema, path)
        raise ValidationError(
            f"{path}: type {given!r} is not understood; allowed: object, array, {', '.join(_SCALARS)}, or a list of these"
        )

    def _bounded(self, kind: Any, schema: Schema, path: str) -> Any:
        bounds = {_BOUNDS[keyword]: value for keyword, value in schema.items() if keyword in _BOUNDS}
        if kind is None or kind is bool:
            return kind
        if "pattern" in bounds:
            try:
                re.compile(str(bounds["pattern"]))
            except re.error as error:
                raise ValidationError(
                    f"{path}: pattern {bounds['pattern']!r} is no regular expression: {error}"
                ) from error
        told = {"format": schema["format"]} if kind is str and "format" in schema else None
        return Annotated[kind, Field(json_schema_extra=told, **bounds)] if bounds or told else kind

    def _choice(self, values: Any, path: str) -> Any:
        if not isinstance(values, list) or not values or not all(v is None or isinstance(v, str | int) for v in values):
            raise ValidationError(
                f"{path}: an enum holds strings, whole numbers, booleans or null, at least one of them"
            )
        return Literal[tuple(values)]

    def _union(self, kinds: list[Any], path: str) -> Any:
        if not kinds:
            raise ValidationError(f"{path}: a choice of nothing; give at least one schema")
        return Union[tuple(kinds)]  # noqa: UP007 - of a number of types that is known only now

    def _referred(self, reference: str, path: str) -> Any:
        _, _, name = reference.rpartition("/")
        defs = self._root.get("$defs" if reference.startswith("#/$defs/") else "definitions", {})
        if reference not in (f"#/$defs/{name}", f"#/definitions/{name}") or name not in defs:
            raise ValidationError(
                f"{path}: $ref {reference!r} is not understood; refer to '#/$defs/NAME' in the same file"
            )
        if name in self._under_way:
            raise ValidationError(f"{path}: {name!r} refers to itself; write the model as a Pydantic class instead")
        if name not in self._made:
            self._under_way.append(name)
            self._made[name] = self.type({"title": name, **defs[name]}, f"$defs.{name}")
            self._under_way.pop()
        return self._made[name]

    def _object(self, schema: Schema, path: str) -> Any:
        if schema.get("properties"):
            return self.model(schema, path, path.rpartition(".")[2].rstrip("[]"))
        more = schema.get("additionalProperties", True)
        return dict[str, self.type(more, f"{path}.*")] if more is not False else self.model(schema, path, path)  # type: ignore[misc]

    def model(self, schema: Schema, path: str, name: str) -> Any:
        self._check(schema, path)
        required, more = schema.get("required", []), schema.get("additionalProperties")
        if isinstance(more, Mapping):
            raise ValidationError(
                f"{path}: properties beside additionalProperties with a schema are not understood; give one"
            )
        fields = {}
        for key, one in schema.get("properties", {}).items():
            field, told = self._field(key, one, f"{path}.{key}" if path != "schema" else key, key in required)
            fields[field] = told
        extra: Literal["forbid", "allow", "ignore"] = (
            "forbid" if more is False else "allow" if more is True else "ignore"
        )
        title = re.sub(r"\W+", "_", str(schema.get("title") or name)).strip("_") or "Answer"
        config = ConfigDict(extra=extra, protected_namespaces=(), regex_engine="python-re", validate_default=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a field named like a method of BaseModel ("copy") is no harm here
            return create_model(title, __config__=config, __doc__=schema.get("description"), **fields)

    def _field(self, key: str, schema: Any, path: str, required: bool) -> tuple[str, Any]:
        kind = self.type(schema, path)
        told: dict[str, Any] = {"description": schema["description"]} if "description" in schema else {}
        reserved = key.startswith(("_", "model_")) or not key
        if reserved:  # names that Pydantic keeps for itself
            told["alias"] = key
        if not required:
            told["default"] = schema.get("default")
            if "default" not in schema:
                kind = kind | None if kind is not Any else Any
        return (f"field_{key.strip('_') or 'x'}" if reserved else key), (kind, Field(**told))
