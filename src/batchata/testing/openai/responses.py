"""`/v1/responses`: what a request may hold, what it wishes, and the response it is answered with."""

from collections.abc import Mapping
from typing import Any

from batchata.testing.answers import Answer
from batchata.testing.drafts import Draft, Wish
from batchata.testing.openai.checks import fields, items, kind, mapping, one_of, text
from batchata.testing.openai.content import check_input_content
from batchata.testing.openai.errors import ApiError
from batchata.testing.openai.models import Model
from batchata.testing.openai.sampling import check_cap, check_effort, check_sampling
from batchata.testing.openai.schema_rules import check_schema
from batchata.testing.openai.tools import check_name, check_tools, forced

COUNTABLE = (  # [sdk: InputTokenCountParams]
    *("conversation", "input", "instructions", "parallel_tool_calls", "personality", "previous_response_id"),
    *("reasoning", "text", "tool_choice", "tools", "truncation"),
)
_OPTIONAL = (  # [sdk: ResponseCreateParamsBase]
    *("access_programs", "background", "background_options", "context_management", "conversation", "image", "include"),
    *("input", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "moderation", "parallel_tool_calls"),
    *("previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
    *("reasoning", "safety_identifier", "service_tier", "store", "stream", "stream_options", "temperature", "text"),
    *("tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user"),
)
_ROLES = ("assistant", "system", "developer", "user")  # [sdk: EasyInputMessageParam]
_REASONING = ("context", "effort", "generate_summary", "mode", "summary")  # [sdk: Reasoning]
_MIN_OUTPUT = 16  # [assumed]


def check(body: Mapping[str, Any], known: Model, *, strict: bool) -> None:
    """Raises `ApiError`; where it is not `strict`, fields that it does not know are ignored."""
    fields(body, "", ("model", "input"), _OPTIONAL if strict else body)
    if body.get("stream") or body.get("background"):  # [assumed wording]
        raise ApiError("Streaming and background responses are not supported here.", "stream", "unsupported_value")
    _check_prompt(body, known)
    effort = (body.get("reasoning") or {}).get("effort")
    check_sampling(body, known, effort, chat=False)
    if "max_output_tokens" in body:
        check_cap(body["max_output_tokens"], "max_output_tokens", known, _MIN_OUTPUT)


def check_countable(body: Mapping[str, Any], known: Model) -> None:
    """What `/v1/responses/input_tokens` takes: a response's prompt."""
    fields(body, "", ("model",), COUNTABLE)
    _check_prompt({"input": "", **body}, known)


def _check_prompt(body: Mapping[str, Any], known: Model) -> None:
    _check_input(body["input"])
    if "instructions" in body:
        kind(body["instructions"], str, "instructions")
    reasoning = mapping(body.get("reasoning", {}), "reasoning")
    fields(reasoning, "reasoning", (), _REASONING)
    if reasoning.get("effort") is not None:
        check_effort(reasoning["effort"], "reasoning.effort", known)
    check_tools(body, chat=False)
    _check_text(mapping(body.get("text", {}), "text"), body)


def _check_input(given: Any) -> None:
    if isinstance(given, str):
        return
    for place, item in enumerate(items(given, "input")):
        at = f"input[{place}]"
        if mapping(item, at).get("type", "message") != "message":
            text(item["type"], f"{at}.type")
            continue  # calls, their outputs and reasoning are not looked into [assumed]
        fields(item, at, ("role", "content"), ("type", "id", "status", "phase"))
        role = one_of(item["role"], f"{at}.role", _ROLES)
        check_input_content(item["content"], f"{at}.content", role)


def _check_text(config: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """[sdk: ResponseTextConfigParam]"""
    fields(config, "text", (), ("format", "verbosity"))
    wanted = config.get("format")
    if wanted is None:
        return
    chosen = one_of(
        mapping(wanted, "text.format").get("type", ""), "text.format.type", ("json_object", "json_schema", "text")
    )
    if chosen == "json_object" and "json" not in str(body["input"]).lower():  # [assumed]
        message = "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'."
        raise ApiError(message, "input")
    if chosen != "json_schema":
        return
    fields(wanted, "text.format", ("type", "name", "schema"), ("description", "strict"))
    check_name(wanted["name"], "text.format.name")
    if wanted.get("strict"):
        check_schema(wanted["schema"], f"response_format '{wanted['name']}'", "text.format.schema")


def wish(body: Mapping[str, Any], known: Model) -> Wish:
    thinks = known.reasons and (body.get("reasoning") or {}).get("effort") != "none"
    return Wish(body.get("max_output_tokens"), _schema(body), thinks)


def _schema(body: Mapping[str, Any]) -> Any:
    if call := forced(body, chat=False):
        return call[1].get("parameters") or {"type": "object"}
    wanted = (body.get("text") or {}).get("format") or {}
    if wanted.get("type") == "json_object":
        return {"type": "object", "additionalProperties": {"type": "string"}}
    return wanted.get("schema")


def response(
    name: str, body: Mapping[str, Any], draft: Draft, answer: Answer, usage: Mapping[str, Any], now: float
) -> dict[str, Any]:
    """[sdk: Response]"""
    reason = {"max_tokens": "max_output_tokens", "content_filter": "content_filter"}.get(draft.stop)
    return {
        "id": f"resp_{name}",
        "object": "response",
        "created_at": int(now),
        "status": "incomplete" if reason else "completed",
        "background": False,
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": body["model"],
        "output": _output(name, body, draft, answer),
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": (body.get("reasoning") or {}).get("effort"), "summary": None},
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools", []),
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "usage": usage,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _output(name: str, body: Mapping[str, Any], draft: Draft, answer: Answer) -> list[dict[str, Any]]:
    """Reasoning comes first, as an item of its own: code that reads `output[0].content` breaks here as it would there."""
    thought = [{"id": f"rs_{name}", "type": "reasoning", "summary": []}] if draft.thinking_tokens else []
    status = "incomplete" if draft.stop in {"max_tokens", "content_filter"} else "completed"
    if answer.content is not None:
        return [*thought, *(dict(block) for block in answer.content)]
    call = forced(body, chat=False)
    if call and answer.text is None and draft.stop in {"end_turn", "max_tokens"}:
        item = {"id": f"fc_{name}", "type": "function_call", "call_id": f"call_{name[:24]}", "status": status}
        return [*thought, {**item, "name": call[0], "arguments": draft.text}]
    if not draft.text and draft.stop == "max_tokens":
        return thought
    said: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": draft.text}
    if draft.stop == "refusal":
        said = {"type": "refusal", "refusal": draft.text or "I'm sorry, I can't assist with that."}
    return [
        *thought,
        {"id": f"msg_{name}", "type": "message", "status": status, "role": "assistant", "content": [said]},
    ]


def usage(prompt: int, cached: int, draft: Draft) -> dict[str, Any]:
    """[sdk: ResponseUsage]; reasoning is part of the output."""
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": draft.output_tokens,
        "output_tokens_details": {"reasoning_tokens": draft.thinking_tokens},
        "total_tokens": prompt + draft.output_tokens,
    }
