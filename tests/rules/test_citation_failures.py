"""What a mapper by plain substrings lost or got wrong, case by case: each is known here, in the answer and in the passage. And what a
search by plain substrings, or by likeness alone, did not find in a document or found though it was not there.
"""

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel

from batchata.grounding import Statement, ground, map_fields, support


class Law(Enum):
    NEW_YORK = "new_york"


class Party(BaseModel):
    name: str


class Answer(BaseModel):
    day: dt.date | None = None
    amount: float | Decimal | None = None
    notice: str | None = None
    name: str | None = None
    exclusivity: bool | None = None
    pax: int | None = None
    law: Law | None = None
    tags: list[str] = []
    party: Party | None = None


def stated(answer: Answer, text: str) -> tuple[list[str], list[str]]:
    """The fields that the text is given to as an answer that cites itself, and those that it supports as a passage."""
    mapped = map_fields(answer, [Statement(text, (text,))])
    supported, _ = support(answer, [(path, text) for path in mapped])
    return sorted(mapped), sorted(supported)


DAY = dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"day": DAY}, "dated March 5, 2024"),
        ({"day": DAY}, "this 5th day of March, 2024"),
        ({"day": DAY}, "dated 5/3/2024"),
        ({"amount": 12345.67}, "a fee of $12,345.67"),
        ({"amount": 1234.5}, "zahlbar sind 1.234,50 EUR"),
        ({"amount": Decimal("1234.50")}, "CHF 1'234.50"),
        ({"amount": -1250.0}, "a loss of (1,250.00)"),
        ({"notice": "30 days"}, "within thirty (30) days"),
        ({"name": "Acme Inc"}, "made with Acme, Inc."),
        ({"exclusivity": True}, "Exclusivity: Yes"),
        ({"exclusivity": False}, "Exclusivity: No"),
        ({"pax": 1}, "Pax: 1"),
        ({"law": Law.NEW_YORK}, "the laws of the State of New York"),
    ],
)
def test_a_value_is_found_in_the_form_it_was_lost_in(values: dict[str, Any], text: str) -> None:
    assert stated(Answer(**values), text) == (list(values), list(values))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"exclusivity": False}, "$100.00"),
        ({"exclusivity": True}, "1 of $1.00"),
        ({"pax": 1}, "$100"),
        ({"pax": 1}, "2021"),
        ({"pax": 1}, "31"),
    ],
)
def test_a_value_is_not_found_in_a_part_of_another(values: dict[str, Any], text: str) -> None:
    assert stated(Answer(**values), text) == ([], [])


def test_lists_and_models_are_not_skipped() -> None:
    answer = Answer(tags=["urgent delivery", "fragile"], party=Party(name="Bolt LLC"))
    paths = ["party.name", "tags[0]", "tags[1]"]
    statements = [
        Statement("Tags: urgent delivery, ", ("Urgent delivery!",)),
        Statement("fragile\n", ("FRAGILE",)),
        Statement("Party: Bolt, LLC", ("Bolt, LLC",)),
    ]
    mapped = map_fields(answer, statements)
    assert {path: [one.statement for one in some] for path, some in mapped.items()} == {
        "tags[0]": [0],
        "tags[1]": [1],
        "party.name": [2],
    }
    assert sorted(mapped) == paths


def test_two_citations_in_one_sentence_go_to_one_field_each() -> None:
    sentence = Statement("Acme, Inc. pays $12,345.67.", ("a fee of 12,345.67", "Acme, Inc. (the “Customer”)"))
    mapped = map_fields(Answer(name="Acme Inc", amount=12345.67), [sentence])
    assert {path: [one.quote for one in some] for path, some in mapped.items()} == {"amount": [0], "name": [1]}


def test_two_hundred_long_passages_are_read_once() -> None:
    passages = tuple(f"Passage {index}: " + "the parties agree as follows. " * 60 for index in range(200))
    mapped = map_fields(Answer(amount=12345.67), [Statement("The fee is $12,345.67.", (*passages, "12,345.67"))])
    assert [one.quote for one in mapped["amount"]] == [200]


DEED = """The Tenant shall pay the Landlord\u2019s agent a rent of $1,000 per month, without deduction, on or before the fifth day of each
month, and shall keep the “Premises” and the garden in good repair for the whole of the term. Notice is thirty (30) days.
"""
RENT = "The Tenant shall pay the Landlord\u2019s agent a rent of $1,000 per month, without deduction, on or before the fifth day of each\nmonth"
REPAIR = "and shall keep the “Premises” and the garden in good repair for the whole of the term"
FOUND = {
    "clean": (RENT, RENT, "exact"),
    "a line put together": (RENT.replace("\n", " "), RENT, "normalized"),
    "white space": (RENT.replace(" ", "  \n"), RENT, "normalized"),
    "straight quotes": (REPAIR.replace("“", '"').replace("”", '"'), REPAIR, "normalized"),
    "case and commas": (RENT.upper().replace(", ", " "), RENT, "normalized"),
    "1000 for 1,000": (RENT.replace("1,000", "1000"), RENT, "normalized"),
    "typing errors": (
        REPAIR.replace("garden", "gardne").replace("whole", "whle").replace("repair", "repaiir"),
        REPAIR,
        "fuzzy",
    ),
    "an ellipsis": (REPAIR.replace("and the garden in good ", "... "), REPAIR, "normalized"),
    "an ellipsis in brackets": (
        RENT.replace("a rent of $1,000 per month, without deduction, ", "[…] "),
        "",
        "unverified",
    ),  # it hides a denial
    "words dropped": (REPAIR.replace("the garden", "garden").replace("for the whole", "for whole"), REPAIR, "fuzzy"),
    "another document": ("The Seller shall ship the goods to the Buyer\u2019s works within a month", "", "unverified"),
    "a changed number": (RENT.replace("1,000", "1,500"), "", "unverified"),
    "a changed number word": (RENT.replace("fifth", "sixth"), "", "unverified"),
    "a lost negation": (RENT.replace("without", "with"), "", "unverified"),
    "a changed number and typing errors": (
        RENT.replace("1,000", "1,001").replace("Tenant", "Tennant"),
        "",
        "unverified",
    ),
    "one of two forms of a number": ("Notice is 30 days", "Notice is thirty (30) days", "fuzzy"),
    "the other number in a bracket": ("Notice is thirty (60) days", "", "unverified"),
}


@pytest.mark.parametrize("kind", FOUND)
def test_a_quote_is_found_however_it_was_copied_and_no_other_is(kind: str) -> None:
    quote, passage, how = FOUND[kind]
    (found,) = ground(DEED, [quote])
    assert (found.text, found.how) == (passage, how)
