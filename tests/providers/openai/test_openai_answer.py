"""OpenAI's result lines and usage in the house's words."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.providers.openai.answer import read_body, read_line, read_usage
from batchata.providers.openai.facts import find_model, read_facts
from batchata.providers.openai.status import is_ours, output_files, read_status
from batchata.result import Outcome
from batchata.usage import Usage

CHAT_USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
    "completion_tokens_details": {"reasoning_tokens": 15},
}
RESPONSE_USAGE = {
    "input_tokens": 100,
    "output_tokens": 20,
    "total_tokens": 120,
    "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
    "output_tokens_details": {"reasoning_tokens": 15},
}
USAGE = Usage(100, 20, cache_read_tokens=60, cache_write_5m_tokens=30, thinking_tokens=15)


def chat(finish: object = "stop", usage: object = CHAT_USAGE, **message: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": "hi", "refusal": None, **message}
    return {
        "object": "chat.completion",
        "model": "gpt-4.1-2025-04-14",
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
        "usage": usage,
    }


def message(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": list(parts), **more}


def said(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def response(*output: dict[str, Any], status: object = "completed", **more: Any) -> dict[str, Any]:
    return {
        "object": "response",
        "model": "gpt-5",
        "status": status,
        "output": [{"type": "reasoning", "summary": []}, *output],
        "usage": RESPONSE_USAGE,
        **more,
    }


def line(body: object, status: object = 200, error: object = None, custom_id: str = "n-1") -> bytes:
    answered = {"status_code": status, "request_id": "req_1", "body": body}
    return json.dumps({"id": "batch_req_1", "custom_id": custom_id, "response": answered, "error": error}).encode()


def unanswered(code: str, words: str = "words") -> bytes:
    return json.dumps({"custom_id": "n-1", "response": None, "error": {"code": code, "message": words}}).encode()


def test_a_chat_completion() -> None:
    answer = read_line(line(chat()))
    assert (answer.custom_id, answer.outcome, answer.text) == ("n-1", Outcome.SUCCEEDED, "hi")
    assert (answer.model, answer.usage, answer.error, answer.billed) == ("gpt-4.1-2025-04-14", USAGE, None, True)


def test_a_response() -> None:
    body = response(message(said("hi "), said("there")), message(said("!")))
    answer = read_line(line(body))
    assert (answer.outcome, answer.text, answer.model, answer.usage) == (Outcome.SUCCEEDED, "hi there!", "gpt-5", USAGE)


def test_commentary_is_no_part_of_a_final_answer() -> None:
    body = response(message(said("Let me see."), phase="commentary"), message(said("42"), phase="final_answer"))
    assert read_line(line(body)).text == "42"


@pytest.mark.parametrize(
    ("body", "outcome", "words"),
    [
        (chat("length", content="ha"), Outcome.TRUNCATED, "max_tokens"),
        (chat("content_filter"), Outcome.REFUSED, "content filter"),
        (chat(refusal="I can't help.", content=None), Outcome.REFUSED, "I can't help."),
        (chat("tired"), Outcome.ERROR, "'tired'"),
        (chat(None), Outcome.ERROR, "NoneType"),
        ({"choices": [], "usage": CHAT_USAGE}, Outcome.ERROR, "unknown"),
        (response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}), Outcome.TRUNCATED, "max_t"),
        (response(status="incomplete", incomplete_details={"reason": "content_filter"}), Outcome.REFUSED, "filter"),
        (response(status="incomplete", incomplete_details={"reason": "steered"}), Outcome.ERROR, "steered"),
        (response(status="in_progress"), Outcome.ERROR, "in_progress"),
        (response(message({"type": "refusal", "refusal": "No."})), Outcome.REFUSED, "No."),
        (response(status="failed", error={"code": "server_error", "message": "oops"}), Outcome.ERROR, "oops"),
        (response(status="failed", error={"code": "bio_policy", "message": "no"}), Outcome.REFUSED, "no"),
        (response(status="cancelled"), Outcome.CANCELLED, "cancelled"),
    ],
)
def test_endings_that_are_no_success_are_billed_by_their_usage(body: Any, outcome: Outcome, words: str) -> None:
    answer = read_line(line(body))
    assert (answer.outcome, answer.usage, answer.billed) == (outcome, USAGE, True)
    assert words in (answer.error or "")


def test_a_response_that_failed_before_it_began_is_not_billed() -> None:
    body = response(status="failed", error={"code": "server_error", "message": "oops"}, usage=None)
    answer = read_line(line(body))
    assert (answer.outcome, answer.billed, answer.retryable) == (Outcome.ERROR, False, True)


def test_an_answer_without_usage_is_billed() -> None:
    answer = read_line(line(chat(usage=None)))
    assert (answer.outcome, answer.billed, answer.usage) == (Outcome.SUCCEEDED, True, Usage())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (chat("tool_calls", content=None, tool_calls=[{"function": {"arguments": '{"a":1}'}}]), '{"a":1}'),
        (
            chat(
                "tool_calls",
                content="",
                tool_calls=[{"function": {"arguments": '{"a":1}'}}, {"function": {"arguments": "{"}}],
            ),
            '[{"a":1},"{"]',
        ),
        (chat("function_call", content=None, function_call={"arguments": "{}"}), "{}"),
        (chat(content=None), ""),
        (chat(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "ab"),
        (response({"type": "function_call", "arguments": '{"b":2}'}), '{"b":2}'),
        (response({"type": "custom_tool_call", "input": "free text"}), "free text"),
        (response(), ""),
    ],
)
def test_text(body: Any, text: str) -> None:
    answer = read_line(line(body))
    assert (answer.outcome, answer.text) == (Outcome.SUCCEEDED, text)


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (400, "invalid_value", False),
        (404, "model_not_found", False),
        (429, "rate_limit_exceeded", True),
        (429, "insufficient_quota", False),
        (500, "server_error", True),
        (503, None, True),
    ],
)
def test_an_http_error_is_not_billed(status: int, code: str | None, retryable: bool) -> None:
    body = {"error": {"message": "what was wrong", "type": "invalid_request_error", "param": None, "code": code}}
    answer = read_line(line(body, status))
    assert (answer.outcome, answer.retryable, answer.billed) == (Outcome.ERROR, retryable, False)
    assert answer.error == f"HTTP {status}: {code or 'invalid_request_error'}: what was wrong [request req_1]"


@pytest.mark.parametrize("code", ["content_filter", "invalid_prompt"])
def test_a_safety_block_is_a_refusal(code: str) -> None:
    answer = read_line(line({"error": {"message": "flagged", "code": code}}, 400))
    assert (answer.outcome, answer.retryable, answer.billed) == (Outcome.REFUSED, False, False)
    assert "flagged" in (answer.error or "")


@pytest.mark.parametrize("status", [0, 102, 600, -1, "200", True])
def test_a_status_that_is_none_is_an_error_even_in_the_output_file(status: object) -> None:
    answer = read_line(line(chat(), status))
    assert (answer.outcome, answer.retryable, answer.billed) == (Outcome.ERROR, True, True)
    assert answer.usage == USAGE


def test_requests_that_did_not_run() -> None:
    expired, cancelled, late = map(read_line, map(unanswered, ("batch_expired", "batch_cancelled", "request_timeout")))
    assert (expired.outcome, expired.retryable, expired.billed) == (Outcome.EXPIRED, True, False)
    assert (cancelled.outcome, cancelled.retryable, cancelled.billed) == (Outcome.CANCELLED, False, False)
    assert (late.outcome, late.retryable, late.billed) == (Outcome.ERROR, True, False)
    assert expired.error == "batch_expired: words"


def test_rows_of_vllm_run_batch() -> None:
    """Failed rows have a null body, and an error in the error, beside the answers."""
    error = {"error": {"message": "the context is full", "type": "BadRequestError", "param": None, "code": 400}}
    answer = read_line(line(None, 400, error))
    assert (answer.outcome, answer.retryable) == (Outcome.ERROR, False)
    assert answer.error == "BadRequestError: the context is full"


@pytest.mark.parametrize("row", [b"", b"[]", b"{}", b'{"custom_id":7}', b"\xff", b'{"custom_id":""}'])
def test_a_line_that_is_nobody_s(row: bytes) -> None:
    answer = read_line(row)
    assert (answer.custom_id, answer.outcome) == (None, Outcome.ERROR)


def test_a_line_with_nothing_in_it_is_taken_as_billed() -> None:
    for row in (b'{"custom_id":"a"}', line({}), line(None)):
        answer = read_line(row)
        assert (answer.outcome, answer.billed) == (Outcome.ERROR, True)


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (CHAT_USAGE, USAGE),
        (RESPONSE_USAGE, USAGE),
        # reasoning beside the completion shows in the total
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45}, Usage(10, 35)),
        (
            {
                "input_tokens": 10,
                "input_tokens_details": {
                    "cache_write_tokens": 9,
                    "cache_write_tokens_details": {"ttl_30m_tokens": 5, "ttl_12h_tokens": 4},
                },
            },
            Usage(10, cache_write_5m_tokens=5, cache_write_1h_tokens=4),
        ),
        (None, Usage()),
        ({"prompt_tokens": -1, "completion_tokens": True, "total_tokens": 1 << 60}, Usage()),
    ],
)
def test_usage(usage: object, read: Usage) -> None:
    assert read_usage(usage) == read


def test_what_servers_say_of_a_model() -> None:
    assert read_facts({"id": "m", "max_model_len": 4096}).context_window == 4096
    assert read_facts({"meta": {"n_ctx_train": 8192}}).context_window == 8192
    groq = read_facts({"context_window": 131_072, "max_completion_tokens": 32_768})
    assert (groq.context_window, groq.output_cap) == (131_072, 32_768)
    assert read_facts({"id": "gpt-5", "object": "model"}).context_window is None
    both = {"data": [{"id": "a"}, {"id": "b"}]}
    assert find_model(both, "b") == {"id": "b"}
    assert find_model(both, "c") is None
    assert find_model({"data": [{"id": "/models/x.gguf"}]}, "x") == {"id": "/models/x.gguf"}


KEYS = st.sampled_from(
    (
        *("custom_id", "response", "error", "body", "status_code", "choices", "message", "content", "finish_reason"),
        *(
            "output",
            "status",
            "usage",
            "prompt_tokens",
            "total_tokens",
            "code",
            "type",
            "text",
            "tool_calls",
            "function",
        ),
        *("id", "created_at", "completed_at", "request_counts", "completed", "errors", "data", "line", "metadata"),
        *("output_file_id", "incomplete_details", "reason", "refusal", "phase", "arguments", "prompt_tokens_details"),
    )
)
WORDS = st.sampled_from(
    ("response", "message", "failed", "expired", "completed", "stop", "refusal", "output_text", "x")
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6))


@settings(max_examples=400)
@given(ANYTHING, ANYTHING, ANYTHING)
def test_nothing_it_reads_makes_it_raise(value: Any, other: Any, third: Any) -> None:
    read_body("n-1", value)
    row = {"custom_id": "n-1", "response": {"status_code": other, "body": value}, "error": third}
    assert read_line(json.dumps(row).encode()).custom_id == "n-1"
    read_line(json.dumps(value).encode())
    for batch in (value, {"id": "b", "status": other, "errors": value, "request_counts": third}):
        read_status(batch, 1.0, 1.0)
        is_ours(batch, "n", None)
        output_files(batch)
    read_facts(value)
    find_model(value, "m")


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_no_bytes_make_it_raise(row: bytes) -> None:
    read_line(row)


@pytest.mark.parametrize("tier", [None, "auto", "default", "flex", "scale", "new", 7])
def test_a_tier_that_says_nothing_of_the_price_is_not_noted(tier: object) -> None:
    assert read_body("a", {"choices": [], "service_tier": tier}).note is None


@pytest.mark.parametrize("body", [{"choices": []}, {"object": "response"}])
def test_a_dearer_tier_is_noted(body: dict[str, Any]) -> None:
    assert "'priority', which has no batch discount" in (
        read_body("a", {**body, "service_tier": "priority"}).note or ""
    )
