"""What the demo wants to know of its documents. The descriptions are part of what the model is asked.

An `Example` is a document of a few lines and how it is to be answered: each value, and the words that it stands in.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import BaseModel, Field


class Invoice(BaseModel):
    invoice_number: str = Field(description="the invoice's own number")
    seller: str = Field(description="the company that sends the invoice")
    buyer: str = Field(description="the company that has to pay")
    due_date: date = Field(description="the last day to pay, as YYYY-MM-DD")
    total: float = Field(description="the total due, with tax, in EUR")


class Agreement(BaseModel):
    contractor: str = Field(description="the company that does the work")
    customer: str = Field(description="the party that pays for it")
    begins: date = Field(description="the first day, as YYYY-MM-DD")
    monthly_fee: float = Field(description="the monthly fee in EUR, without tax")
    notice_days: int = Field(description="days of notice before the end of the term")


class WaterReport(BaseModel):
    sampled: date = Field(description="the day the sample was taken, as YYYY-MM-DD")
    meets_requirements: bool = Field(description="whether every parameter is within its limit")
    parameter_above_limit: str = Field(description="the parameter that is above its limit, if any")
    urgency: Literal["none", "soon", "today"] = Field(description="how soon somebody has to act")


class Receipt(BaseModel):
    date: str
    sold_to: str
    total: str


class DeliveryNote(BaseModel):
    delivered: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class Example:
    """`stated` has of each field its value, and the words of `text` that state it."""

    question: str
    text: str
    response_model: type[BaseModel]
    stated: Mapping[str, tuple[str, str]]

    def reply(self) -> str:
        """The answer as citations ask for it: the values, and beside them the quotes."""
        values = {field: value for field, (value, _) in self.stated.items()}
        quotes = [{"quote": quote, "fields": [field]} for field, (_, quote) in self.stated.items()]
        return json.dumps({"answer": values, "quotes": quotes})


RECEIPT = Example(
    question="What are the date, the buyer and the total of this receipt?",
    text="Receipt 2021-0007\nBay Books, 3 Quay Street, Port Merrin\nDate: 4 May 2021\nSold to: Ann Lee\nNotebook 1 12.50\nTotal 12.50",
    response_model=Receipt,
    stated={
        "date": ("4 May 2021", "Date: 4 May 2021"),
        "sold_to": ("Ann Lee", "Sold to: Ann Lee"),
        "total": ("12.50", "Total 12.50"),
    },
)
DELIVERY_NOTE = Example(
    question="When was this delivered, and who signed for it?",
    text="Delivery Note\nBay Books\nDelivered: 4 May 2021\nSigned by: Ann Lee\nNotebook 1",
    response_model=DeliveryNote,
    stated={
        "delivered": ("4 May 2021", "Delivered: 4 May 2021"),
        "signed_by": ("Ann Lee", "Signed by: Ann Lee"),
    },
)
