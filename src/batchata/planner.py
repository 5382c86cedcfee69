"""What to do next: a pure function of what is known and the time.

`plan` looks at a `View` (`situation`) and names the effects to start (`actions`).
It never does anything itself, so the engine, the simulation and a test table all call the same rules. An effect that is
under way is never named again: `View.busy` holds the keys of those.

Recovery has no code of its own: after a crash the rows are what they are, nothing is busy, and the same rules take them up.
"""

from collections import Counter
from collections.abc import Iterator

from batchata.actions import Absent, Action, Cancel, Collect, Doubt, Find, Plan, Poll, Prepare, Settle, Submit, Void
from batchata.provider_batch import State
from batchata.situation import BatchView, LaneView, Now, View
from batchata.usage import Money

FORMED_TOGETHER = (
    200  # jobs of small batches whose bodies are formed in one go, and may be ready before there is room for them
)
FORMED_BYTES = 1_000_000  # of bodies that are ready, from which on no more are formed ahead
FORMED_LASTS = 300.0  # seconds that a body may wait to be sent: the bounds it was reserved at are for so long
FLOWING = 10.0  # seconds since a batch of the lane ended: while they end so often, what is formed ahead is soon sent
SETTLED_AT_ONCE = 4  # batches: what is read of their answers is in memory
LOOKS_FOR_ABSENCE = 3  # complete listings that must not show a batch before it counts as never made

_COLLECTED = State.COLLECTED  # looked up once, not for each batch
AT_PROVIDERS = (State.SUBMITTING, State.UNCERTAIN, State.SUBMITTED)


def plan(view: View, now: Now) -> Plan:
    """The next effects. Nothing is named that is under way already."""
    if view.stop is not None and view.leave_open:
        return Plan(over=_money_calls_done(view), stop=view.stop)
    actions = [action for action in _actions(view, now) if action.key not in view.busy]
    if actions or view.busy or not view.intake_done:
        return Plan(tuple(actions), wake=_wake(view, now))
    if any(_awaited(batch, view) for batch in view.batches) or _may_send_later(view, now):
        return Plan(wake=_wake(view, now))
    starved = view.stop is None and any(lane.starved_at is not None and not lane.halted for lane in view.lanes)
    return Plan(over=True, stop="cost_limit" if starved else view.stop)


def _money_calls_done(view: View) -> bool:
    """A create under way is waited for: its answer is what makes the next run simple."""
    return not any(("batch", batch.row.id) in view.busy for batch in view.of(State.SUBMITTING))


def _actions(view: View, now: Now) -> Iterator[Action]:
    yield from _submits(view, now)
    yield from _doubts(view, now)
    yield from _cancels(view, now)
    yield from _collects(view, now)
    yield from _settles(view)
    yield from _polls(view, now)
    yield from _prepare(view, now)


def _submits(view: View, now: Now) -> Iterator[Action]:
    """What was prepared goes out as long as there is room at the providers."""
    prepared = view.of(State.PREPARED)
    idle = [batch for batch in prepared if ("batch", batch.row.id) not in view.busy]
    uploading = len(prepared) - len(idle)
    room = view.max_concurrent - uploading - _awaited_in(view, *AT_PROVIDERS) if idle else 0
    for batch in idle:
        late = now.wall - batch.row.prepared_at > FORMED_LASTS  # what it costs may have changed
        if not batch.has_body or batch.halted or view.stop is not None or late:
            yield Void(batch.row.id)
        elif room > 0 and now.ticks >= batch.blocked_until and not _uncertain_twins(batch, view):
            room -= 1
            yield Submit(batch.row.id)


def _doubts(view: View, now: Now) -> Iterator[Action]:
    """What became of creates that nobody answered, or whose process died."""
    for row, *_ in view.of(State.SUBMITTING):
        if ("batch", row.id) not in view.busy:
            yield Doubt(row.id)
    for batch in view.of(State.UNCERTAIN):
        if absence_is_proven(batch, view.settle_seconds):
            yield Absent(batch.row.id)
        elif now.ticks >= batch.next_look:
            yield Find(batch.row.id)


def _cancels(view: View, now: Now) -> Iterator[Action]:
    if view.cancel:
        for batch in view.of(State.SUBMITTED):
            if not batch.cancelled and now.ticks >= batch.next_look:
                yield Cancel(batch.row.id)


def _collects(view: View, now: Now) -> Iterator[Action]:
    for batch in view.of(State.ENDED):
        if batch.row.verdict is None and now.ticks >= batch.next_look:
            yield Collect(batch.row.id)


def _settles(view: View) -> Iterator[Action]:
    """Answers are fetched whatever happens here. They are read of a few batches at a time, as fast as their files can be written."""
    if not view.files_behind:
        known = [
            row.id
            for row, *_ in view.of(State.COLLECTED, State.ENDED)
            if row.state is _COLLECTED or row.verdict is not None
        ]
        yield from map(Settle, sorted(known)[:SETTLED_AT_ONCE])


def _uncertain_twins(batch: BatchView, view: View) -> list[BatchView]:
    """Batches of this count, uncertain under the same key: one more would make them hard to tell apart."""
    return [
        other
        for other in view.of(State.UNCERTAIN)
        if other.row.provider == batch.row.provider
        and other.row.account == batch.row.account
        and other.row.count == batch.row.count
    ]


def absence_is_proven(batch: BatchView, settle_seconds: float) -> bool:
    """Never made, as far as looking can tell: the same account as at the intent, and enough complete listings without a
    candidate, spread over `settle_seconds`. An inference, not knowledge: providers promise nothing of their listings.

    The time is what lies between looks: neither a clock that jumps nor a process that was dead stands for looking.
    """
    row = batch.row
    return batch.same_account and row.looks >= LOOKS_FOR_ABSENCE and row.watched >= settle_seconds


def _polls(view: View, now: Now) -> Iterator[Poll]:
    """One look per provider as soon as one of its batches is due: a listing shows the others at no extra cost."""
    open_now: dict[str, list[BatchView]] = {}
    for batch in view.of(State.SUBMITTED):
        if not batch.denied:
            open_now.setdefault(batch.row.provider, []).append(batch)
    for provider, batches in open_now.items():
        if any(now.ticks >= batch.next_look for batch in batches):
            yield Poll(provider, tuple(batch.row.id for batch in batches))


def _prepare(view: View, now: Now) -> Iterator[Prepare]:
    if view.stop is not None:
        return
    room = view.max_concurrent - _awaited_in(view, State.PREPARED, *AT_PROVIDERS)
    available = view.balance.available(view.limit)
    for lane in _fair(view):
        together = (
            FORMED_TOGETHER // lane.jobs_per_batch if len(view.lanes) == 1 else 0
        )  # else each is to have its turn
        ahead = together if _flows(lane, view, now) else 0
        if room + ahead > ahead // 2 and _may_pack(lane, view, now, available):
            bodies = min(room + ahead, together, lane.ready // lane.jobs_per_batch)
            yield Prepare(lane.id, max(1, bodies), available)
            return


def _flows(lane: LaneView, view: View, now: Now) -> bool:
    """Whether batches of a lane end so often that bodies may be ready before there is room for them."""
    ended = lane.ended_at is not None and now.ticks - lane.ended_at < FLOWING
    return ended and sum([row.size for row, *_ in view.of(State.PREPARED)]) < FORMED_BYTES


def _fair(view: View) -> list[LaneView]:
    """Lanes with the fewest batches in flight first, so that one provider's backlog never keeps another waiting."""
    flying = Counter([row.lane for row, *_ in view.batches]) if len(view.lanes) > 1 else {}
    return sorted(view.lanes, key=lambda lane: (flying.get(lane.id, 0), lane.id))


def _may_pack(lane: LaneView, view: View, now: Now, available: Money | None) -> bool:
    if not lane.ready or lane.halted or now.ticks < lane.blocked_until:
        return False
    if lane.next_due is not None and lane.next_due > now.wall:
        return False
    if not view.intake_done and lane.ready < lane.jobs_per_batch:
        return False  # more are coming: fill the batch
    return not _starved(lane, now, available)


def _starved(lane: LaneView, now: Now, available: Money | None) -> bool:
    """Whether nothing of the lane is known to fit in what is available."""
    if lane.starved_at is None or available is None or available > lane.starved_at:
        return False
    return lane.starved_until is None or now.wall < lane.starved_until


def _awaited_in(view: View, *states: State) -> int:
    return sum([_awaited(batch, view) for batch in view.of(*states)])


def _awaited(batch: BatchView, view: View) -> bool:
    """Whether the run goes on for this batch. What the key in use can't see is left as it is: kept, reserved, reported; and
    so is what can't be sent because of it.
    """
    if batch.denied or batch.undecided:
        return False
    if batch.row.state is State.PREPARED and (twins := _uncertain_twins(batch, view)):
        return any(_awaited(twin, view) for twin in twins)
    return batch.same_account or not (batch.unseen or batch.row.state is State.UNCERTAIN)


def _may_send_later(view: View, now: Now) -> bool:
    if view.stop is not None:
        return False
    available = view.balance.available(view.limit)
    return any(
        lane.ready
        and not lane.halted
        and (
            lane.starved_until is not None
            if _starved(lane, now, available)
            else lane.blocked_until > now.ticks or (lane.next_due or 0) > now.wall
        )
        for lane in view.lanes
    )


def _wake(view: View, now: Now) -> float | None:
    """The next moment at which time alone changes the plan."""
    moments = [batch.next_look for batch in view.of(State.SUBMITTED, State.ENDED, State.UNCERTAIN)]
    moments += [batch.blocked_until for batch in view.of(State.PREPARED)]
    for lane in view.lanes:
        if lane.ready and not lane.halted and view.stop is None:
            moments.append(lane.blocked_until)
            # the difference first: a wall time plus ticks would round a moment that is near into one that is past
            moments += [now.ticks + (due - now.wall) for due in (lane.next_due, lane.starved_until) if due is not None]
    later = [moment for moment in moments if moment > now.ticks]
    return min(later) if later else None
