"""A message batch through its life: in_progress, perhaps canceling, ended; later archived.

Time is handed in. Answers are made in the background as soon as the batch is there; *when* it ends, and which requests had
been reached by then, follows from its turnaround, from holds, from a cancel and from its expiry alone.
"""

from collections import Counter
from typing import Any

from batchata.testing.anthropic.lines import plain_line
from batchata.testing.clock import rfc3339
from batchata.testing.course import Course
from batchata.testing.files import StoredFile
from batchata.testing.jobs import Job, Line

IN_FLIGHT = 0.1  # share of requests that a cancel finds in flight and that end as they would have [assumed]
STATUSES = ("processing", "succeeded", "errored", "canceled", "expired")  # [sdk: MessageBatchRequestCounts]


class Batch(Job):
    """`kept`: seconds from its creation to the purge of its results."""

    def __init__(self, batch_id: str, account: str, course: Course, count: int, kept: float) -> None:
        super().__init__(batch_id, account, course)
        self.count = count
        self.results: StoredFile | None = None
        self.archived_at: float | None = None
        self._purged_at = course.created_at + kept
        self._counts: Counter[str] = Counter(processing=count)

    @property
    def ended(self) -> bool:
        return self.ended_at is not None

    def conclude(self) -> list[Line]:
        """Its lines as they are when it ends, in the order of its result file: what was not reached is canceled or expired."""
        lines, ending = self.lines, self.course.interrupted()
        if ending:
            in_flight = IN_FLIGHT if ending == "canceled" else 0.0
            done = int(self.count * min(1.0, self.course.done(self.ended_at or 0.0) + in_flight))
            lines = lines[:done] + [plain_line(line.key, ending) for line in lines[done:]]
        self._counts = Counter(line.ending for line in lines)
        self.lines = []
        return lines

    def archive_if_old(self, now: float) -> None:
        """Results are kept for 29 days after creation; the batch itself stays listed [docs: Batch processing]."""
        if self.ended and self.archived_at is None and self._purged_at <= now:
            self.archived_at = self._purged_at

    def _status(self) -> str:
        if self.ended:
            return "ended"
        return "canceling" if self.course.cancelled_at is not None else "in_progress"

    def to_json(self, url: str) -> dict[str, Any]:
        """[sdk: MessageBatch]. Counts stay at `processing` until the whole batch has ended [sdk: request_counts]."""
        available = self.ended and self.archived_at is None
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": self._status(),
            "request_counts": {status: self._counts[status] for status in STATUSES},
            "ended_at": rfc3339(self.ended_at),
            "created_at": rfc3339(self.course.created_at),
            "expires_at": rfc3339(self.course.expires_at),
            "archived_at": rfc3339(self.archived_at),
            "cancel_initiated_at": rfc3339(self.course.cancelled_at),
            # null when the results are gone [assumed]
            "results_url": f"{url}/v1/messages/batches/{self.id}/results" if available else None,
        }
