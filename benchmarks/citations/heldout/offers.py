"""HELD OUT: not for the eyes of who writes or tunes grounding. Offers of employment."""

from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from random import Random

from pydantic import BaseModel, Field

from benchmarks.citations.draw import a_day, round_sum
from benchmarks.citations.heldout.names import COMPANIES, PEOPLE
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Sheet, Style, fact
from benchmarks.citations.values import DE, UK, US, in_words


class Kind(Enum):
    FULL = "full-time"
    PART = "part-time"
    FIXED = "fixed-term"


class Offer(BaseModel):
    candidate: str
    employer: str
    position: str
    start_date: date
    answer_until: date = Field(description="Last day to accept the offer")
    employment: Kind
    salary: Decimal = Field(description="Gross pay per year")
    currency: str
    bonus_percent: Decimal
    signing_bonus: Decimal | None
    vacation_days: int
    probation_months: int
    remote: bool
    benefits: list[str]


JOBS = (
    "Quality Engineer",
    "Payroll Clerk",
    "Senior Hydrologist",
    "Warehouse Supervisor",
    "Data Steward",
    "Pastry Chef",
)
BENEFITS = (
    "Regional rail pass",
    "Company pension",
    "Language courses",
    "Subsidised canteen",
    "Bicycle leasing",
    "Dental insurance",
)


def make(rng: Random) -> Offer:
    start = a_day(rng)
    return Offer(
        candidate=rng.choice(PEOPLE),
        employer=rng.choice(COMPANIES),
        position=rng.choice(JOBS),
        start_date=start,
        answer_until=start - timedelta(days=rng.randint(20, 60)),
        employment=rng.choice(list(Kind)),
        salary=round_sum(rng, 31000, 145000, 250),
        currency=rng.choice(("EUR", "USD", "GBP")),
        bonus_percent=Decimal(rng.choice(("5", "7.5", "10", "12.5", "15"))),
        signing_bonus=round_sum(rng, 1000, 9000, 500) if rng.random() < 0.6 else None,
        vacation_days=rng.randint(21, 34),
        probation_months=rng.choice((2, 3, 4, 6)),
        remote=rng.random() < 0.5,
        benefits=rng.sample(BENEFITS, rng.randint(1, 4)),
    )


def letter(v: Offer, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=90, ligatures=True, hyphens=True, footer="Private and confidential, {}"))
    sheet.para(
        fact("candidate", f"Dear {v.candidate},"),
        fact("employer position", f"{v.employer} is delighted to offer you the position of {v.position}."),
        fact("employment start_date", f"It is a {v.employment.value} appointment beginning on {US.day(v.start_date)}."),
        fact("", f"Your interview of {US.day(v.answer_until - timedelta(days=12))} left a lasting impression."),
    )
    sheet.para(
        fact("salary currency", f"You will earn {US.money(v.salary, v.currency)} gross per annum, payable in {v.currency}."),
        fact("bonus_percent", f"A performance bonus of up to {v.bonus_percent}% may be added."),
        *([fact("signing_bonus", f"On joining you receive a one-off sum of {US.money(v.signing_bonus, v.currency)}.")] if v.signing_bonus else []),
        fact("vacation_days probation_months", f"You are entitled to {in_words(v.vacation_days)} ({v.vacation_days}) days of leave and will serve a probation of {in_words(v.probation_months)} months."),
        fact("remote", "You may work from home." if v.remote else "The post is office-based, and working from home is not provided for."),
    )  # fmt: skip
    sheet.line("In addition we provide:")
    for i, benefit in enumerate(v.benefits):
        sheet.line(fact(f"benefits[{i}]", f"* {benefit}"))
    sheet.gap()
    sheet.para(
        fact("answer_until", f"Kindly let us have your signed acceptance by {US.day(v.answer_until)}."),
        fact("", f"After {rng.randint(3, 8)} years of service further leave is granted."),
    )
    return sheet


def german(v: Offer, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap=": ", decomposed=rng.random() < 0.3))
    sheet.para(fact("employer candidate", f"{v.employer} bietet {v.candidate} folgende Stelle an"))
    kind = {
        "full-time": "Vollzeit (full-time)",
        "part-time": "Teilzeit (part-time)",
        "fixed-term": "befristet (fixed-term)",
    }
    sheet.row("position", "Tätigkeit", v.position)
    sheet.row("employment", "Art der Beschäftigung", kind[v.employment.value])
    sheet.row("start_date", "Beginn", DE.day(v.start_date))
    sheet.row("salary currency", "Jahresbruttogehalt", DE.money(v.salary, v.currency))
    sheet.row("bonus_percent", "Erfolgsbeteiligung", f"bis zu {DE.number(v.bonus_percent)} %")
    if v.signing_bonus:
        sheet.row("signing_bonus", "Antrittsprämie", DE.money(v.signing_bonus, v.currency))
    sheet.row("vacation_days", "Jahresurlaub", f"{v.vacation_days} Arbeitstage")
    sheet.row("probation_months", "Probezeit", f"{v.probation_months} Monate")
    sheet.row("remote", "Mobiles Arbeiten", "ja" if v.remote else "nein")
    for i, benefit in enumerate(v.benefits):
        sheet.row(f"benefits[{i}]", "Zusatzleistung", benefit)
    sheet.para(
        fact("answer_until", f"Dieses Angebot gilt bis zum {DE.day(v.answer_until)}."),
        fact("", f"Kündigungsfrist: {rng.randint(2, 6)} Wochen zum Monatsende."),
    )
    return sheet


def dense(v: Offer, rng: Random) -> Sheet:
    sheet = Sheet(Style(columns=rng.choice((1, 2))))
    bonus = f", to which comes a signing bonus of {UK.money(v.signing_bonus, v.currency)}" if v.signing_bonus else ""
    at = "with" if v.remote else "without"
    sheet.para(
        fact("candidate position employer", f"{v.candidate} joins {v.employer} as {v.position}."),
        fact("start_date employment probation_months", f"The {v.employment.value} contract starts on {UK.day(v.start_date)}; the first {v.probation_months} months are probationary."),
        fact("salary currency bonus_percent" + (" signing_bonus" if bonus else ""), f"Pay is {UK.money(v.salary, v.currency)} a year and a variable part of {v.bonus_percent} percent{bonus}."),
        fact("vacation_days remote", f"There are {v.vacation_days} days of annual leave, {at} the option of remote work."),
    )  # fmt: skip
    sheet.para(
        fact(" ".join(f"benefits[{i}]" for i in range(len(v.benefits))), "Benefits: " + ", ".join(v.benefits) + ".")
    )
    sheet.para(
        fact("", f"The post was advertised on {UK.day(v.answer_until - timedelta(days=50))}."),
        fact("answer_until", f"The offer lapses unless accepted by {UK.day(v.answer_until)}."),
    )
    return sheet


FAMILY = Family(
    "offers", Offer, make, (letter, german, dense),
    {
        "candidate": words("Candidate", "Applicant|Person hired", "The candidate is {}.|The offer goes to {}.", unit="name"),
        "employer": words("Employer", "Company|Hiring firm", "The employer is {}.|{} makes the offer.", unit="name"),
        "position": words("Position", "Role|Job title", "The position is {}.|The post is that of {}."),
        "start_date": words("Start date", "First day of work|Begins", "Work starts on {}.|The start date is {}."),
        "answer_until": words("Answer until", "Acceptance deadline|Open till", "The answer is due until {}.|It must be answered by {}."),
        "employment": words("Employment|Type of employment", "Working pattern|Contract type", "The employment is {}.|It is {} employment."),
        "salary": words("Salary", "Annual pay|Remuneration", "The salary is {}.|A salary of {} is offered.", unit="money"),
        "currency": words("Currency", "Money unit", "Pay is in {}.|The currency is {}."),
        "bonus_percent": words("Bonus|Bonus percent", "Variable part|Performance share", "The bonus is up to {}.|A bonus of {} is possible.", unit="%"),
        "signing_bonus": words("Signing bonus", "Welcome payment|Paid on joining", "The signing bonus is {}.|{} is paid on signing.", unit="money"),
        "vacation_days": words("Vacation days|Vacation", "Annual leave|Holidays", "There are {} of vacation.|Vacation amounts to {}.", unit="days"),
        "probation_months": words("Probation|Probation months", "Trial period|Test phase", "Probation lasts {}.|There is a probation of {}.", unit="months"),
        "remote": words("Remote", "Home office|Telework", "Remote work is possible.|The job can be done remotely.", "Remote work is not possible.|The job can't be done remotely."),
        "benefits[]": words("Benefit", "Perk|Extra", "A benefit is the {}."),
    },
    {},
)  # fmt: skip
