"""Small checks of JSON values, worded as the API words them: where, and what should be there."""

from collections.abc import Collection, Mapping
from typing import Any

from batchata.testing.anthropic.errors import invalid


def mapping(value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"{at}: Input should be a valid dictionary")
    return value


def items(value: Any, at: str) -> list[Any]:
    if not isinstance(value, list):
        raise invalid(f"{at}: Input should be a valid list")
    return value


def text(value: Any, at: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"{at}: Input should be a valid string")
    return value


def whole(value: Any, at: str, low: int, high: int | None = None) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"{at}: Input should be a valid integer")
    if value < low:
        raise invalid(f"{at}: Input should be greater than or equal to {low}")
    if high is not None and value > high:
        raise invalid(f"{at}: Input should be less than or equal to {high}")
    return value


def number(value: Any, at: str, low: float, high: float) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise invalid(f"{at}: Input should be a valid number")
    if not low <= value <= high:
        raise invalid(f"{at}: range: {low}..{high}")


def boolean(value: Any, at: str) -> None:
    if not isinstance(value, bool):
        raise invalid(f"{at}: Input should be a valid boolean")


def one_of(value: Any, at: str, allowed: Collection[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        names = " or ".join(f"'{name}'" for name in allowed)
        raise invalid(f"{at}: Input should be {names}")
    return value


def fields(value: Mapping[str, Any], at: str, required: Collection[str], optional: Collection[str] = ()) -> None:
    """All of `required` are there and nothing beyond both; `at` is empty at the top."""
    prefix = f"{at}." if at else ""
    for name in required:
        if name not in value:
            raise invalid(f"{prefix}{name}: Field required")
    for name in value:
        if name not in required and name not in optional:
            raise invalid(f"{prefix}{name}: Extra inputs are not permitted")
