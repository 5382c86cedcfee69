"""Whether a passage shows that a field has its value, does not show it, or speaks against it.

Dates, numbers, codes and names must stand in the passage, in any form people write them; of two that stand there, the one that
the field's name is nearest to. A truth must be stated by a clause, true or false as it is. Words must be there, denied or not as
they are in the value. What many passages would say (a small number, a letter, a truth) must be named there, or stand
beside another value of the same list item.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import cached_property
from typing import Final

from rapidfuzz.distance import OSA

from batchata.grounding.fields import Field, weights
from batchata.grounding.lexicon import LEGAL_FORMS, LITTLE, UNSAYING
from batchata.grounding.said import Place, Said
from batchata.grounding.terms import DENYING, NO, TIMES, YES
from batchata.grounding.truths import truth_of

_NEAR: Final = 6  # words within which a name speaks of a number
_BEHIND: Final = 3  # words by which a name that follows a number is farther: signed on 5 May, effective 9 May
_FAR: Final = 99
_SHORT: Final = 8  # words of a passage that says no more than the number
_FEW: Final = 4  # words of a text that must all be there; of more, most
_MOST: Final = 0.8
_SLIGHT: Final = LEGAL_FORMS | UNSAYING | LITTLE  # words of a text that need not be there
_AFTER_FIGURE: Final = 2  # words after a number in which its unit stands


class Judge:
    """Passages held against the fields of one answer."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        self._weight = weights(fields)
        self._figures = {f.shape: f for f in fields if f.value.day or f.value.number is not None}
        self._many = _in_several_items(fields)

    def shows(self, field: Field, said: Said) -> bool | None:
        """True: it states the value. False: that can't be told. None: it does not hold."""
        if not said.text.strip():
            return None
        if field.value.is_bool:
            return self._truth(field, said)
        places = field.value.spans(said)
        if field.value.day or (field.value.number is not None and not isinstance(field.raw, str)):
            shown = [
                self._figure(field, said, place) for place in places if not _is_otherwise_measured(field, said, place)
            ]
            return any(shown) if shown else None
        if field.value.is_weak and places:
            return bool(self._nearness(field, said, places[0]) <= _NEAR or self._is_beside(field, said))
        if (places and field.value.is_exactly_in(said) and _is_meant(field, said)) or _has_words(field, said):
            return not self._is_common(field) or self._is_beside(field, said)
        return None if _must_stand(field) else False

    def _truth(self, field: Field, said: Said) -> bool | None:
        truth = truth_of(field.readings, said.clauses, self._weight)
        value = truth.value
        if value is None and field.item and self._is_beside(field, said):
            value = self._marked(field, said)
        if value is None:
            return False
        if value is not field.value.value:
            return None
        return field.shape not in self._many or self._is_beside(field, said)

    def _marked(self, field: Field, said: Said) -> bool | None:
        """The one yes or no of a row, where its item has one truth."""
        marks = [word in YES for word in said.words.words if word in YES | NO]
        truths = [other for other in self.fields if other.item == field.item and other.value.is_bool]
        return marks[0] if len(marks) == len(truths) == 1 else None

    def _figure(self, field: Field, said: Said, place: Place) -> bool:
        """Is the date or number at this place the field's, and not what another field's name stands nearer to?"""
        mine = self._nearness(field, said, place)
        kind = [
            f for f in self._figures.values() if f.shape != field.shape and bool(f.value.day) == bool(field.value.day)
        ]
        other = min((self._nearness(rival, said, place) for rival in kind), default=_FAR)
        if field.value.is_weak and field.shape in self._many:
            return mine <= other and self._is_beside(field, said)
        if field.value.is_weak:
            named = mine <= min(other, _NEAR) or (other > _NEAR and _is_alone(said))
            return named or self._is_beside(field, said)
        named_elsewhere = any(
            self._nearness(field, said, (item.start, item.end)) < mine
            for item in said.items
            if bool(item.days) == bool(field.value.day)
        )
        return not (other < mine and named_elsewhere)

    def _nearness(self, field: Field, said: Said, place: Place) -> int:
        """Words from a figure to the nearest that names the field, no other figure between them."""
        words = said.words
        first, after = words.first_from(place[0]), bisect_left(words.starts, place[1])
        names = {name for name in field.names if self._weight.get(name, 1.0) >= 1 / 3}
        ends = [item.end for item in said.items if item.end <= place[0]]
        starts = [item.start for item in said.items if item.start >= place[1]]
        low = words.first_from(max(ends)) if ends else 0
        high = words.first_from(min(starts)) if starts else len(words)
        near = [first - i for i in range(low, first) if said.stems[i] in names]
        near += [i - after + 1 + _BEHIND for i in range(after, high) if said.stems[i] in names]
        return min(near, default=_FAR)

    def _is_beside(self, field: Field, said: Said) -> bool:
        """Does the passage say another value of the same list item, one that no other item has?"""
        return any(other is not field and other.value.spans(said) for other in self._telling.get(field.item or (), ()))

    @cached_property
    def _telling(self) -> dict[tuple[object, ...], list[Field]]:
        """By item, the fields whose values tell it from the others."""
        told = [field for field in self.fields if field.item and not field.value.is_weak]
        counts = Counter((field.shape, field.value.key) for field in told)
        found: dict[tuple[object, ...], list[Field]] = {}
        for field in told:
            if field.item and counts[field.shape, field.value.key] == 1:
                found.setdefault(field.item, []).append(field)
        return found

    def _is_common(self, field: Field) -> bool:
        """A word such as a role or a state, where several items could have it."""
        named = isinstance(field.raw, Enum) or (" " not in field.value.words and not _is_name(field.raw))
        return named and field.shape in self._many and not any(map(str.isdigit, field.value.words))


def _in_several_items(fields: Iterable[Field]) -> frozenset[tuple[object, ...]]:
    first: dict[tuple[object, ...], object] = {}
    return frozenset(
        field.shape for field in fields if field.item and first.setdefault(field.shape, field.item) != field.item
    )


def _is_alone(said: Said) -> bool:
    """Is a short passage's only figure all that it can be cited for?"""
    values = {frozenset(item.numbers) for item in said.items if item.numbers}
    return len(values) == 1 and len(said.words) <= _SHORT


def _is_otherwise_measured(field: Field, said: Said, place: Place) -> bool:
    """Thirty months, where the field counts days."""
    units = TIMES & {*field.names, *field.description}
    if not units or field.value.number is None:
        return False
    same = [item.end for item in said.items if item.start - place[1] in (1, 2) and field.value.number in item.numbers]
    after = bisect_left(said.words.starts, max([place[1], *same]))  # thirty (30) months
    said_units = TIMES & set(said.stems[after : after + _AFTER_FIGURE])
    return bool(said_units) and not said_units & units


def _must_stand(field: Field) -> bool:
    return _is_name(field.raw) or any(map(str.isdigit, field.value.words))


def _is_name(value: object) -> bool:
    """`Brennmoor Instrument Works`; not `soon`, nor `Monthly payment in advance`."""
    words = [word for word in value.split() if len(word) > 3] if isinstance(value, str) else []
    return bool(words) and all(word[0].isupper() for word in words)


def _is_meant(field: Field, said: Said) -> bool:
    """Are a text's words, which the passage has, denied or not as they are in it? A name may stand in a denial."""
    own = _own(field)
    return _must_stand(field) or field.value.is_currency or _denials(own, own.stems) == _denials(said, own.stems)


def _own(field: Field) -> Said:
    return Said(str(field.value.value).replace("_", " "))


def _has_words(field: Field, said: Said) -> bool:
    """Does the passage have the words of a name, or enough of those of a text, denied or not as they are in it?"""
    own = _own(field)
    wanted = [(w, s) for w, s in zip(own.words.words, own.stems, strict=True) if w not in _SLIGHT]
    if not wanted:
        return False
    name = _must_stand(field)
    found = [s for w, s in wanted if (_is_spelt(w, said) if name else s in said.held)]
    figures = all(word in said.plain for word in own.plain if any(map(str.isdigit, word)))
    enough = len(found) >= (len(wanted) if name or len(wanted) <= _FEW else _MOST * len(wanted))
    return enough and figures and _denials(own, found) == _denials(said, found)


def _is_spelt(word: str, said: Said) -> bool:
    """Is the word there, or one that differs from it by a slip?"""
    if word in said.words.positions:
        return True
    slips = (len(word) > 4) + (len(word) > 8)
    return slips > 0 and any(
        OSA.distance(word, other) <= slips and other[0] == word[0] for other in said.words.positions
    )


def _denials(said: Said, stems: Iterable[str]) -> frozenset[str]:
    """Those of the stems that every clause denies which has them."""
    denied: dict[str, bool] = {}
    for clause in said.clauses:
        for word, turned in zip(clause.stems, clause.denied, strict=True):
            denied[word] = turned and denied.get(word, True)
    return frozenset(word for word in stems if denied.get(word) and word not in DENYING)
