"""What speaks for a field in an answer's text and in a cited passage."""

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Final

from batchata.grounding.fields import Field, stem
from batchata.grounding.values import Place, Said

# Ends of clauses. Not: the line end after a question or a label, for what it asks or names stands below.
_BREAK: Final = re.compile(r"(?<![?:\n])\n+|\n{2,}|(?<=[.;!])\s+(?=[A-Z*\-\d])|;")
_BESIDE: Final = 1.5  # for a value of a list item: another value of the same item beside it
_YES: Final = frozenset(["yes", "true", "y", "present", "included", "granted", "applies", "agreed"])
_NO: Final = frozenset(["no", "false", "n", "not", "none", "absent", "neither", "without", "never", "nor", "cannot"])
_VALUE, _NAME, _QUOTED, _PASSAGE = 2.0, 2.0, 1.5, 0.7
_TIE: Final = 0.05
_LONG_LINE: Final = 200  # characters: prose, whose sentences stand for lines


class Scene:
    """An answer's text and the fields that its statements may speak of."""

    def __init__(self, fields: Sequence[Field], weight: Mapping[str, float], text: str) -> None:
        self.fields = fields
        self.weight = weight
        self.said = Said(text)
        self._stems_of: dict[Said, frozenset[str]] = {}
        self.breaks = [0, *sorted({found.end() for found in _BREAK.finditer(text)}), len(text)]

    # The text of the answer.

    @cached_property
    def _stems(self) -> list[str]:
        return [stem(word) for word in self.said.words.words]

    @cached_property
    def _spans(self) -> list[tuple[Place, Field]]:
        """Where the text says a value, in order."""
        spans = [(place, field) for field in self.fields for place in field.value.spans(self.said)]
        return sorted(spans, key=lambda pair: (pair[0], -pair[0][1]))

    @cached_property
    def _winners(self) -> list[tuple[Place, Field, float]]:
        """For each place that says a value, the fields that its surroundings name most; all of them where none is named more."""
        won: list[tuple[Place, Field, float]] = []
        for group in _overlapping(self._spans):
            named = [(place, field, self._label(place, field)) for place, field in group]
            best = max(score for _, _, score in named)
            longest = max(place[1] - place[0] for place, _, _ in named)
            won += [
                (place, field, score)
                for place, field, score in named
                if score >= best - _TIE and (place[1] - place[0] > longest // 2 or score > 0)
            ]
        won = [
            pair
            for pair in won
            if pair[2] > 0 or not self._is_weak(pair[1], pair[0]) or self._companions(*pair[:2], won)
        ]
        return self._in_order(won)

    def _is_weak(self, field: Field, place: Place) -> bool:
        """A small number or a letter, unless it is written as an amount."""
        said = self.said.text[place[0] : place[1]].strip()
        return field.value.is_weak and said.replace("(", "").replace(")", "").isalnum()

    def _in_order(self, won: list[tuple[Place, Field, float]]) -> list[tuple[Place, Field, float]]:
        """Values of list items: each place to the item whose other values stand near it."""
        near = {(place, field): self._companions(place, field, won) for place, field, _ in won if field.item}
        accompanied = {field for (_, field), nearness in near.items() if nearness}
        kept = []
        for place, field, score in won:
            rivals = [f for p, f, _ in won if p == place and f is not field and f.item and f.item != field.item]
            mine = near.get((place, field), 0.0)
            if field.item and any(near[place, rival] > mine for rival in rivals):
                continue
            if field in accompanied and not mine and score < 0.5:
                continue
            kept.append((place, field, score))
        return self._dealt(kept)

    def _companions(self, place: Place, field: Field, won: list[tuple[Place, Field, float]]) -> float:
        """How near other values of the same item stand, on the same line first."""
        low, high = self._line(place)
        if high - low > _LONG_LINE:
            low, high = self._clause(place)
        return sum(
            1 + 1 / (1 + (place[0] - p[0] if p[0] <= place[0] else 3 * (p[0] - place[0])))
            for p, f, _ in won
            if f.item == field.item and f is not field and low <= p[0] < high
        )

    def _dealt(self, won: list[tuple[Place, Field, float]]) -> list[tuple[Place, Field, float]]:
        """Where as many places say a value as items have it, the first is the first item's, and so on."""
        places: dict[tuple[object, ...], list[Place]] = {}
        rivals: dict[tuple[object, ...], list[Field]] = {}
        for place, field, _ in won:
            if field.item:
                key = (_shape(field), str(field.raw))
                places.setdefault(key, [])
                if place not in places[key]:
                    places[key].append(place)
                rivals.setdefault(key, [])
                if field not in rivals[key]:
                    rivals[key].append(field)
        dealt = []
        for place, field, score in won:
            key = (_shape(field), str(field.raw))
            several = field.item is not None and len(rivals[key]) > 1 and len(rivals[key]) == len(places[key])
            if several and rivals[key].index(field) != places[key].index(place):
                continue
            dealt.append((place, field, score))
        return dealt

    def _line(self, place: Place) -> Place:
        text = self.said.text
        end = text.find("\n", place[1])
        return text.rfind("\n", 0, place[0]) + 1, len(text) if end < 0 else end

    def _clause(self, place: Place) -> Place:
        index = bisect_right(self.breaks, place[0])
        after = bisect_left(self.breaks, place[1])
        return self.breaks[max(0, index - 1)], self.breaks[min(after, len(self.breaks) - 1)]

    def _label(self, place: Place, field: Field) -> float:
        """How well the words before a value name the field, from its clause's beginning or the value before; else those after."""
        low, high = self._clause(place)
        ends = [end for (start, end), _ in self._spans if low <= start and end <= place[0]]
        starts = [start for (start, _), _ in self._spans if place[1] <= start < high]
        before = self.naming(field, max([low, *ends]), place[0])
        after = self.naming(field, place[1], min([high, *starts]))
        whole = self.naming(field, low, high)
        return max(before, 0.8 * after, 0.4 * whole)

    def naming(self, field: Field, low: int, high: int) -> float:
        """The share of the field's name that `text[low:high]` has, from 0 to 1."""
        words = self.said.words
        some = self._stems[words.first_from(low) : bisect_left(words.starts, high)]
        return self.share(field, set(some))

    def share(self, field: Field, held: AbstractSet[str]) -> float:
        return max(
            self._share(field.names, held) + 0.15 * self._share(field.above, held),
            0.75 * self._share(field.description, held) if self._rare(field.description, held) else 0.0,
        )

    def _share(self, names: Sequence[str], held: AbstractSet[str]) -> float:
        total = sum(self.weight.get(name, 1.0) for name in names)
        return sum(self.weight.get(name, 1.0) for name in names if name in held) / total if total else 0.0

    def _rare(self, names: Sequence[str], held: AbstractSet[str]) -> bool:
        return any(name in held and self.weight.get(name, 1.0) >= 0.5 for name in names)

    # A statement, and a passage cited for it.

    def claims(self, start: int, end: int, before: int, quotes: Sequence[Said]) -> dict[Field, float]:
        """The fields that the statement `text[start:end]` speaks of; `before`: where what speaks of it too may begin."""
        claims: dict[Field, float] = {}
        for place, field, score in self._winners:
            if place[0] < end and start < place[1]:
                claims[field] = max(claims.get(field, 0.0), _VALUE + _NAME * score)
        claims |= self._truths(start, end, before, claims)
        if claims:
            return claims
        low = max(self._scope(start), before)
        for quote in quotes:
            for field, score in self.of_quote(quote, low, end).items():
                claims[field] = max(claims.get(field, 0.0), score)
        return claims

    def _scope(self, start: int) -> int:
        """Where the clause that a statement ends begins."""
        return self.breaks[max(0, bisect_right(self.breaks, start) - 1)]

    def _truths(self, start: int, end: int, before: int, claims: Mapping[Field, float]) -> dict[Field, float]:
        """Fields that are true or false, named by a clause of the statement, and not denied by it."""
        truths = [field for field in self.fields if field.value.is_bool]
        if not truths:
            return {}
        found: dict[Field, float] = {}
        for low, high in self._clauses(max(before, self._scope(start)), end):
            named = {field: self.naming(field, low, high) for field in truths}
            best = max(named.values())
            others = max((self.naming(field, low, high) for field in claims), default=0.0)
            if best < 0.5 or best < others:
                continue
            for field, score in named.items():
                if score >= best - _TIE and not self._denied(field, low, high):
                    found[field] = max(found.get(field, 0.0), 1 + _NAME * score)
        return found

    def _clauses(self, low: int, high: int) -> list[Place]:
        first, last = bisect_right(self.breaks, low), bisect_left(self.breaks, high)
        edges = [low, *self.breaks[first:last], high]
        return [(a, b) for a, b in itertools.pairwise(edges) if b > a]

    def _denied(self, field: Field, low: int, high: int) -> bool:
        words = self.said.words
        said = set(words.words[words.first_from(low) : bisect_left(words.starts, high)])
        yes, no = bool(said & _YES), bool(said & _NO)
        return yes and not no if field.value.value is False else no and not yes and "no" in said

    def of_quote(self, quote: Said, low: int = 0, high: int = 0) -> dict[Field, float]:
        """The fields a passage speaks of by itself, with what the answer says about it."""
        scores: dict[Field, float] = {}
        spans: dict[Place, list[Field]] = {}
        said = {field: some for field in self.fields if (some := field.value.spans(quote))}
        strong = {field.item for field in said if field.item and not field.value.is_weak}
        for field in self.fields:
            named = self.naming(field, low, high) if high else 0.0
            held = self.share(field, self._quote_stems(quote))
            beside = field.item in strong and any(f.item == field.item and f is not field for f in said)
            if field in said and (not field.value.is_weak or named or held or beside):
                scores[field] = _QUOTED + _NAME * named + _PASSAGE * held + _BESIDE * beside
                for place in said[field]:
                    spans.setdefault(place, []).append(field)
            elif field.value.is_told and max(named, 0.8 * held) >= 0.5 and not (field.value.is_bool and named):
                scores[field] = _NAME * named + _PASSAGE * held
        return self._kept(scores, spans)

    def _kept(self, scores: dict[Field, float], spans: Mapping[Place, Sequence[Field]]) -> dict[Field, float]:
        """Fields compete for the same words of a passage; those without a value in it against all."""
        valued = {
            field
            for rivals in spans.values()
            for field in rivals
            if scores[field] >= max(scores[rival] for rival in rivals) - _TIE
        }
        lost = {field for rivals in spans.values() for field in rivals} - valued
        best = max(scores.values(), default=0.0)
        return {
            field: score
            for field, score in scores.items()
            if field in valued or (field not in lost and not valued and score >= best - _TIE)
        }

    def _quote_stems(self, quote: Said) -> frozenset[str]:
        if quote not in self._stems_of:
            self._stems_of[quote] = frozenset(map(stem, quote.words.words))
        return self._stems_of[quote]

    def in_quote(self, field: Field, quote: Said) -> float:
        """What a passage says for a field, by its value or by what it is about."""
        value = bool(field.value.spans(quote))
        return _QUOTED * value + _PASSAGE * self.share(field, self._quote_stems(quote))


def _shape(field: Field) -> tuple[object, ...]:
    return tuple("[]" if isinstance(step, int) else step for step in field.steps)


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
