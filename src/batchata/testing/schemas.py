"""A value that fits a JSON Schema, drawn by dice: what a model under constrained decoding would answer with."""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

from batchata.testing.dice import Dice
from batchata.testing.patterns import matching
from batchata.testing.prose import phrase

Schema = Mapping[str, Any] | bool

# Below this depth lists are empty, unions take their plainest branch and optional fields stay out, so that a schema that
# refers to itself comes to an end.
_DEEP = 5


class SchemaError(ValueError):
    """The schema can't be followed: a reference that leads nowhere, or a keyword that allows no value."""


def fit(schema: Schema, dice: Dice) -> Any:
    """A value that fits `schema`. Raises `SchemaError`."""
    return _Drawing(schema, dice).value(schema, 0)


class _Drawing:
    def __init__(self, root: Schema, dice: Dice) -> None:
        self._root = root
        self._dice = dice

    def value(self, schema: Schema, depth: int) -> Any:
        if depth > 60:
            raise SchemaError("the schema refers to itself without an end")
        if isinstance(schema, bool):
            return phrase(self._dice)
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._dice.pick(_some(schema["enum"]))
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return self.value(self._branch(schema, union, depth), depth + 1)
        return self._typed(schema, depth)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """`schema` with `$ref` and `allOf` folded into it."""
        parts: list[Schema] = []
        if "$ref" in schema:
            parts.append(self._target(schema["$ref"]))
        parts += schema.get("allOf", ())
        merged = {key: value for key, value in schema.items() if key not in {"$ref", "allOf", "$defs"}}
        for part in parts:
            if not isinstance(part, bool):
                merged = _merge(merged, self._resolved(part))
        return merged

    def _target(self, ref: str) -> Schema:
        found: Any = self._root
        if not ref.startswith("#"):
            raise SchemaError(f"$ref {ref!r} is not inside the schema")
        for step in filter(None, ref[1:].split("/")):
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            found = found[int(key)] if isinstance(found, list) else found.get(key)
            if found is None:
                raise SchemaError(f"$ref {ref!r} leads nowhere")
        return found  # type: ignore[no-any-return]

    def _branch(self, schema: Mapping[str, Any], union: str, depth: int) -> Schema:
        branches = list(_some(schema[union]))
        if depth > _DEEP:
            branches = [min(branches, key=_weight)]
        elif any(_is(branch, "number", "integer") for branch in branches):
            # "a number or a string" is how decimals are written down: a model would not answer with words
            branches = [branch for branch in branches if not _is(branch, "string")]
        rest = {key: value for key, value in schema.items() if key != union}
        chosen = self._dice.pick(branches)
        return chosen if isinstance(chosen, bool) else _merge(rest, self._resolved(chosen))

    def _typed(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type") or _implied(schema)
        if isinstance(kind, list):
            kind = "null" if depth > _DEEP and "null" in kind else self._dice.pick(kind)
        makers: dict[str, Callable[[], Any]] = {
            "object": lambda: self._object(schema, depth),
            "array": lambda: self._array(schema, depth),
            "string": lambda: self._string(schema),
            "integer": lambda: _whole(self._dice, schema),
            "number": lambda: _number(self._dice, schema),
            "boolean": lambda: self._dice.chance(0.5),
            "null": lambda: None,
        }
        if kind not in makers:
            raise SchemaError(f"type {kind!r} is not a JSON Schema type")
        return makers[kind]()

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = set(schema.get("required", ()))
        drawn = {
            name: self.value(field, depth + 1)
            for name, field in properties.items()
            if name in required or (depth <= _DEEP and self._dice.chance(0.7))
        }
        open_values = schema.get("additionalProperties", False)
        if not properties and open_values is not False:
            for number in range(self._dice.between(schema.get("minProperties", 0), 2)):
                drawn[self._key(schema, number)] = self.value(open_values, depth + 1)
        return drawn

    def _key(self, schema: Mapping[str, Any], number: int) -> str:
        named = schema.get("propertyNames")
        return str(self.value({"type": "string", **named}, 0)) if named else f"key_{number}"

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        first = [self.value(item, depth + 1) for item in schema.get("prefixItems", ())]
        low = max(schema.get("minItems", 0), len(first))
        high = min(schema.get("maxItems", low + 3), low + 3)
        count = low if depth > _DEEP else self._dice.between(low, max(low, high))
        items: Schema = schema.get("items", True)
        drawn = first + [self.value(items, depth + 1) for _ in range(count - len(first))]
        return _unique(drawn) if schema.get("uniqueItems") else drawn

    def _string(self, schema: Mapping[str, Any]) -> str:
        if maker := _FORMATS.get(schema.get("format", "")):
            return maker(self._dice)
        if "pattern" in schema:
            return matching(schema["pattern"], self._dice)
        text = phrase(self._dice)
        while len(text) < schema.get("minLength", 0):
            text += " " + phrase(self._dice)
        return text[: schema.get("maxLength", len(text))]


def _some(options: list[Any]) -> list[Any]:
    if not options:
        raise SchemaError("an empty enum, anyOf or oneOf allows no value")
    return options


def _is(schema: Schema, *kinds: str) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") in kinds


def _weight(schema: Schema) -> int:
    """How plain a branch is: null first, then scalars, then lists, then objects and references."""
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    order = {"null": 0, "boolean": 1, "integer": 1, "number": 1, "string": 1, "array": 2}
    return order.get(kind, 3) if isinstance(kind, str) else 3


def _merge(into: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**other, **into}
    for name in ("properties", "required"):
        if name in into and name in other:
            both = into[name], other[name]
            merged[name] = {**both[1], **both[0]} if name == "properties" else [*both[0], *both[1]]
    return merged


def _implied(schema: Mapping[str, Any]) -> str:
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else "string"


def _unique(items: list[Any]) -> list[Any]:
    return [item for place, item in enumerate(items) if item not in items[:place]]


def _bounds(schema: Mapping[str, Any]) -> tuple[float, float]:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        low = 0 if high is None or high >= 0 else high - 1000
    return low, low + 1000 if high is None else high


def _whole(dice: Dice, schema: Mapping[str, Any]) -> int:
    low, high = _bounds(schema)
    step = int(schema.get("multipleOf", 1)) or 1
    first = -(-int(low + ("exclusiveMinimum" in schema)) // step)
    last = int(high - ("exclusiveMaximum" in schema)) // step
    return dice.between(first, max(first, last)) * step


def _number(dice: Dice, schema: Mapping[str, Any]) -> float:
    if "multipleOf" in schema:
        low, high = _bounds(schema)
        step = schema["multipleOf"]
        return float(round(dice.between(int(low / step) + 1, int(high / step)) * step, 6))
    low, high = _bounds(schema)
    # strictly inside the bounds, with two decimals where they leave room for them
    drawn = low + (high - low) * (0.01 + 0.98 * dice.fraction())
    return round(drawn, 2) if high - low >= 1 else drawn


def _day(dice: Dice) -> str:
    return (date(2000, 1, 1) + timedelta(days=dice.between(0, 12_000))).isoformat()


def _clock(dice: Dice) -> str:
    return f"{dice.between(0, 23):02}:{dice.between(0, 59):02}:{dice.between(0, 59):02}Z"


def _uuid(dice: Dice) -> str:
    text = dice.hex(32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _name(dice: Dice) -> str:
    return re.sub(r"[^a-z]", "", phrase(dice).lower()) or "x"


_FORMATS: dict[str, Callable[[Dice], str]] = {
    "date": _day,
    "time": _clock,
    "date-time": lambda dice: f"{_day(dice)}T{_clock(dice)}",
    "duration": lambda dice: f"P{dice.between(1, 30)}DT{dice.between(1, 23)}H",
    "email": lambda dice: f"{_name(dice)[:20]}@example.com",
    "hostname": lambda dice: f"{_name(dice)[:20]}.example.com",
    "uri": lambda dice: f"https://example.com/{_name(dice)[:20]}",
    "ipv4": lambda dice: f"192.0.2.{dice.between(1, 254)}",
    "ipv6": lambda dice: f"2001:db8::{dice.between(1, 0xFFFF):x}",
    "uuid": _uuid,
    "byte": lambda dice: base64.b64encode(dice.hex(8).encode()).decode(),
    "binary": lambda dice: dice.hex(8),
}
