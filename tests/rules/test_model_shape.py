"""The description of a response model that goes into a job's identity.

The digests in `VECTORS` are never edited: a change here would send every user's finished jobs again. What must be said
otherwise becomes form 2, beside form 1.
"""

import json
import subprocess
import sys
import typing
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, TypeVar, Union

import pytest
from annotated_types import Ge, Interval, Len, MinLen
from pydantic import (
    AliasChoices,
    AliasPath,
    AnyUrl,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Json,
    PositiveInt,
    RootModel,
    StrictInt,
    StringConstraints,
    Tag,
    WithJsonSchema,
    computed_field,
    conint,
    conlist,
    constr,
    create_model,
    field_validator,
)
from typing_extensions import TypeAliasType, TypedDict

from batchata.errors import ValidationError
from batchata.model_shape import FORM, describe, shape_digest

T = TypeVar("T")
Score = NewType("Score", int)
Share = TypeAliasType("Share", Annotated[float, Field(ge=0, le=1)])


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Flat(BaseModel):
    name: str
    count: int
    amount: float
    paid: bool


class Described(BaseModel):
    """An order.

    As printed.
    """

    model_config = ConfigDict(extra="forbid", strict=True, title="Order")

    number: str = Field(description="Top right.", title="No.", examples=["A-1"], alias="order-number")
    due: date | None = Field(None, json_schema_extra={"hint": "may be missing"})


class Scalars(BaseModel):
    a: Decimal
    b: date
    c: datetime
    d: time
    e: timedelta
    f: uuid.UUID
    g: bytes
    h: AnyUrl
    i: Base64Bytes
    j: Any
    k: object
    n: Score
    s: Share


class Bounds(BaseModel):
    a: int = Field(ge=0, lt=10, multiple_of=2)
    b: str = Field(min_length=1, max_length=5, pattern="^a")
    c: Decimal = Field(gt=Decimal("0.10"), max_digits=8, decimal_places=2)
    d: Annotated[list[Annotated[int, Field(gt=0)]], Len(1, 3)]
    e: PositiveInt
    f: StrictInt
    g: Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True)]
    h: float = Field(allow_inf_nan=False)
    i: Annotated[int, Interval(ge=1, le=6)]


class Chosen(BaseModel):
    a: Colour
    b: Level
    c: Literal["x", 1, None, True]  # noqa: PYI061 - None as a literal is the point
    d: Colour = Colour.RED


class Containers(BaseModel):
    a: list[int]
    b: typing.List[int]  # noqa: UP006 - the old spelling is the same type
    c: dict[str, list[Decimal]]
    d: set[str]
    e: frozenset[int]
    f: tuple[int, str]
    g: tuple[int, ...]
    h: Optional[int]  # noqa: UP045 - the same
    i: Union[int, str, None]  # noqa: UP007 - the same
    k: Mapping[str, int]


class Line(BaseModel):
    item: str
    price: Decimal


class Invoice(BaseModel):
    lines: list[Line]
    first: Line
    last: Line | None = Field(None, description="If there are several.")


class Defaults(BaseModel):
    a: int = 3
    b: list[str] = []
    c: list[str] = Field(default_factory=list)
    d: Decimal = Decimal("1.50")
    e: date = date(2020, 1, 1)
    f: Line = Line(item="x", price=Decimal(1))
    g: float = float("inf")
    h: dict[str, int] = {"b": 1, "a": 2}
    i: timedelta = timedelta(days=1)
    j: set[int] = {3, 1}


class Node(BaseModel):
    name: str
    children: list["Node"] = []


class Even(BaseModel):
    odd: "Odd | None" = None


class Odd(BaseModel):
    even: Even | None = None
    node: Node


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


def kind_of(value: Any) -> str:
    return "cat" if isinstance(value, Cat) else "dog"


class Pets(BaseModel):
    a: Annotated[Cat | Dog, Field(discriminator="kind")]
    b: Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(kind_of)]
    c: int | str = Field(union_mode="left_to_right")


class Names(RootModel[list[Annotated[str, MinLen(1)]]]):
    pass


class Box(BaseModel, Generic[T]):
    content: T


class Aliased(BaseModel):
    a: int = Field(validation_alias=AliasChoices("x", AliasPath("y", 0)))
    b: int = Field(validation_alias="z", serialization_alias="never counts")


class Point(NamedTuple):
    x: int
    y: int = 0


class Pair(TypedDict, total=False):
    left: int


@dataclass
class Plain:
    a: int
    b: str = "x"
    c: list[int] = field(default_factory=list)
    d: int = Field(default=1, ge=0)


class Others(BaseModel):
    a: Point
    b: Pair
    c: Plain
    d: Json[list[int]]
    e: Annotated[Any, WithJsonSchema({"type": "string"})]


VECTORS: list[tuple[type[BaseModel], str]] = [
    (Flat, "cee6840406035b7bd57eda1f3943b6cfe05f874f7323f9830f782959d235b241"),
    (Described, "60720b5c15d8b589ca5c17235f0746da49edf1da6b7bb0f7a654fc68d61c34cc"),
    (Scalars, "e0434c52b7bc656681faeca60d442dbdcfc93d84558bdb14222d56d87dd8e675"),
    (Bounds, "49334aa0a0ec6f11b8ec39bdadc99dabac29f41519c40ac172c6e9afd549e82b"),
    (Chosen, "981ac1e33412599e73b709a72073553c5ccece6e17c0b20e1c58ff88c8f09031"),
    (Containers, "38fadb6fba618ad6e79f65b0a7261803bb0b8e5fe32431d9cafddd483930e5eb"),
    (Invoice, "91adc5074fdbc9ab54ac804cdb4506512d994f4ebcf3cd526fb3b25bef9f6d05"),
    (Defaults, "40473fc6da927d48d0dbf3afa4d32cc54da34eeaaea837fe4e53d5cc37c1d983"),
    (Node, "329b2f98986a12e3a216df24696b403a006066f6a4c049a73a213fe69aa45f40"),
    (Even, "6723db818c60e93054319123eecee123365f3ab8721142646da3b30ef936e39a"),
    (Odd, "bb1a2010447db364228067df36cfa24d2b340d11f88a1b6ffd2a9cc02b2a28ac"),
    (Pets, "dc92e2120333e679a01588620cf332b3bec502bfba01fa4510b03a1d26ea0431"),
    (Names, "bf00a9344605ee1f24a58df5646e0f2891253bddb4aa9f6cdeeb1c83ca04f1b0"),
    (Aliased, "1998c6a73a6e721d66e3860d20dad6be29b504e6e6384f4cb998840fec210a35"),
    (Others, "0d510c12b9d4fc4cd34d862229f618d325f43d4c488f5b340d2e7a45bbacb77e"),
    (Box[Line], "088d9a4c435bf572bb95fad798cb866b4e1d270e49aab82f57c863c9c973cd23"),
]


@pytest.mark.parametrize(("model", "digest"), [pytest.param(*vector, id=vector[0].__name__) for vector in VECTORS])
def test_form_1_never_changes(model: type[BaseModel], digest: str) -> None:
    assert FORM == 1
    assert shape_digest(model) == digest


def test_the_vectors_are_the_same_in_another_process() -> None:
    """Nothing of hash seeds, import order or memory addresses is in them."""
    code = (
        "import typing, sys, importlib.util as u\n"
        "typing.Union[str, int, None], typing.List[typing.Union[str, None, int]], typing.Literal[True, None, 1, 'x']\n"
        f"spec = u.spec_from_file_location('vectors', {__file__!r}); m = u.module_from_spec(spec)\n"
        "sys.modules['vectors'] = m; spec.loader.exec_module(m)\n"
        "assert all(m.shape_digest(model) == digest for model, digest in m.VECTORS)\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(("model", "digest"), [pytest.param(*vector, id=vector[0].__name__) for vector in VECTORS])
def test_a_description_is_plain_json(model: type[BaseModel], digest: str) -> None:
    shape = describe(model)
    assert json.loads(json.dumps(shape, allow_nan=False)) == shape
    assert shape["form"] == FORM


def test_a_description_reads_as_what_was_written() -> None:
    assert describe(Described) == {
        "form": 1,
        "doc": "An order.\n\nAs printed.",
        "fields": [
            {
                "name": "number",
                "alias": "order-number",
                "type": {
                    "kind": "str",
                    "where": {"description": ["Top right."], "title": ["No."], "examples": [["A-1"]]},
                },
            },
            {
                "name": "due",
                "type": {
                    "kind": "union",
                    "of": [{"kind": "date"}, {"kind": "none"}],
                    "where": {"json_schema_extra": [{"map": [["hint", "may be missing"]]}]},
                },
                "default": {"value": None},
            },
        ],
        "config": {"extra": "forbid", "strict": True, "title": "Order"},
    }


def of(hint: Any, *default: Any) -> str:
    """The digest of a model with one field."""
    return shape_digest(create_model("M", value=(hint, *(default or (...,)))))


COUNTS: list[tuple[str, Any, Any]] = [
    ("a type", int, float),
    ("a subclass", date, datetime),
    ("null", int, int | None),
    ("a bound", Annotated[int, Field(gt=0)], Annotated[int, Field(gt=1)]),
    ("a kind of bound", Annotated[int, Field(gt=0)], Annotated[int, Field(ge=0)]),
    ("a bound inside", list[Annotated[int, Field(gt=0)]], list[int]),
    ("a pattern", Annotated[str, Field(pattern="a")], Annotated[str, Field(pattern="b")]),
    ("a length", Annotated[list[int], Field(max_length=2)], Annotated[list[int], Field(max_length=3)]),
    ("a description", Annotated[int, Field(description="a")], Annotated[int, Field(description="b")]),
    ("a title", Annotated[int, Field(title="a")], int),
    ("strictness", Annotated[int, Field(strict=True)], int),
    ("strictness taken back", Annotated[int, Field(strict=False)], int),
    ("a literal", Literal["a"], Literal["b"]),
    ("a literal's type", Literal[1], Literal[True]),
    ("an item", list[int], list[str]),
    ("a container", list[int], set[int]),
    ("a tuple's length", tuple[int], tuple[int, ...]),
    ("a nested model", Line, Flat),
    ("a discriminator", Annotated[Cat | Dog, Field(discriminator="kind")], Cat | Dog),
    ("a model's parameter", Box[int], Box[str]),
    ("json in text", Json[list[int]], list[int]),
]


@pytest.mark.parametrize(("one", "other"), [pytest.param(*pair[1:], id=pair[0]) for pair in COUNTS])
def test_what_changes_the_answers_changes_the_digest(one: Any, other: Any) -> None:
    assert of(one) != of(other)


SAME: list[tuple[str, Any, Any]] = [
    ("old unions", Optional[int], int | None),  # noqa: UP045 - the spelling is the point
    ("order in a union", int | str, str | int),
    ("nested unions", Union[int, Optional[str]], int | str | None),  # noqa: UP007, UP045 - the same
    ("order in a literal", Literal["a", "b"], Literal["b", "a"]),
    ("old containers", typing.List[int], list[int]),  # noqa: UP006 - the same
    ("constrained functions", conint(gt=0), Annotated[int, Field(gt=0)]),
    ("constrained strings", constr(min_length=1), Annotated[str, MinLen(1)]),
    ("constrained lists", conlist(int, min_length=1), Annotated[list[int], Field(min_length=1)]),
    ("a constraint's spelling", Annotated[int, Ge(0)], Annotated[int, Field(ge=0)]),
    ("order of constraints", Annotated[int, Field(ge=0, le=5)], Annotated[int, Field(le=5), Field(ge=0)]),
    ("named types", Score, int),
    ("aliases", Share, Annotated[float, Field(ge=0, le=1)]),
    ("class names", create_model("A", x=(int, ...)), create_model("B", x=(int, ...))),
    ("validators' settings", Annotated[int, Field(frozen=True, repr=False)], int),
]


@pytest.mark.parametrize(("one", "other"), [pytest.param(*pair[1:], id=pair[0]) for pair in SAME])
def test_what_only_reads_differently_does_not(one: Any, other: Any) -> None:
    assert of(one) == of(other)


def test_defaults_count_and_so_does_having_one() -> None:
    digests = {of(int), of(int, 1), of(int, 2), of(int, Field(default_factory=int)), of(int | None, None)}
    assert len(digests) == 5


def test_names_order_and_aliases_of_fields_count() -> None:
    digests = {
        shape_digest(create_model("M", a=(int, ...), b=(int, ...))),
        shape_digest(create_model("M", b=(int, ...), a=(int, ...))),
        shape_digest(create_model("M", a=(int, ...), c=(int, ...))),
        shape_digest(create_model("M", a=(int, Field(alias="x")), b=(int, ...))),
    }
    assert len(digests) == 4


def test_docstring_and_config_count() -> None:
    digests = {
        shape_digest(create_model("M", a=(int, ...))),
        shape_digest(create_model("M", __doc__="Say it.", a=(int, ...))),
        shape_digest(create_model("M", __config__=ConfigDict(extra="forbid"), a=(int, ...))),
        shape_digest(create_model("M", __config__=ConfigDict(str_max_length=3), a=(int, ...))),
    }
    assert len(digests) == 4


def test_code_and_output_settings_do_not_count() -> None:
    class Bare(BaseModel):
        model_config = ConfigDict(frozen=True, ser_json_bytes="base64", extra="ignore", validate_assignment=True)

        a: int

        @field_validator("a")
        @classmethod
        def check(cls, value: int) -> int:
            return value

        @computed_field  # type: ignore[prop-decorator]
        @property
        def twice(self) -> int:
            return 2 * self.a

    assert shape_digest(Bare) == shape_digest(create_model("M", a=(int, ...)))


def test_a_deep_change_reaches_the_top() -> None:
    def order(price: Any) -> type[BaseModel]:
        line: Any = create_model("Line", price=(price, ...))
        part: Any = create_model("Part", lines=(list[line], ...))
        return create_model("Order", parts=(list[part], ...))

    assert shape_digest(order(int)) == shape_digest(order(int))
    assert shape_digest(order(int)) != shape_digest(order(float))


def test_a_model_shared_many_times_costs_once() -> None:
    model = create_model("M0", x=(int, ...))
    for level in range(60):  # 2**60 paths
        model = create_model(f"M{level + 1}", a=(model, ...), b=(model, ...))
    assert len(shape_digest(model)) == 64


def test_a_recursive_alias_ends() -> None:
    tree: Any = TypeAliasType("tree", "dict[str, tree] | int")
    assert of(tree) != of(int)


def test_a_class_that_is_not_defined_is_named() -> None:
    hint: Any = "NotThere"
    model = create_model("Waits", item=(hint, ...))
    with pytest.raises(ValidationError, match="Waits refers to 'NotThere'"):
        shape_digest(model)
