"""A string that matches a regular expression: literals, classes, groups, alternatives and counts; what schemas use."""

import re
from collections.abc import Callable
from re import _parser  # type: ignore[attr-defined]  # the standard library's own reader of patterns; it has no public name
from typing import Any

from batchata.testing.dice import Dice

_WIDE = 3  # how far a count without an upper end goes beyond its lower one
_TRIES = 50  # look-around is not drawn but hoped for
_PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]


def matching(pattern: str, dice: Dice) -> str:
    """A string that `re.search(pattern, …)` finds. Raises `ValueError` for what is beyond literals, classes, groups,
    alternatives, counts and light look-around.
    """
    try:
        tree = _parser.parse(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} can't be read: {error}") from None
    for _ in range(_TRIES):
        drawn = _sequence(tree, dice)
        if re.search(pattern, drawn):
            return drawn
    raise ValueError(f"pattern {pattern!r} is beyond what the emulator can draw")


def _draw(kind: Any, value: Any, dice: Dice) -> str:
    maker = _MAKERS.get(str(kind))
    if maker is None:
        raise ValueError(f"{str(kind).lower()} in a pattern is beyond what the emulator can draw")
    return maker(value, dice)


def _sequence(tree: Any, dice: Dice) -> str:
    return "".join(_draw(kind, value, dice) for kind, value in tree)


def _repeat(value: Any, dice: Dice) -> str:
    low, high, tree = value
    count = dice.between(low, min(int(high), low + _WIDE))
    return "".join(_sequence(tree, dice) for _ in range(count))


def _one_of(options: Any, dice: Dice) -> str:
    negated = str(options[0][0]) == "NEGATE"
    found = {char for char in _PRINTABLE if any(_holds(option, char) for option in options)}
    if not negated and not found:  # a class of characters beyond ASCII
        kind, value = options[0]
        return chr(value[0] if str(kind) == "RANGE" else value)
    allowed = [char for char in _PRINTABLE if (char in found) is not negated]
    return dice.pick(allowed)


def _holds(option: Any, char: str) -> bool:
    kind, value = str(option[0]), option[1]
    if kind == "LITERAL":
        return ord(char) == int(value)
    if kind == "RANGE":
        return bool(value[0] <= ord(char) <= value[1])
    classes = {"CATEGORY_DIGIT": r"\d", "CATEGORY_WORD": r"\w", "CATEGORY_SPACE": r"\s"}
    classes |= {name.replace("CATEGORY_", "CATEGORY_NOT_"): code.upper() for name, code in classes.items()}
    return kind == "CATEGORY" and re.fullmatch(classes[str(value)], char) is not None


_MAKERS: dict[str, Callable[[Any, Dice], str]] = {
    "LITERAL": lambda value, _: chr(value),
    "NOT_LITERAL": lambda value, dice: dice.pick([char for char in _PRINTABLE if ord(char) != value]),
    "ANY": lambda _, dice: dice.pick(_PRINTABLE),
    "AT": lambda _value, _dice: "",
    "ASSERT": lambda _value, _dice: "",
    "ASSERT_NOT": lambda _value, _dice: "",
    "IN": _one_of,
    "CATEGORY": lambda value, dice: _one_of([("CATEGORY", value)], dice),
    "BRANCH": lambda value, dice: _sequence(dice.pick(value[1]), dice),
    "SUBPATTERN": lambda value, dice: _sequence(value[3], dice),
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
}
