"""What an answer's text says: each place with the fields whose names stand around it."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property
from typing import Final

from batchata.grounding.clauses import Clause
from batchata.grounding.fields import Field
from batchata.grounding.items import Mention, dealt
from batchata.grounding.said import Place, Said
from batchata.grounding.tables import Cell, cells
from batchata.grounding.terms import AKIN
from batchata.grounding.truths import truth_of

# Ends of clauses. Not: the line end after a question or a label, for what it asks or names stands below.
_BREAK: Final = re.compile(r"(?<![?:\n])\n+|\n{2,}|(?<=[.;!])\s+(?=[A-Z*\-\d])|;")
_AKIN: Final = 0.7  # what another word for the same is worth
NAMED: Final = 0.5  # the share of its name by which a truth is known
TIE: Final = 0.05


class Telling:
    """An answer's text and the fields that its statements may speak of."""

    def __init__(self, fields: Sequence[Field], weight: Mapping[str, float], text: str) -> None:
        self.fields = fields
        self.weight = weight
        self.said = Said(text, lined=True)
        self.breaks = [0, *sorted({found.end() for found in _BREAK.finditer(text)}), len(text)]

    @cached_property
    def mentions(self) -> list[Mention]:
        """What the text says, in order: each place with the fields that its surroundings name most."""
        some = dealt([*self._values(), *self._truths()], self.said.text)
        return [
            mention
            for index, mention in enumerate(some)
            if mention.label > 0 or not mention.weak or self._is_beside(mention, some[max(0, index - 1) : index + 2])
        ]

    def _is_beside(self, mention: Mention, near: Sequence[Mention]) -> bool:
        """Does a value of the same item stand next to it, on the same line?"""
        return any(
            other.field is not mention.field
            and other.field.item == mention.field.item
            and "\n" not in self.said.text[min(other.end, mention.end) : max(other.start, mention.start)]
            for other in near
        )

    @cached_property
    def _spans(self) -> list[tuple[Place, Field]]:
        """Where the text says a value, in order."""
        spans = [(place, field) for field in self.fields for place in field.value.spans(self.said)]
        return sorted(spans, key=lambda pair: (pair[0], -pair[0][1]))

    def _values(self) -> list[Mention]:
        won: list[Mention] = []
        for group in _overlapping(self._spans):
            named = [(place, field, self._label(place, field)) for place, field in group]
            best = max(score for _, _, score in named)
            longest = max(place[1] - place[0] for place, _, _ in named)
            won += [
                Mention(*place, field, score, self._is_weak(field, place))
                for place, field, score in named
                if score >= best - TIE and (place[1] - place[0] > longest // 2 or score > 0)
            ]
        return won

    def _is_weak(self, field: Field, place: Place) -> bool:
        """A small number or a letter, unless it is written as an amount; the sign of one that is."""
        said = self.said.text[place[0] : place[1]].strip()
        return field.value.is_currency or (field.value.is_weak and said.replace("(", "").replace(")", "").isalnum())

    def _truths(self) -> list[Mention]:
        """Fields that are true or false, named by a clause, and not denied by it."""
        kinds: dict[tuple[object, ...], list[Field]] = {}
        for field in self.fields:
            if field.value.is_bool:
                kinds.setdefault(field.shape, []).append(field)
        some = list(kinds.values())
        clauses = [clause for clause in self.said.clauses if not self._cell(clause.start)] if kinds else []
        found = [mention for clause in clauses for mention in self._stated(some, clause)]
        for cell in self._cells if kinds else []:
            for clause in Said(f"{cell.head}: {cell.text}").clauses[:1]:
                found += [replace(one, start=cell.start, end=cell.end) for one in self._stated(some, clause, cell)]
        return found

    @cached_property
    def _cells(self) -> list[Cell]:
        return list(cells(self.said.text, self._is_named)) if "|" in self.said.text else []

    def _is_named(self, head: str) -> bool:
        """Does the head of a column name a field?"""
        held = Said(head).held
        return any(self._share(field.names, held) >= NAMED for field in self.fields if field.item is not None)

    def _cell(self, place: int) -> Cell | None:
        index = bisect_right(self._cells, place, key=lambda cell: cell.start) - 1
        return self._cells[index] if index >= 0 and place < self._cells[index].end else None

    def _stated(self, kinds: Sequence[Sequence[Field]], clause: Clause, cell: Cell | None = None) -> list[Mention]:
        truths = [truth_of(some[0].readings, [clause], self.weight) for some in kinds]
        best = max(truth.score for truth in truths)
        if best < NAMED:
            return []
        held = frozenset(clause.stems)
        low, high = (cell.start, cell.end) if cell else (clause.start, clause.end)
        values = [field for _, field in self._spans_in(low, high)]
        if best < max((self._share(field.names, held) for field in values), default=0.0):
            return []
        return [
            Mention(truth.at, clause.end, field, truth.score, weak=True)
            for some, truth in zip(kinds, truths, strict=True)
            if truth.score >= best - TIE
            for field in some
            if truth.value in (None, field.value.value)
        ]

    def _spans_in(self, low: int, high: int) -> list[tuple[Place, Field]]:
        first = bisect_left(self._spans, low, key=lambda pair: pair[0][0])
        return self._spans[first : bisect_left(self._spans, high, key=lambda pair: pair[0][0])]

    def _clause(self, place: Place) -> Place:
        index = bisect_right(self.breaks, place[0])
        after = bisect_left(self.breaks, place[1])
        return self.breaks[max(0, index - 1)], self.breaks[min(after, len(self.breaks) - 1)]

    def _label(self, place: Place, field: Field) -> float:
        """How well the words before a value name the field, from its clause's beginning or the value before; else those after.

        In a table, the head of its column.
        """
        if cell := self._cell(place[0]):
            return self.share(field, Said(cell.head).held)
        low, high = self._clause(place)
        if not self.said.text[low : place[0]].strip(" *_-\t"):  # what names it may stand above
            low = self._clause((max(0, low - 1), low))[0]
        around = self._spans_in(low, high)
        ends = [end for (_, end), _ in around if end <= place[0]]
        starts = [start for (start, _), _ in around if place[1] <= start]
        before = self.naming(field, max([low, *ends]), place[0])
        after = self.naming(field, place[1], min([high, *starts]))
        whole = self.naming(field, low, high)
        return max(before, 0.8 * after, 0.4 * whole)

    def naming(self, field: Field, low: int, high: int) -> float:
        """The share of the field's name that `text[low:high]` has, from 0 to 1."""
        words = self.said.words
        return self.share(field, set(self.said.stems[words.first_from(low) : bisect_left(words.starts, high)]))

    def share(self, field: Field, held: AbstractSet[str]) -> float:
        return max(
            self._share(field.names, held) + 0.15 * self._share(field.above, held),
            0.75 * self._share(field.description, held) if self._rare(field.description, held) else 0.0,
        )

    def _share(self, names: Sequence[str], held: AbstractSet[str]) -> float:
        total = said = 0.0
        for name in names:
            worth = self.weight.get(name, 1.0)
            total += worth
            if name in held:
                said += worth
            elif not held.isdisjoint(AKIN.get(name, ())):
                said += _AKIN * worth
        return said / total if said else 0.0

    def _rare(self, names: Sequence[str], held: AbstractSet[str]) -> bool:
        return any(name in held and self.weight.get(name, 1.0) >= 0.5 for name in names)


def _overlapping(spans: Sequence[tuple[Place, Field]]) -> list[list[tuple[Place, Field]]]:
    groups: list[list[tuple[Place, Field]]] = []
    end = -1
    for place, field in spans:
        if place[0] >= end:
            groups.append([])
            end = place[1]
        groups[-1].append((place, field))
        end = max(end, place[1])
    return groups
