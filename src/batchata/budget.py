"""May this be reserved, and what does a booking do to the balance?

The most a request can be billed is reserved before it is sent. A reservation is released only by knowledge; what was billed
is spent. The sum of both never passes the limit.
"""

from dataclasses import dataclass
from enum import StrEnum

from batchata.usage import Money


class Booking(StrEnum):
    """The kinds of rows in the ledger."""

    RESERVE = "reserve"
    RELEASE = "release"
    SPEND = "spend"
    ASSUMED = "assumed"  # the bound, booked where no bill can be learnt


@dataclass(frozen=True, slots=True)
class Balance:
    """Nano-dollars held for open attempts, and spent (assumed spending included)."""

    reserved: Money = 0
    spent: Money = 0

    @property
    def held(self) -> Money:
        return self.reserved + self.spent

    def after(self, kind: Booking, amount: Money) -> "Balance":
        match kind:
            case Booking.RESERVE:
                return Balance(self.reserved + amount, self.spent)
            case Booking.RELEASE:
                return Balance(self.reserved - amount, self.spent)
            case Booking.SPEND | Booking.ASSUMED:
                return Balance(self.reserved, self.spent + amount)

    def available(self, limit: Money | None) -> Money | None:
        """What may still be reserved under a limit; None: no limit. Less than nothing where a limit was lowered is 0."""
        return None if limit is None else max(0, limit - self.held)

    def bears(self, bound: Money, limit: Money | None) -> bool:
        return limit is None or self.held + bound <= limit
