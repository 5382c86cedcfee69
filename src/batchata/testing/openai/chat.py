"""`/v1/chat/completions`: what a request may hold, what it wishes, and the completion it is answered with."""

from collections.abc import Mapping, Sequence
from typing import Any

from batchata.testing.answers import Answer
from batchata.testing.drafts import Draft, Wish
from batchata.testing.openai.checks import fields, items, kind, mapping, one_of, text, whole
from batchata.testing.openai.content import check_chat_content
from batchata.testing.openai.errors import ApiError
from batchata.testing.openai.models import Model
from batchata.testing.openai.sampling import check_cap, check_effort, check_sampling, unsupported
from batchata.testing.openai.schema_rules import check_schema
from batchata.testing.openai.tools import check_name, check_tools, forced

_OPTIONAL = (  # [sdk: CompletionCreateParamsBase]
    *("audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens"),
    *("max_tokens", "metadata", "modalities", "moderation", "n", "parallel_tool_calls", "prediction"),
    *("presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort"),
    *("response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options"),
    *("temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options"),
)
_SERVED = ("top_k", "min_p", "repetition_penalty", "chat_template_kwargs", "guided_json", "structured_outputs")
_ROLES = ("system", "assistant", "user", "function", "tool", "developer")  # [assumed]
_MESSAGE = {  # [sdk: ChatCompletionMessageParam]
    "assistant": ("content", "audio", "function_call", "name", "refusal", "tool_calls"),
    "tool": ("content", "tool_call_id"),
}


def check(body: Mapping[str, Any], known: Model, *, strict: bool) -> None:
    """Raises `ApiError`; where it is not `strict`, fields that it does not know are ignored."""
    fields(body, "", ("model", "messages"), (*_OPTIONAL, *(_SERVED if known.served else ())) if strict else body)
    _check_messages(body["messages"])
    if body.get("stream"):  # [assumed wording]
        raise ApiError("Streaming is not supported here.", "stream", "unsupported_value")
    check_sampling(body, known, body.get("reasoning_effort"), chat=True)
    if "reasoning_effort" in body:
        check_effort(body["reasoning_effort"], "reasoning_effort", known)
    _check_caps(body, known)
    if "n" in body:
        whole(body["n"], "n", 1, 128)  # [assumed]
    if "stop" in body:
        _check_stop(body["stop"], known)
    if "verbosity" in body:
        one_of(body["verbosity"], "verbosity", ("low", "medium", "high"))
    check_tools(body, chat=True)
    if "response_format" in body:
        _check_format(body)


def _check_messages(messages: Any) -> None:
    if not items(messages, "messages"):  # [assumed]
        raise ApiError(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "messages",
            "empty_array",
        )
    for place, message in enumerate(messages):
        at = f"messages[{place}]"
        role = one_of(mapping(message, at).get("role", ""), f"{at}.role", _ROLES)
        fields(message, at, ("role",), _MESSAGE.get(role, ("content", "name")))
        content = message.get("content")
        if content is None and not (
            role == "assistant" and message.keys() & {"tool_calls", "function_call", "refusal"}
        ):
            kind(content, str, f"{at}.content")
        if content is not None:
            check_chat_content(content, f"{at}.content", role)


def _check_caps(body: Mapping[str, Any], known: Model) -> None:
    if known.reasons and "max_tokens" in body:  # [issue: goclaw 211, word for word]
        raise unsupported("max_tokens", "max_completion_tokens")
    if "max_tokens" in body and "max_completion_tokens" in body:  # [assumed]
        raise ApiError(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            None,
            "invalid_parameter_combination",
        )
    for name in ("max_tokens", "max_completion_tokens"):
        if name in body:
            check_cap(body[name], name, known, 1)


def _check_stop(stop: Any, known: Model) -> None:
    if known.id.startswith(("o3", "o4")):  # [sdk: CompletionCreateParams.stop]
        raise unsupported("stop")
    if isinstance(stop, str):
        return
    for place, sequence in enumerate(items(stop, "stop")):
        text(sequence, f"stop[{place}]")
    if len(stop) > 4:  # [sdk: CompletionCreateParams.stop]
        raise ApiError("Invalid 'stop': array too long. Expected an array with maximum length 4.", "stop")


def _check_format(body: Mapping[str, Any]) -> None:
    """[sdk: ResponseFormatText, ResponseFormatJSONObject, ResponseFormatJSONSchema]"""
    wanted = mapping(body["response_format"], "response_format")
    chosen = one_of(wanted.get("type", ""), "response_format.type", ("json_object", "json_schema", "text"))
    if chosen == "json_object" and "json" not in str(body["messages"]).lower():  # [assumed]
        message = (
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        )
        raise ApiError(message, "messages")
    if chosen != "json_schema":
        return
    fields(wanted, "response_format", ("type", "json_schema"))
    at = "response_format.json_schema"
    given = mapping(wanted["json_schema"], at)
    fields(given, at, ("name",), ("description", "schema", "strict"))
    check_name(given["name"], f"{at}.name")
    if given.get("strict"):
        check_schema(given.get("schema"), f"response_format '{given['name']}'", "response_format")


def wish(body: Mapping[str, Any], known: Model) -> Wish:
    cap = body.get("max_completion_tokens", body.get("max_tokens"))
    stop = body.get("stop") or ()
    thinks = known.reasons and body.get("reasoning_effort") != "none"
    return Wish(cap, _schema(body), thinks, (stop,) if isinstance(stop, str) else stop)


def _schema(body: Mapping[str, Any]) -> Any:
    if call := forced(body, chat=True):
        return call[1].get("parameters") or {"type": "object"}
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_object":
        return {"type": "object", "additionalProperties": {"type": "string"}}
    return (wanted.get("json_schema") or {}).get("schema")


def completion(
    name: str, body: Mapping[str, Any], drafts: Sequence[Draft], answer: Answer, usage: Mapping[str, Any], now: float
) -> dict[str, Any]:
    """[sdk: ChatCompletion]"""
    choices = [_choice(place, body, draft, answer, name) for place, draft in enumerate(drafts)]
    return {
        "id": f"chatcmpl-{name}",
        "object": "chat.completion",
        "created": int(now),
        "model": body["model"],
        "choices": choices,
        "usage": usage,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _choice(place: int, body: Mapping[str, Any], draft: Draft, answer: Answer, name: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": draft.text, "refusal": None, "annotations": []}
    reason = {"max_tokens": "length", "end_turn": "stop", "stop_sequence": "stop"}.get(draft.stop, draft.stop)
    call = forced(body, chat=True)
    if answer.content is not None:
        message |= {"content": None, "tool_calls": [dict(block) for block in answer.content]}
        reason = "tool_calls" if reason == "stop" else reason
    elif draft.stop == "refusal":
        message |= {"content": None, "refusal": draft.text or "I'm sorry, I can't assist with that."}
        reason = "stop"
    elif call and answer.text is None and draft.stop in {"end_turn", "max_tokens"}:
        function = {"name": call[0], "arguments": draft.text}
        message |= {
            "content": None,
            "tool_calls": [{"id": f"call_{name[:24]}", "type": "function", "function": function}],
        }
        # a function called by name ends with "stop", a required one with "tool_calls" [assumed]
        reason = "tool_calls" if reason == "stop" and body.get("tool_choice") == "required" else reason
    elif draft.stop == "content_filter":
        message["content"] = draft.text[: len(draft.text) // 2]
    return {"index": place, "message": message, "logprobs": None, "finish_reason": reason}


def usage(prompt: int, cached: int, drafts: Sequence[Draft]) -> dict[str, Any]:
    """[sdk: CompletionUsage]; reasoning is part of the completion."""
    said = sum(draft.output_tokens for draft in drafts)
    thought = sum(draft.thinking_tokens for draft in drafts)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": said,
        "total_tokens": prompt + said,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": thought,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
