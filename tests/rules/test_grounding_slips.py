"""Quotes with slips of typing and of reading print: what is bridged, and what a slip can't explain."""

import pytest

from batchata.grounding import ground


def how(quote: str, text: str) -> str:
    return ground(text, [quote])[0].how


LIST = "Steel bolts M8  14  46.80\nParcel P848-0 weighs 19.01 kg.\nReferred by the clinic in Graz.\nOperating Costs: 17.20\n"


@pytest.mark.parametrize(
    "quote",
    [
        "Steil bolts M8 14 46.80",
        "Parcol P848-0 weighs 19.01 kg.",
        "Operating Coste: 17.20",
        "Operatong Costs: 17.20",
    ],
)
def test_a_common_word_with_a_capital_is_no_name(quote: str) -> None:
    assert how(quote, LIST) == "fuzzy"


@pytest.mark.parametrize(
    "quote",
    ["Parcel P848-0 weighs 19.01 kg. Referred by the clinic in Graf.", "the clinic in Gruz. Operating Costs: 17.20"],
)
def test_a_name_beside_common_words_is_one(quote: str) -> None:
    assert how(quote, LIST) == "unverified"


TERMS = "Each Payment is due at once; a payment made late bears interest. The Lessor (xvii) keeps it, the Licensee does not."


@pytest.mark.parametrize(
    ("quote", "verified"),
    [
        ("Each Paymend is due at once", True),
        ("Each Layment is due at once", True),
        ("The Lesson (xvii) keeps it", False),  # a word too, and another
        ("the Licenese does not", True),
        ("the License does not", False),
        ("The Lessor (xvsii) keeps it", True),
        ("The Lessor (xivi) keeps it", True),
        ("The Lessor (xvi) keeps it", False),  # another numeral
        ("The Lessor (xviii) keeps it", False),
    ],
)
def test_a_term_with_another_end_and_a_numeral_with_a_slip(quote: str, verified: bool) -> None:
    assert (how(quote, TERMS) != "unverified") is verified


PRINTED = "Hannah Brandt of Maritime Clinics pays all modern claims, which are excluded by no deed of Ostwind."


@pytest.mark.parametrize(
    "quote",
    [
        "Harmah Brandt of Maritime Clinics",
        "Hannah Branclt of Maritime Clinics",
        "Hannah Brandt of Maritirne Clinics",
        "pays all rnodern claims",
        "pays all modern daims",
        "which are exduded by no deed",
        "by no deed of Ostvvind",
        "HANNAH BRANDT OF MARITIME CLlNlCS",
    ],
)
def test_letters_that_are_drawn_alike(quote: str) -> None:
    assert how(quote, PRINTED) != "unverified"


def test_what_is_drawn_alike_and_stands_there_is_another() -> None:
    text = "Mr Burns owes the fee. Mr Bums pays it by Monday."
    assert how("Mr Bums owes the fee", text) == "unverified"
    assert how("Mr Bums owes the fee", text.partition(". ")[0]) == "fuzzy"


def test_a_letter_that_could_not_be_read() -> None:
    assert how("2 Stück Handbohrer zu 90,85", "2 St\ufffdck Handbohrer zu 90,85") == "fuzzy"
    assert how("2 Stück Handbohrer zu 90,85", "3 St\ufffdck Handbohrer zu 90,85") == "unverified"


@pytest.mark.parametrize(
    ("quote", "text", "verified"),
    [
        ("You need to sin it", "You need to sign it, and keep a copy.", True),
        ("contents brak easily", "Its contents break easily.", True),
        ("sin aviso previo", "con aviso previo, y sin demora", False),  # Spanish
        ("Das ist kein Angebot", "Das ist ein Angebot.", False),
        ("The fee is not here", "The fee is note here", False),
    ],
)
def test_what_denies_in_another_language_may_be_a_slip(quote: str, text: str, verified: bool) -> None:
    assert (how(quote, text) != "unverified") is verified


LONG = "The buyer may return what is later then found to be of the same kind, more than once and then at the cost of the seller alone"


def test_a_word_that_is_known_may_be_a_slip_where_much_else_is_the_same() -> None:
    slipped = LONG.replace("more than once", "more then once")
    assert how(slipped, LONG) == "fuzzy"
    assert how("kind, more then once", LONG) == "unverified"


CLAUSES = """16.4. Either party may end this Agreement at will.
16.5. Either party may end this Agreement upon the other party seeking an order for relief under the laws of the State of
Israel or similar laws of any other place, a composition with or assignment for the benefit of creditors, or dissolution.
17.0  ASSIGNMENT
17.1  Neither party shall sell, assign or transfer this Agreement or any part of it without the prior consent of the other.
"""


@pytest.mark.parametrize("number", ["16.4", "17.0"])
def test_a_clause_has_no_other_number_than_its_own(number: str) -> None:
    own = {"16.4": "16.5", "17.0": "17.1"}[number]
    start = CLAUSES.index(own)
    clause = CLAUSES[start : CLAUSES.index(".\n", start) + 1]
    assert how(clause, CLAUSES) == "exact"
    assert how(clause.replace(own, number), CLAUSES) == "unverified"
