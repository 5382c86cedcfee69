"""`BatchRun`: a run while it goes and after it is over; and how one is put together from a `Batch`."""

import atexit
import contextlib
import logging
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from batchata.arguments import shown
from batchata.errors import BatchataError, ValidationError
from batchata.providers.catalog import await_loading
from batchata.result import JobResult
from batchata.usage import dollars, money, to_usd

if TYPE_CHECKING:  # the engine is loaded by the first run, not by `import batchata`
    from batchata.batch import Batch
    from batchata.engine.progress import Snapshot
    from batchata.engine.session import Session
    from batchata.estimate import Estimate
    from batchata.situation import StopReason
    from batchata.tables import Spool
    from batchata.tables.writing import Format

log = logging.getLogger("batchata")

Callback = Callable[[dict[str, Any]], object]

BETWEEN_LOOKS = 0.05  # seconds from one look at new results to the next
LEAVE_WITHIN = 15.0  # seconds that leaving waits for a create under way, so that its answer is not lost


@runtime_checkable
class Watcher(Protocol):
    """A progress callback that reads more than the dict, such as `live_view()`: it is told what to read before its first
    call.
    """

    def attach(self, state_file: Path, run: int) -> None: ...


def start(batch: "Batch") -> "BatchRun":
    """Open the state and begin. Raises `StateError` or `ValidationError` before anything is sent."""
    return BatchRun(batch)


def estimate(batch: "Batch") -> "Estimate":
    await_loading()
    from batchata.engine.estimating import estimate as count

    return count(batch, time.time())


def decide(state_file: str | Path, provider_batch: int, *, made: bool) -> None:
    """Say what became of a provider batch that is *uncertain*, or that its provider shows no more; its number is in the log.

    `made=True`: it counts as made. Its bound is booked as spent (`assumed`), and its jobs end as `lost`. `made=False`: it was
    certainly never made (the provider's console shows none). Its jobs wait again; if that is wrong they are paid for twice.
    Raises `ValidationError` where it is not uncertain, `StateLockedError` while a run drives the file.
    """
    from batchata.engine import deciding

    deciding.decide(state_file, provider_batch, made=made)


class BatchRun:
    """A run of a `Batch`. The work goes on in the background; every member may be called from any thread.

    Counts, `results()` and `stream()` are of the jobs this script added, finished now or earlier; money is of the whole state
    file.
    """

    def __init__(self, batch: "Batch") -> None:
        await_loading()
        from batchata.engine.pool import SystemClock, ThreadPool
        from batchata.engine.progress import Progress
        from batchata.engine.session import open_session
        from batchata.engine.tracks import Wishes
        from batchata.kept import keep
        from batchata.results import Results

        self._batch = batch
        self._wishes = Wishes()
        self._progress = Progress()
        self._pool = ThreadPool()
        self._started = time.monotonic()
        self._failure: Exception | None = None
        self._callbacks: list[threading.Thread] = []
        clock = SystemClock()
        self._session: Session = open_session(batch, self._progress, self._wishes, clock, self._pool)
        self._number = int(self._session.name.rpartition("-")[2])
        keep(batch, self._number)
        self._results = Results(batch.state_file, self._session.members, batch.models)
        self._thread = threading.Thread(target=self._drive, name="batchata", daemon=True)
        self._thread.start()
        atexit.register(_leave_at_exit, weakref.ref(self))

    # -- how far it is

    def status(self, print_status: bool = False) -> dict[str, Any]:
        """The progress dict; `print_status` also prints it as one line."""
        now = self._progress.snapshot
        limit = self._batch.cost_limit
        per_batch = self._batch.items_per_batch
        waiting = math.ceil(now.pending / per_batch) if per_batch else min(now.pending, 1)
        status = {
            "batch_id": self._session.name,
            "total": now.total,
            "pending": now.pending,
            "active": now.active,
            "completed": now.completed,
            "failed": now.failed,
            "cost_usd": to_usd(now.balance.spent),
            "cost_limit_usd": None if limit is None else to_usd(limit),
            "is_complete": now.over,
            "batches_total": now.rested_batches + now.open_batches + waiting,
            "batches_completed": now.rested_batches,
            "batches_pending": waiting,
            "items_per_batch": per_batch,
            "stop_reason": now.stop or self._wishes.stop,
            "reserved_usd": to_usd(now.balance.reserved),
            "uncertain": now.uncertain,
            "uncertain_usd": to_usd(now.uncertain_held),
            "collect_before": now.collect_before,
            "elapsed_seconds": (now.ended_at or time.monotonic()) - self._started,
        }
        if print_status:
            print(line_of(status))  # noqa: T201 - asked for
        return status

    # -- what came back

    def results(self) -> dict[str, JobResult]:
        """Every finished job so far, failed ones included, by its id; in the order in which they were added."""
        return {result.job_id: result for result in self._results.in_order()}

    def stream(self) -> Iterator[JobResult]:
        """Each `JobResult` once, earlier ones first, then as they land; constant memory. Ends with the run."""
        with self._leaving_on_interrupt():
            self._until(lambda now: now.intake_done or now.over)
            yield from self._results.follow(self._more())
        self._raise_failure()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the run is over: True; False if `timeout` seconds came first.

        Raises what ended the run for good (a `ProviderError` for a key that is refused, a full disk): the jobs it leaves stay
        pending, and a later run goes on.
        """
        if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout < 0):
            raise ValidationError(f"timeout={shown(timeout)} is not allowed; give seconds, 0 or more, or None")
        with self._leaving_on_interrupt():
            if not self._until(lambda now: now.over, timeout):
                return False
        for thread in self._callbacks:
            if thread is not threading.current_thread():
                thread.join(10)  # the last call of a callback comes before wait() returns
        self._raise_failure()
        return True

    def on_progress(self, callback: Callback, interval: float = 3.0) -> "BatchRun":
        """Call `callback(progress_dict)` at most every `interval` seconds while the run goes, and once at its end.

        What it raises is logged and never hurts the run.
        """
        if not callable(callback):
            raise ValidationError(f"callback={shown(callback)} can't be called; give a function of one argument")
        if isinstance(interval, bool) or not isinstance(interval, int | float) or not interval > 0:
            raise ValidationError(f"interval={shown(interval)} is not allowed; give seconds, more than 0")
        watcher: object = callback
        if isinstance(watcher, Watcher):
            watcher.attach(self._batch.state_file, self._number)
        thread = threading.Thread(target=self._report, args=(callback, interval), name="batchata-progress", daemon=True)
        self._callbacks.append(thread)
        thread.start()
        return self

    def to_arrow(self) -> Any:
        """The finished jobs so far as a `pyarrow.Table`, in the order they were first added: the metadata's columns beside
        the answers', typed as the `response_model` has them (`docs/tables.md`). Needs the extra `tables`, as the next two do.
        """
        from batchata.tables.arrow import arrow_table

        with self._spool() as spool:
            return arrow_table(spool)

    def to_pandas(self) -> Any:
        """The same as a pandas `DataFrame`."""
        from batchata.tables.arrow import to_pandas

        with self._spool() as spool:
            return to_pandas(spool)

    def to_polars(self) -> Any:
        """The same as a Polars `DataFrame`."""
        from batchata.tables.arrow import to_polars

        with self._spool() as spool:
            return to_polars(spool)

    def write_table(
        self,
        path: str | os.PathLike[str],
        format: "Format | None" = None,  # noqa: A002 - the field's word for it
        *,
        spreadsheet: bool = False,
    ) -> Path:
        """The same as a file, in constant memory: Parquet (needs the extra `tables`), CSV or JSONL, as its name or `format`
        ("parquet", "csv", "jsonl") says. What stood there is replaced. `spreadsheet`: CSV that a spreadsheet program shows
        right and runs no formula from.
        """
        from batchata.tables import write

        models, columns = self._batch.models.values(), self._batch.columns
        return write(self._results.in_order(), path, format, models, inputs=columns, spreadsheet=spreadsheet)

    # -- stopping

    def shutdown(self, wait_for_active: bool = True) -> None:
        """Take no new job; wait for open batches, or leave them at the provider for the next run to collect."""
        if not isinstance(wait_for_active, bool):
            raise ValidationError(f"wait_for_active={shown(wait_for_active)} is not allowed; give True or False")
        self._stop("shutdown", leave_open=not wait_for_active)
        if wait_for_active:
            self._until(lambda now: now.over)
        else:
            self._thread.join(LEAVE_WITHIN)

    def cancel(self) -> None:
        """Cancel open batches at the provider, collect what was done (it is billed), keep the rest pending."""
        self._stop("cancelled", cancel=True)
        self._until(lambda now: now.over)

    def _stop(self, reason: "StopReason", *, leave_open: bool = False, cancel: bool = False) -> None:
        self._wishes.stop = self._wishes.stop or reason
        self._wishes.leave_open |= leave_open
        self._wishes.cancel |= cancel
        self._pool.wake()

    @contextlib.contextmanager
    def _leaving_on_interrupt(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            log.warning(
                "Leaving: a create under way is waited for, %d seconds at most. Ctrl-C again ends at once.",
                LEAVE_WITHIN,
            )
            self.shutdown(wait_for_active=False)
            log.warning("Interrupted. %s", self._how_to_go_on())
            raise

    def _how_to_go_on(self) -> str:
        now = self._progress.snapshot
        return (
            f"{now.completed + now.failed} of {now.total} jobs are finished, {now.active} are at the providers and "
            f"{now.pending} wait; run the same script again to go on with {self._batch.state_file}."
        )

    # -- within

    def _spool(self) -> "Spool":
        from batchata.tables import Spool

        return Spool(self._results.in_order(), self._batch.models.values(), self._batch.columns)

    def _drive(self) -> None:
        stop: StopReason | None = None
        try:
            stop = self._session.run()
        except Exception as error:  # noqa: BLE001 - the engine's one outer boundary: nothing may end a run unseen
            self._failure = error
            log.error("The run ended early: %s", error)  # noqa: TRY400 - raised again from wait()
        finally:
            self._failure = self._failure or self._session.failure
            self._pool.close()
            self._session.close(self._progress.snapshot, stop or self._wishes.stop, time.time())
            self._progress.finish(stop or self._wishes.stop, time.monotonic())

    def _until(self, met: "Callable[[Snapshot], bool]", timeout: float | None = None) -> bool:
        """Wait until the progress meets a condition; in short steps, so that Ctrl-C is heard on every system."""
        end = None if timeout is None else time.monotonic() + timeout
        with self._progress.changed:
            while not met(self._progress.snapshot):
                left = 1.0 if end is None else min(1.0, end - time.monotonic())
                if left <= 0:
                    return False
                self._progress.changed.wait(left)
        return True

    def _raise_failure(self) -> None:
        if self._failure is None:
            return
        if isinstance(self._failure, BatchataError):
            raise self._failure
        raise BatchataError(f"the run ended early: {self._failure}. {self._how_to_go_on()}") from self._failure

    def _more(self) -> Callable[[], bool]:
        """For each look at the results: wait until there are others, a moment for those right behind them; True: the run goes on."""
        seen, looked = -1, 0.0

        def more() -> bool:
            nonlocal seen, looked
            self._until(lambda now: now.over or now.finished > seen)
            self._progress.over.wait(max(0.0, looked + BETWEEN_LOOKS - time.monotonic()))
            now, looked = self._progress.snapshot, time.monotonic()
            seen = now.finished
            return not now.over

        return more

    def _report(self, callback: Callback, interval: float) -> None:
        self._until(lambda now: now.over or now.total > 0, interval)  # the first figures as soon as there are some
        while True:
            over = self._progress.snapshot.over
            try:
                callback(self.status())
            except Exception:
                log.exception("A progress callback failed; the run goes on")
            if over:
                return
            self._until(lambda now: now.over, interval)


def line_of(status: Mapping[str, Any]) -> str:
    """A progress dict as one line for people."""
    limit = "" if status["cost_limit_usd"] is None else f" of {dollars(money(status['cost_limit_usd']))}"
    held = f", {dollars(money(status['reserved_usd']))} reserved" if status["reserved_usd"] else ""
    uncertain = f", {status['uncertain']} batches uncertain" if status["uncertain"] else ""
    return (
        f"{status['completed'] + status['failed']}/{status['total']} finished ({status['failed']} failed), "
        f"{status['active']} active, {status['pending']} pending, {dollars(money(status['cost_usd']))}{limit} spent{held}{uncertain}, "
        f"{status['elapsed_seconds']:.0f} s" + (f", stopped: {status['stop_reason']}" if status["stop_reason"] else "")
    )


def _leave_at_exit(reference: "weakref.ref[BatchRun]") -> None:
    run = reference()
    if run is None or run._wishes.leave_open:  # noqa: SLF001 - left already: a second Ctrl-C must not wait once more
        return
    if not run.status()["is_complete"]:
        run.shutdown(wait_for_active=False)
        log.warning("The script ended while a run was open. %s", run._how_to_go_on())  # noqa: SLF001
