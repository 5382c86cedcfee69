"""What a dialect can't enforce, as words for the model: phrases that stand in a field's description."""

import json
from collections.abc import Iterable
from typing import Any

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
    "date": "an ISO 8601 date, such as 2024-01-31",
    "time": "an ISO 8601 time, such as 14:30:00Z",
    "duration": "an ISO 8601 duration, such as P1DT2H30M",
    "uri": "a URL with its scheme, such as https://example.org/a",
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


def note(keyword: str, value: Any) -> str:
    """What is no constraint: examples, and what the user put there with json_schema_extra."""
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{keyword.capitalize()}: {shown}"


def default(value: Any) -> str:
    """A default, for a model that may leave nothing out."""
    return f"Default: {_json(value)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # orjson has no integers beyond 64 bits


def one_of(values: Iterable[Any]) -> str:
    return f"one of {', '.join(_json(value) for value in values)}"


def joined(description: str | None, phrases: list[str], notes: Iterable[str] = ()) -> str | None:
    told = [f"Must be: {'; '.join(phrases)}."] if phrases else []
    return "\n\n".join([*([description] if description else []), *told, *notes]) or None
