"""What the loop knows of its run beyond the state: open batches with their bodies and pace, lanes, counts, wishes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from batchata.engine.lanes import Lanes
from batchata.engine.packing import Body
from batchata.engine.progress import Progress
from batchata.provider_batch import OPEN, ProviderBatch, State
from batchata.providers.catalog import Catalog
from batchata.situation import Now, StopReason
from batchata.store import reading
from batchata.store.intake import Intake
from batchata.store.moves import Store
from batchata.store.readers import Readers
from batchata.store.rows import Packed
from batchata.usage import Money

UNSEEN_LONG = 3600.0  # seconds; listings lag by less
LOOK_LONGER = 2.0  # times `settle_seconds`: in calm weather absence is settled in little more than once


@dataclass(frozen=True, slots=True)
class Settings:
    """`deadline`: ticks at which the time limit is up."""

    run: int
    limit: Money | None
    max_concurrent: int
    items_per_batch: int | None
    settle_seconds: float
    deadline: float | None = None


@dataclass(slots=True)
class Wishes:
    """What the user's threads ask of the loop: set there, read here."""

    stop: StopReason | None = None
    leave_open: bool = False
    cancel: bool = False


@dataclass(slots=True)
class Track:
    """An open provider batch: its row, and what only this process knows of it. Times are ticks."""

    row: ProviderBatch
    since: float  # its making: looks grow rarer with its age
    held_since: float  # since when this process has it
    body: Body | None = None
    intended: float | None = None  # its create; None: in an earlier process
    upload_id: str | None = None
    staged: bool = False
    next_look: float = 0.0
    failures: int = 0
    last_look: float | None = None  # the last complete listing that did not show it
    unseen_since: float | None = None  # by looks that did not fail
    denied: bool = False
    cancelled: bool = False
    packed: Packed | None = None  # once its answers are read

    def saw(self, ticks: float, *, shown: bool) -> None:
        """A look that did not fail showed it, or did not."""
        if shown:
            self.unseen_since = None
        elif self.unseen_since is None:
            self.unseen_since = ticks

    @property
    def unseen(self) -> bool:
        return self.unseen_since is not None

    def undecided(self, now: Now, settings: "Settings", expires_seconds: float) -> bool:
        """Whether looking will not tell any more. Of a create: whatever was made is long over, and was looked for long enough. Of
        a batch: the provider has not shown it for long, as where somebody deleted it by hand.
        """
        if self.row.state is State.SUBMITTED:
            return self.unseen_since is not None and now.ticks - self.unseen_since > UNSEEN_LONG
        if self.row.state is not State.UNCERTAIN:
            return False
        looked_for = now.ticks - self.held_since
        overdue = now.wall - (self.row.intended_at or now.wall) > expires_seconds
        return overdue and looked_for > LOOK_LONGER * settings.settle_seconds

    def release_body(self) -> None:
        if self.body is not None:
            self.body.file.close()
            self.body = None


@dataclass(slots=True)
class Desk:
    """All that the loop and its records share. `note_taken` is called once every job was taken, in that transaction; `failure` is the first thing that ended a lane
    or the run for good, raised to the user when the run is over.
    """

    store: Store
    readers: Readers
    catalog: Catalog
    settings: Settings
    lanes: Lanes
    intake: Intake
    progress: Progress
    note_taken: Callable[[], None] = lambda: None
    tracks: dict[int, Track] = field(default_factory=dict)
    failure: Exception | None = None
    intake_done: bool = False

    def moved(self, track: Track, row: ProviderBatch) -> None:
        """A batch came to another state; one at rest is no longer tracked."""
        track.row, track.failures = row, 0
        if row.state not in OPEN:
            del self.tracks[row.id]
            self.progress.rested(row)

    def packed(self, track: Track) -> Packed:
        """The attempts of a batch."""
        if track.packed is None:
            track.packed = reading.packed(self.store.connection, track.row.id)
        return track.packed

    def fail(self, error: Exception) -> None:
        self.failure = self.failure or error

    def void(self, track: Track, at: float, why: str) -> None:
        """It was never made: its jobs wait again."""
        track.release_body()
        jobs = reading.jobs_of(self.store.connection, track.row.id)
        row = self.store.void(track.row, at, why)
        mine = sum(job in self.intake.members for job in jobs)
        self.lanes.add({row.lane: mine})
        self.progress.returned(mine)
        self.moved(track, row)
