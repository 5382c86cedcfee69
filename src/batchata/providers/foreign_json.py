"""Looking at JSON that came over the network and may be anything: each look gives the value, or what stands for none.

Nothing here raises. It is used where providers' answers are read, and knows no provider.
"""

import json
from datetime import UTC, datetime
from typing import Any

import orjson

TOKENS_MAX = 1 << 40
"""Far above any request; a larger number is no token count, and would not fit where counts are kept."""


def loaded(content: bytes) -> object:
    """The JSON value, None where there is none."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return _loaded_loosely(content)


def loaded_object(content: bytes) -> dict[str, Any] | None:
    """A JSON object, None where the bytes hold anything else."""
    value = loaded(content)
    return value if isinstance(value, dict) else None


def get(value: object, *path: str) -> Any:
    """What stands at the end of a path of keys, None where the path breaks off."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def fields(value: object) -> dict[str, Any]:
    """The fields of an object; none of what is no object."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The items of a list; none of what is no list."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, Any]]:
    """The objects among the items of a list."""
    return [item for item in items(value) if isinstance(item, dict)]


def text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def count(value: object) -> int:
    """A count, also where it is written as a string (as proto3 JSON writes 64-bit integers); 0 for what is none."""
    if type(value) is int:
        return value if 0 < value < TOKENS_MAX else 0
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return count(int(value))
    return 0


def unix_time(value: object) -> float | None:
    """An ISO 8601 time as Unix time."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def dumped(value: object) -> str | None:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # nested deeper than JSON is written, though not deeper than it is read
        return None


def shown(value: object) -> str:
    """A foreign value for a message: never its depths, never its whole length."""
    return repr(value[:100]) if isinstance(value, str) else type(value).__name__


def _loaded_loosely(content: bytes) -> object:
    """JSON that strict readers refuse: a paid answer must not be lost to half of a surrogate pair or a NaN in it."""
    try:
        value = json.loads(content, parse_constant=str)
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
