"""Names in quotes: a slip of the pen is bridged, another name never, and what tells the one from the other."""

import pytest

from batchata.grounding import ground

DEED = (
    "This deed is made between Novatek Petersen GmbH and the Hoffmann Trust of Winchester.\n"
    "Novatek Petersen GmbH shall deliver Lamictal to the licensee of Brightwater within thirty days.\n"
    "BRIGHTWATER HOLDINGS. The Licensee shall pay the Agreement Fee; each licensee pays a fee by agreement.\n"
    "Write to info@lorimer.com. Lorimer acts for Alexander McAllister in Iran."
)


def how(quote: str, text: str = DEED) -> str:
    return ground(text, [quote])[0].how


@pytest.mark.parametrize(
    "quote",
    [
        # The end, the beginning, a syllable within.
        "This deed is made between Novatech Petersen GmbH",
        "This deed is made between Novatrix Petersen GmbH",
        "This deed is made between Novate Petersen GmbH",
        "This deed is made between Novateks Petersen GmbH",
        "This deed is made between Novateke Petersen GmbH",
        "This deed is made between Novatek Petersona GmbH",
        "This deed is made between Novatek Peterson GmbH",
        "This deed is made between Kovatek Petersen GmbH",
        "and the Kauffmann Trust of Winchester",
        "and the Hoffmann Trust of Manchester",
        "and the Hoffmann Trust of Wincaster",
        "shall deliver Lamisil to the licensee",
        "Lorimer acts for Alexandra McAllister in Iran",
        "Latimer acts for Alexander McAllister in Iran",
        "Lorimer acts for Alexander McAllistor in Iran",
        "Lorimer acts for Alexander McAllister in Iraq",
        # In capitals, and where a quote has another case than the document.
        "BRIGHTWATON HOLDINGS",
        "BRIGHTWAYS HOLDINGS",
        "LORIMAR ACTS FOR ALEXANDER MCALLISTER",
        "this deed is made between novatech petersen gmbh",
        # A term with a capital is no other term.
        "The Licensor shall pay the Agreement Fee",
        "The Licensee shall pay the Agreemona Fee",
    ],
)
def test_another_name_is_never_verified(quote: str) -> None:
    assert how(quote) == "unverified"


@pytest.mark.parametrize(
    "quote",
    [
        "This deed is made between Novtaek Petersen GmbH",
        "This deed is made between Novatke Petersen GmbH",
        "This deed is made between Noatek Petersen GmbH",
        "This deed is made between Novatek Petersten GmbH",
        "This deed is made between Novatekk Petersen GmbH",
        "and the Hofmann Trust of Winchester",
        "and the Hoffmann Trust of Wincehstre",
        "and the soffmann Trust of Winchester",
        "and the offmann Trust of Winchester",
        "BRIGtTWATER HOLDINGS",
        "BRIGHWATER HOLDINGS",
        "The Licensee shall pay the Agreemnet Fee",
        "The Licensee shall pay the Agretemnt Fee",
        "each licennsee pays a fee by agreemend",
    ],
)
def test_a_slip_in_a_name_is_bridged(quote: str) -> None:
    assert how(quote) == "fuzzy"


@pytest.mark.parametrize(("quote", "verified"), [("Robert signed for the two firms", False), ("Roberts signed", True)])
def test_a_quote_is_not_cut_within_a_name(quote: str, *, verified: bool) -> None:
    text = "On that day it was Hannah Roberts signed for the two firms, and the other was Roberts"
    assert (how(quote, text) != "unverified") is verified
    assert how("and the other was Robert", text) == "unverified"
    assert how("it was Hannah Roberts signed for the two fir", text) == "exact"
