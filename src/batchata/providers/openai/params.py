"""What a user may put into a request of OpenAI's dialect by `provider_params` and `temperature`. Pure.

Three kinds of refusal: what the library owns; what can't go together; and, under a cost limit, what can't be bounded. For the
last an allow-list holds: a parameter not known to cost nothing beyond tokens is refused, with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchata.errors import ValidationError
from batchata.providers import openai_models
from batchata.providers.base import ModelFacts
from batchata.request import Request

_BY_MAX_TOKENS = "give it by max_tokens="
_OWNED = {
    "model": "name it by model=",
    "messages": "give them by messages= or prompt=",
    "input": "give it by messages= or prompt=",
    "max_tokens": _BY_MAX_TOKENS,
    "max_completion_tokens": _BY_MAX_TOKENS,
    "max_output_tokens": _BY_MAX_TOKENS,
    "stream": "a batch does not stream",
    "stream_options": "a batch does not stream",
}
_SHARED = frozenset(
    (
        "metadata",
        "parallel_tool_calls",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "store",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
    )
)
_FREE_VALUES = {
    "service_tier": ("auto", "default"),  # the others cost more, or are none of a batch's
    "background": (False,),
    "n": (1,),
}
_LIFE = "30m"  # a cache write that lives longer has a price that is not known


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of the two ways to ask: its path in a batch, the parameter that holds a schema, and what costs only tokens."""

    path: str
    form: str
    free: frozenset[str]


RESPONSES = Endpoint(
    "/v1/responses",
    form="text",
    free=_SHARED | {"include", "instructions", "max_tool_calls", "reasoning", "text", "truncation"},
)
CHAT = Endpoint(
    "/v1/chat/completions",
    form="response_format",
    free=_SHARED
    | {
        "chat_template_kwargs",
        "frequency_penalty",
        "ignore_eos",
        "logit_bias",
        "logprobs",
        "min_p",
        "presence_penalty",
        "reasoning_effort",
        "repetition_penalty",
        "response_format",
        "seed",
        "stop",
        "top_k",
        "verbosity",
    },
)


def sends_temperature(request: Request, facts: ModelFacts, *, official: bool) -> bool:
    """An explicit temperature is sent; `check` has refused it where it is known not to be taken. The default one is sent where
    it is known to be taken, and to other people's servers unless it is known not to be: theirs is the common dialect.
    """
    if request.temperature is None:
        return False
    if request.temperature_given:
        return True
    if "temperature" in request.provider_params or "top_p" in request.provider_params:
        return False
    taken = _takes_temperature(request, facts)
    return not official if taken is None else taken


def check(request: Request, facts: ModelFacts, endpoint: Endpoint, service: str) -> None:
    """Raise `ValidationError` for what is refused with a cost limit or without."""
    _check_owned(request, endpoint)
    _check_temperature(request, facts, service)
    params = request.provider_params
    if request.max_tokens < 1:
        raise ValidationError(f"max_tokens is {request.max_tokens}; {service} takes 1 or more.")
    if params.get("n", 1) != 1:
        raise ValidationError(
            f"provider_params['n'] is {params['n']!r}; a job has one answer. Add the job again instead."
        )
    if request.bounded:
        _check_bounded(params, endpoint)


def schema_place(params: Mapping[str, Any], endpoint: Endpoint) -> Mapping[str, Any]:
    """What the user put where a schema goes on `/v1/responses`: it may stand beside it, such as the verbosity."""
    return params.get("text") or {} if endpoint is RESPONSES else {}


def _check_owned(request: Request, endpoint: Endpoint) -> None:
    params = request.provider_params
    for name, instead in _OWNED.items():
        if name in params:
            raise ValidationError(f"provider_params[{name!r}] is batchata's to set: {instead}.")
    if request.system and "instructions" in params:
        raise ValidationError("provider_params['instructions'] is given beside a system message. Give one of them.")
    if not isinstance(schema_place(params, endpoint), Mapping):
        raise ValidationError("provider_params['text'] must be a dict.")
    if request.schema is not None and ("response_format" in params or "format" in schema_place(params, endpoint)):
        raise ValidationError(
            f"provider_params[{endpoint.form!r}] sets the form of the answer, which response_model does already. Leave it out."
        )


def _check_temperature(request: Request, facts: ModelFacts, service: str) -> None:
    if not request.temperature_given or request.temperature is None:
        return
    if "temperature" in request.provider_params:
        raise ValidationError("temperature is given twice, by temperature= and in provider_params. Give one of them.")
    if _takes_temperature(request, facts) is False:
        raise ValidationError(
            f"temperature={request.temperature} can't be sent: {request.model} reasons, and {service} takes no temperature "
            "for it. Leave it out (from gpt-5.1 on it may be taken with the reasoning effort 'none' in provider_params)."
        )


def _takes_temperature(request: Request, facts: ModelFacts) -> bool | None:
    if facts.takes_temperature is not None:
        return facts.takes_temperature
    return openai_models.takes_temperature(request.model, request.provider_params)


def _check_bounded(params: Mapping[str, Any], endpoint: Endpoint) -> None:
    """Raise `ValidationError` for what could cost more than tokens of the body and `max_tokens`."""
    for name, value in params.items():
        if why := _unbounded(name, value, endpoint):
            raise ValidationError(
                f"provider_params[{name!r}] can't be sent under a cost limit: {why}. Leave it out, or set no limit."
            )


def _unbounded(name: str, value: object, endpoint: Endpoint) -> str | None:
    if name in _FREE_VALUES:
        taken = _FREE_VALUES[name]
        return None if value in taken else f"only {' and '.join(map(repr, taken))} is known to cost no more"
    if name not in endpoint.free:
        return "what it costs is not known"
    if name == "tools":
        return _unbounded_tools(value)
    if name == "instructions":
        return None if isinstance(value, str) else "only text in it can be bounded"
    if name == "prompt_cache_options":
        asked = value if isinstance(value, Mapping) else {"": None}
        plain = set(asked) <= {"mode", "ttl"} and asked.get("ttl", _LIFE) == _LIFE
        return None if plain else f"only 'mode' and the 'ttl' {_LIFE!r} in it have a known price"
    return None


def _unbounded_tools(tools: object) -> str | None:
    if not isinstance(tools, list | tuple):
        return "it is no list of tools"
    for tool in tools:
        if not isinstance(tool, Mapping):
            return "it is no list of tools"
        if tool.get("type") not in ("function", "custom"):
            # they run at the provider, or bring prompts of their own
            return f"a tool of type {str(tool.get('type'))[:60]!r} may be billed beyond the request's tokens"
        if tool.get("allowed_callers") not in (None, [], ["direct"]):
            return "a tool that code at the provider may call can't be bounded"
    return None
