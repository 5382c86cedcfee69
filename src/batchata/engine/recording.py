"""What effects brought, written down: each completion is one move in the state and what follows from it for the run.

Called by the loop, on its thread, inside its transaction.
"""

import logging
import math
import sqlite3
from collections.abc import Iterable
from typing import Any

from batchata import pace
from batchata.engine import settling
from batchata.engine.collecting import Ends, Show
from batchata.engine.lanes import Lane
from batchata.engine.packing import Body, Formed, Order
from batchata.engine.pool import Completion
from batchata.engine.progress import Tally
from batchata.engine.repeats import Repeats
from batchata.engine.tracks import Desk, Track
from batchata.engine.verdicts import is_gone, verdict_of
from batchata.errors import CreateRefusedError, ProviderError
from batchata.job import Job
from batchata.provider_batch import ProviderBatch, State
from batchata.providers.base import BatchStatus, Sighting
from batchata.said import SaidJobs
from batchata.situation import Now
from batchata.store import reading
from batchata.store.rows import NewBatch, NewJob, NewJobs, NewResult, Packed
from batchata.usage import Money, to_usd

log = logging.getLogger("batchata")

MOST_BROKEN = 5  # looks running that raised what no provider raises, before its batches are left for another run
AT_HAND = 100  # attempts of a batch that are kept for when its answers come; those of a larger one are read again
MANY_ROUNDS = 10  # from here on the settings are worth a warning


class Recorder:
    """Turns completions into moves. `record` gives the jobs that are now to be shown, and the batches that came to rest."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._warned: set[str] = set()
        self._repeats = Repeats()
        self._shows: list[Show] = []
        self._rested: list[ProviderBatch] = []

    def record(self, completion: Completion, now: Now) -> tuple[list[Show], list[ProviderBatch]]:
        self._shows, self._rested = [], []
        self._write(completion, now)
        return self._shows, self._rested

    def _write(self, completion: Completion, now: Now) -> None:
        kind, subject = completion.key
        match kind:
            case "intake":
                self._taken(completion, now)
            case "prepare":
                self._formed(completion, now)
            case "poll":
                self._polled(str(subject), completion, now)
            case "show":
                if completion.error is not None:
                    self._desk.fail(completion.error)
            case "forget":
                if completion.error is not None:
                    log.info("Something put at the provider could not be removed; it expires: %s", completion.error)
            case "cancel":
                self._cancelled(subject, completion, now)
            case _:
                self._on_batch(subject, completion, now)

    # -- jobs coming in

    def _taken(self, completion: Completion, now: Now) -> None:
        if not completion.partial:
            self._desk.intake_done = True
            if completion.error is None:
                self._desk.note_taken()
            if changed := self._desk.progress.snapshot.changed:
                log.warning(
                    "%d jobs have changed since an earlier run under their job_id: they are sent again.", changed
                )
            self._say_rounds()
            if completion.error is not None:
                self._desk.fail(completion.error)
            return
        value: Any = completion.value
        said: SaidJobs = value
        places = [self._desk.lanes.form_of(form) for form in said.forms]
        group = NewJobs(
            said.job_ids, said.digests, [form for form, _ in places], [lane for _, lane in places], said.asks,
            said.metadata, said.refused,
        )  # fmt: skip
        while len(group):
            taken = self._desk.intake.add(group)
            self._desk.progress.took(taken)
            self._desk.lanes.add(taken.ready)
            refused = [(seq, settling.refused_item(why)) for seq, _, why in taken.refused]
            self._fail_unsent(refused, now)
            group = NewJobs.of([_said_twice(job, name) for job, name in taken.duplicates])

    def _say_rounds(self) -> None:
        """How long the settings make it: each round waits for a provider's turnaround."""
        desk = self._desk
        batches = sum(math.ceil(lane.ready / lane.jobs_per_batch) for lane in desk.lanes)
        rounds = math.ceil(batches / desk.settings.max_concurrent)
        if rounds > 1:
            log.log(
                logging.WARNING if rounds >= MANY_ROUNDS else logging.INFO,
                "%d provider batches to make, in about %d rounds; items_per_batch=None puts as many jobs into a batch as "
                "the provider takes.",
                batches,
                rounds,
            )

    def _fail_unsent(self, failed: list[tuple[int, NewResult]], now: Now) -> None:
        """Waiting jobs that can't be sent end now. All of them are of this run."""
        if failed:
            self._desk.store.fail_unsent(now.wall, failed)
            self._desk.progress.unsent(len(failed))
            self._shows.append(Show(tuple(job for job, _ in failed)))

    # -- a body

    def _formed(self, completion: Completion, now: Now) -> None:
        desk = self._desk
        if completion.error is not None:  # reading or packing broke in a way that is no job's fault
            desk.fail(completion.error)
            desk.lanes.halt_all()
            return
        value: Any = completion.value
        order: Order = value[0]
        formed: Formed = value[1]
        lane = desk.lanes[formed.lane]
        for words in sorted(formed.warnings - self._warned):
            log.warning(words)
        self._warned |= formed.warnings
        lane.ready -= len(formed.failed)
        self._fail_unsent(formed.failed, now)
        desk.store.pass_over(formed.passed_over)
        for body in formed.bodies:
            self._reserve(lane, body, now)
        if not formed.bodies and formed.exhausted and lane.ready:
            later = reading.next_due(desk.store.connection, lane.id, order.run, after=order.now)
            lane.starved_at, lane.starved_until = order.available, later

    def _reserve(self, lane: Lane, body: Body, now: Now) -> None:
        desk, account = self._desk, self._desk.catalog.account(lane.provider)
        new = NewBatch(lane.id, body.nonce, account, body.size, body.attempts)
        row = desk.store.reserve(new, now.wall, desk.settings.limit)
        if row is None:  # the balance has moved since: it is formed again within what is left
            body.file.close()
            return
        lane.ready -= row.count
        desk.progress.packed(row.count)
        track = desk.tracks[row.id] = Track(row, now.ticks, now.ticks, body)
        if row.count <= AT_HAND:
            track.packed = body.attempts
        body.attempts = Packed()  # the state has them: a large batch that waits need not hold them too

    # -- a provider batch

    def _on_batch(self, subject: object, completion: Completion, now: Now) -> None:
        track = self._desk.tracks[_batch_id(subject)]
        match track.row.state:
            case State.PREPARED:
                self._staged(track, completion, now)
            case State.SUBMITTING:
                self._created(track, completion, now)
            case State.UNCERTAIN:
                self._sighted(track, completion, now)
            case State.ENDED if track.row.verdict is None:
                self._collected(track, completion, now)
            case _:
                self._settled(track, completion, now)

    def _staged(self, track: Track, completion: Completion, now: Now) -> None:
        if completion.error is not None:
            self._refused(track, completion.error, now)
            return
        track.staged = True
        track.upload_id = None if completion.value is None else str(completion.value)

    def _created(self, track: Track, completion: Completion, now: Now) -> None:
        desk, error = self._desk, completion.error
        if error is None:
            track.release_body()
            lane = desk.lanes[track.row.lane]
            self._repeats.over(("create", lane.id), f"{lane.provider} takes batches again", now.ticks)
            if not lane.judged_late:
                lane.went_well()
            self._submitted(track, str(completion.value), now.wall, now)
            track.since = now.ticks
            track.next_look = pace.next_look(now.ticks, now.ticks, lane.quickest)
        elif isinstance(error, CreateRefusedError):
            self._refused(track, error, now)
        else:
            log.warning(
                "Whether a batch of %d jobs was made is not known (%s): looking for it.", track.row.count, error
            )
            track.release_body()
            track.since = track.next_look = now.ticks
            desk.moved(track, desk.store.uncertain(track.row, now.wall, str(error)))

    def _submitted(self, track: Track, provider_id: str, made_at: float, now: Now) -> None:
        kept = self._desk.catalog[track.row.provider].limits.results_kept_seconds
        collect_by = None if kept is None else made_at + kept
        self._desk.moved(track, self._desk.store.submitted(track.row, now.wall, provider_id, collect_by))

    def _refused(self, track: Track, error: Exception, now: Now) -> None:
        """Nothing was made: the jobs go back, and the lane learns from it."""
        lane, row = self._desk.lanes[track.row.lane], track.row
        words = f"A batch of {row.count} job{'s' * (row.count > 1)} was not taken: {error}"
        self._repeats.say(logging.WARNING, ("create", row.lane), words, now.ticks)
        consequence = lane.refused(error, row.count, now.ticks)
        self._desk.void(track, now.wall, str(error))
        if consequence == "halted":
            self._desk.fail(error)
        elif consequence == "job":
            connection = self._desk.store.connection
            mine = [job for job in reading.jobs_of(connection, row.id) if job in self._desk.intake.members]
            lane.ready -= len(mine)
            self._fail_unsent([(job, _unsent(connection, job, str(error))) for job in mine], now)

    def _sighted(self, track: Track, completion: Completion, now: Now) -> None:
        desk, sighting = self._desk, completion.value
        longest = max(desk.settings.settle_seconds / 4, pace.FIRST_LOOK)
        track.next_look = now.ticks + min(pace.look_interval(now.ticks - track.since), longest)
        if not isinstance(sighting, Sighting):
            track.failures += 1
            track.next_look = now.ticks + min(pace.retry_interval(track.failures), longest)
            self._denied([track], completion.error)
        elif sighting.found is not None:
            self._submitted(track, sighting.found, track.row.intended_at or now.wall, now)
            track.next_look = now.ticks
        elif sighting.never_made:
            desk.void(track, now.wall, "it was never made")
        elif sighting.candidates:
            track.row, track.last_look = desk.store.found_candidate(track.row), None
        elif sighting.complete and track.row.account == desk.catalog.account(track.row.provider):
            since = 0.0 if track.last_look is None else now.ticks - track.last_look
            track.row, track.last_look = desk.store.looked(track.row, since), now.ticks

    def _polled(self, provider: str, completion: Completion, now: Now) -> None:
        of_provider = [track for track in self._desk.tracks.values() if track.row.provider == provider]
        tracks = [track for track in of_provider if track.row.state is State.SUBMITTED]
        if completion.error is not None:
            self._poll_failed(provider, tracks, completion.error, now)
            return
        self._repeats.over(("look", provider), f"{provider} answers looks again", now.ticks)
        statuses: Any = completion.value
        for track in tracks:
            status = statuses.get(track.row.provider_id)
            track.failures = 0
            track.saw(now.ticks, shown=status is not None)
            quickest = self._desk.lanes[track.row.lane].quickest
            track.next_look = pace.next_look(track.since, now.ticks, quickest)
            if status is not None and status.ended:
                self._ended(track, status, now)

    def _poll_failed(self, provider: str, tracks: Iterable[Track], error: Exception, now: Now) -> None:
        """A failed look says nothing about the batches: they are looked at again, later each time."""
        asked = error.retry_after if isinstance(error, ProviderError) else None
        if isinstance(error, ProviderError):
            self._repeats.say(logging.INFO, ("look", provider), f"A look at {provider} failed: {error}", now.ticks)
        else:
            self._repeats.say(logging.WARNING, ("look", provider), f"A look at {provider} broke: {error!r}", now.ticks)
        for track in tracks:
            track.failures += 1
            track.next_look = now.ticks + pace.retry_interval(track.failures, asked)
        self._denied(tracks, error)

    def _denied(self, tracks: Iterable[Track], error: Exception | None) -> None:
        """What looking again won't mend: a key that is refused, or something broken that is neither provider nor network."""
        if isinstance(error, ProviderError):
            hopeless = [*tracks] if error.status in (401, 403) and not error.retryable else []
        else:
            hopeless = [track for track in tracks if track.failures >= MOST_BROKEN]
        for track in hopeless:
            track.denied = True
        if hopeless and error is not None:
            self._desk.fail(error)

    def _ended(self, track: Track, status: BatchStatus, now: Now) -> None:
        verdict, row = verdict_of(status), track.row
        self._desk.lanes[row.lane].ended(verdict, row.count, now.ticks - track.since, now.ticks)
        if status.error is not None:
            log.warning("%s, a batch of %d jobs, did not run: %s", row.provider_id, row.count, status.error)
        track.next_look = now.ticks
        self._desk.moved(track, self._desk.store.ended(track.row, now.wall, verdict, status.error))

    def _cancelled(self, subject: object, completion: Completion, now: Now) -> None:
        track = self._desk.tracks.get(_batch_id(subject))
        if track is None or track.row.state is not State.SUBMITTED:
            return
        if completion.error is None:
            track.cancelled, track.next_look = True, now.ticks
        else:
            track.failures += 1
            track.next_look = now.ticks + pace.retry_interval(track.failures)
            words = f"Cancelling {track.row.provider_id} failed and is tried again: {completion.error}"
            self._repeats.say(logging.WARNING, ("cancel", track.row.id), words, now.ticks)
            self._denied([track], completion.error)

    # -- answers

    def _collected(self, track: Track, completion: Completion, now: Now) -> None:
        desk, row, piece = self._desk, track.row, completion.value
        if isinstance(piece, bytes) and piece:
            desk.store.add_segment(row, piece)
        if completion.partial:
            return
        if completion.error is None:
            self._repeats.over(("fetch", row.id), f"The answers of {row.provider_id} are fetched", now.ticks)
            desk.moved(track, desk.store.collected(row, now.wall))
        else:
            words = f"Fetching the answers of {row.provider_id} broke off and starts over: {completion.error}"
            self._repeats.say(logging.WARNING, ("fetch", row.id), words, now.ticks)
            track.failures += 1
            track.next_look = now.ticks + pace.retry_interval(track.failures)
            track.saw(now.ticks, shown=not isinstance(completion.error, ProviderError) or completion.error.retryable)
            self._denied([track], completion.error)
            if is_gone(completion.error, row, now):
                track.row = desk.store.gone(row)

    def _settled(self, track: Track, completion: Completion, now: Now) -> None:
        if completion.error is not None:  # our own rules failed on kept answers: nothing is lost, and it must be seen
            raise completion.error
        value: Any = completion.value
        done: Ends = value
        desk, lane = self._desk, track.row.lane
        track.row = desk.store.settle(track.row, now.wall, done.settled, done.segment, desk.packed(track))
        tally = Tally.of(done.settled, desk.intake.members.__contains__)
        desk.progress.settled(tally)
        if tally.again:
            desk.lanes.add({lane: tally.again}, retries=True)
        self._overbilled(track.row, done)
        if done.strangers:
            log.warning("%d result lines of %s are nobody's: left aside.", done.strangers, track.row.provider_id)
        for words in sorted(done.notes - self._warned):
            log.warning("%s: %s", track.row.provider_id, words)
        self._warned |= done.notes
        if done.last:
            desk.moved(track, desk.store.rest(track.row, now.wall))
            self._rested.append(track.row)
        if done.settled.finished:
            jobs = [job for finished in done.settled.finished.values() for job, _, _ in finished]
            self._shows.append(Show(tuple(jobs), done.raw))

    def _overbilled(self, row: ProviderBatch, done: Ends) -> None:
        """A bill above its bound: what the bound assumes does not hold, so nothing more is sent there."""
        above = [
            (cost, bound) for cost, bound in zip(done.settled.costs, done.settled.bounds, strict=True) if cost > bound
        ]
        if not above:
            return
        worst, bound = max(above, key=lambda one: one[0] - one[1])
        self._desk.lanes[row.lane].halted = True
        self._desk.fail(
            ProviderError(
                f"{row.provider} billed {_exactly(worst)} for a request bounded at {_exactly(bound)} "
                f"({len(above)} such in {row.provider_id}): nothing more is sent there. "
                "If its price has changed, give the new one in Batch(prices=…)."
            )
        )


def _exactly(amount: Money) -> str:
    """To the last digit: the two may differ by less than what is shown elsewhere."""
    return f"${to_usd(amount):.9f}".rstrip("0").rstrip(".")


def _batch_id(subject: object) -> int:
    if not isinstance(subject, int):
        raise TypeError(f"no provider batch: {subject!r}")
    return subject


def _said_twice(job: NewJob, name: str) -> NewJob:
    """A job whose id this run has added already: it becomes a failed job of a name of its own."""
    stem, _, place = name.rpartition("~")
    again = f"{stem}~{int(place) + 1}" if stem else f"{name}~2"
    why = job.refused or f"job_id={name!r} was given twice in one run; give every job an id of its own"
    return job._replace(job_id=again, refused=why)


def _unsent(connection: sqlite3.Connection, seq: int, why: str) -> NewResult:
    """The end of a job that waits again, and can't be sent."""
    job = Job.from_record(*reading.said(connection, seq))
    return settling.unsent(job, reading.tries(connection, seq), why)
