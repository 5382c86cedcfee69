"""HELD OUT: not for the eyes of who writes or tunes grounding. Quarterly reports: tables and commentary."""

from datetime import date
from decimal import Decimal
from random import Random

from pydantic import BaseModel, Field

from benchmarks.citations.draw import a_day, cents
from benchmarks.citations.heldout.names import COMPANIES
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Sheet, Style, fact, under
from benchmarks.citations.values import CH, UK, US, Locale, grouped


class Segment(BaseModel):
    name: str
    revenue: Decimal
    change_percent: Decimal = Field(description="Change against the year before, in percent; negative where it fell")


class Report(BaseModel):
    company: str
    period_end: date
    currency: str
    revenue: Decimal
    operating_result: Decimal = Field(description="Negative for a loss")
    headcount: int
    audited: bool
    dividend: Decimal | None = Field(description="Dividend per share")
    segments: list[Segment]


SEGMENTS = ("Pumps", "Valves", "Spare parts", "Field service", "Software", "Rental fleet", "Export")


def make(rng: Random) -> Report:
    year, quarter = rng.randint(2019, 2025), rng.choice(((3, 31), (6, 30), (9, 30), (12, 31)))
    segments = [
        Segment(name=name, revenue=cents(rng, 20000, 900000), change_percent=Decimal(rng.randint(-240, 380) or 5) / 10)
        for name in rng.sample(SEGMENTS, rng.randint(2, 5))
    ]
    return Report(
        company=rng.choice(COMPANIES),
        period_end=date(year, *quarter),
        currency=rng.choice(("CHF", "USD", "EUR")),
        revenue=sum((segment.revenue for segment in segments), Decimal()),
        operating_result=cents(rng, 4000, 90000) * rng.choice((1, -1)),
        headcount=rng.randint(12, 2400),
        audited=rng.random() < 0.5,
        dividend=cents(rng, 0, 4) + Decimal("0.05") if rng.random() < 0.6 else None,
        segments=segments,
    )


def _signed(amount: Decimal, house: Locale) -> str:
    text = grouped(amount, house.separator, house.point)
    return f"({text})" if amount < 0 else text


def _table(v: Report, rng: Random, house: Locale, style: Style) -> Sheet:
    sheet = Sheet(style)
    prior = [segment.revenue / (1 + segment.change_percent / 100) for segment in v.segments]
    sheet.line(fact("company", f"{v.company} - interim report"))
    sheet.para(fact("period_end currency", f"Three months ended {house.day(v.period_end)}, figures in {v.currency}"))
    sheet.row("", "Segment", "This year", "Prior year", "Change %")
    for i, (segment, before) in enumerate(zip(v.segments, prior, strict=True)):
        cells = (
            segment.name,
            house.number(segment.revenue),
            house.number(before.quantize(Decimal("1.00"))),
            house.number(segment.change_percent),
        )
        sheet.row(under(f"segments[{i}]", "name revenue change_percent"), *cells)
    sheet.row("revenue", "Revenue, all segments", house.number(v.revenue))
    sheet.row("operating_result", "Operating result", _signed(v.operating_result, house))
    sheet.row("", "Operating result, prior year", _signed(cents(rng, 4000, 90000), house))
    sheet.row("headcount", "Employees at period end", house.number(v.headcount))
    if v.dividend is not None:
        sheet.row("dividend", "Dividend per share", house.number(v.dividend))
    sheet.gap()
    seen = "These figures have been audited by an independent firm."
    sheet.para(fact("audited", seen if v.audited else "These interim figures have not been audited."))
    sheet.para(
        fact(
            "",
            f"Published {house.day(a_day(rng, 2026, 2026))}. The register lists {rng.randint(3000, 9000)} shareholders.",
        )
    )
    return sheet  # fmt: skip


def table(v: Report, rng: Random) -> Sheet:
    return _table(v, rng, US, Style(gap="  ", footer="Interim report | {}"))


def swiss_table(v: Report, rng: Random) -> Sheet:
    return _table(v, rng, CH, Style(gap=" | ", width=80))


def commentary(v: Report, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=88, hyphens=True, ligatures=True, columns=2))
    loss = "a loss of" if v.operating_result < 0 else "a profit of"
    sheet.para(
        fact("company period_end", f"{v.company} reports on the quarter that closed on {UK.day(v.period_end)}."),
        fact("revenue currency", f"Revenue across all businesses reached {UK.money(v.revenue, v.currency)}."),
        fact("operating_result", f"Operations ended with {loss} {UK.money(abs(v.operating_result), v.currency)}."),
    )
    for i, segment in enumerate(v.segments):
        moved = "rose" if segment.change_percent > 0 else "fell"
        text = f"{segment.name} contributed {UK.money(segment.revenue, v.currency)}; its sales {moved} by {abs(segment.change_percent)} percent."
        sheet.para(fact(under(f"segments[{i}]", "name revenue change_percent"), text))
    sheet.para(
        fact("headcount", f"At the end of the quarter {UK.number(v.headcount)} people worked for the group."),
        fact("", f"Of these, {rng.randint(1, 9)} percent were apprentices."),
        *(
            [fact("dividend", f"The board proposes a dividend of {UK.money(v.dividend, v.currency)} for each share.")]
            if v.dividend is not None
            else []
        ),
        fact(
            "audited",
            "The auditor has examined these accounts." if v.audited else "No auditor has examined these accounts.",
        ),
    )
    return sheet  # fmt: skip


FAMILY = Family(
    "reports", Report, make, (table, swiss_table, commentary),
    {
        "company": words("Company", "Reporting entity|Group", "The report is by {}.|The company is {}.", unit="name"),
        "period_end": words("Period end|Period ended", "Quarter closed|Reporting date", "The period ended on {}.|It covers the quarter to {}."),
        "currency": words("Currency", "Money unit|Figures in", "Figures are in {}.|The currency is {}."),
        "revenue": words("Revenue|Total revenue", "Sales|Turnover", "Total revenue was {}.|Revenue came to {}.", unit="money"),
        "operating_result": words("Operating result", "EBIT|Result from operations", "The operating result was {}.|Operations brought {}.", unit="money"),
        "headcount": words("Headcount", "Employees|Staff", "The headcount stood at {}.|There were {} employees."),
        "audited": words("Audited", "Examined by an accountant|Checked by auditor", "The figures are audited.|The figures were audited.", "The figures are not audited.|The figures are unaudited."),
        "dividend": words("Dividend|Dividend per share", "Distribution|Payout per share", "A dividend of {} is proposed.|The dividend is {}.", unit="money"),
        "segments[].name": words("Name|Segment", "Division|Business", "The segment is {}."),
        "segments[].revenue": words("Revenue|Segment revenue", "Sales|Turnover", "It made {}.", unit="money"),
        "segments[].change_percent": words("Change|Change percent", "Growth|Against prior year", "That is a change of {}.", unit="%"),
    },
    {"segments[]": ("{name}: revenue {revenue}, change {change_percent}", "{name} with {revenue} ({change_percent})", "{name} sold {revenue}, a change of {change_percent} on the year")},
)  # fmt: skip
