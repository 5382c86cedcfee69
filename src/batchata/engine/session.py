"""One run put together: lock, state, providers, effects and loop; opened, driven, closed."""

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from batchata import kept
from batchata.documents.reader import Reader
from batchata.engine.citer import Citer
from batchata.engine.collecting import Settler, Show
from batchata.engine.leaving import left_open
from batchata.engine.loop import Engine
from batchata.engine.pool import Clock, Emit, Pool
from batchata.engine.preparing import Preparer
from batchata.engine.progress import Progress, Snapshot
from batchata.engine.settling import Pricer, Rules
from batchata.engine.shared_files import SharedFiles
from batchata.engine.showing import Files
from batchata.engine.sources import FileSources
from batchata.engine.tracks import Desk, Settings, Wishes
from batchata.engine.upload_notes import NotingLanes, UploadNotes, upload_tag
from batchata.engine.uploading import Uploading
from batchata.errors import StateError, ValidationError
from batchata.estimate import enough
from batchata.pricing import Price, price_of
from batchata.providers.catalog import Catalog, resolve
from batchata.said import Said, SaidJobs
from batchata.situation import StopReason
from batchata.store import reading
from batchata.store.database import Database
from batchata.store.fresh import open_database
from batchata.store.intake import Intake, Members
from batchata.store.lock import StateLock, process_name
from batchata.store.moves import Store
from batchata.store.readers import Readers
from batchata.usage import dollars
from batchata.version import __version__

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pydantic import BaseModel

log = logging.getLogger("batchata")

GROUP = 2_000  # jobs added to the state in one transaction
SHOWN_AT_ONCE = 250  # results in memory on their way to their files
GROUP_BYTES = 4_000_000  # of what they ask, which may be long


class Ask(Protocol):
    """What a `Batch` says, as far as a session needs it."""

    state_file: Path
    results_dir: Path | None
    max_concurrent: int
    items_per_batch: int | None
    reuse_state: bool
    save_raw_responses: bool
    prices: dict[str, Price]
    providers: dict[str, object]
    executor: "Executor | None"
    max_attempts: int
    retry_invalid: int
    settle_seconds: float
    cost_limit: int | None
    time_limit: float | None
    models: "dict[str, type[BaseModel]]"
    said: Said
    asked: set[str]


class OpenDatabase(Protocol):
    def __call__(self, path: Path, *, reuse: bool) -> Database: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What a session is made of beyond its clock and pool, for whoever wants to own that too."""

    catalog: Callable[[Mapping[str, Any], Path, str], Catalog] = Catalog
    database: OpenDatabase = open_database


class Session:
    """An open state with everything that drives it. `run` blocks until the run is over; then `close`."""

    def __init__(
        self, lock: StateLock, store: Store, engine: Engine, desk: Desk, said: Said, held: "Held", clock: Clock
    ) -> None:
        self._lock = lock
        self._store = store
        self._engine = engine
        self._desk = desk
        self._said = said
        self._held = held
        self._clock = clock
        self.name = f"run-{desk.settings.run}"
        self.members = desk.intake.members

    @property
    def failure(self) -> Exception | None:
        return self._desk.failure

    def run(self) -> StopReason | None:
        self._held.repair(self._desk.catalog)
        stop = self._engine.run(self._source)
        if stop == "cost_limit":
            self._say_what_is_needed()
        for words in left_open(self._desk, self._clock.now()):
            log.warning(words)
        return stop

    def _say_what_is_needed(self) -> None:
        balance = reading.balance(self._store.connection)
        cheapest = reading.cheapest_pending(self._store.connection, self._desk.settings.run) or 0
        log.warning(
            "The cost limit of %s is reached: %s are spent, %s held, and the cheapest job that waits may cost %s. "
            "A limit of %s or more goes on.",
            dollars(self._desk.settings.limit or 0), dollars(balance.spent), dollars(balance.reserved), enough(cheapest),
            enough(balance.held + cheapest),
        )  # fmt: skip

    def close(self, snapshot: Snapshot, stop: StopReason | None, ended: float) -> None:
        """Let go of everything. What is settled and shown is noted, so that the next start need not check it."""
        with contextlib.suppress(sqlite3.Error):  # a full disk must not keep the lock
            with self._store.transaction():
                self._desk.intake.close()
                self._store.end_run(self._desk.settings.run, ended, stop)
            if self._engine.all_shown and self.failure is None:
                self._held.note_shown(self._store)
        for track in self._desk.tracks.values():
            track.release_body()
        self._held.citer.close()
        self._held.reader.close()
        with contextlib.suppress(sqlite3.Error):
            self._held.uploads.clean()
        self._desk.catalog.close()
        self._desk.readers.close()
        self._store.close()
        self._lock.release()
        log.info(
            "Run over: %d of %d jobs finished, %d pending%s.",
            snapshot.completed + snapshot.failed, snapshot.total, snapshot.pending, f" ({stop})" if stop else "",
        )  # fmt: skip

    def _source(self, emit: Emit) -> None:
        group = SaidJobs()
        try:
            for said in self._said:
                group.add(said)
                if len(group) >= GROUP or group.size >= GROUP_BYTES:
                    emit(group)
                    group = SaidJobs()
        finally:  # an iterable of the user's that breaks loses none of what it gave
            if len(group):
                emit(group)


class Held:
    """The document reader, the result files and the uploads of a session."""

    def __init__(self, ask: Ask, readers: Readers, uploads: UploadNotes) -> None:
        self.reader = Reader(ask.executor)
        self.citer = Citer(FileSources(self.reader))
        self.uploads = uploads
        self._readers = readers
        self._files = None if ask.results_dir is None else Files(ask.results_dir, raw=ask.save_raw_responses)

    @property
    def shows_raw(self) -> bool:
        return self._files is not None and self._files.raw

    @property
    def show(self) -> Callable[[Show], None] | None:
        """How results are shown; None where nobody asked for files."""
        return None if self._files is None else partial(self._write, self._files)

    def _write(self, files: Files, done: Show) -> None:
        files.show((), done.raw)
        with self._readers.connection() as connection:
            for start in range(0, len(done.jobs), SHOWN_AT_ONCE):
                files.show(reading.results_of(connection, done.jobs[start : start + SHOWN_AT_ONCE]))

    def repair(self, catalog: Catalog) -> None:
        """Write files that a crash may have kept from being written; all of them where the folder is another one."""
        if self._files is None:
            return
        with self._readers.connection() as connection:
            same = reading.meta(connection, "results_dir") == str(self._files.folder)
            shown = int(reading.meta(connection, "shown") or 0) if same else 0
            raw_shown = int(reading.meta(connection, "raw_shown") or 0) if same else 0
            self._files.repair(connection, shown, raw_shown, catalog.__getitem__)

    def begin(self, store: Store) -> None:
        """Name the folder, before anything is written there."""
        if self._files is None or reading.meta(store.connection, "results_dir") == str(self._files.folder):
            return
        with store.transaction():
            store.set_meta("results_dir", str(self._files.folder))
            store.set_meta("shown", "0")
            store.set_meta("raw_shown", "0")

    def note_shown(self, store: Store) -> None:
        if self._files is not None:
            with store.transaction():
                store.set_meta("shown", str(reading.last_result(store.connection)))
                store.set_meta("raw_shown", str(reading.last_segment(store.connection)))


def open_session(
    ask: Ask, progress: Progress, wishes: Wishes, clock: Clock, pool: Pool, parts: Parts | None = None
) -> Session:
    """Take the lock, open the state, put a run together. Raises `StateError` or `ValidationError`; nothing is sent."""
    parts = parts or Parts()
    pricer = pricer_of(ask)
    _check_prices(ask, pricer, clock.now().wall)
    _make_folder(ask.state_file)
    lock = StateLock(ask.state_file)
    try:
        store = Store(parts.database(ask.state_file, reuse=ask.reuse_state))
        return _assemble(ask, lock, store, pricer, progress, wishes, clock, pool, parts)
    except BaseException:
        lock.release()
        raise


def _assemble(
    ask: Ask,
    lock: StateLock,
    store: Store,
    pricer: Pricer,
    progress: Progress,
    wishes: Wishes,
    clock: Clock,
    pool: Pool,
    parts: Parts,
) -> Session:
    readers, now = Readers(ask.state_file), clock.now()
    salt = reading.meta(store.connection, "salt") or ""
    catalog = parts.catalog(ask.providers, spool_of(ask.state_file), salt)
    run = store.start_run(now.wall, process_name(), __version__)
    settings = Settings(
        run=run,
        limit=ask.cost_limit,
        max_concurrent=ask.max_concurrent,
        items_per_batch=ask.items_per_batch,
        settle_seconds=ask.settle_seconds,
        deadline=None if ask.time_limit is None else now.ticks + ask.time_limit,
    )
    uploading = Uploading(upload_tag(salt), lambda: clock.now().wall)
    held = Held(ask, readers, UploadNotes(store, catalog, uploading))
    held.begin(store)
    desk = Desk(
        store=store,
        readers=readers,
        catalog=catalog,
        settings=settings,
        lanes=NotingLanes(held.uploads, store, catalog, run, ask.items_per_batch),
        intake=Intake(store, run, Members()),
        progress=progress,
        note_taken=lambda: kept.taken(store, ask, run),
    )
    preparer = Preparer(
        readers, catalog, held.reader, ask.models, pricer, limited=ask.cost_limit is not None, named=ask.providers,
        folder=ask.state_file.parent, shared=SharedFiles(uploading),
    )  # fmt: skip
    rules = Rules(ask.max_attempts, ask.retry_invalid, pricer, ask.models, held.citer.cite)
    settler = Settler(store.connection, rules, raw=held.shows_raw)
    engine = Engine(desk, preparer, settler, held.show, clock, pool, wishes)
    return Session(lock, store, engine, desk, ask.said, held, clock)


def spool_of(state_file: Path) -> Path:
    """Where an embedded model keeps its batches: beside the state."""
    return state_file.with_name(state_file.name + ".local")


def pricer_of(ask: Ask) -> Pricer:
    """A model's dearest price between two times, looked up once for each."""
    found: dict[tuple[str, float, float], Price | None] = {}

    def price(model: str, since: float, until: float) -> Price | None:
        key = (model, since, until)
        if key not in found:
            if len(found) > 1_000:
                found.clear()
            provider, name = resolve(model, ask.providers)
            start, end = datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC)
            found[key] = price_of(provider, name, start, ask.prices, until=end)
        return found[key]

    return price


def _check_prices(ask: Ask, price: Pricer, now: float) -> None:
    if ask.cost_limit is None:
        return
    unknown = sorted(model for model in ask.asked if price(model, now, now) is None)
    if unknown:
        raise ValidationError(
            f"a cost limit is set and no price is known for {', '.join(map(repr, unknown))}: give it with "
            f"Batch(prices={{{unknown[0]!r}: (usd per million input tokens, output tokens)}})"
        )


def _make_folder(state_file: Path) -> None:
    try:
        state_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"state_file={str(state_file)!r}: its folder can't be made ({error.strerror}); give a path you can write to"
        ) from error
