"""How far a run is, for other threads to read: counted by the loop as it writes, published as one frozen value a turn."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from batchata.budget import Balance
from batchata.provider_batch import ProviderBatch, State
from batchata.result import Outcome
from batchata.situation import StopReason
from batchata.store.rows import Settlement, Taken

_UNCERTAIN = State.UNCERTAIN  # looked up once, not for each batch


@dataclass(frozen=True, slots=True)
class Tally:
    """What settling came to, of this run's jobs."""

    completed: int = 0
    failed: int = 0
    again: int = 0

    @property
    def finished(self) -> int:
        return self.completed + self.failed

    @classmethod
    def of(cls, settled: Settlement, is_member: Callable[[int], bool]) -> "Tally":
        completed = failed = 0
        for (outcome, _, _), finished in settled.finished.items():
            members = sum([is_member(job) for job, _, _ in finished])
            if outcome is Outcome.SUCCEEDED:
                completed += members
            else:
                failed += members
        return cls(completed, failed, sum([is_member(job) for _, _, job in settled.again]))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts of the jobs this run added; money of the whole state file, in nano-dollars."""

    pending: int = 0
    active: int = 0
    completed: int = 0
    failed: int = 0
    changed: int = 0
    open_batches: int = 0
    rested_batches: int = 0
    uncertain: int = 0
    uncertain_held: int = 0
    collect_before: float | None = None
    balance: Balance = field(default_factory=Balance)
    intake_done: bool = False
    over: bool = False
    stop: StopReason | None = None
    ended_at: float | None = None  # ticks

    @property
    def finished(self) -> int:
        return self.completed + self.failed

    @property
    def total(self) -> int:
        return self.pending + self.active + self.completed + self.failed


class Progress:
    """The loop counts; other threads read `snapshot`, and wait for jobs to have been added, to have finished, or all of it to be
    over.
    """

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self.changed = threading.Condition()
        self._awaited = (0, False, False)
        self.over = threading.Event()  # for who waits for the end alone, and is not to be woken by each change

    def took(self, taken: Taken) -> None:
        now = self.snapshot
        self.snapshot = replace(
            now,
            pending=now.pending + taken.pending,
            active=now.active + taken.active,
            completed=now.completed + taken.succeeded,
            failed=now.failed + taken.failed,
            changed=now.changed + taken.changed,
        )

    def unsent(self, count: int) -> None:
        """Waiting jobs ended without being sent."""
        now = self.snapshot
        self.snapshot = replace(now, pending=now.pending - count, failed=now.failed + count)

    def packed(self, count: int) -> None:
        now = self.snapshot
        self.snapshot = replace(now, pending=now.pending - count, active=now.active + count)

    def returned(self, count: int) -> None:
        """Jobs of a batch that was never made wait again."""
        self.packed(-count)

    def settled(self, tally: Tally) -> None:
        now = self.snapshot
        self.snapshot = replace(
            now,
            pending=now.pending + tally.again,
            active=now.active - tally.finished - tally.again,
            completed=now.completed + tally.completed,
            failed=now.failed + tally.failed,
        )

    def rested(self, row: ProviderBatch) -> None:
        if row.state is State.SETTLED:
            self.snapshot = replace(self.snapshot, rested_batches=self.snapshot.rested_batches + 1)

    def publish(self, batches: Iterable[ProviderBatch], balance: Balance, *, intake_done: bool) -> None:
        """Let other threads see where the run is now. Those that wait are woken where what they wait for may have come: each of them
        would take the interpreter from the loop, at every turn of a run of small batches.
        """
        rows = list(batches)
        uncertain = [row for row in rows if row.state is _UNCERTAIN]
        deadlines = [row.collect_by for row in rows if row.collect_by is not None]
        with self.changed:
            now = self.snapshot = replace(
                self.snapshot,
                open_batches=len(rows),
                uncertain=len(uncertain),
                uncertain_held=sum(row.reserved for row in uncertain),
                collect_before=min(deadlines, default=None),
                balance=balance,
                intake_done=intake_done,
            )
            awaited = now.finished, now.total > 0, now.intake_done
            if awaited != self._awaited:
                self._awaited = awaited
                self.changed.notify_all()

    def finish(self, stop: StopReason | None, ended_at: float) -> None:
        with self.changed:
            self.snapshot = replace(self.snapshot, over=True, stop=stop, ended_at=ended_at)
            self.over.set()
            self.changed.notify_all()
