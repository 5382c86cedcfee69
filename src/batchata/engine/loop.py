"""The one driver of a run, and the only writer of its state.

Each turn: write what effects have brought, ask the planner, write what must be durable before the next effects (all of it one
commit), start them. The loop owns no time and no threads: the clock and the pool are handed in.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from batchata import actions, pace, planner, situation
from batchata.engine.collecting import Ends, Settler, Show, collect, together
from batchata.engine.packing import Order
from batchata.engine.pool import Clock, Completion, Emit, Key, Pool, Steps
from batchata.engine.preparing import Preparer
from batchata.engine.recording import Recorder
from batchata.engine.tracks import Desk, Track, Wishes
from batchata.provider_batch import ProviderBatch, State
from batchata.providers.base import Intent, Sighting
from batchata.situation import Now, StopReason
from batchata.store import reading
from batchata.usage import Money

Begun: TypeAlias = tuple[str, Callable[[Emit], object]]
"""The group and the work of an effect."""

Effect: TypeAlias = tuple[Key, str, Callable[[Emit], object]]
"""Its key, its group, its work."""


_UNCERTAIN = State.UNCERTAIN  # looked up once: a member of an enum takes Python 3.11 a tenth of a microsecond
SHOWING: Key = ("show", None)
MOST_TO_SHOW = 1_000_000  # bytes of results and raw answers that wait for their files, before no more answers are read


class Turn(NamedTuple):
    """What a turn came to: effects to start, now that all they stand on is durable. `moved`: rows moved without any effect,
    so there is more to plan at once.
    """

    plan: actions.Plan
    effects: list[Effect]
    moved: bool


class Engine:
    """Drives one run to its end. `run` blocks; all of it happens on its caller's thread."""

    def __init__(
        self,
        desk: Desk,
        preparer: Preparer,
        settler: Settler,
        show: Callable[[Show], None] | None,
        clock: Clock,
        pool: Pool,
        wishes: Wishes,
    ) -> None:
        self._desk = desk
        self._preparer = preparer
        self._settler = settler
        self._show = show
        self._clock = clock
        self._pool = pool
        self._wishes = wishes
        self._recorder = Recorder(desk)
        self._busy: set[Key] = set()
        self._to_show: list[Show] = []
        self._size_to_show = 0

    def run(self, source: Callable[[Emit], None]) -> StopReason | None:
        """Take jobs from `source` and bring every one to its end, or to rest where a stop leaves it."""
        self._take_up()
        self._start(("intake", None), "intake", source)
        brought: Sequence[Completion] = ()
        while True:
            turn = self._turn(brought)
            for key, group, work in turn.effects:
                self._start(key, group, work)
            self._publish()
            if turn.plan.over:
                return turn.plan.stop
            timeout = 0.0 if turn.moved else self._timeout(turn.plan.wake)
            brought = self._pool.next(timeout, pace.turn_interval(len(self._desk.tracks)))

    def _take_up(self) -> None:
        """Open batches of earlier runs: rows that are not at rest are effects to be taken up."""
        now = self._clock.now()
        for row in reading.open_batches(self._desk.store.connection):
            age = max(0.0, now.wall - (row.submitted_at or row.intended_at or row.prepared_at))
            self._desk.tracks[row.id] = Track(row, now.ticks - age, now.ticks)

    def _publish(self) -> None:
        desk = self._desk
        rows = [track.row for track in desk.tracks.values()]
        desk.progress.publish(rows, desk.store.balance(), intake_done=desk.intake_done)

    @property
    def all_shown(self) -> bool:
        """Whether every result that came to its end is in its file."""
        return SHOWING not in self._busy and not self._to_show

    def _timeout(self, wake: float | None) -> float | None:
        moments = [moment for moment in (wake, self._desk.settings.deadline) if moment is not None]
        if self._wishes.stop is not None and self._desk.settings.deadline in moments:
            moments.remove(self._desk.settings.deadline)
        return max(0.0, min(moments) - self._clock.now().ticks) if moments else None

    def _view(self) -> situation.View:
        desk, wishes, deadline, now = self._desk, self._wishes, self._desk.settings.deadline, self._clock.now()
        if deadline is not None and wishes.stop is None and now.ticks >= deadline:
            wishes.stop, wishes.cancel = "time_limit", True
        return situation.View(
            lanes=desk.lanes.views(),
            batches=tuple([self._batch_view(track, now) for track in desk.tracks.values()]),
            busy=frozenset(self._busy),
            balance=desk.store.balance(),
            limit=desk.settings.limit,
            max_concurrent=desk.settings.max_concurrent,
            settle_seconds=desk.settings.settle_seconds,
            intake_done=desk.intake_done,
            stop=wishes.stop,
            leave_open=wishes.leave_open,
            cancel=wishes.cancel,
            files_behind=self._size_to_show > MOST_TO_SHOW,
        )

    def _batch_view(self, track: Track, now: Now) -> situation.BatchView:
        row, desk, unseen = track.row, self._desk, track.unseen_since is not None
        lane = desk.lanes[row.lane]
        doubted = unseen or row.state is _UNCERTAIN  # of nothing else is there anything to be decided
        return situation.BatchView(
            row,
            track.body is not None,
            track.next_look,
            row.account == desk.catalog.account(row.provider),
            unseen,
            track.denied,
            doubted and track.undecided(now, desk.settings, desk.catalog[row.provider].limits.expires_seconds),
            track.cancelled,
            lane.halted,
            lane.blocked_until,
        )

    def _start(self, key: Key, group: str, work: Callable[[Emit], object]) -> None:
        self._busy.add(key)
        self._pool.start(key, group, work)

    def _turn(self, brought: Sequence[Completion]) -> Turn:
        """Write what effects brought and what must be durable before the next ones, in one commit."""
        if not brought:
            plan = planner.plan(self._view(), self._clock.now())
            if not plan.actions:
                return Turn(plan, [], moved=False)
            with self._desk.store.transaction():
                return self._begin_all(plan, [])
        with self._desk.store.transaction():
            after = self._record(brought)
            return self._begin_all(planner.plan(self._view(), self._clock.now()), after)

    def _record(self, brought: Sequence[Completion]) -> list[Effect]:
        """Write what effects brought; what is to follow once that is durable: results to show, uploads to remove."""
        effects: list[Effect] = []
        for completion in brought:
            if not completion.partial:
                self._busy.discard(completion.key)
            shows, rested = self._recorder.record(completion, self._clock.now())
            if self._show is not None:
                self._to_show += shows
                self._size_to_show += sum([show.size for show in shows])
            for row in rested:
                if (provider := self._desk.catalog[row.provider]).limits.leaves_files:
                    name = row.provider_id or ""
                    effects.append((("forget", row.id), "look", lambda _, p=provider, name=name: p.forget(name)))  # type: ignore[misc]
        effects += self._shows()
        self._busy.update(key for key, _, _ in effects)  # the run is not over before they are
        return effects

    def _shows(self) -> Iterator[Effect]:
        """Show what has come to its end, all at once: while some is being shown, more comes together."""
        show, done = self._show, self._to_show
        if show is not None and done and SHOWING not in self._busy:
            yield SHOWING, "files", lambda _: show(together(done))
            self._to_show, self._size_to_show = [], 0

    def _begin_all(self, plan: actions.Plan, effects: list[Effect]) -> Turn:
        moved = False
        for action in plan.actions:
            begun = self._begin(action)
            if begun is None:
                moved = True
            else:
                effects.append((action.key, *begun))
        return Turn(plan, effects, moved)

    # -- before an effect: what must be durable, and the work itself

    def _begin(self, action: actions.Action) -> Begun | None:
        """Write what must be durable before an effect, and give its group and work; None: writing was all."""
        now = self._clock.now()
        match action:
            case actions.Prepare(lane, bodies, available):
                return "prepare", self._prepare(lane, bodies, available, now)
            case actions.Poll(provider, batches):
                ids = [self._desk.tracks[batch].row.provider_id or "" for batch in batches]
                return "look", lambda _: self._desk.catalog[provider].poll(ids)
            case _:
                return self._begin_on(self._desk.tracks[action.batch], action, now)

    def _begin_on(self, track: Track, action: actions.OnBatch, now: Now) -> Begun | None:
        desk, provider = self._desk, self._desk.catalog[track.row.provider]
        provider_id = track.row.provider_id or ""
        match action:
            case actions.Submit():
                return "create", self._submit(track, now)
            case actions.Find():
                return "look", partial(self._find, track.row, _intended(track, now))
            case actions.Cancel():
                # known before the provider acts: what it then cancels goes back to wait
                if track.row.cancel_at is None:
                    track.row = desk.store.cancel_asked(track.row, now.wall)
                return "look", lambda _: provider.cancel(provider_id)
            case actions.Collect():
                desk.store.restart_collection(track.row)
                return "transfer", partial(collect, provider, provider_id)
            case actions.Settle():
                return "settle", partial(self._ends, track, now.wall)
            case actions.Doubt():
                words = "its create was under way when the process ended"
                desk.moved(track, desk.store.uncertain(track.row, now.wall, words))
            case actions.Void():
                desk.void(track, now.wall, "it was never sent")
            case actions.Absent():
                desk.void(track, now.wall, "the provider's listings do not show it: it counts as never made")
        return None

    def _prepare(self, lane_id: int, bodies: int, available: Money | None, now: Now) -> Callable[[Emit], object]:
        lane, run = self._desk.lanes[lane_id], self._desk.settings.run
        order = Order(lane_id, lane.provider, run, now.wall, bodies, lane.jobs_per_batch, available)
        return lambda _: (order, self._preparer.form(order))

    def _submit(self, track: Track, now: Now) -> Callable[[Emit], object]:
        """First the upload, where the provider wants one; then the intent, and the one call that costs money."""
        provider, body = self._desk.catalog[track.row.provider], track.body
        if body is None:
            raise RuntimeError(f"provider batch {track.row.id} has no body to send")
        if provider.limits.upload_first and not track.staged:
            return lambda _: provider.stage(_intent(track.row, now.wall), body.file)
        track.row = self._desk.store.intend(track.row, now.wall, track.upload_id, provider.now())
        track.intended = now.ticks
        intent = _intent(track.row, now.wall)
        body.file.seek(0)
        return lambda _: provider.create(intent, body.file)

    def _find(self, row: ProviderBatch, at: float, _: Emit) -> Sighting:
        with self._desk.readers.connection() as connection:
            known = reading.provider_ids(connection, row.provider, row.account)
        return self._desk.catalog[row.provider].find(_intent(row, at, known))

    def _ends(self, track: Track, now: float, _: Emit) -> Steps[Ends]:
        row, packed = track.row, self._desk.packed(track)
        return self._settler.ends(self._desk.catalog[row.provider], row, packed, now)


def _intent(row: ProviderBatch, at: float, known: frozenset[str] = frozenset()) -> Intent:
    return Intent(row.nonce, row.count, row.size, at, row.provider_at, row.model or None, row.upload_id, known)


def _intended(track: Track, now: Now) -> float:
    """When the create was intended, by the clock as it is now, which may have been set back since; never too late."""
    at = track.row.intended_at or track.row.prepared_at
    return min(at, now.wall if track.intended is None else now.wall - (now.ticks - track.intended))
