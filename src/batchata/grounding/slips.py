"""Whether a word may be a slip of the pen for another: in a common word letters may differ, in a name hardly any.

A slip makes a word that is none; a change makes another. So what the document has elsewhere is no slip, nor is a number word's
neighbour, nor an opposite. A name is mistyped within, one letter at a time; who changes its beginning, its end or a whole
syllable makes another name of it: Hansen, Jansen; Novatek, Novatrix; Alexander, Alexandra.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rapidfuzz.distance import OSA, Postfix, Prefix

from batchata.grounding.common import is_common
from batchata.grounding.exact import is_alike, is_exact, is_negation, is_numeric
from batchata.grounding.lexicon import (
    DENYING,
    FOREIGN_NEGATIONS,
    LITTLE,
    MEASURES,
    MONTHS,
    OPPOSITE_ENDS,
    OPPOSITES,
    SCALES,
    SIGNS,
    UNITS,
)

Standing: TypeAlias = Literal["common", "term", "name"]
"""How a word stands in the document: in small letters; with a capital here, though it is a common word; never without one."""

_LEAST_NEGATION: Final = 8  # letters; of shorter ones a letter less says the contrary: neither, either
_LEAST_NAME, _LEAST_NUMBER = 4, 5  # letters; of shorter ones another letter makes another: NY, NJ; USD, AUD
_MOST_EDITS: Final = 3  # of the longest word
_ROMAN: Final = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
_VOWELS: Final = frozenset("aeiouy")
_UNLIKE: Final = tuple({"y", vowel} for vowel in "aou")  # no two names differ so
_DRAWN_ALIKE: Final = (
    *(("rn", "m"), ("cl", "d"), ("vv", "w"), ("ii", "u"), ("nn", "rm"), ("ri", "n")),
    *(("i", "l"), ("e", "c"), ("g", "q")),
)
_ENDING: Final = 2  # letters of a name that make its ending: Hansen, Hanson
_NUMERIC: Final[dict[str, object]] = {**dict.fromkeys(MEASURES), **UNITS, **SCALES, **MONTHS}


@dataclass(frozen=True, slots=True)
class Quoted:
    """A word of a quote, and what there is to tell a slip by.

    `known`: the document has it elsewhere, so it is a word and not a slip (licensee for licensor). `small`: it begins with a small
    letter where the document's has a capital: its first letter is no other name's. `dated`: a number stands beside it, so that
    `sep` is a month. `much`: so much else of the quote is the same that a word may differ in more.
    """

    word: str
    known: bool = False
    small: bool = False
    dated: bool = False
    much: bool = False


def is_slip(quoted: Quoted, word: str, standing: Standing) -> bool:
    """May the quoted word be a slip of the pen for the document's `word`?"""
    said = quoted.word
    if abs(len(said) - len(word)) > _MOST_EDITS:
        return False
    if is_alike(said, word):
        return True
    distance = edits(said, word, _MOST_EDITS)
    if distance > _MOST_EDITS or not word.isalpha() or _is_told_exactly(quoted, word):
        return False
    if not quoted.known and looks_like(said, word) and len(word) >= _LEAST_NAME:
        return True
    if is_negation(word):
        return distance == 1 and not quoted.known and _is_still_denied(said, word)
    if _is_label(word) and _is_mistyped_label(said, word):
        return True
    if _is_label(said) or _is_label(word) or {said, word} <= SIGNS or is_opposite(said, word):
        return False
    if word in LITTLE and quoted.known:
        return distance == 1
    if word in LITTLE and len(said) < 5:
        return distance <= max(1, len(word) // 2)
    if quoted.known:
        likely = _is_same_word(said, word, quoted.much) or _is_mistyped(said, word)
        return distance == 1 and standing != "name" and likely
    if is_numeric(word):
        swapped = distance == 1 and sorted(said) == sorted(word)
        return (swapped or distance <= _most_of_a_number(word)) and not _is_another_number(said, word, distance)
    if standing != "common":
        return _is_slip_of_name(quoted, word, standing)
    return distance <= _most_edits(quoted, word)


def looks_like(one: str, other: str) -> bool:
    """Are the words one and the same to a machine that reads print: modern, modem; excluded, exduded?"""
    return _drawn(one) == _drawn(other)


def _drawn(word: str) -> str:
    for drawn, read in _DRAWN_ALIKE:
        word = word.replace(drawn, read)
    return word


def _is_told_exactly(quoted: Quoted, word: str) -> bool:
    """Must the quoted word agree? A short month only as part of a date: sep-free is a slip for step-free. What is left of a longer
    word, and denies in another language, only where the document has it too: sin, of sign.
    """
    if quoted.word in FOREIGN_NEGATIONS and not quoted.known and len(quoted.word) < len(word):
        return False
    short_month = quoted.word in MONTHS and len(quoted.word) < _LEAST_NUMBER
    return is_exact(quoted.word) and (quoted.dated or not short_month)


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


def _is_mistyped_label(quoted: str, word: str) -> bool:
    """Is a Roman numeral's letter swapped with the next, or another put in: (ixv), (xvsi)? Without one of its own it is another numeral."""
    if _is_label(quoted) or len(word) < 3:
        return False
    return sorted(quoted) == sorted(word) or (len(quoted) > len(word) and edits(quoted, word) == 1)


def _is_another_number(quoted: str, word: str, distance: int) -> bool:
    """Is it as near to a word for another number: fiveteen, which is no ninety?"""
    return any(
        edits(quoted, other, distance) <= distance
        for other, value in _NUMERIC.items()
        if (value != _NUMERIC[word] if value is not None else word[:-1] not in other and other[:-1] not in word)
    )


def _is_slip_of_name(quoted: Quoted, word: str, standing: Standing) -> bool:
    said = _with_ends_unswapped(quoted.word, word)
    head = int(Prefix.similarity(said, word))
    tail = min(int(Postfix.similarity(said, word)), len(said) - head, len(word) - head)
    put, left = said[head : len(said) - tail], word[head : len(word) - tail]
    if put == left[::-1] or (head and put + left == word[head - 1]):
        return True  # swapped, doubled, or one of two
    if standing == "term" and edits(put, left) == 1 and min(head, tail) == 0:
        return len(word) > _LEAST_NAME and not is_common(said)  # Payment with another end is no other's name
    if not tail or not (head or quoted.small):
        return False
    if standing == "term":
        return edits(put, left) <= _most_edits(quoted, word)
    if len(put) <= 1 and len(left) <= 1:
        voiced = bool(put and left) and _VOWELS.issuperset(put + left) and tail < _ENDING and {put, left} not in _UNLIKE
        return not voiced and (len(word) >= _LEAST_NAME or len(said) != len(word))
    # Letters side by side are a syllable, and another makes another name.
    apart = max(len(put), len(left)) > 2
    return apart and edits(put, left) <= _most_of_a_name(len(word), quoted.much)


def _with_ends_unswapped(said: str, word: str) -> str:
    if min(len(said), len(word)) < _LEAST_NAME:
        return said
    if said[-2:] == word[:-3:-1] and said[-3] == word[-3]:
        said = said[:-2] + word[-2:]
    return word[:2] + said[2:] if said[:2] == word[1::-1] and said[2] == word[2] else said


def _most_of_a_name(size: int, much: bool) -> int:
    return (2 if size > (4 if much else 5) else 0) + (much and size > 8)


def _is_same_word(quoted: str, word: str, much: bool) -> bool:
    """Of two words that both exist, one letter apart: is it the ending of a plural or a tense, or within a long word? Within a shorter
    one too where `much` else is the same: than, then.
    """
    short, long = sorted((quoted, word), key=len)
    if long[:-1] == short and long[-1] in "sdtyng":
        return True
    return quoted[0] == word[0] and (
        (len(short) > 5 and quoted[-2:] == word[-2:]) or (much and len(short) > 3 and quoted[-1] == word[-1])
    )


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


def _most_of_a_number(word: str) -> int:
    size = len(word)
    return (size >= _LEAST_NUMBER - (word in MEASURES)) + (size > 8)


def _most_edits(quoted: Quoted, word: str) -> int:
    size, said = len(word), quoted.word
    most = int(size > 1) + (size > 3) + (size > 11)
    if said[0] == word[0] and said[-1] == word[-1]:  # where slips of the pen are rare
        most = max(most, (2 if size > 3 else 0) + (quoted.much and size > 5))
    return most


def is_opposite(one: str, other: str) -> bool:
    """Does one of the words deny what the other says (lawful, unlawful), or do they say opposites (include, exclude)?

    A slip in the rest of the word is seen through; one at its beginning (nvoice) is none of these.
    """
    short, long = sorted((one, other), key=len)
    apart = edits(one, other)
    if apart == 1 and sorted(one) == sorted(other):
        return False  # letters swapped: licenese
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
