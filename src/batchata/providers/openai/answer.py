"""OpenAI's answers in the house's words: result lines, chat completions, responses, usage. Pure, and never raises.

Both endpoints are read by what the body is, not by what was asked, so a gateway may answer either way.

Billing: what reports usage is billed by it. A request that the API refused (an HTTP error of its own), that expired or that was
cancelled before it ran is not billed (OpenAI's batch guide and help centre: finished work is, unfinished work is not). A line that
says something else is taken as billed, because what may have been paid must count.
"""

from collections.abc import Callable
from typing import Any

import orjson

from batchata.providers.base import Answer
from batchata.providers.failures import upload_gone
from batchata.providers.foreign_json import count, dumped, fields, get, items, loaded, objects, shown, text
from batchata.providers.openai.errors import worth_retrying
from batchata.result import Outcome
from batchata.usage import Usage

SAFETY_CODES = frozenset(
    {
        "bio_policy",
        "content_filter",
        "content_policy_violation",
        "image_content_policy_violation",
        "invalid_prompt",  # "your prompt was flagged as potentially violating our usage policy"
        "misalignment_policy_violation",
        "moderation_blocked",
    }
)
"""Error codes by which a safety filter says that it would not let the request or the answer through."""

DEARER_TIERS = frozenset({"fast", "priority"})
_TRANSIENT = frozenset({"server_error", "rate_limit_exceeded", "request_timeout", "vector_store_timeout"})
_TRUNCATED = (Outcome.TRUNCATED, "the answer was cut at max_tokens, thinking included: raise max_tokens")
_FILTERED = (Outcome.REFUSED, "a content filter stopped the answer")
_CHAT_ENDINGS: dict[str, tuple[Outcome, str | None]] = {
    "stop": (Outcome.SUCCEEDED, None),
    "eos": (Outcome.SUCCEEDED, None),  # so say some servers of the dialect
    "tool_calls": (Outcome.SUCCEEDED, None),
    "function_call": (Outcome.SUCCEEDED, None),
    "length": _TRUNCATED,
    "content_filter": _FILTERED,
}
_CALLS = ("function_call", "custom_tool_call")
_INCOMPLETE = {"max_output_tokens": _TRUNCATED, "max_messages": _TRUNCATED, "content_filter": _FILTERED}


def read_line(line: bytes) -> Answer:
    """One line of an output or error file: `custom_id`, and a `response` (`status_code`, `body`) or an `error`."""
    record = fields(loaded(line))
    custom_id = text(record.get("custom_id"))
    if not custom_id:
        return Answer(None, Outcome.ERROR, error="a line of results that can't be read: no custom_id in it")
    response = fields(record.get("response"))
    body, status = response.get("body"), response.get("status_code")
    if not isinstance(body, dict):
        return _no_response(custom_id, record.get("error"), status)
    if status is None or (type(status) is int and 200 <= status < 300):
        return read_body(custom_id, body)
    return _http_error(custom_id, status, body, text(response.get("request_id")))


def read_body(custom_id: str, answer: object) -> Answer:
    """The answer of either endpoint to one request."""
    body = fields(answer)
    if isinstance(body.get("choices"), list):
        return _read(custom_id, body, _chat_ending, _chat_text)
    if isinstance(body.get("output"), list) or body.get("object") == "response":
        return _read(custom_id, body, _response_ending, _response_text)
    if body.get("error") is not None:
        return _no_response(custom_id, body, None)
    return Answer(
        custom_id, Outcome.ERROR, error="the result says succeeded and holds no answer", usage=_usage_of(body)
    )


def read_usage(usage: object) -> Usage:
    """`usage` of either endpoint: the totals hold cached and reasoning tokens.

    Servers that count reasoning beside the completion show it in `total_tokens`, so the larger figure counts. Cache writes
    that live 12 hours stand with the longer of our two kinds.
    """
    given = fields(usage)
    prompt = max(count(given.get("prompt_tokens")), count(given.get("input_tokens")))
    output = max(count(given.get("completion_tokens")), count(given.get("output_tokens")))
    into = fields(given.get("prompt_tokens_details") or given.get("input_tokens_details"))
    out_of = fields(given.get("completion_tokens_details") or given.get("output_tokens_details"))
    long = count(fields(into.get("cache_write_tokens_details")).get("ttl_12h_tokens"))
    return Usage(
        input_tokens=prompt,
        output_tokens=max(output, count(given.get("total_tokens")) - prompt),
        cache_read_tokens=count(into.get("cached_tokens")),
        cache_write_5m_tokens=max(0, count(into.get("cache_write_tokens")) - long),
        cache_write_1h_tokens=long,
        thinking_tokens=count(out_of.get("reasoning_tokens")),
    )


def error_words(error: object) -> tuple[str | None, str]:
    """(the error's code, its words). `vllm run-batch` puts an error within the error."""
    inner = get(error, "error") if isinstance(get(error, "error"), dict) else error
    code = text(get(inner, "code")) or text(get(inner, "type"))
    message = text(get(inner, "message")) or text(get(error, "error")) or text(inner)
    return code, ": ".join(part for part in (code, message) if part)


def _read(
    custom_id: str,
    body: dict[str, Any],
    ending: Callable[[dict[str, Any]], tuple[Outcome, str | None]],
    answer_text: Callable[[dict[str, Any]], str | None],
) -> Answer:
    outcome, error = ending(body)
    usage = _usage_of(body)
    return Answer(
        custom_id=custom_id,
        outcome=outcome,
        text=answer_text(body),
        usage=usage,
        model=text(body.get("model")),
        error=error,
        retryable=outcome is Outcome.ERROR and text(get(body, "error", "code")) in _TRANSIENT,
        # a response that failed before it generated anything has no usage
        billed=body.get("status") not in ("failed", "cancelled") or usage != Usage(),
        note=_dearer(body.get("service_tier")),
    )


def _dearer(tier: object) -> str | None:
    """OpenAI has no word for a batch's tier ("default" stands there), so only one that costs more than it says anything."""
    if not isinstance(tier, str) or tier not in DEARER_TIERS:
        return None
    return f"answered at service tier {shown(tier)}, which has no batch discount: it may have cost more than is shown"


def _usage_of(body: dict[str, Any]) -> Usage:
    return read_usage(body.get("usage"))


# -- chat completions


def _choice(body: dict[str, Any]) -> dict[str, Any]:
    choices = items(body.get("choices"))
    return fields(choices[0]) if choices else {}


def _chat_ending(body: dict[str, Any]) -> tuple[Outcome, str | None]:
    choice = _choice(body)
    reason = choice.get("finish_reason")
    if refusal := text(fields(choice.get("message")).get("refusal")):
        return Outcome.REFUSED, f"the model refused: {refusal}"
    if isinstance(reason, str) and reason in _CHAT_ENDINGS:
        return _CHAT_ENDINGS[reason]
    # text and bill are kept, but nothing says that the answer is whole, and it must not pass for one
    return Outcome.ERROR, f"the answer ended for a reason unknown to this library: finish_reason {shown(reason)}"


def _chat_text(body: dict[str, Any]) -> str | None:
    message = fields(_choice(body).get("message"))
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(part for item in content if (part := text(get(item, "text"))))
    if isinstance(content, str) and content:
        return content
    calls = [get(call, "function", "arguments") for call in items(message.get("tool_calls"))]
    return _arguments(calls or [call for call in [get(message, "function_call", "arguments")] if call])


def _arguments(calls: list[Any]) -> str | None:
    """What the model gave the user's own tools: one call's arguments as they are, several as a list. "" where none."""
    if len(calls) == 1:
        return text(calls[0])
    return dumped([_parsed(call) for call in calls]) if calls else ""


def _parsed(arguments: object) -> object:
    try:
        return orjson.loads(arguments) if isinstance(arguments, str) else arguments
    except orjson.JSONDecodeError:
        return arguments


# -- responses


def _response_ending(body: dict[str, Any]) -> tuple[Outcome, str | None]:
    status, reason = body.get("status"), fields(body.get("incomplete_details")).get("reason")
    refusals = [text(part.get("refusal")) or "" for part in _parts(body) if part.get("type") == "refusal"]
    if refusals:
        return Outcome.REFUSED, f"the model refused: {' '.join(refusals)}"
    if status == "completed":
        return Outcome.SUCCEEDED, None
    if status == "incomplete" and isinstance(reason, str) and reason in _INCOMPLETE:
        return _INCOMPLETE[reason]
    if status == "cancelled":
        return Outcome.CANCELLED, "cancelled before it was answered"
    if status == "failed":
        code, words = error_words(body.get("error"))
        return Outcome.REFUSED if code in SAFETY_CODES else Outcome.ERROR, words or "OpenAI says failed, and not why"
    return Outcome.ERROR, f"the answer ended for a reason unknown to this library: {shown(reason or status)}"


def _messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of the answer; where some are marked final, the commentary before them is left out."""
    messages = [item for item in objects(body.get("output")) if item.get("type") == "message"]
    final = [message for message in messages if message.get("phase") == "final_answer"]
    return final or messages


def _parts(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for message in _messages(body) for part in objects(message.get("content"))]


def _response_text(body: dict[str, Any]) -> str | None:
    texts = [said for part in _parts(body) if part.get("type") == "output_text" and (said := text(part.get("text")))]
    if texts:
        return "".join(texts)
    calls = [item for item in objects(body.get("output")) if item.get("type") in _CALLS]
    return _arguments([call.get("arguments") or call.get("input") for call in calls])


# -- requests without an answer


def _http_error(custom_id: str, status: object, body: dict[str, Any], request_id: str | None) -> Answer:
    code, said = error_words(body.get("error") or body)
    usage = _usage_of(body)
    known = status if type(status) is int and 400 <= status < 600 else None
    words = f"HTTP {status if known else shown(status)}" if known or type(status) is not int else f"status {status}"
    return Answer(
        custom_id,
        Outcome.REFUSED if code in SAFETY_CODES else Outcome.ERROR,
        usage=usage,
        error=": ".join(part for part in (words, said) if part) + (f" [request {request_id}]" if request_id else ""),
        retryable=known is None or worth_retrying(known, code) or upload_gone(said),
        billed=known is None or usage != Usage(),
    )


def _no_response(custom_id: str, error: object, status: object) -> Answer:
    code, words = error_words(error)
    if code == "batch_expired":
        return Answer(custom_id, Outcome.EXPIRED, error=words, retryable=True, billed=False)
    if code == "batch_cancelled":
        return Answer(custom_id, Outcome.CANCELLED, error=words, billed=False)
    known = type(status) is int and 400 <= status < 600
    return Answer(
        custom_id,
        Outcome.REFUSED if code in SAFETY_CODES else Outcome.ERROR,
        error=words or "a line of results with neither an answer nor an error",
        retryable=code in _TRANSIENT or (type(status) is int and (not known or worth_retrying(status, code))),
        billed=not words,  # an error in place of a response: nothing was answered, so nothing is billed
    )
