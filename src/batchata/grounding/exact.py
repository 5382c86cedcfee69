"""The words that must agree exactly, however a quote was bent: numbers, dates, money, percentages, negations, check marks.

Fuzzy matching alone takes "within 60 days" for "within 30 days". So whatever else is forgiven, these are not.
"""

import re
from collections.abc import Sequence
from typing import Final

from rapidfuzz.distance import OSA

from batchata.grounding.lexicon import (
    ALIKE,
    AMBIGUOUS,
    BENIGN,
    CHECKS,
    COUNTED,
    DENYING,
    LIMITS,
    LITTLE,
    MEASURES,
    MONTHS,
    NEGATIONS,
    OPPOSITE_ENDS,
    OPPOSITES,
    SCALES,
    SIGNS,
    UNITS,
)

_LEAST_NEGATION: Final = 8  # letters; of shorter ones a letter less says the contrary: neither, either
_LEAST_NAME, _LEAST_NUMBER = 4, 5  # letters; of shorter ones another letter makes another: NY, NJ; USD, AUD
_MOST_EDITS: Final = 3  # of the longest word
_ROMAN: Final = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
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


def is_slip(quoted: str, word: str, known: bool, name: bool, much: bool = False) -> bool:
    """May `quoted` be a slip of the pen for the document's `word`?

    `known`: the document has the quoted word elsewhere, so it is a word and not a slip (licensee for licensor). `name`:
    written with a capital; names may differ in less. `much`: so much else of the quote is the same that a word may differ in
    more.
    """
    if abs(len(quoted) - len(word)) > _MOST_EDITS:
        return False
    if is_alike(quoted, word):
        return True
    distance = edits(quoted, word, _MOST_EDITS)
    if distance > _MOST_EDITS or is_exact(quoted) or not word.isalpha():
        return False
    if is_negation(word):
        return distance == 1 and not known and _is_still_denied(quoted, word)
    if _is_label(quoted) or _is_label(word) or {quoted, word} <= SIGNS or is_opposite(quoted, word):
        return False
    if word in LITTLE and known:
        return distance == 1
    if word in LITTLE and len(quoted) < 5:
        return distance <= max(1, len(word) // 2)
    if known and not is_exact(word):
        return distance == 1 and (_is_same_word(quoted, word) or (_is_mistyped(quoted, word) and not name))
    if name and len(word) < _LEAST_NAME and len(quoted) == len(word) and sorted(quoted) != sorted(word):
        return False
    most = _most_edits(word, name)
    if quoted[0] == word[0] and quoted[-1] == word[-1]:  # where slips of the pen are rare
        most = max(most, _most_within(word, name, much))
    return not known and distance <= most


def _is_still_denied(quoted: str, word: str) -> bool:
    """Does a negation with a slip still say that it is one: nto, doon't, witout?"""
    if len(word) >= _LEAST_NEGATION:
        return True
    if word.endswith("nt") and quoted.endswith("nt"):
        return True
    if len(quoted) == len(word):
        return len(word) > 2 and sorted(quoted) == sorted(word)
    return len(quoted) > len(word) > 3


def _is_label(word: str) -> bool:
    """A letter or a Roman numeral: Exhibit A is not Exhibit B, nor is (ii) (iii)."""
    return len(word) == 1 or bool(_ROMAN.fullmatch(word))


def _is_same_word(quoted: str, word: str) -> bool:
    """Of two words that both exist, one letter apart: is it the ending of a plural or a tense, or within a long word?"""
    short, long = sorted((quoted, word), key=len)
    if long[:-1] == short and long[-1] in "sdtyng":
        return True
    return len(short) > 5 and quoted[0] == word[0] and quoted[-2:] == word[-2:]


def _is_mistyped(quoted: str, word: str) -> bool:
    """Of two words that both exist: are letters swapped (form, from), one doubled (peer, per), or one lost (contact, contract)?"""
    if len(quoted) == len(word):
        return sorted(quoted) == sorted(word)
    if len(quoted) < len(word):
        return len(word) > 3
    return any(quoted[i] == quoted[i - 1] and quoted[:i] + quoted[i + 1 :] == word for i in range(1, len(quoted)))


def edits(quoted: str, word: str, most: int | None = None) -> int:
    """Letters put in, left out, changed, or swapped with the next; where there are more than `most`, one more than that."""
    return int(OSA.distance(quoted, word, score_cutoff=most))


def _most_edits(word: str, name: bool) -> int:
    size = len(word)
    if is_numeric(word) and size < _LEAST_NUMBER:
        return 0
    if name or is_numeric(word):
        return 1 if size < 7 else 2
    return int(size > 1) + (size > 3) + (size > 11)


def _most_within(word: str, name: bool, much: bool) -> int:
    """The most edits of a word that begins and ends as it should."""
    size = len(word)
    if is_numeric(word):
        return 0
    if name:
        return (2 if size > (4 if much else 5) else 0) + (much and size > 8)
    return (2 if size > 3 else 0) + (much and size > 5)


def is_opposite(one: str, other: str) -> bool:
    """Does one of the words deny what the other says (lawful, unlawful), or do they say opposites (include, exclude)?

    A slip in the rest of the word is seen through; one at its beginning (nvoice) is none of these.
    """
    short, long = sorted((one, other), key=len)
    apart = edits(one, other)
    return (
        any(_denies(long, short, prefix, apart) for prefix in DENYING)
        or any(_are_pair(one, other, *pair) or _are_pair(other, one, *pair) for pair in OPPOSITES)
        or any(
            _are_pair(one[::-1], other[::-1], a[::-1], b[::-1]) for pair in OPPOSITE_ENDS for a, b in (pair, pair[::-1])
        )
    )


def is_denied(whole: str, rest: str) -> bool:
    """Is a word what is left of another without its denial: exclusive of nonexclusive, harm of harmless?"""
    if whole.endswith(rest):
        return whole[: -len(rest)] in DENYING
    return whole.startswith(rest) and whole[len(rest) :] in ("less", "nt")


def _denies(long: str, short: str, prefix: str, apart: int) -> bool:
    if not long.startswith(prefix) or short.startswith(prefix) or len(long) - len(prefix) < 3:
        return False
    return edits(long[len(prefix) :], short) < min(apart, 2)


def _are_pair(one: str, other: str, prefix: str, opposite: str) -> bool:
    if not one.startswith(prefix) or not other.startswith(opposite):
        return False
    rest, remains = one[len(prefix) :], other[len(opposite) :]
    return min(len(rest), len(remains)) > 2 and edits(rest, remains) <= int(len(rest) > 4)


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
