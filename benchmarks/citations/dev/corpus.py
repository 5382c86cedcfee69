"""Development families: an order and a lease; wordings plain enough to build against, other than the held-out ones."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from pydantic import BaseModel, Field

from benchmarks.citations.answers import Phrasing
from benchmarks.citations.draw import a_day, cents, round_sum
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Sheet, Style, fact, under
from benchmarks.citations.values import DE, UK, US, code_last, in_words, month, ordinal

SEED = "development"
FIRMS = ("Acme Inc.", "Lakeside Tools Ltd.", "Weber & Söhne GmbH", "Northwind Traders, LLC", "Rivière Frères SARL")
TENANTS = ("Maria González", "Peter Schäfer", "Amy Lindqvist", "Omar Haddad", "Renée Dubois")


class Position(BaseModel):
    product: str
    pieces: int
    price: Decimal


class Order(BaseModel):
    order_number: str
    seller: str
    ordered_on: date
    ship_by: date | None
    currency: str
    positions: list[Position]
    insured: bool


class Lease(BaseModel):
    landlord: str
    tenant: str
    first_day: date
    monthly_rent: Decimal
    deposit: Decimal = Field(description="Security deposit")
    currency: str
    notice_days: int
    yearly_increase: Decimal = Field(description="In percent")
    pets_allowed: bool


def make_order(rng: Random) -> Order:
    day = a_day(rng)
    return Order(
        order_number=f"PO-{rng.randint(1000, 99999)}",
        seller=rng.choice(FIRMS),
        ordered_on=day,
        ship_by=day + timedelta(days=21) if rng.random() < 0.7 else None,
        currency=rng.choice(("USD", "EUR")),
        positions=[
            Position(product=name, pieces=rng.randint(1, 40), price=cents(rng, 2, 300))
            for name in rng.sample(("Hand drill", "Steel bolts M8", "Work gloves", "Paint, white", "Ladder 3 m"), rng.randint(2, 4))
        ],
        insured=rng.random() < 0.5,
    )  # fmt: skip


def order_sheet(v: Order, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap="  ", width=80))
    sheet.line(fact("order_number seller", f"Order {v.order_number} to {v.seller}"))
    sheet.para(fact("ordered_on currency", f"Placed on {US.day(v.ordered_on)}; prices in {v.currency}"))
    for i, p in enumerate(v.positions):
        sheet.row(under(f"positions[{i}]", "product pieces price"), p.product, str(p.pieces), US.number(p.price))
    sheet.gap()
    shipped = [fact("ship_by", f"The goods are to leave the works by {US.day(v.ship_by)}.")] if v.ship_by else []
    sheet.para(
        fact("insured", "The transport is insured." if v.insured else "The transport is not insured."),
        *shipped,
        fact("", f"Complaints must be raised within {rng.randint(5, 20)} days."),
    )
    return sheet


def order_letter(v: Order, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=70, hyphens=True, decomposed=rng.random() < 0.3))
    sheet.para(
        fact("seller", f"An {v.seller}"),
        fact("order_number ordered_on", f"Bestellung {v.order_number} vom {DE.day(v.ordered_on)}"),
        fact("currency", f"Alle Preise in {v.currency}."),
        *([fact("ship_by", f"Versand bis spätestens {DE.day(v.ship_by)}.")] if v.ship_by else []),
        fact("insured", "Der Transport ist versichert." if v.insured else "Der Transport ist nicht versichert."),
    )
    for i, p in enumerate(v.positions):
        sheet.line(
            fact(
                under(f"positions[{i}]", "product pieces price"),
                f"{p.pieces} Stück {p.product} zu {DE.number(p.price)}",
            )
        )
    return sheet


def make_lease(rng: Random) -> Lease:
    rent = round_sum(rng, 500, 4000, 25)
    return Lease(
        landlord=rng.choice(FIRMS),
        tenant=rng.choice(TENANTS),
        first_day=a_day(rng),
        monthly_rent=rent,
        deposit=2 * rent,
        currency=rng.choice(("USD", "GBP")),
        notice_days=rng.choice((30, 60, 90)),
        yearly_increase=Decimal(rng.choice(("2", "2.5", "3"))),
        pets_allowed=rng.random() < 0.5,
    )


def lease_prose(v: Lease, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=76, ligatures=True))
    sheet.para(
        fact("landlord tenant", f"{v.landlord} lets the flat to {v.tenant}."),
        fact("first_day", f"The lease begins on {US.day(v.first_day)}."),
        fact("monthly_rent currency", f"The rent is {UK.money(v.monthly_rent, v.currency)} per month."),
        fact("yearly_increase", f"It goes up by {v.yearly_increase}% each year."),
        fact("deposit", f"A deposit of {UK.money(v.deposit, v.currency)} is paid at signing."),
    )
    sheet.para(
        fact("notice_days", f"Notice is {in_words(v.notice_days)} ({v.notice_days}) days."),
        fact("pets_allowed", "Pets are allowed." if v.pets_allowed else "Pets are not allowed."),
        fact("", f"The house was built in {rng.randint(1900, 1999)} and has {rng.randint(2, 9)} floors."),
    )
    return sheet


ORDER = Family(
    "orders", Order, make_order, (order_sheet, order_letter),
    {
        "order_number": words("Order number", "PO", "The order number is {}."),
        "seller": words("Seller", "Supplier", "The seller is {}.", unit="name"),
        "ordered_on": words("Ordered on", "Order date", "It was ordered on {}."),
        "ship_by": words("Ship by", "Latest dispatch", "It must ship by {}."),
        "currency": words("Currency", "Money", "The currency is {}."),
        "insured": words("Insured", "Transport insurance", "It is insured.", "It is not insured."),
        "positions[].product": words("Product", "Item", "The product is {}."),
        "positions[].pieces": words("Pieces", "Quantity", "{} pieces."),
        "positions[].price": words("Price", "Unit cost", "At {}.", unit="money"),
    },
    {"positions[]": ("{pieces} {product} at {price}", "{product}: {pieces}, {price}")},
)  # fmt: skip
LEASE = Family(
    "leases", Lease, make_lease, (lease_prose,),
    {
        "landlord": words("Landlord", "Lessor", "The landlord is {}.", unit="name"),
        "tenant": words("Tenant", "Lessee", "The tenant is {}.", unit="name"),
        "first_day": words("First day", "Start", "The first day is {}."),
        "monthly_rent": words("Monthly rent|Rent", "Price per month", "The monthly rent is {}.", unit="money"),
        "deposit": words("Deposit", "Security", "The deposit is {}.", unit="money"),
        "currency": words("Currency", "Money", "The currency is {}."),
        "notice_days": words("Notice|Notice days", "Cancellation period", "Notice is {}.", unit="days"),
        "yearly_increase": words("Yearly increase", "Annual rise", "The yearly increase is {}.", unit="%"),
        "pets_allowed": words("Pets allowed", "Animals", "Pets are allowed.", "Pets are not allowed."),
    },
    {},
)  # fmt: skip
FAMILIES = (ORDER, LEASE)

PHRASING = Phrasing(
    day=(date.isoformat, US.day),
    amount=(US.money, UK.money),
    count=(lambda n, unit: f"{n} {unit}",),
    percent=(lambda n: f"{n}%",),
    day_again=(DE.day, lambda d: f"the {ordinal(d.day)} of {month(d)} {d.year}"),
    amount_again=(lambda n, c: code_last(DE.number(n), c),),
    count_again=(lambda n, unit: f"{in_words(n)} ({n}) {unit}",),
    percent_again=(lambda n: f"{n} percent",),
    name_again=(str.upper, lambda name: name.replace(",", "")),
    boolean=(("Yes", "No"),),
    leads=("", "The document says:\n"),
    asides=("It also says: {}.",),
    label_lines=("{label}: {value}", "**{label}**: {value}"),
    bullets=("- {label}: {value}",),
    table_head=(("Field", "Value"),),
    pairs=("{first}, and {second}.",),
    several=("{list}.",),
    quote_marks=('"{quote}"',),
    item_heads=("Item {number}",),
)
__all__ = ["FAMILIES", "PHRASING", "SEED"]
