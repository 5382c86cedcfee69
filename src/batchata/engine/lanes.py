"""Lanes while a run goes: how many jobs wait in each, and what its provider has taught us of late."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from batchata import pace, situation
from batchata.errors import ProviderError
from batchata.provider_batch import Verdict
from batchata.providers.catalog import Catalog
from batchata.said import Form
from batchata.store import reading
from batchata.store.moves import Store
from batchata.usage import Money

Consequence: TypeAlias = Literal["later", "smaller", "job", "halted"]

ALIKE = 10  # jobs running that may be refused alone in the same words before it is taken to be about the account

MOST_FORMS = 10_000  # known at a time: there may be as many as there are jobs

ACCOUNT = ("FAILED_PRECONDITION", "billing_error", "billing_hard_limit_reached", "insufficient_quota")
"""Kinds of refusal that are about the account, whatever was sent."""


@dataclass(slots=True)
class Lane:
    """`most_jobs` is what the user's setting and the provider's limit allow in a batch; `cap` is less for a while after a
    batch was refused for something in it, so that halving finds the job. `quickest`: seconds that the quickest of its batches took;
    `ended_at`: ticks at which one ended last.
    """

    id: int
    provider: str
    model: str
    most_jobs: int
    judged_late: bool = False  # the provider takes a body by upload and judges it after the create
    ready: int = 0
    retries: bool = False  # some of its jobs may have to wait for their time
    blocked_until: float = 0.0
    halted: bool = False
    starved_at: Money | None = None
    starved_until: float | None = None
    failures: int = 0
    quickest: float = math.inf
    ended_at: float | None = None
    cap: int | None = None
    refusal: tuple[str, int] = ("", 0)  # the words that batches of one job were refused with, and how many running

    @property
    def jobs_per_batch(self) -> int:
        return self.most_jobs if self.cap is None else min(self.cap, self.most_jobs)

    def went_well(self) -> None:
        """A batch was taken, or, where the provider judges later, ran: batches may grow again."""
        self.failures, self.refusal = 0, ("", 0)
        if self.cap is not None:
            self.cap = self.cap * 2 if self.cap * 2 < self.most_jobs else None

    def ended(self, verdict: Verdict | None, count: int, age: float, ticks: float) -> None:
        """A provider that judges after the create tells so here whether a batch was too large, or had a bad line."""
        self.quickest, self.ended_at = min(self.quickest, age), ticks
        if verdict in (Verdict.FAILED, Verdict.OVERFLOW):
            self.cap = max(1, count // 2)
            self.failures += 1
            self.blocked_until = ticks + pace.retry_interval(self.failures)
        elif self.judged_late:
            self.went_well()

    def refused(self, error: Exception, count: int, ticks: float) -> Consequence:
        """What a create that made nothing means for the jobs that wait: later, smaller batches, one bad job, or the end."""
        if not isinstance(error, ProviderError):
            self.halted = True
            return "halted"
        if error.retryable:
            self.failures += 1
            self.blocked_until = ticks + pace.retry_interval(self.failures, error.retry_after)
            return "later"
        if error.status in (400, 413, 422) and error.kind not in ACCOUNT:
            return self._smaller(count, str(error))
        self.halted = True
        return "halted"

    def _smaller(self, count: int, words: str) -> Consequence:
        """Halve, until the batch of one tells which job it is. The same words for many jobs running are not about a job."""
        self.cap = max(1, count // 2)
        if count > 1:
            return "smaller"
        self.refusal = (words, self.refusal[1] + 1 if self.refusal[0] == words else 1)
        if self.refusal[1] > ALIKE:
            self.halted = True
            return "halted"
        return "job"


class Lanes:
    """The lanes of a run, by their id."""

    def __init__(self, store: Store, catalog: Catalog, run: int, items_per_batch: int | None) -> None:
        self._store = store
        self._catalog = catalog
        self._run = run
        self._items_per_batch = items_per_batch
        self._lanes: dict[int, Lane] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._forms: dict[Form, tuple[int, int]] = {}

    def lane_of(self, provider: str, model: str) -> int:
        """The lane in which jobs of a model wait."""
        if (provider, model) not in self._ids:
            apart = not provider or self._catalog[provider].limits.one_model_per_batch
            self._ids[provider, model] = self._store.lane(provider, model if apart else "")
        return self._ids[provider, model]

    def form_of(self, form: Form) -> tuple[int, int]:
        """The row of what jobs have in common, and the lane in which they wait."""
        if form not in self._forms:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            lane = self.lane_of(form.provider, form.model)
            self._forms[form] = self._store.form(lane, form.record), lane
        return self._forms[form]

    def __getitem__(self, lane_id: int) -> Lane:
        if lane_id not in self._lanes:
            provider, model = reading.lane(self._store.connection, lane_id)
            limits = self._catalog[provider].limits
            most = min(limits.jobs_per_batch, self._items_per_batch or limits.jobs_per_batch)
            self._lanes[lane_id] = Lane(lane_id, provider, model, most, judged_late=limits.upload_first)
        return self._lanes[lane_id]

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes.values())

    def add(self, ready: Mapping[int, int], *, retries: bool = False) -> None:
        """More jobs wait."""
        for lane_id, count in ready.items():
            lane = self[lane_id]
            lane.ready += count
            lane.retries |= retries
            lane.starved_at = None

    def halt_all(self) -> None:
        for lane in self:
            lane.halted = True

    def views(self) -> tuple[situation.LaneView, ...]:
        return tuple(self._view(lane) for lane in self if lane.ready)

    def _view(self, lane: Lane) -> situation.LaneView:
        return situation.LaneView(
            id=lane.id,
            provider=lane.provider,
            ready=lane.ready,
            next_due=reading.next_due(self._store.connection, lane.id, self._run) if lane.retries else None,
            blocked_until=lane.blocked_until,
            halted=lane.halted,
            starved_at=lane.starved_at,
            starved_until=lane.starved_until,
            jobs_per_batch=lane.jobs_per_batch,
            ended_at=lane.ended_at,
        )
