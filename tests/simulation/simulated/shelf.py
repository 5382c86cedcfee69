"""A provider's store of uploaded files. Its luck depends on nothing but what is asked of it, because threads ask in any order."""

import random
import threading
from collections.abc import Iterator
from typing import Any

from batchata.errors import ProviderError
from batchata.providers.base import Upload, UploadForm
from batchata.request import Document, Image
from simulated.time import EPOCH, SimClock

KEPT_SECONDS = 7_200.0


class Shelf:
    """The uploads of one account. `failing`: the chance that a call is refused."""

    outlast_seconds = 600.0

    def __init__(self, seed: int, clock: SimClock) -> None:
        self.failing = 0.0
        self.there: dict[str, Upload] = {}
        self.deleted: set[str] = set()
        self._seed = seed
        self._clock = clock
        self._asked: dict[str, int] = {}
        self._lock = threading.Lock()

    def form(self, part: Document | Image) -> UploadForm | None:
        return UploadForm("text/plain", ".txt", part.data) if isinstance(part, Document) else None

    def upload(self, name: str, form: UploadForm) -> Upload:
        self._may_fail(f"upload {name}")
        with self._lock:
            made = Upload(name, f"ref:{name}", EPOCH + self._clock.true + KEPT_SECONDS)
            self.there[name] = made
            self.deleted.discard(name)
        self._may_fail(f"answer to {name}")
        return made

    def uploaded(self, mark: str) -> Iterator[Upload]:
        self._may_fail("list")
        with self._lock:
            now = EPOCH + self._clock.true
            self.there = {name: upload for name, upload in self.there.items() if (upload.expires_at or now) > now}
            return iter([upload for name, upload in self.there.items() if name.startswith(mark)])

    def delete(self, upload: Upload) -> None:
        self._may_fail(f"delete {upload.name}")
        with self._lock:
            self.there.pop(upload.name, None)
            self.deleted.add(upload.name)

    def _may_fail(self, call: str) -> None:
        with self._lock:
            times = self._asked[call] = self._asked.get(call, 0) + 1
        draw = random.Random(f"{self._seed} {call} {times}")
        if draw.random() < self.failing:
            raise ProviderError("not now", **draw.choice(_REFUSALS))


_REFUSALS: tuple[dict[str, Any], ...] = (
    {"retryable": True, "status": 503},
    {"retryable": True, "status": 429, "retry_after": 5.0},
    {"status": 413},
    {"status": 403},
)
