"""What the emulator has billed: one row per billed request, priced independently of whoever is being tested."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens by the price they are billed at: they add up to the whole request, nothing is counted twice."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0

    @property
    def prompt(self) -> int:
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per million tokens, at the batch price."""

    input: Decimal
    output: Decimal
    cache_read: Decimal = Decimal(0)
    cache_write_5m: Decimal = Decimal(0)
    cache_write_1h: Decimal = Decimal(0)

    def cost(self, tokens: Tokens) -> Decimal:
        """USD, exact."""
        total = tokens.input * self.input + tokens.output * self.output
        if tokens.cache_read or tokens.cache_write_5m or tokens.cache_write_1h:
            total += tokens.cache_read * self.cache_read
            total += tokens.cache_write_5m * self.cache_write_5m + tokens.cache_write_1h * self.cache_write_1h
        return total / MILLION


@dataclass(frozen=True, slots=True)
class Bill:
    """One billed request. `identity` says what was asked (see `Emulator`); `cost_usd` is None where no price is known."""

    batch_id: str
    custom_id: str
    model: str
    identity: str
    tokens: Tokens
    cost_usd: Decimal | None

    def to_dict(self) -> dict[str, Any]:
        tokens = {name: getattr(self.tokens, name) for name in Tokens.__slots__}
        row = {name: getattr(self, name) for name in self.__slots__}
        return {**row, "tokens": tokens, "cost_usd": None if self.cost_usd is None else str(self.cost_usd)}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> "Bill":
        cost = row["cost_usd"]
        return cls(**{**row, "tokens": Tokens(**row["tokens"]), "cost_usd": None if cost is None else Decimal(cost)})


class Ledger(Sequence[Bill]):
    """Every billed request, in the order in which batches ended. Append-only."""

    def __init__(self, bills: Iterable[Bill] = ()) -> None:
        self._bills = list(bills)
        self._lock = threading.Lock()

    def extend(self, bills: Iterable[Bill]) -> None:
        with self._lock:
            self._bills.extend(bills)

    def __len__(self) -> int:
        return len(self._bills)

    def __getitem__(self, index: Any) -> Any:
        return self._bills[index]

    @property
    def total_usd(self) -> Decimal:
        """The sum, exact. Raises `LookupError` where a billed model has no known price."""
        unpriced = sorted({bill.model for bill in self._bills if bill.cost_usd is None})
        if unpriced:
            raise LookupError(f"no batch price is known for {', '.join(unpriced)}: give Emulator(prices=…) one")
        return sum((bill.cost_usd for bill in self._bills if bill.cost_usd is not None), Decimal(0))

    def billed_twice(self, key: Callable[[Bill], str] = lambda bill: bill.identity) -> dict[str, list[Bill]]:
        """The requests billed more than once, by `key` (unless said otherwise: what was asked)."""
        groups: defaultdict[str, list[Bill]] = defaultdict(list)
        for bill in self._bills:
            groups[key(bill)].append(bill)
        return {name: bills for name, bills in groups.items() if len(bills) > 1}


class Pricer:
    """Rates per model: the user's own, else genai-prices' batch price. Both are USD per million tokens."""

    def __init__(self, provider: str, prices: Mapping[str, Sequence[float | str | Decimal] | Rates]) -> None:
        self._provider = provider
        self._given = {model: _rates(price) for model, price in prices.items()}

    def cost(self, model: str, tokens: Tokens) -> Decimal | None:
        rates = self._given.get(model)
        if rates is None:
            ladder = _published(self._provider, model)
            rates = next((rung for start, rung in ladder if tokens.prompt > start or start == 0), None)
        return None if rates is None else rates.cost(tokens)


def _rates(price: Sequence[float | str | Decimal] | Rates) -> Rates:
    return price if isinstance(price, Rates) else Rates(*(Decimal(str(amount)) for amount in price))


@cache
def _published(provider: str, model: str) -> tuple[tuple[int, Rates], ...]:
    """The batch rates by how long the prompt is, longest first: (billed above this many tokens, rates).

    A model without a batch price gets none: genai-prices would silently give the standard one.
    """
    from genai_prices import Usage, calc_price

    context = {"processing": "batch"}
    try:
        found = calc_price(Usage(), model, provider_id=provider, price_context=context)
    except LookupError:
        return ()
    if not any(variant.when == context for variant in found.model.price_variants or ()):
        return ()
    price = found.model_price
    fields = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok")
    amounts = [getattr(price, field) for field in fields]
    starts = {0} | {tier.start for amount in amounts for tier in getattr(amount, "tiers", ())}
    return tuple((start, Rates(*(_at(amount, start) for amount in amounts))) for start in sorted(starts, reverse=True))


def _at(amount: Any, start: int) -> Decimal:
    """A price, or a tiered one at the tier that begins at `start`."""
    if amount is None:
        return Decimal(0)
    if isinstance(amount, Decimal):
        return amount
    reached = [tier.price for tier in amount.tiers if tier.start <= start]
    return Decimal(reached[-1] if reached else amount.base)
