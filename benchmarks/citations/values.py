"""How dates, numbers and amounts are written in documents, by language and house."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
}
_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}  # fmt: skip
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def in_words(number: int) -> str:
    """English words of 0 to 999."""
    if number >= 100:
        rest = f" and {in_words(number % 100)}" if number % 100 else ""
        return f"{_SMALL[number // 100]} hundred{rest}"
    if number < 20:
        return _SMALL[number]
    return _TENS[number // 10 - 2] + (f"-{_SMALL[number % 10]}" if number % 10 else "")


def ordinal_word(number: int) -> str:
    """twenty-first, of 1 to 99."""
    head, dash, last = in_words(number).rpartition("-")
    last = _ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return head + dash + last


def ordinal(number: int) -> str:
    ending = "th" if 11 <= number % 100 <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def month(day: date, language: str = "en") -> str:
    return MONTHS[language][day.month - 1]


def grouped(number: Decimal | int, separator: str = ",", point: str = ".") -> str:
    return f"{abs(number):,}".translate({ord(","): separator, ord("."): point})


@dataclass(frozen=True, slots=True)
class Locale:
    """How one house writes. `money` takes an amount without its currency's place; `sign` puts the currency to it."""

    language: str
    day: Callable[[date], str]
    separator: str
    point: str
    sign: Callable[[str, str], str]

    def number(self, number: Decimal | int) -> str:
        return ("-" if number < 0 else "") + grouped(number, self.separator, self.point)

    def money(self, amount: Decimal, currency: str) -> str:
        return self.sign(self.number(amount), currency)


def _english(day: date) -> str:
    return f"{month(day)} {day.day}, {day.year}"


def _british(day: date) -> str:
    return f"{day.day} {month(day)} {day.year}"


def _german(day: date) -> str:
    return f"{day.day}. {month(day, 'de')} {day.year}"


def _dotted(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _french(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {month(day, 'fr')} {day.year}"


def symbol_first(amount: str, currency: str) -> str:
    return f"{SYMBOLS[currency]}{amount}" if currency in SYMBOLS else f"{currency} {amount}"


def symbol_last(amount: str, currency: str) -> str:
    return f"{amount} {SYMBOLS.get(currency, currency)}"


def code_first(amount: str, currency: str) -> str:
    return f"{currency} {amount}"


def code_last(amount: str, currency: str) -> str:
    return f"{amount} {currency}"


US = Locale("en", _english, ",", ".", symbol_first)
UK = Locale("en", _british, ",", ".", code_first)
ISO = Locale("en", date.isoformat, "", ".", code_last)
DE = Locale("de", _german, ".", ",", code_last)
DE_SHORT = Locale("de", _dotted, ".", ",", symbol_last)
FR = Locale("fr", _french, "\u00a0", ",", code_last)
CH = Locale("de", _dotted, "'", ".", code_first)
