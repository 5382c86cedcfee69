"""`run` and `estimate`: inputs into jobs, and what they would cost or what comes of them."""

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from batchata.batch import Batch
from batchata.cli import dotenv, inputs, options, out_table, saying
from batchata.cli import schema as schemas
from batchata.cli.codes import Exit
from batchata.cli.driving import Manner, drive, place
from batchata.cli.flags import typed
from batchata.cli.guard import listen
from batchata.errors import ValidationError
from batchata.estimate import Estimate
from batchata.live.figures import safe
from batchata.usage import dollars, to_usd


def run(
    inputs: options.Inputs,
    model: options.Model,
    prompt: options.Prompt,
    schema: options.Schema = None,
    cite: options.Cite = False,
    limit: options.Limit = None,
    state: options.StateOption = options.STATE,
    out: options.Out = None,
    max_tokens: options.MaxTokens = None,
    temperature: options.Temperature = None,
    id_column: options.IdColumn = None,
    recursive: options.Recursive = False,
    table: options.AsTable = None,
    items_per_batch: options.PerBatch = None,
    max_concurrent: options.Concurrent = None,
    time_limit: options.TimeLimit = None,
    max_attempts: options.Attempts = None,
    param: options.Param = None,
    price: options.PriceOption = None,
    fresh: options.Fresh = False,
    json_out: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> int:
    """Send a request for each file or row, and collect the answers."""
    given = {**locals()}
    listen(verbose=verbose, quiet=quiet)
    dotenv.load()
    batch, manner = _batch(given)
    if manner.table is not None and out_table.was_changed(batch.state_file, manner.table.path) and not quiet:
        saying.note(f"{out} has been changed since it was written: it is replaced when the run is over.", "yellow")
    if limit is None and not quiet:
        saying.note("No cost limit is set; --limit USD makes a hard ceiling.", "dim")
    return drive(batch, manner)


def _takes_what(run: Callable[..., int]) -> Callable[[Callable[[Mapping[str, Any]], int]], Callable[..., int]]:
    """A command with the arguments of another one."""

    def taken(command: Callable[[Mapping[str, Any]], int]) -> Callable[..., int]:
        def same(**given: Any) -> int:
            return command(given)

        same.__name__, same.__doc__ = command.__name__, command.__doc__
        same.__annotations__ = run.__annotations__
        same.__signature__ = inspect.signature(run)  # type: ignore[attr-defined]  # what Typer reads
        return same

    return taken


@_takes_what(run)
def estimate(given: Mapping[str, Any]) -> int:
    """What `run` would cost, with the same arguments; sends nothing."""
    listen(verbose=given["verbose"], quiet=given["quiet"])
    dotenv.load()
    batch, _ = _batch(given)
    found = batch.estimate()
    if given["json_out"]:
        saying.put_json(_plain(found))
    else:
        _show(found)
    return Exit.OK if found.jobs or found.finished_earlier else Exit.USAGE


def _batch(given: Mapping[str, Any]) -> tuple[Batch, Manner]:
    """What the options ask for. Raises `ValidationError`."""
    results, table = place(given["out"])
    settings = {"max_concurrent": given["max_concurrent"], "max_attempts": given["max_attempts"]}
    batch = Batch(
        given["state"],
        results_dir=results,
        items_per_batch=given["items_per_batch"],
        reuse_state=not given["fresh"],
        prices=options.prices(given["price"]) or None,
        **{name: value for name, value in settings.items() if value is not None},
    )
    if given["limit"] is not None:
        batch.add_cost_limit(given["limit"])
    if given["time_limit"]:
        batch.add_time_limit(seconds=options.seconds(given["time_limit"]))
    params = {
        "model": given["model"],
        "max_tokens": given["max_tokens"],
        "temperature": given["temperature"],
        "response_model": schemas.load(given["schema"]) if given["schema"] else None,
        "enable_citations": True if given["cite"] else None,
        "provider_params": options.params(given["param"]) or None,
    }
    batch.defaults(**{name: value for name, value in params.items() if value is not None})
    _add(batch, given)
    return batch, Manner(given["json_out"], given["quiet"], out_table.of(batch, table))


def _add(batch: Batch, given: Mapping[str, Any]) -> None:
    prompt = options.text(given["prompt"])
    found = inputs.find(given["inputs"], prompt, recursive=given["recursive"], table=given["table"])
    if found.skipped and not given["quiet"]:
        saying.note(inputs.told(found.skipped).strip(" ()"), "dim")
    whole = [path.name for path in found.documents if path.suffix.lower() in inputs.TABLES]
    if whole and given["table"] is None and not given["quiet"]:
        saying.note(f"{whole[0]} goes as one document; --table makes a job of each of its rows.", "dim")
    for path in found.tables:
        batch.add_table(path, prompt, id_column=given["id_column"])
    if found.documents:
        if given["id_column"]:
            raise ValidationError("--id-column is for tables, and the inputs are documents; leave it out")
        _add_documents(batch, found, prompt)


def _add_documents(batch: Batch, found: inputs.Found, prompt: str) -> None:
    """A file that can't be sent becomes one failed job; what is wrong with all of them is said at once, by the first."""
    documents, bad = _documents(found, prompt), []
    for document in documents:
        if os.access(document["file"], os.R_OK) and document["file"].stat().st_size:
            batch.add_job(**document)
            break
        bad.append(document)
    batch.add_jobs(chain(bad, documents))


def _documents(found: inputs.Found, prompt: str) -> Iterator[dict[str, Any]]:
    for path, job_id in zip(found.documents, inputs.named(found.documents), strict=True):
        yield {"file": path, "prompt": prompt, "job_id": job_id}


def _show(found: Estimate) -> None:
    rows = [
        (
            model.model,
            f"{model.jobs:,}",
            f"{model.input_tokens:,}",
            f"{model.output_tokens:,}",
            dollars(model.likely),
            dollars(model.worst),
            _price(model.price_source, batch=model.batch_price),
        )
        for model in found.models.values()
    ]
    heads = ("model", "jobs", "tokens in", "tokens out", "likely", "worst", "price")
    prices = {row[-1] for row in rows}
    # one price source is said below: on a terminal of 80 columns its own would have no room
    shown = 6 if sys.stdout.isatty() and len(prices) == 1 else 7
    if rows:
        saying.show_table(heads[:shown], [row[:shown] for row in rows], right=heads[1:-1])
    for line in str(found).splitlines():
        if not any(line.startswith(f"  {model}: ") for model in found.models):  # those are in the table
            saying.tell(typed(safe(line)) if line.lstrip() == line else f"  {typed(safe(line))}")
    if shown < len(heads):
        saying.tell(f"prices: {safe(*prices)}")


def _price(source: str | None, *, batch: bool) -> str:
    if source is None:
        return "not known"
    return source if batch else f"{source}, no batch discount known"


def _plain(found: Estimate) -> dict[str, Any]:
    return {
        "jobs": found.jobs,
        "finished_earlier": found.finished_earlier,
        "likely_usd": found.likely_usd,
        "worst_usd": found.worst_usd,
        "spent_usd": found.spent_usd,
        "limit_usd": found.limit_usd,
        "within_limit": found.within_limit,
        "stopped_by_limit": found.stopped_by_limit,
        "provider_batches": found.provider_batches,
        "rounds": found.rounds,
        "models": {
            name: {
                "jobs": one.jobs,
                "input_tokens": one.input_tokens,
                "output_tokens": one.output_tokens,
                "likely_usd": to_usd(one.likely),
                "worst_usd": to_usd(one.worst),
                "price_source": one.price_source,
                "batch_price": one.batch_price,
            }
            for name, one in found.models.items()
        },
        "refused": {job: typed(why) for job, why in found.refused.items()},
    }
