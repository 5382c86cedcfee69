"""Tokens as providers report them, and money as integers of 10⁻⁹ USD."""

from decimal import ROUND_CEILING, Decimal
from operator import add
from typing import NamedTuple, TypeAlias

Money: TypeAlias = int
"""An amount in nano-dollars (10⁻⁹ USD). Never a float, so sums are exact."""

NANO = 1_000_000_000


def money(usd: Decimal | float | str) -> Money:
    """USD as nano-dollars, rounded up. A float is taken at its shortest decimal form: 0.1 is 0.1."""
    return int((Decimal(str(usd)) * NANO).to_integral_value(ROUND_CEILING))


def to_usd(amount: Money) -> float:
    """Nano-dollars as a float of USD, for people. Never compute with it."""
    return amount / NANO


def dollars(amount: Money) -> str:
    """Nano-dollars for people: cents, and finer where the sum is small and no whole cents."""
    value = to_usd(amount)
    return f"${value:,.2f}" if value >= 100 or amount % (NANO // 100) == 0 else f"${value:,.4f}"


class Usage(NamedTuple):
    """Tokens of one request, in one vocabulary for all providers.

    `input_tokens` counts the whole prompt: cached reads and cache writes are parts of it. `output_tokens` counts all that
    was generated, thinking included. The other counts are parts of these two. (One and more are made for each answer: a tuple.)
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    thinking_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def plus(self, other: "Usage") -> "Usage":
        return Usage(*map(add, self, other))

    def to_dict(self) -> dict[str, int]:
        return {  # written out: a third of what `_asdict` takes
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_write_5m_tokens": self.cache_write_5m_tokens,
            "cache_write_1h_tokens": self.cache_write_1h_tokens,
            "thinking_tokens": self.thinking_tokens,
        }


NOTHING_USED = Usage()
