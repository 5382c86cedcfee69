"""Prices against genai-prices' own arithmetic, and the bound against every usage it must cover."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from genai_prices import Usage as DataUsage
from genai_prices.data_snapshot import DataSnapshot, get_snapshot, set_custom_snapshot
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TimeOfDateConstraint,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.errors import ValidationError
from batchata.price_data import listed
from batchata.pricing import LOCAL, Price, Rates, bound, context_window, cost, known_prices, parse_prices, price_of
from batchata.usage import Usage

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def these(*values: Any) -> tuple[Any, ...]:
    return values


def must(price: Price | None) -> Price:
    assert price is not None
    return price


# --- the price data, checked against its own calculation


def plain(info: ModelInfo) -> bool:
    """Whether its price needs only counts that `Usage` has; else the dearest it could be is taken."""
    keys = {key for key, rate in vars(info.get_prices(NOW)).items() if rate is not None and key.endswith("_mtok")}
    return not any("image" in key or (key.startswith("output_") and key != "output_mtok") for key in keys)


USAGES = [
    Usage(
        input_tokens=total,
        output_tokens=997,
        cache_read_tokens=read,
        cache_write_5m_tokens=w5,
        cache_write_1h_tokens=w1,
    )
    for total in (1, 100_001, 128_001, 200_000, 200_001, 272_001)
    for read, w5, w1 in [
        (0, 0, 0),
        (total // 3, 0, 0),
        (0, total // 7, 0),
        (0, 0, total // 5),
        (total // 3, total // 7, total // 5),
    ]
]


def theirs(info: ModelInfo, home: Provider, usage: Usage, when: datetime, *, batch: bool) -> int:
    counts: dict[str, int] = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    counts["cache_read_tokens"] = usage.cache_read_tokens
    counts["cache_write_tokens"] = usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
    counts["cache_write_5m_tokens"] = usage.cache_write_5m_tokens
    counts["cache_write_1h_tokens"] = usage.cache_write_1h_tokens
    context = {"processing": "batch"} if batch else None
    found = info.calc_price(DataUsage(**counts), home, genai_request_timestamp=when, price_context=context)
    return int((found.total_price * 10**9).to_integral_value(ROUND_CEILING))


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("ours", ["anthropic", "openai", "gemini", "mistral", "groq", "xai"])
def test_cost_is_what_genai_prices_calculates(ours: str, batch: bool) -> None:
    name = {"gemini": "google", "xai": "x-ai"}.get(ours, ours)
    home = next(home for home in get_snapshot().providers if home.id == name)
    seen = 0
    for when in (NOW, datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)):
        prices = dict(known_prices(ours, when, batch=batch))
        for info in home.models:
            if info.id not in prices or "mistral.ai" in prices[info.id].source:  # a discount of our own, see below
                continue
            seen += 1
            exact = plain(info) and not (info.id == "gpt-5.5-pro" and batch)  # its long requests, see below
            for usage in USAGES:
                mine, other = cost(usage, prices[info.id]), theirs(info, home, usage, when, batch=batch)
                assert mine == other if exact else mine >= other, (info.id, when, usage)
    assert seen > 20


def test_no_listed_batch_price_is_dearer_than_the_standard_one() -> None:
    count = 0
    for home in get_snapshot().providers:
        standard = dict(known_prices(home.id, NOW, batch=False))
        for model, price in known_prices(home.id, NOW):
            count += 1
            for usage in USAGES:
                assert cost(usage, price) <= cost(usage, standard[model]), model
    assert count > 1000


@pytest.mark.parametrize(
    ("provider", "model", "usd"),
    [  # a million in and a million out, in a batch
        ("anthropic", "claude-fable-5-2", 24),
        ("anthropic", "claude-opus-5-5", 12),
        ("anthropic", "claude-sonnet-5-5", 6),
        ("openai", "gpt-4.1-2025-04-14", 5),
        ("openai", "gpt-5", Decimal("5.625")),
        ("openai", "gpt-6-astra", Decimal("47.5")),
        ("openai", "gpt-6.1-sol", Decimal("9.5")),
        ("gemini", "gemini-2.5-flash", Decimal("1.40")),
        ("gemini", "gemini-4-argon", 6),
    ],
)
def test_known_batch_prices(provider: str, model: str, usd: Decimal) -> None:
    price = must(price_of(provider, model, NOW))
    assert price.batch
    assert price.source.startswith("genai-prices ")
    assert cost(Usage(1_000_000, 1_000_000), price) == usd * 10**9


def test_a_price_without_batch_variant_is_the_standard_one_and_says_so() -> None:
    price = must(price_of("anthropic", "claude-sonnet-4-20250514", NOW))
    assert these(price.batch, price.rates.input, price.rates.cache_write_1h) == (False, 3, 6)


def test_a_batch_variant_counts_only_from_its_day() -> None:
    before = must(price_of("anthropic", "claude-sonnet-5-5", datetime(2026, 10, 13, 23, 59, tzinfo=UTC)))
    after = must(price_of("anthropic", "claude-sonnet-5-5", datetime(2026, 10, 14, tzinfo=UTC)))
    assert these(before.batch, before.rates.input) == (False, 2)
    assert these(after.batch, after.rates.input, after.as_of) == (True, 1, date(2026, 10, 14))


def test_without_a_batch_the_standard_price_holds() -> None:
    price = must(price_of("openai", "gpt-5", NOW, batch=False))
    assert these(price.batch, price.rates.output) == (False, 10)


def test_a_model_borrowed_from_another_provider_has_no_batch_price() -> None:
    price = must(price_of("azure", "gpt-5.4-mini", NOW))
    assert these(price.batch, price.rates.input) == (False, Decimal("0.75"))


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-opus-6"),
        ("openai", "gpt-5-ultra"),
        ("my-openai-proxy", "gpt-5"),  # a name that only looks like a provider's
        ("openai", "text-embedding-3-small"),  # no output price
        ("mistral", "mistral-ocr-latest"),  # priced by the page
        ("gemini", "gemma-3"),  # listed without a price: not the same as free
        ("perplexity", "sonar"),  # a fee for each request besides
    ],
)
def test_what_is_not_priced_by_tokens_is_unknown(provider: str, model: str) -> None:
    assert price_of(provider, model, NOW) is None


def test_pictures_are_taken_at_the_dearest_rate() -> None:
    price = must(price_of("openai", "gpt-image-1.5", NOW))
    assert these(price.rates.input, price.rates.output, price.rates.cache_read) == (4, 16, 1)


def test_a_flat_batch_price_keeps_the_standard_rate_for_long_requests() -> None:
    price = must(price_of("openai", "gpt-5.5-pro", NOW))
    assert these(price.rates_for(272_000).input, price.rates_for(272_001).input) == (15, 60)


def test_a_discount_of_our_own_has_its_source_and_date() -> None:
    standard = must(price_of("fireworks", "accounts/fireworks/models/llama-v3p1-8b-instruct", NOW, batch=False))
    price = must(price_of("fireworks", "accounts/fireworks/models/llama-v3p1-8b-instruct", NOW))
    assert price.batch
    assert price.rates.output * 2 == standard.rates.output
    assert price.rates.cache_read <= price.rates.input
    assert "docs.fireworks.ai" in price.source
    assert price.as_of == date(2026, 11, 23)
    assert not any(price.batch for _, price in known_prices("together", NOW))


# --- prices that change while a batch is out


def test_the_dearest_price_of_a_window_holds_for_it() -> None:
    eve = datetime(2026, 11, 30, 20, tzinfo=UTC)
    assert must(price_of("gemini", "gemini-4-argon", eve)).rates.input == 1
    assert must(price_of("gemini", "gemini-4-argon", eve, until=eve + timedelta(hours=3))).rates.input == 1
    doubled = must(price_of("gemini", "gemini-4-argon", eve, until=eve + DAY))
    assert these(doubled.rates.input, doubled.rates.output, doubled.as_of) == (2, 10, date(2026, 12, 1))


def test_a_window_over_a_tier_change_is_dear_everywhere() -> None:
    eve = datetime(2026, 3, 12, 12, tzinfo=UTC)  # claude-opus-4-6 lost its long-context tier the next day
    window = must(price_of("anthropic", "claude-opus-4-6", eve, until=eve + DAY))
    for moment in (eve, eve + DAY):
        price = must(price_of("anthropic", "claude-opus-4-6", moment))
        for usage in USAGES:
            assert cost(usage, window) >= cost(usage, price)


@pytest.fixture
def woods() -> Iterator[None]:
    """Price data of our own making: an owl that is cheap by night, and a fox whose price ends."""
    night = TimeOfDateConstraint(start_time=time(22), end_time=time(6))
    day, off_peak = (ModelPrice(input_mtok=Decimal(rate), output_mtok=Decimal(8)) for rate in (4, 1))
    owl = [ConditionalPrice(prices=day), ConditionalPrice(night, prices=off_peak)]
    ends = StartDateConstraint(start_date=date(2026, 11, 25))
    fox = [ConditionalPrice(prices=day), ConditionalPrice(ends, prices=ModelPrice())]
    models = [ModelInfo("owl", ClauseEquals("owl"), prices=owl), ModelInfo("fox", ClauseEquals("fox"), prices=fox)]
    listed.cache_clear()
    set_custom_snapshot(DataSnapshot([Provider("woods", "Woods", "x", models=models)], from_auto_update=True))
    yield
    set_custom_snapshot(None)
    listed.cache_clear()


@pytest.mark.usefixtures("woods")
def test_off_peak_prices_count_at_their_hours() -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    for hours, dearest in [(0, 1), (5, 1), (6, 4), (30, 4)]:
        price = must(price_of("woods", "owl", midnight, until=midnight + timedelta(hours=hours)))
        assert price.rates.input == dearest
        assert price.source.startswith("genai-prices, updated 2")


@pytest.mark.usefixtures("woods")
def test_a_price_that_ends_within_the_window_is_unknown() -> None:
    assert must(price_of("woods", "fox", NOW, until=NOW + DAY)).rates.input == 4
    assert price_of("woods", "fox", NOW, until=NOW + 2 * DAY) is None


def test_the_callers_decimal_context_has_no_say() -> None:
    def all_rates() -> list[Any]:
        listed_ones = [price.rates for _, price in known_prices("fireworks", NOW)]
        return [*listed_ones, parse_prices({"m": (0.123, 4.567), "n": (1.5, 0.1 + 0.2)})]

    usual = all_rates()
    with localcontext(Context(prec=1)):
        assert all_rates() == usual


# --- the user's prices


def test_the_users_price_wins_and_the_fuller_name_first() -> None:
    prices = parse_prices({"gpt-5": (1, 2.5), "openai/gpt-5": (3, 4), "local/tiny": (0.1, 0.2)})
    assert must(price_of("openai", "gpt-5", NOW, prices)).rates.input == 3
    other = must(price_of("elsewhere", "gpt-5", NOW, prices))
    assert these(other.rates.output, other.source, other.batch) == (Decimal("2.5"), "prices=", True)
    assert must(price_of("local", "tiny", NOW, prices)).rates.input == Decimal("0.1")


def test_local_models_are_free() -> None:
    assert price_of("local", "anything", NOW) is LOCAL
    assert cost(Usage(10**9, 10**9), LOCAL) == bound(10**9, 10**9, "1h", LOCAL) == 0


def test_the_fuller_form() -> None:
    tier = {"above": 200_000, "input": 4, "output": 20}
    spec = {
        "input": 2,
        "output": 10,
        "cache_read": "0.2",
        "tiers": [{"above": 500_000, "input": 8, "output": 30}, tier],
    }
    with pytest.raises(ValidationError, match=r"prices\['m'\]\['cache_read'\] must be a number"):
        parse_prices({"m": spec})
    price = parse_prices({"m": spec | {"cache_read": Decimal("0.2"), "batch": False}})["m"]
    assert not price.batch
    assert price.rates == Rates(Decimal(2), Decimal(10), Decimal("0.2"), Decimal("2.5"), Decimal(4))
    assert [above for above, _ in price.tiers] == [200_000, 500_000]
    assert price.rates_for(200_001) == Rates(Decimal(4), Decimal(20), Decimal(4), Decimal(5), Decimal(8))


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ([("m", 1)], r"prices must be a dict"),
        ({"": (1, 2)}, r"a key must be a model's name"),
        ({3: (1, 2)}, r"a key must be a model's name"),
        ({"m": 3}, r"prices\['m'\] must be \(usd per million"),
        ({"m": (1, 2, 3)}, r"prices\['m'\] must be"),
        ({"m": "12"}, r"prices\['m'\] must be"),
        ({"m": {}}, r"prices\['m'\] lacks 'input'"),
        ({"m": {"input": 1}}, r"prices\['m'\] lacks 'output'"),
        ({"m": {"input": 1, "outptu": 2}}, r"unknown key 'outptu' \(str\) \(did you mean 'output'\?\)"),
        ({"m": {"input": 1, "output": 2, 7: 1}}, r"unknown key 7"),
        ({"m": (-1, 2)}, r"prices\['m'\]\['input'\] must be from 0"),
        ({"m": (1, float("nan"))}, r"prices\['m'\]\['output'\] must be from 0 .* got NaN"),
        ({"m": (float("inf"), 2)}, r"prices\['m'\]\['input'\] must be from 0"),
        ({"m": (10**5000, 2)}, r"prices\['m'\]\['input'\] must be from 0 to 1,000,000"),
        ({"m": (Decimal("sNaN"), 2)}, r"prices\['m'\]\['input'\] must be from 0"),
        ({"m": (True, 2)}, r"must be a number of USD"),
        ({"m": (None, 2)}, r"must be a number of USD"),
        ({"m": {"input": 1, "output": 2, "batch": "yes"}}, r"\['batch'\] must be True or False"),
        ({"m": {"input": 1, "output": 2, "tiers": {"200000": 3}}}, r"\['tiers'\] must be a list"),
        (
            {"m": {"input": 1, "output": 2, "tiers": [{"input": 1, "output": 2}]}},
            r"\['tiers'\]\[0\]\['above'\] must be",
        ),
        ({"m": {"input": 1, "output": 2, "tiers": [{"above": 0, "input": 1, "output": 2}]}}, r"\['above'\] must be"),
        ({"m": {"input": 1, "output": 2, "tiers": [{"above": 9, "input": 1, "output": 2}] * 2}}, r"\[1\]\['above'\]"),
        (
            {"m": {"input": 1, "output": 2, "tiers": [{"above": 9, "input": 1, "output": 2, "tiers": []}]}},
            r"unknown key",
        ),
    ],
)
def test_wrong_prices_are_named(prices: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        parse_prices(prices)


def test_no_prices_is_no_override() -> None:
    assert parse_prices(None) == parse_prices({}) == {}


def test_a_price_finer_than_can_be_kept_is_rounded_up() -> None:
    assert parse_prices({"m": (Decimal("1e-400"), 0.1 + 0.2)})["m"].rates.input == Decimal("1e-12")
    assert parse_prices({"m": (1, 0.1 + 0.2)})["m"].rates.output == Decimal("0.300000000001")


# --- properties

rate = st.decimals(min_value=0, max_value=200, places=6)
tokens = st.integers(min_value=0, max_value=2_000_000)


@st.composite
def rates_of_any_kind(draw: st.DrawFn) -> Rates:
    return Rates(*(draw(rate) for _ in Rates.__slots__))  # reads dearer than input too: the data has such models


@st.composite
def any_price(draw: st.DrawFn) -> Price:
    starts = sorted(draw(st.sets(st.integers(0, 1_500_000), max_size=3)))
    return Price(draw(rates_of_any_kind()), "drawn", True, None, tuple((s, draw(rates_of_any_kind())) for s in starts))


@st.composite
def usage_within(draw: st.DrawFn, input_max: int, output_max: int, write: str | None) -> Usage:
    total = left = draw(st.integers(0, input_max))
    parts = []
    for open_ in (True, write is not None, write == "1h"):
        parts.append(draw(st.integers(0, left)) if open_ else 0)
        left -= parts[-1]
    return Usage(total, draw(st.integers(0, output_max)), *parts)


@settings(max_examples=400)
@given(st.data(), any_price(), tokens, tokens, st.sampled_from([None, "5m", "1h"]))
def test_no_usage_within_the_maxima_costs_more_than_the_bound(
    data: st.DataObject, price: Price, input_max: int, output_max: int, write: str | None
) -> None:
    usage = data.draw(usage_within(input_max, output_max, write))
    most = bound(input_max, output_max, write, price)
    assert type(most) is int
    assert cost(usage, price) <= most


@settings(max_examples=200)
@given(any_price(), tokens, tokens, tokens, st.sampled_from([None, "5m", "1h"]))
def test_the_bound_is_reached_and_grows_with_the_maxima(
    price: Price, input_max: int, output_max: int, more: int, write: str | None
) -> None:
    most = bound(input_max, output_max, write, price)
    assert most <= bound(input_max + more, output_max, write, price)
    assert most <= bound(input_max, output_max + more, write, price)
    assert bound(input_max, output_max, None, price) <= bound(input_max, output_max, "5m", price)
    assert bound(input_max, output_max, "5m", price) <= bound(input_max, output_max, "1h", price)
    counts = {input_max} | {above for above, _ in price.tiers if above <= input_max}
    names = ["cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"]
    kinds = [[], *([name] for name in names[: {None: 1, "5m": 2, "1h": 3}[write]])]
    reached = [cost(Usage(n, output_max, **dict.fromkeys(kind, n)), price) for n in counts for kind in kinds]
    assert most == max(reached)


@settings(max_examples=300)
@given(st.data(), any_price())
def test_cost_is_exact_and_rounded_up_once(data: st.DataObject, price: Price) -> None:
    usage = data.draw(usage_within(2_000_000, 2_000_000, "1h"))
    rates = price.rates_for(usage.input_tokens)
    read, short, long = usage.cache_read_tokens, usage.cache_write_5m_tokens, usage.cache_write_1h_tokens
    plain = usage.input_tokens - read - short - long
    charges = zip(
        (plain, usage.output_tokens, read, short, long), (getattr(rates, n) for n in Rates.__slots__), strict=True
    )
    exact = sum((count * Fraction(rate) for count, rate in charges), Fraction(0)) * 1000
    with localcontext(Context(prec=3)):  # the caller's own arithmetic has no say
        billed = cost(usage, price)
    assert type(billed) is int
    assert billed == ceil(exact)


@settings(max_examples=200)
@given(st.data(), rates_of_any_kind())
def test_two_halves_cost_the_whole_but_for_rounding(data: st.DataObject, rates: Rates) -> None:
    one, two = (data.draw(usage_within(1_000_000, 1_000_000, "1h")) for _ in range(2))
    both = Usage(*(getattr(one, name) + getattr(two, name) for name in Usage._fields))
    price = Price(rates, "drawn", True)
    assert 0 <= cost(one, price) + cost(two, price) - cost(both, price) <= 1


def test_parts_that_exceed_their_total_are_billed_as_parts() -> None:
    price = must(price_of("anthropic", "claude-sonnet-5-5", NOW))
    assert cost(Usage(10, 0, cache_write_1h_tokens=1_000_000), price) == 2 * 10**9


# --- what the data says of windows, and what it costs to ask


@pytest.mark.parametrize(
    ("provider", "model", "real"),
    [
        ("openai", "gpt-4.1", 1_047_576),
        ("openai", "gpt-5.5", 1_050_000),
        ("gemini", "gemini-2.5-flash", 1_048_576),
        ("gemini", "gemini-3.8-flash", 1_048_576),
        ("anthropic", "claude-haiku-4-5", 200_000),
    ],
)
def test_a_window_is_never_understated(provider: str, model: str, real: int) -> None:
    window = context_window(provider, model)
    assert window is not None
    assert real <= window <= real * 1.1 + 1


def test_a_window_below_its_own_tier_says_nothing() -> None:
    assert context_window("anthropic", "claude-sonnet-4-5") is None
    assert context_window("anthropic", "claude-opus-6") is None
    assert context_window("nowhere", "gpt-5") is None


def test_importing_is_light_and_asking_stays_off_the_network() -> None:
    code = """
import sys
import batchata.pricing as pricing
assert not any(name.startswith(("genai_prices", "pydantic")) for name in sys.modules), "imported too early"
calls = []
sys.addaudithook(lambda event, args: calls.append(event) if event in ("socket.connect", "socket.getaddrinfo") else None)
from datetime import datetime, UTC
assert pricing.price_of("openai", "gpt-5", datetime.now(UTC)) is not None
assert pricing.context_window("openai", "gpt-5")
assert not calls, calls
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
