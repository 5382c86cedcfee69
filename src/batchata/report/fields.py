"""An answer as the lines that people see: each value under its path, as text that no number loses digits in."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from batchata.grounding.paths import path_text

MOST = 2_000  # values of one answer
LONGEST = 20_000  # characters of one value

Line: TypeAlias = tuple[str, str, int, str | None, str]
"""(path, name, depth, kind, text); kind None: a heading over the lines that are one deeper."""


def lines(answer: Any) -> tuple[list[Line], bool]:
    """The values of a parsed answer, and whether there are more of them than are shown."""
    shown: list[Line] = []
    if not isinstance(answer, dict | list):
        return shown, False
    for line in _within(answer, (), 0):
        if len(shown) == MOST:
            return shown, True
        shown.append(line)
    return shown, False


def _within(value: dict[str, Any] | list[Any], path: tuple[str | int, ...], depth: int) -> Iterator[Line]:
    items: Iterator[tuple[str | int, Any]] = iter(value.items() if isinstance(value, dict) else enumerate(value))
    for step, item in items:
        here = (*path, step)
        name = f"[{step}]" if isinstance(step, int) else step
        if isinstance(item, dict | list) and item:
            yield path_text(here), name, depth, None, ""
            yield from _within(item, here, depth + 1)
        else:
            yield path_text(here), name, depth, *_leaf(item)


def _leaf(value: Any) -> tuple[str, str]:
    match value:
        case None:
            return "none", "none"
        case bool():
            return "bool", "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 1e15:
            return "number", str(int(value))
        case int() | float():
            return "number", repr(value)
        case str():
            return "text", cut(value, LONGEST)
        case _:
            return "none", "empty list" if isinstance(value, list) else "empty"


def cut(text: str, most: int) -> str:
    """`text`, or its beginning and how much more there is."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more characters)"
