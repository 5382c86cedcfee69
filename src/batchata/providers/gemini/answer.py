"""Gemini's JSON in the house's words: result lines, usage, batches. Pure, and never raises.

Billing: "If your request fails with a 400 or 500 error, you won't be charged for the tokens used" (Gemini API, billing FAQ), so a
line that is an error is not billed. An answer is billed by its usage, blocked and cut ones too. Of a batch that expired or was
cancelled Gemini says nothing: it counts as unbilled only where the batch's own counts say that no request succeeded.
"""

import re
from typing import Any

from batchata.providers.base import Answer, BatchStatus
from batchata.providers.failures import upload_gone
from batchata.providers.foreign_json import count, dumped, fields, get, items, loaded, objects, shown, text, unix_time
from batchata.result import Outcome
from batchata.usage import Usage

BATCH_NAME = re.compile(r"batches/[A-Za-z0-9._-]{1,200}")
FILE_NAME = re.compile(r"files/[A-Za-z0-9._-]{1,200}")

CODES = {
    1: "CANCELLED",
    2: "UNKNOWN",
    3: "INVALID_ARGUMENT",
    4: "DEADLINE_EXCEEDED",
    5: "NOT_FOUND",
    6: "ALREADY_EXISTS",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    10: "ABORTED",
    11: "OUT_OF_RANGE",
    12: "UNIMPLEMENTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    15: "DATA_LOSS",
    16: "UNAUTHENTICATED",
}
"""google.rpc.Code."""

TRANSIENT = frozenset({"DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "INTERNAL", "UNAVAILABLE"})
"""Errors after which the same request may do better."""

_TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})  # where a line gives an HTTP status for a code

_ENDED = frozenset({"SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"})
_UNDER_WAY = frozenset({"", "UNSPECIFIED", "QUEUED", "PENDING", "RUNNING", "CANCELLING", "PAUSED", "UPDATING"})

_CUT = "the answer was cut at max_tokens, thinking included: raise max_tokens"
_REFUSALS = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
    }
)


def read_line(line: bytes) -> Answer:
    """One line of a responses file: `key`, and `response`, `error` or `status`. An inlined response has its key in `metadata`."""
    record = fields(loaded(line))
    custom_id = text(record.get("key")) or text(fields(record.get("metadata")).get("key"))
    if not custom_id:
        return Answer(None, Outcome.ERROR, error="a line of Gemini's results that can't be read: no key in it")
    if response := fields(record.get("response")):
        return _answered(custom_id, response)
    if failed := fields(record.get("error") or record.get("status")):
        return _failed(custom_id, failed)
    return Answer(custom_id, Outcome.ERROR, error="Gemini's result holds neither an answer nor an error")


def read_usage(usage: object) -> Usage:
    """Gemini's `usageMetadata`: thoughts stand beside the answer's tokens, tool results beside the prompt's."""
    given = fields(usage)
    thoughts = count(given.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=count(given.get("promptTokenCount")) + count(given.get("toolUsePromptTokenCount")),
        output_tokens=count(given.get("candidatesTokenCount")) + thoughts,
        cache_read_tokens=count(given.get("cachedContentTokenCount")),
        thinking_tokens=thoughts,
    )


def read_status(operation: object) -> BatchStatus | None:
    """A batch, which Gemini shows as a long-running operation; None where it is none.

    `done: true` ends a batch whose state this library does not know; else an unknown state is told in `error_kind`, and the
    batch goes on. EXPIRED and CANCELLED are told there too, whether or not `error` says that nothing ran.
    """
    name = text(get(operation, "name"))
    if name is None or not BATCH_NAME.fullmatch(name):
        return None
    state = _state(operation)
    stats = get(operation, "metadata", "batchStats")
    requested = count(get(stats, "requestCount"))
    error, kind = _whole_failure(operation, state)
    return BatchStatus(
        provider_id=name,
        ended=state in _ENDED or get(operation, "done") is True,
        created_at=created_at(operation),
        done=max(0, requested - count(get(stats, "pendingRequestCount"))) if requested else None,
        error=error,
        error_kind=kind,
    )


def created_at(operation: object) -> float | None:
    return unix_time(get(operation, "metadata", "createTime"))


def mark(operation: object) -> str | None:
    """The display name that its create set."""
    return text(get(operation, "metadata", "displayName"))


def responses_file(operation: object) -> str | None:
    """The name of the file that holds the answers."""
    for output in _outputs(operation):
        name = text(get(output, "responsesFile"))
        if name is not None and FILE_NAME.fullmatch(name):
            return name
    return None


def inlined_responses(operation: object) -> list[Any]:
    """The answers that stand in the batch itself, as result lines hold them."""
    for output in _outputs(operation):
        if inlined := items(get(output, "inlinedResponses", "inlinedResponses")):
            return inlined
    return []


def may_lack_answers(operation: object) -> bool:
    """Whether its end explains that there are no answers to fetch."""
    return _state(operation) in ("FAILED", "CANCELLED", "EXPIRED")


def error_words(error: object, otherwise: str) -> tuple[str, str | None]:
    """(the words, the name) of a google.rpc.Status."""
    code = get(error, "code")
    kind = text(get(error, "status")) or (CODES.get(code) if type(code) is int else None)
    said = kind or (str(code) if type(code) is int else None)
    words = ": ".join(part for part in (said, text(get(error, "message"))) if part)
    return words or otherwise, kind


def _outputs(operation: object) -> tuple[object, ...]:
    # the answers are told in both of them; an operation's own `response` is what outlives its metadata
    return (
        get(operation, "metadata", "output"),
        get(operation, "response"),
        get(operation, "response", "output"),
    )


def _state(operation: object) -> str:
    # BATCH_STATE_… on the wire, JOB_STATE_… in the SDK's words
    return (text(get(operation, "metadata", "state")) or "").rpartition("_STATE_")[2]


def _whole_failure(operation: object, state: str) -> tuple[str | None, str | None]:
    """(why nothing of the batch was answered or billed, the kind of its end)."""
    if state in _UNDER_WAY or state in ("SUCCEEDED", "PARTIALLY_SUCCEEDED"):
        return None, None
    answered = responses_file(operation) is not None or bool(inlined_responses(operation))
    stats = get(operation, "metadata", "batchStats")
    if state == "FAILED":
        failed = get(operation, "error") or get(operation, "metadata", "error")
        words, kind = error_words(failed, "the batch failed, and Gemini does not say why")
        unanswered = not answered and not count(get(stats, "successfulRequestCount"))
        return (words if unanswered else None), kind or state
    if state in ("EXPIRED", "CANCELLED") and not answered and _none_succeeded(stats):
        return f"the batch was {state.lower()} before any of its requests was answered", state
    return None, state


def _none_succeeded(stats: object) -> bool:
    """Whether the counts account for every request without a success. A count that is missing proves nothing: proto3 JSON
    leaves zeros out.
    """
    requested = count(get(stats, "requestCount"))
    other = count(get(stats, "pendingRequestCount")) + count(get(stats, "failedRequestCount"))
    return bool(requested) and other == requested


def _answered(custom_id: str, response: dict[str, Any]) -> Answer:
    first = next(iter(items(response.get("candidates"))), None)
    if isinstance(first, dict):
        said = _answer_text(first)
        outcome, error = _ending(first, said)
    else:
        said = None
        outcome, error = _unanswered(response.get("promptFeedback"))
    return Answer(
        custom_id=custom_id,
        outcome=outcome,
        text=said,
        usage=read_usage(response.get("usageMetadata")),
        model=text(response.get("modelVersion")),
        error=error,
        # an answer without a word happens to requests that are answered well the next time
        retryable=outcome is Outcome.ERROR and fields(first).get("finishReason") == "STOP",
    )


def _ending(candidate: dict[str, Any], said: str | None) -> tuple[Outcome, str | None]:
    reason = candidate.get("finishReason")
    detail = text(candidate.get("finishMessage"))
    if reason == "STOP":
        return (Outcome.SUCCEEDED, None) if said else (Outcome.ERROR, "the model ended without a word of an answer")
    if reason == "MAX_TOKENS":
        return Outcome.TRUNCATED, _CUT
    if isinstance(reason, str) and reason in _REFUSALS:
        return Outcome.REFUSED, ": ".join(part for part in (f"the answer was stopped for {reason}", detail) if part)
    # text and bill are kept, but nothing says that the answer is whole, and it must not pass for one
    return Outcome.ERROR, ": ".join(
        part for part in (f"the answer ended with finishReason {shown(reason)}", detail) if part
    )


def _unanswered(feedback: object) -> tuple[Outcome, str | None]:
    reason = text(get(feedback, "blockReason"))
    if reason is None:
        return Outcome.ERROR, "Gemini's answer holds no candidate, and does not say why"
    detail = text(get(feedback, "blockReasonMessage"))
    return Outcome.REFUSED, ": ".join(part for part in (f"the prompt was blocked for {reason}", detail) if part)


def _answer_text(candidate: dict[str, Any]) -> str | None:
    """The text parts joined, thoughts left out; where there is none but the model called the user's own functions, their
    arguments as JSON.
    """
    given = objects(fields(candidate.get("content")).get("parts"))
    parts = [part for part in given if part.get("thought") is not True]
    said = "".join([words for part in parts if (words := text(part.get("text")))])
    if said:
        return said
    calls = [get(part, "functionCall", "args") for part in parts if part.get("functionCall") is not None]
    return dumped(calls[0] if len(calls) == 1 else calls) if calls else ""


def _failed(custom_id: str, error: dict[str, Any]) -> Answer:
    words, kind = error_words(error, "Gemini's result is an error, and does not say why")
    if kind == "CANCELLED":
        return Answer(custom_id, Outcome.CANCELLED, error=words, billed=False)
    code = get(error, "code")
    return Answer(
        custom_id,
        Outcome.ERROR,
        error=words,
        retryable=kind in TRANSIENT or (type(code) is int and code in _TRANSIENT_STATUSES) or upload_gone(words),
        billed=False,
    )
