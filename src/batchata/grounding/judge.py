"""Whether an aligned quote may be called found: what a slip of copying explains, and what it does not."""

from collections.abc import Collection, Container, Iterable, Sequence
from itertools import groupby, pairwise
from typing import Final

from batchata.grounding.align import Step
from batchata.grounding.exact import (
    is_alike,
    is_benign,
    is_limit,
    is_numeric,
    is_only_beside_numbers,
    numbers_of,
    value_of,
)
from batchata.grounding.lexicon import LITTLE, MONTHS, WHICH_DAYS
from batchata.grounding.slips import edits

_MOST_LEFT: Final = 0.25  # of the passage's words
_MOST_SLIPS: Final = 0.7  # of the quote's words
_MOST_EDITS: Final = 0.13  # of the quote's letters
_MOST_PUT: Final = 0.08
_FEW: Final = (
    8  # words of a quote that begins and ends as the passage does; and with no letter put there: (a), Exhibit A
)
_LEAP: Final = 3  # words left out in a row; more of them have a number of their own
MOST_OVER_PAGE: Final = 80  # words of foot and head that may stand between two pages


def verdict(kept: Sequence[Step], quote: Sequence[str], stretch: Sequence[str], stops: Iterable[int]) -> float | None:
    """What the quote differs by, from 0; None where it can't be called found. `stops`: words that end a sentence."""
    left = sum(len(step.said) for step in kept if step.kind == "left")
    slips = [step for step in kept if step.kind == "slip"]
    edited = sum(edits(_joined(quote, step.quoted), _joined(stretch, step.said)) for step in slips)
    letters = sum(map(len, quote))
    put = [step for step in kept if step.kind == "put"]
    same = sum(step.kind == "same" for step in kept)
    size = len(quote)
    if not same and letters < (12 if size > 1 else 5):
        return None
    if left > max(1, _MOST_LEFT * size) * (size > 1):
        return None
    if len(slips) > max(1, _MOST_SLIPS * size) or edited > max(1 + (size > 2), _MOST_EDITS * letters):
        return None
    if len(put) > max(1, _MOST_PUT * size) * (size > 3):
        return None
    if not all(is_benign(quote[step.quoted.start]) for step in put) or _swaps(kept, quote, stretch):
        return None
    if any(step.kind == "put" and (size < _FEW or len(quote[step.quoted.start]) == 1) for step in (kept[0], kept[-1])):
        return None
    if _strays(kept, stretch, frozenset(stops)) or _leaps(kept, stretch) or not _agrees(kept, quote, stretch):
        return None
    return (left + len(slips) + 2 * len(put)) / size


def _swaps(steps: Sequence[Step], quote: Sequence[str], stretch: Sequence[str]) -> bool:
    """Does a little word stand in another's place?"""
    for one, other in pairwise(steps):
        if {one.kind, other.kind} == {"left", "put"}:
            put, left = (one, other) if one.kind == "put" else (other, one)
            if not is_alike(quote[put.quoted.start], stretch[left.said.start]):
                return True
    return False


def _strays(steps: Sequence[Step], stretch: Sequence[str], stops: frozenset[int]) -> bool:
    """Are its first or last words, three at most, found only far off or across the end of a sentence?"""
    runs = [list(group) for _, group in groupby(steps, key=lambda step: step.kind == "left")]
    if len(runs) < 3:
        return False
    for edge, gap, before in ((runs[0], runs[1], 0), (runs[-1], runs[-2], len(runs[-2]))):
        ended = {edge[-1].said.stop - 1} if not before else set[int]()
        ended |= {step.said.start for step in gap}
        words = [stretch[step.said.start] for step in gap]
        apart = (ended & stops and not LITTLE.issuperset(words)) or any(
            len(word) == 1 or _is_figure(word) for word in words
        )
        if len(edge) <= 3 and (len(gap) > 2 or apart):
            return True
    return False


def _leaps(steps: Sequence[Step], stretch: Sequence[str]) -> bool:
    """Are several words left out in a row, a number among them: 16.4 that begins one clause, and the text of 16.5?"""
    runs = (list(group) for _, group in groupby(steps, key=lambda step: step.kind == "left"))
    gaps = ([stretch[step.said.start] for step in run] for run in runs if run[0].kind == "left")
    return any(len(gap) > _LEAP and any(map(_is_figure, gap)) for gap in gaps)


def _is_figure(word: str) -> bool:
    return any(map(str.isdigit, word))


def _joined(words: Sequence[str], some: range) -> str:
    return "".join(words[some.start : some.stop])


def furniture(steps: Sequence[Step], breaks: Collection[int], ends: Container[int]) -> list[range]:
    """Runs of words left out between two pages: a page number, a foot, a head.

    `breaks`: words that a new page begins with. `ends`: words that a line begins with; such a run is of whole lines.
    """
    runs = []
    for kind, group in groupby(steps, key=lambda step: step.kind):
        some = list(group)
        run = range(some[0].said.start, some[-1].said.stop)
        apart = kind == "left" and len(run) <= MOST_OVER_PAGE and run.start in ends and run.stop in ends
        if apart and any(run.start <= place <= run.stop for place in breaks):
            runs.append(run)
    return runs


def _agrees(steps: Sequence[Step], quote: Sequence[str], stretch: Sequence[str]) -> bool:
    """No negation is lost, and what numbers, dates and amounts the quote has are those of the passage, whole."""
    for step in steps:
        if step.kind == "left" and _counts(step.said.start, stretch):
            return False
        if step.kind == "slip" and (len(step.quoted) > 1 or len(step.said) > 1):
            one, other = quote[step.quoted.start : step.quoted.stop], stretch[step.said.start : step.said.stop]
            if numbers_of(one) != numbers_of(other):
                return False
    said = [(step, stretch[step.said.start] if step.said else "") for step in steps]
    for numeric, group in groupby(said, key=lambda pair: bool(pair[1]) and is_numeric(pair[1])):
        if numeric and not _is_whole([(step.kind, word) for step, word in group]):
            return False
    return True


def _counts(place: int, stretch: Sequence[str]) -> bool:
    """A word that can't be left out: a negation, a limit, or what says which days: ten business days."""
    word = stretch[place]
    return is_limit(word) or (word in WHICH_DAYS and place > 0 and is_numeric(stretch[place - 1]))


def _is_of_a_date(word: str) -> bool:
    return word.isdigit() and (int(word) <= 31 or len(word) == 4)


def _is_whole(run: Sequence[tuple[str, str]]) -> bool:
    """Of words that say one number or date together, all stand in the quote or none, or one of two forms: thirty (30)."""
    kept = [word for kind, word in run if kind == "same"]
    left = [word for kind, word in run if kind == "left"]
    if not kept or not left:
        return True
    if all(map(is_only_beside_numbers, kept)) or all(map(is_only_beside_numbers, left)):
        return False
    if any(word in MONTHS for word in (*kept, *left)):
        return all(word in MONTHS or _is_of_a_date(word) for word in (*kept, *left))  # less of a date is no other date
    value = value_of(kept)
    return value is not None and value == value_of(left)
