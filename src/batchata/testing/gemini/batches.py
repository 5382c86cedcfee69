"""A batch through its life: pending, running, succeeded; or failed, cancelled, expired. It is shown as an operation."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson

from batchata.testing.clock import rfc3339
from batchata.testing.course import Course
from batchata.testing.jobs import Job, Line

RUNNING = 0.1  # share of the turnaround at which it begins to run [assumed]
_KIND = "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch"
_ENDINGS = {"canceled": "CANCELLED", "expired": "EXPIRED"}


class Batch(Job):
    """`inline`: the metadata of each request, where they came with the create; None where they came as a file."""

    def __init__(
        self, batch_id: str, account: str, course: Course, model: str, display_name: str, inline: list[Any] | None
    ) -> None:
        super().__init__(batch_id, account, course)
        self.model = model
        self.display_name = display_name
        self.inline = inline
        self.enqueued = 0
        self.total = len(inline or ())
        self.failure: dict[str, Any] | None = None
        self.responses_file: str | None = None
        self.counts: Counter[str] = Counter()
        self.state_at_end = ""

    def due(self) -> float:
        return self.course.at(RUNNING) if self.failure else self.course.ends_at()

    def conclude(self) -> list[Line]:
        """The lines that were done when it ended. Of a batch that did not succeed nothing can be read [issue: python-genai 2439];
        what it had done is billed [assumed].
        """
        ending = self.course.interrupted()
        self.state_at_end = "FAILED" if self.failure else _ENDINGS.get(ending, "SUCCEEDED")
        lines = self.lines
        if ending:
            lines = lines[: int(len(lines) * self.course.done(self.ended_at or 0.0))]
        self.counts = Counter(line.ending for line in lines)
        if self.inline is None or self.state_at_end != "SUCCEEDED":
            self.lines = []
        return lines

    def state(self, now: float) -> str:
        if self.ended_at is not None:
            return self.state_at_end
        return "RUNNING" if now >= self.course.at(RUNNING) and not self.failure else "PENDING"

    def to_json(self, now: float, rows: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """[sdk: _BatchJob_from_mldev]; `rows`: the answers of an inline one, as they are to be shown."""
        state = self.state(now)
        metadata: dict[str, Any] = {
            "@type": _KIND,
            "model": f"models/{self.model}",
            "displayName": self.display_name,
            "createTime": rfc3339(self.course.created_at),
            "updateTime": rfc3339(self.ended_at or now),
            "batchStats": self._stats(),
            "state": f"BATCH_STATE_{state}",
            "name": self.id,
        }
        shown: dict[str, Any] = {"name": self.id, "metadata": metadata}
        if self.ended_at is None:
            return shown  # done is false, and false is left out [proto3 JSON]
        metadata["endTime"] = rfc3339(self.ended_at)
        shown["done"] = True
        if state == "SUCCEEDED":
            metadata["output"] = self._output(rows)
            shown["response"] = {"@type": f"{_KIND}Output", **metadata["output"]}  # [issue: forum 174261]
        else:
            shown["error"] = self.failure or {
                "code": 1 if state == "CANCELLED" else 4,
                "message": f"The batch has {state.lower()}.",
            }
        return shown

    def _output(self, rows: list[dict[str, Any]] | None) -> dict[str, Any]:
        if self.responses_file is not None:
            return {"responsesFile": self.responses_file}
        return {"inlinedResponses": {"inlinedResponses": self.rows() if rows is None else rows}}

    def rows(self) -> list[dict[str, Any]]:
        """The answers of an inline batch, each with the metadata of its request [sdk: InlinedResponse]."""
        found = []
        for line in self.lines:
            given = (self.inline or ())[int(line.key)]
            found.append({**({"metadata": given} if given is not None else {}), **orjson.loads(line.json)})
        return found

    def _stats(self) -> dict[str, str]:
        """Counts are strings, as 64-bit numbers are, and zeros are left out [proto3 JSON]."""
        done, bad = self.counts["succeeded"], self.counts.total() - self.counts["succeeded"]
        open_ones = max(0, self.total - done - bad) if self.ended_at is None else 0
        stats: Mapping[str, int] = {
            "requestCount": self.total,
            "successfulRequestCount": done,
            "failedRequestCount": bad,
            "pendingRequestCount": open_ones,
        }
        return {name: str(count) for name, count in stats.items() if count}
