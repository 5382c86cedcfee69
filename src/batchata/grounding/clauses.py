"""Clauses, and which of their words are denied: `not`, `without`, `prohibited`, `non-`, and two of them together.

A word that denies turns its whole clause, wherever it stands (`pets are not allowed`, `no pets`); some turn only what follows
(`without`, `excluding`), and a prefix turns its own word. Where two of them meet in one word, it is not denied.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

from batchata.grounding.terms import (
    CHECKS,
    CONDITIONS,
    DENYING,
    DENYING_AFTER,
    DENYING_VERBS,
    FINITE,
    NO,
    PREFIXES,
    YES,
    stem,
)
from batchata.grounding.words import Words

_STOP: Final = re.compile(
    r"(?=[.!;|\t\u2022\n ])(?:[.!;|\t\u2022]|\n\s*\n|\n\s*[-*\u2022]|(?<!\?)\n(?=[^\n]*[:=|])| {3,})"
)
_LINED: Final = re.compile(rf"{_STOP.pattern}|(?<![?:])\n")
_COMMA: Final = re.compile(r"[,()\u2013\u2014]")
_CONTRARY: Final = frozenset(["but", "while", "whereas", "although", "though", "however", "aber"])
_MAY_DENY: Final = DENYING | DENYING_AFTER | NO | {"free", "yet", "exclusive", "non"}
_DENIALS: Final = frozenset(["not", "non", "no"])
_ANSWERS: Final = YES | NO
_ASKED: Final = re.compile(r"[:=?\u2013]")
_AHEAD: Final = 12  # words in which the verb of what is joined stands
_JOINING: Final = _CONTRARY | {"and", "or", "und"}
# What has a word that denies and denies nothing.
_IDIOMS: Final = frozenset(
    (first, second)
    for first, seconds in {
        "no": "later less more fewer earlier matter",
        "not": "later less more fewer earlier only exceed exceeding",
        "without": "limitation prejudice delay undue",
        "whether": "or",
    }.items()
    for second in seconds.split()
)


class Clause:
    """The words of a text from one to another, and their stems, in order; `bare[i]`: a stem without a prefix that could deny it.

    What is looked at in few clauses, such as who denies what, is read when it is asked for.
    """

    __slots__ = ("__dict__", "_low", "_text", "end", "words")

    def __init__(self, text: Words, low: int, high: int) -> None:
        self._text = text
        self._low = low
        self.words = text.words[low:high]
        self.end = text.ends[high - 1]

    @property
    def start(self) -> int:
        return self._text.starts[self._low]

    def place(self, index: int) -> int:
        """Where the text has the word of this index."""
        return self._text.starts[self._low + index]

    @cached_property
    def stems(self) -> list[str]:
        return list(map(stem, self.words))

    @cached_property
    def bare(self) -> list[str]:
        return list(map(_bare, self.words))

    @cached_property
    def held(self) -> frozenset[str]:
        """All stems of both kinds."""
        return frozenset((*self.stems, *self.bare))

    @cached_property
    def denied(self) -> tuple[bool, ...]:
        """Which of its words are denied?"""
        return _denied(self.words, self.stems)

    @property
    def answer(self) -> bool | None:
        """The yes or no that it gives outright."""
        return _answer(self.words)

    @property
    def asks(self) -> bool:
        """Does it make something a condition, and state nothing?"""
        return self.words[0] in CONDITIONS


class Clauses:
    """The clauses of a text. `lined`: every line says something of its own; else lines end where the paper does."""

    def __init__(self, words: Words, lined: bool = False) -> None:
        self._words = words
        self._stop = _LINED if lined else _STOP

    @cached_property
    def all(self) -> list[Clause]:
        words = self._words
        edges = [0, *self._edges(), len(words)]
        return [Clause(words, low, high) for low, high in pairwise(edges) if high > low]

    def _edges(self) -> list[int]:
        """The indexes of words that begin a clause."""
        words = self._words
        stops = sorted(
            {
                index
                for found in self._stop.finditer(words.text)
                if 0 < (index := bisect_left(words.starts, found.start())) < len(words) and _is_stop(words, found)
            }
            | set(_after_answers(words))
        )
        return sorted(
            {*stops, *(edge for low, high in pairwise([0, *stops, len(words)]) for edge in self._joints(low, high))}
        )

    @cached_property
    def _commas(self) -> frozenset[int]:
        """The indexes of words that a comma or the like stands before."""
        words = self._words
        places = [found.start() for found in _COMMA.finditer(words.text)]
        nexts = [(place, bisect_left(words.starts, place)) for place in places]
        return frozenset(index for place, index in nexts if index and words.ends[index - 1] <= place)

    @cached_property
    def _joinable(self) -> list[int]:
        """The indexes of words that a clause could be joined at."""
        joining = (index for index, word in enumerate(self._words.words) if word in _JOINING)
        return sorted(self._commas.union(joining))

    def _joints(self, low: int, high: int) -> list[int]:
        """Where a clause is joined to another: what is said on either side has a verb of its own, or begins with a denial."""
        joints: list[int] = []
        for index in self._joinable[bisect_right(self._joinable, low) : bisect_left(self._joinable, high)]:
            if self._is_joint(joints[-1] if joints else low, index, high):
                joints.append(index)
        return joints

    def _is_joint(self, begin: int, index: int, high: int) -> bool:
        words = self._words.words
        if FINITE.isdisjoint(words[begin:index]):
            return False
        joining = words[index] in _JOINING
        ahead = words[index + joining : min(high, index + joining + _AHEAD)]
        if words[index] in _CONTRARY or not ahead:
            return words[index] in _CONTRARY
        if (ahead[0] in _DENIALS or ahead[0] in DENYING_AFTER) and (joining or index in self._commas):
            return True
        return ahead[0] not in FINITE and words[index] != "or" and not FINITE.isdisjoint(ahead)


def _is_stop(words: Words, found: re.Match[str]) -> bool:
    """A full stop ends a clause unless it stands in a number or after a short form: No. 7, Acme Inc. of Ohio."""
    if found[0] != ".":
        answered = words.first_from(found.end() - 1)  # a cell with a yes or no belongs to the one before
        return not (found[0][0] in "|\t\n " and words.words[answered] in _ANSWERS)
    before = words.first_from(found.start() - 1)
    after = words.text[found.end() : found.end() + 2]
    if words.words[before : before + 1] == ["no"] and after.strip()[:1].isdigit():
        return False  # No. 7
    if after[:1] and not after[:1].isspace() and after[:1] not in "\"'\u201d\u2019)":
        return False
    return not after.strip() or not after.strip()[0].islower()


def _after_answers(words: Words) -> list[int]:
    """A label's yes or no ends it; a ticked box begins one."""
    found: list[int] = []
    some = words.words
    for index in [index for index, word in enumerate(some) if word in _ANSWERS]:
        if index and some[index][0] in CHECKS and words.ends[index - 1] < words.starts[index]:
            found.append(index)
        if index + 1 == len(some):
            break
        label = words.text[words.ends[index - 1] : words.starts[index]] if index else ""
        if _ASKED.search(label):
            found.append(index + 1)
        after = words.text[words.ends[index]]
        if some[index] in ("yes", "no") and (not index or index in found) and after == ",":
            found.append(index + 1)  # No, they are not
    return found


def _denied(some: Sequence[str], stems: Sequence[str]) -> tuple[bool, ...]:
    """Which words of a clause are denied, by how many of its words."""
    if _MAY_DENY.isdisjoint(some) and DENYING_VERBS.isdisjoint(stems):
        return (False,) * len(some)
    wide: list[int] = []
    after: list[int] = []
    may_deny = [i for i, word in enumerate(some) if word in _MAY_DENY or stems[i] in DENYING_VERBS]
    for i in may_deny:
        word, following = some[i], some[i + 1] if i + 1 < len(some) else ""
        if _is_idle(some, i):
            continue
        if word in DENYING_AFTER or (word == "free" and following in ("of", "from")):
            after.append(i)
        elif _is_wide(word, stems[i], following, last=i == len(some) - 1):
            wide.append(i)
    return tuple(
        (len(wide) - (i in wide) + sum(a < i for a in after) + (i > 0 and some[i - 1] == "non")) % 2 == 1
        for i in range(len(some))
    )


def _is_wide(word: str, stem: str, following: str, *, last: bool) -> bool:
    """Does the word deny its whole clause?"""
    return (
        word in DENYING
        or (word, following) in (("yet", "to"), ("exclusive", "of"))
        or (word in NO and last)
        or stem in DENYING_VERBS
    )


def _is_idle(some: Sequence[str], index: int) -> bool:
    """Is it no denial: no. 7, no later than, not only?"""
    word = some[index]
    before, following = some[index - 1] if index else "", some[index + 1] if index + 1 < len(some) else ""
    if word == "no" and following[:1].isdigit():
        return True
    if word == "non" or (word == "not" and before == "or"):
        return True
    if (word, following) == ("not", "limited"):
        return before in ("but", "including", "without")
    return (word, following) in _IDIOMS


@lru_cache(maxsize=8192)
def _bare(word: str) -> str:
    """The stem of a word without the prefix that denies it."""
    for prefix in PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) > 3:
            return stem(word.removeprefix(prefix))
    return ""


def _answer(words: Sequence[str]) -> bool | None:
    """Yes or no, where the clause is a label with one: at its end, or a box before it."""
    first, last = words[0], words[-1]
    if first[0] in CHECKS:
        return first in YES
    return last in YES if last in _ANSWERS else None
