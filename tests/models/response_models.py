"""Every kind of response model with an answer that fits it, and which of them each dialect refuses.

Shared by the tests of the translation and those that send the models over the wire.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    AnyUrl,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    RootModel,
    computed_field,
    create_model,
)
from typing_extensions import TypedDict

T = TypeVar("T")


class Flat(BaseModel):
    name: str
    amount: float
    count: int
    paid: bool


class Sum(BaseModel):
    total: Decimal = Field(gt=0, max_digits=12, decimal_places=2, description="The sum due.")
    tax: Decimal | None = None


class Times(BaseModel):
    day: date
    at: datetime
    hour: time
    lasts: timedelta


class Ids(BaseModel):
    key: uuid.UUID
    link: AnyUrl


class Blob(BaseModel):
    raw: bytes
    coded: Base64Bytes


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(Enum):
    WORD = "a"
    NUMBER = 2


class Kinds(BaseModel):
    colour: Colour
    level: Level
    mixed: Mixed
    word: Literal["x", "y"]
    one: Literal[1]


class Address(BaseModel):
    """Where to send it."""

    street: str
    city: str | None = None


class Maybe(BaseModel):
    note: str | None = None
    needed: int | None
    address: Address | None = Field(None, description="If there is one.")


class Customer(BaseModel):
    billing: Address = Field(description="Where the bill goes.")
    shipping: Address = Field(description="Where the goods go.")
    home: Address


class Line(BaseModel):
    item: str
    amount: Decimal = Field(ge=0)
    colour: Colour = Field(description="As printed.")


class Invoice(BaseModel):
    lines: list[Line] = Field(min_length=1)
    grid: list[list[int]]
    issued: date


class Groups(BaseModel):
    tags: set[str]
    numbers: frozenset[int]
    pair: tuple[int, str]
    same: tuple[int, int]
    many: tuple[float, ...]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str] = []


class Pets(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    other: Cat | Dog | None = None
    word: int | str


class Names(RootModel[list[str]]):
    pass


class OneAddress(RootModel[Address]):
    pass


class Wrapped(BaseModel):
    """Roots inside."""

    plain: OneAddress
    told: OneAddress = Field(description="Home.")
    names: Names = Field(description="All.")
    colour: Colour | None = Field(None, description="If any.")


class Keywords(BaseModel):
    """Fields that are called as JSON Schema's keywords are."""

    default: Address
    enum: list[Line]
    properties: Colour
    items: Address | None = None
    required: bool
    type: str = Field(description="Any.")


class Box(BaseModel, Generic[T]):
    content: T
    more: list[T]


class Aliased(BaseModel):
    first: int = Field(alias="first-value")
    second: int = Field(validation_alias=AliasChoices("two", "zwei"))
    third: int = Field(validation_alias=AliasPath("deep", "three"))


class Defaults(BaseModel):
    tags: list[str] = Field(default_factory=list)
    made: date = date(2020, 1, 1)
    number: int = 5


class Computed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    net: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def gross(self) -> int:
        return self.net * 2


class Bounds(BaseModel):
    age: int = Field(ge=0, lt=150)
    step: int = Field(multiple_of=5)
    share: float = Field(ge=0, le=1)
    huge: int = Field(le=10**30)


class Texts(BaseModel):
    code: str = Field(pattern=r"^[A-Z]{3}-\d{2}$")
    short: str = Field(min_length=1, max_length=3)
    long: str = Field(max_length=100_000)
    number: str = Field(pattern=r"^\d{3}$", description="Three digits.")


class Lengths(BaseModel):
    one: list[int] = Field(min_length=1)
    few: Annotated[list[int], Field(min_length=2, max_length=4)]


class StrictDay(BaseModel):
    model_config = ConfigDict(strict=True)

    day: date
    amount: Decimal
    colour: Colour
    tags: set[str]
    raw: bytes


class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str


class Point(NamedTuple):
    x: int
    y: str


class Pair(TypedDict):
    left: int
    right: str


@dataclass
class Plain:
    a: int
    b: date


class Others(BaseModel):
    point: Point
    pair: Pair
    plain: Plain


class Packed(BaseModel):
    inner: Json[list[int]]


class Long(BaseModel):
    number: int


class Empty(BaseModel):
    pass


class Percent(BaseModel):
    share: Annotated[float, AfterValidator(lambda share: share)]


class Node(BaseModel):
    name: str
    children: list["Node"] = []


class Prices(BaseModel):
    by_name: dict[str, Decimal]
    by_day: dict[date, int]


class Open(BaseModel):
    anything: Any
    items: list[Any]


def many(name: str, count: int, field: Any, prefix: str = "f") -> type[BaseModel]:
    """A model of `count` equal fields."""
    fields: dict[str, Any] = {f"{prefix}{n}": field for n in range(count)}
    return create_model(name, **fields)


ManyNullable = many("ManyNullable", 30, (str | None, None))
ManyOptional = many("ManyOptional", 30, (int, 7))

UUID = "12345678-1234-5678-1234-567812345678"
MATRIX: list[tuple[type[BaseModel], str]] = [
    (Flat, '{"name":"A","amount":1.5,"count":2,"paid":true}'),
    (Sum, '{"total":"1234567890.10","tax":null}'),
    (Times, '{"day":"2024-03-05","at":"2024-03-05T10:00:00Z","hour":"10:00:00Z","lasts":"P1DT2H"}'),
    (Ids, f'{{"key":"{UUID}","link":"https://example.org/a"}}'),
    (Blob, '{"raw":"häß","coded":"aGk="}'),
    (Kinds, '{"colour":"red","level":2,"mixed":2,"word":"y","one":1}'),
    (Maybe, '{"note":null,"needed":3,"address":{"street":"S","city":null}}'),
    (Customer, '{"billing":{"street":"S"},"shipping":{"street":"T","city":"C"},"home":{"street":"U","city":null}}'),
    (Invoice, '{"lines":[{"item":"A","amount":"0.10","colour":"blue"}],"grid":[[1,2],[]],"issued":"2024-01-31"}'),
    (Groups, '{"tags":["a","b"],"numbers":[1],"pair":[1,"a"],"same":[1,2],"many":[0.5]}'),
    (Pets, '{"pet":{"kind":"dog","tricks":["sit"]},"other":{"kind":"cat","lives":3},"word":"4"}'),
    (Names, '["a","b"]'),
    (OneAddress, '{"street":"S","city":"C"}'),
    (Wrapped, '{"plain":{"street":"S"},"told":{"street":"S"},"names":["a"],"colour":null}'),
    (Keywords, '{"default":{"street":"S"},"enum":[],"properties":"red","items":null,"required":true,"type":"t"}'),
    (Box[int], '{"content":1,"more":[2]}'),
    (Box[Address], '{"content":{"street":"S","city":null},"more":[]}'),
    (Aliased, '{"first-value":1,"two":2,"third":3}'),
    (Defaults, '{"tags":["a"],"made":"2024-01-31","number":7}'),
    (Computed, '{"net":2}'),
    (Bounds, '{"age":30,"step":10,"share":0.5,"huge":7}'),
    (Texts, '{"code":"ABC-12","short":"ab","long":"c","number":"123"}'),
    (Lengths, '{"one":[1],"few":[1,2,3]}'),
    (StrictDay, '{"day":"2024-03-05","amount":"1.10","colour":"red","tags":["a"],"raw":"x"}'),
    (Extra, '{"name":"A"}'),
    (Others, '{"point":[1,"a"],"pair":{"left":1,"right":"b"},"plain":{"a":1,"b":"2024-01-01"}}'),
    (Packed, '{"inner":"[1,2]"}'),
    (Long, '{"number":1234567890123456789012345678901234567890}'),
    (Empty, "{}"),
    (Percent, '{"share":0.5}'),
    (ManyNullable, '{"f0":"a","f29":"b"}'),
    (ManyOptional, "{" + ",".join(f'"f{n}":{n}' for n in range(30)) + "}"),
    (Node, '{"name":"a","children":[{"name":"b","children":[]}]}'),
    (Prices, '{"by_name":{"a":"1.50"},"by_day":{"2024-01-01":3}}'),
    (Open, '{"anything":{"a":[1,null]},"items":[1,"a"]}'),
]
REFUSED: dict[str, set[type[BaseModel]]] = {
    "Anthropic": {Node, Prices, Open},
    "Gemini": {Empty, Node, Prices, Open},
    "OpenAI": {Names, Empty, Prices, Open},
    "llama.cpp": set(),
}
