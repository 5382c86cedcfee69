"""Whether a passage shows that a field has its value: what must stand in it, and what must be named beside it."""

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel

from batchata.grounding import support, weigh


class Status(Enum):
    IN_PART = 3
    MONTHLY = "monthly"


class Answer(BaseModel):
    signed_on: dt.date | None = None
    effective_date: dt.date | None = None
    notice_days: int | None = None
    term_months: int | None = None
    fee: Decimal | None = None
    rate_percent: float | None = None
    currency: str | None = None
    supplier: str | None = None
    payment_terms: str | None = None
    status: Status | None = None
    size: Literal["M", "XL"] | None = None
    code: str | None = None
    opens_at: dt.time | None = None
    order: UUID | None = None


def verdict(values: dict[str, Any], passage: str) -> bool | None:
    """Is the passage shown to support the field, held for it though not shown to, or not held?"""
    path = next(iter(values))
    found = weigh(Answer(**values), [(path, passage)])[path]
    return found[0][1] if found else None


SHOWN, HELD, NOT = True, False, None


@pytest.mark.parametrize(
    ("values", "passage", "wanted"),
    [
        # Dates and numbers must stand there.
        ({"fee": Decimal("1234.50")}, "a fee of 1.234,50 EUR", SHOWN),
        ({"fee": Decimal("1234.50")}, "a fee of EUR 1,234.05", NOT),
        ({"fee": Decimal(-1250)}, "a fee of (1,250.00)", SHOWN),
        ({"fee": Decimal(1250)}, "a fee of (1,250.00)", NOT),
        ({"fee": Decimal(10)}, "- 10 as the fee", SHOWN),
        ({"rate_percent": 4.5}, "4.5 per cent of net sales", SHOWN),
        ({"rate_percent": 0.045}, "4.5% of net sales", SHOWN),
        ({"signed_on": dt.date(2024, 3, 5)}, "signed the fifth day of March, 2024", SHOWN),
        ({"signed_on": dt.date(2024, 3, 6)}, "signed the fifth day of March, 2024", NOT),
        ({"opens_at": dt.time(9, 30)}, "The doors open at 9:30.", NOT),
        ({"opens_at": dt.time(9, 30)}, "The doors open at 09:30.", SHOWN),
        ({"order": UUID(int=5)}, f"order {UUID(int=5)}", SHOWN),
        # A small number must be named, or alone, and in the field's own measure.
        ({"notice_days": 30}, "thirty (30) days' notice", SHOWN),
        ({"notice_days": 30}, "thirty (30) days", SHOWN),
        ({"notice_days": 30}, "thirty (30) months", NOT),
        ({"notice_days": 30}, "The office on floor 30 is let to a firm that moved there in the spring.", HELD),
        ({"notice_days": 12, "term_months": 12}, "a term of 12 and notice of 30 days", HELD),
        ({"term_months": 12, "notice_days": 30}, "a term of 12 and notice of 30 days", SHOWN),
        # Of two dates that stand there, the one that the name is nearest to.
        (
            {"effective_date": dt.date(2024, 3, 5), "signed_on": dt.date(2024, 3, 1)},
            "Signed on March 5, 2024, effective from March 9, 2024.",
            HELD,
        ),
        (
            {"effective_date": dt.date(2024, 3, 9), "signed_on": dt.date(2024, 3, 5)},
            "Signed on March 5, 2024, effective from March 9, 2024.",
            SHOWN,
        ),
        # A currency stands there as its code or its sign, which may be another's.
        ({"currency": "USD"}, "a total of $1,200.00", SHOWN),
        ({"currency": "EUR"}, "a total of €1,200.00", SHOWN),
        ({"currency": "EUR"}, "a total of $1,200.00", HELD),
        ({"currency": "USD"}, "a total of C$1,200.00", HELD),
        # A name must stand there, slips forgiven; another name is none of it.
        ({"supplier": "Acme Inc"}, "made with ACME, Incorporated", SHOWN),
        ({"supplier": "Halvorsen Maritime AS"}, "made with Halvorson Maritime", SHOWN),
        ({"supplier": "Halvorsen Maritime AS"}, "made with Halvorsen Shipping", NOT),
        ({"supplier": "Delta Nine Corp"}, "made with Delta One Corp", NOT),
        ({"code": "INV-2041"}, "invoice INV-2041", SHOWN),
        ({"code": "INV-2041"}, "invoice INV-2014", NOT),
        # Words must be there, denied or not as they are in the value.
        ({"payment_terms": "monthly in advance"}, "Rent is paid each month, in advance.", SHOWN),
        ({"payment_terms": "monthly in advance"}, "Rent is paid each month, in arrears.", HELD),
        ({"payment_terms": "cash on delivery"}, "We do not accept cash on delivery.", HELD),
        ({"payment_terms": "no cash on delivery"}, "We do not accept cash on delivery.", SHOWN),
        ({"status": Status.MONTHLY}, "payable per month", SHOWN),
        ({"status": Status.MONTHLY}, "payable per quarter", HELD),
        ({"size": "XL"}, "Size: XL", SHOWN),
        ({"size": "M"}, "10 m of cable", HELD),
        ({"fee": Decimal(5)}, "", NOT),
        ({"fee": Decimal(5)}, " ", NOT),
    ],
)
def test_what_a_passage_shows(values: dict[str, Any], passage: str, wanted: bool | None) -> None:
    assert verdict(values, passage) is wanted


class Line(BaseModel):
    name: str
    seats: int
    floor: int
    role: str


class Rooms(BaseModel):
    rooms: list[Line]


ROOMS = Rooms(
    rooms=[
        Line(name="Aurora", seats=12, floor=3, role="meeting"),
        Line(name="Cedar Suite", seats=12, floor=4, role="lecture"),
    ]
)


@pytest.mark.parametrize(
    ("path", "passage", "shown"),
    [
        ("rooms[0].seats", "Aurora 12 seats floor 3", True),
        ("rooms[0].seats", "Cedar Suite 12 seats floor 4", False),
        ("rooms[1].floor", "Cedar Suite on floor 4", True),
        ("rooms[1].floor", "a room on floor 4", False),
        ("rooms[1].floor", "Cedar Suite seats 4 and is on floor 2", False),
        ("rooms[0].role", "Aurora is for meetings", True),
        ("rooms[0].role", "for meetings", False),
    ],
)
def test_what_many_items_could_have_is_shown_beside_what_one_has(path: str, passage: str, shown: bool) -> None:
    supported, _ = support(ROOMS, [(path, passage)])
    assert (path in supported) is shown


def test_fields_without_support_are_listed() -> None:
    answer = Answer(fee=Decimal("1234.50"), payment_terms="monthly in advance", code="X-1")
    claims = [("fee", "1,234.50"), ("payment_terms", "as agreed"), ("code", "X-2")]
    assert support(answer, claims) == ({"fee": [0]}, ["payment_terms", "code"])
    assert weigh(answer, claims) == {"fee": [(0, True)], "payment_terms": [(1, False)], "code": []}
