"""A text, read once: which dates and numbers it has and where, its words, and its clauses.

Its plain words have numbers in figures, said once, so that `thirty (30) days` and `30 days` are the same.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Final, TypeAlias

from batchata.grounding.amounts import amounts
from batchata.grounding.clauses import Clause, Clauses
from batchata.grounding.dates import Day, dates
from batchata.grounding.exact import value_of
from batchata.grounding.lexicon import SCALES, UNITS
from batchata.grounding.terms import stem
from batchata.grounding.words import Words

Place: TypeAlias = tuple[int, int]

_FULL: Final = 10_000


@dataclass(frozen=True, slots=True)
class Item:
    """A date or number that a text says, in all readings it may have."""

    start: int
    end: int
    numbers: frozenset[float] = frozenset()
    days: frozenset[Day] = frozenset()


class Said:
    """What a text says. `lined`: every line says something of its own."""

    def __init__(self, text: str, lined: bool = False) -> None:
        self.text = text
        self._lined = lined

    @cached_property
    def words(self) -> Words:
        return Words(self.text)

    @cached_property
    def clauses(self) -> list[Clause]:
        return Clauses(self.words, self._lined).all

    @cached_property
    def stems(self) -> list[str]:
        return [stem(word) for word in self.words.words]

    @cached_property
    def held(self) -> frozenset[str]:
        """Its stems, in no order."""
        return frozenset(self.stems)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(self.words.words)

    @cached_property
    def items(self) -> list[Item]:
        items = [Item(start, end, days=days) for start, end, days in dates(self.text)]
        taken = [(item.start, item.end) for item in items]
        numbers = (Item(start, end, numbers) for start, end, numbers in amounts(self.text))
        items += [item for item in numbers if not _within(item, taken)]
        items += list(self._spelled(taken))
        return sorted(items, key=lambda item: item.start)

    def _spelled(self, taken: list[Place]) -> Iterator[Item]:
        """Numbers in words."""
        words, done = self.words, 0
        for index in self._units:
            if index < done:
                continue
            done = index + 1
            while done < len(words) and (words.words[done] in UNITS or words.words[done] in SCALES):
                done += 1
            value = value_of(words.words[index:done])
            item = Item(words.starts[index], words.ends[done - 1], frozenset({value} if value is not None else ()))
            if not _within(item, taken):
                yield item

    @cached_property
    def _units(self) -> list[int]:
        """The indexes of words for numbers."""
        return [index for index, word in enumerate(self.words.words) if word in UNITS]

    @cached_property
    def _plain(self) -> tuple[list[str], list[Place]]:
        """Words with numbers in digits, said once: `thirty (30) days` as 30, days."""
        plain: list[str] = []
        places: list[Place] = []
        words, done = self.words, 0
        for index in [*self._units, len(words)]:
            if index < done:
                continue
            plain += words.words[done:index]
            places += zip(words.starts[done:index], words.ends[done:index], strict=True)
            done = index
            while done < len(words) and words.words[done] in UNITS:
                done += 1
            if done > index:
                plain.append(f"{value_of(words.words[index:done]):g}")
                places.append((words.starts[index], words.ends[done - 1]))
        twice = [index for index, (one, other) in enumerate(pairwise(plain)) if one == other and one.isdigit()]
        for index in reversed(twice):
            places[index : index + 2] = [(places[index][0], places[index + 1][1])]
            del plain[index]
        return plain, places

    @cached_property
    def _line(self) -> tuple[str, list[int], list[Place]]:
        plain, places = self._plain
        return f" {' '.join(plain)} ", list(accumulate((len(word) + 1 for word in plain), initial=0)), places

    def find(self, words: str) -> list[Place]:
        """Where these words (plain, joined by spaces) stand."""
        if not all(word in self.vocabulary or word[0].isdigit() for word in words.split()):
            return []  # for which no line need be written; numbers may be there in words
        line, starts, places = self._line
        found: list[Place] = []
        place = line.find(f" {words} ")
        while place >= 0 and len(found) < _FULL:
            first, last = bisect_right(starts, place) - 1, bisect_right(starts, place + len(words)) - 1
            found.append((places[first][0], places[last][1]))
            place = line.find(f" {words} ", place + 1)
        return found

    @property
    def plain(self) -> list[str]:
        return self._plain[0]


def _within(item: Item, taken: list[Place]) -> bool:
    return any(start < item.end and item.start < end for start, end in taken)
