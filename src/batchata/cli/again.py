"""The jobs of an earlier run as a `Batch`: what `resume`, `retry` and `cancel` drive."""

from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from batchata import kept
from batchata.batch import Batch
from batchata.cli import saying
from batchata.cli import schema as schemas
from batchata.cli.driving import command
from batchata.errors import StateError, ValidationError
from batchata.job import Job
from batchata.providers.catalog import check_ready, resolve
from batchata.said import NO_JOB, Form, SaidJob
from batchata.store import reading, recall
from batchata.store.administration import PURGED
from batchata.store.database import connect_reader
from batchata.store.recall import KeptJob, LastRun
from batchata.usage import to_usd

if TYPE_CHECKING:
    from pydantic import BaseModel


def existing(state: Path) -> Path:
    """A state file that is there. Raises `StateError`."""
    if not state.exists():
        raise StateError(f"there is no state file {str(state)!r}; give the one that a run was started with")
    return state


def last_run(state: Path) -> LastRun:
    """The run to go on with. Raises `StateError`, or `ValidationError` where there is none."""
    with closing(connect_reader(existing(state))) as connection:
        last = recall.last_run(connection)
        purged = reading.meta(connection, PURGED)
        whole = last is None or recall.was_taken_whole(connection, last.run)
    if not whole:
        saying.note("The last run ended before it had added all its jobs: what it had not added is not known here.")
    if last is None:
        raise ValidationError(f"{str(state)!r} holds no jobs yet; start with: batchata run")
    if purged is not None and last.run <= int(purged):
        raise ValidationError(f"what the jobs of {str(state)!r} asked was purged; run them again with their inputs")
    return last


def batch_of(
    state: Path,
    *,
    limit: float | None = None,
    no_limit: bool = False,
    results_dir: Path | None = None,
    prices: Any = None,
    sends: bool = True,
) -> Batch:
    """A batch as the last run was set, without jobs yet. Raises `ValidationError` where nobody knows what limit was set, and
    it `sends` anything.
    """
    last = last_run(state)
    arguments = kept.arguments(last.settings)
    if results_dir is not None:
        arguments["results_dir"] = results_dir
        arguments.pop("save_raw_responses", None)
    arguments["prices"] = {**arguments.get("prices", {}), **(prices or {})} or None
    batch = Batch(state, **{"items_per_batch": None, **arguments})
    batch.said.part_of = last.run
    if limit is not None:
        batch.add_cost_limit(limit)
    elif not no_limit:
        if "limit" not in last.settings and not sends:
            batch.add_cost_limit(0)  # kept: whoever goes on has to say what the limit is
        elif "limit" not in last.settings:
            raise ValidationError("what limit the last run had is not known here: give --limit USD, or --no-limit")
        elif last.settings["limit"] is not None:
            batch.add_cost_limit(to_usd(last.settings["limit"]))
    return batch


def add_jobs(
    batch: Batch, *, schema: str | None = None, states: Collection[str] = (), ids: Collection[str] = ()
) -> int:
    """Add the last run's jobs as they were added; only those in `states`, or of these `ids`, where any are named.

    How many. Raises `ValidationError` where an id of `ids` is none of theirs.
    """
    run = batch.said.part_of
    if run is None:
        raise ValueError("the batch is not made from a state")
    models = Models(batch.state_file, schema)
    known: set[str] = set()
    missing = dict.fromkeys(ids)
    count = 0
    with closing(connect_reader(batch.state_file)) as connection:
        for job in recall.jobs(connection, run, tuple(states)):
            if ids and job.job_id not in ids:
                continue
            missing.pop(job.job_id, None)
            batch.said.add_kept(_said(batch, job, models, known))
            count += 1
    if missing:
        listed = command("results", batch.state_file, *("--failed",) * ("failed" in states))
        raise ValidationError(
            f"--job {', '.join(missing)}: no {' or '.join(states)} job of the last run has such an id; nothing was sent. "
            f"They are listed by: {listed}"
        )
    batch.models |= models.found
    if states or ids:
        return count
    batch.said.part_of = None  # all of them: the new run stands for the old one
    return count


def _said(batch: Batch, job: KeptJob, models: "Models", known: set[str]) -> SaidJob:
    if not job.provider:
        why = orjson.loads(job.result)["error"] if job.result else "it was no job when it was added"
        return SaidJob(job.job_id, job.digest, NO_JOB, job.ask, job.metadata, str(why))
    asked = Job.from_record(job.form)
    provider, name = resolve(asked.model, batch.providers)
    if asked.model not in known:
        check_ready(provider, name, batch.providers)
        known.add(asked.model)
        batch.asked.add(asked.model)
    if asked.response_model_digest is not None and job.state not in ("succeeded", "lost"):
        models.need(asked.response_model_digest, asked.response_model_name or "Answer")
    return SaidJob(job.job_id, job.digest, Form(provider, name, job.form), job.ask, job.metadata)


class Models:
    """The response models that jobs ask for: the class that is given now, else one made from the schema that was kept."""

    def __init__(self, state: Path, given: str | None) -> None:
        from batchata.job_arguments import shape

        self.found: dict[str, type[BaseModel]] = {}
        self._given = schemas.load(given) if given else None
        self._digest = shape(self._given) if self._given else None
        with closing(connect_reader(state)) as connection:
            self._kept = recall.schemas(connection)

    def need(self, digest: str, name: str) -> None:
        """Raises `ValidationError` where the model can't be had."""
        if digest in self.found:
            return
        if self._given is not None and digest == self._digest:
            self.found[digest] = self._given
            return
        if self._given is not None:
            raise ValidationError(
                f"--schema: {self._given.__name__} is not the {name} that the jobs were added with (its fields differ); give that "
                "one, or leave --schema out"
            )
        self.found[digest] = self._made(digest, name)

    def _made(self, digest: str, name: str) -> "type[BaseModel]":
        from batchata.job_arguments import shape

        if digest not in self._kept:
            raise ValidationError(
                f"the jobs ask for {name}, which is not kept in the state: give --schema module:{name}"
            )
        try:
            made = schemas.from_schema(self._kept[digest], name)
        except ValidationError as error:
            raise ValidationError(f"the jobs ask for {name}: give --schema module:{name} ({error})") from None
        if shape(made) != digest:
            saying.note(
                f"{name}: answers are checked against its schema as it was kept; --schema module:{name} uses the class itself",
                "dim",
            )
        return made
