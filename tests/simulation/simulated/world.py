"""Sessions of the real engine, planner and store in a simulated world, and what must hold in it at every instant."""

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

import orjson
from pydantic import BaseModel

from batchata.engine.preparing import Formed
from batchata.engine.progress import Progress
from batchata.engine.session import Parts, Session, open_session
from batchata.engine.tracks import Wishes
from batchata.identity import digest
from batchata.job import Job
from batchata.planner import StopReason
from batchata.pricing import Price, parse_prices
from batchata.providers.base import Provider
from batchata.providers.catalog import Catalog
from batchata.said import Said, SaidJob
from batchata.store import reading
from batchata.store.database import Database, connect_reader
from simulated.accounts import CALM, MODEL_MAX_TOKENS, Account, Line, Violation, Weather
from simulated.provider import KINDS, SimProvider
from simulated.time import Crash, Points, SimClock, SimPool

FAST_DISK = Path("/dev/shm")
TYPED = ("twice", "never", "typed")  # jobs whose answer must fit a class
PACE = {"create": 0.5, "look": 0.2, "transfer": 0.2, "prepare": 0.05}


class Value(BaseModel):
    value: int


@dataclass(slots=True)
class Setting:
    """What a script asks: jobs as (provider kind, name), and the arguments of its `Batch`."""

    jobs: list[tuple[str, str]]
    limit: int | None = None
    items_per_batch: int | None = 2
    max_concurrent: int = 3
    settle_seconds: float = 30.0
    max_attempts: int = 3
    retry_invalid: int = 1
    time_limit: float | None = None
    results: bool = True


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


class SimCatalog(Catalog):
    """The providers it was given, ready made."""

    def __getitem__(self, name: str) -> Provider:
        provider: Provider = self._named[name]
        return provider


class SimDatabase(Database):
    """Real SQLite; one may die before and after each commit, and every commit is looked at."""

    def __init__(self, path: Path, points: Points, committed: Callable[["SimDatabase"], None]) -> None:
        self._points = points
        self._committed = committed
        self._changes = 0
        super().__init__(path)

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
    """What happens to a session by itself: (seconds after its start, what)."""

    account: str = "A"
    crash_at: frozenset[int] = frozenset()
    events: list[tuple[float, Callable[[Wishes], None]]] = field(default_factory=list)


class World:
    """One state file, accounts at all providers, and time. Use as a context manager."""

    def __init__(self, seed: int, setting: Setting) -> None:
        self.rng = random.Random(seed)
        self.setting = setting
        self.clock = SimClock()
        self.points = Points()
        self.weather = CALM
        self.folder = Path(tempfile.mkdtemp(prefix="batchata-sim-", dir=FAST_DISK if FAST_DISK.is_dir() else None))
        self.state_file = self.folder / "state"
        self.results_dir = self.folder / "results"
        names = [f"{kind}-{which}" for kind in KINDS for which in "AB"]
        self.accounts = {name: Account(name, self.rng, self.rng.uniform(-40, 40)) for name in names}
        self.sessions = 0
        self.log: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

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
                "SELECT state, count FROM provider_batch WHERE nonce = ? AND intended_at IS NOT NULL", (nonce,)
            ).fetchone()
            if row is None or row[1] != len(lines):
                raise Violation(f"a create without an intent: {nonce} {row}")
            again = {line.job for line in lines}
            for remote in [remote for account in self.accounts.values() for remote in account.ours()]:
                for line in remote.lines:
                    if line.job in again and not _has_end(connection, line.custom_id):
                        raise Violation(f"{line.job} is sent again while the fate of {line.custom_id} is not known")

    def money_moved(self) -> None:
        """Billed, and what may still be billed, is never more than the limit, nor more than what is booked for it."""
        remotes = [remote for account in self.accounts.values() for remote in account.ours()]
        worst = sum(sum(remote.bills.values()) + remote.may_still_cost for remote in remotes)
        if self.setting.limit is not None and worst > self.setting.limit:
            raise Violation(f"{worst} may be billed, over the limit of {self.setting.limit}")

    # -- sessions

    def session(self, plans: Plans | None = None) -> Ending:
        """Run the script once, in a process of its own."""
        plans = plans or Plans()
        self.sessions += 1
        self.clock.boot()
        self.points.crash_at, self.points.armed, self.points.seen = plans.crash_at, True, []
        pool = SimPool(self.clock, self.rng, PACE)
        progress, wishes, opened = Progress(), Wishes(), _Opened()
        for after, what in plans.events:
            pool.at(self.clock.true + after, partial(_wish, what, wishes, pool))
        parts = Parts(SimCatalog, lambda path, reuse: opened.keep(SimDatabase(path, self.points, self._committed)))
        try:
            session = opened.session = open_session(self._ask(plans.account), progress, wishes, self.clock, pool, parts)
            stop = session.run()
            pool.close()
            self.points.armed = False  # what closing writes only saves work
            session.close(progress.snapshot, stop, self.clock.now().wall)
        except Crash as crash:
            self.points.armed = False
            pool.crash()
            self.log.append(f"session {self.sessions} ({plans.account}) crashed {crash}")
            return Ending(crashed=str(crash))
        finally:
            opened.let_go(pool.dropped)
        self.log.append(f"session {self.sessions} ({plans.account}) ended: {stop} {session.failure}")
        self._check_progress(session, progress)
        return Ending(stop, failure=session.failure)

    def _ask(self, which: str) -> SimAsk:
        setting = self.setting
        providers: dict[str, object] = {
            kind: SimProvider(kind, self.accounts[f"{kind}-{which}"], self) for kind in KINDS
        }
        models: dict[str, type[BaseModel]] = {}
        said = [_said(kind, name, models) for kind, name in setting.jobs]
        return SimAsk(
            state_file=self.state_file,
            results_dir=self.results_dir if setting.results else None,
            max_concurrent=setting.max_concurrent,
            items_per_batch=setting.items_per_batch,
            prices=PRICES,
            providers=providers,
            max_attempts=setting.max_attempts,
            retry_invalid=setting.retry_invalid,
            settle_seconds=setting.settle_seconds,
            cost_limit=setting.limit,
            time_limit=setting.time_limit,
            models=models,
            said=cast("Said", said),
            asked={f"{kind}/m" for kind, _ in setting.jobs},
            save_raw_responses=setting.results,
        )

    # -- what must hold

    def _committed(self, database: SimDatabase) -> None:
        """After every commit: what is held is within the limit, and covers what the providers may bill."""
        held = reading.balance(database.connection).held
        if self.setting.limit is not None and held > self.setting.limit:
            raise Violation(f"{held} is held, over the limit of {self.setting.limit}")
        remotes = [remote for account in self.accounts.values() for remote in account.ours()]
        billed = sum(sum(remote.bills.values()) + remote.may_still_cost for remote in remotes)
        if billed > held:
            raise Violation(f"{billed} is or may be billed, and only {held} is held for it")

    def _check_progress(self, session: Session, progress: Progress) -> None:
        now = progress.snapshot
        if not now.intake_done:
            return
        if min(now.pending, now.active, now.completed, now.failed) < 0 or now.total != len(self.setting.jobs):
            raise Violation(f"the counts are wrong: {now}")
        with self.reading() as connection:
            states = [state for _, state in self.job_states(connection)]
        counted = (now.pending, now.active, now.completed, now.failed)
        real = tuple(
            sum(state in some for state in states)
            for some in (("pending",), ("active",), ("succeeded",), ("failed", "lost"))
        )
        if counted != real:
            raise Violation(f"counted {counted}, in the state {real}")

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with closing(connect_reader(self.state_file)) as connection:
            yield connection

    def job_states(self, connection: Any) -> list[tuple[str, str]]:
        return [tuple(row) for row in connection.execute("SELECT job_id, state FROM job ORDER BY seq")]

    def check_at_rest(self, ending: Ending) -> None:
        """After a calm run: every job has its one end, the ledger is closed, files are what the state says."""
        with self.reading() as connection:
            self._check_jobs(connection, ending)
            self._check_ledger(connection)
            self._check_bills(connection)
            if self.setting.results:
                self._check_files(connection)

    def _check_jobs(self, connection: Any, ending: Ending) -> None:
        states = dict(self.job_states(connection))
        if set(states) != {name for _, name in self.setting.jobs}:
            raise Violation(f"jobs vanished or appeared: {states}")
        open_rows = connection.execute(
            "SELECT id, state FROM provider_batch WHERE state NOT IN ('settled', 'void')"
        ).fetchall()
        if open_rows:
            raise Violation(f"batches are left open: {open_rows}")
        waiting = [name for name, state in states.items() if state not in ("succeeded", "failed", "lost")]
        if waiting and ending.stop != "cost_limit":
            raise Violation(f"without an end: {waiting} ({ending})")
        if waiting:
            self._check_starved(connection)
        for name, state in states.items():
            if name.startswith(("ok", "typed", "twice")) and state == "failed" and not self._may_fail(connection, name):
                raise Violation(f"{name} failed, and nothing says why")
        twice = connection.execute(
            "SELECT job, count(*) FROM result WHERE outcome IN ('succeeded', 'lost') GROUP BY job HAVING count(*) > 1"
        ).fetchall()
        if twice:
            raise Violation(f"more than one final end: {twice}")

    def _check_starved(self, connection: Any) -> None:
        held, limit = reading.balance(connection).held, self.setting.limit or 0
        bounds = connection.execute("SELECT job_id, bound FROM job WHERE state = 'pending'").fetchall()
        fits = [(name, bound) for name, bound in bounds if bound is None or held + bound <= limit]
        if fits:
            raise Violation(f"left waiting though they fit in {limit - held}: {fits}")

    def _may_fail(self, connection: Any, name: str) -> bool:
        (body,) = connection.execute(
            "SELECT r.body FROM job j JOIN result r ON r.id = j.result WHERE j.job_id = ?", (name,)
        ).fetchone()
        result = orjson.loads(body)
        tries = [attempt["outcome"] for attempt in result["attempts"]]
        real = [outcome for outcome in tries if outcome not in ("invalid", "cancelled")]
        return (
            result["outcome"] == "missing"
            or len(real) >= self.setting.max_attempts
            or bool(result["outcome"] == "invalid" and tries.count("invalid") > self.setting.retry_invalid)
        )

    def _check_ledger(self, connection: Any) -> None:
        sums = dict(connection.execute("SELECT kind, sum(amount) FROM ledger GROUP BY kind").fetchall())
        balance = reading.balance(connection)
        if balance.reserved or sums.get("reserve", 0) != sums.get("release", 0):
            raise Violation(f"the ledger is not closed: {balance}, {sums}")
        spent = sums.get("spend", 0) + sums.get("assumed", 0)
        (costs,) = connection.execute("SELECT coalesce(sum(cost), 0) FROM attempt").fetchone()
        if not balance.spent == spent == costs:
            raise Violation(f"spent {balance.spent}, booked {spent}, attempts cost {costs}")

    def _check_bills(self, connection: Any) -> None:
        """Every bill is booked: to the nano-dollar where the answer came, within the bound where it did not."""
        for account in self.accounts.values():
            for remote in account.ours():
                for line in remote.lines:
                    billed, end = remote.bills.get(line.custom_id, 0), _end_of(connection, line.custom_id)
                    if end is None:
                        raise Violation(f"{line.custom_id} of {remote.id} was made, and has no end")
                    outcome, cost, bound = end
                    exact = outcome not in ("missing", "lost")
                    if (exact and cost != billed) or cost < billed or bound != line.bound:
                        raise Violation(f"{line.custom_id}: {outcome}, booked {cost} of {bound}, billed {billed}")
                    if outcome not in remote.truths(line.custom_id):
                        raise Violation(f"{line.custom_id} counts as {outcome}, and is {remote.truths(line.custom_id)}")

    def _check_files(self, connection: Any) -> None:
        ended = {name for name, state in self.job_states(connection) if state in ("succeeded", "failed", "lost")}
        files = {file.stem: orjson.loads(file.read_bytes()) for file in self.results_dir.glob("*.json")}
        if not ended <= set(files):
            raise Violation(f"no files of {ended - set(files)}")
        for name in ended:
            (body,) = connection.execute(
                "SELECT r.body FROM job j JOIN result r ON r.id = j.result WHERE j.job_id = ?", (name,)
            ).fetchone()
            if files[name]["outcome"] != orjson.loads(body)["outcome"]:
                raise Violation(f"the file of {name} says {files[name]['outcome']}, the state another thing")


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
                formed.body.close()
        if self.session is not None:
            for track in self.session._desk.tracks.values():
                track.release_body()
            self.session._held.reader.close()
            self.session._lock.release()
        for database in self.databases:
            database.close()


def _wish(what: Callable[[Wishes], None], wishes: Wishes, pool: SimPool) -> None:
    what(wishes)
    pool.wake()


PRICES = parse_prices({f"{kind}/m": (1, 1) for kind in KINDS})
_JOBS: dict[tuple[str, str], tuple[Job, bytes, bytes]] = {}


def _said(kind: str, name: str, models: dict[str, type[BaseModel]]) -> SaidJob:
    if (kind, name) not in _JOBS:
        given: Mapping[str, Any] = {
            **_words(f"{name} says what?", talk=name.startswith("talk")),
            "model": f"{kind}/m",
            "job_id": name,
            "max_tokens": MODEL_MAX_TOKENS,
            **({"response_model": Value} if name.startswith(TYPED) else {}),
        }
        job = Job.parse(given)
        _JOBS[kind, name] = job, digest(job), job.to_record()
    job, content, record = _JOBS[kind, name]
    if name.startswith("wrong"):  # an item that is no job
        return SaidJob(name, content, "", "", record, None, "no such argument")
    if job.response_model_digest is not None:
        models[job.response_model_digest] = Value
    return SaidJob(name, content, kind, "m", record, None)


def _words(text: str, *, talk: bool) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]} if talk else {"prompt": text}


def _has_end(connection: Any, custom_id: str) -> bool:
    end = _end_of(connection, custom_id)
    return end is not None and end[0] is not None


def _end_of(connection: Any, custom_id: str) -> tuple[str | None, int, int] | None:
    nonce, _, index = custom_id.rpartition("-")
    row = connection.execute(
        "SELECT a.outcome, coalesce(a.cost, 0), a.bound FROM attempt a JOIN provider_batch b ON b.id = a.batch"
        " WHERE b.nonce = ? AND a.idx = ?",
        (nonce, int(index)),
    ).fetchone()
    return None if row is None else tuple(row)


__all__ = ["Ending", "Plans", "Setting", "Violation", "Weather", "World"]
