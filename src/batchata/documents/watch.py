"""A deadline that is set anew for each request, watched by one thread: starting and joining one a request keeps a worker waiting."""

import math
import threading
import time
from collections.abc import Callable


class Watch:
    """Calls `expire` where a deadline passes before it is taken back. `set` and `clear` come from one thread at a time."""

    def __init__(self, expire: Callable[[], None]) -> None:
        self._expire = expire
        self._changed = threading.Condition()
        self._deadline = math.inf
        self._sleeps_until = math.inf
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="batchata-deadline", daemon=True)
        self._thread.start()

    def set(self, seconds: float) -> None:
        with self._changed:
            self._deadline = time.monotonic() + seconds
            if self._deadline < self._sleeps_until:  # else it looks again by itself, early enough
                self._changed.notify()

    def clear(self) -> None:
        """After this the last deadline does nothing any more."""
        with self._changed:
            self._deadline = math.inf

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    self._deadline = left = math.inf
                    self._expire()
                self._sleeps_until = self._deadline
                self._changed.wait(None if left == math.inf else min(left, threading.TIMEOUT_MAX))
