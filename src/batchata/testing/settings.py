"""What all dialects of one emulator share: the clock, the dice's seed, the scripted answers, the prices and the ledger."""

import logging
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from batchata.testing.answers import KINDS, Answer, AnswerHook, as_answer
from batchata.testing.clock import Clock
from batchata.testing.counter import Counter
from batchata.testing.dice import Dice, digest
from batchata.testing.ledger import Ledger, Rates

T = TypeVar("T")
_log = logging.getLogger(__name__)

Turnaround = float | Callable[[int], float]
"""Seconds, or a function of the number of requests that gives them."""

Prices = Mapping[str, Sequence[float | str | Decimal] | Rates]


@dataclass(frozen=True, slots=True)
class Settings:
    """`Emulator`'s arguments as the dialects need them. What is None is each provider's own. `errors`: what the user's own
    functions raised. `born` sets the ids of one emulator apart from another's: a state may come to know both.
    """

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
    max_file_bytes: int | None = None
    enqueued_token_limit: Mapping[str, int] | int | None = None
    served_models: Mapping[str, int] | None = None
    realtime_seconds: float = 0.0
    errors: list[BaseException] = field(default_factory=list)
    born: bytes = field(default_factory=lambda: secrets.token_bytes(8))

    def seconds(self, count: int) -> float:
        given = self.turnaround
        return self._guarded(lambda: given(count), lambda _: 0.0) if callable(given) else given

    def queue(self, model: str) -> int | None:
        """The most prompt tokens of `model` that may be enqueued; None: as many as one likes."""
        limit = self.enqueued_token_limit
        return limit.get(model) if isinstance(limit, Mapping) else limit

    def choose(self, params: dict[str, Any], dice: Dice) -> Answer:
        """The scripted answer, or what the mix draws."""
        scripted = self._scripted(params)
        if scripted is not None:
            return scripted
        drawn = dice.fraction()
        for kind, share in self.mix.items():
            drawn -= share
            if drawn < 0:
                return KINDS[kind]
        return Answer()

    def _scripted(self, params: dict[str, Any]) -> Answer | None:
        hook = self.answer
        if hook is None:
            return None
        return self._guarded(
            lambda: as_answer(hook(params)), lambda error: Answer.errored(f"the answer function raised {error!r}")
        )

    def name(self, params: dict[str, Any], raw: bytes) -> str:
        """What makes two requests the same one (`Bill.identity`)."""
        hook = self.identity
        return self._guarded(lambda: hook(params), lambda _: digest(raw)) if hook else digest(raw)

    def _guarded(self, call: Callable[[], T], instead: Callable[[Exception], T]) -> T:
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the user's own function: it ends one request, and is shown at the end
            self.errors.append(error)
            _log.error("a function given to the emulator raised", exc_info=error)
            return instead(error)
