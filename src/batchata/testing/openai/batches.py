"""A batch through its life: validating, in_progress, finalizing, completed; or failed, expired, cancelled."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson

from batchata.testing.course import Course
from batchata.testing.jobs import Job, Line
from batchata.testing.openai.input_file import Checked
from batchata.testing.openai.writer import plain_line

VALIDATED, FINALIZING = 0.1, 0.9  # shares of the turnaround at which the next status begins [assumed]
_ENDINGS = {"expired": "expired", "canceled": "cancelled"}


class Batch(Job):
    """`asked`: the create's own fields. Its work gives `checked`, and then `lines`."""

    def __init__(self, batch_id: str, account: str, course: Course, asked: Mapping[str, Any]) -> None:
        super().__init__(batch_id, account, course)
        self.asked = asked
        self.checked: Checked | None = None
        self.enqueued = 0  # prompt tokens that count against the model's limit
        self.status_at_end = ""
        self.counts: Counter[str] = Counter()
        self.files: dict[str, str | None] = {"output_file_id": None, "error_file_id": None}
        self.usage = [0, 0, 0, 0]  # input, of it cached, output, of it reasoning

    @property
    def failed(self) -> bool:
        return self.checked is not None and bool(self.checked.errors)

    def due(self) -> float:
        return self.course.at(VALIDATED) if self.failed else self.course.ends_at()

    def conclude(self) -> list[Line]:
        """Its lines as they are when it ends: what was not reached is expired or cancelled."""
        lines = self.lines
        ending = self.course.interrupted()
        if ending:
            done = int(len(lines) * self.course.done(self.ended_at or 0.0))
            lines = lines[:done] + [plain_line(line.key, ending, line.key) for line in lines[done:]]
        self.counts = Counter("completed" if line.ending == "succeeded" else "failed" for line in lines)
        self.status_at_end = self._status_at_end(ending, lines)
        for line in lines:
            if line.ending == "succeeded":
                self._use(orjson.loads(line.json)["response"]["body"]["usage"])
        self.lines = []
        return lines

    def _status_at_end(self, ending: str, lines: list[Line]) -> str:
        if self.failed:
            return "failed"
        # an answer that was scripted to expire is what an expired batch holds
        drawn = next((line.ending for line in lines if line.ending in _ENDINGS), ending)
        return _ENDINGS.get(ending or drawn, "completed")

    def _use(self, usage: Mapping[str, Any]) -> None:
        """Completions and responses name the same four figures differently."""
        for place, names in enumerate((("prompt", "input"), ("completion", "output"))):
            name = next(name for name in names if f"{name}_tokens" in usage)
            details = usage.get(f"{name}_tokens_details") or {}
            self.usage[2 * place] += usage[f"{name}_tokens"]
            self.usage[2 * place + 1] += details.get("reasoning_tokens" if place else "cached_tokens") or 0

    def status(self, now: float) -> str:
        if self.ended_at is not None:
            return self.status_at_end
        if self.course.cancelled_at is not None:
            return "cancelling"
        if self.checked is None or self.failed or now < self.course.at(VALIDATED):
            return "validating"
        return "finalizing" if now >= self.course.at(FINALIZING) and self.work.done() else "in_progress"

    def to_json(self, now: float) -> dict[str, Any]:
        """[sdk: Batch]"""
        status = self.status(now)
        course = self.course
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.asked["endpoint"],
            "model": self.checked.model if self.checked and status != "validating" else None,
            "errors": self._errors(status),
            "input_file_id": self.asked["input_file_id"],
            "completion_window": self.asked["completion_window"],
            "status": status,
            **self.files,
            "created_at": int(course.created_at),
            "in_progress_at": self._reached(VALIDATED, now),
            "expires_at": int(course.expires_at),
            "finalizing_at": self._reached(FINALIZING, now),
            "completed_at": self._ended(status, "completed"),
            "failed_at": self._ended(status, "failed"),
            "expired_at": self._ended(status, "expired"),
            "cancelling_at": None if course.cancelled_at is None else int(course.cancelled_at),
            "cancelled_at": self._ended(status, "cancelled"),
            "request_counts": self._request_counts(status, now),
            "usage": _usage(self.usage),
            "metadata": self.asked.get("metadata"),
        }

    def _errors(self, status: str) -> dict[str, Any] | None:
        return {"object": "list", "data": self.checked.errors} if self.checked and status == "failed" else None

    def _reached(self, share: float, now: float) -> int | None:
        at = self.course.at(share)
        stop = min(now, self.ended_at or now, self.course.cancelled_at or now)
        return int(at) if not self.failed and self.checked is not None and at <= stop else None

    def _ended(self, status: str, wanted: str) -> int | None:
        return int(self.ended_at) if self.ended_at is not None and status == wanted else None

    def _request_counts(self, status: str, now: float) -> dict[str, int]:
        """They grow while it runs [sdk: BatchRequestCounts]; a failed batch counts nothing [assumed]."""
        if self.ended_at is not None:
            return {
                "total": self.counts.total(),
                "completed": self.counts["completed"],
                "failed": self.counts["failed"],
            }
        if status == "validating" or self.checked is None:
            return {"total": 0, "completed": 0, "failed": 0}
        done = self.lines[: int(len(self.lines) * self.course.done(now))] if self.work.done() else []
        failed = sum(line.ending != "succeeded" for line in done)
        return {"total": self.total, "completed": len(done) - failed, "failed": failed}

    @property
    def total(self) -> int:
        return len(self.lines) if self.work.done() or self.checked is None else len(self.checked.requests)


def _usage(figures: list[int]) -> dict[str, Any]:
    """[sdk: BatchUsage]"""
    given, cached, said, thought = figures
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": given + said,
    }
