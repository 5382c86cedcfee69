"""What all dialects of one emulator share: the clock, the dice's seed, the scripted answers, the prices and the ledger."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from batchata.testing.answers import KINDS, Answer, AnswerHook, as_answer
from batchata.testing.anthropic.tokens import Counter
from batchata.testing.clock import Clock
from batchata.testing.dice import Dice, digest
from batchata.testing.ledger import Ledger, Rates

Turnaround = float | Callable[[int], float]
"""Seconds, or a function of the number of requests that gives them."""

Prices = Mapping[str, Sequence[float | str | Decimal] | Rates]


@dataclass(frozen=True, slots=True)
class Settings:
    """`Emulator`'s arguments as the dialects need them. What is None is each provider's own."""

    clock: Clock
    ledger: Ledger
    counter: Counter
    turnaround: Turnaround
    seed: int
    answer: AnswerHook | None
    mix: Mapping[str, float]
    prices: Prices
    identity: Callable[[dict[str, Any]], str] | None
    api_keys: Collection[str] | None
    cancel_seconds: float
    expires_seconds: float | None = None
    kept_seconds: float | None = None
    max_requests: int | None = None
    max_bytes: int | None = None
    enqueued_token_limit: Mapping[str, int] | int | None = None
    served_models: Mapping[str, int] | None = None
    realtime_seconds: float = 0.0

    def seconds(self, count: int) -> float:
        return self.turnaround(count) if callable(self.turnaround) else self.turnaround

    def queue(self, model: str) -> int | None:
        """The most prompt tokens of `model` that may be enqueued; None: as many as one likes."""
        limit = self.enqueued_token_limit
        return limit.get(model) if isinstance(limit, Mapping) else limit

    def choose(self, params: dict[str, Any], dice: Dice) -> Answer:
        """The scripted answer, or what the mix draws."""
        scripted = as_answer(self.answer(params)) if self.answer else None
        if scripted is not None:
            return scripted
        drawn = dice.fraction()
        for kind, share in self.mix.items():
            drawn -= share
            if drawn < 0:
                return KINDS[kind]
        return Answer()

    def name(self, params: dict[str, Any], raw: bytes) -> str:
        """What makes two requests the same one (`Bill.identity`)."""
        return self.identity(params) if self.identity else digest(raw)
