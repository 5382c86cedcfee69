"""Which JSON Schemas strict structured outputs and strict functions take [docs: Structured outputs, Supported schemas]."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from batchata.testing.openai.errors import ApiError

_ALLOWED = {  # [docs: Structured outputs]; what is not named there is not permitted [assumed]
    *("type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "$ref", "$defs"),
    *("definitions", "description", "title", "pattern", "format", "multipleOf", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "$schema", "$id"),
}
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
MAX_PROPERTIES = 5_000  # [docs: Structured outputs], as are the four below
MAX_DEPTH = 10
MAX_ENUM_VALUES = 1_000
MAX_NAMES = 120_000  # characters of property and definition names, enum values and const values
MAX_LONG_ENUM = 15_000  # characters of one enum with more than 250 string values


@dataclass(slots=True)
class _Found:
    """What the walk gathers, for the limits over the whole schema."""

    properties: int = 0
    enum_values: int = 0
    names: int = 0


class SchemaRefusalError(ApiError):
    """Worded as the API does, without the place of the schema: the caller says whose it is."""


def check_schema(schema: Any, whose: str, param: str) -> None:
    """Raises `ApiError`. `whose`: such as "response_format 'invoice'"."""
    try:
        _check(schema)
    except SchemaRefusalError as refusal:
        raise ApiError(f"Invalid schema for {whose}: {refusal.message}", param, refusal.code) from None


def _check(schema: Any) -> None:
    if not isinstance(schema, dict):
        raise SchemaRefusalError("schema must be an object.", code="invalid_json_schema")
    if schema.get("type") != "object" or "anyOf" in schema:
        raise _refused((), f"""schema must be a JSON Schema of 'type: "object"', got 'type: "{schema.get("type")}"'.""")
    found = _Found()
    _walk(schema, (), schema, found, 0)
    _check_totals(found)


def _refused(path: tuple[str, ...], what: str) -> SchemaRefusalError:
    return SchemaRefusalError(what if not path else f"In context={path!r}, {what}", code="invalid_json_schema")


def _walk(node: Any, path: tuple[str, ...], root: dict[str, Any], found: _Found, depth: int) -> None:
    if not isinstance(node, dict):
        raise _refused(path, "schema must be an object.")
    for keyword in node:
        if keyword not in _ALLOWED:
            raise _refused(path, f"'{keyword}' is not permitted.")
    if "$ref" in node:
        _check_reference(node, path, root)
        return
    if not node.keys() & {"type", "anyOf", "enum", "const"}:
        raise _refused(path, "schema must have a 'type' key.")
    kinds = node["type"] if isinstance(node.get("type"), list) else [node.get("type")]
    for kind in kinds:
        if kind is not None and kind not in _TYPES:
            raise _refused(path, f"'{kind}' is not valid under any of the given schemas.")
    deeper = depth + ("object" in kinds)
    if deeper > MAX_DEPTH:
        raise _refused((), f"{deeper} levels of nesting exceeds limit of {MAX_DEPTH}.")
    if "object" in kinds:
        _check_object(node, path)
    if "array" in kinds and "items" not in node:
        raise _refused(path, "array schema missing items.")
    _check_values(node, path, found)
    found.properties += len(node.get("properties", ()))
    for steps, inner in _inner(node):
        _walk(inner, (*path, *steps), root, found, deeper if steps[0] != "$defs" else 0)


def _inner(node: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name in ("properties", "$defs", "definitions"):
        for key, inner in (node.get(name) or {}).items():
            yield (name, key), inner
    for place, inner in enumerate(node.get("anyOf") or ()):
        yield ("anyOf", str(place)), inner
    if "items" in node:
        yield ("items",), node["items"]


def _check_object(node: Mapping[str, Any], path: tuple[str, ...]) -> None:
    if node.get("additionalProperties") is not False:
        raise _context(path, "'additionalProperties' is required to be supplied and to be false.")
    missing = [name for name in node.get("properties", ()) if name not in (node.get("required") or ())]
    if missing:
        said = "'required' is required to be supplied and to be an array including every key in properties."
        raise _context(path, f"{said} Missing '{missing[0]}'.")
    extra = [name for name in node.get("required", ()) if name not in (node.get("properties") or {})]
    if extra:
        raise _context(path, f"'required' has an extra key '{extra[0]}'.")


def _context(path: tuple[str, ...], what: str) -> SchemaRefusalError:
    return SchemaRefusalError(f"In context={path!r}, {what}", code="invalid_json_schema")


def _check_values(node: Mapping[str, Any], path: tuple[str, ...], found: _Found) -> None:
    if "format" in node and node["format"] not in _FORMATS:
        raise _context(path, f"'{node['format']}' is not a valid format.")
    values = node.get("enum")
    if values is not None and (not isinstance(values, list) or not values):
        raise _context(path, "enum must be a non-empty array.")
    words = [value for value in values or () if isinstance(value, str)]
    if len(words) > 250 and sum(map(len, words)) > MAX_LONG_ENUM:
        raise _context(path, f"enum with more than 250 values exceeds {MAX_LONG_ENUM} characters in total.")
    found.enum_values += len(values or ())
    names = [*node.get("properties", ()), *node.get("$defs", ()), *words, str(node.get("const", ""))]
    found.names += sum(map(len, names))


def _check_reference(node: Mapping[str, Any], path: tuple[str, ...], root: dict[str, Any]) -> None:
    """References stay inside the schema; they may come back to themselves [docs: recursive schemas are supported]."""
    others = node.keys() - {"$ref"}
    if others:
        raise _context(path, f"$ref cannot have keywords {sorted(others)!r}.".replace("[", "{").replace("]", "}"))
    found: Any = root
    ref = node["$ref"]
    for step in str(ref).removeprefix("#").split("/")[1:]:
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    if not str(ref).startswith("#") or not isinstance(found, dict):
        raise _context(path, f"reference to component '{ref}' which was not found in the schema.")


def _check_totals(found: _Found) -> None:
    said = "in total within a single schema when using structured outputs"
    if found.enum_values > MAX_ENUM_VALUES:  # [issue: community 974416, word for word]
        raise _refused((), f"Expected at most {MAX_ENUM_VALUES} enum values {said}, but received {found.enum_values}.")
    if found.properties > MAX_PROPERTIES:
        raise _refused(
            (), f"Expected at most {MAX_PROPERTIES} object properties {said}, but received {found.properties}."
        )
    if found.names > MAX_NAMES:
        raise _refused((), f"Expected at most {MAX_NAMES} characters of names and values {said}.")
