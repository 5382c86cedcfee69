"""What a row becomes in a prompt. The texts are part of a job's identity: the vectors here are never edited."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pytest

from batchata import ValidationError
from batchata.tables.cells import plain_cell, text_of
from batchata.tables.template import Template


class Colour(Enum):
    RED = "red"


def filled(text: str, missing: str = "", **row: Any) -> str:
    return Template.parse("prompt", text).fill(row, missing)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is {x} {{", "as it is {x} {{"),
        (7, "7"),
        (2**70, "1180591620717411303424"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (True, "true"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 12, tzinfo=UTC), "2024-02-29T12:00:00+00:00"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=1), "1:00:00"),
        (pd.Timedelta(hours=25), "1 day, 1:00:00"),
        (Decimal("1.10"), "1.10"),
        (Decimal("1E+3"), "1000"),
        (Colour.RED, "red"),
        ([1, "ü", None], '[1, "ü", null]'),
        ({"a": {"b": date(2024, 1, 1)}}, '{"a": {"b": "2024-01-01"}}'),
        (pd.Timestamp("2024-01-01", tz="Europe/Berlin"), "2024-01-01T00:00:00+01:00"),
        (np.int64(5), "5"),
        (np.array([1.5, 2.0]), "[1.5, 2.0]"),
        (float("inf"), "Infinity"),
    ],
    ids=str,
)
def test_a_cell_as_text(value: object, text: str) -> None:
    assert text_of(value) == text
    assert filled("<{a}>", a=value) == f"<{text}>"


@pytest.mark.parametrize("value", [None, float("nan"), Decimal("NaN"), pd.NaT, pd.NA, np.float64("nan")], ids=repr)
def test_what_has_no_value_is_missing(value: object) -> None:
    assert plain_cell(value) is None
    assert filled("<{a}>", a=value) == "<>"
    assert filled("<{a:.2f}>", missing="n/a", a=value) == "<n/a>"
    assert filled("<{a}>", missing="n/a") == "<n/a>", "a row without the column"


def test_formats_and_braces() -> None:
    assert filled("{price:.2f} {day:%d.%m.%Y} {{json}}", price=2, day=date(2024, 2, 1)) == "2.00 01.02.2024 {json}"
    row = {"unit price": 1, "a.b": 2, "c[0]": 3}
    assert Template.parse("prompt", "{unit price}|{a.b}|{c[0]}").fill(row, "") == "1|2|3", "names are whole"


def test_nothing_but_columns_is_read() -> None:
    for text in ("{text.__class__}", "{text[0]}", "{0}"):
        with pytest.raises(ValidationError, match="no such column"):
            Template.parse("prompt", text).check("prompt", ["text"])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{}", "without a column's name"),
        ("{text!r}", "'!' is not allowed"),
        ("{text:{width}}", "format within a format"),
        ("{text", "no template"),
        ("text}", "Write {{ and }}"),
    ],
)
def test_a_broken_template_says_how_to_mend_it(text: str, named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        Template.parse("prompt", text)


def test_a_near_miss_is_named() -> None:
    with pytest.raises(ValidationError, match=r"\{txet\}.*Did you mean text\?.*Its columns: 'id', 'text'"):
        Template.parse("prompt", "{txet}").check("prompt", ["id", "text"])


@pytest.mark.parametrize(
    ("text", "value"), [("{a:.2f}", "abc"), ("{a:%Y-%m}", 5), ("{a}", b"\x00"), ("{a:d}", [1])], ids=str
)
def test_a_value_that_can_not_be_put_in_names_its_column(text: str, value: object) -> None:
    with pytest.raises(ValidationError, match="column 'a'"):
        filled(text, a=value)


def test_cells_as_json_come_back_whole() -> None:
    nested = {"n": 2**64, "list": (1, 2), "bytes": b"\xff", 3: float("-inf")}
    assert plain_cell(nested) == {
        "n": "18446744073709551616",
        "list": [1, 2],
        "bytes": "/w==",
        "3": "-Infinity",
    }
