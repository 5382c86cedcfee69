"""Results as rows: which columns there are, their names, their types, and that no value is lost."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel
from typing_extensions import TypedDict

from batchata import Citation, JobResult, Outcome, ValidationError
from batchata.tables import Spool, write
from batchata.tables import arrow as to
from batchata.tables.kinds import (
    BOOL,
    DATETIME,
    DECIMAL,
    FLOAT,
    INT,
    NULL,
    TEXT,
    Kind,
    list_of,
    refine,
    settled,
    struct_of,
)


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


@dataclass
class Point:
    x: float
    y: float


class Extra(TypedDict):
    note: str


class Line(BaseModel):
    what: str
    price: Annotated[Decimal, Field(max_digits=10, decimal_places=2)]
    parent: "Line | None" = None


class Everything(BaseModel):
    flag: bool
    count: int | None
    share: float
    number: int | float
    name: Annotated[str, Field(max_length=50)]
    day: date
    at: AwareDatetime
    local: datetime
    clock: time
    amount: Decimal
    colour: Colour
    size: Size
    grade: Literal["a", "b"]
    key: UUID
    took: timedelta
    lines: list[Line]
    first: Line | None
    point: Point
    extra: Extra
    pair: tuple[int, int]
    words: set[str]
    either: int | str
    counts: dict[str, int]
    anything: Any
    hidden: Annotated[str, Field(exclude=True)] = ""


LINE = Line(what="Schrauben 🙂", price=Decimal("12.30"), parent=Line(what="box", price=Decimal("1.00")))
FULL = Everything(
    flag=True, count=2**62, share=0.1, number=2, name="Ünï", day=date(2024, 2, 29),
    at=datetime(2024, 2, 29, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2))), local=datetime(1999, 12, 31, 23, 59),  # noqa: DTZ001
    clock=time(8, 15), amount=Decimal("-12345678901234567890.123456789"), colour=Colour.RED, size=Size.BIG, grade="a",
    key=UUID(int=5), took=timedelta(minutes=90), lines=[LINE, LINE], first=None, point=Point(1, 2.5), extra={"note": "n"},
    pair=(1, 2), words={"w"}, either="five", counts={"a": 1}, anything=[1, "x"], hidden="h",
)  # fmt: skip


def result(name: str = "one", parsed: Any = None, outcome: Outcome = Outcome.SUCCEEDED, **more: Any) -> JobResult:
    return JobResult(name, outcome, raw_response="raw", parsed_response=parsed, model="m", **more)


def table(*results: JobResult, models: Any = (), inputs: Any = None) -> Any:
    with Spool(results, models, inputs) as spool:
        return to.arrow_table(spool)


def test_parquet_read_back_equals_the_models_values(tmp_path: Path) -> None:
    path = write([result(parsed=FULL), result("two", outcome=Outcome.REFUSED)], tmp_path / "out.parquet")
    read = pq.read_table(path)
    row, failed = read.to_pylist()
    same = ("flag", "count", "share", "number", "name", "day", "at", "local", "clock", "amount")
    assert {name: row[name] for name in same} == {name: getattr(FULL, name) for name in same}
    assert (
        row["lines"]
        == [
            {"what": "Schrauben 🙂", "price": Decimal("12.30"), "parent": '{"what":"box","price":"1.00","parent":null}'}
        ]
        * 2
    )
    assert (row["first"], row["point"], row["extra"]) == (None, {"x": 1.0, "y": 2.5}, {"note": "n"})
    assert (row["colour"], row["size"], row["grade"]) == ("red", 3, "a")
    assert (row["key"], row["took"]) == ("00000000-0000-0000-0000-000000000005", "PT1H30M")
    assert (row["pair"], row["words"], row["either"]) == ([1, 2], ["w"], "five")
    assert (row["counts"], row["anything"]) == ('{"a":1}', '[1,"x"]')
    assert "hidden" not in row
    assert {failed[name] for name in Everything.model_fields if name != "hidden"} == {None}
    assert read.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert read.schema.field("day").type == pa.date32()
    assert pa.types.is_decimal(read.schema.field("amount").type)


def test_the_columns_are_the_models_even_where_nothing_succeeded() -> None:
    empty, failed, one = (
        table(models=[Everything]),
        table(result(outcome=Outcome.ERROR), models=[Everything]),
        table(result(parsed=FULL)),
    )
    assert empty.num_rows == 0
    assert empty.schema == failed.schema
    assert empty.column_names == one.column_names
    varying = {"amount"}  # its digits after the point are as many as come
    assert [f for f in empty.schema if f.name not in varying] == [f for f in one.schema if f.name not in varying]


def test_without_the_class_the_answers_say_what_they_are() -> None:
    answers: list[Any] = [
        {"n": 1, "x": 1, "rows": [{"a": 1}], "mixed": 1, "day": "2024-01-01", "none": None, "empty": {}},
        {"n": 2**70, "x": 0.5, "rows": [{"b": "é"}, {"a": None}], "mixed": "one", "later": True},
    ]
    made = table(*(result(str(n), answer) for n, answer in enumerate(answers)))
    read = [{name: row[name] for name in (*answers[0], "later")} for row in made.to_pylist()]
    assert read[0] == {
        "n": "1", "x": 1.0, "rows": [{"a": 1, "b": None}], "mixed": "1", "day": "2024-01-01", "none": None, "empty": "{}",
        "later": None,
    }  # fmt: skip
    assert read[1]["rows"] == [{"a": None, "b": "é"}, {"a": None, "b": None}]
    assert (read[1]["n"], read[1]["x"], read[1]["later"]) == (str(2**70), 0.5, True)


def test_a_wide_integer_makes_text_of_its_column_and_loses_no_digit() -> None:
    class Wide(BaseModel):
        n: int

    made = table(result("a", Wide(n=2**63)), result("b", Wide(n=-5)))
    assert made["n"].to_pylist() == ["9223372036854775808", "-5"]
    assert table(result("a", Wide(n=2**63 - 1)))["n"].to_pylist() == [2**63 - 1]


def test_names_give_way_by_a_rule() -> None:
    class Answer(BaseModel):
        text: str
        model: str
        answer_model: str

    answer = Answer(text="A", model="B", answer_model="C")
    metadata = {"text": "in", "outcome": "in", "input_text": "in", "file": "in", "id": 7}
    row = table(result(parsed=answer, metadata=metadata)).to_pylist()[0]
    assert (row["text"], row["answer_answer_model"], row["answer_model"]) == ("A", "B", "C")
    assert (row["model"], row["outcome"]) == ("m", "succeeded")
    assert row["input_input_text"] == row["input_text"] == row["input_outcome"] == row["input_file"] == "in"
    order = list(row)
    assert order[:4] == ["job_id", "outcome", "is_success", "error"]
    assert order.index("id") < order.index("text") < order.index("raw_response")


def test_metadata_that_is_no_dict_is_one_column() -> None:
    rows = table(result("a", metadata=[1]), result("b", metadata="x"), result("c")).to_pylist()
    assert [row["metadata"] for row in rows] == ["[1]", "x", None]


def test_an_answer_that_is_no_record_is_one_column() -> None:
    class Words(RootModel[list[str]]):
        pass

    class Counts(RootModel[dict[str, int]]):
        pass

    assert table(result(parsed=Words(["a"])))["answer"].to_pylist() == [["a"]]
    assert table(result(parsed=Counts({"a": 1})))["answer"].to_pylist() == ['{"a":1}']
    assert table(result(parsed=["a", "b"]))["answer"].to_pylist() == [["a", "b"]]


def test_an_answer_that_is_not_valid_is_only_raw() -> None:
    row = table(result(parsed={"n": "much"}, outcome=Outcome.INVALID), result("b", {"n": 1})).to_pylist()[0]
    assert (row["n"], row["raw_response"]) == (None, "raw")


def test_two_models_share_a_table() -> None:
    class One(BaseModel):
        n: int
        only: bool

    class Two(BaseModel):
        n: str

    rows = table(result("a", One(n=1, only=True)), result("b", Two(n="x"))).to_pylist()
    assert [(row["n"], row["only"]) for row in rows] == [("1", True), ("x", None)]


def test_keys_that_a_model_lets_through_are_columns_too() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        n: int

    row = table(result(parsed=Open.model_validate({"n": 1, "more": [1.5]}))).to_pylist()[0]
    assert (row["n"], row["more"]) == (1, [1.5])


def test_citations_are_structs_with_the_field_they_support() -> None:
    one, two = Citation("12.30", "a.pdf", 3), Citation("loose", "a.pdf")
    made = table(
        result("a", citations=[one, two], citation_mappings={"lines[0].price": [one]}, unsupported=["name"]),
        result("b"),
    )
    assert made["citations"].to_pylist() == [
        [
            {"field": "lines[0].price", "text": "12.30", "source": "a.pdf", "page": 3},
            {"field": None, "text": "loose", "source": "a.pdf", "page": None},
        ],
        [],
    ]
    assert made["unsupported"].to_pylist() == [["name"], []]
    assert {"citations", "unsupported", "file"}.isdisjoint(table(result("b")).column_names)


def test_input_columns_have_the_types_their_table_gave_them() -> None:
    inputs = {"at": Kind("datetime", zone="Europe/Berlin"), "price": DECIMAL, "x": FLOAT, "n": INT}
    given = {"at": "2024-07-01T12:00:00+02:00", "price": "1.50", "x": "Infinity", "n": 2**64 - 1}
    made = table(result(metadata=given), result("b", metadata={}), inputs=inputs)
    row = made.to_pylist()[0]
    assert row["at"] == datetime(2024, 7, 1, 10, tzinfo=UTC)
    assert (row["price"], row["x"], row["n"]) == (Decimal("1.50"), float("inf"), str(2**64 - 1))
    assert str(made.schema.field("at").type) == "timestamp[us, tz=Europe/Berlin]"


@pytest.mark.parametrize(
    ("kind", "values", "kinds"),
    [
        (NULL, [None, 1, 2.5], FLOAT),
        (NULL, [2**60, 2.5], TEXT),
        (NULL, [1, True], TEXT),
        (NULL, [{}, 1], TEXT),
        (NULL, [{}, {"a": 1}], struct_of({"a": INT})),
        (NULL, [True, None], BOOL),
        (FLOAT, [2**53, 2**53 + 1], TEXT),
        (NULL, [[], [1], [None]], list_of(INT)),
        (NULL, [[], []], list_of(TEXT)),
        (NULL, [{"a": 1}, {"b": [1]}], struct_of({"a": INT, "b": list_of(INT)})),
        (NULL, [{"a": 1}, [1]], TEXT),
        (NULL, [{str(n): n for n in range(201)}], TEXT),
        (DATETIME, ["2024-01-01T00:00:00", "2024-01-01T00:00:00Z"], TEXT),
        (DATETIME, ["2024-01-01T00:00:00Z"], Kind("datetime", zone="UTC")),
        (DATETIME, [], Kind("datetime", zone="")),
        (DATETIME, ["tomorrow"], TEXT),
        (Kind("date"), ["29/02/2024"], TEXT),
        (Kind("time"), ["08:00:00+02:00"], TEXT),
        (DECIMAL, ["1.5", "-100", "1E+2"], Kind("decimal", whole=3, scale=1)),
        (DECIMAL, ["1E+30", "1E-30"], TEXT),
        (DECIMAL, ["NaN"], TEXT),
    ],
    ids=range(21),
)
def test_a_kind_widens_until_all_fit(kind: Kind, values: list[Any], kinds: Kind) -> None:
    for value in values:
        kind = refine(kind, value)
    assert settled(kind) == kinds


def test_what_is_nested_too_deep_is_text() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    nested = table(result(parsed={"deep": deep}))["deep"].to_pylist()[0]
    while isinstance(nested, list):
        nested = nested[0]
    assert json.loads(nested)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=1), inner, max_size=3),
    max_leaves=6,
)


def same(given: Any, cell: Any) -> bool:
    """Whether a cell holds what was given: as it is, or as JSON."""
    if isinstance(cell, str) and not isinstance(given, str):
        return bool(json.loads(cell) == given)
    if isinstance(given, list):
        return len(given) == len(cell) and all(map(same, given, cell))
    if isinstance(given, dict):
        return given.keys() <= cell.keys() and all(same(given.get(name), cell[name]) for name in cell)
    return bool(given == cell) and (isinstance(cell, bool) == isinstance(given, bool))


def wide(value: Any) -> bool:
    """Whether an integer beyond 64 bits stands somewhere within: results hold those as text."""
    if isinstance(value, list | dict):
        return any(map(wide, value.values() if isinstance(value, dict) else value))
    return type(value) is int and not -(2**63) <= value < 2**64


@settings(max_examples=150)
@given(st.lists(st.dictionaries(st.text("xyz", min_size=1, max_size=1), JSON, max_size=3), max_size=5))
def test_whatever_is_answered_no_value_is_lost(answers: list[dict[str, Any]]) -> None:
    answers = [{name: value for name, value in one.items() if not wide(value)} for one in answers]
    rows = table(*(result(str(n), answer) for n, answer in enumerate(answers))).to_pylist()
    assert len(rows) == len(answers)
    for answer, row in zip(answers, rows, strict=True):
        assert all(same(value, row[name]) for name, value in answer.items())


def test_csv_is_for_machines_unless_told_otherwise(tmp_path: Path) -> None:
    answer = {"formula": "=1+1", "minus": -5, "nested": {"a": ["ü"]}, "flag": True, "lines": "a\nb"}
    results = [result(parsed=answer, metadata={"+col": "@x"}), result("two", outcome=Outcome.ERROR, error="no")]
    path = write(results, tmp_path / "out.csv")
    header, first, second = csv.reader(path.read_text("utf-8").splitlines(keepends=True))
    row = dict(zip(header, first, strict=True))
    assert (row["formula"], row["minus"], row["nested"], row["flag"]) == ("=1+1", "-5", '{"a":["ü"]}', "true")
    assert (row["lines"], row["+col"]) == ("a\nb", "@x")
    assert dict(zip(header, second, strict=True))["error"] == "no"
    safe = write(results, path, spreadsheet=True).read_bytes()
    assert safe.startswith(b"\xef\xbb\xbf")
    header, first, _ = csv.reader(safe.decode("utf-8-sig").splitlines(keepends=True))
    row = dict(zip(header, first, strict=True))
    assert (row["formula"], row["minus"], row["'+col"]) == ("'=1+1", "-5", "'@x")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path], "something was left behind"


def test_jsonl_keeps_what_is_nested(tmp_path: Path) -> None:
    path = write([result(parsed={"a": {"b": [1]}})], tmp_path / "out", "jsonl")
    assert json.loads(path.read_text("utf-8"))["a"] == {"b": [1]}


def test_many_chunks_are_one_file(tmp_path: Path) -> None:
    results = (result(str(n), {"n": n, "big": None if n < 11_000 else "x"}) for n in range(12_000))
    path = write(results, tmp_path / "out.parquet")
    assert pq.ParquetFile(path).num_row_groups == 2
    frame = pl.read_parquet(path)
    assert frame["n"].to_list() == list(range(12_000))
    assert frame["big"].null_count() == 11_000


@pytest.mark.parametrize(
    ("path", "arguments", "named"),
    [
        ("out.xlsx", {}, "'parquet', 'csv', 'jsonl'"),
        ("out", {}, "says no format"),
        ("out.csv", {"format": "parket"}, "Did you mean parquet"),
        ("no/such/out.csv", {}, "No such file"),
        ("out.parquet", {"spreadsheet": True}, "spreadsheet=True is for CSV"),
        ("folder.csv", {}, "directory"),
    ],
)
def test_a_path_that_can_not_be_written_is_refused(
    path: str, arguments: dict[str, Any], named: str, tmp_path: Path
) -> None:
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(ValidationError, match=named):
        write([], tmp_path / path, **arguments)
    assert list(tmp_path.iterdir()) == [folder], "something was left behind"
