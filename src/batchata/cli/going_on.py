"""`resume`, `retry`, `cancel` and `decide`: going on with a state without the script that made it."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from batchata.cli import again, dotenv, options, out_table, saying
from batchata.cli.codes import Exit
from batchata.cli.driving import Manner, command, drive, place
from batchata.cli.guard import interrupts, listen
from batchata.engine.deciding import undecided
from batchata.errors import StateLockedError, ValidationError
from batchata.live.figures import counted
from batchata.provider_batch import State
from batchata.store import reading
from batchata.store.administration import give_up_lost
from batchata.store.database import connect_reader
from batchata.store.watching import driver_of

Jobs = Annotated[list[str] | None, typer.Option("--job", help="Only this job; more than one allowed.", metavar="ID")]
Lost = Annotated[
    bool,
    typer.Option("--lost", help="Also jobs whose answers the provider deleted: they were paid, and are paid again."),
]


def resume(
    state: options.State = options.STATE,
    limit: options.Limit = None,
    no_limit: options.NoLimit = False,
    schema: options.Schema = None,
    out: options.Out = None,
    price: options.PriceOption = None,
    time_limit: options.TimeLimit = None,
    json_out: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> int:
    """Go on with the last run: collect, send what waits, try again.

    Its jobs are taken as they were added, with its limit and settings; failed ones are tried again. The contents of files are
    not kept: a file that has changed since fails its job.
    """
    listen(verbose=verbose, quiet=quiet)
    dotenv.load()
    results, table = place(out)
    batch = again.batch_of(state, limit=limit, no_limit=no_limit, results_dir=results, prices=options.prices(price))
    if time_limit:
        batch.add_time_limit(seconds=options.seconds(time_limit))
    again.add_jobs(batch, schema=schema)
    return drive(batch, Manner(json_out, quiet, out_table.kept(state, table)))


def retry(
    state: options.State = options.STATE,
    job: Jobs = None,
    lost: Lost = False,
    limit: options.Limit = None,
    no_limit: options.NoLimit = False,
    schema: options.Schema = None,
    price: options.PriceOption = None,
    yes: options.Yes = False,
    json_out: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> int:
    """Try only the failed jobs of the last run again, now."""
    listen(verbose=verbose, quiet=quiet)
    dotenv.load()
    batch = again.batch_of(state, limit=limit, no_limit=no_limit, prices=options.prices(price))
    if lost:
        _give_up_lost(state, batch.said.part_of or 0, yes=yes)
    number = again.add_jobs(batch, schema=schema, states=("failed",), ids=job or ())
    if not number and not json_out:
        saying.note("No job of the last run has failed: there is nothing to retry.")
        return Exit.OK
    return drive(batch, Manner(json_out, quiet, out_table.kept(state)))


def _give_up_lost(state: Path, run: int, *, yes: bool) -> None:
    words = "Jobs whose answers were deleted were paid for once, and are paid for again. Send them?"
    if not yes and not saying.confirmed(words):
        raise ValidationError("--lost was not confirmed: answer yes, or give --yes; nothing was sent")
    give_up_lost(state, run)


def cancel(
    state: options.State = options.STATE,
    json_out: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> int:
    """Cancel open batches, and collect what was answered.

    What was answered is billed. What was not waits for `resume`.
    """
    listen(verbose=verbose, quiet=quiet)
    dotenv.load()
    again.existing(state)
    if process := driver_of(state):
        raise StateLockedError(
            f"{str(state)!r} is being driven by {process}: stop that one first (Ctrl-C there), then cancel"
        )
    with closing(connect_reader(state)) as connection:
        number = len(reading.open_batches(connection))
    if not number:
        if json_out:
            saying.put_json({"state": str(state), "batches_total": 0, "exit_code": 0})
        saying.note("No batch is open: there is nothing to cancel.")
        return Exit.OK
    batch = again.batch_of(state, sends=False)
    manner = Manner(json_out, quiet, out_table.kept(state), ending=False, code=_code_of_cancelled)
    code = drive(batch, manner, act=lambda run: run.cancel())
    if code != Exit.OK:
        saying.note(f"Some batches are still open; look with: {command('status', state)}", "yellow")
    elif not quiet:
        saying.note(
            f"{counted(number, 'batch')} cancelled or ended, and collected. Go on with: {command('resume', state)}"
        )
    return code


def _code_of_cancelled(status: Mapping[str, Any]) -> Exit:
    """To `cancel`, jobs that wait are no trouble; open batches are."""
    if interrupts.heard is not None:
        return interrupts.code
    still_open = status["batches_total"] - status["batches_completed"] - status["batches_pending"]
    return Exit.STOPPED if still_open else Exit.OK


def _check_undecided(state: Path, number: int, *, made: bool) -> None:
    """Before anything is asked of the user. Raises `StateLockedError`, or `ValidationError` where there is nothing to decide."""
    if process := driver_of(state):
        raise StateLockedError(
            f"{str(state)!r} is being driven by {process}: stop that one first (Ctrl-C there), then decide"
        )
    with closing(connect_reader(state)) as connection:
        open_ones = {row.id: row for row in undecided(connection)}
    row = open_ones.get(number)
    if row is None:
        raise ValidationError(
            f"batch {number} of {str(state)!r} is not undecided; undecided are: {', '.join(map(str, open_ones)) or 'none'} "
            f"({command('status', state)})"
        )
    if not made and row.state is State.SUBMITTED:
        raise ValidationError(
            f"batch {number} of {str(state)!r} was made, as {row.provider_id}: --made gives its answers up for lost, "
            f"{command('resume', state)} looks for them"
        )


def decide(
    state: options.State,
    batch: Annotated[int, typer.Argument(help="The batch's number, as `status` shows it: #3 is 3.", metavar="NUMBER")],
    made: Annotated[
        bool | None,
        typer.Option("--made/--never-made", help="It counts as made and is charged, or it was certainly never made."),
    ] = None,
    yes: options.Yes = False,
    json_out: options.Json = False,
) -> int:
    """Say what became of a batch that can't be found any more.

    For one that `status` shows as uncertain, or that its provider shows no more, when looking is over: while a run can still
    look, that is better.
    """
    from batchata.run import decide as decided

    if made is None:
        raise ValidationError("say which: --made (its jobs end as lost, charged) or --never-made (its jobs wait again)")
    _check_undecided(again.existing(state), batch, made=made)
    if not made and not yes and not saying.confirmed("If it was made after all, its jobs are paid for twice. Go on?"):
        raise ValidationError("not confirmed: answer yes, or give --yes; nothing was changed")
    decided(state, batch, made=made)
    if json_out:
        saying.put_json({"state": str(state), "batch": batch, "made": made, "exit_code": int(Exit.OK)})
    saying.note(f"Noted. Go on with: {command('resume', state)}")
    return Exit.OK
