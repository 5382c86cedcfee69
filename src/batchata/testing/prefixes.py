"""Prompt caching that nobody asks for: a long enough prompt prefix seen before is billed at the cached price."""

import threading

from batchata.testing.dice import Dice, digest

SHORTEST = 1_024  # tokens
HIT_RATE = 0.7  # hits are best effort


class Prefixes:
    """The first messages that were seen, by account and model."""

    def __init__(self, step: int = 1) -> None:
        self._step = step
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def cached(self, owner: str, prefix: bytes, tokens: int, dice: Dice) -> int:
        """How many of the prefix's `tokens` come from the cache, in whole steps; it is remembered from now on."""
        hit = dice.chance(HIT_RATE)
        if tokens < SHORTEST:
            return 0
        name = digest(owner.encode() + prefix)
        with self._lock:
            known = name in self._seen
            self._seen.add(name)
        return tokens // self._step * self._step if known and hit else 0
