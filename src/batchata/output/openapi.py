"""A finished schema in the spelling of OpenAPI 3.0, as Gemini's `responseSchema` takes it.

References are written out, null becomes `nullable`, types are upper-case, and nothing stands beside `anyOf`.
"""

import itertools
from collections.abc import Iterator

from batchata.errors import ValidationError
from batchata.output.tree import Schema, beside, resolved, without
from batchata.output.words import joined, one_of

_NODES_MAX = 10_000
_NO_FIELDS = ("additionalProperties", "enum")  # spelled otherwise, or not at all


def openapi(root: Schema, defs: Schema, name: str) -> Schema:
    """`root` without its references. Raises `ValidationError` where classes within classes make it too long to write out."""
    return _written(root, defs, _counter(name))


def _counter(name: str) -> Iterator[int]:
    yield from range(_NODES_MAX)
    raise ValidationError(
        f"response_model: {name} has more than {_NODES_MAX:,} parts when every class is written out where it is used, as "
        "Gemini wants it. Use fewer classes within classes, or split the model over two jobs."
    )


def _written(node: Schema, defs: Schema, count: Iterator[int]) -> Schema:
    next(count)
    node = resolved(node, defs)
    if "anyOf" in node:
        return _union(node, [_written(branch, defs, count) for branch in node["anyOf"]])
    spelled: Schema = {**without(node, *_NO_FIELDS), "type": node["type"].upper()}
    if "enum" in node:
        return _choice(spelled, node["enum"])
    if "items" in node:
        spelled["items"] = _written(node["items"], defs, count)
    if "properties" in node:
        spelled["properties"] = {name: _written(part, defs, count) for name, part in node["properties"].items()}
        spelled["propertyOrdering"] = list(node["properties"])
        if not node["required"]:
            del spelled["required"]
    return spelled


def _choice(spelled: Schema, values: list[object]) -> Schema:
    """Only texts, and no empty one, can be enumerated; other choices are told."""
    if spelled["type"] == "STRING" and "" not in values:
        return {**spelled, "format": "enum", "enum": values}
    return {**spelled, "description": joined(spelled.get("description"), [one_of(values)])}


def _union(node: Schema, branches: list[Schema]) -> Schema:
    """What is said of a union is said of each branch, because `anyOf` must be the only key beside it."""
    flat = list(itertools.chain.from_iterable(branch.get("anyOf", [branch]) for branch in branches))
    rest = [branch for branch in flat if branch["type"] != "NULL"]
    if not rest:
        return {**flat[0], **without(node, "anyOf")}
    beside_each = {**without(node, "anyOf"), **({"nullable": True} if len(rest) < len(flat) else {})}
    told = [beside(branch, beside_each) for branch in rest]
    return told[0] if len(told) == 1 else {"anyOf": told}
