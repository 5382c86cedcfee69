"""What the planner answers: the effects to start. Each names itself by a key, by which it is known to be under way."""

from dataclasses import dataclass
from typing import TypeAlias

from batchata.situation import StopReason
from batchata.usage import Money


@dataclass(frozen=True, slots=True)
class Prepare:
    """Turn waiting jobs of a lane into the bodies of so many provider batches, within `available` nano-dollars."""

    lane: int
    bodies: int
    available: Money | None

    @property
    def key(self) -> tuple[str, object]:
        return (
            "prepare",
            None,
        )  # one at a time: it is the CPU's work, and what it takes must be reserved before the next


@dataclass(frozen=True, slots=True)
class OnBatch:
    """An effect on one provider batch; at most one of them is under way at a time."""

    batch: int

    @property
    def key(self) -> tuple[str, object]:
        return ("batch", self.batch)


@dataclass(frozen=True, slots=True)
class Submit(OnBatch):
    """Stage, write the intent, make the one call that costs money."""


@dataclass(frozen=True, slots=True)
class Void(OnBatch):
    """Nothing of it was sent and its body is gone: let its jobs go back."""


@dataclass(frozen=True, slots=True)
class Doubt(OnBatch):
    """Its create was under way when we died: its fate is unknown."""


@dataclass(frozen=True, slots=True)
class Find(OnBatch):
    """Look for the batch of an unanswered create."""


@dataclass(frozen=True, slots=True)
class Absent(OnBatch):
    """All that absence needs is there: the create made nothing."""


@dataclass(frozen=True, slots=True)
class Collect(OnBatch):
    """Fetch the raw answers."""


@dataclass(frozen=True, slots=True)
class Settle(OnBatch):
    """Parse, price and end the attempts of its next raw answers; of those without an answer when there are no more."""


@dataclass(frozen=True, slots=True)
class Cancel(OnBatch):
    """Ask the provider to stop it."""

    @property
    def key(self) -> tuple[str, object]:
        return ("cancel", self.batch)


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask a provider about its open batches, all in one."""

    provider: str
    batches: tuple[int, ...]

    @property
    def key(self) -> tuple[str, object]:
        return ("poll", self.provider)


Action: TypeAlias = Prepare | Submit | Void | Doubt | Find | Absent | Collect | Settle | Cancel | Poll


@dataclass(frozen=True, slots=True)
class Plan:
    """Effects to start now; `wake`: the ticks at which to plan again at the latest; `over`: nothing more will happen."""

    actions: tuple[Action, ...] = ()
    wake: float | None = None
    over: bool = False
    stop: StopReason | None = None
