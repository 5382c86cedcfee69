"""Any bytes as a line of results, any JSON as a batch's status: an answer that says so, never an exception.

Lines are what providers send, broken byte by byte: cut, flipped, doubled, with pieces of other lines between.
"""

from collections.abc import Callable

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batchata.providers.anthropic import answer as anthropic
from batchata.providers.base import Answer, BatchStatus
from batchata.providers.gemini import answer as gemini
from batchata.providers.openai import answer as openai
from batchata.providers.openai import status as openai_status
from batchata.result import Outcome

READERS: dict[str, Callable[[bytes], Answer]] = {
    "anthropic": anthropic.read_line,
    "openai": openai.read_line,
    "gemini": gemini.read_line,
}
STATUSES: dict[str, Callable[[object], BatchStatus | None]] = {
    "anthropic": anthropic.read_status,
    "openai": lambda batch: openai_status.read_status(batch, 2e9, 30 * 86_400.0),
    "gemini": gemini.read_status,
}
LINES: dict[str, list[object]] = {
    "anthropic": [
        {"custom_id": "n-0", "result": {"type": "succeeded", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": "Seven.", "citations": [
                {"type": "char_location", "cited_text": "7", "document_index": 0, "start_char_index": 3}]}],
            "usage": {"input_tokens": 9, "output_tokens": 3, "cache_creation_input_tokens": 0,
                      "cache_creation": {"ephemeral_5m_input_tokens": 0}, "service_tier": "batch"}}}},
        {"custom_id": "n-1", "result": {"type": "errored", "error": {
            "type": "error", "error": {"type": "invalid_request_error", "message": "no"}}}},
        {"custom_id": "n-2", "result": {"type": "expired"}},
    ],
    "openai": [
        {"id": "b-1", "custom_id": "n-0", "error": None, "response": {"status_code": 200, "request_id": "r", "body": {
            "id": "c-1", "object": "chat.completion", "model": "gpt-4.1-mini", "service_tier": "default",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Seven.", "refusal": None}}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 1}}}}},
        {"id": "b-2", "custom_id": "n-1", "error": None, "response": {"status_code": 200, "request_id": "r", "body": {
            "id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5", "error": None,
            "output": [{"type": "message", "content": [{"type": "output_text", "text": "Seven.", "annotations": []}]}],
            "usage": {"input_tokens": 9, "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 1}}}}},
        {"id": "b-3", "custom_id": "n-2", "response": None, "error": {"code": "batch_expired", "message": "no"}},
    ],
    "gemini": [
        {"key": "n-0", "response": {"modelVersion": "gemini-2.5-flash", "candidates": [
            {"content": {"parts": [{"text": "Seven."}], "role": "model"}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 1}}},
        {"key": "n-1", "error": {"code": 3, "message": "bad", "status": "INVALID_ARGUMENT"}},
        {"key": "n-2", "response": {"promptFeedback": {"blockReason": "SAFETY"}}},
    ],
}  # fmt: skip
WIRE = {name: [orjson.dumps(line) for line in lines] for name, lines in LINES.items()}
BATCHES: dict[str, dict[str, object]] = {
    "anthropic": {
        "id": "msgbatch_1", "type": "message_batch", "processing_status": "ended", "created_at": "2026-01-01T00:00:00Z",
        "ended_at": "2026-01-01T01:00:00Z", "archived_at": None, "results_url": "https://example.com",
        "request_counts": {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0},
    },
    "openai": {
        "id": "batch_1", "object": "batch", "status": "failed", "created_at": 1_900_000_000, "failed_at": 1_900_000_100,
        "errors": {"object": "list", "data": [{"code": "token_limit_exceeded", "message": "no", "line": 1}]},
        "request_counts": {"total": 1, "completed": 0, "failed": 1}, "output_file_id": None,
    },
    "gemini": {
        "name": "batches/a", "done": True, "metadata": {
            "state": "BATCH_STATE_FAILED", "createTime": "2026-01-01T00:00:00.123456789Z", "displayName": "n",
            "batchStats": {"requestCount": "2", "failedRequestCount": "2"}},
        "error": {"code": 8, "message": "no"},
    },
}  # fmt: skip

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
edits = st.lists(
    st.tuples(
        st.integers(0, 2_000),
        st.integers(0, 40),
        st.binary(max_size=6) | st.sampled_from([b'"', b"null", b"{}", b"[]"]),
    ),
    min_size=1,
    max_size=4,
)
"""Pieces of a line replaced: from where, how many bytes, by what."""


def broken(line: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for start, length, put in changes:
        at = start % (len(line) + 1)
        line = line[:at] + put + line[at + length :]
    return line


def check(answer: Answer) -> None:
    assert isinstance(answer, Answer)
    assert answer.outcome in Outcome
    assert answer.custom_id is None or (isinstance(answer.custom_id, str) and answer.custom_id)
    assert answer.text is None or isinstance(answer.text, str)
    assert all(isinstance(count, int) and count >= 0 for count in answer.usage.to_dict().values())
    assert answer.outcome is not Outcome.SUCCEEDED or answer.text is not None
    assert (
        answer.outcome in (Outcome.SUCCEEDED, Outcome.TRUNCATED, Outcome.REFUSED)
        or answer.error is None
        or answer.error
    )


@pytest.mark.parametrize("name", READERS)
def test_the_lines_are_understood_as_they_are(name: str) -> None:
    answers = [READERS[name](line) for line in WIRE[name]]
    assert [answer.custom_id for answer in answers] == ["n-0", "n-1", "n-2"]
    assert (answers[0].outcome, answers[0].text, answers[0].usage.input_tokens) == (Outcome.SUCCEEDED, "Seven.", 9)
    for answer in answers:
        check(answer)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150)
@given(
    line=st.binary(max_size=300)
    | st.text(max_size=60).map(str.encode)
    | json_values.map(lambda value: repr(value).encode())
)
@example(line=b"")
@example(line=b"\xff\xfe")
@example(line=b"[" * 5_000)
@example(line=b'{"custom_id":"n-0","key":"n-0","result":{"type":"succeeded","message":' + b'{"a":' * 2_000)
def test_any_bytes_are_an_answer(name: str, line: bytes) -> None:
    check(READERS[name](line))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=250)
@given(which=st.integers(0, 2), changes=edits)
@example(
    which=0, changes=[(161, 0, b" ")]
)  # Anthropic's "content" under another name: nothing is left to call an answer
def test_a_line_that_was_damaged_is_an_answer(name: str, which: int, changes: list[tuple[int, int, bytes]]) -> None:
    check(READERS[name](broken(WIRE[name][which], changes)))


@pytest.mark.parametrize("name", STATUSES)
@settings(max_examples=150)
@given(key=st.integers(0, 30), put=json_values, whole=json_values, nested=st.booleans())
def test_any_status_is_a_status_or_none(name: str, key: int, put: object, whole: object, nested: bool) -> None:
    batch = dict(BATCHES[name])
    inner = next((dict(value) for value in batch.values() if isinstance(value, dict)), {})
    target = inner if nested else batch
    target[sorted(target)[key % len(target)]] = put
    if nested:
        batch["metadata" if name == "gemini" else "request_counts"] = inner
    for value in (batch, whole):
        status = STATUSES[name](value)
        assert status is None or (isinstance(status.ended, bool) and isinstance(status.provider_id, str))
