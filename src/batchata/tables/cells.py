"""A table's cells as JSON values and as text. What is None, NaN, NaT or NA has no value: None.

The text of a cell is part of a prompt, so of a job's identity: another text for the same cell would send, and bill, a finished
job again. It stays as it is.
"""

import base64
import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from batchata.arguments import shown
from batchata.errors import ValidationError


def plain_cell(value: Any) -> Any:
    """`value` as JSON: dates and times in ISO 8601, decimals as exact text, bytes as base64, what JSON can't hold as text.

    Raises `ValidationError` for an object that has no text but its address: that is another one in the next run.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else str(value)
    if kind is float:
        return _number(value)
    if kind is dict:
        return {str(key): plain_cell(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [plain_cell(item) for item in value]
    return None if _is_missing(value) else _rarer(value)


def text_of(value: Any, missing: str = "") -> str:
    """`value` as it stands in a prompt: text as it is, anything else as `plain_cell` has it, in JSON's spelling."""
    if type(value) is str:
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        raise ValidationError("it holds bytes; a prompt is text: decode them first, or give a file by its path")
    plain = plain_cell(value)
    if plain is None:
        return missing
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def is_missing(value: Any) -> bool:
    return value is None or plain_cell(value) is None


def _number(value: float) -> float | str | None:
    if math.isfinite(value):
        return value
    return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _is_missing(value: Any) -> bool:
    """NaT and pandas' NA, told by their names: neither library need be installed."""
    return type(value).__name__ in ("NaTType", "NAType") or (isinstance(value, Decimal) and value.is_nan())


def _rarer(value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return timedelta.__str__(value)  # pandas' own kind writes it otherwise
        case Decimal():
            return format(value, "f")
        case Enum():
            return plain_cell(value.value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case str():
            return str.__str__(value)
        case int():
            return plain_cell(int(value))
        case float():
            return _number(float(value))
        case Mapping():
            return plain_cell(dict(value))
    for way in ("tolist", "item"):  # NumPy's arrays and scalars, and whatever looks like them
        if hasattr(type(value), way):
            inner = getattr(value, way)()
            return plain_cell(inner) if type(inner) is not type(value) else str(value)
    kind: Any = type(value)
    if kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__:
        raise ValidationError(f"it holds {shown(value)}, which has no text of its own; convert it first")
    return str(value)
