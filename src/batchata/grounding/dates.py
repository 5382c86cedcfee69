"""Dates in a text, in all forms people write them; one in figures has every reading it may have."""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from batchata.grounding.exact import value_of
from batchata.grounding.lexicon import ACCENTED_MONTHS, MONTHS
from batchata.grounding.words import Words, fold

Day: TypeAlias = tuple[int, int, int]

_MONTH: Final = rf"(?P<{{}}>{'|'.join(sorted(map(re.escape, {*MONTHS, *ACCENTED_MONTHS}), key=len, reverse=True))})\.?"
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
_YEAR: Final = re.compile(r"(?=\d\d)(?:(?<!\d)(?:1[5-9]|2[0-2])\d\d(?!\d)|(?<=\d[-/.])\d\d(?!\d))")
_LONGEST: Final = 40  # characters
_BEFORE_YEAR, _AFTER_YEAR = 60, 12  # characters in which the rest of a date stands


def dates(text: str) -> Iterator[tuple[int, int, frozenset[Day]]]:
    """Start, end, and the days that may be meant."""
    low = 0
    for year in _YEAR.finditer(text):  # a date without a year is none, and years are few
        low = max(low, year.start() - _BEFORE_YEAR)
        for found in _DATE.finditer(text, low, year.end() + _AFTER_YEAR):
            if days := _days(found):
                yield found.start(), found.end(), frozenset(days)
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


def day_of(text: str) -> Day | None:
    """The day that a text is, if it is nothing else and can't be another."""
    text = text.strip()
    if len(text) >= _LONGEST or not (found := _DATE.fullmatch(text[:10] if "T" in text else text)):
        return None
    days = _days(found)
    return min(days) if len(days) == 1 else None
