"""Requests answered one by one, as an OpenAI-compatible server of one's own does; how many at once is remembered."""

import threading
import time
from itertools import count
from typing import Any

from batchata.testing.openai.writer import Origin, Writer
from batchata.testing.settings import Settings


class Realtime:
    """`peak`: the most requests that were in the works at once."""

    def __init__(self, settings: Settings, writer: Writer) -> None:
        self.peak = 0
        self._settings = settings
        self._writer = writer
        self._lock = threading.Lock()
        self._busy = 0
        self._numbers = count(1)

    def answer(self, body: dict[str, Any], account: str, endpoint: str) -> dict[str, Any]:
        """Raises `ApiError`."""
        with self._lock:
            self._busy += 1
            self.peak = max(self.peak, self._busy)
        try:
            time.sleep(self._settings.realtime_seconds)
            origin = Origin(account, endpoint, self._settings.clock.now())
            answered, bill = self._writer.realtime(body, origin, next(self._numbers))
        finally:
            with self._lock:
                self._busy -= 1
        self._settings.ledger.extend([bill])
        return answered
