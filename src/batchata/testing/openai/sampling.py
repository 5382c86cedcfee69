"""Rules that depend on what kind of model is asked: sampling, reasoning, output caps [docs: Reasoning models]."""

from collections.abc import Mapping
from typing import Any

from batchata.testing.openai.checks import number, one_of, whole
from batchata.testing.openai.errors import ApiError
from batchata.testing.openai.models import Model

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")  # [sdk: ReasoningEffort]
_RANGES = {"temperature": (0, 2), "top_p": (0, 1), "presence_penalty": (-2, 2), "frequency_penalty": (-2, 2)}
_DEFAULTS = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}


def check_sampling(body: Mapping[str, Any], known: Model, effort: str | None, *, chat: bool) -> None:
    """`effort`: how much reasoning is asked for; with "none" models from GPT-5.1 on sample [assumed]."""
    free = not known.reasons or (effort == "none" and known.generation >= (5, 1))
    for name, (low, high) in _RANGES.items():
        if name not in body:
            continue
        if not free:
            _refuse(name, body[name], known, chat=chat)
        number(body[name], name, low, high)
    for name in ("logprobs", "top_logprobs", "logit_bias"):
        if not free and body.get(name):
            raise unsupported(name)


def _refuse(name: str, value: Any, known: Model, *, chat: bool) -> None:
    """[issue: repowise 987 (chat, GPT-5), OpenHands 1837 (o series; Responses), both word for word]"""
    if known.series or not chat:
        raise unsupported(name)
    if value != _DEFAULTS[name]:
        message = f"Unsupported value: '{name}' does not support {value} with this model. Only the default ({_DEFAULTS[name]}) value is supported."
        raise ApiError(message, name, "unsupported_value")


def unsupported(name: str, instead: str = "") -> ApiError:
    hint = f" Use '{instead}' instead." if instead else ""
    message = f"Unsupported parameter: '{name}' is not supported with this model.{hint}"
    return ApiError(message, name, "unsupported_parameter")


def check_effort(effort: Any, at: str, known: Model) -> None:
    one_of(effort, at, EFFORTS)
    if not known.reasons and not known.served:
        raise unsupported(at)
    if effort == "none" and known.generation < (5, 1) and not known.served:  # [assumed]
        message = f"Unsupported value: '{at}' does not support 'none' with this model."
        raise ApiError(message, at, "unsupported_value")


def check_cap(value: Any, at: str, known: Model, low: int) -> None:
    whole(value, at, low)
    if value > known.output_cap:  # [issue: repowise 987, word for word]
        message = f"{at} is too large: {value}. This model supports at most {known.output_cap} completion tokens, whereas you provided {value}."
        raise ApiError(message, at, "invalid_value")
