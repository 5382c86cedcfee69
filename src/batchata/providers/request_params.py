"""What is refused of `provider_params` in the same words everywhere. Pure; which names those are is each provider's to say."""

from collections.abc import Mapping
from typing import Any

from batchata.errors import ValidationError
from batchata.request import Request

_THINKING_ROOM = 1000

TEMPERATURE_TWICE = "temperature is given twice, by temperature= and in provider_params. Give one of them."


def check_owned(params: Mapping[str, Any], owned: Mapping[str, str], where: str = "provider_params") -> None:
    """`owned`: what the library sets itself, and what the user is to do instead."""
    for name, instead in owned.items():
        if name in params:
            raise ValidationError(f"{where}[{name!r}] is batchata's to set: {instead}.")


def check_one_system(request: Request, name: str) -> None:
    """`name`: the parameter by which the provider takes a system prompt."""
    if request.system and name in request.provider_params:
        raise ValidationError(f"provider_params[{name!r}] is given beside a system message. Give one of them.")


def check_max_tokens(request: Request, service: str) -> None:
    if request.max_tokens < 1:
        raise ValidationError(f"max_tokens is {request.max_tokens}; {service} takes 1 or more.")


def check_one_answer(params: Mapping[str, Any]) -> None:
    if params.get("n", 1) != 1:
        raise ValidationError(
            f"provider_params['n'] is {params['n']!r}; a job has one answer. Add the job again instead."
        )


def check_can_be_bounded(found: Mapping[str, str | None]) -> None:
    """`found`: for each place in `provider_params`, such as "['tools']", why a cost limit can't bear it, or None."""
    for place, why in found.items():
        if why:
            raise ValidationError(
                f"provider_params{place} can't be sent under a cost limit: {why}. Leave it out, or set no limit."
            )


def why_unbounded(value: object, taken: tuple[object, ...]) -> str | None:
    """Why a value can't be bounded that is none of those known to cost no more."""
    return None if value in taken else f"only {' and '.join(map(repr, taken))} is known to cost no more"


def why_unbounded_tools(tools: object, own: tuple[str | None, ...], runner: str) -> str | None:
    """Why tools can't be bounded. `own`: the types of those that the user runs; others run at `runner`, or bring prompts of theirs."""
    if not isinstance(tools, list | tuple) or not all(isinstance(tool, Mapping) for tool in tools):
        return "it is no list of tools"
    for tool in tools:
        if tool.get("type") not in own:
            return f"a tool of type {str(tool.get('type'))[:60]!r} may be billed beyond the request's tokens"
        if tool.get("allowed_callers") not in (None, [], ["direct"]):
            return f"a tool that code at {runner} may call can't be bounded"
    return None


def thinking_warning(request: Request, remedy: str) -> tuple[str, ...]:
    """What a user is told of a model that thinks, where little room is left for it."""
    if request.max_tokens > _THINKING_ROOM:
        return ()
    room = f"{request.model} thinks before it answers, and thinking counts toward max_tokens ({request.max_tokens})"
    return (f"{room}: answers may be cut. Raise max_tokens, or {remedy}",)
