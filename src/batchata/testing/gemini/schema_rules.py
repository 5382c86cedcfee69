"""Which schemas structured output takes: the API's own `Schema`, and the part of JSON Schema that it reads."""

from collections.abc import Mapping
from typing import Any

from batchata.testing.gemini.errors import ApiError

_TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}  # [sdk: Type]
_FORMATS = {  # [assumed]
    "STRING": {"enum", "date-time", "date", "time", "duration"},
    "NUMBER": {"float", "double"},
    "INTEGER": {"int32", "int64"},
}
_JSON_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
_DEEPEST = 32  # levels, so that a schema that is too deep is refused rather than followed [assumed]


def check_schema(schema: Mapping[str, Any], at: str, depth: int = 0) -> None:
    """`responseSchema` and `parameters`, read as a message already. Raises `ApiError`."""
    if depth > _DEEPEST:
        raise ApiError(f"{at}: schema is too deep")
    kind = str(schema.get("type", "")).upper()
    if "anyOf" in schema:
        for place, inner in enumerate(schema["anyOf"]):
            check_schema(inner, f"{at}.any_of[{place}]", depth + 1)
    elif kind not in _TYPES:
        raise ApiError(
            f"Invalid value at '{at}.type' (type.googleapis.com/google.ai.generativelanguage.v1.Type), \"{schema.get('type', '')}\""
        )
    if kind == "ARRAY" and "items" not in schema:  # [assumed]
        raise ApiError(f"* GenerateContentRequest.{at}.items: missing field.")
    if schema.get("enum") and kind != "STRING":  # [assumed]
        raise ApiError(f"* GenerateContentRequest.{at}.enum: only allowed for STRING type")
    for place, choice in enumerate(schema.get("enum") or ()):
        if not choice:
            raise ApiError(f"* GenerateContentRequest.{at}.enum[{place}]: cannot be empty")
    if "format" in schema and schema["format"] not in _FORMATS.get(kind, ()):  # [assumed]
        raise ApiError(f"* GenerateContentRequest.{at}.format: {schema['format']!r} is not supported for {kind} type")
    _check_properties(schema, kind, at, depth)


def _check_properties(schema: Mapping[str, Any], kind: str, at: str, depth: int) -> None:
    properties = schema.get("properties") or {}
    if kind == "OBJECT" and not properties:  # [assumed]
        raise ApiError(f"* GenerateContentRequest.{at}.properties: should be non-empty for OBJECT type")
    for name in schema.get("required") or ():
        if name not in properties:  # [assumed]
            raise ApiError(f"* GenerateContentRequest.{at}.required[0]: property is not defined: {name}")
    for name in schema.get("propertyOrdering") or ():
        if name not in properties:
            raise ApiError(f"* GenerateContentRequest.{at}.property_ordering: property is not defined: {name}")
    for name, inner in properties.items():
        check_schema(inner, f"{at}.properties[{name}]", depth + 1)
    if "items" in schema:
        check_schema(schema["items"], f"{at}.items", depth + 1)


def check_json_schema(schema: Any, at: str, depth: int = 0) -> None:
    """`responseJsonSchema`. What it does not support is ignored rather than refused [docs: Structured output]; what makes no
    sense is refused [assumed].
    """
    if depth > _DEEPEST:
        raise ApiError(f"{at}: schema is too deep")
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        raise ApiError(f"Invalid value at '{at}': a schema must be an object")
    kinds = schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type")]
    for kind in kinds:
        if kind is not None and str(kind).lower() not in _JSON_TYPES:
            raise ApiError(f"Invalid value at '{at}.type': {kind!r}")
    for name in ("properties", "$defs"):
        for key, inner in (schema.get(name) or {}).items():
            check_json_schema(inner, f"{at}.{name}.{key}", depth + 1)
    for name in ("anyOf", "oneOf", "prefixItems"):
        for place, inner in enumerate(schema.get(name) or ()):
            check_json_schema(inner, f"{at}.{name}[{place}]", depth + 1)
    for name in ("items", "additionalProperties"):
        if name in schema:
            check_json_schema(schema[name], f"{at}.{name}", depth + 1)


def as_json_schema(schema: Any) -> Any:
    """The API's `Schema` as JSON Schema, for the drawing of values."""
    if isinstance(schema, list):
        return [as_json_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {
        name: as_json_schema(value)
        for name, value in schema.items()
        if name not in {"nullable", "properties", "enum", "example", "default"}
    }
    if "type" in schema:
        found["type"] = str(schema["type"]).lower()
    if "properties" in schema:
        found["properties"] = {name: as_json_schema(inner) for name, inner in schema["properties"].items()}
    if "enum" in schema:
        found["enum"] = list(schema["enum"])
    if found.get("format") == "enum":
        del found["format"]
    if schema.get("nullable"):
        return {"anyOf": [found, {"type": "null"}]}
    return found
