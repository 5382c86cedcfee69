"""One value of an answer and the places where a text says it, in any form people write it: dates, numbers, names, words."""

import datetime as dt
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any

from batchata.grounding.amounts import amounts
from batchata.grounding.dates import Day, day_of
from batchata.grounding.lexicon import LEGAL_FORMS
from batchata.grounding.said import Place, Said
from batchata.grounding.terms import CURRENCIES, OTHER_DOLLARS


class Value:
    """One value of an answer. `is_weak`: so common in texts (a small number, a letter) that it says little by itself."""

    def __init__(self, value: Any) -> None:
        self.value = value.value if isinstance(value, Enum) else value
        self.is_bool = isinstance(self.value, bool)
        self.day = _day(self.value)
        self.number = None if self.day or self.is_bool else _number(self.value)
        self._name = value.name if isinstance(value, Enum) else ""

    @cached_property
    def _plain(self) -> list[str]:
        return Said(_text(self.value)).plain

    @cached_property
    def words(self) -> str:
        return " ".join(self._plain)

    @cached_property
    def forms(self) -> list[str]:
        """The words, and what else may stand for them: a currency's sign, an enum's name."""
        named = " ".join(Said(self._name.replace("_", " ")).plain)
        return [form for form in (*CURRENCIES.get(self.words, [self.words]), named) if form]

    @cached_property
    def core(self) -> str:
        """The words of a firm's name without its legal form."""
        core = [word for word in self._plain if word not in LEGAL_FORMS]
        return " ".join(core) if len("".join(core)) > 2 else ""

    @property
    def is_weak(self) -> bool:
        if self.number is not None:
            return abs(self.number) < 100 and self.number == int(self.number)
        return self.is_bool or (self.day is None and len(self.words) < 4 and not self.is_currency)

    @property
    def is_told(self) -> bool:
        """May a text say it without its words? A truth, or prose; a date or a number is there or is not."""
        there = self.day or self.number is not None or self.is_currency or any(map(str.isdigit, self.words))
        return self.is_bool or not there

    @property
    def is_currency(self) -> bool:
        return self.words in CURRENCIES

    def is_like(self, other: "Value") -> bool:
        """Could a text that says the one be saying the other?"""
        return not (self.is_bool or other.is_bool) and self.key == other.key

    @property
    def key(self) -> tuple[Day | None, float | None, str]:
        return self.day, self.number, self.words

    def spans(self, said: Said) -> list[Place]:
        if self.is_bool:
            return []
        if self.day:
            return [(item.start, item.end) for item in said.items if self.day in item.days]
        if self.number is not None:
            found = [(item.start, item.end) for item in said.items if any(_equal(self.number, n) for n in item.numbers)]
            if found or not isinstance(self.value, str):
                return found
        return self._strings(said)

    def is_exactly_in(self, said: Said) -> bool:
        """Does the text have these words, or another form of them, one by one and in their order?"""
        return self.is_currency or any(said.find(form) for form in (*self.forms, self.core) if form)

    def _strings(self, said: Said) -> list[Place]:
        if self.is_currency:
            return sorted(
                {place for form in self.forms for place in said.find(form) if not _is_other_dollar(form, place, said)}
            )
        found = next((places for form in self.forms if (places := said.find(form))), [])
        if not found and self.core:
            found = said.find(self.core)
        if not found and len(self.words) >= 8 and not any(map(str.isdigit, self.words)):
            found = self._similar(said)
        return found

    def _similar(self, said: Said) -> list[Place]:
        from rapidfuzz.fuzz import partial_ratio_alignment

        wanted, joined = self.words.replace(" ", ""), said.words.joined
        if len(joined) < len(wanted) * 0.8 or not self._may_be_in(said):
            return []
        hit = partial_ratio_alignment(wanted, joined, score_cutoff=88)
        if not hit or hit.dest_end <= hit.dest_start:
            return []
        (first, skipped), (last, reached) = said.words.at(hit.dest_start), said.words.at(hit.dest_end - 1)
        words = said.words.words
        first += 2 * skipped > len(words[first]) and first < last  # a word that is hardly touched is no part of it
        last -= 2 * (reached + 1) <= len(words[last]) and last > first
        return [(said.words.starts[first], said.words.ends[last])]

    def _may_be_in(self, said: Said) -> bool:
        """Does the text have a word of it? Looking it up is cheap beside laying it over."""
        positions = said.words.positions
        return any(word in positions for word in self.words.split() if len(word) > 3)


def _text(value: Any) -> str:
    if isinstance(value, dt.time):
        return f"{value:%H:%M:%S}".removesuffix(":00")
    if isinstance(value, (bool, int, float, Decimal, dt.date, dt.timedelta, bytes)):
        return ""
    return str(value).replace("_", " ")


def _is_other_dollar(form: str, place: Place, said: Said) -> bool:
    """Is the sign another's: C$, A$, HK$?"""
    before = said.words.first_from(place[0]) - 1
    return (
        form == "$"
        and before >= 0
        and said.words.ends[before] == place[0]
        and said.words.words[before] in OTHER_DOLLARS
    )


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def _day(value: Any) -> Day | None:
    if isinstance(value, (dt.datetime, dt.date)):
        return value.year, value.month, value.day
    return day_of(value) if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    if isinstance(value, (int, float, Decimal)):
        try:
            return float(value)
        except (OverflowError, ValueError):  # beyond what a float holds, or a signalling NaN
            return None
    if isinstance(value, dt.timedelta):
        return value.total_seconds() / 86_400
    if isinstance(value, str) and len(value) < 40 and any(map(str.isdigit, value)):
        found = list(amounts(value))
        if len(found) == 1 and found[0][:2] == (0, len(value)):
            plain = value.replace(".", "", 1)
            written = float(value) if plain.isascii() and plain.isdecimal() else None
            return written if written in found[0][2] else min(found[0][2], default=None)
    return None
