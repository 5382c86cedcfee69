"""Gemini's result lines and batches, read: every ending by name, and no bytes that make it fail."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batchata.providers.base import Answer, BatchStatus
from batchata.providers.gemini import answer as gemini_answer
from batchata.providers.gemini.answer import read_line, read_status
from batchata.result import Outcome
from batchata.usage import Usage

USAGE = {
    "promptTokenCount": 100,
    "cachedContentTokenCount": 60,
    "toolUsePromptTokenCount": 5,
    "candidatesTokenCount": 7,
    "thoughtsTokenCount": 30,
    "totalTokenCount": 142,
}


def candidate(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP", "index": 0, **more}


def answered(*candidates: Any, **more: Any) -> dict[str, Any]:
    response = {"candidates": list(candidates), "usageMetadata": USAGE, "modelVersion": "gemini-2.5-flash", **more}
    return {"key": "n-1", "response": response}


def read(record: object) -> Answer:
    return read_line(json.dumps(record).encode())


def test_a_whole_answer() -> None:
    thought = {"text": "hm", "thought": True, "thoughtSignature": "s"}
    assert read(answered(candidate(thought, {"text": "H"}, {"text": "i"}))) == Answer(
        custom_id="n-1",
        outcome=Outcome.SUCCEEDED,
        text="Hi",
        usage=Usage(input_tokens=105, output_tokens=37, cache_read_tokens=60, thinking_tokens=30),
        model="gemini-2.5-flash",
    )


def test_counts_written_as_strings_are_counts() -> None:
    usage = {"promptTokenCount": "12", "candidatesTokenCount": "3"}
    assert read(answered(candidate({"text": "x"}), usageMetadata=usage)).usage == Usage(12, 3)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("MAX_TOKENS", Outcome.TRUNCATED),
        ("SAFETY", Outcome.REFUSED),
        ("RECITATION", Outcome.REFUSED),
        ("BLOCKLIST", Outcome.REFUSED),
        ("PROHIBITED_CONTENT", Outcome.REFUSED),
        ("SPII", Outcome.REFUSED),
        ("MODEL_ARMOR", Outcome.REFUSED),
        ("LANGUAGE", Outcome.ERROR),
        ("OTHER", Outcome.ERROR),
        ("MALFORMED_FUNCTION_CALL", Outcome.ERROR),
        ("MALFORMED_RESPONSE", Outcome.ERROR),
        ("FINISH_REASON_UNSPECIFIED", Outcome.ERROR),
        ("SOMETHING_NEW", Outcome.ERROR),
        (None, Outcome.ERROR),
        (["STOP"], Outcome.ERROR),
    ],
)
def test_endings(reason: object, outcome: Outcome) -> None:
    answer = read(answered(candidate({"text": "half"}, finishReason=reason)))
    assert (answer.outcome, answer.text, answer.billed, answer.retryable) == (outcome, "half", True, False)
    assert answer.error
    assert answer.usage.output_tokens == 37


def test_what_was_said_of_an_ending_is_kept() -> None:
    answer = read(answered(candidate(finishReason="SAFETY", finishMessage="dangerous")))
    assert answer.error == "the answer was stopped for SAFETY: dangerous"


def test_an_answer_eaten_by_thoughts_is_cut_and_not_a_success() -> None:
    answer = read(answered({"finishReason": "MAX_TOKENS", "index": 0}))
    assert (answer.outcome, answer.text) == (Outcome.TRUNCATED, "")
    assert "thinking included" in (answer.error or "")


def test_an_end_without_a_word_is_an_error_worth_another_try() -> None:
    answer = read(answered({"finishReason": "STOP"}))
    assert (answer.outcome, answer.retryable, answer.billed) == (Outcome.ERROR, True, True)


def test_a_blocked_prompt_is_refused_and_billed() -> None:
    answer = read(answered(promptFeedback={"blockReason": "PROHIBITED_CONTENT"}))
    assert (answer.outcome, answer.billed, answer.usage.input_tokens) == (Outcome.REFUSED, True, 105)
    assert answer.error == "the prompt was blocked for PROHIBITED_CONTENT"


def test_no_candidate_and_no_reason() -> None:
    answer = read(answered())
    assert (answer.outcome, answer.billed, answer.text) == (Outcome.ERROR, True, None)


def test_the_user_s_own_functions() -> None:
    one = {"functionCall": {"name": "f", "args": {"a": 1}}}
    assert read(answered(candidate(one))).text == '{"a":1}'
    assert read(answered(candidate(one, one))).text == '[{"a":1},{"a":1}]'


@pytest.mark.parametrize("where", ["error", "status"])
@pytest.mark.parametrize(
    ("code", "retryable"),
    [
        (3, False),
        (7, False),
        (5, False),
        (9, False),
        (4, True),
        (8, True),
        (13, True),
        (14, True),
        (503, True),
        (400, False),
    ],
)
def test_errors_are_not_billed(where: str, code: int, retryable: bool) -> None:
    answer = read({"key": "n-1", where: {"code": code, "message": "words"}})
    assert (answer.outcome, answer.billed, answer.retryable) == (Outcome.ERROR, False, retryable)
    assert "words" in (answer.error or "")


def test_an_error_is_named() -> None:
    assert read({"key": "n-1", "error": {"code": 3, "message": "bad"}}).error == "INVALID_ARGUMENT: bad"
    assert read({"key": "n-1", "error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}).retryable


def test_a_cancelled_request() -> None:
    answer = read({"key": "n-1", "error": {"code": 1, "message": "The batch was cancelled"}})
    assert (answer.outcome, answer.billed) == (Outcome.CANCELLED, False)


def test_an_answer_beside_an_empty_status_is_an_answer() -> None:
    assert read({**answered(candidate({"text": "x"})), "status": "", "error": None}).outcome is Outcome.SUCCEEDED


def test_an_inlined_response_has_its_key_in_its_metadata() -> None:
    record = answered(candidate({"text": "x"}))
    del record["key"]
    assert read({**record, "metadata": {"key": "n-7"}}).custom_id == "n-7"


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"{", b'{"key":7}', b'{"key":""}', b"\xff"])
def test_a_line_without_a_key_is_nobody_s(line: bytes) -> None:
    answer = read_line(line)
    assert (answer.custom_id, answer.outcome) == (None, Outcome.ERROR)


def test_a_paid_answer_is_not_lost_to_half_a_surrogate_pair() -> None:
    line = json.dumps(answered(candidate({"text": "X"}))).encode().replace(b'"X"', b'"a\\ud83d"')
    assert read_line(line).text == "a?"


@given(st.binary(max_size=200))
@example(b"[" * 100_000)
@example(b'{"key":"a","response":{"candidates":' + b"[" * 900 + b"]" * 900 + b"}}")
@example(b'{"key":"a","response":NaN}')
@example(b'{"key":"a","error":{"code":' + b"9" * 5000 + b"}}")
@settings(max_examples=300)
def test_no_bytes_make_it_fail(line: bytes) -> None:
    assert isinstance(read_line(line), Answer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
CALL = {"functionCall": {"name": "f", "args": {"a": 1}}}
RECORDS = [
    answered(candidate({"text": "x"})),
    answered(candidate(CALL)),
    answered(promptFeedback={"blockReason": "SAFETY", "blockReasonMessage": "m"}),
    {"key": "n-1", "error": {"code": 13, "message": "m", "status": "INTERNAL", "details": []}},
]


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(path for key, item in inner for path in paths(item, (*here, key)))]


def changed(value: Any, path: tuple[Any, ...], put: object) -> Any:
    if not path:
        return put
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], put)
    return copy


@pytest.mark.parametrize("record", RECORDS)
def test_anything_anywhere_is_an_answer_of_plain_values(record: dict[str, Any]) -> None:
    @given(path=st.sampled_from(paths(record)), put=JSON)
    @settings(max_examples=200)
    def holds(path: tuple[Any, ...], put: object) -> None:
        answer = read(changed(record, path, put))
        texts = (answer.custom_id, answer.text, answer.model, answer.error)
        assert all(text is None or isinstance(text, str) for text in texts)
        assert all(type(count) is int and count >= 0 for count in answer.usage.to_dict().values())
        if answer.custom_id is not None:
            assert answer.outcome is Outcome.SUCCEEDED or answer.error

    holds()


def operation(state: str, *, output: Any = None, done: Any = False, **stats: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "state": state,
        "createTime": "2026-11-23T00:00:00.123456789Z",
        "displayName": "n0nce",
        "batchStats": stats,
    }
    if output is not None:
        metadata["output"] = output
    return {"name": "batches/abc", "done": done, "metadata": metadata}


FILE = {"responsesFile": "files/batch-abc"}


class TestStatus:
    @pytest.mark.parametrize(
        "state", ["UNSPECIFIED", "QUEUED", "PENDING", "RUNNING", "CANCELLING", "PAUSED", "UPDATING"]
    )
    def test_under_way(self, state: str) -> None:
        status = read_status(operation(f"BATCH_STATE_{state}", requestCount="5", pendingRequestCount="3"))
        assert status == BatchStatus("batches/abc", ended=False, created_at=1795392000.123456, done=2)

    @pytest.mark.parametrize("prefix", ["BATCH", "JOB"])
    @pytest.mark.parametrize("state", ["SUCCEEDED", "PARTIALLY_SUCCEEDED"])
    def test_ended_with_answers(self, prefix: str, state: str) -> None:
        status = read_status(operation(f"{prefix}_STATE_{state}", output=FILE, requestCount="5"))
        assert status is not None
        assert (status.ended, status.error, status.error_kind, status.done) == (True, None, None, 5)

    def test_a_state_of_the_future_goes_on_and_is_named(self) -> None:
        status = read_status(operation("BATCH_STATE_MOULTING"))
        assert status is not None
        assert (status.ended, status.error_kind) == (False, "MOULTING")

    def test_done_ends_whatever_the_state(self) -> None:
        status = read_status(operation("BATCH_STATE_MOULTED", done=True))
        assert status is not None
        assert status.ended

    def test_failed_has_the_provider_s_words(self) -> None:
        failed = {**operation("BATCH_STATE_FAILED", done=True), "error": {"code": 3, "message": "no such model"}}
        status = read_status(failed)
        assert status is not None
        assert (status.ended, status.error, status.error_kind) == (
            True,
            "INVALID_ARGUMENT: no such model",
            "INVALID_ARGUMENT",
        )

    def test_failed_after_some_were_answered_is_not_unbilled(self) -> None:
        status = read_status(operation("BATCH_STATE_FAILED", requestCount="2", successfulRequestCount="1"))
        assert status is not None
        assert (status.ended, status.error, status.error_kind) == (True, None, "FAILED")
        status = read_status(operation("BATCH_STATE_FAILED", output=FILE))
        assert status is not None
        assert status.error is None

    @pytest.mark.parametrize("state", ["EXPIRED", "CANCELLED"])
    @pytest.mark.parametrize(
        ("stats", "unbilled"),
        [
            ({"requestCount": "5", "pendingRequestCount": "5"}, True),
            ({"requestCount": "5", "pendingRequestCount": "3", "failedRequestCount": "2"}, True),
            ({"requestCount": "5", "pendingRequestCount": "3"}, False),
            ({"requestCount": "5", "successfulRequestCount": "5"}, False),
            ({"requestCount": "5"}, False),
            ({}, False),
        ],
    )
    def test_expired_or_cancelled_is_unbilled_only_by_the_counts(
        self, state: str, stats: dict[str, str], unbilled: bool
    ) -> None:
        status = read_status(operation(f"BATCH_STATE_{state}", **stats))
        assert status is not None
        assert (status.ended, status.error is not None, status.error_kind) == (True, unbilled, state)

    def test_cancelled_with_answers_has_answers(self) -> None:
        stats = {"requestCount": "5", "pendingRequestCount": "5"}
        status = read_status(operation("BATCH_STATE_CANCELLED", output=FILE, **stats))
        assert status is not None
        assert status.error is None

    @pytest.mark.parametrize("name", [None, 7, "operations/x", "batches/", "batches/a?b", "batches/../files/x"])
    def test_what_is_no_batch(self, name: object) -> None:
        assert read_status({**operation("BATCH_STATE_PENDING"), "name": name}) is None

    @pytest.mark.parametrize(
        "shown",
        [
            {"metadata": {"output": FILE}},
            {"response": FILE},
            {"response": {"output": FILE}},
        ],
    )
    def test_where_the_answers_are(self, shown: dict[str, Any]) -> None:
        assert gemini_answer.responses_file(shown) == "files/batch-abc"

    @pytest.mark.parametrize("name", ["https://evil.example/x", "files/../models", "files/a?x=1", "x", 7])
    def test_a_file_name_that_leads_elsewhere_is_none(self, name: object) -> None:
        assert gemini_answer.responses_file({"response": {"responsesFile": name}}) is None

    @given(JSON)
    def test_no_value_makes_it_fail(self, value: object) -> None:
        whole = {**operation("BATCH_STATE_FAILED", output=FILE), "error": None, "response": None}
        for path in paths(whole):
            put = changed(whole, path, value)
            read_status(put)
            gemini_answer.mark(put)
            gemini_answer.responses_file(put)
            gemini_answer.inlined_responses(put)
