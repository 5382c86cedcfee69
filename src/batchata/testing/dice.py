"""Draws that repeat: the same seed and the same request give the same numbers, in every process and Python version."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1


def digest(data: bytes) -> str:
    """32 hex characters that name `data`."""
    return blake2b(data, digest_size=16).hexdigest()


class Dice:
    """A small generator (SplitMix64). `random.Random` would do, at ten times the cost of a request's whole validation."""

    __slots__ = ("_state",)

    def __init__(self, seed: int, *names: bytes) -> None:
        hashed = blake2b(digest_size=8, key=seed.to_bytes(16, "little", signed=True))
        for name in names:
            hashed.update(name)
        self._state = int.from_bytes(hashed.digest(), "little")

    def _next(self) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def fraction(self) -> float:
        """A number in [0, 1)."""
        return (self._next() >> 11) / (1 << 53)

    def between(self, low: int, high: int) -> int:
        """A whole number in [low, high], both ends included."""
        return low + self._next() % (high - low + 1)

    def chance(self, share: float) -> bool:
        return self.fraction() < share

    def pick(self, options: Sequence[T]) -> T:
        return options[self._next() % len(options)]

    def shuffle(self, items: list[T]) -> None:
        for last in range(len(items) - 1, 0, -1):
            other = self._next() % (last + 1)
            items[last], items[other] = items[other], items[last]

    def hex(self, length: int) -> str:
        return "".join(f"{self._next():016x}" for _ in range(-(-length // 16)))[:length]
