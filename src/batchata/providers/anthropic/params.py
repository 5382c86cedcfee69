"""What a user may put into an Anthropic request by `provider_params` and `temperature`. Pure.

Three kinds of refusal: what the library owns; what a batch never takes; and, under a cost limit, what can't be bounded. For the
last an allow-list holds: a parameter not known to cost nothing beyond tokens is refused, with the reason.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from batchata.errors import ValidationError
from batchata.providers.anthropic.bound import cites_natively, is_earlier
from batchata.providers.base import ModelFacts
from batchata.providers.request_params import (
    TEMPERATURE_TWICE,
    check_can_be_bounded,
    check_max_tokens,
    check_one_system,
    check_owned,
    why_unbounded,
    why_unbounded_tools,
)
from batchata.request import Request

NO_SAMPLING_SINCE = "2026-10-21"
"""From this API version on `temperature`, `top_p` and `top_k` are answered with 400 (Anthropic's API version notes)."""

SAMPLING = ("temperature", "top_p", "top_k")
# Beside these a temperature is refused by some models, so a default one gives way
_BARS_DEFAULT_TEMPERATURE = (*SAMPLING, "thinking")

_OWNED = {
    "model": "name it by model=",
    "max_tokens": "give it by max_tokens=",
    "messages": "give them by messages= or prompt=",
    "stream": "a batch does not stream",
}
_FREE = frozenset(
    (
        *SAMPLING,
        "cache_control",
        "metadata",
        "output_config",
        "stop_sequences",
        "system",
        "thinking",
        "tool_choice",
        "tools",
    )
)
_FREE_VALUES = {
    "service_tier": ("auto", "standard_only"),  # priority capacity is not for batches
    "speed": ("standard",),
    "inference_geo": ("global",),  # other regions cost more
}
_FREE_OUTPUT_CONFIG = frozenset({"effort", "format"})


def is_late(api_version: str) -> bool:
    """Whether the API version is 2026-10-21 or newer (versions are dates, so they compare as text)."""
    return api_version >= NO_SAMPLING_SINCE


def sends_temperature(request: Request, facts: ModelFacts, api_version: str) -> bool:
    """An explicit temperature is sent wherever it is not known to be refused, a default one only where known to be taken."""
    if request.temperature is None or is_late(api_version):
        return False
    if request.temperature_given:
        return True
    if any(name in request.provider_params for name in _BARS_DEFAULT_TEMPERATURE):
        return False
    return is_earlier(request.model) if facts.takes_temperature is None else facts.takes_temperature


def check(request: Request, facts: ModelFacts, api_version: str) -> None:
    """Raise `ValidationError` for what is refused with a cost limit or without."""
    _check_owned(request)
    _check_sampling(request, facts, api_version)
    params = request.provider_params
    if params.get("speed") == "fast":
        raise ValidationError(
            "provider_params['speed'] is 'fast'; Anthropic's batches take no fast mode. Leave it out."
        )
    check_max_tokens(request, "Anthropic's batches")
    if cites_natively(request) and _output_config(params).get("format"):
        raise ValidationError(
            "provider_params['output_config']['format'] can't go with enable_citations: Anthropic refuses both together. "
            "Use response_model, whose citations are found by batchata."
        )


def check_bounded(params: Mapping[str, Any], cache_lives: Iterable[str]) -> None:
    """Raise `ValidationError` for what could cost more than tokens of the body and `max_tokens`."""
    check_can_be_bounded({f"[{name!r}]": _unbounded(name, value) for name, value in params.items()})
    for life in cache_lives:
        if life not in ("5m", "1h"):
            raise ValidationError(
                f"cache_control has ttl {life!r}; under a cost limit '5m' and '1h' have known prices."
            )


def _check_owned(request: Request) -> None:
    params = request.provider_params
    check_owned(params, _OWNED)
    check_one_system(request, "system")
    if not isinstance(params.get("output_config") or {}, Mapping):
        raise ValidationError("provider_params['output_config'] must be a dict.")
    if request.schema is not None and "format" in _output_config(params):
        raise ValidationError(
            "provider_params['output_config']['format'] is batchata's to set where response_model is given."
        )


def _check_sampling(request: Request, facts: ModelFacts, api_version: str) -> None:
    given = [name for name in SAMPLING if name in request.provider_params]
    if request.temperature_given and request.temperature is not None:
        if "temperature" in given:
            raise ValidationError(TEMPERATURE_TWICE)
        given.append("temperature")
    if not given:
        return
    names = ", ".join(given)
    if is_late(api_version):
        raise ValidationError(
            f"{names} can't be sent: Anthropic's API version {api_version} takes no sampling parameters. Leave it out, or give "
            "a client of an older version, which earlier models take it from: providers={'anthropic': "
            "anthropic.Anthropic(default_headers={'anthropic-version': '2023-06-01'})}."
        )
    if facts.takes_temperature is False:
        raise ValidationError(f"{names} can't be sent: {request.model} takes no sampling parameters. Leave it out.")


def _unbounded(name: str, value: object) -> str | None:
    if name in _FREE_VALUES:
        return why_unbounded(value, _FREE_VALUES[name])
    if name not in _FREE:
        return "what it costs is not known"
    if name == "tools":
        return why_unbounded_tools(value, (None, "custom"), "Anthropic")
    if name == "output_config":
        unknown = sorted(set(_output_config({name: value})) - _FREE_OUTPUT_CONFIG)
        return f"what its {', '.join(unknown)} costs is not known" if unknown else None
    if name == "system":
        return None if _is_text(value) else "only text in it can be bounded"
    return None


def _is_text(system: object) -> bool:
    if isinstance(system, str):
        return True
    return isinstance(system, list | tuple) and all(
        isinstance(block, Mapping) and block.get("type") == "text" for block in system
    )


def _output_config(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return params.get("output_config") or {}
