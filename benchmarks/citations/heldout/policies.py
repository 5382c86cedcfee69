"""HELD OUT: not for the eyes of who writes or tunes grounding. Insurance policies; long, with a body of boilerplate."""

from datetime import date
from decimal import Decimal
from random import Random

from pydantic import BaseModel, Field

from benchmarks.citations.draw import a_day, cents, round_sum
from benchmarks.citations.heldout.names import COMPANIES, PEOPLE
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Fact, Sheet, Style, fact, under
from benchmarks.citations.values import CH, DE_SHORT, UK, US, Locale, ordinal_word


class Vehicle(BaseModel):
    plate: str
    make: str
    insured_value: Decimal


class Policy(BaseModel):
    policy_number: str
    holder: str
    insurer: str
    begins: date = Field(description="First day of cover")
    ends: date = Field(description="Last day of cover")
    premium: Decimal = Field(description="Premium per year")
    deductible: Decimal
    currency: str
    no_claims_discount: Decimal | None = Field(description="In percent")
    legal_costs_covered: bool
    theft_covered: bool
    vehicles: list[Vehicle]


MAKES = ("Škoda Octavia", "Ford Transit", "Citroën Berlingo", "Volvo FH16", "Toyota Hilux", "Mercedes Sprinter")
BOILERPLATE = (
    "The insured shall notify the insurer of any accident without undue delay and in writing.",
    "Cover does not extend to racing, to wear and tear or to loss caused intentionally.",
    "Where several insurers cover the same risk, each is liable in proportion to the sum it has insured.",
    "The insurer may not refuse indemnity for a breach that had no influence on the loss.",
    "Claims become time-barred three years after the end of the year in which they arose.",
    "No amendment to these conditions is valid unless both parties have signed it.",
    "An expert appointed by both sides determines the extent of the damage where the parties do not agree.",
)  # fmt: skip


def make(rng: Random) -> Policy:
    begins = a_day(rng)
    makes = rng.sample(MAKES, rng.randint(1, 4))
    return Policy(
        policy_number=f"{rng.randint(100, 999)}.{rng.randint(100, 999)}.{rng.randint(10, 99)}",
        holder=rng.choice(PEOPLE),
        insurer=rng.choice(COMPANIES),
        begins=begins,
        ends=date(begins.year + rng.randint(1, 3), begins.month, min(begins.day, 28)),
        premium=cents(rng, 300, 4800),
        deductible=round_sum(rng, 100, 2000, 50),
        currency=rng.choice(("CHF", "EUR")),
        no_claims_discount=Decimal(rng.choice((10, 20, 35, 50))) if rng.random() < 0.6 else None,
        legal_costs_covered=rng.random() < 0.5,
        theft_covered=rng.random() < 0.5,
        vehicles=[
            Vehicle(plate=f"{rng.choice(('ZH', 'BE', 'M', 'HH'))} {rng.randint(1000, 99999)}", make=name, insured_value=round_sum(rng, 8000, 120000, 1000))
            for name in makes
        ],
    )  # fmt: skip


def _boilerplate(rng: Random, count: int) -> list[Fact]:
    return [fact("", text) for text in rng.sample(BOILERPLATE, count)]


def _cover(sheet: Sheet, v: Policy, house: Locale) -> None:
    for i, car in enumerate(v.vehicles):
        sheet.row(
            under(f"vehicles[{i}]", "plate make insured_value"), car.make, car.plate, house.number(car.insured_value)
        )


def schedule(v: Policy, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap="  ", width=92, footer="General conditions p. {}"))
    sheet.line(fact("policy_number", f"Motor policy no. {v.policy_number}"))
    sheet.line(fact("holder", f"Policyholder: {v.holder}"))
    sheet.line(fact("insurer", f"Insurer: {v.insurer}"))
    sheet.line(fact("begins ends", f"Period of cover: {UK.day(v.begins)} to {UK.day(v.ends)}, both days included"))
    sheet.line(fact("premium currency", f"Annual premium: {UK.money(v.premium, v.currency)}"))
    sheet.line(fact("deductible", f"Excess borne by the policyholder: {UK.money(v.deductible, v.currency)} per event"))
    if v.no_claims_discount:
        sheet.line(fact("no_claims_discount", f"No-claims discount already deducted: {v.no_claims_discount}%"))
    sheet.line(fact("legal_costs_covered", f"Legal costs: {'covered' if v.legal_costs_covered else 'not covered'}"))
    sheet.para(fact("theft_covered", f"Theft: {'covered' if v.theft_covered else 'not covered'}"))
    sheet.row("", "Vehicle", "Plate", f"Value in {v.currency}")
    _cover(sheet, v, UK)
    sheet.gap()
    for number in range(1, 4):
        sheet.para(f"§ {number} {ordinal_word(number).capitalize()} condition.", *_boilerplate(rng, 5))
    return sheet


def swiss(v: Policy, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap=" | ", decomposed=rng.random() < 0.4))
    house = CH if v.currency == "CHF" else DE_SHORT
    sheet.line(fact("policy_number holder", f"Police {v.policy_number} / Versicherungsnehmer: {v.holder}"))
    sheet.para(fact("insurer", f"Versicherer ist die {v.insurer}"))
    sheet.row("begins", "Versicherungsbeginn", house.day(v.begins))
    sheet.row("ends", "Versicherungsablauf", house.day(v.ends))
    sheet.row("premium currency", "Jahresprämie", house.money(v.premium, v.currency), v.currency)
    sheet.row("deductible", "Selbstbehalt", house.money(v.deductible, v.currency))
    sheet.row("", "Stempelabgabe", house.money(cents(rng, 5, 60), v.currency))
    if v.no_claims_discount:
        sheet.row("no_claims_discount", "Schadenfreiheitsrabatt", f"{v.no_claims_discount} %")
    sheet.row(
        "legal_costs_covered", "Rechtsschutz", "eingeschlossen" if v.legal_costs_covered else "nicht eingeschlossen"
    )
    sheet.row("theft_covered", "Diebstahl", "eingeschlossen" if v.theft_covered else "nicht eingeschlossen")
    _cover(sheet, v, house)
    sheet.gap()
    sheet.para(*_boilerplate(rng, 3))
    return sheet


def prose(v: Policy, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=70, hyphens=True, ligatures=True, columns=2))
    sheet.para(
        fact("insurer holder policy_number", f"{v.insurer} insures {v.holder} under policy {v.policy_number}."),
        fact("begins", f"The cover begins at noon on {US.day(v.begins)}."),
        fact("", f"The application was received on {US.day(a_day(rng, 2016, 2018))}."),
        fact("ends", f"It lapses at midnight on {US.day(v.ends)}."),
    )
    sheet.para(*_boilerplate(rng, 6))
    sheet.para(
        fact("premium currency deductible", f"For a premium of {US.money(v.premium, v.currency)} ({v.currency}) a year the insurer bears every loss above {US.money(v.deductible, v.currency)}."),
        *([fact("no_claims_discount", f"The premium reflects a no-claims discount of {v.no_claims_discount} percent.")] if v.no_claims_discount else []),
        fact("legal_costs_covered", "Legal costs are borne by the insurer." if v.legal_costs_covered else "Legal costs are not borne by the insurer."),
        fact("theft_covered", "Loss by theft is insured." if v.theft_covered else "Loss by theft is not insured."),
    )  # fmt: skip
    for i, car in enumerate(v.vehicles):
        text = f"The {car.make} registered as {car.plate} is insured for {US.money(car.insured_value, v.currency)}."
        sheet.line(fact(under(f"vehicles[{i}]", "plate make insured_value"), text))
    sheet.gap()
    sheet.para(*_boilerplate(rng, 7))
    return sheet


FAMILY = Family(
    "policies", Policy, make, (schedule, swiss, prose),
    {
        "policy_number": words("Policy number|Policy no.", "Contract reference|File", "The policy number is {}.|It is policy {}."),
        "holder": words("Holder|Policy holder", "Insured person|Client", "The holder is {}.|The policy is held by {}.", unit="name"),
        "insurer": words("Insurer", "Underwriter|Carrier", "The insurer is {}.|Cover is given by {}.", unit="name"),
        "begins": words("Begins", "Cover from|Inception", "Cover begins on {}.|It begins on {}."),
        "ends": words("Ends", "Cover until|Expiry", "Cover ends on {}.|It ends on {}."),
        "premium": words("Premium", "Yearly cost|Price of cover", "The premium is {}.|A premium of {} is paid each year.", unit="money"),
        "deductible": words("Deductible", "Excess|Own share", "The deductible is {}.|There is a deductible of {}.", unit="money"),
        "currency": words("Currency", "Money unit", "Sums are in {}.|The currency is {}."),
        "no_claims_discount": words("No-claims discount|No claims discount", "Bonus for accident-free driving|Rebate", "The no-claims discount is {}.|A no-claims discount of {} applies.", unit="%"),
        "legal_costs_covered": words("Legal costs covered", "Lawyer paid|Litigation included", "Legal costs are covered.|The policy covers legal costs.", "Legal costs are not covered.|The policy does not cover legal costs."),
        "theft_covered": words("Theft covered", "Stealing insured|Burglary included", "Theft is covered.|The policy covers theft.", "Theft is not covered.|The policy does not cover theft."),
        "vehicles[].plate": words("Plate", "Registration|License", "The plate is {}."),
        "vehicles[].make": words("Make", "Model|Car", "It is a {}."),
        "vehicles[].insured_value": words("Insured value|Value", "Worth|Sum insured", "It is insured for {}.", unit="money"),
    },
    {"vehicles[]": ("{make} ({plate}) insured for {insured_value}", "{plate}: {make}, {insured_value}", "{make}, plate {plate}, value {insured_value}")},
)  # fmt: skip
