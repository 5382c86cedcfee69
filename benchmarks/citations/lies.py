"""Quotes that must not be accepted: true passages in which one fact was changed.

A function takes the passage and a generator and gives the quote, or None where the passage has no such fact.
"""

import re
from collections.abc import Mapping
from random import Random

from benchmarks.citations.quotes import NUMBER_WORDS, Change
from benchmarks.citations.values import MONTHS, in_words

_NUMBER = re.compile(r"\d(?:[\d.,'\u00a0]*\d)?")
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4}"
    rf"|(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\.? (?:day of )?)?(?P<month>{'|'.join(m for months in MONTHS.values() for m in months)})(?: \d{{1,2}})?,? \d{{4}}"
)


def number_changed(text: str, rng: Random) -> str | None:
    """One number, figure or word, is another; of a date or a percentage see below."""
    dates = [match.span() for match in _DATE.finditer(text)]
    places = [
        match.span()
        for match in _NUMBER.finditer(text)
        if not any(a < match.end() and match.start() < b for a, b in dates)
        and not re.match(r"\s?(%|per ?cent)", text[match.end() :])
    ]
    spoken = [match.span() for match in re.finditer(r"[a-z]+", text) if match[0] in NUMBER_WORDS - {"one", "hundred"}]
    if not places + spoken:
        return None
    start, end = rng.choice(places + spoken)
    old = text[start:end]
    return text[:start] + (_other_digit(old, rng) if old[0].isdigit() else _other_word(old, rng)) + text[end:]


def date_changed(text: str, rng: Random) -> str | None:
    """Another day, month or year."""
    places = list(_DATE.finditer(text))
    if not places:
        return None
    match = rng.choice(places)
    old = match[0]
    if match["month"] and rng.random() < 0.5:
        months = next(months for months in MONTHS.values() if match["month"] in months)
        new = old.replace(match["month"], rng.choice([month for month in months if month != match["month"]]))
    else:
        part = rng.choice(list(re.finditer(r"\d+", old)))
        new = old[: part.start()] + _other_digit(part[0], rng) + old[part.end() :]
    return text[: match.start()] + new + text[match.end() :]


def percent_changed(text: str, rng: Random) -> str | None:
    places = list(re.finditer(r"(\d+(?:[.,]\d+)?)(?=\s?(?:%|per ?cent))", text))
    if not places:
        return None
    match = rng.choice(places)
    return text[: match.start()] + _other_digit(match[0], rng) + text[match.end() :]


def currency_changed(text: str, rng: Random) -> str | None:
    places = list(re.finditer(r"\b(?:USD|EUR|GBP|CHF)\b|[$€£]", text))
    if not places:
        return None
    match = rng.choice(places)
    others = "$€£" if match[0] in "$€£" else ("USD", "EUR", "GBP", "CHF")
    return text[: match.start()] + rng.choice([other for other in others if other != match[0]]) + text[match.end() :]


_NEGATED = (
    (r"\bshall\b(?! not)", "shall not"), (r"\bwill\b(?! not)", "will not"), (r"\bmay\b(?! not)", "may not"), (r"\bis\b(?! not)", "is not"),
    (r"\bare\b(?! not)", "are not"), (r"\bhas\b(?! not)", "has not"), (r"\bapplies\b", "does not apply"), (r"\bwas\b(?! not)", "was not"),
    (r"\bist\b(?! nicht)", "ist nicht"), (r"\b(?:beträgt|erwarte|verlange)\b", r"\g<0> nicht"), (r"\best\b", "n'est pas"), (r"\ba été\b", "n'a pas été"),
)  # fmt: skip
_AFFIRMED = (
    (r"\bnot (?=\w)", ""), (r"\bnicht (?=\w)", ""), (r"\bnon-", ""), (r"\bwithout\b", "with"), (r"\bkeine\b", "eine"), (r"\bn'a pas\b", "a"),
    (r"\bnever\b ", ""), (r"\bNo (?=\w)", "The "), (r"\bpas encore\b", "encore"), (r": no\b", ": yes"), (r": yes\b", ": no"),
    (r"\bne (\w+) pas\b", r"\1"), (r"\bnein\b", "ja"), (r"\bNo,", "Yes,"), (r"\bYes,", "No,"),
)  # fmt: skip


def negation_changed(text: str, rng: Random) -> str | None:
    """A negation put in, or taken out."""
    results = [re.sub(pattern, new, text, count=1) for pattern, new in _AFFIRMED + _NEGATED]
    results = [result for result in results if result != text]
    return rng.choice(results) if results else None


LIES: Mapping[str, Change] = {
    "number": number_changed, "date": date_changed, "percentage": percent_changed, "currency": currency_changed,
    "negation": negation_changed,
}  # fmt: skip


def name_changed(text: str, name: str, other: str, rng: Random) -> str | None:
    """Another name in its place, or one word of it changed for one of the other's."""
    if name not in text:
        return None
    mine, theirs = ([word for word in re.findall(r"[^\W\d_]+", whole) if len(word) > 4] for whole in (name, other))
    if mine and theirs and rng.random() < 0.5:
        old, new = rng.choice(mine), rng.choice(theirs)
        return text.replace(old, new, 1) if old[0] != new[0] else None
    return text.replace(name, other, 1)


def _other_digit(number: str, rng: Random) -> str:
    """One digit changed, not into a leading zero."""
    places = [i for i, char in enumerate(number) if char.isdigit()]
    at = rng.choice(places)
    digits = [digit for digit in "123456789" + ("0" if at else "") if digit != number[at]]
    return number[:at] + rng.choice(digits) + number[at + 1 :]


def _other_word(word: str, rng: Random) -> str:
    ranges = (range(2, 10), range(10, 20), range(20, 100, 10))
    for numbers in ranges:
        same = [in_words(n) for n in numbers]
        if word in same:
            return rng.choice([other for other in same if other != word])
    return "seven"
