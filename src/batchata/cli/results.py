"""`results` and `report`: the answers, shown or written."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from batchata.cli import again, options, out_table, saying
from batchata.cli import schema as schemas
from batchata.cli.answers import show_answers
from batchata.cli.codes import Exit
from batchata.cli.driving import TABLES, command
from batchata.errors import ValidationError
from batchata.live.figures import harmless
from batchata.result import JobResult
from batchata.results import Results
from batchata.store import recall
from batchata.store.database import connect_reader


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def results(
    state: options.State = options.STATE,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed.")] = False,
    job: Annotated[
        list[str] | None, typer.Option("--job", help="Only this job; more than one allowed.", metavar="ID")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Of all runs of this state, not only the last.")] = False,
    form: Annotated[
        Format | None, typer.Option("--format", "-f", help="By default what --out ends with, else table.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.")] = None,
    limit: Annotated[int | None, typer.Option("--first", min=1, help="No more than so many.", metavar="N")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> int:
    """Show the answers, or write them to a file."""
    form = _format(form, out, json_out=json_out)
    found = _chosen(again.existing(state), every=every)
    if job:
        found = _named(found, job, state, every=every)
    chosen = (one for one in found if not (failed and one.is_success))
    some = chosen if limit is None else islice(chosen, limit)
    match form:
        case Format.TABLE:
            _show(some, nothing=_nothing(failed=failed, named=bool(job)))
        case Format.JSON | Format.JSONL if out is None or form is Format.JSON:
            _put(some, form, out)
        case _:
            _write(state, some, form, out, every=every)
    return Exit.OK


def _format(form: Format | None, out: Path | None, *, json_out: bool) -> Format:
    if json_out:
        return Format.JSON
    if form is None and out is not None:
        ending = out.suffix.lower().lstrip(".")
        if ending not in set(Format) - {"table"}:
            raise ValidationError(
                f"--out {str(out)!r} says no format; end it with .json or {', '.join(TABLES)}, or give --format"
            )
        return Format(ending)
    if form is Format.TABLE and out is not None:
        raise ValidationError("--format table is for looking; give json, jsonl, csv or parquet with --out")
    if form is Format.PARQUET and out is None and sys.stdout.isatty():
        raise ValidationError("--format parquet is no text; give --out FILE, or pipe it")
    return form or Format.TABLE


def _chosen(state: Path, *, every: bool) -> Iterator[JobResult]:
    """Results in the order of their jobs, typed answers as dicts."""
    with closing(connect_reader(state)) as connection:
        last = recall.last_run(connection)
        if last is None:
            return iter(())
        members = recall.members(connection, None if every else last.run)
    return Results(state, members, {}).in_order()


def _named(found: Iterator[JobResult], names: list[str], state: Path, *, every: bool) -> Iterator[JobResult]:
    """Those of these ids. Raises `ValidationError` where one of them has no result."""
    wanted = set(names)
    some = [one for one in found if one.job_id in wanted]
    if missing := [name for name in dict.fromkeys(names) if name not in {one.job_id for one in some}]:
        where = "the state" if every else "the last run"
        raise ValidationError(
            f"--job {', '.join(missing)}: {where} has no such result; all are listed by: "
            f"{command('results', state, *('--all',) * every)}"
        )
    return iter(some)


def _nothing(*, failed: bool, named: bool) -> str:
    if failed:
        return "None of them has failed." if named else "No job has failed."
    return "There is no result yet."


def _show(found: Iterator[JobResult], *, nothing: str) -> None:
    first = next(found, None)
    if first is None:
        saying.note(nothing)
    else:
        show_answers(chain((first,), found))


def _put(found: Iterator[JobResult], form: Format, out: Path | None) -> None:
    """JSON in constant memory: an array of one object per line, or the lines alone."""
    lines = (orjson.dumps(one.to_dict()).decode().translate(saying.C1) for one in found)
    if form is Format.JSONL:
        for line in lines:
            saying.put(line)
        return
    if out is None:
        _array(lines, sys.stdout)
        return
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=out.absolute().parent, delete=False) as file:
            _array(lines, file)
        Path(file.name).replace(out)
    except OSError as error:
        raise ValidationError(f"--out {str(out)!r} can't be written: {error.strerror or error}") from error
    saying.note(f"Written: {out}")


def _array(lines: Iterator[str], stream: Any) -> None:
    stream.write("[")
    for number, line in enumerate(lines):
        stream.write(("," if number else "") + "\n" + line)
    stream.write("\n]\n")


def _write(state: Path, found: Iterator[JobResult], form: Format, out: Path | None, *, every: bool) -> None:
    """A table: in its place, or by way of a file to standard output."""
    from batchata.tables import write

    known = None if every else out_table.kept(state)
    with closing(connect_reader(state)) as connection:
        models = schemas.kept(connection, None if known is None else known.models)
    columns = None if known is None else known.columns
    if out is not None:
        write(found, out, form.value, models, inputs=columns)  # type: ignore[arg-type]
        saying.note(f"Written: {out}")
        return
    with tempfile.TemporaryDirectory(prefix="batchata-") as folder:
        path = write(found, Path(folder) / f"results.{form}", form.value, models, inputs=columns)  # type: ignore[arg-type]
        if sys.stdout.isatty():
            saying.put(harmless(path.read_text("utf-8")))
            return
        with path.open("rb") as file:
            sys.stdout.flush()
            shutil.copyfileobj(file, sys.stdout.buffer)


def report(
    state: options.State = options.STATE,
    out: Annotated[Path, typer.Option("--out", "-o", help="The HTML file to write.")] = Path("report.html"),
    json_out: options.Json = False,
) -> int:
    """Write one HTML file: totals, answers, and cited passages.

    It opens offline, and shows the passages where they stand in their documents.
    """
    from batchata import report as reports

    reports.write(again.existing(state), out)
    if json_out:
        saying.put_json({"report": str(out.absolute())})
    else:
        saying.note(f"Written: {out}")
    return Exit.OK
