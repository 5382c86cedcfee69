"""Quotes in the schema: one strict schema asks for the typed answer and, beside it, the words that support each field.

    {"answer": <the answer>, "quotes": [{"quote": "due in thirty (30) days", "fields": ["terms.days"]}]}

Beside, not within: wrapping each field in an object of value and quote would change every type, triple the properties and
deepen the nesting, where providers limit both. Here two properties are added, both required, without unions, optional
fields or free keys, so that every dialect can enforce them; a sentence that supports five fields is written once; and the
answer's part is the user's own schema, read as if nothing were beside it. The answer comes first: paths then name what
is already written.

An answer in prose has no fields: `PROSE_SCHEMA` asks for the text and the quotes it rests on.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from batchata.grounding.paths import path_text, read_path

ANSWER: Final = "answer"
QUOTES: Final = "quotes"
_DEFINITIONS: Final = ("$defs", "definitions")
_MOST_QUOTES: Final = 10_000

_QUOTE_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "array",
    "description": (
        "For every value in the answer that is not null: the words of the document that it rests on. "
        "Leave out values that the document does not state."
    ),
    "items": {
        "type": "object",
        "properties": {
            "quote": {
                "type": "string",
                "description": (
                    "Copied verbatim from the document, with the value in it: one phrase or sentence, as short as it can be "
                    "while it still shows what the value is of."
                ),
            },
            "fields": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The paths in the answer that it supports, such as line_items[2].amount (counted from 0).",
            },
        },
        "required": ["quote", "fields"],
        "additionalProperties": False,
    },
}


PROSE_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        ANSWER: {"type": "string", "description": "The whole answer, as it would be given without quotes."},
        QUOTES: {
            "type": "array",
            "items": {"type": "string"},
            "description": (
                "The words of the document that the answer rests on, copied verbatim: short phrases or sentences, one for "
                "each thing that it says."
            ),
        },
    },
    "required": [ANSWER, QUOTES],
    "additionalProperties": False,
}
"""Asks for an answer in prose and its quotes: `{"answer": "In thirty days.", "quotes": ["due in thirty (30) days"]}`."""

INSTRUCTION: Final = "Put the answer into `answer`. Put the words of the document that it rests on into `quotes`: short, and copied verbatim."
"""What to tell the model beside either schema, where the wire does not show it the schema's descriptions."""


def quoting_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema that asks for what `schema` asks for and for quotes; to be translated to a provider's dialect after."""
    answer = {key: value for key, value in schema.items() if key not in (*_DEFINITIONS, "$schema", "$id")}
    shared = {key: schema[key] for key in _DEFINITIONS if key in schema}
    return {
        "type": "object",
        "properties": {ANSWER: answer, QUOTES: json.loads(json.dumps(_QUOTE_SCHEMA))},
        "required": [ANSWER, QUOTES],
        "additionalProperties": False,
        **shared,
    }


def split_quotes(text: str) -> tuple[str, list[tuple[str, str]]]:
    """An answer to such a schema as the plain answer's own JSON text, and pairs of field path and quote.

    Never raises: what is no such answer comes back as it is, with no quotes; of a text that was cut, whatever is whole.
    """
    start = text.find("{")
    if start < 0:
        return text, []
    members = _members(text, start)
    if ANSWER not in members:
        return text, []
    begin, end = members[ANSWER]
    pairs = _pairs(text, members[QUOTES][0]) if QUOTES in members else []
    return text[begin:end], pairs


def split_prose(text: str) -> tuple[str, list[str]]:
    """An answer to `PROSE_SCHEMA` as its own text and the quotes. Never raises: what is no such answer comes back as it is."""
    start = text.find("{")
    said, _ = _read(text, start) if start >= 0 else (None, 0)
    if not isinstance(said, dict) or not isinstance(said.get(ANSWER), str):
        return text, []
    given = said.get(QUOTES)
    quotes = given[:_MOST_QUOTES] if isinstance(given, list) else []
    kept = (_whole(quote) for quote in quotes if isinstance(quote, str) and quote.strip())
    return _whole(said[ANSWER]), list(dict.fromkeys(kept))


def _members(text: str, start: int) -> dict[str, tuple[int, int]]:
    """Where the values of an object's members stand; of the last the end may be missing."""
    found: dict[str, tuple[int, int]] = {}
    place = _past(text, start + 1)
    while text[place : place + 1] == '"':
        name, place = _read(text, place)
        place = _past(text, place)
        if not isinstance(name, str) or text[place : place + 1] != ":":
            break
        begin = _past(text, place + 1)
        _, end = _read(text, begin)
        if end == begin:  # cut, or no JSON
            if name == QUOTES:
                found[name] = (begin, len(text))
            break
        found[name] = (begin, end)
        place = _past(text, end)
        if text[place : place + 1] != ",":
            break
        place = _past(text, place + 1)
    return found


def _pairs(text: str, place: int) -> list[tuple[str, str]]:
    """The items of the list of quotes, as far as they are whole and of the right form."""
    pairs: dict[tuple[str, str], None] = {}
    if text[place : place + 1] != "[":
        return []
    for _ in range(_MOST_QUOTES):
        begin = _past(text, place + 1)
        item, place = _read(text, begin)
        if place == begin:
            break
        pairs |= dict.fromkeys(_said(item))
        place = _past(text, place)
        if text[place : place + 1] != ",":
            break
    return list(pairs)


def _said(item: Any) -> list[tuple[str, str]]:
    if not isinstance(item, dict) or not isinstance(item.get("quote"), str) or not item["quote"].strip():
        return []
    fields = item.get("fields")
    named = [fields] if isinstance(fields, str) else fields if isinstance(fields, list) else []
    return [
        (_path(_whole(field)), _whole(item["quote"])) for field in named if isinstance(field, str) and field.strip()
    ]


def _whole(text: str) -> str:
    """Without half characters, such as an escaped emoji cut in two: no file could hold them."""
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")


def _path(field: str) -> str:
    steps = read_path(field)
    return path_text(steps[1:] if len(steps) > 1 and steps[0] == ANSWER else steps)


def _read(text: str, place: int) -> tuple[Any, int]:
    """The JSON value at this place and where it ends; the same place if there is none."""
    try:
        value, end = _decoder.raw_decode(text, place)
    except (ValueError, RecursionError):
        return None, place
    return value, end


def _past(text: str, place: int) -> int:
    while text[place : place + 1] in (" ", "\n", "\r", "\t"):
        place += 1
    return place


# Numbers are passed over: only where they end is asked, and Python reads no integer of more than 4,300 digits.
_decoder: Final = json.JSONDecoder(strict=False, parse_int=len, parse_float=len)
