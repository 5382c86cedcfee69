"""A message batch through its life: in_progress, perhaps canceling, ended; later archived.

Time is handed in. Answers are made in the background as soon as the batch is there; *when* it ends, and which requests had
been reached by then, follows from its turnaround, from holds, from a cancel and from its expiry alone.
"""

from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from batchata.testing.anthropic.lines import Line, plain_line
from batchata.testing.clock import rfc3339

IN_FLIGHT = 0.1  # share of requests that a cancel finds in flight and that end as they would have [assumed]
STATUSES = ("processing", "succeeded", "errored", "canceled", "expired")  # [sdk: MessageBatchRequestCounts]


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things take and last, in seconds."""

    turnaround: float
    cancel: float = 0.05
    expires: float = 24 * 3600.0  # [sdk: MessageBatch.expires_at]
    kept: float = 29 * 24 * 3600.0  # after creation [docs: Batch processing]


class StoredBatch:
    """One batch. Its owner guards it with a lock."""

    def __init__(self, batch_id: str, count: int, created_at: float, terms: Terms, work: "Future[list[Line]]") -> None:
        self.id = batch_id
        self.count = count
        self.created_at = created_at
        self.hidden_until = created_at
        self.results: tuple[int, int] | None = None
        self.ended_at: float | None = None
        self.archived_at: float | None = None
        self._terms = terms
        self._work = work
        self._canceled_at: float | None = None
        self._held_since: float | None = None
        self._held = 0.0
        self._counts: Counter[str] = Counter(processing=count)

    @property
    def ended(self) -> bool:
        return self.ended_at is not None

    @property
    def expires_at(self) -> float:
        return self.created_at + self._terms.expires

    @property
    def status(self) -> str:
        if self.ended:
            return "ended"
        return "canceling" if self._canceled_at is not None else "in_progress"

    def hold(self, now: float) -> None:
        """Do no further request until `release`. A cancel or the expiry still ends the batch."""
        self._held_since = self._held_since or now

    def release(self, now: float) -> None:
        if self._held_since is not None:
            self._held += max(0.0, now - self._held_since)
            self._held_since = None

    def cancel(self, now: float) -> None:
        self._canceled_at = self._canceled_at or now

    def due(self) -> float | None:
        """When it ends as things stand; None while it is held."""
        ends = [self.expires_at]
        if self._canceled_at is not None:
            ends.append(self._canceled_at + self._terms.cancel)
        elif self._held_since is None:
            ends.append(self.created_at + self._held + self._terms.turnaround)
        return min(ends)

    def is_over(self, now: float) -> bool:
        due = self.due()
        return not self.ended and due is not None and due <= now and self._work.done()

    def end(self) -> list[Line]:
        """End it, and return its lines in the order of its result file. Raises what an answer hook raised."""
        lines = self._work.result()
        self.ended_at = self.due()
        stop, ending = self._interrupted()
        if stop is not None:
            done = self._reached(stop, IN_FLIGHT if ending == "canceled" else 0.0)
            lines = lines[:done] + [plain_line(line.custom_id, ending) for line in lines[done:]]
        self._counts = Counter(line.ending for line in lines)
        self._work = Future()  # the lines are on disk from here on
        return lines

    def _interrupted(self) -> tuple[float | None, str]:
        """When requests ceased to be taken up, if before all were done."""
        if self._canceled_at is not None:
            return min(self._canceled_at, self.expires_at), "canceled"
        natural = self.created_at + self._held + self._terms.turnaround
        if self._held_since is not None or natural > self.expires_at:
            return self.expires_at, "expired"
        return None, ""

    def _reached(self, stop: float, in_flight: float) -> int:
        """How many requests were done by `stop`: they are taken up evenly over the turnaround."""
        active = min(stop, self._held_since or stop) - self.created_at - self._held
        share = active / self._terms.turnaround if self._terms.turnaround else 1.0
        return int(self.count * max(0.0, min(1.0, share + in_flight)))

    def archive_if_old(self, now: float) -> None:
        """Results are kept for 29 days after creation; the batch itself stays listed [docs: Batch processing]."""
        purged_at = self.created_at + self._terms.kept
        if self.ended and self.archived_at is None and purged_at <= now:
            self.archived_at = purged_at

    def to_json(self, url: str) -> dict[str, Any]:
        """[sdk: MessageBatch]. Counts stay at `processing` until the whole batch has ended [sdk: request_counts]."""
        available = self.ended and self.archived_at is None
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": self.status,
            "request_counts": {status: self._counts[status] for status in STATUSES},
            "ended_at": rfc3339(self.ended_at),
            "created_at": rfc3339(self.created_at),
            "expires_at": rfc3339(self.expires_at),
            "archived_at": rfc3339(self.archived_at),
            "cancel_initiated_at": rfc3339(self._canceled_at),
            # null when the results are gone [assumed]
            "results_url": f"{url}/v1/messages/batches/{self.id}/results" if available else None,
        }
