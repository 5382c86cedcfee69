"""HELD OUT: not for the eyes of who writes or tunes grounding. Invoices with line items."""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random

from pydantic import BaseModel, Field

from benchmarks.citations.draw import a_day, cents
from benchmarks.citations.heldout.names import COMPANIES, STREETS
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Sheet, Style, fact, under
from benchmarks.citations.values import DE, US, Locale, symbol_first


class Currency(StrEnum):
    USD = "USD"
    EUR = "EUR"
    CHF = "CHF"


class Buyer(BaseModel):
    name: str
    vat_id: str | None = Field(None, description="VAT identification number of the buyer")


class Line(BaseModel):
    description: str
    quantity: int
    unit_price: Decimal
    amount: Decimal


class Invoice(BaseModel):
    number: str = Field(description="Number of the invoice")
    supplier: str
    buyer: Buyer
    issue_date: date
    due_date: date
    currency: Currency
    lines: list[Line]
    tax_rate: Decimal = Field(description="Sales tax or VAT, in percent")
    total: Decimal = Field(description="Amount payable, tax included")
    reverse_charge: bool


GOODS = (
    "Hydraulic hose 3/8 in", "Filter cartridge F-200", "On-site inspection", "Gasket set", "Bearing 6204-2RS", "Freight and handling",
    "Pressure sensor 16 bar", "Torque wrench hire", "Spare impeller", "Coolant, 5 litre can", "Calibration service", "Wire rope 6 mm",
)  # fmt: skip


def make(rng: Random) -> Invoice:
    lines = []
    for name in rng.sample(GOODS, rng.randint(2, 7)):
        count, price = rng.choice((1, 1, 2, 3, 4, 10, 12, 25)), cents(rng, 8, 700)
        lines.append(Line(description=name, quantity=count, unit_price=price, amount=count * price))
    rate = Decimal(rng.choice(("7.5", "8.1", "19", "20", "6.25")))
    issued = a_day(rng)
    supplier, buyer = rng.sample(COMPANIES, 2)
    return Invoice(
        number=f"{rng.choice('ABKRT')}{rng.randint(2019, 2026)}-{rng.randint(100, 9999):04}",
        supplier=supplier,
        buyer=Buyer(name=buyer, vat_id=f"DE{rng.randint(10**8, 10**9 - 1)}" if rng.random() < 0.6 else None),
        issue_date=issued,
        due_date=issued + timedelta(days=rng.choice((14, 30, 45))),
        currency=rng.choice(list(Currency)),
        lines=lines,
        tax_rate=rate,
        total=(sum((line.amount for line in lines), Decimal()) * (1 + rate / 100)).quantize(Decimal("1.00")),
        reverse_charge=rng.random() < 0.4,
    )


def _rows(sheet: Sheet, v: Invoice, house: Locale) -> None:
    for i, line in enumerate(v.lines):
        cells = (line.description, str(line.quantity), house.number(line.unit_price), house.number(line.amount))
        sheet.row(under(f"lines[{i}]", "description quantity unit_price amount"), *cells)


def labelled(v: Invoice, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap="    ", footer="Thank you for your custom - page {}"))
    sheet.line("INVOICE")
    sheet.line(fact("supplier", f"From: {v.supplier}, {rng.choice(STREETS)}"))
    sheet.line(fact("buyer.name", f"Bill to: {v.buyer.name}"))
    if v.buyer.vat_id:
        sheet.line(fact("buyer.vat_id", f"Customer VAT ID: {v.buyer.vat_id}"))
    sheet.line(fact("number", f"Invoice number: {v.number}"))
    sheet.line(
        fact(
            "", f"Your order: {rng.randint(1000, 99999)} of {US.day(v.issue_date - timedelta(days=rng.randint(3, 40)))}"
        )
    )
    sheet.line(fact("issue_date", f"Invoice date: {US.day(v.issue_date)}"))
    sheet.para(fact("due_date", f"Payment due by: {US.day(v.due_date)}"))
    sheet.row("", "Description", "Qty", "Unit price", f"Amount {v.currency.value}")
    _rows(sheet, v, US)
    net = sum((line.amount for line in v.lines), Decimal())
    sheet.line(fact("", f"Subtotal before tax {US.number(net)}"))
    sheet.line(fact("tax_rate", f"Sales tax at {v.tax_rate}% applied to all positions"))
    sheet.para(fact("total currency", f"TOTAL DUE {US.money(v.total, v.currency.value)} ({v.currency.value})"))
    yes = "Reverse charge: the tax liability passes to the recipient of the service."
    no = "Reverse charge does not apply to this supply."
    sheet.para(fact("reverse_charge", yes if v.reverse_charge else no))
    sheet.para(
        fact(
            "",
            f"Overdue sums bear interest at {rng.randint(2, 5)}.5% per month; a reminder costs {rng.randint(5, 40)}.00.",
        )
    )
    return sheet


def german(v: Invoice, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap=" | ", width=86, hyphens=True, decomposed=rng.random() < 0.4))
    sheet.line(fact("supplier", f"Rechnungssteller: {v.supplier}"))
    sheet.para(
        rng.choice(STREETS), fact("", f"Registergericht HRB {rng.randint(10000, 99999)}, gegründet am 12. Mai 1987")
    )
    sheet.para(
        fact("number issue_date", f"Rechnung Nr. {v.number} vom {DE.day(v.issue_date)}"),
        fact("buyer.name", f"an die Firma {v.buyer.name}."),
        *(
            [fact("buyer.vat_id", f"Ihre Umsatzsteuer-Identifikationsnummer lautet {v.buyer.vat_id}.")]
            if v.buyer.vat_id
            else []
        ),
        "Wir berechnen Ihnen für die vereinbarten Lieferungen und Leistungen:",
    )
    sheet.row("", "Bezeichnung", "Menge", "Einzelpreis", "Betrag")
    _rows(sheet, v, DE)
    sheet.gap()
    free = "Die Steuerschuldnerschaft geht auf den Leistungsempfänger über (Reverse Charge)."
    sheet.para(
        fact("tax_rate", f"Auf alle Positionen entfallen {DE.number(v.tax_rate)} % Umsatzsteuer."),
        fact("total currency", f"Der Rechnungsbetrag beläuft sich auf {DE.money(v.total, v.currency.value)}"),
        fact("due_date", f"und ist ohne Abzug bis zum {DE.day(v.due_date)} zu begleichen."),
        fact(
            "reverse_charge",
            free if v.reverse_charge else "Die Umkehr der Steuerschuldnerschaft findet keine Anwendung.",
        ),
        fact("", f"Bei Zahlung binnen 7 Tagen gewähren wir {rng.randint(2, 3)} % Skonto."),
    )
    return sheet


def prose(v: Invoice, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=72, ligatures=True))
    house = Locale("en", US.day, ",", ".", symbol_first)
    sheet.para(
        fact("supplier buyer.name", f"{v.supplier} invoices {v.buyer.name} as follows."),
        fact(
            "number issue_date due_date",
            f"This is invoice {v.number}, issued {house.day(v.issue_date)} and payable no later than {house.day(v.due_date)}.",
        ),
        *([fact("buyer.vat_id", f"The buyer is registered for VAT under {v.buyer.vat_id}.")] if v.buyer.vat_id else []),
        fact("", f"It replaces the pro forma of {house.day(v.issue_date - timedelta(days=rng.randint(1, 9)))}."),
    )
    for i, line in enumerate(v.lines):
        text = f"{i + 1}. {line.quantity} x {line.description} at {house.number(line.unit_price)} each: {house.number(line.amount)}"
        sheet.line(fact(under(f"lines[{i}]", "description quantity unit_price amount"), text))
    sheet.gap()
    charge = (
        "The reverse charge procedure applies."
        if v.reverse_charge
        else "The reverse charge procedure is not applicable."
    )
    sheet.para(
        fact("currency", f"All prices are stated in {v.currency.value}."),
        fact(
            "tax_rate total",
            f"With {v.tax_rate} per cent tax added, the sum to be paid is {house.money(v.total, v.currency.value)}.",
        ),
        fact("reverse_charge", charge),
    )
    return sheet


FAMILY = Family(
    "invoices", Invoice, make, (labelled, german, prose),
    {
        "number": words("Invoice number|Invoice no.", "Bill reference|Document ID", "The invoice bears the number {}.|It is filed as invoice {}."),
        "supplier": words("Supplier|Supplier name", "Vendor|Issued by", "The supplier is {}.|Goods came from {}.", unit="name"),
        "buyer.name": words("Buyer|Buyer name", "Customer|Billed party", "It is addressed to {}.|The buyer is {}.", unit="name"),
        "buyer.vat_id": words("Buyer VAT ID|VAT id of the buyer", "Tax registration of the customer", "The buyer's VAT number is {}."),
        "issue_date": words("Issue date|Date of issue", "Billed on|Invoice dated", "It was issued on {}.|The invoice dates from {}."),
        "due_date": words("Due date|Due", "Pay by|Payment deadline", "Payment is due on {}.|The money must arrive by {}."),
        "currency": words("Currency", "Denominated in|Money unit", "All amounts are in {}.|The currency is {}."),
        "tax_rate": words("Tax rate|Tax", "VAT percentage|Sales tax", "Tax is charged at {}.|The tax rate is {}.", unit="%"),
        "total": words("Total|Total amount", "Sum payable|Amount owed", "The total comes to {}.|In all {} is owed.", unit="money"),
        "reverse_charge": words("Reverse charge", "Tax liability shifted to recipient", "Reverse charge applies.|The recipient owes the tax under reverse charge.", "Reverse charge does not apply.|There is no reverse charge."),
        "lines[].description": words("Description|Item", "Article|Goods", "The position is {}."),
        "lines[].quantity": words("Quantity|Qty", "Units|Pieces", "{} were supplied."),
        "lines[].unit_price": words("Unit price|Price per unit", "Each|Rate", "Each costs {}.", unit="money"),
        "lines[].amount": words("Amount|Line amount", "Extended price|Line value", "That makes {}.", unit="money"),
    },
    {"lines[]": ("{description}: {quantity} at {unit_price}, {amount} in all", "{quantity} x {description} for {amount}", "{description} ({quantity} pcs) = {amount}")},
)  # fmt: skip
