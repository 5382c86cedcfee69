"""What a user may put into a Gemini request by `provider_params`. Pure.

It is part of a GenerateContentRequest in Gemini's JSON (`{"generationConfig": {...}, "safetySettings": [...]}`), merged into ours.
Three kinds of refusal: what the library owns; a name spelled or placed as in the SDK, which Gemini would not understand; and,
under a cost limit, what can't be bounded. For the last an allow-list holds.
"""

import re
from collections.abc import Mapping
from typing import Any

from batchata.errors import ValidationError
from batchata.providers.request_params import TEMPERATURE_TWICE, check_can_be_bounded, check_one_system, check_owned
from batchata.request import Request

_OWNED = {
    "model": "name it by model=",
    "contents": "give them by messages= or prompt=",
}
_OWNED_CONFIG = {"maxOutputTokens": "give it by max_tokens="}
_SCHEMA = ("responseSchema", "responseJsonSchema", "responseMimeType")

_FREE_CONFIG = frozenset(
    {
        "temperature",
        "topP",
        "topK",
        "stopSequences",
        "seed",
        "presencePenalty",
        "frequencyPenalty",
        "responseMimeType",
        "responseSchema",
        "responseJsonSchema",
        "responseLogprobs",
        "logprobs",
        "thinkingConfig",
        "mediaResolution",
        "enableEnhancedCivicAnswers",
    }
)
_FREE = frozenset({"generationConfig", "safetySettings", "systemInstruction", "toolConfig", "tools"})
_CONFIG_NAMES = _FREE_CONFIG | {"maxOutputTokens", "candidateCount", "responseModalities", "speechConfig"}

_WHY_NOT = {
    "cachedContent": "what is in a cache can't be counted, and keeping it is billed apart",
    "serviceTier": "other service tiers have other prices",
}


def config_of(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return params.get("generationConfig") or {}


def check(request: Request) -> None:
    """Raise `ValidationError` for what is refused with a cost limit or without."""
    params = request.provider_params
    check_owned(params, _OWNED)
    for name in params:
        _check_name(name)
    if not isinstance(params.get("generationConfig") or {}, Mapping):
        raise ValidationError("provider_params['generationConfig'] must be a dict.")
    config = config_of(params)
    for name in config:
        _check_spelling(name, "provider_params['generationConfig']")
    check_owned(config, _OWNED_CONFIG, "provider_params['generationConfig']")
    if request.schema is not None and (given := [name for name in _SCHEMA if name in config]):
        raise ValidationError(
            f"provider_params['generationConfig'][{given[0]!r}] is batchata's to set where response_model is given."
        )
    if "temperature" in config and request.temperature_given:
        raise ValidationError(TEMPERATURE_TWICE)
    check_one_system(request, "systemInstruction")


def check_bounded(params: Mapping[str, Any]) -> None:
    """Raise `ValidationError` for what could cost more than tokens of the body and `max_tokens`."""
    found = {f"[{name!r}]": _unbounded(name, value) for name, value in params.items()}
    found |= {
        f"['generationConfig'][{name!r}]": _unbounded_config(name, value) for name, value in config_of(params).items()
    }
    check_can_be_bounded(found)


def _check_name(name: str) -> None:
    _check_spelling(name, "provider_params")
    if name in _CONFIG_NAMES:
        raise ValidationError(
            f"provider_params[{name!r}] belongs into generationConfig: "
            f"provider_params={{'generationConfig': {{{name!r}: …}}}}."
        )


def _check_spelling(name: str, where: str) -> None:
    # proto3's JSON takes both spellings; with two there would be two ways past what is checked here
    camel = re.sub(r"_+([a-z0-9])", lambda found: found[1].upper(), name)
    if camel != name:
        raise ValidationError(f"{where}[{name!r}]: Gemini's JSON spells it {camel!r}. Write it so.")


def _unbounded(name: str, value: object) -> str | None:
    if name not in _FREE:
        return _WHY_NOT.get(name, "what it costs is not known")
    if name == "tools":
        return _unbounded_tools(value)
    if name == "systemInstruction":
        return None if _is_text(value) else "only text in it can be bounded"
    return None


def _unbounded_config(name: str, value: object) -> str | None:
    if name == "candidateCount":
        return None if value == 1 else "each candidate is billed"
    if name == "responseModalities":
        return None if value in (["TEXT"], ("TEXT",)) else "only text has a known price"
    return None if name in _FREE_CONFIG else "what it costs is not known"


def _unbounded_tools(tools: object) -> str | None:
    if not isinstance(tools, list | tuple) or not all(isinstance(tool, Mapping) for tool in tools):
        return "it is no list of tools"
    for tool in tools:
        for kind in tool:
            if kind != "functionDeclarations":
                # they run at Google: searches and fetched pages are billed apart
                return f"a tool of kind {str(kind)[:60]!r} may be billed beyond the request's tokens"
    return None


def _is_text(instruction: object) -> bool:
    parts = instruction.get("parts") if isinstance(instruction, Mapping) else None
    if isinstance(parts, Mapping):
        parts = [parts]
    return isinstance(parts, list | tuple) and all(
        isinstance(part, Mapping) and set(part) == {"text"} for part in parts
    )
