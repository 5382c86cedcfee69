"""Driving a batch to its end: the view while it goes, signals, and what is said when it is over."""

import shlex
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchata.batch import Batch
from batchata.cli import out_table, saying
from batchata.cli.answers import show_answers
from batchata.cli.codes import Exit
from batchata.cli.guard import interrupts
from batchata.cli.out_table import OutTable
from batchata.errors import BatchataError
from batchata.live.figures import counted
from batchata.live.view import LiveView
from batchata.run import BatchRun
from batchata.usage import dollars, money

EVERY = 0.5  # seconds between two looks of the view
HEARD_WITHIN = 0.2
SHOWN = 20  # answers of a small run, shown when it is over

TABLES = (".csv", ".jsonl", ".parquet")


def code_of(status: Mapping[str, Any]) -> Exit:
    """What an ended run's status means."""
    if interrupts.heard is not None:
        return interrupts.code
    waiting = status["pending"] + status["active"]
    if waiting and status["stop_reason"] == "cost_limit":
        return Exit.LIMIT
    if waiting:
        return Exit.STOPPED
    return Exit.FAILED_JOBS if status["failed"] else Exit.OK


@dataclass(frozen=True, slots=True)
class Manner:
    """How a command speaks, the table it writes, and what a run's end means to it. `ending`: whether it says what came of the
    jobs.
    """

    json_out: bool = False
    quiet: bool = False
    table: OutTable | None = None
    ending: bool = True
    code: Callable[[Mapping[str, Any]], Exit] = code_of


def place(out: Path | None) -> tuple[Path | None, Path | None]:
    """(folder, table) that `--out` means."""
    if out is not None and out.suffix.lower() in TABLES and not out.is_dir():
        return None, out
    return out, None


def drive(batch: Batch, manner: Manner, act: Callable[[BatchRun], None] | None = None) -> int:
    """Run it; the exit code. `act` is done to the run in a thread of its own as soon as it goes."""
    failure: BatchataError | None = None
    with interrupts.deferred():
        run = batch.run()
        jobs_of = batch.said.part_of or int(run.status()["batch_id"].rpartition("-")[2])
        out_table.note(batch.state_file, jobs_of, manner.table)
        view = None if manner.quiet else LiveView(console=saying.console(error=True))
        if view is not None:
            run.on_progress(view, interval=EVERY)
        if act is not None:
            threading.Thread(target=act, args=(run,), name="batchata-act", daemon=True).start()
        try:
            _wait(run)
        except BatchataError as error:
            failure = error
        finally:
            if view is not None:
                view.close()
        over = failure is None and interrupts.heard is None
    table = _write(batch, jobs_of, manner.table) if over and manner.table is not None else None
    return _ending(batch, run, manner, failure, table)


def _write(batch: Batch, run: int, table: OutTable) -> Path | None:
    """Write it; None where something else stands in its place."""
    if table.is_as_left:
        out_table.write(batch, run, table)
        return table.path
    other = table.path.with_stem(f"{table.path.stem}-new")
    into = command("results", batch.state_file, "-o", shlex.quote(shown(other)))
    saying.note(
        f"{shown(table.path)} has been changed since it was written, and is left alone. The answers of now: {into}",
        "yellow",
    )
    return None


def _wait(run: BatchRun) -> None:
    while not run.wait(HEARD_WITHIN):
        if interrupts.heard is not None:
            saying.note("Leaving: what is open stays at the providers. Once more to leave at once.", "yellow")
            leaving = threading.Thread(target=run.shutdown, args=(False,), name="batchata-leave", daemon=True)
            leaving.start()
            while leaving.is_alive():
                leaving.join(HEARD_WITHIN)  # in short steps: a signal that comes right before a wait is heard after it
            return


def _ending(batch: Batch, run: BatchRun, manner: Manner, failure: BatchataError | None, table: Path | None) -> int:
    status = run.status()
    code = manner.code(status)
    if failure is not None:  # told, with its own exit code, by the guard
        _say_waiting(batch, status, manner)
        raise failure
    if manner.json_out:
        places = {"state": str(batch.state_file), "results_dir": _text(batch.results_dir), "table": _text(table)}
        saying.put_json({**status, **places, "exit_code": int(code)})
    elif manner.ending:
        _say_all(batch, run, manner, table)
    return code


def _say_all(batch: Batch, run: BatchRun, manner: Manner, table: Path | None) -> None:
    """What came of the jobs; when quiet, only what did not end well."""
    status = run.status()
    if not manner.quiet:
        if 0 < status["completed"] + status["failed"] <= SHOWN and table is None:
            show_answers(run.results().values())
        _say(batch, status, table)
    if status["failed"]:
        how_many = f"{status['failed']:,} of {counted(status['total'], 'job')} failed. " if manner.quiet else ""
        look, again = command("results", batch.state_file, "--failed"), command("retry", batch.state_file)
        saying.note(f"{how_many}Look at the failed ones: {look}    Try them again: {again}")
    _say_waiting(batch, status, manner)


def _say(batch: Batch, status: Mapping[str, Any], table: Path | None) -> None:
    limit = "" if batch.cost_limit is None else f" of at most {dollars(batch.cost_limit)}"
    saying.note(
        f"{status['completed']:,} of {counted(status['total'], 'job')} succeeded, {status['failed']:,} failed. "
        f"{dollars(money(status['cost_usd']))}{limit} spent under {shown(batch.state_file)}."
    )
    if table is not None:
        saying.note(f"Written: {shown(table)}")
    elif batch.results_dir is not None and status["completed"] + status["failed"]:
        saying.note(f"Written: {shown(batch.results_dir)}/")


WHY = {
    "cost_limit": "The limit is reached: ",
    "time_limit": "The time is up: ",
    "cancelled": "Cancelled: ",
}


def _say_waiting(batch: Batch, status: Mapping[str, Any], manner: Manner) -> None:
    waiting = status["pending"] + status["active"]
    if not waiting or not manner.ending:
        return
    why = WHY.get(status["stop_reason"] or "", "")
    where = f"{status['active']:,} at the providers, {status['pending']:,} not sent"
    more = ("--limit USD",) if status["stop_reason"] == "cost_limit" else ()
    on = command("resume", batch.state_file, *more)
    saying.note(f"{why}{counted(waiting, 'job')} to come ({where}). Go on with: {on}", "yellow")


def command(name: str, state: Path, *more: str) -> str:
    """A command as it is typed."""
    return " ".join(["batchata", name, shlex.quote(shown(state)), *more])


def shown(path: Path) -> str:
    """As short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
