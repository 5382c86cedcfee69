"""Statements and passages of list items: by number, by line, by what is left."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from batchata.grounding import Statement, map_fields


class Parcel(BaseModel):
    number: str
    pieces: int
    fragile: bool = False
    express: bool = False


class Shipment(BaseModel):
    parcels: list[Parcel]
    total: Decimal | None = None
    currency: str | None = None


ALIKE = Shipment(
    parcels=[Parcel(number="P-17", pieces=3), Parcel(number="P-18", pieces=3), Parcel(number="P-19", pieces=3)]
)


def given(answer: Any, *statements: Statement | str) -> dict[str, list[tuple[int, int]]]:
    said = [Statement(one) if isinstance(one, str) else one for one in statements]
    return {path: [(m.statement, m.quote) for m in some] for path, some in map_fields(answer, said).items()}


@pytest.mark.parametrize("head", ["Item {}\n", "#{}\n", "{}.\n", "{}. ", "\n"])
def test_items_are_told_apart_by_what_heads_them(head: str) -> None:
    statements: list[Statement | str] = []
    for place, parcel in enumerate(ALIKE.parcels):
        statements += [
            head.format(place + 1),
            Statement("  Pieces: 3\n", (f"pieces of {place}",)),
            Statement(f"  Number: {parcel.number}\n", (f"{parcel.number}",)),
        ]
    found = given(ALIKE, *statements)
    assert {path: some for path, some in found.items() if "pieces" in path or "number" in path} == {
        f"parcels[{place}].{name}": [(3 * place + 1 + at, 0)]
        for place in range(3)
        for at, name in enumerate(("pieces", "number"))
    }


def test_a_bullet_is_no_minus_and_a_number_alone_no_heading() -> None:
    found = given(
        ALIKE,
        Statement("- 3 pieces in P-18\n", ("P-18: 3 pieces",)),
        Statement("- 3 pieces in P-17\n", ("P-17: 3 pieces",)),
        Statement("Number\nP-19\n", ("P-19",)),
        Statement("Pieces\n3\n", ("three",)),
    )
    assert {path: some for path, some in found.items() if path.endswith("pieces")} == {
        "parcels[0].pieces": [(1, 0)],
        "parcels[1].pieces": [(0, 0)],
        "parcels[2].pieces": [(3, 0)],
    }


def test_a_passage_that_names_the_item_is_preferred_to_one_that_has_its_value() -> None:
    statement = Statement("P-17 holds 3 pieces, P-18 holds 3 pieces.", ("P-18, 3 pieces", "P-17, 3 pieces"))
    found = given(ALIKE, statement)
    assert (found["parcels[0].pieces"], found["parcels[1].pieces"]) == ([(0, 1)], [(0, 0)])


MIXED = Shipment(parcels=[Parcel(number="P-17", pieces=2, fragile=True), Parcel(number="P-18", pieces=3)])


def test_what_is_left_of_a_statements_passages_goes_to_what_is_left_of_its_fields() -> None:
    row = "| Number | Pieces | Fragile |\n|---|---|---|\n"
    found = given(MIXED, row, Statement("| P-17 | 2 | yes |\n", ("P-17 holds 2 pieces", "Please handle with care")))
    assert found == {"parcels[0].number": [(1, 0)], "parcels[0].pieces": [(1, 0)], "parcels[0].fragile": [(1, 1)]}


def test_what_is_left_of_an_items_statements_goes_to_what_is_left_of_its_fields() -> None:
    found = given(
        MIXED,
        Statement("“P-17 holds 2 pieces”\n", ("P-17 holds 2 pieces",)),
        Statement("“handle with care”\n", ("handle with care",)),
        Statement("“by ordinary post”\n", ("by ordinary post",)),
        Statement("“P-18 holds 3 pieces”\n", ("P-18 holds 3 pieces",)),
        Statement("“all in all a fine day”\n", ("all in all a fine day",)),
    )
    assert (found["parcels[0].fragile"], found["parcels[0].express"]) == ([(1, 0)], [(2, 0)])
    assert not {"parcels[1].fragile", "parcels[1].express"} & found.keys()


def test_a_field_has_no_passage_that_is_there_for_others() -> None:
    answer = Shipment(parcels=MIXED.parcels, total=Decimal("830.50"))
    statement = Statement("P-17 holds 2 pieces, total 830.50.", ("P-17 holds 2 pieces",))
    assert "total" not in given(answer, statement)


def test_the_sign_of_an_amount_is_no_statement_of_the_currency_but_what_is_cited_for_it() -> None:
    answer = Shipment(parcels=[], total=Decimal("830.50"), currency="USD")
    assert given(answer, Statement("Total: $830.50", ("in all 830.50",))) == {"total": [(0, 0)]}
    statements = [Statement("Total: $830.50\n", ("in all $830.50",)), Statement("Currency: USD", ("in all $830.50",))]
    assert given(answer, *statements) == {"total": [(0, 0)], "currency": [(1, 0)]}


def test_an_answer_in_json_gives_what_is_left_one_to_one() -> None:
    answer = {"number": "P-17", "fragile": True, "express": False}
    statement = Statement(
        '{"number": "P-17", "fragile": true, "express": false}', ("P-17", "with care", "ordinary post")
    )
    assert given(answer, statement) == {"number": [(0, 0)], "fragile": [(0, 1)], "express": [(0, 2)]}


def test_a_number_in_a_heading_says_which_item_comes() -> None:
    answer = [Parcel(number="P-17", pieces=3), Parcel(number="P-18", pieces=3)]
    assert given(answer, "Item 2\n", Statement("Pieces: 3", ("three of them",))) == {"[1].pieces": [(1, 0)]}


def test_the_head_of_a_column_names_the_numbers_below() -> None:
    class Room(BaseModel):
        seats: int
        floor: int
        name: str

    rooms = [Room(name="Aurora", seats=4, floor=2), Room(name="Birch", seats=2, floor=4)]
    found = given(
        rooms,
        "| Name | Floor | Seats |\n|---|---|---|\n",
        Statement("| Aurora | 2 | 4 |\n", ("Aurora seats 4", "floor 2 of the house")),
        Statement("| Birch | 4 | 2 |\n", ("Birch seats 2", "floor 4 of the house")),
    )
    assert (found["[0].seats"], found["[1].seats"]) == ([(1, 0)], [(2, 0)])
    assert (found["[0].floor"], found["[1].floor"]) == ([(1, 1)], [(2, 1)])


def test_each_cell_of_a_row_goes_to_the_field_that_its_column_names() -> None:
    found = given(
        {"name": "Aurora", "seats": 4, "floor": 4},
        "| Name | Floor | Seats |\n|---|---|---|\n| Aurora | ",
        Statement("4", ("on the fourth",)),
        " | ",
        Statement("4 |\n", ("for four",)),
    )
    assert found == {"floor": [(1, 0)], "seats": [(3, 0)]}


def test_a_row_that_says_more_than_its_values_says_the_truth_that_is_left() -> None:
    goods = {
        "goods": [{"name": "Cable", "price": 12.5, "taxable": False}, {"name": "Fuse", "price": 3.25, "taxable": True}]
    }
    rows = ("Cable  |  12.50  |  exempt", "Fuse  |  3.25")
    found = given(goods, *(Statement(f"{row}\n", (row,)) for row in rows))
    assert found["goods[0].taxable"] == [(0, 0)]
    assert found["goods[1].price"] == [(1, 0)]
    assert "goods[1].taxable" not in found


def test_lists_within_lists_are_told_after_the_item_that_holds_them() -> None:
    drugs = {
        "drugs": [
            {"drug": "Metacin", "doses": [{"time": "morning", "tablets": 2}, {"time": "noon", "tablets": 1}]},
            {"drug": "Lorvadol", "doses": [{"time": "noon", "tablets": 1}]},
        ]
    }
    lines = ("Drug: Metacin", "Time: morning", "Time: noon", "Drug: Lorvadol", "Time: noon")
    found = given(drugs, *(Statement(f"{line}\n", (line.partition(": ")[2],)) for line in lines))
    assert found["drugs[0].doses[1].time"] == [(2, 0)]
    assert found["drugs[1].doses[0].time"] == [(4, 0)]


def test_a_table_of_two_columns_whose_heads_name_fields_has_an_item_in_each_row() -> None:
    allergies = {"allergies": [{"substance": "Latex", "severe": True}, {"substance": "Nuts", "severe": False}]}
    found = given(
        allergies,
        "| Substance | Severe |\n|---|---|\n",
        Statement("| Latex | Yes |\n", ("Latex (severe)",)),
        Statement("| Nuts | No |\n", ("Nuts (not severe)",)),
    )
    assert found["allergies[0].severe"] == [(1, 0)]
    assert found["allergies[1].severe"] == [(2, 0)]
