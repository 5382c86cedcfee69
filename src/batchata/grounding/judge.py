"""Whether an aligned quote may be called found: what a slip of copying explains, and what it does not."""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Final

from batchata.grounding.align import Step
from batchata.grounding.exact import (
    edits,
    exact_words,
    is_benign,
    is_negation,
    is_numeric,
    is_only_beside_numbers,
    value_of,
)
from batchata.grounding.lexicon import MONTHS

_MOST_LEFT: Final = 0.25  # of the passage's words
_MOST_SLIPS: Final = 0.7  # of the quote's words
_MOST_EDITS: Final = 0.13  # of the quote's letters
_MOST_PUT: Final = 0.08
MOST_OVER_PAGE: Final = 80  # words of foot and head that may stand between two pages


def verdict(
    steps: Sequence[Step], quote: Sequence[str], stretch: Sequence[str], breaks: Iterable[int], stops: Iterable[int]
) -> float | None:
    """What the quote differs by, from 0; None where it can't be called found.

    `breaks`: words that a new page begins with. `stops`: words that end a sentence.
    """
    kept = [step for step in steps if not _is_furniture(step, steps, breaks)] if breaks else list(steps)
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
    if len(slips) > max(1, _MOST_SLIPS * size) or edited > max(1, _MOST_EDITS * letters):
        return None
    if len(put) > max(1, _MOST_PUT * size) * (size > 3):
        return None
    if not all(is_benign(quote[step.quoted.start]) for step in put) or _swaps(kept, stretch):
        return None
    if _strays(kept, frozenset(stops)) or not _agrees(kept, quote, stretch):
        return None
    return (left + len(slips) + 2 * len(put)) / size


def _swaps(steps: Sequence[Step], stretch: Sequence[str]) -> bool:
    """Does a little word stand in another's place?"""
    return any(
        {one.kind, other.kind} == {"left", "put"}
        and not all(is_benign(stretch[index]) for index in (*one.said, *other.said))
        for one, other in pairwise(steps)
    )


def _strays(steps: Sequence[Step], stops: frozenset[int]) -> bool:
    """Are its first or last words, three at most, found only far off or across the end of a sentence?"""
    runs = [list(group) for _, group in groupby(steps, key=lambda step: step.kind == "left")]
    if len(runs) < 3:
        return False
    for edge, gap, before in ((runs[0], runs[1], 0), (runs[-1], runs[-2], len(runs[-2]))):
        ended = {edge[-1].said.stop - 1} if not before else set[int]()
        ended |= {step.said.start for step in gap}
        if len(edge) <= 3 and (len(gap) > 2 or ended & stops):
            return True
    return False


def _joined(words: Sequence[str], some: range) -> str:
    return "".join(words[some.start : some.stop])


def _is_furniture(step: Step, steps: Sequence[Step], breaks: Iterable[int]) -> bool:
    """A word left out between two pages: a page number, a foot, a head."""
    if step.kind != "left":
        return False
    return any(start <= step.said.start < end for start, end in _gaps(steps, breaks))


def _gaps(steps: Sequence[Step], breaks: Iterable[int]) -> list[tuple[int, int]]:
    """Runs of words left out that hold, or touch, a page break."""
    runs = []
    for kind, group in groupby(steps, key=lambda step: step.kind):
        some = list(group)
        start, end = some[0].said.start, some[-1].said.stop
        if kind == "left" and end - start <= MOST_OVER_PAGE and any(start <= b <= end for b in breaks):
            runs.append((start, end))
    return runs


def _agrees(steps: Sequence[Step], quote: Sequence[str], stretch: Sequence[str]) -> bool:
    """No negation is lost, and what numbers, dates and amounts the quote has are those of the passage, whole."""
    for step in steps:
        if step.kind == "left" and is_negation(stretch[step.said.start]):
            return False
        if step.kind == "slip" and (len(step.quoted) > 1 or len(step.said) > 1):
            one, other = quote[step.quoted.start : step.quoted.stop], stretch[step.said.start : step.said.stop]
            if exact_words(one) != exact_words(other):
                return False
    said = [(step, stretch[step.said.start] if step.said else "") for step in steps]
    for numeric, group in groupby(said, key=lambda pair: bool(pair[1]) and is_numeric(pair[1])):
        if numeric and not _is_whole([(step.kind, word) for step, word in group]):
            return False
    return True


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
