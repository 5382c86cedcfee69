"""What time it is at a provider: told by the `Date` header of its answers, and kept by the clock that never jumps."""

import time
from collections.abc import Mapping

from batchata.providers.failures import http_date


class ServerClock:
    """Hears every answer. Two seconds are nothing to its users: the header counts whole ones, and an answer takes a while."""

    def __init__(self) -> None:
        self._ahead: float | None = None  # of the monotonic clock

    def hear(self, headers: Mapping[str, str]) -> None:
        moment = http_date(headers.get("date"))
        if moment is not None:
            self._ahead = moment - time.monotonic()

    def now(self) -> float | None:
        """Unix time there; None while it has said nothing."""
        return None if self._ahead is None else time.monotonic() + self._ahead
