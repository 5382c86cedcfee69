"""Walking and joining parts of a JSON Schema."""

from collections.abc import Iterable, Iterator
from typing import Any

Schema = dict[str, Any]
DEFS = "#/$defs/"


def without(part: Schema, *keys: str) -> Schema:
    return {key: value for key, value in part.items() if key not in keys}


def beside(target: Schema, node: Schema) -> Schema:
    """`target` with what `node` says of it, both descriptions kept."""
    said = [text for text in (target.get("description"), node.get("description")) if text]
    return {**target, **node, **({"description": "\n\n".join(said)} if said else {})}


def resolved(node: Schema, defs: Schema) -> Schema:
    """`node` itself, or what it refers to with what it says beside that."""
    while "$ref" in node:  # a RootModel of a model is a definition that refers to another
        node = beside(defs[node["$ref"].removeprefix(DEFS)], without(node, "$ref"))
    return node


def nodes(parts: Iterable[Any]) -> Iterator[Schema]:
    """Every schema below `parts`, each once, from the top in the order of the fields."""
    for part in parts:
        if not isinstance(part, dict):
            continue
        yield part
        yield from nodes(part.get("properties", {}).values())
        yield from nodes(part.get("anyOf", ()))
        yield from nodes(part.get("prefixItems", ()))
        yield from nodes([part.get("items"), part.get("additionalProperties")])


def reachable(part: Any, defs: Schema) -> set[str]:
    """The names of the definitions that `part` leads to."""
    found: set[str] = set()
    open_ = [part]
    while open_:
        for name in _refs(open_.pop()):
            if name not in found:
                found.add(name)
                open_.append(defs[name])
    return found


def _refs(part: Any) -> Iterator[str]:
    """Where `part` itself refers to. Field names are no keywords: a field may be called `default`."""
    if isinstance(part, list):
        for value in part:
            yield from _refs(value)
    if not isinstance(part, dict):
        return
    if isinstance(ref := part.get("$ref"), str):
        yield ref.removeprefix(DEFS)
    for key in ("properties", "patternProperties"):
        yield from _refs(list(part.get(key, {}).values()))
    for key in ("anyOf", "oneOf", "allOf", "prefixItems", "items", "additionalProperties"):
        yield from _refs(part.get(key))
