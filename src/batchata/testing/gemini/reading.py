"""JSON into messages, as the API's front end reads it: both spellings of a name, unknown ones refused, types held."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from batchata.testing.gemini.errors import ApiError
from batchata.testing.gemini.messages import MESSAGES

_SCALARS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "num": (int, float),
    "int": (int, str),
    "bool": (bool,),
    "bytes": (str,),
    "enum": (str, int),
}
_DEEPEST = 100  # levels [assumed]


def read(value: Any, message: str, at: str = "", depth: int = 0) -> dict[str, Any]:
    """`value` with every name in camelCase. Raises `ApiError`, worded as the API words it [issue: gemini-cli 13972]."""
    if not isinstance(value, Mapping):
        raise _invalid(at, value, message)
    if depth > _DEEPEST:
        raise ApiError("Invalid JSON payload received. Message too deep.")
    fields = _fields(message)
    found: dict[str, Any] = {}
    for given, inner in value.items():
        name = fields.get(given)
        if name is None:
            raise _unknown(given, at, "Cannot find field.")
        if inner is not None:  # null is as good as absent [proto3 JSON]
            here = f"{at}.{_snake(name)}" if at else _snake(name)
            found[name] = _typed(inner, MESSAGES[message][name], given, at, here, depth)
    return found


@cache
def _fields(message: str) -> dict[str, str]:
    """Both spellings: camelCase and snake_case [proto3 JSON; sdk sends `thinking_budget`]."""
    return {spelling: name for name in MESSAGES[message] for spelling in (name, _snake(name))}


@cache
def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


def _typed(value: Any, kind: str, given: str, outer: str, at: str, depth: int) -> Any:
    if kind == "any":
        return value
    if kind.endswith("*"):
        if not isinstance(value, list):
            raise _invalid(at, value, kind)
        return [_typed(item, kind[:-1], given, outer, f"{at}[{place}]", depth + 1) for place, item in enumerate(value)]
    if isinstance(value, list):  # [issue: zed 53919, word for word]
        raise _unknown(given, outer, "Proto field is not repeating, cannot start list.")
    if kind.endswith("{}"):
        if not isinstance(value, Mapping):
            raise _invalid(at, value, kind)
        pairs = enumerate(value.items())
        return {name: read(inner, kind[:-2], f"{at}[{place}].value", depth + 1) for place, (name, inner) in pairs}
    if kind in _SCALARS:
        return _scalar(value, kind, at)
    return read(value, kind, at, depth + 1)


def _scalar(value: Any, kind: str, at: str) -> Any:
    if not isinstance(value, _SCALARS[kind]) or (isinstance(value, bool) and kind != "bool"):
        raise _invalid(at, value, kind)
    return _whole(value, at) if kind == "int" else value


def _whole(value: Any, at: str) -> int:
    """64-bit numbers come as strings too [proto3 JSON]."""
    try:
        return int(value)
    except ValueError:
        raise _invalid(at, value, "int") from None


def _unknown(name: str, at: str, why: str) -> ApiError:
    place = f" at '{at}'" if at else ""
    return ApiError(f'Invalid JSON payload received. Unknown name "{name}"{place}: {why}')


def _invalid(at: str, value: Any, kind: str) -> ApiError:
    return ApiError(f"Invalid value at '{at}' ({kind.rstrip('*{}')}), {str(value)[:50]!r}")
