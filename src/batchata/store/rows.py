"""The rows of the state as values: what the store gives and takes. Several are made for each job, so they are tuples."""

from dataclasses import dataclass, field
from typing import NamedTuple

from batchata.result import Outcome
from batchata.usage import Money


class NewJob(NamedTuple):
    """A job as a run adds it. `job_id` None: named by its content and its place among identical ones.

    `refused` says why it can't be a job at all (an argument is wrong): it ends at once, as one failed job.
    """

    job_id: str | None
    digest: bytes
    lane: int
    record: bytes
    metadata: bytes | None
    refused: str | None = None


@dataclass(slots=True)
class Taken:
    """What adding a group of jobs did, counted by the state each job is in now."""

    pending: int = 0
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    changed: int = 0  # ids that the state knew with other content
    ready: dict[int, int] = field(default_factory=dict)  # pending ones by lane
    refused: list[tuple[int, str, str]] = field(default_factory=list)  # (seq, id, why)
    duplicates: list[tuple[NewJob, str]] = field(default_factory=list)  # (job, id): already added in this run


class PendingJob(NamedTuple):
    seq: int
    job_id: str
    record: bytes
    tries: bytes | None


class NewAttempt(NamedTuple):
    job: int
    bound: Money


@dataclass(frozen=True, slots=True)
class NewBatch:
    """Attempts packed together; the place in `attempts` is the index in their custom_ids."""

    lane: int
    nonce: str
    account: str
    size: int
    attempts: tuple[NewAttempt, ...]

    @property
    def reserved(self) -> Money:
        return sum(attempt.bound for attempt in self.attempts)


class OpenAttempt(NamedTuple):
    """An attempt without its end, with what settling it needs of its job."""

    idx: int
    job: int
    bound: Money
    job_id: str
    tries: bytes | None
    record: bytes


class NewResult(NamedTuple):
    outcome: Outcome
    model: str | None
    cost: Money
    shape: str | None
    body: bytes


class Again(NamedTuple):
    """The job goes back to wait: its attempts so far, and the time before which it is not sent."""

    tries: bytes
    due: float


class Settled(NamedTuple):
    """The end of one attempt, and what becomes of its job. `assumed`: the cost is the bound, for want of knowledge."""

    idx: int
    job: int
    bound: Money
    outcome: Outcome
    cost: Money
    then: NewResult | Again
    assumed: bool = False


class StoredResult(NamedTuple):
    id: int
    job: int
    shape: str | None
    body: bytes
    metadata: bytes | None
