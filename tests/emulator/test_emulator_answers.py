"""What a request is answered with: drawn to fit what it asks, or scripted."""

import re
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as clock_time
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import httpx2
import orjson
import pytest
from anthropic import transform_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter

from batchata.testing import Answer
from batchata.testing.dice import Dice
from batchata.testing.patterns import matching
from batchata.testing.prose import prose
from batchata.testing.schemas import SchemaError, fit

Ask = Callable[..., dict[str, Any]]


class Kind(StrEnum):
    INVOICE = "invoice"
    RECEIPT = "receipt"


class Line(BaseModel):
    what: str
    amount: float
    count: int | None
    tags: list[str]


class Everything(BaseModel):
    kind: Kind
    day: date
    at: datetime
    clock: clock_time
    key: UUID
    paid: bool
    level: Literal["low", "high"]
    nothing: None
    lines: list[Line]
    best: Line | None
    either: int | str | list[bool]
    nested: dict[Literal["a"], int] | None = None


class Bounded(BaseModel):
    few: list[int] = Field(min_length=2, max_length=3)
    code: str = Field(pattern=r"^[A-Z]{2}-\d{3,}(x|y)?$")
    share: float = Field(gt=0, lt=1)
    whole: int = Field(ge=10, le=12)
    even: int = Field(multiple_of=2, ge=1)
    short: str = Field(max_length=3)
    long: str = Field(min_length=100)
    money: Decimal
    below: int = Field(lt=-5)


class Tree(BaseModel):
    name: str
    children: list["Tree"]
    up: "Tree | None"


class Animal(BaseModel):
    kind: Literal["cat", "dog"]


class Zoo(BaseModel):
    animals: dict[str, Animal]
    pair: tuple[int, str]


@given(st.integers(0, 2**64))
@settings(max_examples=60)
@pytest.mark.parametrize("model", [Everything, Bounded, Tree, Zoo, Line, list[Line]])
def test_drawn_values_fit_their_schema(model: Any, seed: int) -> None:
    adapter = TypeAdapter(model)
    adapter.validate_python(fit(adapter.json_schema(), Dice(seed)))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/None"},
        {"$ref": "https://example.com/x"},
        {"enum": []},
        {"type": "text"},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
    ],
)
def test_schemas_that_allow_no_value(schema: Any) -> None:
    with pytest.raises(SchemaError):
        fit(schema, Dice(0))


@given(st.integers(0, 2**64))
@settings(max_examples=30)
@pytest.mark.parametrize(
    "pattern", [r"^\d{4}-\d\d$", r"[^a-z]+", r"(cat|dog)s?", r"^\w+@\w+\.(com|org)$", r"[\d.,]+", "ß"]
)
def test_drawn_strings_match_their_pattern(pattern: str, seed: int) -> None:
    assert re.search(pattern, matching(pattern, Dice(seed)))


@given(st.integers(0, 2**64), st.integers(1, 20_000))
@settings(max_examples=60)
def test_prose_is_as_long_as_asked(seed: int, size: int) -> None:
    assert len(prose(Dice(seed), size).encode()) == size


def test_prose_holds_what_splits_lines() -> None:
    assert "\u2028" in prose(Dice(0), 5000)


def _format(model: type[BaseModel]) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "schema": transform_schema(model)}}


def test_structured_output_fits(lab: Any, ask: Ask) -> None:
    batch = lab.create(*(ask(str(n), max_tokens=4000, output_config=_format(Line)) for n in range(20)))
    for line in lab.results(batch.id).values():
        message = line.result.message
        Line.model_validate_json(message.content[-1].text)
        assert message.stop_reason == "end_turn"


def test_a_forced_strict_tool_is_called_with_what_fits(lab: Any, ask: Ask) -> None:
    tool = {"name": "extract", "strict": True, "input_schema": transform_schema(Line)}
    message = lab.answer(ask(max_tokens=4000, tools=[tool], tool_choice={"type": "tool", "name": "extract"})).message
    assert message.stop_reason == "tool_use"
    (call,) = message.content
    assert call.name == "extract"
    Line.model_validate(call.input)


def test_what_does_not_fit_the_cap_is_cut(lab: Any, ask: Ask) -> None:
    message = lab.answer(ask(max_tokens=3, output_config=_format(Line))).message
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 3
    assert len(message.content[-1].text.encode()) <= 12
    tool = {"name": "extract", "input_schema": transform_schema(Line)}
    forced = ask(max_tokens=3, tools=[tool], tool_choice={"type": "any"})
    assert lab.answer(forced).message.stop_reason == "max_tokens"


def test_answers_use_1_to_100_percent_of_the_cap(lab: Any, ask: Ask) -> None:
    batch = lab.create(*(ask(str(number)) for number in range(300)))
    used = sorted(line.result.message.usage.output_tokens for line in lab.results(batch.id).values())
    assert 1 <= used[0] <= 5
    assert 95 <= used[-1] <= 100
    assert 40 <= used[150] <= 60


def test_thinking_comes_first_and_is_billed_as_output(lab: Any, ask: Ask) -> None:
    batch = lab.create(*(ask(str(number), thinking={"type": "adaptive"}) for number in range(20)))
    messages = [line.result.message for line in lab.results(batch.id).values()]
    thinking = [message for message in messages if message.content[0].type == "thinking"]
    assert thinking
    for message in thinking:
        details = message.usage.output_tokens_details
        assert 0 < details.thinking_tokens <= message.usage.output_tokens <= 100
    silent = lab.answer(ask(thinking={"type": "disabled"})).message
    assert [block.type for block in silent.content] == ["text"]


def test_stop_sequences(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(answer=lambda _: "one STOP two")
    message = lab.answer(ask(stop_sequences=["END", "STOP"])).message
    assert (message.content[-1].text, message.stop_reason, message.stop_sequence) == ("one ", "stop_sequence", "STOP")


SOURCES: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "media_type": "text/plain", "data": "Net 30 is due. The fee is 5 €. It ends in May."},
    "content": {
        "type": "content",
        "content": [{"type": "text", "text": "Net 30. "}, {"type": "text", "text": "Fee 5."}],
    },
    "pdf": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQgL1R5cGUgL1BhZ2U="},
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_citations_point_into_the_documents(lab: Any, ask: Ask, source: dict[str, Any]) -> None:
    plain = {"type": "document", "source": {**SOURCES["text"], "data": "Nothing."}}
    cited = {"type": "document", "title": "Terms", "source": source}
    on = {"citations": {"enabled": True}}
    content = [{**plain, **on}, {**cited, **on}, {"type": "text", "text": "What is due?"}]
    batch = lab.create(*(ask(max_tokens=n, messages=[{"role": "user", "content": content}]) for n in range(90, 110)))
    messages = [line.result.message.to_dict() for line in lab.results(batch.id).values()]
    found = [one for message in messages for block in message["content"] for one in block.get("citations") or ()]
    inside = [one for one in found if one["document_index"] == 1]
    assert inside
    for one in inside:
        assert one["document_title"] == "Terms"
        assert _points_at(one, source) == one["cited_text"]


def _points_at(citation: dict[str, Any], source: dict[str, Any]) -> str:
    if citation["type"] == "char_location":
        return str(source["data"][citation["start_char_index"] : citation["end_char_index"]])
    if citation["type"] == "page_location":
        assert (citation["start_page_number"], citation["end_page_number"]) == (1, 2)
        return ""
    blocks = source["content"][citation["start_block_index"] : citation["end_block_index"]]
    return "".join(block["text"] for block in blocks)


SCRIPT: dict[str, Any] = {
    "text": "thirty days",
    "long": "x" * 1000,
    "refused": Answer.refused("No."),
    "truncated": Answer.truncated(),
    "errored": Answer.errored("too busy", "overloaded_error"),
    "expired": Answer.expired(),
    "blocks": Answer(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], thinking_tokens=7),
    "usage": Answer("a", usage={"cache_read_input_tokens": 500}, output_tokens=9),
    "drawn": None,
}


def test_scripted_answers(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(answer=lambda params: SCRIPT[params["messages"][0]["content"]])
    batch = lab.create(*(ask(name, thinking={"type": "disabled"}) for name in SCRIPT))
    lines = lab.results(batch.id)
    by_name = {name: lines[f"job-{place}"].result for place, name in enumerate(SCRIPT)}
    messages = {name: result.message for name, result in by_name.items() if result.type == "succeeded"}
    assert messages["text"].content[0].text == "thirty days"
    assert messages["text"].usage.output_tokens == 3
    assert (messages["long"].stop_reason, messages["long"].usage.output_tokens) == ("max_tokens", 100)
    assert messages["long"].content[0].text == "x" * 400
    assert messages["refused"].stop_reason == "refusal"
    assert messages["refused"].stop_details is not None
    assert (messages["truncated"].stop_reason, messages["truncated"].usage.output_tokens) == ("max_tokens", 100)
    assert by_name["errored"].error.error.type == "overloaded_error"
    assert by_name["errored"].error.error.message == "too busy"
    assert by_name["expired"].type == "expired"
    assert [block.type for block in messages["blocks"].content] == ["thinking", "text", "text"]
    assert messages["blocks"].usage.output_tokens == 2 + 7
    assert (messages["usage"].usage.cache_read_input_tokens, messages["usage"].usage.output_tokens) == (500, 9)
    assert messages["drawn"].stop_reason == "end_turn"
    billed = {bill.custom_id for bill in lab.emulator.ledger}
    assert billed == {f"job-{place}" for place, name in enumerate(SCRIPT) if name in messages}


def test_a_mix_of_endings(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(mix={"expired": 0.2, "malformed": 0.2})
    batch = lab.create(*(ask(str(number), output_config=_format(Line), max_tokens=4000) for number in range(200)))
    lines = lab.results(batch.id).values()
    expired = sum(line.result.type == "expired" for line in lines)
    texts = [line.result.message.content[-1].text for line in lines if line.result.type == "succeeded"]
    malformed = sum(text == '{"half": ' for text in texts)
    assert 20 < expired < 60
    assert 20 < malformed < 60
    assert lab.ended(batch.id).request_counts.expired == expired


@pytest.mark.parametrize("mix", [{"lost": 0.1}, {"expired": 1.1}, {"expired": 0.6, "errored": 0.6}])
def test_a_mix_that_makes_no_sense(make_lab: Any, mix: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="mix"):
        make_lab(mix=mix)


def test_cached_prefixes_are_written_once_and_read_after(lab: Any, ask: Ask) -> None:
    system = [{"type": "text", "text": "x" * 8000, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    batch = lab.create(*(ask(f"question {number}", system=system) for number in range(30)))
    usages = [line.result.message.usage for line in lab.results(batch.id).values()]
    assert all(usage.input_tokens == 4 + -(-len("question 1") // 4) for usage in usages)
    for usage in usages:
        moved = usage.cache_read_input_tokens, usage.cache_creation.ephemeral_1h_input_tokens
        assert sorted(moved) == [0, 2004]
        assert usage.cache_creation_input_tokens == moved[1]
    reads = sum(usage.cache_read_input_tokens > 0 for usage in usages)
    assert 10 < reads < 30
    short = [{"type": "text", "text": "x" * 80, "cache_control": {"type": "ephemeral"}}]
    assert lab.answer(ask(system=short)).message.usage.cache_creation_input_tokens == 0


def test_result_lines_are_split_by_newlines_only(lab: Any, ask: Ask) -> None:
    batch = lab.create(*(ask(str(number)) for number in range(30)))
    lab.ended(batch.id)
    path = f"/v1/messages/batches/{batch.id}/results"
    body = lab.client.get(path, cast_to=httpx2.Response).content
    lines = body.split(b"\n")
    assert lines.pop() == b""
    assert len([orjson.loads(line) for line in lines]) == 30
    assert len(body.decode().splitlines()) > 30
