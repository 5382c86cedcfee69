"""A provider batch: its states, and the one table of legal moves.

Theory of operation
-------------------
One row per batch that we asked, or are about to ask, a provider to make. The row is written *before* the world is touched,
so that whatever instant we die at, the row says what may have happened outside:

    prepared    attempts packed, money reserved; nothing was sent
    submitting  the one call that costs money may be under way: after a crash its fate is unknown
    uncertain   the call ended without an answer; we are looking for the batch at the provider
    submitted   the provider answered with its id
    ended       the provider will do no more work on it; answers can be fetched
    collected   every answer line is in the state, unparsed
    settled     every attempt has its end, the reservation is released; at rest
    void        certainly never made; its jobs went back; at rest

Everything that affects moves is in `MOVES`; the schema's CHECKs and the store's compare-and-set agree with it.
"""

from dataclasses import dataclass
from enum import StrEnum

from batchata.usage import Money


class State(StrEnum):
    PREPARED = "prepared"
    SUBMITTING = "submitting"
    UNCERTAIN = "uncertain"
    SUBMITTED = "submitted"
    ENDED = "ended"
    COLLECTED = "collected"
    SETTLED = "settled"
    VOID = "void"


MOVES: dict[State, frozenset[State]] = {
    State.PREPARED: frozenset({State.SUBMITTING, State.VOID}),
    State.SUBMITTING: frozenset({State.SUBMITTED, State.UNCERTAIN, State.VOID}),
    # settled: the user decided that its fate can't be learnt; the bound is booked as assumed spend
    State.UNCERTAIN: frozenset({State.SUBMITTED, State.VOID, State.SETTLED}),
    State.SUBMITTED: frozenset({State.ENDED}),
    # settled at once: the provider deleted the answers before they were fetched, so its jobs end as lost
    State.ENDED: frozenset({State.COLLECTED, State.SETTLED}),
    State.COLLECTED: frozenset({State.SETTLED}),
    State.SETTLED: frozenset(),
    State.VOID: frozenset(),
}


class Verdict(StrEnum):
    """Why a batch that ended has no answers to fetch."""

    FAILED = "failed"  # refused whole before any request ran: unbilled
    OVERFLOW = "overflow"  # more than the provider's queue takes at once: unbilled, to be sent again in smaller ones
    EXPIRED = "expired"  # not begun in time: unbilled
    CANCELLED = "cancelled"  # before any request ran: unbilled
    GONE = "gone"  # the provider deleted the answers before they were fetched


AT_REST = frozenset(state for state, targets in MOVES.items() if not targets)
OPEN = frozenset(MOVES) - AT_REST


@dataclass(frozen=True, slots=True)
class ProviderBatch:
    """A provider batch: the columns of the table of that name, whose comments explain them. Times are Unix seconds."""

    id: int
    lane: int
    provider: str
    model: str
    state: State
    nonce: str
    account: str
    count: int
    size: int
    reserved: Money
    prepared_at: float
    upload_id: str | None
    intended_at: float | None
    provider_at: float | None
    submitted_at: float | None
    ended_at: float | None
    provider_id: str | None
    collect_by: float | None
    cancel_at: float | None
    looks: int
    watched: float
    settled_segment: int
    verdict: Verdict | None
    note: str | None
