"""HELD OUT: not for the eyes of who writes or tunes grounding. How the answers are worded."""

from datetime import date
from decimal import Decimal

from benchmarks.citations.answers import Phrasing
from benchmarks.citations.values import (
    CH,
    DE,
    FR,
    UK,
    US,
    code_first,
    code_last,
    grouped,
    in_words,
    month,
    ordinal,
    ordinal_word,
)


def _bare(amount: Decimal, currency: str) -> str:
    return f"{amount} {currency}"


def _bracketed(amount: Decimal, currency: str) -> str:
    text = grouped(amount)
    return f"{currency} ({text})" if amount < 0 else f"{currency} {text}"


def _deed(day: date) -> str:
    return f"the {ordinal(day.day)} day of {month(day)}, {day.year}"


def _spoken(day: date) -> str:
    return f"{month(day)} the {ordinal_word(day.day)}, {day.year}"


def _short(day: date) -> str:
    return f"{day.day} {month(day)[:3]} {day.year}"


def _numeric(day: date) -> str:
    return f"{day:%d.%m.%Y}" if day.day > 12 else f"{day:%d %B %Y}"


def _plain_count(number: int, unit: str) -> str:
    return f"{number} {unit if unit != 'name' else ''}"


def _grouped_count(number: int, unit: str) -> str:
    return f"{number:,} {unit}"


def _words_count(number: int, unit: str) -> str:
    return f"{in_words(number)} {unit}" if number < 100 else f"{number} {unit}"


def _both_count(number: int, unit: str) -> str:
    return f"{in_words(number)} ({number}) {unit}" if number < 1000 else f"{number:,} {unit}"


def _no_form(name: str) -> str:
    """Without commas and dots, as a model writes a firm's name."""
    return name.replace(",", "").replace(".", "")


PHRASING = Phrasing(
    day=(date.isoformat, US.day, UK.day),
    amount=(US.money, UK.money, _bare),
    count=(_plain_count,),
    percent=(lambda n: f"{n}%", lambda n: f"{n} percent"),
    day_again=(_deed, _spoken, _short, _numeric, DE.day, FR.day, lambda d: f"{d:%a, %d %b %Y}"),
    amount_again=(
        lambda n, c: code_last(DE.number(n), c),
        CH.money,
        _bracketed,
        lambda n, c: code_first(FR.number(n), c),
        lambda n, c: f"{c} {n.normalize():f}",
    ),
    count_again=(_words_count, _both_count, _grouped_count),
    percent_again=(lambda n: f"{DE.number(n)} %", lambda n: f"{n} per cent", lambda n: f"{n:f} pct"),
    name_again=(str.upper, _no_form, lambda name: name.replace("&", "and"), lambda name: name),
    boolean=(("Yes", "No"), ("yes", "no"), ("True", "False"), ("✓ yes", "✗ no")),
    leads=("", "", "Here is what the file says.\n\n", "I went through the document and found this: ", "Findings:\n"),
    asides=("In passing it says: {}.", "For completeness, {}.", "Also of note: “{}”."),
    label_lines=(
        "{label}: {value}",
        "**{label}:** {value}",
        "{label} = {value}",
        "{label} … {value}",
        "{label}\n    {value}",
    ),
    bullets=("- {label}: {value}", "* **{label}** \u2013 {value}", "• {label}: {value}", "- _{label}_ ({value})"),
    table_head=(("Field", "Value"), ("What", "Found"), ("Attribute", "In the document")),
    pairs=("{first}, and {second}.", "{first}; {second}.", "{first}, while {second}."),
    several=("{list}.", "According to the text: {list}.", "It states {list}."),
    quote_marks=("“{quote}”", "> {quote}", '- "{quote}"', "«{quote}»"),
    item_heads=("No. {number}", "Entry {number}:", "#{number}"),
)
