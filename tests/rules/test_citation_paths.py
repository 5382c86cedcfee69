"""Paths of fields: aliases in all their forms, root models, members that the model does not name."""

from typing import Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, RootModel

from batchata.grounding import Statement, map_fields, support
from batchata.grounding.fields import fields_of


class Line(BaseModel):
    amount: float = Field(validation_alias=AliasChoices("lineAmount", "sum_of_line", AliasPath("sums", 0)))


class Lines(RootModel[list[Line]]):
    pass


class Order(BaseModel):
    model_config = ConfigDict(extra="allow")

    lines: Lines
    city: str = Field(validation_alias=AliasPath("customer", "town"), serialization_alias="placeOfWork")


GIVEN: dict[str, Any] = {
    "lines": [{"lineAmount": 10.5}, {"sums": [20.5]}],
    "customer": {"town": "Utrecht"},
    "remark": "Handle with care",
}
ORDER = Order.model_validate(GIVEN)


def test_a_root_model_has_no_name_in_a_path() -> None:
    assert [field.path for field in fields_of(ORDER)][:3] == ["lines[0].amount", "lines[1].amount", "city"]
    assert [field.path for field in fields_of(ORDER.lines)] == ["[0].amount", "[1].amount"]


def test_members_that_the_model_does_not_name_are_fields_too() -> None:
    assert "remark" in [field.path for field in fields_of(ORDER)]


@pytest.mark.parametrize(
    ("said", "path", "passage"),
    [
        ("lines[0].lineAmount", "lines[0].amount", "10.50"),
        ("lines[0].sum_of_line", "lines[0].amount", "10.50"),
        ("lines[1].sums[0]", "lines[1].amount", "20.50"),
        ("/lines/1/amount", "lines[1].amount", "20.50"),
        ("customer.town", "city", "Utrecht"),
        ("placeOfWork", "city", "Utrecht"),
        ("city", "city", "Utrecht"),
    ],
)
def test_a_path_may_go_by_any_alias(said: str, path: str, passage: str) -> None:
    assert support(ORDER, [(said, passage)])[0] == {path: [0]}


@pytest.mark.parametrize("said", ["lines[9].amount", "lines.x.y", "lines[0].amount.deeper", "", "nothing", "customer"])
def test_a_path_to_nothing_supports_nothing(said: str) -> None:
    assert support(ORDER, [(said, "10.50 20.50 Utrecht")])[0] == {}


def test_aliases_name_a_field_in_an_answer() -> None:
    class Booking(BaseModel):
        a: int = Field(validation_alias=AliasChoices("guestCount", "pax"))
        b: int = Field(validation_alias=AliasPath("rooms", "bedrooms"))

    answer = Booking.model_validate({"pax": 3, "rooms": {"bedrooms": 3}})
    said = [Statement("Bedrooms: 3\n", ("x",)), Statement("Guests: 3\n", ("y",))]
    assert {path: [one.statement for one in some] for path, some in map_fields(answer, said).items()} == {
        "a": [1],
        "b": [0],
    }
