"""`status`: how far a run is, while another process drives it too."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from batchata.cli import again, options, saying
from batchata.cli.codes import Exit
from batchata.cli.driving import command
from batchata.live import figures
from batchata.live.view import is_drawn
from batchata.store import watching
from batchata.store.database import connect_reader
from batchata.store.watching import Look
from batchata.usage import to_usd

if TYPE_CHECKING:
    from rich.console import RenderableType

COST_SHARE = 10  # a look that takes long is taken more rarely: at most this part of the time is spent looking


def status(
    state: options.State = options.STATE,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep looking until the run is over.")] = False,
    interval: Annotated[float, typer.Option("--interval", min=0.1, help="Seconds between two looks of --watch.")] = 1.0,
    json_out: options.Json = False,
) -> int:
    """Show how far a run is; works while another process drives it."""
    again.existing(state)
    if watch:
        return _watch(state, interval, json_out=json_out)
    look = _look(state)
    if json_out:
        saying.put_json(plain(look))
    else:
        _show(look)
    return Exit.OK


def _look(state: Path) -> Look:
    with closing(connect_reader(state)) as connection:
        return watching.look(connection, state, time.time(), process=watching.driver_of(state))


def _watch(state: Path, interval: float, *, json_out: bool) -> int:
    if json_out or not is_drawn(sys.stdout):
        return _watch_in_lines(state, interval, json_out=json_out)
    from rich.live import Live

    with Live(console=saying.console(), auto_refresh=False, vertical_overflow="crop") as live:
        for look in _looks(state, interval):
            live.update(_drawn(look, bar=True), refresh=True)
    return Exit.OK


def _watch_in_lines(state: Path, interval: float, *, json_out: bool) -> int:
    """A line, or a JSON object, whenever something has changed."""
    last = ""
    for look in _looks(state, interval):
        words = figures.line(look)
        if words != last:
            saying.put(orjson.dumps(plain(look)).decode().translate(saying.C1) if json_out else words)
            sys.stdout.flush()
        last = words
    return Exit.OK


def _looks(state: Path, interval: float) -> Iterator[Look]:
    while True:
        began = time.monotonic()
        look = _look(state)
        yield look
        if look.process is None:
            return
        time.sleep(max(interval, COST_SHARE * (time.monotonic() - began)))


def _show(look: Look) -> None:
    if sys.stdout.isatty():
        saying.show(_drawn(look, bar=False))
    else:
        saying.put(figures.text(_rows(look)))


def _drawn(look: Look, *, bar: bool) -> "RenderableType":
    from batchata.live.screen import drawn

    return drawn("", look.jobs, _rows(look), bar=bar)


def _rows(look: Look) -> list[figures.Row]:
    state = figures.Row("state", figures.safe(str(look.state_file)))
    return [state, _run_row(look), *figures.rows(look), *_next(look)]


def _run_row(look: Look) -> figures.Row:
    run = look.run
    if run is None:
        return figures.Row("run", "none yet", "dim")
    since = figures.duration(look.at - run.started_at)
    if look.process is not None:
        return figures.Row("run", f"{run.id}, going on for {since}: {figures.safe(look.process)}", "good")
    if run.ended_at is None:
        return figures.Row("run", f"{run.id}, begun {since} ago; its process is gone", "warn")
    why = {"cost_limit": ", stopped by the cost limit", "time_limit": ", its time was up", "cancelled": ", cancelled"}
    stopped = why.get(run.stop_reason or "", ", left" if run.stop_reason else "")
    return figures.Row("run", f"{run.id}, ended {figures.duration(look.at - run.ended_at)} ago{stopped}")


def _next(look: Look) -> Iterator[figures.Row]:
    """What the user can do now."""
    if look.process is not None:
        return
    if look.jobs.pending or look.open_batches:
        yield figures.Row("go on", command("resume", look.state_file))
    if figures.uncertain(look):
        on = command("decide", look.state_file, "NUMBER", "--made | --never-made")
        yield figures.Row("", f"{on}    if it can't be found any more", "dim")
    elif look.jobs.failed and not look.jobs.pending:
        lost = ("--lost",) if look.failures.get("lost") == look.jobs.failed else ()
        yield figures.Row("try again", command("retry", look.state_file, *lost))


def plain(look: Look) -> dict[str, Any]:
    """A look as JSON values."""
    jobs, run = look.jobs, look.run
    return {
        "state": str(look.state_file),
        "driven_by": look.process,
        "run": None
        if run is None
        else {"id": run.id, "started_at": run.started_at, "ended_at": run.ended_at, "stop_reason": run.stop_reason},
        "total": jobs.total,
        "pending": jobs.pending,
        "active": jobs.active,
        "completed": jobs.succeeded,
        "failed": jobs.failed,
        "failures": dict(look.failures),
        "cost_usd": to_usd(look.balance.spent),
        "assumed_usd": to_usd(look.assumed),
        "reserved_usd": to_usd(look.balance.reserved),
        "cost_limit_usd": None if look.limit is None else to_usd(look.limit),
        "jobs_per_second": look.rate,
        "turnaround_seconds": figures.turnaround(look),
        "rounds_left": figures.rounds_left(look),
        "seconds_left": figures.time_left(look) if look.open_batches else None,
        "batches": dict(look.batches),
        "uncertain": len(figures.uncertain(look)),
        "open_batches": [
            {
                "number": batch.id,
                "provider": batch.provider,
                "model": batch.model or None,
                "provider_id": batch.provider_id,
                "state": batch.state.value,
                "jobs": batch.count,
                "age_seconds": figures.age(batch, look.at),
                "reserved_usd": to_usd(batch.reserved),
                "collect_before": batch.collect_by,
                "note": batch.note,
            }
            for batch in look.open_batches
        ],
    }
