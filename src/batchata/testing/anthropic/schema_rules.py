"""Which JSON Schemas structured outputs and strict tools take [docs: Structured outputs, JSON Schema limitations]."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from batchata.testing.anthropic.errors import invalid

_UNSUPPORTED = {  # [docs: Structured outputs]
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("maxItems", "uniqueItems", "contains", "prefixItems", "patternProperties", "propertyNames", "minProperties"),
    *("maxProperties", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "unevaluatedProperties"),
    "oneOf",  # the SDK turns it into anyOf before sending [sdk: transform_schema]
}
_FORMATS = {  # [sdk: SupportedStringFormats]
    *("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"),
}
_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
_BEYOND_PATTERN = re.compile(r"\(\?[=!<]|\\[1-9bB]")  # look-around, back references, word boundaries
_SCALARS = (str, int, float, bool, type(None))
MAX_OPTIONAL = 24  # optional parameters, over all strict schemas of a request [docs: Structured outputs]
MAX_UNIONS = 16  # parameters with a union type, likewise


def check_schema(schema: Any, at: str) -> None:
    """Raises `ApiError` naming `at`, the schema's place in the request, and the rule that is broken."""
    if not isinstance(schema, dict):
        raise invalid(f"{at}: Input should be a valid dictionary")
    optional = unions = 0
    for node in _nodes(schema):
        _check_node(node, at)
        optional += len(set(node.get("properties", ())) - set(node.get("required", ())))
        unions += "anyOf" in node or isinstance(node.get("type"), list)
    _check_references(schema, schema, at, ())
    if optional > MAX_OPTIONAL:
        raise invalid(f"{at}: Schemas contain too many optional parameters ({optional}; limit {MAX_OPTIONAL})")
    if unions > MAX_UNIONS:
        raise invalid(f"{at}: Schemas contain too many parameters with union types ({unions}; limit {MAX_UNIONS})")


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema within `schema`, itself first."""
    if not isinstance(schema, dict):
        return
    yield schema
    for _, inner in _inner(schema):
        yield from _nodes(inner)


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(keyword, schema) of each schema right below this one."""
    for name in ("properties", "$defs", "definitions"):
        if isinstance(schema.get(name), dict):
            yield from ((name, inner) for inner in schema[name].values())
    for name in ("anyOf", "allOf"):
        if isinstance(schema.get(name), list):
            yield from ((name, inner) for inner in schema[name])
    if "items" in schema:
        yield "items", schema["items"]


def _check_node(node: Mapping[str, Any], at: str) -> None:
    kinds = node["type"] if isinstance(node.get("type"), list) else [node.get("type")]
    for kind in kinds:
        if kind is not None and kind not in _TYPES:
            raise invalid(f"{at}: {kind!r} is not a JSON Schema type")
    for keyword in node.keys() & _UNSUPPORTED:
        shown = next((kind for kind in kinds if kind), "any")
        raise invalid(f"{at}: For '{shown}' type, property '{keyword}' is not supported")
    if "object" in kinds and node.get("additionalProperties") is not False:  # [issue: ax-llm/ax 458, word for word]
        raise invalid(f"{at}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    if not kinds[0] and not node.keys() & {"anyOf", "allOf", "$ref", "enum", "const"}:
        raise invalid(f"{at}: Schema must have a 'type', 'anyOf', 'allOf', '$ref', 'enum' or 'const'")
    _check_values(node, at)


def _check_values(node: Mapping[str, Any], at: str) -> None:
    if node.get("minItems", 0) not in {0, 1}:
        raise invalid(f"{at}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")
    if "format" in node and node["format"] not in _FORMATS:
        raise invalid(f"{at}: String format {node['format']!r} is not supported")
    if "pattern" in node and _BEYOND_PATTERN.search(node["pattern"]):  # plain patterns are taken [assumed]
        raise invalid(f"{at}: Pattern {node['pattern']!r} uses a feature that is not supported")
    if "enum" in node and not all(isinstance(value, _SCALARS) for value in node["enum"]):
        raise invalid(f"{at}: Enum values must be strings, numbers, booleans or null")
    if undeclared := set(node.get("required", ())) - set(node.get("properties", ())):
        raise invalid(f"{at}: 'required' names a property that is not declared: {min(undeclared)!r}")


def _check_references(node: Any, root: dict[str, Any], at: str, path: tuple[str, ...]) -> None:
    """References stay inside the schema and never come back to themselves [docs: no recursive schemas]."""
    if not isinstance(node, dict):
        return
    if (ref := node.get("$ref")) is not None:
        if ref in path:
            raise invalid(f"{at}: Recursive schemas are not supported: {ref}")
        _check_references(_target(ref, root, at), root, at, (*path, ref))
    for name, inner in _inner(node):
        if name not in {"$defs", "definitions"}:  # reached by reference alone
            _check_references(inner, root, at, path)


def _target(ref: str, root: dict[str, Any], at: str) -> Any:
    found: Any = root
    if not ref.startswith("#"):
        raise invalid(f"{at}: External $ref is not supported: {ref}")
    for step in filter(None, ref[1:].split("/")):
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    if found is None:
        raise invalid(f"{at}: $ref {ref} leads nowhere")
    return found
