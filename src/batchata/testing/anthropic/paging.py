"""Cursor pages [sdk: BatchListParams, SyncPage]: newest first, `limit` 1 to 1,000 and 20 unless asked for."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from batchata.testing.anthropic.errors import invalid, not_found

T = TypeVar("T")


def page(
    everything: list[T], query: Mapping[str, str], name: Callable[[T], str], at_most: int | None
) -> dict[str, Any]:
    """The page that `query` asks for; `at_most` makes it smaller than that."""
    limit = limited(query, at_most)
    after, before = query.get("after_id"), query.get("before_id")
    if after and before:  # [assumed]
        raise invalid("after_id and before_id can't be used together")
    names = [name(item) for item in everything]
    if before:
        end = _place(names, before, "before_id")
        start = max(0, end - limit)
        has_more = start > 0
    else:
        start = _place(names, after, "after_id") + 1 if after else 0
        end = min(len(names), start + limit)
        has_more = end < len(names)
    ids = names[start:end]
    return {
        "data": everything[start:end],
        "has_more": has_more,
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
    }


def limited(query: Mapping[str, str], at_most: int | None) -> int:
    """How many the page may hold."""
    limit = _limit(query.get("limit", "20"))
    return min(limit, at_most or limit)


def _limit(given: str) -> int:
    if not given.isdecimal():
        raise invalid("limit: Input should be a valid integer, unable to parse string as an integer")
    if not 1 <= int(given) <= 1000:
        raise invalid(f"limit: Input should be between 1 and 1000, not {given}")
    return int(given)


def _place(names: list[str], cursor: str, parameter: str) -> int:
    if cursor not in names:  # [assumed]
        raise not_found(f"{parameter}: {cursor} not found")
    return names.index(cursor)
