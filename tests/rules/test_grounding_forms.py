"""Quotes that say the same in other signs: found, and where their passage begins and ends."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchata.citation import Span
from batchata.grounding import Grounded, ground
from batchata.request import Document


def one(text: str, quote: str) -> Grounded:
    return ground(text, [quote])[0]


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text).replace(" ", "\u3000")


RATE = "Rent: $1,250.00 (incl. 19 % tax), until 2024-03-05"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (RATE, wide(RATE)),
        (wide(RATE), RATE),
        (RATE, RATE.replace("-", "\u2011").replace(" ", "\u2007")),
        ("pays 47\u202f619 now, and 12 300 later", "pays 47 619 now, and 12\u00a0300 later"),
        ("pays 47 619 now, and 12 300 later", "pays 47619 now, and 12\u2009300 later"),
        ("Qty 3 500.00 EUR", "Qty\u00a03\u00a0500.00\u00a0EUR"),
        ("a balance of -5 degrees", "a balance of \u22125 degrees"),
        ("the 2024 re\u00adport of 1\u00ad000 pages", "the 2024 report of 1000 pages"),
        ("the report of 2024", "\u200fthe re\u200bport of 20\u206024\ufeff"),
        ("80 g/m², €5 each", "80 g/m², €5 each."),
        ("Paper, 80 g/m² for 5", "PAPER, 80 g/m² for 5"),
        ("Acme™ and 2 \u00d7 4 boards", "AcmeTM and 2 x 4 boards"),
        ("Łukasz Sørensen, Ænon", "Lukasz Sorensen, Aenon"),
        ("the landlord's own and can't", "the landlord`s own and can\u00b4t"),
        ("the “café” of 2024", "the \\u201ccaf\\u00e9\\u201d of\\n2024"),
        ("a cup of ½ litre", "a cup of 1\u20442 litre"),
        ("a room of 25 \u33a1 in all", "a room of 25 m2 in all"),
        ("\u30ac\u30b9\u306e\u5951\u7d04 of 2024", "\u30ab\u3099\u30b9\u306e\u5951\u7d04 of 2024"),
        ("the \u01e3ra of 1900", "the \u00e6\u0304ra of 1900"),
        ("176 \u00d710⁹/L of blood", "176 \u00d7109/L of blood"),
        ("Chapter Ⅳ, the end", "Chapter IV, the end"),
        ("Álvaro\u2019s fee", "Ã\u0081lvaroâ€™s fee"),
        ("a fee \u20145 euros", "a fee -5 euros"),
        ("Smith & Sons “Ltd” \u2014 here", "Smith &amp; Sons &ldquo;Ltd&rdquo; &mdash; here"),
        ("le café fermé — déjà", "le cafÃ© fermÃ© â€” dÃ©jÃ\u00a0"),
    ],
)
def test_other_signs_for_the_same(text: str, quote: str) -> None:
    found = one(text, quote)
    assert found.is_verified
    assert found.how != "fuzzy"
    assert found.text == text


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            "the tenant shall give notice before the March market opens",
            "the ten-\nant shall give no-\ntice before the March mar-\n  ket opens",
        ),
        ("the ten-\nant shall give no-\ntice of a sep-\narate sale", "the tenant shall give notice of a separate sale"),
        ("the tenant gives notice", "the ten- ant gives no- tice"),
        ("notwithstanding the above", "not-\nwithstanding the above"),
        ("a thirty-\nday notice", "a thirty-day notice"),
        ("a thirty-day notice", "a thirty-\nday notice"),
        ("the tenant is so\u00ad\nlvent", "the tenant is solvent"),
        ("you cannot pay", "you can not pay"),
        ("designated as [***] here", "designated as [] here"),
    ],
)
def test_words_broken_at_a_line_end(text: str, quote: str) -> None:
    assert one(text, quote).text == text


def test_a_word_is_not_cut_to_a_letter() -> None:
    found = one("/s/ Chris Outwater, the chief officer", "/s/ Outwater, the chief officer")
    assert found.text == "/s/ Chris Outwater, the chief officer"


def test_a_number_at_a_line_end_is_a_number() -> None:
    assert not one("a thirty-\nday notice", "a ninety-day notice").is_verified
    assert not one("a non-\nexclusive licence of it", "a exclusive licence of it").is_verified


@pytest.mark.parametrize(
    ("text", "quote", "passage"),
    [
        ("a\n| Bolt M8 | 3 | $5.00 |\nb", "|  Bolt  M8 | 3 | $5.00  |", "| Bolt M8 | 3 | $5.00 |"),
        ("a\n| Bolt M8 | 3 | $5.00 |\nb", "BOLT M8 | 3 | $5.00", "| Bolt M8 | 3 | $5.00 |"),
        ("a\n## Payment terms\nb", "##  payment terms", "## Payment terms"),
        ("a\n- Due date: soon.\nb", "-  DUE DATE: soon", "- Due date: soon"),
        ("a **Total:** $5.00 b", "total: $5.00", "**Total:** $5.00"),
        ("a (the “Landlord”). b", "(The “Landlord”", "(the “Landlord”)."),
        ("a (the “Landlord”) b", "the landlord", "the “Landlord”"),
        ("a\n*** Confidential\nb", "*** CONFIDENTIAL", "*** Confidential"),
        ("a\n*** Confidential\nb", wide("*** Confidential"), "*** Confidential"),
        ("a\nName: _______\nb", "NAME: _______", "Name: _______"),
        ("a\n| **Sum** | | **$5.00** |\nb", "SUM $5.00", "| **Sum** | | **$5.00** |"),
    ],
)
def test_marks_at_the_ends_go_with_the_passage(text: str, quote: str, passage: str) -> None:
    assert one(text, quote).text == passage


@pytest.mark.parametrize(
    ("text", "quote", "start"),
    [
        ("distributor agreement. Distributor Agreement", "Distributor  Agreement", 23),
        ("Distributor Agreement. DISTRIBUTOR AGREEMENT", "DISTRIBTOR AGREEMENT", 23),
        ("The fee is due, now. The fee is due now.", "The  fee is due now.", 21),
        ("Cable tie 14 of 5. Cable tie 40 of 5.", "Cble tie 40 of 5", 19),
    ],
)
def test_of_passages_with_the_same_words_the_likest(text: str, quote: str, start: int) -> None:
    span = one(text, quote).span
    assert span is not None
    assert span.start == start


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("TOTAL .............. EUR 414.78", "TTOAL .............. EUR 414.78"),
        ("TOTAL .............. EUR 414.78. A sum of EUR 414.78", "TOAL .............. EUR 414.78"),
        ("The VAT is to be added to the sum.", "The VT is to be added to the sum"),
        ("Due date of all sums: 5 May", "Deu date of al sums: 5 May"),
        ("The contract price is excluding tax. See contact.", "The contact price is exclding tax"),
        ("The agent has sold only wool and at least a ton.", "The agent has sold onyl wool and at leaast a ton"),
        ("It isn\u2019t binding until it is signed.", "It issn\u2019t binding until it is signed"),
        ("The sum includes the VAT of 2024.", "The sum includes the VcT of 2024"),
        ("All rooms are let. Not all are warm.", "Alr rooms are let"),
        ("The Office is in Leeds.", "The Ofifcee is in Leeds"),
        ("Result is clear; the patient is not ill.", "Result is clear; patient is not ill."),
        ("send it to your peer from the north", "send it to your per form the north"),
        ("1. The agent is paid for 14 days.", "1. Thhe agent is paid for 14 dyas."),
    ],
)
def test_slips_beside_marks_and_numbers(text: str, quote: str) -> None:
    peers = "Per capita a form is due."
    assert text.startswith(one(f"{text} {peers}", quote).text.rstrip(".")[:10])
    assert one(f"{text} {peers}", quote).how == "fuzzy"


def test_the_foot_and_head_between_pages_are_no_part_of_the_passage() -> None:
    pages = ("The tenant shall pay the rent for the\nCONFIDENTIAL\n12", "Lease Agreement\nwhole of the year")
    document = Document("a.pdf", "application/pdf", b"", pages, paged=True)
    (found,) = ground(document, ["The tenant shall pay the rent for the whole of the year"])
    assert found.places == ((1, Span(0, 37)), (2, Span(16, 33)))
    assert [pages[page - 1][span.start : span.end] for page, span in found.places] == [
        "The tenant shall pay the rent for the",
        "whole of the year",
    ]


UNSEEN = st.sampled_from(["", "\u00ad", "\u200b", "\u2060", "\ufeff"])
WORDS = st.sampled_from(["tenant", "rent", "Straße", "café", "договор", "한국어", "of", "1,250", "12"])


@given(st.lists(st.tuples(WORDS, UNSEEN), min_size=3, max_size=9), st.text(max_size=30), st.text(max_size=30))
def test_offsets_count_the_characters_no_one_sees(words: list[tuple[str, str]], before: str, after: str) -> None:
    passage = " ".join(word[:2] + unseen + word[2:] for word, unseen in words)
    text = f"{before}\n.\n{passage}\n.\n{after}"  # a hyphen before it would make its first word the rest of another
    (found,) = ground(text, [" ".join(word for word, _ in words)])
    assert found.span is not None
    assert text[found.span.start : found.span.end] == found.text
    for form in ("NFD", "NFKC"):
        (again,) = ground(text, [unicodedata.normalize(form, found.text)])
        assert again.text == found.text or again.is_verified
