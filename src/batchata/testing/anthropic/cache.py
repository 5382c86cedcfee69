"""Prompt caching: what of a prompt is read from the cache, written to it, or neither [docs: Prompt caching]."""

import threading
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import orjson

from batchata.testing.anthropic.models import Model
from batchata.testing.dice import Dice
from batchata.testing.ledger import Tokens

HIT_RATE = 0.7  # hits are best effort in batches; documented figures are 30 to 98 % [docs: Batch processing]
_SECONDS = {"5m": 300.0, "1h": 3600.0}

Piece = tuple[Any, int, str | None]
"""(what it is, its tokens, the ttl of a breakpoint after it)"""


class PromptCache:
    """Prefixes written by earlier requests of the same account and model, until their time to live is up."""

    def __init__(self) -> None:
        self._until: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def spend(self, account: str, model: Model, pieces: Iterable[Piece], dice: Dice, now: float) -> Tokens:
        """The prompt's tokens by the price they are billed at."""
        marks, total = self._marks(account, model, pieces)
        with self._lock:
            read = self._longest_hit(marks, now) if dice.chance(HIT_RATE) else 0
            written = {"5m": 0, "1h": 0}
            reached = read
            for tokens, ttl, prefix in marks:
                if tokens > reached:
                    written[ttl] += tokens - reached
                    reached = tokens
                self._until[prefix] = now + _SECONDS[ttl]
        rest = total - read - written["5m"] - written["1h"]
        return Tokens(rest, 0, read, written["5m"], written["1h"])

    def _longest_hit(self, marks: list[tuple[int, str, bytes]], now: float) -> int:
        return max((tokens for tokens, _, prefix in marks if self._until.get(prefix, 0) > now), default=0)

    def _marks(self, account: str, model: Model, pieces: Iterable[Piece]) -> tuple[list[tuple[int, str, bytes]], int]:
        """(tokens up to it, ttl, digest of the prefix) per breakpoint that is long enough; and all tokens."""
        prefix = blake2b(f"{account}\n{model.id}\n".encode(), digest_size=16)
        marks, total = [], 0
        for piece, tokens, ttl in pieces:
            bare = (
                {key: value for key, value in piece.items() if key != "cache_control"}
                if isinstance(piece, dict)
                else piece
            )
            prefix.update(orjson.dumps(bare))
            total += tokens
            if ttl and total >= model.cacheable_from:
                marks.append((total, ttl, prefix.digest()))
        return marks, total
