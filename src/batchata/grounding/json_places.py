"""Where the values of a JSON text stand in it, by path: an answer in JSON says itself which field a part of it is."""

import json
import re
from collections.abc import Iterator
from typing import Final

from batchata.grounding.paths import Step, path_text

_NAME: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_SPACE: Final = re.compile(r"[\s,]*")
_DEEPEST: Final = 64
_decoder: Final = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)


def json_places(text: str) -> dict[str, tuple[int, int]]:
    """The ranges of the leaves, each with its name before it; empty where the text holds no JSON object or list."""
    opening = re.search(r"[{\[]\s*[\"{\[\]}]", text)
    return dict(_leaves(text, opening.start(), opening.start(), ())) if opening else {}


def _leaves(text: str, begin: int, place: int, steps: tuple[Step, ...]) -> Iterator[tuple[str, tuple[int, int]]]:
    """`begin`: where the value's name stands, if it has one; `place`: where the value does."""
    if text[place : place + 1] not in ("{", "["):
        end = _end(text, place)
        if end > place:
            yield path_text(steps), (begin, end)
        return
    named = text[place] == "{"
    place, index = place + 1, 0
    while len(steps) < _DEEPEST:
        start = place = _past(text, place)
        if named:
            name = _NAME.match(text, place)
            if not name:
                return
            step: Step = json.loads(name[1], strict=False)
            place = name.end()
        else:
            step, index = index, index + 1
        end = _end(text, place)
        if end == place:
            return
        yield from _leaves(text, start, place, (*steps, step))
        place = end


def _past(text: str, place: int) -> int:
    space = _SPACE.match(text, place)
    return space.end() if space else place


def _end(text: str, place: int) -> int:
    try:
        return _decoder.raw_decode(text, place)[1]
    except (ValueError, RecursionError):
        return place
