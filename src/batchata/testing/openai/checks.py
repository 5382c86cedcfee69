"""Small checks of JSON values, worded as the API words them [assumed]: what was given, and what should be there."""

from collections.abc import Collection, Mapping
from typing import Any

from batchata.testing.openai.errors import ApiError

_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
}


def kind(value: Any, expected: type, at: str) -> Any:
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        given = "null" if value is None else _NAMES.get(type(value), type(value).__name__)
        message = f"Invalid type for '{at}': expected {_NAMES[expected]}, but got {given} instead."
        raise ApiError(message, at, "invalid_type")
    return value


def mapping(value: Any, at: str) -> dict[str, Any]:
    return dict(kind(value, dict, at))


def items(value: Any, at: str) -> list[Any]:
    return list(kind(value, list, at))


def text(value: Any, at: str) -> str:
    return str(kind(value, str, at))


def whole(value: Any, at: str, low: int, high: int | None = None) -> int:
    kind(value, int, at)
    if value < low:
        message = f"Invalid '{at}': integer below minimum value. Expected a value >= {low}, but got {value} instead."
        raise ApiError(message, at, "integer_below_min_value")
    if high is not None and value > high:
        message = f"Invalid '{at}': integer above maximum value. Expected a value <= {high}, but got {value} instead."
        raise ApiError(message, at, "integer_above_max_value")
    return int(value)


def number(value: Any, at: str, low: float, high: float) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        kind(value, float, at)
    if value < low:
        message = f"Invalid '{at}': decimal below minimum value. Expected a value >= {low}, but got {value} instead."
        raise ApiError(message, at, "decimal_below_min_value")
    if value > high:
        message = f"Invalid '{at}': decimal above maximum value. Expected a value <= {high}, but got {value} instead."
        raise ApiError(message, at, "decimal_above_max_value")


def one_of(value: Any, at: str, allowed: Collection[str]) -> str:
    if text(value, at) not in allowed:
        names = ", ".join(f"'{name}'" for name in allowed)
        raise ApiError(f"Invalid value: '{value}'. Supported values are: {names}.", at, "invalid_value")
    return str(value)


def fields(value: Mapping[str, Any], at: str, required: Collection[str], optional: Collection[str] = ()) -> None:
    """All of `required` are there and nothing beyond both; `at` is empty at the top."""
    prefix = f"{at}." if at else ""
    for name in required:
        if name not in value:
            raise ApiError(
                f"Missing required parameter: '{prefix}{name}'.", prefix + name, "missing_required_parameter"
            )
    for name in value:
        if name not in required and name not in optional:
            raise ApiError(f"Unknown parameter: '{prefix}{name}'.", prefix + name, "unknown_parameter")
