"""Tokens to Money: what an attempt was billed, and the most it can be billed before it is sent.

Prices come from the user's `prices`, else from `price_data`. Everything is exact decimal arithmetic, rounded up once per
attempt.
"""

import difflib
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any

from batchata.errors import ValidationError
from batchata.price_data import BATCH_DISCOUNTS, EXACT, Price, Rates, all_listed, billionths, context_window, listed
from batchata.usage import Money, Usage

__all__ = [
    "BATCH_DISCOUNTS",
    "LOCAL",
    "Price",
    "Rates",
    "bound",
    "context_window",
    "cost",
    "known_prices",
    "parse_prices",
    "price_of",
]

LOCAL = Price(Rates(*[Decimal(0)] * len(fields(Rates))), source="local", batch=True)

_FINEST = Decimal("1e-12")  # of a user's price, in USD per million tokens; what is finer is rounded up
_HIGHEST = 1_000_000  # USD per million tokens: a dollar for one token is a slip, not a price

_RATES = tuple(field.name for field in fields(Rates))
_FORM = "(usd per million input tokens, usd per million output tokens) or a dict with " + ", ".join(_RATES)


def price_of(
    provider: str,
    model: str,
    when: datetime,
    overrides: Mapping[str, Price] | None = None,
    *,
    until: datetime | None = None,
    batch: bool = True,
) -> Price | None:
    """The price of a model at `when` (aware), or None where it is not known.

    With `until`, the dearest rates that hold at any moment from `when` to then: providers announce price changes, and a
    batch made before one may be billed after it. `batch`: whether it goes through the provider's batch API; where no batch
    price is known the standard price is given, and `Price.batch` is False. `overrides` (see `parse_prices`) always win:
    `provider/model` before the bare `model`. Local models cost nothing.
    """
    for key in (f"{provider}/{model}", model):
        if overrides and key in overrides:
            return overrides[key]
    if provider == "local":
        return LOCAL
    start = _minute(when)
    return listed(provider, model, start, _minute(until) if until else start, batch)


def known_prices(provider: str, when: datetime, *, batch: bool = True) -> Iterator[tuple[str, Price]]:
    """(model id, price) of every model of a provider that the price data prices by tokens."""
    return all_listed(provider, _minute(when), batch=batch)


def _minute(moment: datetime) -> datetime:
    """Listed prices change on whole minutes, so minutes name them all, and a small cache holds them."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def cost(usage: Usage, price: Price) -> Money:
    """What an attempt with this usage is billed, in nano-dollars."""
    given, output, read, written_5m, written_1h, _ = usage
    cached = read + written_5m + written_1h
    if price.plain is not None and not cached:
        return -(-(given * price.plain[0] + output * price.plain[1]) // 1_000_000)
    total = max(usage.input_tokens, cached)  # where a provider's parts exceed its total, the parts are what it bills
    rates = price.rates_for(total)
    return _nano(
        (total - cached, rates.input),
        (usage.cache_read_tokens, rates.cache_read),
        (usage.cache_write_5m_tokens, rates.cache_write_5m),
        (usage.cache_write_1h_tokens, rates.cache_write_1h),
        (usage.output_tokens, rates.output),
    )


def bound(input_tokens_max: int, output_tokens_max: int, cache_write: str | None, price: Price) -> Money:
    """The most an attempt can be billed, in nano-dollars: never less than `cost` of any usage within these maxima.

    `cache_write` is the dearest cache write that can happen (None, "5m" or "1h"): all input is taken at the dearest rate it
    leaves open. Lower tiers are looked at too: nothing says that rates only rise with size.
    """
    ends = [*(above for above, _ in price.tiers), input_tokens_max]
    steps = zip(ends, [(0, price.rates), *price.tiers], strict=True)
    return max(
        _nano((min(end, input_tokens_max), _dearest_input(rates, cache_write)), (output_tokens_max, rates.output))
        for end, (above, rates) in steps
        if above < input_tokens_max or rates is price.rates
    )


def _dearest_input(rates: Rates, cache_write: str | None) -> Decimal:
    plain = max(rates.input, rates.cache_read)
    if cache_write is None:
        return plain
    short = max(plain, rates.cache_write_5m)
    return short if cache_write == "5m" else max(short, rates.cache_write_1h)


def _nano(*charges: tuple[int, Decimal]) -> Money:
    """Tokens at USD per million tokens, as nano-dollars: summed exactly, rounded up once."""
    total = 0
    for tokens, rate in charges:
        if tokens:
            whole = billionths(rate)
            if whole is None:
                return _exactly(charges)
            total += tokens * whole
    return -(-total // 1_000_000)


def _exactly(charges: tuple[tuple[int, Decimal], ...]) -> Money:
    with localcontext(EXACT):
        millionths = sum((tokens * rate for tokens, rate in charges), Decimal(0))
        return int((millionths * 1000).to_integral_value())


def parse_prices(prices: Mapping[str, Any] | None) -> dict[str, Price]:
    """The user's `prices`, checked: model (bare, or `provider/model`) to `Price`.

    A price is `(input, output)` in USD per million tokens, or a dict with these and, where they differ, `cache_read`,
    `cache_write_5m`, `cache_write_1h`, `tiers` (a list of such dicts, each with `above`: more input tokens than that reprice
    the whole request) and `batch`. It is taken as the price actually billed, in a batch too: nothing is taken off. With
    `batch=False` reports say that it is a standard price. What is left out is set so that no bill exceeds it: reads as
    input, writes at Anthropic's 1.25 and 2 times input (docs.anthropic.com, prompt caching). Raises `ValidationError`.
    """
    if prices is None:
        return {}
    if not isinstance(prices, Mapping):
        raise ValidationError(f"prices must be a dict of model to {_FORM}; got {_show(prices)}")
    for model in prices:
        if not isinstance(model, str) or not model.strip("/ "):
            raise ValidationError(
                f"prices: a key must be a model's name, such as 'gpt-5' or 'openai/gpt-5'; got {_show(model)}"
            )
    return {model: _parse(f"prices[{model!r}]", given) for model, given in prices.items()}


def _parse(where: str, given: Any) -> Price:
    if isinstance(given, Sequence) and not isinstance(given, str | bytes) and len(given) == 2:
        given = {"input": given[0], "output": given[1]}
    if not isinstance(given, Mapping):
        raise ValidationError(f"{where} must be {_FORM}; got {_show(given)}")
    rates = _parse_rates(where, given, (*_RATES, "tiers", "batch"))
    batch = given.get("batch", True)
    if not isinstance(batch, bool):
        raise ValidationError(f"{where}['batch'] must be True or False; got {_show(batch)}")
    return Price(rates, source="prices=", batch=batch, tiers=_parse_tiers(f"{where}['tiers']", given.get("tiers", ())))


def _parse_tiers(where: str, given: Any) -> tuple[tuple[int, Rates], ...]:
    if not isinstance(given, Sequence) or not all(isinstance(tier, Mapping) for tier in given):
        raise ValidationError(f"{where} must be a list of dicts, each with above, input and output; got {_show(given)}")
    tiers = {}
    for index, tier in enumerate(given):
        here = f"{where}[{index}]"
        rates = _parse_rates(here, tier, ("above", *_RATES))
        above = tier.get("above")
        if not isinstance(above, int) or isinstance(above, bool) or above < 1 or above in tiers:
            raise ValidationError(
                f"{here}['above'] must be a whole number of tokens, 1 or more, once; got {_show(above)}"
            )
        tiers[above] = rates
    return tuple(sorted(tiers.items(), key=lambda tier: tier[0]))


def _parse_rates(where: str, given: Mapping[Any, Any], allowed: tuple[str, ...]) -> Rates:
    for key in given:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ValidationError(f"{where} has an unknown key {_show(key)}{hint}; allowed: {', '.join(allowed)}")
    for key in ("input", "output"):
        if key not in given:
            raise ValidationError(f"{where} lacks {key!r}: USD per million {key} tokens")
    rates = {key: _rate(f"{where}[{key!r}]", given[key]) for key in _RATES if key in given}
    plain = rates["input"]
    with localcontext(EXACT):
        dearest = {"cache_read": plain, "cache_write_5m": plain * Decimal("1.25"), "cache_write_1h": plain * 2}
    return Rates(**{**dearest, **rates})


def _rate(where: str, given: Any) -> Decimal:
    """A float is taken at its shortest decimal form: 0.1 is 0.1."""
    if not isinstance(given, int | float | Decimal) or isinstance(given, bool):
        raise ValidationError(f"{where} must be a number of USD per million tokens; got {_show(given)}")
    rate = Decimal(repr(float(given))) if isinstance(given, float) else Decimal(given)
    if not rate.is_finite() or not 0 <= rate <= _HIGHEST:
        raise ValidationError(f"{where} must be from 0 to {_HIGHEST:,} USD per million tokens; got {rate:.6g}")
    with localcontext(EXACT):
        return rate.quantize(_FINEST).normalize() if rate.as_tuple().exponent < -12 else rate  # type: ignore[operator]


def _show(given: Any) -> str:
    return f"{reprlib.repr(given)} ({type(given).__name__})"
