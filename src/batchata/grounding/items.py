"""Which item of a list is meant, where several have the same value.

Items are told of one after another, each with its values side by side. So the values that a text says are dealt to items by the
best path through them: to stay with an item costs nothing until it says the same field twice, a new line or heading makes
it likely that another begins, and a number in a heading says which.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from batchata.grounding.fields import Field
from batchata.grounding.paths import Step

_BEAM: Final = 16  # paths that are kept: lists of hundreds of items are dealt in no time
_STAY, _BESIDE, _AGAIN, _HEADED = 1.0, 1.0, -2.5, 0.6
_WITHIN: Final = 2.0  # to be of the item around
_LEAVE, _BACK, _NEXT, _COUNTED = -0.7, -1.0, 0.3, 1.2
_HEADING: Final = re.compile(
    r"""
    ^[^\w\n]*(?:
        (?:[^\W\d_]+[ \t]+|no\.?[ \t]?|nr\.?[ \t]?|\#)(\d{1,3})[^\w\n]*$  # Item 2, #2:
      | (\d{1,3})[.):](?:[ \t]|[^\w\n]*$)                               # 2.
    ) | ^[ \t]*$
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


_END: Final = re.compile(r"[;.]\s")


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that says a field's value, or what it is about; `label`: how well it is named there, from 0 to 1."""

    start: int
    end: int
    field: Field
    label: float
    weak: bool = False


@dataclass(frozen=True, slots=True)
class _Gap:
    """What stands between two mentions."""

    line: bool  # a line ends
    clause: bool
    heading: bool  # a number or an empty line
    number: int | None


@dataclass(frozen=True, slots=True)
class _Path:
    score: float
    mention: Mention | None
    said: frozenset[tuple[Step, ...]]  # fields that the item has said since it began
    left: frozenset[tuple[Step, ...]]  # items that were told of before
    before: "_Path | None"


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    end: int
    number: int | None


def dealt(mentions: Sequence[Mention], text: str) -> list[Mention]:
    """The mentions, those of list items each with the item that is meant."""
    lists: dict[tuple[Step, ...], list[Mention]] = {}
    kept = []
    headings = _headings(text)
    counts = [heading for heading in headings if heading.number is not None]
    for mention in mentions:
        if mention.field.item is None:
            kept.append(mention)
        elif not mention.weak or not any(heading.start <= mention.start < heading.end for heading in counts):
            lists.setdefault(mention.field.shape[: len(mention.field.item)], []).append(mention)
    for shape, some in sorted(lists.items(), key=lambda pair: len(pair[0])):  # lists within lists after those
        outer = sorted((one for one in kept if _holds(one.field, shape)), key=lambda one: one.start)
        kept += _best(some, text, headings, outer)
    return sorted(kept, key=lambda mention: (mention.start, mention.end))


def _holds(field: Field, shape: tuple[Step, ...]) -> bool:
    """Does a list's item that the field stands in hold the lists of this shape?"""
    size = len(field.item or ())
    return 0 < size < len(shape) and field.shape[:size] == shape[:size]


def _headings(text: str) -> list[_Heading]:
    """Empty lines, and numbers that count: `Item 2`, `2.`"""
    found = []
    for heading in _HEADING.finditer(text):
        number = int(heading[heading.lastindex]) if heading.lastindex else None
        found.append(_Heading(heading.start(), heading.end(), number))
    return found


def _best(
    mentions: Sequence[Mention], text: str, headings: Sequence[_Heading], outer: Sequence[Mention]
) -> list[Mention]:
    spots: dict[tuple[int, int], list[Mention]] = {}
    for mention in mentions:
        spots.setdefault((mention.start, mention.end), []).append(mention)
    paths = [_Path(0.0, None, frozenset(), frozenset(), None)]
    end = 0
    for place in sorted(spots):
        gap = _gap(text, end, place[0], headings)
        end = max(end, place[1])
        before = bisect_right(outer, place[0], key=lambda mention: mention.start)
        held = (outer[before - 1].field.item if before else None) or ()
        paths = sorted((_onward(paths, mention, gap, held) for mention in spots[place]), key=lambda path: -path.score)
        paths = paths[:_BEAM]
    return _mentions(paths[0])


def _onward(paths: Sequence[_Path], mention: Mention, gap: _Gap, held: tuple[Step, ...]) -> _Path:
    """The best way to come to this mention; `held`: the item of the list around it that was told of last."""
    score, path = max(((path.score + _step(path, mention, gap), path) for path in paths), key=lambda pair: pair[0])
    item, own = mention.field.item or (), frozenset([mention.field.shape])
    score += _WITHIN * (item[: len(held)] == held)
    if path.mention and path.mention.field.item == item:
        return _Path(score, mention, path.said | own, path.left, path)
    left = path.left | {path.mention.field.item or ()} if path.mention else path.left
    return _Path(score, mention, own, left, path)


def _step(path: _Path, mention: Mention, gap: _Gap) -> float:
    score = 2 * mention.label + (not mention.weak)
    index = _index(mention.field)
    if gap.number is not None and index == gap.number - 1:
        score += _COUNTED
    if path.mention is None:
        return score - 0.01 * index
    before = path.mention.field
    if before.item == mention.field.item:
        again = mention.field.shape in path.said
        return score + _STAY + _BESIDE * (not gap.line) + _AGAIN * again - _HEADED * gap.heading
    score += _HEADED * gap.heading + _NEXT * (index == _index(before) + 1)
    return score + _LEAVE * (not gap.line and not gap.clause) + _BACK * (mention.field.item in path.left)


def _index(field: Field) -> int:
    last = field.item[-1] if field.item else 0
    return last if isinstance(last, int) else 0


def _gap(text: str, start: int, end: int, headings: Sequence[_Heading]) -> _Gap:
    first = bisect_left(headings, start, key=lambda heading: heading.start)
    some = headings[first : bisect_left(headings, end, key=lambda heading: heading.start)]
    numbers = [heading.number for heading in some if heading.number is not None]
    between = text[start:end]
    return _Gap("\n" in between, bool(_END.search(between)), bool(some), numbers[-1] if numbers else None)


def _mentions(path: _Path) -> list[Mention]:
    found = []
    at: _Path | None = path
    while at and at.mention:
        found.append(at.mention)
        at = at.before
    return found[::-1]
