"""HELD OUT: not for the eyes of who writes or tunes grounding. Service contracts."""

from datetime import date
from decimal import Decimal
from random import Random

from pydantic import BaseModel, Field

from benchmarks.citations.draw import a_day, round_sum
from benchmarks.citations.heldout.names import COMPANIES
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Sheet, Style, fact, under
from benchmarks.citations.values import UK, US, in_words, month, ordinal


class FeeStep(BaseModel):
    contract_year: int
    monthly_fee: Decimal


class Contract(BaseModel):
    client: str
    contractor: str
    effective_date: date
    term_months: int = Field(description="Length of the initial term in months")
    notice_days: int = Field(description="Days of notice to terminate")
    currency: str
    base_fee: Decimal = Field(description="Monthly fee at the start")
    fee_steps: list[FeeStep]
    liability_cap: Decimal | None
    exclusive: bool
    auto_renewal: bool
    governing_law: str


def make(rng: Random) -> Contract:
    fee = round_sum(rng, 1200, 20000, 50)
    client, contractor = rng.sample(COMPANIES, 2)
    return Contract(
        client=client,
        contractor=contractor,
        effective_date=a_day(rng),
        term_months=rng.choice((12, 18, 24, 36, 48)),
        notice_days=rng.choice((15, 30, 45, 60, 90)),
        currency=rng.choice(("USD", "GBP", "EUR")),
        base_fee=fee,
        fee_steps=[
            FeeStep(contract_year=n, monthly_fee=fee + n * rng.randint(2, 9) * 25) for n in range(2, rng.randint(3, 6))
        ],
        liability_cap=round_sum(rng, 50000, 900000, 10000) if rng.random() < 0.7 else None,
        exclusive=rng.random() < 0.5,
        auto_renewal=rng.random() < 0.5,
        governing_law=rng.choice(
            ("the State of Delaware", "England and Wales", "the Canton of Zürich", "Ireland", "the State of Oregon")
        ),
    )


EXCLUSIVE = {
    True: "The Contractor's engagement is exclusive: the Client shall not buy the Services from anybody else.",
    False: "The engagement is non-exclusive, and the Client may buy like services elsewhere.",
}
RENEWAL = {
    True: "At its end this Agreement renews automatically for successive periods of one year.",
    False: "This Agreement ends with its term and does not renew automatically.",
}


def clauses(v: Contract, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=94, footer="Services Agreement / {}", ligatures=True))
    day = v.effective_date
    sheet.line("SERVICES AGREEMENT")
    sheet.para(
        fact("effective_date", f"This Agreement is made as of the {ordinal(day.day)} day of {month(day)}, {day.year}"),
        fact("client", f"between {v.client} (the “Client”)"),
        fact("contractor", f"and {v.contractor} (the “Contractor”)."),
        fact("", f"It supersedes the letter of intent signed on {US.day(a_day(rng, 2015, 2018))}."),
    )
    sheet.para(
        "1. Term.",
        fact(
            "term_months",
            f"The initial term is {in_words(v.term_months)} ({v.term_months}) months from the effective date.",
        ),
        fact(
            "notice_days",
            f"Either party may terminate on {in_words(v.notice_days)} ({v.notice_days}) days\u2019 written notice.",
        ),
        fact("auto_renewal", RENEWAL[v.auto_renewal]),
        fact("", "A breach must be cured within ten (10) days of a written demand."),
    )
    sheet.para(
        "2. Fees.",
        fact(
            "base_fee currency",
            f"For the Services the Client shall pay {UK.money(v.base_fee, v.currency)} per month, invoiced in arrears.",
        ),
        "The fee rises as follows.",
    )
    for i, step in enumerate(v.fee_steps):
        text = f"({'abcdefg'[i]}) from the beginning of contract year {step.contract_year}: {UK.money(step.monthly_fee, v.currency)} per month;"
        sheet.line(fact(under(f"fee_steps[{i}]", "contract_year monthly_fee"), text))
    sheet.gap()
    sheet.para(
        "3. General.",
        fact("exclusive", EXCLUSIVE[v.exclusive]),
        *([fact("liability_cap", f"The Contractor's aggregate liability shall not exceed {UK.money(v.liability_cap, v.currency)}.")] if v.liability_cap else []),
        fact("governing_law", f"This Agreement is governed by the laws of {v.governing_law}."),
        fact("", "Notices take effect 3 days after posting and 1 day after being sent by electronic mail."),
    )  # fmt: skip
    return sheet


def term_sheet(v: Contract, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap="\t"))
    sheet.line("SCHEDULE OF KEY TERMS")
    sheet.row("client", "Client", v.client)
    sheet.row("contractor", "Contractor", v.contractor)
    sheet.row(
        "effective_date term_months", "Commencement / Term", f"{UK.day(v.effective_date)} / {v.term_months} months"
    )
    sheet.row(
        "notice_days auto_renewal",
        "Termination",
        f"{v.notice_days} days notice; {'rolls over each year' if v.auto_renewal else 'no renewal'}",
    )
    sheet.row("base_fee currency", "Retainer", f"{UK.money(v.base_fee, v.currency)} monthly")
    for i, step in enumerate(v.fee_steps):
        sheet.row(
            under(f"fee_steps[{i}]", "contract_year monthly_fee"),
            f"Retainer in year {step.contract_year}",
            UK.money(step.monthly_fee, v.currency),
        )
    if v.liability_cap:
        sheet.row("liability_cap", "Limit of liability", UK.money(v.liability_cap, v.currency))
    sheet.row("exclusive", "Exclusivity", "Yes, sole supplier" if v.exclusive else "No, others may be engaged")
    sheet.row("governing_law", "Law", f"Laws of {v.governing_law}")
    sheet.row("", "Insurance", f"{UK.money(round_sum(rng, 1000000, 3000000, 500000), v.currency)} per claim")
    sheet.para(fact("", f"Drafted {UK.day(a_day(rng, 2015, 2018))} for discussion only."))
    return sheet  # fmt: skip


def memo(v: Contract, rng: Random) -> Sheet:
    sheet = Sheet(Style(columns=2, hyphens=True, width=60))
    sheet.para(
        fact(
            "client contractor effective_date",
            f"With effect from {US.day(v.effective_date)}, {v.client} engages {v.contractor} under the terms below.",
        ),
        fact(
            "term_months notice_days",
            f"The engagement runs for {v.term_months} months and may be ended early on {v.notice_days} days of notice.",
        ),
        fact("exclusive", EXCLUSIVE[v.exclusive]),
    )
    sheet.para(
        fact(
            "base_fee currency",
            f"A retainer of {US.money(v.base_fee, v.currency)} ({v.currency}) falls due each month.",
        ),
        *(
            fact(
                under(f"fee_steps[{i}]", "contract_year monthly_fee"),
                f"In year {in_words(step.contract_year)} it becomes {US.money(step.monthly_fee, v.currency)}.",
            )
            for i, step in enumerate(v.fee_steps)
        ),
        *(
            [fact("liability_cap", f"Liability is capped at {US.money(v.liability_cap, v.currency)} in the aggregate.")]
            if v.liability_cap
            else []
        ),
        fact("", f"Travel above {US.money(round_sum(rng, 200, 900, 50), v.currency)} needs prior consent."),
        fact("auto_renewal governing_law", f"{RENEWAL[v.auto_renewal][:-1]}; the law of {v.governing_law} applies."),
    )
    return sheet  # fmt: skip


FAMILY = Family(
    "contracts", Contract, make, (clauses, term_sheet, memo),
    {
        "client": words("Client", "Customer|Receiving party", "The client is {}.|{} commissions the work.", unit="name"),
        "contractor": words("Contractor", "Service provider|Performing party", "The contractor is {}.|{} does the work.", unit="name"),
        "effective_date": words("Effective date|Effective", "Commencement|In force since", "The contract takes effect on {}.|It is effective {}."),
        "term_months": words("Term|Term (months)", "Duration|Initial period", "Its term is {}.|It runs for {}.", unit="months"),
        "notice_days": words("Notice period|Notice", "Cancellation window|Advance warning to end", "Notice of {} must be given.|Either side can leave with {} of notice.", unit="days"),
        "currency": words("Currency", "Denominated in|Money unit", "Fees are stated in {}.|The currency is {}."),
        "base_fee": words("Base fee|Base fee per month", "Retainer|Monthly charge", "The base fee is {} a month.|{} is paid monthly.", unit="money"),
        "fee_steps[].contract_year": words("Contract year|Year", "In year|Period", "It concerns year {}."),
        "fee_steps[].monthly_fee": words("Monthly fee|Fee", "Retainer then|Charge", "The fee is then {}.", unit="money"),
        "liability_cap": words("Liability cap|Cap on liability", "Maximum damages|Ceiling for claims", "Liability is capped at {}.|At most {} can be claimed.", unit="money"),
        "exclusive": words("Exclusive|Exclusivity", "Sole supplier|Only provider", "The arrangement is exclusive.|It is an exclusive engagement.", "The arrangement is not exclusive.|It is a non-exclusive engagement."),
        "auto_renewal": words("Auto renewal|Automatic renewal", "Rolls over|Extends by itself", "It renews automatically.|There is automatic renewal.", "It does not renew automatically.|There is no automatic renewal."),
        "governing_law": words("Governing law", "Applicable law|Jurisdiction", "It is governed by the law of {}.|The governing law is that of {}."),
    },
    {"fee_steps[]": ("Year {contract_year}: {monthly_fee} per month", "From year {contract_year} the fee is {monthly_fee}", "{monthly_fee} (contract year {contract_year})")},
)  # fmt: skip
