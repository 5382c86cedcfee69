"""The words that must agree exactly, however a quote was bent: numbers, dates, money, percentages, negations, check marks.

Fuzzy matching alone takes "within 60 days" for "within 30 days". So whatever else is forgiven, these are not.
"""

from collections.abc import Sequence
from typing import Final

from rapidfuzz.distance import OSA

from batchata.grounding.lexicon import AMBIGUOUS, BENIGN, CHECKS, LITTLE, MEASURES, MONTHS, NEGATIONS, SCALES, UNITS

_NEGATING: Final = ("non", "un", "in", "im", "il", "ir", "dis", "mis", "de", "anti")


def is_numeric(word: str) -> bool:
    """A word that says a number, a date, an amount or a share, or a part of one."""
    return (
        any(map(str.isnumeric, word))
        or not word[-1].isalnum()
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


def is_exact(word: str) -> bool:
    return is_negation(word) or is_numeric(word)


def exact_words(words: Sequence[str]) -> list[str]:
    """Those of the words that must agree, in order; of nonexclusive its negation."""
    return [
        word if is_exact(word) else "non"
        for word in words
        if is_exact(word) or (word.startswith("non") and len(word) > 4)
    ]


def is_benign(word: str) -> bool:
    return word in BENIGN


def is_slip(quoted: str, word: str, known: bool, name: bool) -> bool:
    """May `quoted` be a slip of the pen for the document's `word`?

    `known`: the document has the quoted word elsewhere, so it is a word and not a slip (licensee for licensor). `name`:
    written with a capital; names may differ in less.
    """
    if is_exact(quoted) or any(map(str.isnumeric, word)) or not word[-1].isalnum():
        return False
    if is_benign(quoted) and is_benign(word):
        return True
    distance = edits(quoted, word)
    if word in LITTLE and (known or len(quoted) == 1):
        return distance == 1
    if word in LITTLE and len(quoted) < 5:
        return distance <= 2
    if known and not is_exact(word):
        return distance == 1 and _is_same_word(quoted, word)
    return not (known or _is_negated(quoted, word)) and distance <= _most_edits(word, name)


def _is_same_word(quoted: str, word: str) -> bool:
    """Of two words that both exist, one letter apart: is it the ending of a plural or a tense, or within a long word?"""
    short, long = sorted((quoted, word), key=len)
    if long[:-1] == short and long[-1] in "sdtyng":
        return True
    return len(short) > 5 and quoted[0] == word[0] and quoted[-2:] == word[-2:]


def edits(quoted: str, word: str) -> int:
    """Letters put in, left out, changed, or swapped with the next."""
    return int(OSA.distance(quoted, word))


def _most_edits(word: str, name: bool) -> int:
    size = len(word)
    if name or is_exact(word):
        return 1 if size < 7 else 2
    return int(size > 1) + (size > 3) + (size > 8)


def _is_negated(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    prefix = long.removesuffix(short)
    return prefix != long and prefix in _NEGATING and len(short) > 2


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
