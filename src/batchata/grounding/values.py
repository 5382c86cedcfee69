"""Typed values and the ways people write them: dates, numbers, amounts, shares, names.

`Said` reads a text once: which dates and numbers it has and where, and its words in a form in which `thirty (30) days` and
`30 days` are the same. `Value` is one value of an answer; its `spans` are the places where a text says it.
"""

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cached_property
from itertools import accumulate
from typing import Any, Final, TypeAlias

from batchata.grounding.exact import value_of
from batchata.grounding.lexicon import ACCENTED_MONTHS, LEGAL_FORMS, MONTHS, SCALES, UNITS
from batchata.grounding.words import Words, fold, number_form

Place: TypeAlias = tuple[int, int]
Day: TypeAlias = tuple[int, int, int]

_MONTH: Final = rf"(?P<{{}}>{'|'.join(sorted(map(re.escape, {*MONTHS, *ACCENTED_MONTHS}), key=len, reverse=True))})\.?"
_NTH: Final = r"(?P<{}>\d{{1,2}}(?:st|nd|rd|th|er|º|\.)?|[a-z]+(?:[ -][a-z]+)?)"
_DATE: Final = re.compile(
    rf"""
      (?<!\d)(?P<y1>\d{{4}})[-/.](?P<m1>\d{{1,2}})[-/.](?P<d1>\d{{1,2}})(?!\d)
    | (?<!\d)(?P<y2>\d{{4}})年\s?(?P<m2>\d{{1,2}})月\s?(?P<d2>\d{{1,2}})日
    | (?<![\d.,])(?P<a3>\d{{1,2}})(?P<s3>[-/.])(?P<b3>\d{{1,2}})(?P=s3)(?P<y3>\d{{4}}|\d\d)(?![\d])
    | \b{_MONTH.format("m4")}\s*(?:the\s+)?(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?\s*(?:of\s+)?(?P<y4>\d{{4}})\b
    | \b(?P<d5>\d{{1,2}})(?:\s?(?:st|nd|rd|th|er|º|\.))?[\s-]*(?:\(\w+\)\s*)?(?:day\s+of\s+|de\s+|of\s+)?{_MONTH.format("m5")}
      [\s,-]*(?:in\s+the\s+year\s+|of\s+|de\s+|del\s+)?(?P<y5>\d{{4}})\b
    | \b(?P<w6>[a-z]+(?:[ -][a-z]+)?)\s+(?:\(\d+\w*\)\s*)?(?:day\s+)?of\s+{_MONTH.format("m6")},?\s*(?:of\s+|in\s+the\s+year\s+)?(?P<y6>\d{{4}})\b
    | \b{_MONTH.format("m7")},?\s+(?P<w7>[a-z]+(?:[ -][a-z]+)?),?\s+(?P<y7>\d{{4}})\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?<!\d)(?:1[5-9]|2[0-2])\d\d(?!\d)|(?<=\d[-/.])\d\d(?!\d)")
_BEFORE_YEAR, _AFTER_YEAR = 60, 12  # characters in which the rest of a date stands
_DIGITS: Final = re.compile(r"\d{1,3}(?:[,.'\u2019\u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?")
_BEFORE: Final = re.compile(
    r"(?P<open>\()?\s?(?P<minus>(?<![\w)])[-\u2212])?\s?(?:[^\W\d_]{0,3}[$€£¥₹]\s?)?(?P<last>-)?$"
)
_AFTER: Final = re.compile(
    r"""(?P<percent>\s?(?:%|percent\b|per\s?cent\b))?(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|mn|bn|[kmb])\b)?
        (?:\s?[$€£¥₹])?(?P<close>\s?\))?""",
    re.VERBOSE | re.IGNORECASE,
)
_SHORT_SCALES: Final = {**SCALES, "k": 1_000, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9}
_BEFORE_AMOUNT: Final = 8  # characters in which sign, currency and bracket stand
_FULL: Final = 10_000


@dataclass(frozen=True, slots=True)
class Item:
    """A date or number that a text says, in all readings it may have."""

    start: int
    end: int
    numbers: frozenset[float] = frozenset()
    days: frozenset[Day] = frozenset()


class Said:
    """What a text says."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def words(self) -> Words:
        return Words(self.text)

    @cached_property
    def items(self) -> list[Item]:
        items = list(_dates(self.text))
        taken = [(item.start, item.end) for item in items]
        items += [item for item in _amounts(self.text) if not _within(item, taken)]
        items += list(self._spelled(taken))
        return sorted(items, key=lambda item: item.start)

    def _spelled(self, taken: list[Place]) -> Iterator[Item]:
        """Numbers in words."""
        words, done = self.words, 0
        for index, word in enumerate(words.words):
            if word not in UNITS or index < done:
                continue
            done = index + 1
            while done < len(words) and (words.words[done] in UNITS or words.words[done] in SCALES):
                done += 1
            value = value_of(words.words[index:done])
            item = Item(words.starts[index], words.ends[done - 1], frozenset({value} if value is not None else ()))
            if not _within(item, taken):
                yield item

    @cached_property
    def _plain(self) -> tuple[list[str], list[Place]]:
        """Words with numbers in digits, said once: `thirty (30) days` as 30, days."""
        plain: list[str] = []
        places: list[Place] = []
        words, done = self.words, 0
        for index, (word, start, end) in enumerate(zip(words.words, words.starts, words.ends, strict=True)):
            if index < done:
                continue
            if word in UNITS:
                done = index + 1
                while done < len(words) and words.words[done] in UNITS:
                    done += 1
                word, end = f"{value_of(words.words[index:done]):g}", words.ends[done - 1]  # noqa: PLW2901 - one word of several
            if plain and word == plain[-1] and word.isdigit():
                places[-1] = (places[-1][0], end)
            else:
                plain.append(word)
                places.append((start, end))
        return plain, places

    @cached_property
    def _line(self) -> tuple[str, list[int], list[Place]]:
        plain, places = self._plain
        return f" {' '.join(plain)} ", list(accumulate((len(word) + 1 for word in plain), initial=0)), places

    def find(self, words: str) -> list[Place]:
        """Where these words (plain, joined by spaces) stand."""
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


class Value:
    """One value of an answer. `is_weak`: so common in texts (a small number, a letter) that it says little by itself."""

    def __init__(self, value: Any) -> None:
        self.value = value.value if isinstance(value, Enum) else value
        self.is_bool = isinstance(self.value, bool)
        self.day = _day(self.value)
        self.number = None if self.day or self.is_bool else _number(self.value)
        said = Said(self.value.replace("_", " ") if isinstance(self.value, str) else "")
        self.words = " ".join(said.plain)
        core = [word for word in said.plain if word not in LEGAL_FORMS]
        self.core = " ".join(core) if len("".join(core)) > 2 else ""

    @property
    def is_weak(self) -> bool:
        if self.number is not None:
            return abs(self.number) < 100 and self.number == int(self.number)
        return self.is_bool or (self.day is None and len(self.words) < 4)

    @property
    def is_told(self) -> bool:
        """May a text say it without its words? A truth, or prose; a date or a number is there or is not."""
        return self.is_bool or (self.day is None and self.number is None and not any(map(str.isdigit, self.words)))

    def is_like(self, other: "Value") -> bool:
        """Could a text that says the one be saying the other?"""
        if self.is_bool or other.is_bool:
            return False
        return (self.day, self.number, self.words) == (other.day, other.number, other.words)

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

    def _strings(self, said: Said) -> list[Place]:
        if not self.words:
            return []
        found = said.find(self.words)
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


def _within(item: Item, taken: list[Place]) -> bool:
    return any(start < item.end and item.start < end for start, end in taken)


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def _day(value: Any) -> Day | None:
    if isinstance(value, (dt.datetime, dt.date)):
        return value.year, value.month, value.day
    if (
        isinstance(value, str)
        and len(value) < 40
        and (found := _DATE.fullmatch(value.strip()[:10] if "T" in value else value.strip()))
    ):
        days = _days(found)
        return min(days) if len(days) == 1 else None
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, (int, float, Decimal)):
        try:
            return float(value)
        except (OverflowError, ValueError):  # beyond what a float holds, or a signalling NaN
            return None
    if isinstance(value, dt.timedelta):
        return value.total_seconds() / 86_400
    if isinstance(value, str) and len(value) < 40 and any(map(str.isdigit, value)):
        items = list(_amounts(value))
        if len(items) == 1 and (items[0].start, items[0].end) == (0, len(value)):
            plain = value.replace(".", "", 1)
            written = float(value) if plain.isascii() and plain.isdecimal() else None
            return written if written in items[0].numbers else min(items[0].numbers, default=None)
    return None


def _dates(text: str) -> Iterator[Item]:
    low = 0
    for year in _YEAR.finditer(text):  # a date without a year is none, and years are few
        low = max(low, year.start() - _BEFORE_YEAR)
        for found in _DATE.finditer(text, low, year.end() + _AFTER_YEAR):
            if days := _days(found):
                yield Item(found.start(), found.end(), days=frozenset(days))
            low = found.end()


def _days(found: re.Match[str]) -> set[Day]:
    said = {key[0]: value for key, value in found.groupdict().items() if value is not None}
    year = int(said["y"])
    if "a" in said:
        year += 0 if len(said["y"]) == 4 else 2000 if year < 70 else 1900
        one, other = int(said["a"]), int(said["b"])
        return {day for day in ((year, one, other), (year, other, one)) if _is_day(day)}
    month = int(said["m"]) if said["m"].isdigit() else MONTHS[fold(said["m"])]
    number = (
        int(said["d"])
        if "d" in said
        else value_of(Words(said["w"]).words[-2:]) or value_of(Words(said["w"]).words[-1:]) or 0
    )
    day = (year, month, int(number))
    return {day} if _is_day(day) else set()


def _is_day(day: Day) -> bool:
    return 1 <= day[1] <= 12 and 1 <= day[2] <= 31 and day[0] > 0


def _amounts(text: str) -> Iterator[Item]:
    for digits in _DIGITS.finditer(text):
        low = max(0, digits.start() - _BEFORE_AMOUNT)
        before = _BEFORE.search(text[low : digits.start()])
        after = _AFTER.match(text, digits.end())
        if before and after:
            yield _amount(low, before, digits, after)


def _amount(low: int, before: re.Match[str], digits: re.Match[str], after: re.Match[str]) -> Item:
    start = low + before.start() + len(before[0]) - len(before[0].lstrip())
    closed = bool(before["open"] and after["close"])
    end = after.end() if closed or not after["close"] else after.start("close")
    negative = bool(before["minus"] or before["last"] or (closed and re.search(r"[.,]", digits[0])))
    scale = _SHORT_SCALES.get((after["scale"] or "").lower(), 1)
    numbers = {(-number if negative else number) * scale for number in _readings(digits[0])}
    if after["percent"]:
        numbers |= {number / 100 for number in numbers}
    return Item(start, end, numbers=frozenset(numbers))


def _readings(digits: str) -> set[float]:
    """What a number may mean: 1.234 is one and a bit, or a thousand and more."""
    digits = "".join("'" if c in "\u2019\u00a0\u202f" else c for c in digits)
    forms = {number_form(digits)}
    if re.fullmatch(r"\d+,\d+", digits):
        forms.add(digits.replace(",", "."))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", digits):
        forms.add(digits.replace(".", ""))
    plain = (form.replace(",", "").replace("'", "") for form in forms)
    return {float(form) for form in plain if form.count(".") <= 1}
