"""The rows of the state as values: what the store gives and takes. Several are made for each job, so they are tuples where SQLite
gives them or takes them, and else what is made fastest.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import msgspec

from batchata.result import Outcome
from batchata.usage import Money


class NewJob(NamedTuple):
    """A job as a run adds it. `job_id` None: named by its content and its place among identical ones. `form` is the row that it
    has in common with others, `ask` what it alone asks.

    `refused` says why it can't be a job at all (an argument is wrong): it ends at once, as one failed job.
    """

    job_id: str | None
    digest: bytes
    form: int
    lane: int
    ask: bytes
    metadata: bytes | None
    refused: str | None = None


class NewJobs:
    """Such jobs in columns. Gone through, it gives them one by one."""

    __slots__ = ("asks", "digests", "forms", "job_ids", "lanes", "metadata", "refused")

    def __init__(
        self,
        job_ids: Sequence[str | None],
        digests: Sequence[bytes],
        forms: Sequence[int],
        lanes: Sequence[int],
        asks: Sequence[bytes],
        metadata: Sequence[bytes | None],
        refused: Sequence[str | None],
    ) -> None:
        self.job_ids, self.digests, self.forms, self.lanes = job_ids, digests, forms, lanes
        self.asks, self.metadata, self.refused = asks, metadata, refused

    @classmethod
    def of(cls, jobs: Sequence[NewJob]) -> "NewJobs":
        return cls(*zip(*jobs, strict=True)) if jobs else cls((), (), (), (), (), (), ())

    def __len__(self) -> int:
        return len(self.digests)

    def __iter__(self) -> Iterator[NewJob]:
        columns = (self.job_ids, self.digests, self.forms, self.lanes, self.asks, self.metadata, self.refused)
        return map(NewJob._make, zip(*columns, strict=True))


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
    form: int
    ask: bytes
    tries: bytes | None


class Packed:
    """The attempts of a provider batch by their index: jobs, bounds, and forms, negative where an end needs more of its job than
    the form says. `open` is 1 for those without an end. There may be a hundred thousand: columns of numbers, no objects.
    """

    __slots__ = ("bounds", "forms", "jobs", "open")

    def __init__(self, attempts: Iterable[tuple[int, Money, int]] = ()) -> None:
        self.jobs, self.bounds, self.forms = array("q"), array("q"), array("q")
        self.open = bytearray()
        for job, bound, form in attempts:
            self.add(job, bound, form)

    def __len__(self) -> int:
        return len(self.jobs)

    def add(self, job: int, bound: Money, form: int) -> None:
        self.jobs.append(job)
        self.bounds.append(bound)
        self.forms.append(form)
        self.open.append(1)

    @property
    def bound(self) -> Money:
        """The most that all of them can cost."""
        return sum(self.bounds)

    @property
    def left(self) -> int:
        """How many have no end yet."""
        return self.open.count(1)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """Attempts packed together; their index is the one in their custom_ids."""

    lane: int
    nonce: str
    account: str
    size: int
    attempts: Packed


class OpenAttempt(msgspec.Struct, frozen=True, gc=False):
    """An attempt without its end, with what settling it needs of its job. `ask` and `tries` are None where it is plain."""

    idx: int
    job: int
    bound: Money
    form: int
    ask: bytes | None = None
    tries: bytes | None = None


class NewResult(msgspec.Struct, frozen=True, gc=False):
    outcome: Outcome
    model: str | None
    cost: Money
    shape: str | None
    body: bytes


class Again(msgspec.Struct, frozen=True, gc=False):
    """The job goes back to wait: its attempts so far, if any, and the time before which it is not sent."""

    tries: bytes | None
    due: float


class Settled(msgspec.Struct, frozen=True, gc=False):
    """The end of one attempt, and what becomes of its job. `assumed`: the cost is the bound, for want of knowledge."""

    idx: int
    job: int
    bound: Money
    outcome: Outcome
    cost: Money
    then: NewResult | Again
    assumed: bool = False


Kind: TypeAlias = tuple[Outcome, str | None, str | None]
"""What most of the results that are settled together share: outcome, model and shape."""


class Settlement:
    """The ends of attempts that are settled together, as the state takes them: columns, and plain rows. `finished` are jobs that
    came to their end, by the kind of their results: (job, cost, body). `again` are (tries, due, job).
    """

    __slots__ = ("again", "assumed", "bounds", "costs", "finished", "indexes", "jobs", "outcomes", "spent")

    def __init__(self, ends: Iterable[Settled] = ()) -> None:
        self.indexes: list[int] = []
        self.jobs: list[int] = []
        self.bounds: list[Money] = []
        self.outcomes: list[str] = []
        self.costs: list[Money] = []
        self.finished: dict[Kind, list[tuple[int, Money, bytes]]] = {}
        self.again: list[tuple[bytes | None, float, int]] = []
        self.spent = 0
        self.assumed = 0
        for end in ends:
            self.add(end)

    def __len__(self) -> int:
        return len(self.indexes)

    def add(self, end: Settled) -> None:
        job, cost, then = end.job, end.cost, end.then
        self.indexes.append(end.idx)
        self.jobs.append(job)
        self.bounds.append(end.bound)
        self.outcomes.append(end.outcome)
        self.costs.append(cost)
        if isinstance(then, NewResult):
            kind = then.outcome, then.model, then.shape
            self.finished.setdefault(kind, []).append((job, then.cost, then.body))
        else:
            self.again.append((then.tries, then.due, job))
        if end.assumed:
            self.assumed += cost
        else:
            self.spent += cost


class StoredResult(NamedTuple):
    """A result with what its job says of itself. `body`: a `record.Record`."""

    id: int
    job: int
    shape: str | None
    body: bytes
    job_id: str
    outcome: str
    model: str | None
    metadata: bytes | None
