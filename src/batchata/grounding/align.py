"""A quote laid over a stretch of a document, word by word: which words are the same, slips, left out or put in."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final, Literal, TypeAlias

from rapidfuzz.distance import Indel

from batchata.grounding.exact import is_benign

Kind: TypeAlias = Literal["same", "slip", "left", "put"]

# What forgiving costs. Leaving a word out and putting one in cost more together than a slip does.
_SLIP: Final = 0.6
_LEFT: Final = 1.0
_PUT: Final = 1.4  # a little word
_INVENTED: Final = 6.0  # any other word put in: the passage does not say it
_FEW, _LEAST_SAME = 12, 0.4  # of the words of a longer quote stand in the passage as they are
_LEAST_STRAIGHT: Final = 0.6  # of the words of a quote that goes straight on
_LONGEST_BLOCK: Final = 4_000  # cells of one block's table; a worse fit is none


@dataclass(frozen=True, slots=True)
class Step:
    """`quoted` and `said` are ranges of words of the quote and of the stretch; one of them may be empty."""

    kind: Kind
    quoted: range
    said: range


Slip: TypeAlias = Callable[[int, int], bool]


def alignments(quote: Sequence[str], stretch: Sequence[str], is_slip: Slip) -> Iterator[list[Step]]:
    """The cheapest steps from the quote to a part of the stretch; what stands before and after that part costs nothing.

    `is_slip(i, j)` says whether word i of the quote may stand for word j of the stretch. First those that go straight on, where many
    words do so: of words that stand several times the right ones. None where they have too little in common.
    """
    straight = _straight(quote, stretch)
    if straight and (steps := _along(straight, quote, stretch, is_slip)):
        yield steps
    common = _anchors(quote, stretch)
    if (common != straight or not straight) and (steps := _along(common, quote, stretch, is_slip)):
        yield steps


def _along(
    anchors: Sequence[tuple[int, int, int]], quote: Sequence[str], stretch: Sequence[str], is_slip: Slip
) -> list[Step] | None:
    if len(quote) > _FEW and sum(length for _, _, length in anchors) < _LEAST_SAME * len(quote):
        return None
    steps: list[Step] = []
    q, s = 0, 0
    for place, (i, j, length) in enumerate([*anchors, (len(quote), len(stretch), 0)]):
        block = _block(quote, stretch, range(q, i), range(s, j), is_slip, first=place == 0, last=place == len(anchors))
        if block is None:
            return None
        steps += block
        steps += [Step("same", range(i + k, i + k + 1), range(j + k, j + k + 1)) for k in range(length)]
        q, s = i + length, j + length
    return steps


def _straight(quote: Sequence[str], stretch: Sequence[str]) -> list[tuple[int, int, int]]:
    """The runs of equal words at the one distance that most words have; empty where these are few."""
    places: dict[str, list[int]] = {}
    for j, word in enumerate(stretch):
        places.setdefault(word, []).append(j)
    shifts = Counter(j - i for i, word in enumerate(quote) for j in places.get(word, ()))
    if not shifts:
        return []
    shift, count = min(shifts.items(), key=lambda item: (-item[1], item[0]))
    if count < max(2, _LEAST_STRAIGHT * len(quote)):
        return []
    same = [0 <= i + shift < len(stretch) and stretch[i + shift] == word for i, word in enumerate(quote)]
    runs = [list(run) for equal, run in groupby(range(len(quote)), key=same.__getitem__) if equal]
    return [(run[0], run[0] + shift, len(run)) for run in runs]


def _anchors(quote: Sequence[str], stretch: Sequence[str]) -> list[tuple[int, int, int]]:
    """Runs of equal words as (place in the quote, place in the stretch, length), without stray ones at the edges."""
    runs = [
        (op.src_start, op.dest_start, op.src_end - op.src_start)
        for op in Indel.opcodes(quote, stretch)
        if op.tag == "equal"
    ]
    runs = _without_strays(_closed_up(runs, quote, stretch))
    runs = _mirrored(_without_strays(_mirrored(runs)))
    if len(runs) == 1 and runs[0][2] < 2 and len(quote) > 1:
        return []
    return runs


def _closed_up(
    runs: list[tuple[int, int, int]], quote: Sequence[str], stretch: Sequence[str]
) -> list[tuple[int, int, int]]:
    """The runs nearest to the longest one: of words that stand several times, those beside it."""
    if len(runs) < 2:
        return runs
    pivot = max(range(len(runs)), key=lambda index: runs[index][2])
    closed = [runs[pivot]]
    for i, j, length in reversed(runs[:pivot]):
        near = closed[0][1] - closed[0][0] + i
        closed.insert(
            0, (i, near if stretch[near : near + length] == quote[i : i + length] and near > j else j, length)
        )
    for i, j, length in runs[pivot + 1 :]:
        near = closed[-1][1] - closed[-1][0] + i
        closed.append((i, near if stretch[near : near + length] == quote[i : i + length] and near < j else j, length))
    return closed


def _without_strays(runs: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Without the first runs, where they are short and stand apart from the rest further than in the quote: the same little
    words, elsewhere.
    """
    length = 0
    for index, (one, other) in enumerate(pairwise(runs), 1):
        length += one[2]
        further = (other[1] - one[1] - one[2]) - (other[0] - one[0] - one[2])
        if further > 0 and (length <= 3 or further > 3 * length):
            return _without_strays(runs[index:])
    return runs


def _mirrored(runs: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    return [(-i - length, -j - length, length) for i, j, length in reversed(runs)]


def _block(
    quote: Sequence[str], stretch: Sequence[str], a: range, b: range, is_slip: Slip, *, first: bool, last: bool
) -> list[Step] | None:
    """The steps between two anchors."""
    if first and not last:
        b = b[max(0, len(b) - 2 * len(a) - 8) :]
    if last and not first:
        b = b[: 2 * len(a) + 8]
    if not a:
        return [] if first or last else [Step("left", range(a.start, a.start), range(j, j + 1)) for j in b]
    if not b:
        return [Step("put", range(i, i + 1), range(b.start, b.start)) for i in a]
    if len(a) * len(b) > _LONGEST_BLOCK:
        return None
    return _Table(quote, stretch, a, b, is_slip).steps(first=first, last=last)


class _Table:
    """The usual table of edit costs, for one block: rows are words of the quote, columns of the stretch."""

    def __init__(self, quote: Sequence[str], stretch: Sequence[str], a: range, b: range, is_slip: Slip) -> None:
        self.quote, self.stretch, self.a, self.b, self.is_slip = quote, stretch, a, b, is_slip

    def steps(self, *, first: bool, last: bool) -> list[Step]:
        rows, columns = len(self.a), len(self.b)
        cost = [[0.0] * (columns + 1) for _ in range(rows + 1)]
        back: list[list[tuple[Kind, int, int]]] = [[("left", 0, 1)] * (columns + 1) for _ in range(rows + 1)]
        for i in range(rows + 1):
            for j in range(columns + 1):
                if i or j:
                    cost[i][j], back[i][j] = self._cheapest(cost, i, j, first=first, last=last)
        return self._walk(back, first=first, last=last)

    def _cheapest(
        self, cost: list[list[float]], i: int, j: int, *, first: bool, last: bool
    ) -> tuple[float, tuple[Kind, int, int]]:
        ways: list[tuple[float, tuple[Kind, int, int]]] = []
        if i and j:
            ways += self._matches(cost, i, j)
        if j:
            free = (first and i == 0) or (last and i == len(self.a))
            ways.append((cost[i][j - 1] + (0.0 if free else _LEFT), ("left", 0, 1)))
        if i:
            ways.append((cost[i - 1][j] + (_PUT if is_benign(self.quote[self.a[i - 1]]) else _INVENTED), ("put", 1, 0)))
        return min(ways, key=lambda way: way[0])

    def _matches(self, cost: list[list[float]], i: int, j: int) -> list[tuple[float, tuple[Kind, int, int]]]:
        q, s = self.a[i - 1], self.b[j - 1]
        ways: list[tuple[float, tuple[Kind, int, int]]] = []
        if self.quote[q] == self.stretch[s]:
            ways.append((cost[i - 1][j - 1], ("same", 1, 1)))
        elif self.is_slip(q, s):
            ways.append((cost[i - 1][j - 1] + _SLIP, ("slip", 1, 1)))
        # One word written as two, or two as one: a hyphen lost, a space too many.
        if i > 1 and self.quote[q - 1] + self.quote[q] == self.stretch[s]:
            ways.append((cost[i - 2][j - 1] + _SLIP / 2, ("slip", 2, 1)))
        if j > 1 and self.quote[q] == self.stretch[s - 1] + self.stretch[s]:
            ways.append((cost[i - 1][j - 2] + _SLIP / 2, ("slip", 1, 2)))
        return ways

    def _walk(self, back: list[list[tuple[Kind, int, int]]], *, first: bool, last: bool) -> list[Step]:
        steps: list[Step] = []
        i, j = len(self.a), len(self.b)
        while i or j:
            kind, di, dj = back[i][j]
            outside = kind == "left" and ((first and i == 0) or (last and i == len(self.a)))
            if not outside:
                q, s = self.a.start + i, self.b.start + j
                steps.append(Step(kind, range(q - di, q), range(s - dj, s)))
            i, j = i - di, j - dj
        return steps[::-1]
