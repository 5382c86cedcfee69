"""The one place where the benchmark calls batchata. `contract.Adapter` says what the two functions take and give."""

from collections.abc import Sequence
from typing import NoReturn

from pydantic import BaseModel

from benchmarks.citations.contract import Block, Found, Mapped, NotConnectedError, Source


def ground(source: Source, quotes: Sequence[str]) -> list[Found | None]:
    _not_connected(f"ground({source.name!r}, {len(quotes)} quotes)")


def map_fields(
    model: type[BaseModel], instance: BaseModel, blocks: Sequence[Block], sources: Sequence[Source]
) -> dict[str, list[Mapped]]:
    _not_connected(
        f"map_fields({model.__name__}, {type(instance).__name__}, {len(blocks)} blocks, {len(sources)} sources)"
    )


def _not_connected(call: str) -> NoReturn:
    raise NotConnectedError(
        f"benchmarks/citations/adapter.py does not call batchata yet, so {call} can't be measured. "
        "Connect it there, or measure plain search with --baseline."
    )
