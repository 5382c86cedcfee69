"""Anthropic's result lines, read: every ending by name, and no bytes that make it fail."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batchata.providers.anthropic.answer import read_line, read_status, request_count
from batchata.providers.base import Answer
from batchata.result import Outcome
from batchata.usage import Usage

USAGE = {
    "input_tokens": 100,
    "cache_creation_input_tokens": 2000,
    "cache_read_input_tokens": 1000,
    "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1500},
    "output_tokens": 40,
    "output_tokens_details": {"thinking_tokens": 30},
    "service_tier": "batch",
}


def succeeded(**more: Any) -> dict[str, Any]:
    message = {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
        **more,
    }
    return {"custom_id": "n-1", "result": {"type": "succeeded", "message": message}}


def errored(kind: str = "invalid_request_error") -> dict[str, Any]:
    response = {"type": "error", "error": {"type": kind, "message": "max_tokens: too many"}, "request_id": "req_01"}
    return {"custom_id": "n-1", "result": {"type": "errored", "error": response}}


def read(record: object) -> Answer:
    return read_line(json.dumps(record).encode())


def test_a_whole_answer() -> None:
    assert read(succeeded()) == Answer(
        custom_id="n-1",
        outcome=Outcome.SUCCEEDED,
        text="Hi",
        usage=Usage(
            input_tokens=3100,
            output_tokens=40,
            cache_read_tokens=1000,
            cache_write_5m_tokens=500,
            cache_write_1h_tokens=1500,
            thinking_tokens=30,
        ),
        model="claude-sonnet-5-5",
        statements=(),
    )


@pytest.mark.parametrize(
    ("reason", "outcome", "words"),
    [
        ("end_turn", Outcome.SUCCEEDED, None),
        ("stop_sequence", Outcome.SUCCEEDED, None),
        ("tool_use", Outcome.SUCCEEDED, None),
        ("max_tokens", Outcome.TRUNCATED, "max_tokens"),
        ("model_context_window_exceeded", Outcome.TRUNCATED, "context window"),
        ("refusal", Outcome.REFUSED, "refused"),
        ("pause_turn", Outcome.ERROR, "paused"),
        ("of_tomorrow", Outcome.ERROR, "'of_tomorrow'"),
        (None, Outcome.ERROR, "NoneType"),
        ({"a": 1}, Outcome.ERROR, "dict"),
    ],
)
def test_how_an_answer_stopped(reason: object, outcome: Outcome, words: str | None) -> None:
    answer = read(succeeded(stop_reason=reason))
    assert (answer.outcome, answer.text, answer.billed, answer.retryable) == (outcome, "Hi", True, False)
    assert answer.usage.output_tokens == 40
    assert words is None if answer.error is None else words is not None and words in answer.error


def test_a_refusal_says_why() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "no exploits"}
    error = read(succeeded(stop_reason="refusal", stop_details=details)).error
    assert error == "the model refused: cyber: no exploits"


def test_text_of_many_blocks_is_joined() -> None:
    blocks = [
        {"type": "text", "text": "a", "citations": [{}]},
        {"type": "text", "text": ""},
        {"type": "text", "text": "b"},
    ]
    assert read(succeeded(content=blocks)).text == "ab"
    assert read(succeeded(content=[])).text == ""


def test_a_call_of_the_user_s_tool_is_the_answer_where_there_is_no_text() -> None:
    call = {"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}}
    assert read(succeeded(content=[call], stop_reason="tool_use")).text == '{"x":1}'
    assert read(succeeded(content=[call, call], stop_reason="tool_use")).text == '[{"x":1},{"x":1}]'


@pytest.mark.parametrize(
    ("kind", "retryable"),
    [
        ("invalid_request_error", False),
        ("authentication_error", False),
        ("request_too_large", False),
        ("overloaded_error", True),
        ("api_error", True),
        ("timeout_error", True),
        ("rate_limit_error", True),
    ],
)
def test_an_error_is_nested_twice(kind: str, retryable: bool) -> None:
    assert read(errored(kind)) == Answer(
        "n-1",
        Outcome.ERROR,
        error=f"{kind}: max_tokens: too many [request req_01]",
        retryable=retryable,
        billed=False,
    )


def test_an_error_nested_once() -> None:
    line = {"custom_id": "a", "result": {"type": "errored", "error": {"type": "api_error", "message": "m"}}}
    assert (read(line).error, read(line).retryable) == ("api_error: m", True)


@pytest.mark.parametrize(
    ("kind", "outcome", "retryable", "billed"),
    [
        ("canceled", Outcome.CANCELLED, False, False),
        ("expired", Outcome.EXPIRED, True, False),
        ("of_tomorrow", Outcome.ERROR, False, True),
    ],
)
def test_no_answer(kind: str, outcome: Outcome, retryable: bool, billed: bool) -> None:
    answer = read({"custom_id": "n-1", "result": {"type": kind}})
    assert (answer.custom_id, answer.outcome, answer.retryable, answer.billed) == ("n-1", outcome, retryable, billed)
    assert answer.error
    assert answer.text is None


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"null", b"{}", b'{"custom_id":5}', b'{"custom_id":""}', b"\xff\xfe"]
)
def test_a_line_that_can_not_be_placed(line: bytes) -> None:
    answer = read_line(line)
    assert (answer.custom_id, answer.outcome) == (None, Outcome.ERROR)
    assert answer.error


def test_separators_inside_a_string_are_text() -> None:
    text = "a\u2028b\u2029c\x85d"
    assert (
        read_line(json.dumps(succeeded(content=[{"type": "text", "text": text}]), ensure_ascii=False).encode()).text
        == text
    )


@pytest.mark.parametrize(
    ("tier", "told"), [("batch", None), (None, None), (7, None), ("standard", "'standard'"), ("priority", "'priority'")]
)
def test_a_lost_discount_is_noted(tier: object, told: str | None) -> None:
    answer = read(succeeded(usage={"input_tokens": 5, "output_tokens": 2, "service_tier": tier}))
    assert (answer.outcome, answer.usage) == (Outcome.SUCCEEDED, Usage(5, 2))
    assert answer.note is None if told is None else told in (answer.note or "")


def test_half_a_surrogate_pair_does_not_lose_a_paid_answer() -> None:
    answer = read(succeeded(content=[{"type": "text", "text": "cut \ud83d"}]))
    assert (answer.outcome, answer.text, answer.usage.output_tokens) == (Outcome.SUCCEEDED, "cut ?", 40)


@pytest.mark.parametrize(
    ("usage", "read_as"),
    [
        ({"input_tokens": 5, "output_tokens": 2}, Usage(5, 2)),
        ({"input_tokens": 5, "cache_creation_input_tokens": 7}, Usage(12, 0, cache_write_5m_tokens=7)),
        ({"cache_creation": {"ephemeral_1h_input_tokens": 3}}, Usage(3, 0, cache_write_1h_tokens=3)),
        ({"input_tokens": -5, "output_tokens": True, "cache_read_input_tokens": "7x"}, Usage()),
        ({"input_tokens": 10**30, "output_tokens": 1.5}, Usage()),
        (None, Usage()),
    ],
)
def test_usage(usage: object, read_as: Usage) -> None:
    assert read(succeeded(usage=usage)).usage == read_as


DEEP = b'{"custom_id":"a","result":{"type":"succeeded","message":{"content":[{"type":"tool_use","input":' + (
    b"[" * 400 + b"]" * 400 + b"}]}}}"
)


@given(st.binary(max_size=200))
@example(DEEP)
@example(b"[" * 100_000)
@example(b'{"custom_id":"a","result":{"type":' + b"[" * 900 + b"]" * 900 + b"}}")
@example(b'{"custom_id":"a","result":NaN}')
@example(b'{"custom_id":' + b"9" * 5000 + b"}")
@settings(max_examples=300)
def test_no_bytes_make_it_fail(line: bytes) -> None:
    assert isinstance(read_line(line), Answer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def paths(value: object, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(path for key, inner in items for path in paths(inner, (*here, key)))]


def changed(value: Any, path: tuple[Any, ...], put: object) -> Any:
    if not path:
        return put
    items = value.items() if isinstance(value, dict) else enumerate(value)
    copy = {key: changed(inner, path[1:], put) if key == path[0] else inner for key, inner in items}
    return copy if isinstance(value, dict) else list(copy.values())


@pytest.mark.parametrize("record", [succeeded(stop_reason="refusal", stop_details={"category": "x"}), errored()])
def test_a_wrong_type_anywhere_is_read_as_absent(record: dict[str, Any]) -> None:
    @given(path=st.sampled_from(paths(record)), put=JSON)
    @settings(max_examples=300)
    def holds(path: tuple[Any, ...], put: object) -> None:
        answer = read(changed(record, path, put))
        texts = (answer.custom_id, answer.text, answer.model, answer.error)
        assert all(text is None or isinstance(text, str) for text in texts)
        assert all(type(count) is int and count >= 0 for count in answer.usage.to_dict().values())
        if answer.custom_id is not None:
            assert answer.outcome is Outcome.SUCCEEDED or answer.error

    holds()


@pytest.mark.parametrize(
    ("created", "unix"),
    [
        ("2026-11-23T18:37:24.100435Z", 1795459044.100435),
        ("2026-11-23T18:37:24", 1795459044.0),
        ("2026-11-23T19:37:24+01:00", 1795459044.0),
        ("soon", None),
        (7, None),
        (None, None),
    ],
)
def test_times(created: object, unix: float | None) -> None:
    status = read_status({"id": "b", "created_at": created})
    assert status is not None
    assert status.created_at == (pytest.approx(unix, abs=1e-5) if unix is not None else None)


@given(JSON)
def test_no_value_makes_a_status_fail(value: object) -> None:
    read_status(value)
    request_count(value)
    for key in ("id", "processing_status", "archived_at", "created_at", "request_counts"):
        read_status({"id": "b", key: value})
        request_count({"id": "b", key: value})
