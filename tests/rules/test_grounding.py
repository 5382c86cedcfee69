"""Quotes in documents: what is bridged, what is not, and where a passage is said to stand."""

import pytest

from batchata.citation import Span
from batchata.errors import ValidationError
from batchata.grounding import Grounded, ground
from batchata.request import Document

LEASE = (
    "LEASE AGREEMENT\n\nThis Lease is made on March 5, 2024 between Acme, Inc. (the “Landlord”) and Bolt Industries LLC "
    "(the “Tenant”).\n\n1. Rent. The Tenant shall pay $12,345.67 per month, due within thirty (30) days of the invoice. "
    "Late payments bear interest at 1.5% a month.\n\n2. Use. The Tenant shall not sublet the premises without the prior "
    "written consent of the Landlord, which may not be unreasonably with-\nheld. The office is of\ufb01cially open on week"
    "days.\n\n3. Renewal. This Lease renews for one-year periods unless either party gives sixty (60) days notice.\n"
)


def one(text: str, quote: str) -> Grounded:
    return ground(text, [quote])[0]


@pytest.mark.parametrize(
    ("quote", "how", "passage"),
    [
        ("made on March 5, 2024", "exact", "made on March 5, 2024"),
        ("  made on March 5, 2024\n", "exact", "made on March 5, 2024"),
        ("The  Tenant\nshall pay $12,345.67", "normalized", "The Tenant shall pay $12,345.67"),
        ('the "Landlord"', "normalized", "the “Landlord”"),
        ("THE TENANT SHALL PAY $12345.67 PER MONTH", "normalized", "The Tenant shall pay $12,345.67 per month"),
        ("may not be unreasonably withheld", "normalized", "may not be unreasonably with-\nheld"),
        ("is officially open", "normalized", "is of\ufb01cially open"),
        ("The Tenannt shall pay $12,345.67 per mnoth", "fuzzy", "The Tenant shall pay $12,345.67 per month"),
        (
            "Tenant shall not sublet premises without prior written consent of the Landlord",
            "fuzzy",
            "Tenant shall not sublet the premises without the prior written consent of the Landlord",
        ),
        (
            "This Lease is made … between Acme, Inc.",
            "normalized",
            "This Lease is made on March 5, 2024 between Acme, Inc.",
        ),
        ("... due within thirty [...] of the invoice.", "normalized", "due within thirty (30) days of the invoice."),
        ("within (30) days of the invoice", "fuzzy", "within thirty (30) days of the invoice"),
    ],
)
def test_slips_of_copying_are_bridged(quote: str, how: str, passage: str) -> None:
    found = one(LEASE, quote)
    assert (found.how, found.text) == (how, passage)
    assert found.span is not None
    assert LEASE[found.span.start : found.span.end] == passage


@pytest.mark.parametrize(
    "quote",
    [
        "The Tenant shall pay $12,345.68 per month",
        "The Tenant shall pay $1,234.567 per month",
        "The Tenant shall pay €12,345.67 per month",
        "This Lease is made on March 6, 2024 between Acme, Inc.",
        "This Lease is made on May 5, 2024 between Acme, Inc.",
        "This Lease is made on March 5, 2025 between Acme, Inc.",
        "due within ninety (90) days of the invoice",
        "due within sixty (30) days of the invoice",
        "Late payments bear interest at 15% a month",
        "Late payments bear interest at 1.5 a month",
        "The Tenant shall sublet the premises without the prior written consent of the Landlord",
        "The Tenant shall not sublet the premises with the prior written consent of the Landlord",
        "The Tenant shall ... sublet the premises",
        "The Tenant shall never pay $12,345.67 per month",
        "between Apex, Inc. (the “Landlord”) and Bolt Industries LLC",
        "between Acme, Inc. (the “Tenant”) and Bolt Industries LLC (the “Landlord”)",
        "The Landlord shall pay $12,345.67 per month",
        "This Lease renews for nine-year periods unless either party gives sixty (60) days notice",
        "The Tenant shall keep the premises clean and in good repair",
        "45.67 per month",
        "2,345.67 per month",
        "",
        "…",
        "—",
    ],
)
def test_what_the_document_does_not_say_is_never_verified(quote: str) -> None:
    found = one(LEASE, quote)
    assert found.how == "unverified"
    assert (found.text, found.span, found.document, found.page, found.places) == ("", None, None, None, ())
    assert not found.is_verified


@pytest.mark.parametrize(
    ("text", "quote", "passage"),
    [
        ("Preis: 1.234,50 EUR netto", "Preis: 1234.50 EUR netto", "Preis: 1.234,50 EUR netto"),
        ("Preis: CHF 1\u2019234.50 netto", "Preis: CHF 1'234.50 netto", "Preis: CHF 1\u2019234.50 netto"),
        ("the STRASSE is closed", "Die Straße", ""),
        ("Die Straße ist gesperrt.", "die STRASSE ist gesperrt", "Die Straße ist gesperrt"),
        ("Le cafe\u0301 est ferme\u0301.", "Le café est fermé.", "Le cafe\u0301 est ferme\u0301."),
        ("本契約は2024年3月5日に締結された。", "2024年3月5日に締結", "2024年3月5日に締結"),
        ("価格は５００円です", "価格は500円です", "価格は５００円です"),
        ("عقد الإيجار بتاريخ \u0665 مارس", "الإيجار بتاريخ 5 مارس", "الإيجار بتاريخ \u0665 مارس"),
        ("👍🏽 Sold to Ünal 🏠 on time", "sold to ünal on time", "Sold to Ünal 🏠 on time"),
        ("zero\u200bwidth spa\u00adces", "zerowidth spaces", "zero\u200bwidth spa\u00adces"),
        ("☒ Exclusive ☐ Shared", "☐ Exclusive", ""),
        ("☒ Exclusive ☐ Shared", "☒ exclusive", "☒ Exclusive"),
        ("loss of (1,250.00) this year", "loss of 1,250.00 this year", ""),
        (
            "see [the **Fees**](https://example.org/7) below",
            "see the Fees below",
            "see [the **Fees**](https://example.org/7) below",
        ),
        ("a non-\nexclusive licence", "a non-exclusive licence", "a non-\nexclusive licence"),
        ("twenty-\nfour months", "twenty-four months", "twenty-\nfour months"),
    ],
)
def test_scripts_numbers_and_marks(text: str, quote: str, passage: str) -> None:
    found = one(text, quote)
    assert found.text == passage
    assert found.is_verified is bool(passage)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("paid to the Licensor or the Licensee as agreed", "paid to the Licensee or the Licensee as agreed"),
        ("The employer and each employee shall sign. The employer pays.", "The employee pays."),
        ("the payable sums are refundable in all cases", "the payable sums are nonrefundable in all cases"),
        ("such use is lawful in every state", "such use is unlawful in every state"),
        ("the sum of one hundred fifty dollars in cash", "the sum of one hundred dollars in cash"),
        ("a fee of $1.5 million for the work done", "a fee of $1.5 for the work done"),
    ],
)
def test_another_word_is_no_slip(text: str, quote: str) -> None:
    assert not one(text, quote).is_verified


def test_less_of_a_date_is_no_other_date() -> None:
    text = "the term begins on January 1, 2005 and ends on December 31, 2009 at noon"
    assert one(text, "the term begins on January 1, and ends on December 31, 2009").is_verified
    assert not one(text, "the term begins on January 31, 2005").is_verified


def test_a_number_is_not_found_within_another() -> None:
    assert one("pax 100, id 2031, 3.10", "31").how == "unverified"
    assert one("pax 100, id 2031, 3.10", "1").how == "unverified"
    assert one("pax 100, id 2031, 3.10", "3.1").how == "unverified"
    assert one("id 2031 and 31", "31").span == Span(12, 14)


def test_a_long_quote_may_be_cut_within_its_last_word() -> None:
    found = one(LEASE, "Late payments bear interest at 1.5% a mon")
    assert (found.how, found.text) == ("exact", "Late payments bear interest at 1.5% a mon")


def test_the_parts_of_an_ellipsis_come_in_order_and_near() -> None:
    assert not one(LEASE, "between Acme, Inc. … This Lease is made").is_verified
    text = "The fee is due. " + "Other matters follow here. " * 400 + "It is paid at once."
    assert not one(text, "The fee is due … paid at once").is_verified


def paged(*pages: str) -> Document:
    return Document("a.pdf", "application/pdf", b"", pages, paged=True)


def test_the_page_is_named_and_a_passage_may_cross_pages() -> None:
    document = paged("First page.", "", "The tenant shall pay the rent", "without any delay. Third page.")
    grounded = ground(document, ["Third page.", "shall pay the rent without any delay", "First page."])
    assert [found.page for found in grounded] == [4, 3, 1]
    assert grounded[1].how == "normalized"
    assert grounded[1].places == ((3, Span(11, 29)), (4, Span(0, 17)))
    for found in grounded:
        assert found.span is not None
        assert document.text[found.span.start : found.span.end] == found.text
        assert "".join(document.pages[page - 1][span.start : span.end] for page, span in found.places).replace(
            "\n", ""
        ) == found.text.replace("\n", "")


def test_the_foot_of_a_page_does_not_part_a_passage() -> None:
    document = paged(
        "The tenant shall pay the rent for the\nCONTRACT 77 CONFIDENTIAL\n12",
        "Lease Agreement\nwhole of the year in advance",
    )
    (found,) = ground(document, ["The tenant shall pay the rent for the whole of the year in advance"])
    assert (found.how, found.page) == ("fuzzy", 1)
    assert [page for page, _ in found.places] == [1, 2]
    (other,) = ground(document, ["The tenant shall pay the rent for the half of the year in advance"])
    assert not other.is_verified


def test_of_equal_passages_the_first_or_the_one_on_the_page_that_is_named() -> None:
    document = paged("The fee is $5.", "The fee is $5.")
    assert [found.page for found in ground(document, ["The fee is $5."] * 3, pages=[None, 2, 9])] == [1, 2, 1]
    with pytest.raises(ValidationError, match="pages: 1 given for 2 quotes"):
        ground(document, ["a", "b"], pages=[1])


def test_of_several_documents_the_one_that_says_it_best() -> None:
    found = ground(
        ["The fee is 5 euros.", "the FEE is 7 Euros", "The fee is 7 euros."], ["The fee is 7 euros.", "nothing of it"]
    )
    assert [(one.document, one.page) for one in found] == [(2, None), (None, None)]
    assert ground([], ["anything"])[0].how == "unverified"


def test_a_text_without_pages_has_none() -> None:
    found = ground(Document("a.txt", "text/plain", b"", ("The fee is 5 euros.",)), ["fee is 5"])[0]
    assert (found.page, found.span) == (None, Span(4, 12))


def test_a_hostile_text_costs_no_more_than_its_length() -> None:
    text = "the " * 30_000 + "1,1" * 10_000 + "a-\n" * 10_000 + "(" * 10_000
    assert not one(text, "the the them of 1,1,1 " * 50).is_verified
    assert one(text, "the the the the").is_verified
