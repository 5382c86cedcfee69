"""Random dates and amounts."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random


def a_day(rng: Random, first: int = 2019, last: int = 2026) -> date:
    start = date(first, 1, 1)
    return start + timedelta(days=rng.randrange((date(last, 12, 31) - start).days))


def cents(rng: Random, low: int, high: int) -> Decimal:
    """An amount with two places between `low` and `high` whole units."""
    return (Decimal(rng.randrange(low * 100, high * 100)) / 100).quantize(Decimal("1.00"))


def round_sum(rng: Random, low: int, high: int, step: int) -> Decimal:
    return Decimal(rng.randrange(low, high, step)).quantize(Decimal("1.00"))
