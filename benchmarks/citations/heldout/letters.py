"""HELD OUT: not for the eyes of who writes or tunes grounding. Letters of complaint, in English, German and French."""

from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from random import Random

from pydantic import BaseModel, Field

from benchmarks.citations.draw import a_day, cents
from benchmarks.citations.heldout.names import COMPANIES, PEOPLE, STREETS
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Sheet, Style, fact
from benchmarks.citations.values import DE, FR, UK, in_words


class Remedy(Enum):
    REFUND = "refund"
    REPLACEMENT = "replacement"
    REPAIR = "repair"


class Complaint(BaseModel):
    sender: str
    recipient: str
    written_on: date
    order_reference: str
    delivered_on: date
    amount_claimed: Decimal
    currency: str
    remedy: Remedy = Field(description="What the sender asks for")
    reply_by: date
    defective_units: int
    previously_reported: bool
    enclosures: list[str]


PAPERS = (
    "Copy of the delivery note",
    "Photographs of the damage",
    "Bank statement",
    "Expert opinion",
    "E-mail correspondence",
)


def make(rng: Random) -> Complaint:
    delivered = a_day(rng)
    written = delivered + timedelta(days=rng.randint(5, 60))
    return Complaint(
        sender=rng.choice(PEOPLE),
        recipient=rng.choice(COMPANIES),
        written_on=written,
        order_reference=f"{rng.choice(('ORD', 'PO', 'KD'))}-{rng.randint(10000, 99999)}",
        delivered_on=delivered,
        amount_claimed=cents(rng, 40, 5000),
        currency=rng.choice(("EUR", "GBP")),
        remedy=rng.choice(list(Remedy)),
        reply_by=written + timedelta(days=rng.choice((10, 14, 21))),
        defective_units=rng.randint(2, 40),
        previously_reported=rng.random() < 0.5,
        enclosures=rng.sample(PAPERS, rng.randint(1, 4)),
    )


def _enclosed(sheet: Sheet, v: Complaint, head: str) -> None:
    sheet.line(head)
    for i, paper in enumerate(v.enclosures):
        sheet.line(fact(f"enclosures[{i}]", f"- {paper}"))


def english(v: Complaint, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=78, ligatures=True, decomposed=rng.random() < 0.3))
    sheet.line(fact("sender", f"{v.sender}, {rng.choice(STREETS)}"))
    sheet.para(fact("recipient", f"To: Customer Relations, {v.recipient}"))
    sheet.para(fact("written_on", f"Written on {UK.day(v.written_on)}"))
    sheet.para(fact("order_reference", f"Re: my order {v.order_reference}"))
    told = f"I reported this by telephone on {UK.day(v.delivered_on + timedelta(days=2))}, without any result."
    untold = "I have not raised this matter with you before."
    asked = {
        "refund": "I want my money back",
        "replacement": "I ask you to send replacements",
        "repair": "I ask you to have them repaired",
    }
    sheet.para(
        "Dear Sir or Madam,",
        fact("delivered_on", f"the goods reached me on {UK.day(v.delivered_on)}."),
        fact(
            "defective_units",
            f"Of the {v.defective_units + rng.randint(5, 50)} pieces delivered, {v.defective_units} are defective.",
        ),
        fact("previously_reported", told if v.previously_reported else untold),
        fact("remedy", f"{asked[v.remedy.value]}, as the law entitles me to do."),
    )
    sheet.para(
        fact("amount_claimed currency", f"My loss amounts to {UK.money(v.amount_claimed, v.currency)}."),
        fact("", f"The postage of {UK.money(cents(rng, 3, 30), v.currency)} is not part of this claim 🙂."),
        fact("reply_by", f"I expect your answer no later than {UK.day(v.reply_by)}."),
    )
    _enclosed(sheet, v, "Enclosed:")
    return sheet


def german(v: Complaint, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=70, hyphens=True, decomposed=rng.random() < 0.3))
    sheet.line(fact("sender written_on", f"{v.sender}, den {DE.day(v.written_on)}"))
    sheet.para(fact("recipient", f"An die Kundenbetreuung der {v.recipient}"))
    sheet.para(fact("order_reference", f"Betreff: Mangelhafte Lieferung zur Bestellung {v.order_reference}"))
    wish = {
        "refund": "die Erstattung (refund) des Kaufpreises",
        "replacement": "Ersatz (replacement)",
        "repair": "Nachbesserung (repair)",
    }
    told = "Ich habe den Mangel bereits fernmündlich angezeigt."
    sheet.para(
        "Sehr geehrte Damen und Herren,",
        fact("delivered_on defective_units", f"am {DE.day(v.delivered_on)} erhielt ich Ihre Sendung, in der {v.defective_units} Stück schadhaft waren."),
        fact("previously_reported", told if v.previously_reported else "Den Mangel habe ich Ihnen bisher nicht angezeigt."),
        fact("remedy", f"Ich verlange {wish[v.remedy.value]} nach dem Bürgerlichen Gesetzbuch."),
        fact("amount_claimed currency", f"Mein Schaden beträgt {DE.money(v.amount_claimed, v.currency)}."),
        fact("", f"Die Versandkosten von {DE.money(cents(rng, 3, 30), v.currency)} trage ich selbst."),
        fact("reply_by", f"Ihre Antwort erwarte ich bis spätestens {DE.day(v.reply_by)}."),
    )  # fmt: skip
    _enclosed(sheet, v, "Anlagen:")
    return sheet


def french(v: Complaint, rng: Random) -> Sheet:
    sheet = Sheet(Style())
    sheet.para(fact("sender recipient", f"{v.sender} à l'attention du service clientèle de {v.recipient}"))
    sheet.para(
        fact(
            "order_reference written_on",
            f"Réclamation du {FR.day(v.written_on)} relative à la commande {v.order_reference}",
        )
    )
    wish = {
        "refund": "le remboursement (refund)",
        "replacement": "le remplacement (replacement)",
        "repair": "la réparation (repair)",
    }
    told = "Ce défaut vous a déjà été signalé par téléphone."
    sheet.para(
        "Madame, Monsieur,",
        fact("delivered_on", f"j'ai reçu votre colis le {FR.day(v.delivered_on)}."),
        fact("defective_units", f"Il contenait {v.defective_units} pièces défectueuses « hors d'usage »."),
        fact("previously_reported", told if v.previously_reported else "Ce défaut ne vous a pas encore été signalé."),
        fact("remedy", f"Je demande {wish[v.remedy.value]} conformément au code de la consommation."),
    )
    sheet.para(
        fact("amount_claimed currency", f"Le préjudice subi s'élève à {FR.money(v.amount_claimed, v.currency)}."),
        fact(
            "",
            f"Un devis du {FR.day(v.delivered_on + timedelta(days=3))} indiquait {in_words(rng.randint(2, 9))} semaines.",
        ),
        fact("reply_by", f"Je vous prie de répondre avant le {FR.day(v.reply_by)}."),
    )
    _enclosed(sheet, v, "Pièces jointes :")
    return sheet


FAMILY = Family(
    "letters", Complaint, make, (english, german, french),
    {
        "sender": words("Sender", "Author|Complainant", "The letter comes from {}.|Its sender is {}.", unit="name"),
        "recipient": words("Recipient", "Addressee|Directed at", "The recipient is {}.|It is addressed to {}.", unit="name"),
        "written_on": words("Written on", "Letter dated|Date of the letter", "It was written on {}.|The letter is of {}."),
        "order_reference": words("Order reference|Order", "Purchase concerned|Re", "It concerns order {}.|The order reference is {}."),
        "delivered_on": words("Delivered on|Delivered", "Arrival of the goods|Received", "The goods were delivered on {}.|Delivery took place on {}."),
        "amount_claimed": words("Amount claimed|Claimed amount", "Damages sought|Loss", "The writer claims {}.|The amount claimed is {}.", unit="money"),
        "currency": words("Currency", "Money unit", "The claim is in {}.|The currency is {}."),
        "remedy": words("Remedy", "What is wanted|Request", "The writer asks for a {}.|The remedy asked for is {}."),
        "reply_by": words("Reply by", "Response deadline|Answer expected until", "A reply is expected by {}.|The deadline to reply is {}."),
        "defective_units": words("Defective units", "Faulty pieces|Broken items", "There were {} defective units.|{} units were found defective."),
        "previously_reported": words("Previously reported|Reported before", "Earlier complaint made|Seller already told", "The defect had been reported previously.|It was reported before.", "The defect had not been reported previously.|It was never reported before."),
        "enclosures[]": words("Enclosure", "Attachment|Annexed", "Enclosed is: {}."),
    },
    {},
)  # fmt: skip
