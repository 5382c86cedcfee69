"""What a price is, and the prices that genai-prices lists: read from its bundled data on first use, never fetched.

`pricing` is what the rest of the house asks; this module turns one entry of the data, at one moment, into a `Price`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, Provider

EXACT = Context(prec=100, rounding=ROUND_CEILING)
"""For arithmetic with rates: the caller's own decimal context must not touch money."""

_DATA_NAMES = {"gemini": "google", "xai": "x-ai"}  # where genai-prices has another id for a provider of ours
_BATCH = {"processing": "batch"}

# A modality that `Usage` can't tell apart is taken at the dearest rate it could have; audio and video are never sent.
_INPUT = ("input_mtok", "input_text_mtok", "input_image_mtok")
_READ = ("cache_read_mtok", "cache_text_read_mtok", "cache_image_read_mtok")


@lru_cache(maxsize=1024)
def billionths(rate: Decimal) -> int | None:
    """A rate in whole 10⁻⁹ USD per million tokens, as every price in use is; None where it is finer."""
    with localcontext(EXACT):
        scaled = rate * 1_000_000_000
        return int(scaled) if scaled == scaled.to_integral_value() else None


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per million tokens. `input` is for tokens neither read from a cache nor written to one."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """What one model's tokens cost.

    `tiers` are (tokens, rates) in rising order: a request with more input than that is billed at those rates as a whole.
    `batch`: whether this is known to be the price of batch processing; False: the standard price, which is never lower.
    `as_of`: the day since when the source states this price, or on which it was checked; None where it has no date.
    """

    rates: Rates
    source: str
    batch: bool
    as_of: date | None = None
    tiers: tuple[tuple[int, Rates], ...] = ()
    plain: tuple[int, int] | None = field(default=None, init=False, repr=False, compare=False)
    """Input and output in whole 10⁻⁹ USD per million tokens, where that is all there is to a bill; made once, not for each."""

    def __post_init__(self) -> None:
        rates = [billionths(rate) for rate in (self.rates.input, self.rates.output)]
        if not self.tiers and None not in rates:
            object.__setattr__(self, "plain", tuple(rates))

    def rates_for(self, input_tokens: int) -> Rates:
        """The rates of a request with this many input tokens, cached ones included."""
        found = self.rates
        for above, rates in self.tiers:
            if input_tokens > above:
                found = rates
        return found

    def each(self, change: Callable[[Rates], Rates]) -> "Price":
        """The same price with `change` done to the rates of every tier."""
        return replace(
            self, rates=change(self.rates), tiers=tuple((above, change(rates)) for above, rates in self.tiers)
        )


@dataclass(frozen=True, slots=True)
class Discount:
    """A batch discount that holds for every model of a provider: the share of the standard price that is paid."""

    factor: Decimal
    source: str
    as_of: date


# Only where the provider publishes one figure for all its models. Not here, so billed at the standard price (the safe side):
# Together ("selected models"), Groq (25 % in one copy of its page, 50 % in another), Azure and xAI (no figure for all).
BATCH_DISCOUNTS: Mapping[str, Discount] = {
    "fireworks": Discount(Decimal("0.5"), "docs.fireworks.ai/serverless/pricing", date(2026, 11, 23)),
    "mistral": Discount(Decimal("0.5"), "docs.mistral.ai/capabilities/batch", date(2026, 10, 14)),
}


@lru_cache(maxsize=4096)
def listed(provider: str, model: str, start: datetime, end: datetime, batch: bool) -> Price | None:
    """The dearest price that holds at any moment from `start` to `end` (aware), or None where one of them is not known."""
    found = _find(provider, model)
    if found is None:
        return None
    info, own = found
    prices = dict.fromkeys(
        _priced(info, moment, provider, batch=batch and own) for moment in _moments(info, start, end)
    )
    known = [price for price in prices if price]
    if len(known) < len(prices):
        return None
    return known[0] if len(known) == 1 else _dearest(known)


def all_listed(provider: str, moment: datetime, *, batch: bool) -> Iterator[tuple[str, Price]]:
    """(model id, price) of every model of a provider that is priced by tokens."""
    home = _home(_snapshot(), provider)
    for info in home.models if home else ():
        if price := _priced(info, moment, provider, batch=batch):
            yield info.id, price


@lru_cache(maxsize=4096)
def context_window(provider: str, model: str) -> int | None:
    """A count of tokens that no input of this model exceeds, from the price data; None where it does not say.

    The data rounds: 1,000,000 stands there for windows of 1,047,576, 1,048,576 and 1,050,000. So a tenth is added. It also
    states the smaller of two windows (claude-sonnet-4-5: 200,000, beside a price for more than that): that says nothing.
    """
    found = _find(provider, model)
    window = found[0].context_window if found else None
    if found is None or not window or window <= max(_tier_starts(found[0]), default=0):
        return None
    return window + -(-window // 10)


def _snapshot() -> "DataSnapshot":
    from genai_prices import data_snapshot

    return data_snapshot.get_snapshot()


def _source() -> str:
    import genai_prices

    snapshot = _snapshot()
    if snapshot.from_auto_update:
        return f"genai-prices, updated {snapshot.timestamp:%Y-%m-%d}"
    return f"genai-prices {genai_prices.__version__}"


def _home(snapshot: "DataSnapshot", provider: str) -> "Provider | None":
    """By exact id: genai-prices' own search would take any name that contains "openai" for OpenAI."""
    name = _DATA_NAMES.get(provider, provider)
    return next((home for home in snapshot.providers if home.id == name), None)


def _find(provider: str, model: str) -> "tuple[ModelInfo, bool] | None":
    """The model, and whether it is the provider's own entry: one borrowed from another provider has no batch price here."""
    snapshot = _snapshot()
    home = _home(snapshot, provider)
    info = home.find_model(model, all_providers=snapshot.providers) if home else None
    return (info, any(info is own for own in home.models)) if home and info else None


def _moments(info: "ModelInfo", start: datetime, end: datetime) -> Iterator[datetime]:
    """`start`, and every moment up to `end` at which a price of this model may change."""
    yield start
    for constraint in [entry.constraint for entry in (*_dated(info), *(info.price_variants or ()))]:
        yield from (change for change in _changes(constraint, start, end) if start < change <= end)


def _changes(constraint: Any, start: datetime, end: datetime) -> Iterable[datetime]:
    if constraint is None:
        return
    if hasattr(constraint, "start_date"):
        yield datetime.combine(constraint.start_date, time(), UTC)
        return
    for offset in range(-1, (end - start).days + 3):  # a day more at both ends: a clock may be of another time zone
        day = start.date() + timedelta(days=offset)
        for clock in (constraint.start_time, constraint.end_time):
            yield datetime.combine(day, clock, clock.tzinfo or UTC)


def _dated(info: "ModelInfo") -> list[Any]:
    return info.prices if isinstance(info.prices, list) else []


def _dearest(prices: list[Price]) -> Price:
    """One price that none of these exceeds for any request."""

    def worst(input_tokens: int) -> Rates:
        several = [price.rates_for(input_tokens) for price in prices]
        return Rates(*(max(getattr(rates, field.name) for rates in several) for field in fields(Rates)))

    starts = sorted({above for price in prices for above, _ in price.tiers})
    return Price(
        rates=worst(0),
        tiers=tuple((above, worst(above + 1)) for above in starts),
        source=prices[0].source,
        batch=all(price.batch for price in prices),
        as_of=max((price.as_of for price in prices if price.as_of), default=None),
    )


def _priced(info: "ModelInfo", moment: datetime, provider: str, *, batch: bool) -> Price | None:
    """The model's price at a moment; None where it has no token prices, or is billed per request too."""
    standard = _table(info.get_prices(moment))
    variants = [variant for variant in (info.price_variants or ()) if batch and _applies(variant, moment)]
    table = _table(info.get_prices(moment, _BATCH)) if variants else standard
    if "input_mtok" not in table or "output_mtok" not in table or "requests_kcount" in table:
        return None
    table = {key: _tiers_kept(rate, standard.get(key)) for key, rate in table.items()}
    starts = sorted({tier.start for rate in table.values() for tier in getattr(rate, "tiers", ())})
    days = [getattr(entry.constraint, "start_date", None) for entry in (*_dated(info), *variants)]
    price = Price(
        rates=_rates(table, 0),
        tiers=tuple((above, _rates(table, above + 1)) for above in starts),
        source=_source(),
        batch=bool(variants),
        as_of=max((day for day in days if day and day <= moment.date()), default=None),
    )
    discount = BATCH_DISCOUNTS.get(provider) if batch and not variants else None
    return _discounted(price, discount) if discount else price


def _table(prices: "ModelPrice") -> dict[str, Any]:
    """Price key to `Decimal` or `TieredPrices`."""
    return {key: rate for key, rate in vars(prices).items() if rate is not None}


def _applies(variant: Any, moment: datetime) -> bool:
    """genai-prices falls back to the standard price without a word; so the variant itself is looked at."""
    dated = variant.constraint is None or variant.constraint.active(moment)
    return bool(dated and variant.when.items() <= _BATCH.items())


def _tiers_kept(rate: Any, standard: Any) -> Any:
    """A flat batch price of a model whose standard price has tiers says nothing of long requests (gpt-5.5-pro: OpenAI
    publishes no such figure): above the tier the standard rate is kept, which is never too low.
    """
    from genai_prices.types import TieredPrices

    if isinstance(standard, TieredPrices) and not isinstance(rate, TieredPrices):
        return TieredPrices(base=rate, tiers=list(standard.tiers))
    return rate


def _rates(table: Mapping[str, Any], input_tokens: int) -> Rates:
    def at(*keys: str, otherwise: Decimal) -> Decimal:
        return max((_at(table[key], input_tokens) for key in keys if key in table), default=otherwise)

    outputs = [key for key in table if key.startswith("output_") and key.endswith("_mtok")]
    plain = at(*_INPUT, otherwise=Decimal(0))
    write = at("cache_write_mtok", otherwise=plain)
    return Rates(
        input=plain,
        output=at(*outputs, otherwise=Decimal(0)),
        cache_read=at(*_READ, otherwise=plain),
        cache_write_5m=at("cache_write_5m_mtok", otherwise=write),
        cache_write_1h=at("cache_write_1h_mtok", otherwise=write),
    )


def _at(tiered: Any, input_tokens: int) -> Decimal:
    """The rate for a request of this size. Crossing a tier reprices the whole request (genai-prices: the "cliff" model)."""
    rate: Decimal = getattr(tiered, "base", tiered)
    for tier in getattr(tiered, "tiers", ()):
        if input_tokens > tier.start:
            rate = tier.price
    return rate


def _tier_starts(info: "ModelInfo") -> set[int]:
    rates = [rate for entry in (_dated(info) or [info]) for rate in vars(entry.prices).values()]
    return {tier.start for rate in rates for tier in getattr(rate, "tiers", ())}


def _discounted(price: Price, discount: Discount) -> Price:
    def paid(rates: Rates) -> Rates:
        with localcontext(EXACT):
            cut = Rates(*(getattr(rates, field.name) * discount.factor for field in fields(Rates)))
        # no figure says that cached reads are cut too; they never cost more than reading afresh
        return replace(cut, cache_read=min(rates.cache_read, cut.input))

    source = f"{price.source} x {discount.factor} ({discount.source})"
    return replace(price.each(paid), source=source, batch=True, as_of=discount.as_of)
