"""The short way to read a line says what the whole way says, or nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata import Batch
from batchata.providers.anthropic.answer import read_line
from batchata.providers.anthropic.usual import read_usual
from batchata.testing import Emulator

odd = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2**41), st.floats(), st.text(max_size=3), st.just([]), st.just({})
)


def mostly(value: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(value), st.just(value), st.just(value), st.just(value), st.just(value), odd)


def record(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """With each field mostly there, and sometimes one more."""
    more = {"more": odd} if len(fields) % 2 else {}
    return st.fixed_dictionaries({}, optional=fields | more) | st.fixed_dictionaries(fields)


usage = record(
    input_tokens=st.integers(-1, 50) | odd,
    output_tokens=st.integers(-1, 50) | odd,
    service_tier=mostly("batch"),
    cache_creation_input_tokens=mostly(0),
    cache_read_input_tokens=mostly(0),
    cache_creation=record(ephemeral_5m_input_tokens=mostly(0), ephemeral_1h_input_tokens=mostly(0)),
    output_tokens_details=st.none() | record(thinking_tokens=st.integers(0, 5)),
)
block = record(type=mostly("text"), text=st.text(max_size=5), citations=mostly(None))
message = record(
    type=st.just("message"),
    model=mostly("claude-haiku-4-5"),
    stop_reason=mostly("end_turn"),
    content=st.lists(block, min_size=1, max_size=1) | st.lists(block, max_size=2) | odd,
    usage=usage,
)
lines = record(
    custom_id=mostly("n-1"), result=record(type=mostly("succeeded"), message=st.one_of(message, message, odd))
)


@settings(max_examples=300)
@given(lines)
def test_what_the_short_way_reads_is_what_the_whole_way_reads(line: dict[str, Any]) -> None:
    data = orjson.dumps(line)
    found = read_usual(data)
    assert found is None or found == read_line(data)


@given(st.binary(max_size=40))
def test_bytes_that_are_no_line_are_left_to_the_whole_way(data: bytes) -> None:
    assert read_usual(data) is None


def test_the_usual_line_is_read_the_short_way() -> None:
    line = {
        "custom_id": "n-1",
        "result": {
            "type": "succeeded",
            "message": {
                "id": "msg_1",
                "model": "claude-haiku-4-5",
                "content": [{"type": "text", "text": "Hi \u2028 é"}],
                "stop_reason": "end_turn",
                "usage": {
                    "input_tokens": 3,
                    "output_tokens": 4,
                    "output_tokens_details": {"thinking_tokens": 2},
                    "service_tier": "batch",
                    "cache_creation_input_tokens": 0,
                    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                },
            },
        },
    }
    data = orjson.dumps(line)
    assert read_usual(data) == read_line(data) is not None
    half_a_pair = data.replace("é".encode(), b"\\ud800")
    assert read_usual(half_a_pair) is None
    assert (read_line(half_a_pair).text or "").startswith("Hi")


def test_what_an_emulated_provider_says_of_a_prompt_is_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    with Emulator(turnaround=0.05) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        batch = Batch(state).defaults(model="claude-haiku-4-5", max_tokens=500)
        batch.add_jobs([{"prompt": f"Say {number}."} for number in range(10)]).run(wait=True)
    with closing(sqlite3.connect(state)) as connection:
        bodies = [body for (body,) in connection.execute("SELECT body FROM segment")]
    lines = [line for body in bodies for line in body.split(b"\n") if line]
    assert [read_usual(line) is not None for line in lines] == [True] * 10
