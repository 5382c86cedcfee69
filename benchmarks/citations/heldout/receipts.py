"""HELD OUT: not for the eyes of who writes or tunes grounding. Till receipts: many equal and nested amounts."""

from datetime import date
from decimal import Decimal
from enum import Enum
from random import Random

from pydantic import BaseModel

from benchmarks.citations.draw import a_day
from benchmarks.citations.heldout.names import STREETS
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Sheet, Style, fact, under
from benchmarks.citations.values import DE_SHORT, US, Locale


class Method(Enum):
    CASH = "cash"
    CARD = "card"
    VOUCHER = "gift voucher"


class Bought(BaseModel):
    name: str
    count: int
    price: Decimal


class Receipt(BaseModel):
    shop: str
    bought_on: date
    receipt_number: int
    items: list[Bought]
    total: Decimal
    currency: str
    payment_method: Method
    change_given: Decimal | None
    member_discount: bool


SHOPS = (
    "Café Zeitlos ☕",
    "Corner Deli",
    "Bäckerei Möhring",
    "The Paper Lantern",
    "Fjord Fisk & Vilt",
    "Trattoria Da Nino",
)
WARES = ("Oat flat white", "Rye loaf", "Cinnamon bun", "Sparkling water 0.5 l", "Soup of the day", "Goat cheese 200 g", "Lemon tart", "Pasta al forno", "Green tea", "Salt crackers 150 g", "Olives")  # fmt: skip
PRICES = ("2.50", "3.00", "3.90", "4.50", "5.00", "7.25", "12.50", "1.00")


def make(rng: Random) -> Receipt:
    items = [
        Bought(name=ware, count=rng.choice((1, 1, 1, 2, 3)), price=Decimal(rng.choice(PRICES)))
        for ware in rng.sample(WARES, rng.randint(2, 8))
    ]
    method = rng.choice(list(Method))
    return Receipt(
        shop=rng.choice(SHOPS),
        bought_on=a_day(rng),
        receipt_number=rng.randint(1000, 99999),
        items=items,
        total=sum((item.count * item.price for item in items), Decimal()),
        currency=rng.choice(("EUR", "USD")),
        payment_method=method,
        change_given=Decimal(rng.randint(5, 195)) / 10 * Decimal("1.0") if method is Method.CASH else None,
        member_discount=rng.random() < 0.5,
    )


def _slip(v: Receipt, rng: Random, house: Locale, style: Style) -> Sheet:
    sheet = Sheet(style)
    sheet.line(fact("shop", f"*** {v.shop} ***"))
    sheet.line(fact("", f"{rng.choice(STREETS)}, open since {rng.randint(1950, 2010)}"))
    sheet.para(
        fact(
            "receipt_number bought_on",
            f"Receipt {v.receipt_number}   {house.day(v.bought_on)}   till {rng.randint(1, 9)}",
        )
    )
    for i, item in enumerate(v.items):
        sheet.row(under(f"items[{i}]", "name count price"), item.name, f"{item.count} x", house.number(item.price))
    sheet.row("", "Number of articles", str(sum(item.count for item in v.items)))
    sheet.row("total currency", "TO PAY", f"{house.number(v.total)} {v.currency}")
    sheet.row("payment_method", "Paid by", v.payment_method.value.upper())
    if v.change_given is not None:
        sheet.row("change_given", "Change returned", house.number(v.change_given.quantize(Decimal("1.00"))))
    sheet.row("", "Tax included", house.number((v.total / 10).quantize(Decimal("1.00"))))
    sheet.para(
        fact(
            "member_discount",
            "Member discount: APPLIED ✓"
            if v.member_discount and not style.footer
            else f"Member discount: {'applied' if v.member_discount else 'none'}",
        )
    )
    sheet.para(fact("", f"Returns within {rng.choice((7, 14, 30))} days with this slip"))
    return sheet  # fmt: skip


def american(v: Receipt, rng: Random) -> Sheet:
    return _slip(v, rng, US, Style(gap="  ", footer="{}"))


def german(v: Receipt, rng: Random) -> Sheet:
    return _slip(v, rng, DE_SHORT, Style(gap=" . . . "))


FAMILY = Family(
    "receipts", Receipt, make, (american, german),
    {
        "shop": words("Shop", "Merchant|Store", "The purchase was made at {}.|The shop is {}."),
        "bought_on": words("Bought on", "Purchase date|Date of sale", "It was bought on {}.|The receipt is of {}."),
        "receipt_number": words("Receipt number|Receipt no.", "Slip|Transaction", "The receipt has number {}.|Its number is {}."),
        "total": words("Total", "Sum paid|To pay", "The total was {}.|In all it cost {}.", unit="money"),
        "currency": words("Currency", "Money unit", "Prices are in {}.|The currency is {}."),
        "payment_method": words("Payment method", "Settled with|Tender", "The bill was paid by {}.|Payment was made by {}."),
        "change_given": words("Change given|Change", "Returned to the customer|Coins back", "The change was {}.|{} was given back.", unit="money"),
        "member_discount": words("Member discount", "Loyalty reduction|Club price", "A member discount was applied.|The buyer had the member discount.", "No member discount was applied.|The buyer had no member discount."),
        "items[].name": words("Name|Item", "Article|Ware", "One item is {}."),
        "items[].count": words("Count", "Quantity|Pieces", "{} were bought."),
        "items[].price": words("Price", "Each|Cost", "It cost {}.", unit="money"),
    },
    {"items[]": ("{count} x {name} at {price}", "{name}: {price} (count {count})", "{name}, {count}, {price}")},
)  # fmt: skip
