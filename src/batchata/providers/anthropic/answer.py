"""Anthropic's JSON in the house's words: result lines, usage, message batches. Pure, and never raises.

Everything here came over the network and may be anything: each value is looked at before it is used, and what is not what it
should be is taken for absent.

Billing (Anthropic's batch documentation): requests that errored, were cancelled or expired are not billed. A line that says
something else is taken as billed, because what may have been paid must count.
"""

from typing import Any

from batchata.providers.base import Answer, BatchStatus, Cited, Statement
from batchata.providers.failures import upload_gone
from batchata.providers.foreign_json import count, dumped, fields, get, items, loaded, objects, shown, text, unix_time
from batchata.result import Outcome
from batchata.usage import Usage

TRANSIENT = frozenset({"overloaded_error", "api_error", "timeout_error", "rate_limit_error"})
"""Error types after which the same request may do better."""

_WHOLE = frozenset({"end_turn", "stop_sequence", "tool_use"})
_NOT_WHOLE = {
    "max_tokens": (Outcome.TRUNCATED, "the answer was cut at max_tokens, thinking included: raise max_tokens"),
    "model_context_window_exceeded": (
        Outcome.TRUNCATED,
        "the answer was cut where the model's context window was full",
    ),
    "refusal": (Outcome.REFUSED, "the model refused"),
    "pause_turn": (Outcome.ERROR, "Anthropic paused the turn of a server tool; a batch can't take it up again"),
}


def read_line(line: bytes) -> Answer:
    """One line of a results file (JSONL: `custom_id` and `result`)."""
    record = fields(loaded(line))
    custom_id = text(record.get("custom_id"))
    if not custom_id:
        return Answer(None, Outcome.ERROR, error="a line of Anthropic's results that can't be read: no custom_id in it")
    result = fields(record.get("result"))
    kind = result.get("type")
    if kind == "succeeded":
        return _succeeded(custom_id, result.get("message"))
    if kind == "errored":
        return _errored(custom_id, result.get("error"))
    if kind == "expired":
        words = "Anthropic did not get to it before the batch expired"
        return Answer(custom_id, Outcome.EXPIRED, error=words, retryable=True, billed=False)
    if kind == "canceled":
        return Answer(custom_id, Outcome.CANCELLED, error="cancelled before it was answered", billed=False)
    return Answer(
        custom_id, Outcome.ERROR, error=f"Anthropic's result has a type unknown to this library: {shown(kind)}"
    )


def read_usage(usage: object) -> Usage:
    """Anthropic's `usage`: its `input_tokens` is only the uncached rest, ours is the whole prompt."""
    given = fields(usage)
    split, details = given.get("cache_creation"), given.get("output_tokens_details")
    written_1h = written_5m = thinking = 0
    if isinstance(split, dict):
        written_1h = count(split.get("ephemeral_1h_input_tokens"))
        written_5m = count(split.get("ephemeral_5m_input_tokens"))
    # where the split is missing or short, the rest was written at the default time to live
    written_5m = max(written_5m, count(given.get("cache_creation_input_tokens")) - written_1h)
    cached = count(given.get("cache_read_input_tokens"))
    whole = count(given.get("input_tokens")) + written_5m + written_1h + cached
    if isinstance(details, dict):
        thinking = count(details.get("thinking_tokens"))
    return Usage(whole, count(given.get("output_tokens")), cached, written_5m, written_1h, thinking)


def read_status(batch: object) -> BatchStatus | None:
    """A MessageBatch object; None where it is none. Its counters stay at "processing" until the whole batch has ended, so
    `done` is None till then.
    """
    provider_id = text(get(batch, "id"))
    if not provider_id:
        return None
    archived = get(batch, "archived_at") is not None
    ended = archived or get(batch, "processing_status") == "ended"
    return BatchStatus(
        provider_id=provider_id,
        ended=ended,
        created_at=unix_time(get(batch, "created_at")),
        done=request_count(batch) if ended else None,
        results_gone=archived,
    )


def request_count(batch: object) -> int | None:
    """How many requests a MessageBatch holds: the sum of its counters, whatever its state."""
    counts = get(batch, "request_counts")
    if not isinstance(counts, dict) or not counts:
        return None
    return sum(count(value) for value in counts.values())


def _succeeded(custom_id: str, message: object) -> Answer:
    if not isinstance(message, dict):
        return Answer(
            custom_id, Outcome.ERROR, error="Anthropic's result says succeeded and holds no message", statements=()
        )
    outcome, error = _ending(message)
    said, statements = _said(message.get("content"))
    if said is None and outcome is Outcome.SUCCEEDED:
        outcome, error = Outcome.ERROR, "Anthropic's result says succeeded and its message has no content"
    usage = fields(message.get("usage"))
    note = _lost_discount(usage.get("service_tier"))
    return Answer(
        custom_id, outcome, said, read_usage(usage), text(message.get("model")), error, False, True, note, statements
    )


def _said(content: object) -> tuple[str | None, tuple[Statement, ...]]:
    """The answer's text, and the pieces of it that cite."""
    if not isinstance(content, list):
        return None, ()
    if len(content) == 1 and isinstance(block := content[0], dict) and not block.get("citations"):
        only = block.get("text")
        if isinstance(only, str) and block.get("type") == "text":  # as nearly all are
            return only, ()
    blocks = objects(content)
    return _answer_text(blocks), _statements(blocks)


def _lost_discount(tier: object) -> str | None:
    """Anthropic says "batch" where it billed at its batch price, which is the one that was reckoned with."""
    if tier == "batch" or not isinstance(tier, str):
        return None
    return f"billed at service tier {shown(tier)}, not 'batch': it may have cost twice what is shown"


def _ending(message: dict[str, Any]) -> tuple[Outcome, str | None]:
    reason = message.get("stop_reason")
    if not isinstance(reason, str) or (reason not in _WHOLE and reason not in _NOT_WHOLE):
        # text and bill are kept, but nothing says that the answer is whole, and it must not pass for one
        return Outcome.ERROR, f"the answer ended for a reason unknown to this library: stop_reason {shown(reason)}"
    if reason in _WHOLE:
        return Outcome.SUCCEEDED, None
    outcome, words = _NOT_WHOLE[reason]
    details = fields(message.get("stop_details"))
    said = [text(details.get("category")), text(details.get("explanation"))]
    return outcome, ": ".join([words, *(part for part in said if part)])


def _answer_text(blocks: list[dict[str, Any]]) -> str | None:
    """The text blocks joined; where there is none but the model called the user's own tools, their input as JSON."""
    texts = [said for block in blocks if block.get("type") == "text" and (said := text(block.get("text")))]
    if texts:
        return "".join(texts)
    calls = [block.get("input") for block in blocks if block.get("type") == "tool_use"]
    return dumped(calls[0] if len(calls) == 1 else calls) if calls else ""


def _statements(blocks: list[dict[str, Any]]) -> tuple[Statement, ...]:
    """The text blocks that cite something."""
    citing = [block for block in blocks if block.get("citations") and block.get("type") == "text"]
    cited = [(text(block.get("text")) or "", _cited(block["citations"])) for block in citing]
    return tuple([Statement(said, passages) for said, passages in cited if passages])


def _cited(citations: object) -> tuple[Cited, ...]:
    """`char_location` says a character, `page_location` a page, `content_block_location` neither."""
    return tuple(
        Cited(
            passage,
            _place(get(citation, "document_index")),
            _place(get(citation, "start_char_index")),
            _place(get(citation, "start_page_number")),
        )
        for citation in items(citations)
        if (passage := text(get(citation, "cited_text")))
    )


def _place(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _errored(custom_id: str, error: object) -> Answer:
    # an ErrorResponse inside the result: {"type": "error", "error": {"type": "...", "message": "..."}, "request_id": "..."}
    inner = get(error, "error") if isinstance(get(error, "error"), dict) else error
    kind, message = text(get(inner, "type")), text(get(inner, "message"))
    words = ": ".join(part for part in (kind, message) if part) or "Anthropic's result says errored, and not why"
    request_id = text(get(error, "request_id"))
    return Answer(
        custom_id,
        Outcome.ERROR,
        error=words + (f" [request {request_id}]" if request_id else ""),
        retryable=kind in TRANSIENT or upload_gone(message),
        billed=False,
    )
