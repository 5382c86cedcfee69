"""What the demo wants to know of three documents. The descriptions are part of what the model is asked."""

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
