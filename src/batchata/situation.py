"""What the planner is shown: the time, the lanes with waiting jobs, the open provider batches, and what is under way. Frozen."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from batchata.budget import Balance
from batchata.provider_batch import ProviderBatch, State
from batchata.usage import Money

StopReason: TypeAlias = Literal["cost_limit", "time_limit", "shutdown", "cancelled"]


@dataclass(frozen=True, slots=True)
class Now:
    """`wall` is Unix time, for what is kept; `ticks` are monotonic seconds, for pace: a clock that jumps moves no poll."""

    wall: float
    ticks: float


@dataclass(frozen=True, slots=True)
class LaneView:
    """A lane with waiting jobs. `ready`: jobs that may go now. `blocked_until`: ticks. `halted`: the provider takes nothing
    from us at all (a revoked key). `starved_at`: the most that was available when nothing fitted; `starved_until`: when a
    job comes due that was not looked at then. `ended_at`: ticks at which a batch of it ended last.
    """

    id: int
    provider: str
    ready: int
    next_due: float | None = None
    blocked_until: float = 0.0
    halted: bool = False
    starved_at: Money | None = None
    starved_until: float | None = None
    jobs_per_batch: int = 1
    ended_at: float | None = None


class BatchView(NamedTuple):
    """An open provider batch. `has_body`: its body is at hand, so it can be sent. `next_look`: ticks. `same_account`: it was
    made under the key in use now. `unseen`: the last look at the provider did not show it. `denied`: the provider refuses
    our key. `undecided`: its fate is unknown, or it has vanished at the provider, and looking has long not told: the user
    decides. `cancelled`: the provider took our wish to stop it. `halted`: nothing more is sent in its lane; `blocked_until`: nor before these ticks. `denied`, `undecided`
    and unseen ones of another key are not waited for: kept, reserved, reported. (One is made for each at every turn: a tuple.)
    """

    row: ProviderBatch
    has_body: bool = False
    next_look: float = 0.0
    same_account: bool = True
    unseen: bool = False
    denied: bool = False
    undecided: bool = False
    cancelled: bool = False
    halted: bool = False
    blocked_until: float = 0.0


@dataclass(frozen=True, slots=True)
class View:
    lanes: tuple[LaneView, ...] = ()
    batches: tuple[BatchView, ...] = ()
    busy: frozenset[tuple[str, object]] = frozenset()
    balance: Balance = field(default_factory=Balance)
    limit: Money | None = None
    max_concurrent: int = 10
    settle_seconds: float = 600.0
    intake_done: bool = True
    stop: StopReason | None = None
    leave_open: bool = False  # stop without waiting for what is open at the providers
    cancel: bool = False  # ask the providers to stop what is open
    files_behind: bool = False  # results wait for their files: they are in memory
    _by_state: dict[State, list[BatchView]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for batch in self.batches:
            self._by_state.setdefault(batch.row.state, []).append(batch)

    def of(self, *states: State) -> list[BatchView]:
        """The batches in these states, state by state."""
        return [batch for state in states for batch in self._by_state.get(state, ())]
