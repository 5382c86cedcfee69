"""Citations to fields: by what a statement says, how it is named, and which field it fits best."""

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel, Field, create_model

from batchata.grounding import Statement, map_fields
from batchata.grounding.said import Said
from batchata.grounding.values import Value


class Law(Enum):
    NEW_YORK = "new_york"


@pytest.mark.parametrize(
    ("value", "text", "said"),
    [
        (dt.date(2024, 3, 5), "on March 5, 2024.", ["March 5, 2024"]),
        (dt.date(2024, 3, 5), "this 5th day of March, 2024", ["5th day of March, 2024"]),
        (dt.date(2024, 3, 5), "on 5/3/2024 or 3/5/24", ["5/3/2024", "3/5/24"]),
        (dt.date(2024, 3, 5), "am 5. März 2024", ["5. März 2024"]),
        (dt.date(2024, 3, 25), "the twenty-fifth day of March, 2024", ["twenty-fifth day of March, 2024"]),
        (dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC), "2024-03-05 and 2024年3月5日", ["2024-03-05", "2024年3月5日"]),
        ("2024-03-05", "Mar. 5, 2024", ["Mar. 5, 2024"]),
        (dt.date(2024, 3, 5), "March 6, 2024, or May 2024", []),
        (12345.67, "pay $12,345.67 now", ["$12,345.67"]),
        (1234.5, "1.234,50 EUR or CHF 1'234.50", ["1.234,50", "1'234.50"]),
        (-1250.0, "a loss of (1,250.00)", ["(1,250.00)"]),
        (1250.0, "a loss of (1,250.00) and -1,250", []),
        (Decimal("12345678901234567.10"), "12,345,678,901,234,567.10", ["12,345,678,901,234,567.10"]),
        (Decimal("0.055"), "at 5.5% or 5.5 percent", ["5.5%", "5.5 percent"]),
        (5.5, "at 5.5% a year", ["5.5%"]),
        (1_500_000, "$1.5 million, USD 1.5m", ["$1.5 million", "1.5m"]),
        (24, "twenty-four months", ["twenty-four"]),
        (250, "two hundred fifty seats", ["two hundred fifty"]),
        (30, "thirty (30) days", ["thirty", "(30)"]),
        (1, "$100, in 2021, of 31", []),
        (0, "$100.00", []),
        ("30 days", "within thirty (30) days of", ["thirty (30) days"]),
        ("30 days", "within 30 hours or 31 days", []),
        ("Acme Inc", "with Acme, Inc. of Ohio", ["Acme, Inc"]),
        ("Acme Incorporated", "with ACME Corp. of Ohio", ["ACME"]),
        ("Acme Holdings", "with Acme Hldings of Ohio", ["Acme Hldings"]),
        ("Acme Holdings 3", "with Acme Holdings 4", []),
        (Law.NEW_YORK, "the State of New York", ["New York"]),
        (True, "Yes, 1, true", []),
        ("", "anything", []),
        ("—", "anything — at all", []),
    ],
)
def test_a_value_is_known_in_all_its_forms(value: Any, text: str, said: list[str]) -> None:
    places = Value(value).spans(Said(text))
    assert [text[start:end] for start, end in places] == said


def mapped(answer: Any, *statements: Statement | str, schema: Any = None) -> dict[str, list[tuple[int, int]]]:
    said = [Statement(one) if isinstance(one, str) else one for one in statements]
    found = map_fields(answer, said, schema)
    assert found == map_fields(answer, said, schema)
    return {path: [(one.statement, one.quote) for one in some] for path, some in found.items()}


def a(**values: Any) -> BaseModel:
    return create_model("Answer", **{name: (type(value), ...) for name, value in values.items()})(**values)  # type: ignore[call-overload,no-any-return]


def test_two_dates_that_are_the_same_go_by_their_labels() -> None:
    answer = a(agreement_date=dt.date(2024, 3, 5), effective_date=dt.date(2024, 3, 5))
    assert mapped(
        answer,
        Statement("**Agreement date:** March 5, 2024", ("dated the 5th day of March, 2024",)),
        "\n",
        Statement("**Effective date:** 2024-03-05", ("with effect from March 5, 2024",)),
    ) == {"agreement_date": [(0, 0)], "effective_date": [(2, 0)]}


def test_two_citations_in_one_sentence_go_one_to_each_field() -> None:
    answer = a(fee=Decimal("12345.67"), term_months=24)
    statement = Statement(
        "The fee is $12,345.67 and the term 24 months.", ("a term of twenty-four months", "a fee of 12,345.67")
    )
    assert mapped(answer, statement) == {"fee": [(0, 1)], "term_months": [(0, 0)]}


def test_several_fields_in_one_passage() -> None:
    answer = a(fee=Decimal("12345.67"), term_months=24, exclusivity=True)
    statement = Statement("Fee: $12,345.67; term: 24 months; exclusivity: yes", ("one passage for all",))
    assert mapped(answer, statement) == {"fee": [(0, 0)], "term_months": [(0, 0)], "exclusivity": [(0, 0)]}


def test_a_small_number_needs_its_name() -> None:
    answer = a(pax=1)
    assert mapped(answer, Statement("It costs $100 in 2021, 31 of them, 1 of which is red.", ("1 is red",))) == {}
    assert mapped(answer, Statement("Pax: 1", ("for one person",))) == {"pax": [(0, 0)]}


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        (True, "Exclusivity: Yes", True),
        (True, "Exclusivity: No", False),
        (False, "Exclusivity: No", True),
        (False, "Exclusivity: Yes", False),
        (True, "The supplier is the exclusive provider.", True),
        (False, "There is no exclusivity.", True),
        (True, "The price is $1.00 and 1 is true", False),
        (False, "The price is $100.00", False),
        (True, "Is there exclusivity?\nYes", True),
    ],
)
def test_a_truth_is_said_by_its_clause(value: bool, text: str, found: bool) -> None:
    answer = a(exclusivity=value, price=7.25)
    assert mapped(answer, Statement(text, ("some passage",))) == ({"exclusivity": [(0, 0)]} if found else {})


class Party(BaseModel):
    name: str
    role: str


class Line(BaseModel):
    description: str
    quantity: int
    amount: Decimal


class Order(BaseModel):
    parties: list[Party]
    line_items: list[Line]


ORDER = Order(
    parties=[Party(name="Acme Inc", role="Supplier"), Party(name="Bolt LLC", role="Customer")],
    line_items=[
        Line(description="Widgets", quantity=2, amount=Decimal(50)),
        Line(description="Gears", quantity=2, amount=Decimal(50)),
        Line(description="Cable", quantity=1, amount=Decimal("7.50")),
    ],
)


def test_items_of_a_list_go_by_what_stands_beside() -> None:
    assert mapped(
        ORDER,
        "Parties:\n",
        Statement("- Acme, Inc. (Supplier)", ("Acme, Inc. (the “Supplier”)",)),
        "\n",
        Statement("- Bolt, LLC (Customer)", ("Bolt, LLC (the “Customer”)",)),
        "\nThe Supplier delivers to the Customer:\n",
        Statement("| Gears | 2 | $50.00 |", ("Gears 2 50.00",)),
        "\n",
        Statement("| Widgets | 2 | $50.00 |", ("Widgets 2 50.00",)),
        "\n",
        Statement("| Cable | 1 | $7.50 |", ("Cable 1 7.50",)),
    ) == {
        "parties[0].name": [(1, 0)],
        "parties[0].role": [(1, 0)],
        "parties[1].name": [(3, 0)],
        "parties[1].role": [(3, 0)],
        **{f"line_items[{i}].{name}": [(at, 0)] for i, at in ((0, 7), (1, 5), (2, 9)) for name in Line.model_fields},
    }


def test_items_that_say_the_same_come_in_their_order() -> None:
    answer = {"amounts": [50.25, 50.25]}
    assert mapped(answer, Statement("$50.25", ("a: 50.25",)), " then ", Statement("$50.25", ("b: 50.25",))) == {
        "amounts[0]": [(0, 0)],
        "amounts[1]": [(2, 0)],
    }


def test_an_answer_in_json_says_itself_what_is_what() -> None:
    answer = {"a": 1, "b": {"c": [1, 1]}, "d": True}
    assert mapped(
        answer,
        '```json\n{"a": ',
        Statement("1", ("first",)),
        ', "b": {"c": [',
        Statement("1", ("second",)),
        ", ",
        Statement("1]}", ("third",)),
        Statement(', "d": true}\n```', ("fourth",)),
    ) == {"a": [(1, 0)], "b.c[0]": [(3, 0)], "b.c[1]": [(5, 0)], "d": [(6, 0)]}


def test_an_answer_that_only_quotes_goes_by_the_passage() -> None:
    class Contract(BaseModel):
        annual_fee: Decimal = Field(description="what is paid every year")
        liability_cap: Decimal = Field(description="the most that may be claimed")
        exclusivity: bool

    answer = Contract(annual_fee=Decimal(1000), liability_cap=Decimal(1000), exclusivity=True)
    assert mapped(
        answer,
        Statement("“an annual fee of $1,000”\n", ("an annual fee of $1,000",)),
        Statement("“liability is capped at $1,000.00”\n", ("liability is capped at $1,000.00",)),
        Statement("“the sole and exclusive agent”", ("the sole and exclusive agent",)),
    ) == {"annual_fee": [(0, 0)], "liability_cap": [(1, 0)], "exclusivity": [(2, 0)]}


def test_titles_aliases_and_descriptions_name_a_field() -> None:
    class Booking(BaseModel):
        p: int = Field(title="Number of guests")
        q: int = Field(alias="bedrooms")
        r: int = Field(description="parking lots")

    statements = [
        Statement("Guests: 3\n", ("x",)),
        Statement("Bedrooms: 3\n", ("y",)),
        Statement("Parking lots: 3\n", ("z",)),
    ]
    wanted = {"p": [(0, 0)], "q": [(1, 0)], "r": [(2, 0)]}
    assert mapped(Booking(p=3, bedrooms=3, r=3), *statements) == wanted
    schema = {
        "$defs": {"R": {"description": "parking lots"}},
        "properties": {
            "p": {"title": "Number of guests"},
            "q": {"title": "Bedrooms"},
            "r": {"anyOf": [{"$ref": "#/$defs/R"}]},
        },
    }
    assert mapped({"p": 3, "q": 3, "r": 3}, *statements, schema=schema) == wanted


def test_fields_without_a_value_and_answers_without_citations_have_no_support() -> None:
    assert mapped({"a": None, "b": "", "c": 7.25}, Statement("7.25", ("it is 7.25",))) == {"c": [(0, 0)]}
    assert mapped({"c": 7.25}, "7.25") == {}
    assert mapped({}, Statement("7.25", ("7.25",))) == {}
    assert mapped([], Statement("7.25", ("7.25",))) == {}
    assert mapped("7.25", Statement("7.25", ("7.25",))) == {"": [(0, 0)]}
