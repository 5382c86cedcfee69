"""The providers' dialects, each with the source of its rules."""

import re
from typing import Any

from batchata.output.dialect import INT64, Dialect
from batchata.output.tree import Schema

_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_NUMBERS = frozenset({"integer", "number"})
_ISO_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})


def _anthropic(keyword: str, value: Any, shape: Schema) -> Schema | None:  # noqa: ARG001 - the shape of Enforces
    # "minItems (only values 0 and 1)"; every other bound is a 400
    return {keyword: value} if keyword == "minItems" and value in (0, 1) else None


# Source: Anthropic's documentation of structured outputs ("JSON Schema limitations", "Schema complexity limits") and
# `anthropic.lib._parse._transform` of the SDK, which drops the same keywords.
ANTHROPIC = Dialect(
    name="Anthropic",
    enforces=_anthropic,
    formats=_ISO_FORMATS | {"uri"},
    ref_siblings=False,
    limits=(("unions", 16), ("optionals", 24)),
)

_LOOKS_AROUND = re.compile(r"\(\?(?!:)|\\[1-9]|\\[pPkK]")  # any group but (?:…), back references, Unicode classes


def _openai(keyword: str, value: Any, shape: Schema) -> Schema | None:
    kind = shape.get("type")
    if keyword == "pattern":  # "Invalid JSON schema: regex lookaround is not supported"
        return {keyword: value} if kind == "string" and not _LOOKS_AROUND.search(value) else None
    if keyword in _BOUNDS | {"multipleOf"}:
        return {keyword: value} if kind in _NUMBERS and INT64.start <= value < INT64.stop else None
    return {keyword: value} if keyword in ("minItems", "maxItems") and kind == "array" else None


# Source: OpenAI's guide to structured outputs ("Supported schemas": supported properties, objects have limitations on
# nesting depth and size, on total string size, on enum size), `openai.lib._pydantic.to_strict_json_schema` of the SDK, and
# `JsonSchemaValidator` of OpenAI's Java SDK: an object needs a property, references add no level. A node without a type
# ("schema must have a 'type' key") and `format: uri` ("is not a valid format") are refused.
OPENAI = Dialect(
    name="OpenAI",
    enforces=_openai,
    formats=_ISO_FORMATS,
    recursion=True,
    empty_objects=False,
    object_root=True,
    all_required=True,
    ref_siblings=False,
    typed_choices=True,
    decimal_pattern="^-?[0-9]{1,28}([.][0-9]{1,28})?$",
    limits=(
        ("properties", 5_000),
        ("levels", 10),
        ("choices", 1_000),
        ("longest list", 15_000),
        ("characters", 120_000),
    ),
)

# Bounds of arrays and strings are unrolled to states, and a schema of too many states is a 400 for every job: "schemas with
# long array length limits (especially when nested)". Larger ones, and those of arrays of objects, are told in words.
_UNROLLED_MAX = 10
_EXACT_MAX = 2**53  # Schema.minimum and .maximum are doubles


def _gemini(keyword: str, value: Any, shape: Schema) -> Schema | None:
    match keyword, shape.get("type"):
        case ("minimum" | "maximum", "integer" | "number") if abs(value) <= _EXACT_MAX:
            return {keyword: value}
        case ("exclusiveMinimum" | "exclusiveMaximum", "integer") if value == int(value) and abs(value) < _EXACT_MAX:
            return {"minimum": int(value) + 1} if keyword == "exclusiveMinimum" else {"maximum": int(value) - 1}
        case ("minLength" | "maxLength", "string") if value <= _UNROLLED_MAX:
            return {keyword: value}
        case ("minItems" | "maxItems", "array"):
            small = value <= _UNROLLED_MAX and _flat(shape["items"])
            return {keyword: value} if small or (keyword == "minItems" and value <= 1) else None
        case ("pattern", "string"):
            pattern = _simple(value)
            return None if pattern is None else {keyword: pattern}
        case _:
            return None


def _flat(items: Schema) -> bool:
    return all(branch.get("type", "$ref") not in ("object", "array", "$ref") for branch in items.get("anyOf", [items]))


# Source: the `Schema` of the Gemini API (`google.genai.types.Schema` and `_transformers.process_schema` of the SDK), and its
# refusals: "properties: should be non-empty for OBJECT type", "enum: only allowed for STRING type", "enum[0]: cannot be
# empty", "When using any_of, it must be the only field set". Of the formats only date-time is known to be heeded.
GEMINI = Dialect(
    name="Gemini",
    enforces=_gemini,
    formats=frozenset({"date-time"}),
    empty_objects=False,
    typed_choices=True,
    openapi=True,
    decimal_pattern="^-?[0-9]+([.][0-9]+)?$",
)

_REPEATS_MAX = 1_000  # llama.cpp refuses grammars with more repetitions than "sane defaults" (2,000)
_ESCAPED = re.compile(r"\[[^]]*]|\\.")  # a class, which stays as it is, or an escape
_UNESCAPED = {r"\d": "[0-9]", r"\.": "[.]", r"\-": "-", r"\/": "/"}
# Literals, classes, groups and counts. Not: `.` and `[^…]`, which let a bare quote into the string and break its JSON;
# escapes, for which llama.cpp silently ignores the whole pattern (tried: \w, \b, \s, \d).
_SAFE_PATTERN = re.compile(
    r"\^(?:[A-Za-z0-9 _:/@#,;=%~-]|\[[A-Za-z0-9 _:/@#,;=%~.+-]+\]|\((?!\?)|[)|?*+]|\{\d{1,3}(?:,\d{1,3})?\})+\$"
)


def _llama_cpp(keyword: str, value: Any, shape: Schema) -> Schema | None:
    if keyword in _BOUNDS:
        whole = shape.get("type") == "integer" and value == int(value) and int(value) in INT64
        return {keyword: int(value)} if whole else None
    if keyword in ("minLength", "maxLength", "minItems", "maxItems"):
        return {keyword: value} if value <= _REPEATS_MAX else None
    pattern = _simple(value) if keyword == "pattern" else None
    return None if pattern is None else {keyword: pattern}


def _simple(pattern: str) -> str | None:
    """`pattern` in the part of regular expressions that every engine reads alike, if it can be said in it."""
    pattern = _ESCAPED.sub(lambda found: _UNESCAPED.get(found[0], found[0]), pattern)
    return pattern if _SAFE_PATTERN.fullmatch(pattern) and not _top_level_choice(pattern) else None


def _top_level_choice(pattern: str) -> bool:
    """`^a|b$` means "starts with a, or ends with b", which a grammar reads otherwise."""
    depth = 0
    for character in pattern:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            return True
    return False


# Source: tried with the embedded server (see the reasons above); the same holds for `llama-server`.
LLAMA_CPP = Dialect(
    name="llama.cpp",
    enforces=_llama_cpp,
    formats=frozenset({"date-time", "time", "date", "uuid"}),
    recursion=True,
    open_objects=True,
    tuples=True,
    plain_choices=False,
    decimal_pattern="^-?[0-9]{1,28}([.][0-9]{1,28})?$",
)
