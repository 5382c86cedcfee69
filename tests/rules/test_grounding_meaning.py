"""Quotes that say something else than the document: none of them is called verified."""

import pytest

from batchata.grounding import ground
from batchata.request import Document


def verified(text: str, quote: str) -> bool:
    return ground(text, [quote])[0].is_verified


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        # One letter makes a negation another word.
        ("This Agreement does not constitute a joint venture.", "This Agreement does now constitute a joint venture."),
        ("This Agreement does not constitute a joint venture.", "This Agreement does note constitute a joint venture."),
        ("The buyer has never paid any fee to the agent.", "The buyer has ever paid any fee to the agent."),
        ("Neither the buyer nor the agent is liable here.", "Either the buyer nor the agent is liable here."),
        ("No refunds are given without a receipt at the desk.", "Now refunds are given without a receipt at the desk."),
        ("No refunds are given without a receipt at the desk.", "On refunds are given without a receipt at the desk."),
        ("Rain, nor wind, shall end this lease of land.", "Rain, or wind, shall end this lease of land."),
        # Contractions.
        ("The agent will be paid for the work in June.", "The agent won't be paid for the work in June."),
        ("The agent will be paid for the work in June.", "The agent willn't be paid for the work in June."),
        ("The agent can't resell the goods to others.", "The agent can resell the goods to others."),
        ("The agent mayn't resell the goods to others.", "The agent may resell the goods to others."),
        # Prefixes, slips in the rest notwithstanding; opposites; endings.
        ("The liability of the agent is unlimited in amount.", "The liability of the agent is limitted in amount."),
        ("All prices stated here exclude the sales tax.", "All prices stated here include the sales tax."),
        ("All prices stated here are excluding the sales tax.", "All prices stated here are including the sales tax."),
        (
            "The rent shall be increased every year by the owner.",
            "The rent shall be decreased every year by the owner.",
        ),
        ("The product is harmless to every user of it.", "The product is harmful to every user of it."),
        ("The insurance is paid by the employer each month.", "The insurance is paid by the employee each month."),
        ("A list of the software license is attached here.", "A list of the software licensee is attached here."),
        ("The deposit is transferable to any third person.", "The deposit is transferred to any third person."),
        # Left out.
        ("The agent may only sell the goods at cost price.", "The agent may sell the goods at cost price."),
        ("Notice must be given at least a week before the end.", "Notice must be given at a week before the end."),
        ("The tenant is hereby prohibited from keeping any dogs.", "The tenant is hereby from keeping any dogs."),
        ("Claims are made within ten (10) business days after.", "Claims are made within ten (10) days after."),
        # Little words that say who and whither.
        ("The price is to be paid by the buyer in cash.", "The price is to be paid to the buyer in cash."),
        ("The goods are carried from the port of entry.", "The goods are carried to the port of entry."),
        # Labels and units.
        (
            "The services are described in Exhibit A to this deed.",
            "The services are described in Exhibit B to this deed.",
        ),
        ("The services are described in Exhibit A", "The services are described in Exhibit C"),
        ("the works (each as defined in Exhibit N). (b) The fee is due.", "the works (each as defined in Exhibit B)"),
        ("(b) a claim of any third party against the agent", "(a) a claim of any third party against the agent"),
        ("as is set out in Section 2(b)(ii) of the deed", "as is set out in Section 2(b)(iii) of the deed"),
        ("The dose is 5 mg of iron a day for adults.", "The dose is 5 g of iron a day for adults."),
        ("HbA1c: 28.9 mmol/mol in whole blood", "HbA1c: 28.9 pmol/mol in whole blood"),
        ("[x] Fasting  [ ] Pregnant  [ ] Smoker", "[ ] Fasting"),
        ("The office is in Albany, NY as of this year.", "The office is in Albany, NJ as of this year."),
        ("The agent is paid in full, in USD and by wire.", "The agent is paid in full, in AUD and by wire."),
        ("The report is due on an annual basis in spring.", "The report is due on an biannual basis in spring."),
        ("The fee is not due before the spring.", "The fee is now due before the spring."),
        ("The fee is due unless it is waived.", "The fee is due useless it is waived."),
        ("The dose is 25 mg in the morning.", "The dose is 25 ug in the morning."),
        # Numbers in links.
        (
            "see [the terms of sale](https://example.org/t/66) here",
            "see [the terms of sale](https://example.org/t/366) here",
        ),
    ],
)
def test_what_says_something_else_is_not_verified(text: str, quote: str) -> None:
    assert not verified(text, quote)
    assert verified(text, text)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The deposit is non-refundable in every case.", "refundable in every case"),
        ("The deposit is nonrefundable in every case.", "refundable in every case"),
        ("THE DEPOSIT IS NOT REFUNDABLE IN ANY CASE.", "REFUNDABLE IN ANY CASE"),
        ("The work is unpaid for the first two weeks of it.", "paid for the first two weeks of it"),
        ("The tenant shall not\nsublet the flat to others.", "sublet the flat to others"),
        ("The tenant didn't sublet the flat to others.", "sublet the flat to others"),
    ],
)
def test_a_quote_does_not_begin_after_its_negation(text: str, quote: str) -> None:
    assert not verified(text, quote)
    assert verified(f"{text} Elsewhere: {quote}.", quote)


def test_a_table_that_says_no_before_denies_nothing() -> None:
    assert verified("Pets: No Parking: Yes", "Parking: Yes")
    assert verified("Order no. 17 of the buyer", "17 of the buyer")


def test_an_ellipsis_hides_no_negation_beside_what_it_leaves() -> None:
    text = (
        "The tenant shall under no circumstances whatever and at no time of the year not sublet the whole of the flat."
    )
    assert not verified(text, "The tenant shall ... sublet the whole of the flat")
    assert not verified("The tenant shall fail to pay the rent and the costs.", "The tenant shall ... pay the rent")
    assert verified("The tenant shall pay at least a tenth and at most a half.", "The tenant shall pay ... a half")
    assert verified("The tenant, who is not a minor by the law of the land, shall pay.", "The tenant ... shall pay")


@pytest.mark.parametrize("quote", ["An Northwind Traders, LLC", "Northwind Traders, LLC of"])
def test_a_short_quote_begins_and_ends_as_its_passage(quote: str) -> None:
    assert not verified("Sold to Northwind Traders, LLC for resale.", quote)


def test_a_line_between_pages_is_no_foot_where_it_goes_on() -> None:
    pages = ("The tenant shall pay the rent for the flat and shall", "not sublet it to any other person in the year")
    document = Document("a.pdf", "application/pdf", b"", pages, paged=True)
    quotes = ["The tenant shall pay the rent for the flat and shall sublet it to any other person in the year"]
    assert not ground(document, quotes)[0].is_verified


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("a notice of nine-\nteen months is given", "a notice of five-\nteen months is given"),
        ("a notice of ninety-six months is given", "a notice of fivety-six months is given"),
        ("Ferritin: 16.3 (ref. 5.4\u2013172.3) in all", "Ferritin: 16.3 (ref. 5.4)"),
        ("the period from 03/05/2024 on", "the period from 03/05"),
        ("the order INV-2024-001 of May", "the order INV-2024"),
        ("see [the terms](https://example.org/t/69) here", "see [the terms](https://example.org/t/69k) here"),
        ("3. \u2026and so on, red. 5. \u2026and so on, tall desk", "3. \u2026and so on, tall desk"),
    ],
)
def test_less_or_another_of_a_number_is_not_verified(text: str, quote: str) -> None:
    assert not verified(text, quote)
    assert verified(text, text)


def test_the_answer_of_the_line_before_denies_nothing() -> None:
    assert verified("Rx: no\nmorning: 2 tablets", "morning: 2 tablets")
    assert not verified("There is no\nrefund of the fee", "refund of the fee")


def test_a_short_month_is_one_beside_a_number_only() -> None:
    assert verified("Hall B is step-free and warm", "Hall B is sep-free and warm")
    assert not verified("Due 5 step 2024 as agreed", "Due 5 Sep 2024 as agreed")


def test_of_words_that_come_again_those_that_go_straight_on() -> None:
    text = "Take three in the morning.\nTake three in the evening. Take two in the noon."
    (found,) = ground(text, ["Take three in the eveinng. Take two in the noon."])
    assert found.text == "Take three in the evening. Take two in the noon."


def test_dots_that_lead_along_a_line_do_not_lead_to_the_next() -> None:
    text = "Coffee, large ..... 3.20\nTea, hot ..... 8.20\nSoup of the day ..... 6.40"
    assert not verified(text, "Coffee, large ..... 8.20")
    assert verified(text, "Coffee, large ..... 3.20")
    assert verified(text, "Coffee, large ..... 3.20 ... Soup of the day ..... 6.40")
