"""Cursor pages [sdk: BatchListParams, FileListParams, SyncCursorPage]."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from batchata.testing.openai.errors import ApiError

T = TypeVar("T")


def page(
    everything: list[T], query: Mapping[str, str], name: Callable[[T], str], most: int, usual: int, at_most: int | None
) -> dict[str, Any]:
    """The page that `query` asks for, of at most `most` items and `usual` unless it says; `at_most` makes it smaller."""
    limit = min(_limit(query.get("limit", str(usual)), most), at_most or most)
    names = [name(item) for item in everything]
    start = 0
    if after := query.get("after"):
        if after not in names:  # [assumed]
            raise ApiError(f"No such object: {after}", "after", status=404)
        start = names.index(after) + 1
    shown = names[start : start + limit]
    return {
        "object": "list",
        "data": everything[start : start + limit],
        "has_more": start + limit < len(names),
        "first_id": shown[0] if shown else None,
        "last_id": shown[-1] if shown else None,
    }


def _limit(given: str, most: int) -> int:
    if not given.isdecimal() or not 1 <= int(given) <= most:
        raise ApiError(f"Invalid 'limit': expected an integer from 1 to {most}, but got {given}.", "limit")
    return int(given)
