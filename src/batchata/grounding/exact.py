"""The words that must agree exactly, however a quote was bent: numbers, dates, money, percentages, negations, check marks.

Fuzzy matching alone takes "within 60 days" for "within 30 days". So whatever else is forgiven, these are not.
"""

import re
from collections.abc import Sequence

from batchata.grounding.lexicon import (
    ALIKE,
    AMBIGUOUS,
    BENIGN,
    CHECKS,
    COUNTED,
    LIMITS,
    LITTLE,
    MEASURES,
    MONTHS,
    NEGATIONS,
    SCALES,
    SIGNS,
    UNITS,
)

_GROUP, _FIRST_GROUP = re.compile(r"\d{3}(?:\.\d+)?"), re.compile(r"-?\d{1,3}")


def is_numeric(word: str) -> bool:
    """A word that says a number, a date, an amount or a share, or a part of one."""
    return (
        any(map(str.isnumeric, word))
        or not word[0].isalnum()
        or word in UNITS
        or word in SCALES
        or word in MONTHS
        or word in MEASURES
    )


def is_only_beside_numbers(word: str) -> bool:
    """`may` is a month in "May 5", else it is none."""
    return word in AMBIGUOUS


def is_negation(word: str) -> bool:
    return word in NEGATIONS or word[0] in CHECKS


def is_limit(word: str) -> bool:
    """A word without which more is said: a negation, or `only`, `at least`."""
    return is_negation(word) or word in LIMITS


def is_exact(word: str) -> bool:
    return is_limit(word) or is_numeric(word)


def numbers_of(words: Sequence[str]) -> list[str]:
    """The numbers and signs among the words, in order; digits that spaces group (12 345) as one."""
    found: list[str] = []
    grouped = False
    for before, word in zip(("", *words), words, strict=False):
        if not any(map(str.isnumeric, word)) and word[0].isalnum():
            grouped = False
            continue
        if word[0].isalpha() and len(word) > 1:  # m2 is one character in some documents
            word = "".join(c for c in word if c.isnumeric())  # noqa: PLW2901 - the number in it
        grouped = (grouped or bool(_FIRST_GROUP.fullmatch(before))) and bool(_GROUP.fullmatch(word))
        if grouped:
            found[-1] += word
        else:
            found.append(word)
    return found


def is_benign(word: str) -> bool:
    return word in BENIGN


def is_alike(one: str, other: str) -> bool:
    """Little words of which either may stand: the, a; but not to, by."""
    return one == other or any(one in words and other in words for words in ALIKE)


def is_short(word: str) -> bool:
    """A word that may be the sign of a unit."""
    return (len(word) < 3 or (len(word) == 3 and word in SIGNS)) and word not in LITTLE and word not in COUNTED


def value_of(words: list[str]) -> float | None:
    """What number words and digits say: `two hundred fifty` is 250. None where they are no one number."""
    total = part = 0.0
    seen = False
    for word in words:
        if word in UNITS:
            part += UNITS[word]
        elif word in SCALES:
            part = (part or 1) * SCALES[word]
            if SCALES[word] > 100:
                total, part = total + part, 0.0
        elif word.isascii() and word.replace(".", "", 1).isdigit() and not seen:
            part += float(word)
        else:
            return None
        seen = True
    return total + part if seen else None
