"""Result files as they should not be: lines missing, doubled, foreign, or under another's name."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from batchata.testing.faults import Fault, Rule

SPOILED = {Fault.MISSING_LINE, Fault.DUPLICATE_LINE, Fault.FOREIGN_LINE, Fault.SWAPPED_KEYS, Fault.STATUS_ZERO}


def spoil(results: bytes, faults: Mapping[Fault, Rule], key: str, foreign: Mapping[str, Any]) -> bytes:
    """`results`, JSON lines that `key` names, after `faults`; `foreign` is the line that was never asked for."""
    rows = [orjson.loads(line) for line in results.split(b"\n") if line]
    rows = spoiled_rows(rows, faults, foreign)
    if rule := faults.get(Fault.SWAPPED_KEYS):
        _swap(rows[: 2 * rule.size], key)
    if rule := faults.get(Fault.STATUS_ZERO):
        _each(rows[: rule.size], lambda row: (row.get("response") or {}).update(status_code=0))
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def spoiled_rows(rows: list[Any], faults: Mapping[Fault, Rule], foreign: Mapping[str, Any]) -> list[Any]:
    if rule := faults.get(Fault.MISSING_LINE):
        rows = rows[rule.size :]
    if rule := faults.get(Fault.DUPLICATE_LINE):
        rows = [*rows, *rows[: rule.size]]
    return [*rows, dict(foreign)] if Fault.FOREIGN_LINE in faults else rows


def _swap(rows: list[dict[str, Any]], key: str) -> None:
    for one, other in zip(rows[::2], rows[1::2], strict=False):
        one[key], other[key] = other[key], one[key]


def _each(rows: list[dict[str, Any]], change: Callable[[dict[str, Any]], None]) -> None:
    for row in rows:
        change(row)
