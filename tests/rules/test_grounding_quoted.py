"""Quotes in the schema: what is asked, and how an answer to it is taken apart."""

import json
from decimal import Decimal

import pytest
from pydantic import BaseModel

from batchata.grounding import quoting_schema, split_quotes
from batchata.grounding.paths import path_text, read_path
from batchata.output import DIALECTS, schema_for, strict_schema


class Line(BaseModel):
    amount: Decimal
    note: str | None = None


class Invoice(BaseModel):
    number: str
    lines: list[Line]


ANSWER = '{"number": "7", "lines": [{"amount": 12345678901234567890.10, "note": null}]}'
QUOTES = '[{"quote": "No. 7", "fields": ["number"]}, {"quote": "7 at 10", "fields": ["lines[0].amount", "number"]}]'
PAIRS = [("number", "No. 7"), ("lines[0].amount", "7 at 10"), ("number", "7 at 10")]


def test_the_schema_asks_for_both_and_leaves_the_answers_own_as_it_is() -> None:
    schema = schema_for(Invoice)
    asked = quoting_schema(schema)
    assert asked["required"] == ["answer", "quotes"]
    assert asked["additionalProperties"] is False
    assert asked["properties"]["answer"] == {key: value for key, value in schema.items() if key != "$defs"}
    assert asked["$defs"] == schema["$defs"]
    assert json.loads(json.dumps(asked)) == asked


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_takes_it(dialect: str) -> None:
    translated = json.dumps(strict_schema(quoting_schema(schema_for(Invoice)), DIALECTS[dialect]))
    assert all(f'"{name}"' in translated for name in ("answer", "quotes", "quote", "fields", "amount"))


@pytest.mark.parametrize(
    "text",
    [
        f'{{"answer": {ANSWER}, "quotes": {QUOTES}}}',
        f'{{"quotes": {QUOTES},\n "answer": {ANSWER}}}',
        f'Here it is:\n```json\n{{"answer": {ANSWER}, "quotes": {QUOTES}}}\n```',
    ],
)
def test_the_answer_keeps_its_own_text(text: str) -> None:
    assert split_quotes(text) == (ANSWER, PAIRS)


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("no JSON", ("no JSON", [])),
        ("", ("", [])),
        (ANSWER, (ANSWER, [])),
        (f'{{"answer": {ANSWER}}}', (ANSWER, [])),
        (f'{{"answer": {ANSWER}, "quotes": {QUOTES[:60]}', (ANSWER, PAIRS[:1])),
        (f'{{"answer": {ANSWER[:30]}', (f'{{"answer": {ANSWER[:30]}', [])),
        ('{"answer": {}, "quotes": [1, {"quote": 2}, {"quote": " ", "fields": ["a"]}, {"quote": "q"}]}', ("{}", [])),
        (
            '{"answer": {}, "quotes": [{"quote": "q", "fields": "$.a"}, {"quote": "q", "fields": [3, ""]}]}',
            ("{}", [("a", "q")]),
        ),
        ('{"answer": {}, "quotes": "none"}', ("{}", [])),
        ("[" * 5_000, ("[" * 5_000, [])),
        ('{"answer": ' + "[" * 100_000, ('{"answer": ' + "[" * 100_000, [])),
        ('{"answer": ' + "9" * 5_000 + "}", ("9" * 5_000, [])),
    ],
)
def test_what_is_no_such_answer_or_was_cut(text: str, split: tuple[str, list[tuple[str, str]]]) -> None:
    assert split_quotes(text) == split


@pytest.mark.parametrize("said", ["a[0].b", "$.a[0].b", "/a/0/b", "a.0.b", 'a[0]["b"]', " a[ 0 ].b "])
def test_paths_are_read_in_every_usual_manner(said: str) -> None:
    assert read_path(said) == ("a", 0, "b")
    assert path_text(read_path(said)) == "a[0].b"


def test_a_path_from_the_whole_answer_is_one_from_the_answer() -> None:
    assert split_quotes('{"answer": 1, "quotes": [{"quote": "q", "fields": ["answer.a", "answer"]}]}')[1] == [
        ("a", "q"),
        ("answer", "q"),
    ]
