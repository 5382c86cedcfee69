"""What a user may put into a request of OpenAI's dialect by `provider_params` and `temperature`. Pure.

Three kinds of refusal: what the library owns; what can't go together; and, under a cost limit, what can't be bounded. For the
last an allow-list holds: a parameter not known to cost nothing beyond tokens is refused, with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchata.errors import ValidationError
from batchata.providers.base import ModelFacts
from batchata.providers.openai import models
from batchata.providers.request_params import (
    TEMPERATURE_TWICE,
    check_can_be_bounded,
    check_max_tokens,
    check_one_answer,
    check_one_system,
    check_owned,
    why_unbounded,
    why_unbounded_tools,
)
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
    check_max_tokens(request, service)
    check_one_answer(params)
    if request.bounded:
        check_can_be_bounded({f"[{name!r}]": _unbounded(name, value, endpoint) for name, value in params.items()})


def schema_place(params: Mapping[str, Any], endpoint: Endpoint) -> Mapping[str, Any]:
    """What the user put where a schema goes on `/v1/responses`: it may stand beside it, such as the verbosity."""
    return params.get("text") or {} if endpoint is RESPONSES else {}


def _check_owned(request: Request, endpoint: Endpoint) -> None:
    params = request.provider_params
    check_owned(params, _OWNED)
    check_one_system(request, "instructions")
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
        raise ValidationError(TEMPERATURE_TWICE)
    if _takes_temperature(request, facts) is False:
        raise ValidationError(
            f"temperature={request.temperature} can't be sent: {request.model} reasons, and {service} takes no temperature "
            "for it. Leave it out (from gpt-5.1 on it may be taken with the reasoning effort 'none' in provider_params)."
        )


def _takes_temperature(request: Request, facts: ModelFacts) -> bool | None:
    if facts.takes_temperature is not None:
        return facts.takes_temperature
    return models.takes_temperature(request.model, request.provider_params)


def _unbounded(name: str, value: object, endpoint: Endpoint) -> str | None:
    if name in _FREE_VALUES:
        return why_unbounded(value, _FREE_VALUES[name])
    if name not in endpoint.free:
        return "what it costs is not known"
    if name == "tools":
        return why_unbounded_tools(value, ("function", "custom"), "the provider")
    if name == "instructions":
        return None if isinstance(value, str) else "only text in it can be bounded"
    if name == "prompt_cache_options":
        asked = value if isinstance(value, Mapping) else {"": None}
        plain = set(asked) <= {"mode", "ttl"} and asked.get("ttl", _LIFE) == _LIFE
        return None if plain else f"only 'mode' and the 'ttl' {_LIFE!r} in it have a known price"
    return None
