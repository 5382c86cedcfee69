"""What each provider's structured output enforces of JSON Schema, as data; and the words for what it does not."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Enforces = Callable[[str, Any, str], Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One provider's subset of JSON Schema.

    `enforces(keyword, value, type)` gives the value to send for a constraint, or None where it must be told in words.
    `formats` are those enforced. `union_limit` and `optional_limit` are the most unions and optional properties one schema
    may hold. `ref_siblings`: whether a `$ref` may carry a description.
    """

    name: str
    enforces: Enforces
    formats: frozenset[str]
    recursion: bool
    open_objects: bool
    tuples: bool
    ref_siblings: bool
    plain_values_only: bool  # enum and const hold no lists or objects
    decimal_pattern: str | None = None
    union_limit: int | None = None
    optional_limit: int | None = None


def _anthropic(keyword: str, value: Any, type_: str) -> Any:  # noqa: ARG001 - the shape of Enforces
    # "minItems (only values 0 and 1)"; every other bound is a 400
    return value if keyword == "minItems" and value in (0, 1) else None


# Source: Anthropic's documentation of structured outputs ("JSON Schema limitations", "Schema complexity limits") and
# `anthropic.lib._parse._transform` of the SDK, which drops the same keywords.
ANTHROPIC = Dialect(
    name="Anthropic",
    enforces=_anthropic,
    formats=frozenset(
        {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"},
    ),
    recursion=False,
    open_objects=False,
    tuples=False,
    ref_siblings=False,
    plain_values_only=True,
    union_limit=16,
    optional_limit=24,
)

_REPEATS_MAX = 1_000  # llama.cpp refuses grammars with more repetitions than "sane defaults" (2,000)
_ESCAPED = re.compile(r"\[[^]]*]|\\.")  # a class, which stays as it is, or an escape
_UNESCAPED = {r"\d": "[0-9]", r"\.": "[.]", r"\-": "-", r"\/": "/"}
INT64 = range(-(2**63), 2**63)
# Literals, classes, groups and counts. Not: `.` and `[^…]`, which let a bare quote into the string and break its JSON;
# escapes, for which the whole pattern is silently ignored (tried: \w, \b, \s, \d).
_SAFE_PATTERN = re.compile(
    r"\^(?:[A-Za-z0-9 _:/@#,;=%~-]|\[[A-Za-z0-9 _:/@#,;=%~.+-]+\]|\((?!\?)|[)|?*+]|\{\d{1,3}(?:,\d{1,3})?\})+\$"
)


def _llama_cpp(keyword: str, value: Any, type_: str) -> Any:
    match keyword:
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return int(value) if type_ == "integer" and value == int(value) and int(value) in INT64 else None
        case "minLength" | "maxLength" | "minItems" | "maxItems":
            return value if value <= _REPEATS_MAX else None
        case "pattern":
            pattern = _ESCAPED.sub(lambda found: _UNESCAPED.get(found[0], found[0]), value)
            return pattern if _SAFE_PATTERN.fullmatch(pattern) and not _top_level_choice(pattern) else None
        case _:
            return None


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
    ref_siblings=True,
    plain_values_only=False,
    decimal_pattern="^-?[0-9]{1,28}([.][0-9]{1,28})?$",
)

_WORDS: dict[str, str] = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters long",
    "maxLength": "at most {} characters long",
    "pattern": "matching the regular expression {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
    "max_digits": "at most {} digits in all",
    "decimal_places": "at most {} digits after the point",
    "contentMediaType": "text that is itself {}",
}
_FORMAT_WORDS = {
    "decimal": 'a decimal number in digits, such as "-1234.50", without currency sign or thousands separators',
    "duration": "an ISO 8601 duration, such as P1DT2H30M",
    "base64": "base64",
    "base64url": "URL-safe base64",
}
CONSTRAINTS = frozenset(_WORDS) | {"uniqueItems", "format", "propertyNames"}


def in_words(keyword: str, value: Any) -> str:
    """One constraint as a phrase that can follow "Must be:"."""
    if keyword == "format":
        return _FORMAT_WORDS.get(value, f"in the format {value}")
    if keyword == "uniqueItems":
        return "no item twice"
    if keyword == "propertyNames":
        return f"an object whose keys fit {value}"
    return _WORDS[keyword].format(value)
