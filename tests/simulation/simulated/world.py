"""Sessions of the real engine, planner and store in a simulated world, and what must hold in it at every instant."""

import random
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self, cast
from unittest.mock import patch

from pydantic import BaseModel

from batchata.engine import loop
from batchata.engine.loop import MOST_TO_SHOW
from batchata.engine.packing import Formed
from batchata.engine.pool import Clock, Pool
from batchata.engine.progress import Progress
from batchata.engine.session import Parts, Session, open_session
from batchata.engine.tracks import Wishes
from batchata.pricing import Price
from batchata.providers import catalog
from batchata.said import Said
from batchata.situation import StopReason
from batchata.store import names, reading
from batchata.store.database import Database, connect_reader
from batchata.store.fresh import open_database
from simulated import checks
from simulated.accounts import CALM, Account, Line, Remote, Violation, Weather
from simulated.connections import Connections
from simulated.provider import KINDS, SimProvider
from simulated.script import PRICES, Script, Setting
from simulated.shelf import Shelf
from simulated.time import Crash, Points, SimClock, SimPool

FAST_DISK = Path("/dev/shm")
QUICK_SWITCH = 1e-4  # seconds: a look for quotes is waited for many times
PACE = {"create": 0.5, "look": 0.8, "transfer": 0.2, "prepare": 0.05}

for _kind in KINDS:  # the providers of a session are its own, ready made
    catalog.KINDS[_kind] = catalog.Kind(lambda provider, _: provider)


@dataclass(slots=True)
class SimAsk:
    """A `Batch`, as far as a session needs it."""

    state_file: Path
    results_dir: Path | None
    max_concurrent: int
    items_per_batch: int | None
    prices: dict[str, Price]
    providers: dict[str, object]
    max_attempts: int
    retry_invalid: int
    settle_seconds: float
    cost_limit: int | None
    time_limit: float | None
    models: dict[str, type[BaseModel]]
    said: Said
    asked: set[str]
    save_raw_responses: bool
    reuse_state: bool = True
    executor: Executor | None = None


class SimDatabase(Database):
    """Real SQLite; one may die before and after each commit, and every commit is looked at."""

    def __init__(self, path: Path, points: Points, committed: Callable[["SimDatabase"], None]) -> None:
        self._points = points
        self._committed = committed
        self._changes = 0
        super().__init__(path)
        self.connection.execute(
            "PRAGMA synchronous = OFF"
        )  # no power is lost here: a process dies, and what it wrote stays

    def commit(self) -> None:
        if self.connection.total_changes == self._changes:
            super().commit()  # nothing in it
            return
        self._points.reach("before commit")
        super().commit()
        self._changes = self.connection.total_changes
        self._committed(self)
        self._points.reach("after commit")


@dataclass(slots=True)
class Ending:
    """How a session ended. `crashed`: where it died."""

    stop: StopReason | None = None
    crashed: str | None = None
    failure: Exception | None = None


@dataclass(slots=True)
class Plans:
    """What happens to a session by itself: (seconds after its start, what). `reuse`: go on with the state, or begin anew."""

    account: str = "A"
    crash_at: frozenset[int | str] = frozenset()
    events: list[tuple[float, Callable[[Wishes], None]]] = field(default_factory=list)
    breaks_after: int | None = None
    reuse: bool = True


class World:
    """One state file, accounts at all providers, and time. Use as a context manager."""

    def __init__(self, seed: int, setting: Setting, clock: SimClock | None = None) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.setting = setting
        self.clock = clock or SimClock()
        self.points = Points()
        self.weather = CALM
        self.lock = threading.RLock()
        self.folder = Path(tempfile.mkdtemp(prefix="batchata-sim-", dir=FAST_DISK if FAST_DISK.is_dir() else None))
        self.state_file = self.folder / "state"
        self.documents = self.folder / "documents"
        self.documents.mkdir()
        self.accounts = {key: Account(key, self.rng, self.rng.uniform(-40, 40)) for key in self._keys()}
        self.shelves = {key: Shelf(seed, self.clock) for key in self._keys() if key.startswith("marked")}
        for key, shelf in self.shelves.items():
            self.accounts[key].deleted = shelf.deleted
        self.touched: set[str | None] = set()  # files that were changed or taken away after a job named them
        self.overbilled = False
        self.sessions = 0
        self.log: list[str] = []
        self.script = Script(setting.jobs, self.documents)
        self._alike: Counter[str] = Counter()  # jobs without an id that ask the same: the most that a script ever said
        self._stopped: dict[int, set[str]] = {}  # lanes whose bill was above its bound: what was on its way by then
        self._above: dict[int, int] = {}
        self._connections = Connections()

    def _keys(self) -> list[str]:
        """Of whom accounts are. What is spooled here is here for every key."""
        kinds = {job.kind for job in self.setting.jobs}
        return [f"{kind}-{which}" for kind in KINDS if kind in kinds for which in ("A" if kind == "spooled" else "AB")]

    def __enter__(self) -> Self:
        self._connections.__enter__()
        self._switching = sys.getswitchinterval()
        sys.setswitchinterval(QUICK_SWITCH)
        loop.MOST_TO_SHOW = MOST_TO_SHOW if self.seed % 2 else 0  # 0: while one is shown, no other answer is read
        return self

    def __exit__(self, *_: object) -> None:
        sys.setswitchinterval(self._switching)
        loop.MOST_TO_SHOW = MOST_TO_SHOW
        self._connections.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def results_dir(self) -> Path:
        return self.folder / f"results-{self.setting.results}"

    # -- what providers need

    def lucky(self, chance: float) -> bool:
        return chance > 0 and self.rng.random() < chance

    def uniform(self, low: float, high: float) -> float:
        return self.rng.uniform(low, high)

    def shuffled(self, lines: list[bytes]) -> list[bytes]:
        self.rng.shuffle(lines)
        return lines

    def about_to_create(self, kind: str, nonce: str, lines: list[Line]) -> None:
        """The one call that costs money: it was intended, and each of its requests may be sent (again)."""
        with closing(connect_reader(self.state_file)) as connection:
            row = connection.execute(
                "SELECT state, count, lane FROM provider_batch WHERE nonce = ? AND intended_at IS NOT NULL", (nonce,)
            ).fetchone()
            if row is None or row[1] != len(lines):
                raise Violation(f"a create without an intent: {nonce} {row}")
            if nonce not in self._stopped.get(row[2], {nonce}):
                raise Violation(f"{nonce} is sent to {kind} though it has billed more than its bound")
            again = Counter(line.asks for line in lines)
            for remote in [remote for account in self.accounts.values() for remote in account.ours()]:
                for line in remote.lines:
                    if line.asks in again and not _has_end(connection, line.custom_id):
                        again[line.asks] += 1
        if sent := {asked for asked, times in again.items() if times > self._copies(asked.split()[0])}:
            raise Violation(f"{sent} are sent again while their fate is not known")
        there = {upload for shelf in self.shelves.values() for upload in shelf.there}
        if gone := {upload for line in lines for upload in line.uploads} - there:
            raise Violation(f"requests refer to uploads that are not there: {gone}")

    def _copies(self, asked: str) -> int:
        """How many jobs ask the same and are not known by an id: one that is said no more may still be under way."""
        return max(1, self._alike[asked])

    def money_moved(self) -> None:
        """Billed, and what may still be billed, is never more than the limit."""
        worst = sum(account.worst for account in self.accounts.values())
        if self.setting.limit is not None and worst > self.setting.limit and not self.overbilled:
            raise Violation(f"{worst} may be billed, over the limit of {self.setting.limit}")

    def made_of(self, nonce: str) -> Remote | None:
        """What a create made, or is about to make, whoever knows of it."""
        remotes = (remote for account in self.accounts.values() for remote in account.ours())
        return next((remote for remote in remotes if remote.lines[0].custom_id.startswith(f"{nonce}-")), None)

    # -- sessions

    def session(self, plans: Plans | None = None) -> Ending:
        """Run the script once, in a process of its own."""
        plans = plans or Plans()
        self.clock.boot()
        pool = SimPool(self.clock, self.rng, PACE)
        wishes = Wishes()
        for after, what in plans.events:
            pool.at(self.clock.true + after, partial(_wish, what, wishes, pool))
        ending = self.run(plans, self.clock, pool, wishes, pool)
        self._connections.drop()
        return ending

    @patch.object(names, "RECENT", 3)  # lives are small, and the index of ids is to be written within them
    def run(self, plans: Plans, clock: Clock, pool: Pool, wishes: Wishes, sim: SimPool | None) -> Ending:
        self.sessions += 1
        self.points.crash_at, self.points.armed, self.points.seen = plans.crash_at, True, []
        self._stopped.clear()
        self._above = self._bills_above()
        self.overbilled = self.overbilled or self.weather.above_bound > 0
        progress, opened = Progress(), _Opened()
        name = f"session {self.sessions} ({plans.account})"
        try:
            session = opened.session = open_session(
                self.ask(plans), progress, wishes, clock, pool, Parts(database=partial(self._open, opened))
            )
            stop = session.run()
            pool.close()
            self.points.armed = False  # what closing writes only saves work
            session.close(progress.snapshot, stop, clock.now().wall)
        except Crash as crash:
            self.points.armed = False
            if sim is not None:
                sim.crash()
            self.log.append(f"{name} crashed {crash}")
            return Ending(crashed=str(crash))
        finally:
            opened.let_go([] if sim is None else sim.dropped)
        self.log.append(f"{name} ended: {stop} {session.failure}")
        self._check_progress(session, progress)
        return Ending(stop, failure=session.failure)

    def _open(self, opened: "_Opened", path: Path, *, reuse: bool) -> Database:
        if not reuse and path.exists():
            self.points.reach("before the state is set aside")
            open_database(path, reuse=False).close()
            for account in self.accounts.values():
                account.disown()
            self._connections.drop()
            self._above.clear()
            self.points.reach("after the state was set aside")
        return opened.keep(SimDatabase(path, self.points, self._committed))

    def ask(self, plans: Plans) -> SimAsk:
        setting, which = self.setting, plans.account
        self.script = Script(setting.jobs, self.documents, plans.breaks_after)
        self._alike |= Counter(job.prompt.split()[0] for job in setting.jobs if not job.named)
        for shelf in self.shelves.values():
            shelf.failing = self.weather.upload_failed
        return SimAsk(
            state_file=self.state_file,
            results_dir=None if setting.results is None else self.results_dir,
            max_concurrent=setting.max_concurrent,
            items_per_batch=setting.items_per_batch,
            prices=PRICES,
            providers={
                kind: self._provider(kind, which) for kind in KINDS if self._account(kind, which) in self.accounts
            },
            max_attempts=setting.max_attempts,
            retry_invalid=setting.retry_invalid,
            settle_seconds=setting.settle_seconds,
            cost_limit=setting.limit,
            time_limit=setting.time_limit,
            models=self.script.models,
            said=cast("Said", self.script),
            asked={f"{job.kind}/{job.model}" for job in setting.jobs},
            save_raw_responses=setting.results is not None,
            reuse_state=plans.reuse,
        )

    def _account(self, kind: str, which: str) -> str:
        return f"{kind}-{'A' if kind == 'spooled' else which}"

    def _provider(self, kind: str, which: str) -> SimProvider:
        name = self._account(kind, which)
        shelf = self.shelves.get(name) if self.setting.uploads else None
        return SimProvider(kind, self.accounts[name], f"{kind}-{which}", self, shelf)

    # -- what must hold

    def _committed(self, database: SimDatabase) -> None:
        """After every commit: what is held is within the limit, and covers what the providers may bill."""
        if self.overbilled:
            self._stop_lanes()
            return
        held = reading.balance(database.connection).held
        if self.setting.limit is not None and held > self.setting.limit:
            raise Violation(f"{held} is held, over the limit of {self.setting.limit}")
        billed = sum(account.worst for account in self.accounts.values())
        if billed > held:
            raise Violation(f"{billed} is or may be billed, and only {held} is held for it")

    def _stop_lanes(self) -> None:
        """From the first bill above its bound on, only what was on its way by then may reach the provider."""
        for lane, bills in self._bills_above().items():
            if bills > self._above.get(lane, 0) and lane not in self._stopped:
                with self.reading() as connection:
                    sent = connection.execute(
                        "SELECT nonce FROM provider_batch WHERE intended_at IS NOT NULL"
                    ).fetchall()
                self._stopped[lane] = {nonce for (nonce,) in sent}

    def _bills_above(self) -> dict[int, int]:
        """How many bills of each lane are above their bound."""
        if not self.overbilled or not self.state_file.exists():
            return {}
        with self.reading() as connection:
            return dict(
                connection.execute(
                    "SELECT b.lane, count(*) FROM attempt a JOIN provider_batch b ON b.id = a.batch"
                    " WHERE a.cost > a.bound GROUP BY 1"
                ).fetchall()
            )

    def _check_progress(self, session: Session, progress: Progress) -> None:
        now = progress.snapshot
        if not now.intake_done:
            return
        with self.reading() as connection:
            counted = (now.pending, now.active, now.completed, now.failed)
            checks.check_counts(connection, session._desk.settings.run, counted, len(self.script.ids))

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with closing(connect_reader(self.state_file)) as connection:
            yield connection

    def check_at_rest(self, ending: Ending) -> None:
        with self.reading() as connection:
            checks.at_rest(self, connection, self.script, ending.stop)


@dataclass(slots=True)
class _Opened:
    """What a process holds, to be let go of as the kernel would."""

    databases: list[Database] = field(default_factory=list)
    session: Session | None = None

    def keep(self, database: Database) -> Database:
        self.databases.append(database)
        return database

    def let_go(self, dropped: list[object]) -> None:
        for value in dropped:
            formed = value[1] if isinstance(value, tuple) else None
            if isinstance(formed, Formed):
                for body in formed.bodies:
                    body.file.close()
        if self.session is not None:
            for track in self.session._desk.tracks.values():
                track.release_body()
            self.session._held.citer.close()
            self.session._held.reader.close()
            self.session._lock.release()
        for database in self.databases:
            database.close()


def _wish(what: Callable[[Wishes], None], wishes: Wishes, pool: SimPool) -> None:
    what(wishes)
    pool.wake()


def _has_end(connection: Any, custom_id: str) -> bool:
    end = checks.end_of(connection, custom_id)
    return end is not None and end[0] is not None


__all__ = ["Ending", "Plans", "Setting", "Violation", "Weather", "World"]
