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
from batchata.providers.openai.answer import read_line
from batchata.providers.openai.usual import read_usual
from batchata.testing import Emulator

odd = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2**41), st.floats(), st.text(max_size=3), st.just([]), st.just({})
)


def mostly(value: Any) -> st.SearchStrategy[Any]:
    return st.one_of(*[st.just(value)] * 6, odd)


def record(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """With each field mostly there."""
    return st.one_of(
        st.fixed_dictionaries(fields), st.fixed_dictionaries(fields), st.fixed_dictionaries({}, optional=fields)
    )


def maybe(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


usage = st.builds(
    lambda one, other: {**one, **other},
    record(
        input_tokens=mostly(5),
        output_tokens=mostly(7),
        total_tokens=mostly(12),
        input_tokens_details=record(cached_tokens=mostly(2), cache_write_tokens=mostly(0)) | st.none(),
        output_tokens_details=record(reasoning_tokens=mostly(3)) | st.none(),
    ),
    maybe(prompt_tokens=mostly(6), completion_tokens=odd, prompt_tokens_details=odd),
)
part = record(type=mostly("output_text"), text=st.text(max_size=4))
message = record(
    type=mostly("message"), content=st.lists(part, min_size=1, max_size=1) | st.lists(part, max_size=2) | odd
)
body = st.builds(
    lambda one, other: {**one, **other},
    record(
        object=mostly("response"),
        status=mostly("completed"),
        model=mostly("gpt-4.1-mini"),
        output=st.lists(message, min_size=1, max_size=1) | st.lists(message, max_size=2) | odd,
        usage=usage,
        service_tier=mostly("default"),
    ),
    maybe(choices=odd, error=odd) | st.just({}),
)
lines = record(custom_id=mostly("n-1"), response=record(status_code=mostly(200), body=body), error=st.none())


@settings(max_examples=300)
@given(lines)
def test_what_the_short_way_reads_is_what_the_whole_way_reads(line: dict[str, Any]) -> None:
    data = orjson.dumps(line)
    found = read_usual(data)
    assert found is None or found == read_line(data)


@pytest.mark.parametrize("tier", ["fast", "priority"])
def test_a_tier_that_is_dearer_is_told_of(tier: str) -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    body = {"status": "completed", "output": [message], "model": "m", "usage": usage, "service_tier": tier}
    data = orjson.dumps({"custom_id": "n-1", "response": {"status_code": 200, "body": body}})
    assert read_usual(data) is None
    assert read_line(data).note is not None


def test_what_an_emulated_provider_says_of_a_prompt_is_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    with Emulator(turnaround=0.05) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        batch = Batch(state).defaults(model="gpt-4.1-mini", max_tokens=500)
        batch.add_jobs([{"prompt": f"Say {number}."} for number in range(10)]).run(wait=True)
    with closing(sqlite3.connect(state)) as connection:
        bodies = [body for (body,) in connection.execute("SELECT body FROM segment")]
    lines = [line for body in bodies for line in body.split(b"\n") if line]
    assert [read_usual(line) is not None for line in lines] == [True] * 10
