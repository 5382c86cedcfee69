"""`Batch`: what to ask, of whom, for how much. A builder; `run` starts the work, `estimate` only counts."""

import logging
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from batchata.arguments import near, shown
from batchata.errors import ValidationError
from batchata.forms import Forms
from batchata.job import Job, check_defaults
from batchata.pricing import Price, parse_prices
from batchata.providers.catalog import KINDS, check_ready, load_ahead, resolve
from batchata.providers.compatible import OpenAICompatible
from batchata.said import Said, SaidJob, said_of
from batchata.usage import Money, money

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batchata.estimate import Estimate
    from batchata.run import BatchRun
    from batchata.tables.kinds import Kind

Verbosity = Literal["debug", "info", "warning", "error"]
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Batch:
    """Many AI requests, sent through the providers' batch APIs. Builder methods return self.

    `state_file` survives a crash: the same script run again goes on where it was. `results_dir` gets one `<job_id>.json` per
    finished job. `max_concurrent` provider batches are in flight at once, each of `items_per_batch` jobs; None: as many as the
    provider takes. `reuse_state=False` begins anew. `save_raw_responses`: raw answers too, by default where there is a
    `results_dir`. `prices`: USD per million tokens, `{model: (input, output)}`. `providers`: name to a ready SDK client.
    `executor` reads documents instead of worker processes of our own. `max_attempts`: tries per job for errors worth
    retrying; `retry_invalid`: how often an answer that does not fit is asked again. `settle_seconds`: how long a batch must
    stay unseen in the provider's listings before a create of unknown fate counts as never made.

    Raises `ValidationError` for whatever is wrong with an argument, in the call that got it.
    """

    def __init__(
        self,
        state_file: str | os.PathLike[str],
        results_dir: str | os.PathLike[str] | None = None,
        max_concurrent: int = 10,
        items_per_batch: int | None = 10,
        reuse_state: bool = True,
        save_raw_responses: bool | None = None,
        *,
        prices: Mapping[str, Any] | None = None,
        providers: Mapping[str, Any] | None = None,
        executor: Executor | None = None,
        max_attempts: int = 3,
        retry_invalid: int = 1,
        settle_seconds: float = 600,
    ) -> None:
        self.state_file = _path("state_file", state_file)
        if self.state_file.is_dir():
            raise ValidationError(f"state_file={shown(str(state_file))} is a folder; give the path of a file in it")
        self.results_dir = None if results_dir is None else _path("results_dir", results_dir)
        if self.results_dir is not None and self.results_dir.exists() and not self.results_dir.is_dir():
            raise ValidationError(f"results_dir={shown(str(results_dir))} is a file; give the path of a folder")
        self.max_concurrent = _whole("max_concurrent", max_concurrent, 1)
        self.items_per_batch = None if items_per_batch is None else _whole("items_per_batch", items_per_batch, 1)
        self.reuse_state = _flag("reuse_state", reuse_state)
        raw = self.results_dir is not None if save_raw_responses is None else save_raw_responses
        self.save_raw_responses = _flag("save_raw_responses", raw)
        if self.save_raw_responses and self.results_dir is None:
            raise ValidationError(
                "save_raw_responses=True needs a results_dir: the raw answers are kept in a folder of it"
            )
        self.prices: dict[str, Price] = parse_prices(prices)
        self.providers = _providers(providers)
        if executor is not None and not isinstance(executor, Executor):
            raise ValidationError(f"executor={shown(executor)} is no concurrent.futures.Executor; give one, or None")
        self.executor = executor
        self.max_attempts = _whole("max_attempts", max_attempts, 1)
        self.retry_invalid = _whole("retry_invalid", retry_invalid, 0)
        self.settle_seconds = _number("settle_seconds", settle_seconds, least=0)
        self.cost_limit: Money | None = None
        self.time_limit: float | None = None
        self.models: dict[str, type[BaseModel]] = {}
        self.said = Said(self.state_file.parent)
        self.asked: set[str] = set()
        self.columns: dict[str, Kind] = {}
        self._defaults: dict[str, Any] = {}
        self._ids: set[str] = set()
        self._probed: set[tuple[object, ...]] = set()
        self._forms = Forms()

    def defaults(self, **params: Any) -> "Batch":
        """Defaults for every later job: `model`, `temperature`, `max_tokens`, and whatever else `add_job` takes."""
        self._defaults = {**self._defaults, **check_defaults(params)}
        self._forms.clear()
        return self

    def add_cost_limit(self, usd: float) -> "Batch":
        """A hard ceiling, in USD, on everything billed under this `state_file`, earlier runs and open batches included.

        Before a request is sent, the most it can be billed is reserved. When the next job could break the limit, no new job
        is sent; the rest stay pending.
        """
        limit = _number("usd", usd, least=0)
        self.cost_limit = money(limit)
        self._probed.clear()  # under a limit more is refused
        self._forms.clear()
        return self

    def add_time_limit(self, seconds: float = 0, minutes: float = 0, hours: float = 0) -> "Batch":
        """Stop submitting when it is up, cancel what is open at the providers, keep what came back."""
        parts = {"seconds": seconds, "minutes": minutes, "hours": hours}
        total = sum(
            _number(name, value, least=0) * unit
            for (name, value), unit in zip(parts.items(), (1, 60, 3600), strict=True)
        )
        if total <= 0:
            raise ValidationError(
                "add_time_limit needs a time: give seconds=, minutes= or hours=, more than 0 together"
            )
        self.time_limit = total
        return self

    def set_verbosity(self, level: Verbosity) -> "Batch":
        """How much the `batchata` logger says: "debug", "info", "warning" or "error". Where nobody has set up logging, it
        goes to standard error.
        """
        if not isinstance(level, str) or level not in LEVELS:
            hint = near(level, LEVELS) if isinstance(level, str) else ""
            raise ValidationError(f"level={shown(level)} is none of {', '.join(map(repr, LEVELS))}{hint}")
        logger = logging.getLogger("batchata")
        logger.setLevel(LEVELS[level])
        if not logger.hasHandlers():
            handler = logging.StreamHandler()
            handler.setFormatter(logging.Formatter("%(asctime)s batchata %(levelname)s: %(message)s"))
            logger.addHandler(handler)
        return self

    def add_job(
        self,
        messages: list[dict[str, Any]] | None = None,
        file: str | os.PathLike[str] | None = None,
        prompt: str | None = None,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        response_model: "type[BaseModel] | None" = None,
        enable_citations: bool = False,
        *,
        job_id: str | None = None,
        metadata: Any = None,
        provider_params: dict[str, Any] | None = None,
        **unknown: Any,
    ) -> "Batch":
        """One AI request: either `messages` (role/content dicts), or `prompt` with or without `file`.

        `metadata` (any JSON) comes back on the result and is no part of the job's identity. `provider_params` go into the
        request verbatim. `max_tokens` includes thinking. An argument left out takes its default.
        Raises `ValidationError`.
        """
        given = {
            "messages": messages, "file": file, "prompt": prompt, "model": model, "temperature": temperature,
            "max_tokens": max_tokens, "response_model": response_model,
            "enable_citations": enable_citations or None,  # False is what nobody said: a default of True holds
            "job_id": job_id, "metadata": metadata, "provider_params": provider_params, **unknown,
        }  # fmt: skip
        self._add(*self._checked({name: value for name, value in given.items() if value is not None}))
        return self

    def add_jobs(self, jobs: Iterable[Mapping[str, Any]]) -> "Batch":
        """The same as `add_job` from an iterable of such dicts.

        A list or tuple is checked at once, and added whole or not at all. Any other iterable is taken one by one as the run
        needs it, so a million jobs are never a million objects; an item of it that is no job becomes one failed job.
        """
        if isinstance(jobs, str | bytes | Mapping) or not isinstance(jobs, Iterable):
            raise ValidationError(
                f"jobs={shown(jobs)} is no iterable of dicts; give a list or a generator of add_job's arguments"
            )
        if not isinstance(jobs, list | tuple):
            self.said.add_later(jobs, self._said)
            return self
        checked = []
        for place, item in enumerate(jobs):
            try:
                checked.append(self._checked(item))
            except ValidationError as error:
                raise ValidationError(f"jobs[{place}]: {error}") from error
        self._refuse_doubles(checked)
        for job, provider, name in checked:
            self._add(job, provider, name)
        return self

    def add_table(
        self,
        table: Any,
        prompt: str | None = None,
        *,
        id_column: str | None = None,
        keep: Sequence[str] | None = None,
        missing: str = "",
        **params: Any,
    ) -> "Batch":
        """One job for each row of a table, in its order: a CSV, TSV, JSONL or Parquet file by its path, or a data frame of
        pandas, Polars or PyArrow (these and Parquet need the extra `tables`).

        `prompt`, `file` and every text in `messages` are templates: `{column}` and `{column:.2f}` stand for the row's cells,
        `{{` and `}}` for braces; `missing` stands for a cell without value. `id_column` gives the `job_id`. The columns in
        `keep`, by default all that are not bytes, come back in the result's `metadata` and beside the answers in
        `run.to_pandas()` and its like. `params` are `add_job`'s other arguments, for every row.

        Rows are read as the run needs them: leave the file, or the frame, as it is until then. A row that makes no job
        becomes one failed job. Raises `ValidationError` for what is wrong with all of them: a column that is not there, a
        parameter the provider refuses.
        """
        from batchata.tables import TableJobs
        from batchata.tables.kinds import joined

        given = {"prompt": prompt, **params}
        jobs = TableJobs(table, given, self._defaults, id_column=id_column, keep=keep, missing=missing)
        job, _, _ = self._checked(jobs.sample)
        self.asked.add(job.model)
        self.columns |= {name: joined(self.columns.get(name), kind) for name, kind in jobs.kinds.items()}
        self.said.add_later(jobs, jobs.checker(self._said))
        return self

    def estimate(self) -> "Estimate":
        """The dry run: jobs, tokens, likely and worst-case cost per model, and what the limit would stop. Sends nothing."""
        from batchata.run import estimate

        return estimate(self)

    def run(self, wait: bool = False, on_progress: Callable[[dict[str, Any]], object] | None = None) -> "BatchRun":
        """Start. Returns at once while the work goes on in the background or, with `wait=True`, when it is over.

        Raises `StateError` where the state file can't be used or another process drives it, and `ValidationError` where a
        limit is set and the price of a model is not known.
        """
        from batchata.run import start

        _flag("wait", wait)
        if on_progress is not None and not callable(on_progress):
            raise ValidationError(f"on_progress={shown(on_progress)} can't be called; give a function of one argument")
        run = start(self)
        if on_progress is not None:
            run.on_progress(on_progress)
        if wait:
            run.wait()
        return run

    # -- one job

    def _checked(self, item: Any) -> tuple[Job, str, str]:
        """`add_job`'s arguments as a job, with the provider that gets it. Raises `ValidationError`."""
        if not isinstance(item, Mapping):
            raise ValidationError(f"a job is a dict of add_job's arguments, not {shown(item)}")
        job = Job.parse(item, self._defaults)
        provider, name = resolve(job.model, self.providers)
        self._probe(job, provider, name)
        if job.response_model is not None and job.response_model_digest is not None:
            self.models[job.response_model_digest] = job.response_model
        return job, provider, name

    def _said(self, item: Any) -> SaidJob:
        """`add_job`'s arguments as they are set aside. Raises `ValidationError`."""
        said = None if "metadata" in self._defaults else self._forms.said(item)  # a job's own metadata is all it knows
        if said is None:
            job, provider, name = self._checked(item)
            said = said_of(job, provider, name)
            self._forms.learn(item, job, said.form)
        return said

    def _probe(self, job: Job, provider: str, name: str) -> None:
        """Let the provider refuse, in this call, what it will not take of any job of this form: parameters, schema."""
        form = (
            job.model, job.temperature, job.max_tokens, job.response_model_digest, job.enable_citations,
            job.provider_params_json,
        )  # fmt: skip
        if form in self._probed:
            return
        from batchata.probe import probe

        check_ready(provider, name, self.providers)
        probe(job, provider, name, self.providers, bounded=self.cost_limit is not None)
        if not self._probed:
            load_ahead(provider, self.providers)
        if len(self._probed) < 10_000:
            self._probed.add(form)

    def _add(self, job: Job, provider: str, name: str) -> None:
        self._refuse_doubles([(job, provider, name)])
        if job.job_id is not None:
            self._ids.add(job.job_id)
        self.asked.add(job.model)
        self.said.add(said_of(job, provider, name))

    def _refuse_doubles(self, jobs: Iterable[tuple[Job, str, str]]) -> None:
        new: set[str] = set()
        for job, _, _ in jobs:
            if job.job_id is None:
                continue
            if job.job_id in self._ids or job.job_id in new:
                raise ValidationError(f"job_id={shown(job.job_id)} was given already; give every job an id of its own")
            new.add(job.job_id)


def _path(name: str, value: Any) -> Path:
    if not isinstance(value, str | os.PathLike) or not os.fspath(value) or "\0" in os.fsdecode(value):
        raise ValidationError(f"{name}={shown(value)} is no path; give one as str or Path")
    return Path(os.fsdecode(value)).expanduser().absolute()


def _whole(name: str, value: Any, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValidationError(f"{name}={shown(value)} is not allowed; give a whole number, {least} or more")
    return value


def _number(name: str, value: Any, least: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value < least:
        raise ValidationError(f"{name}={shown(value)} is not allowed; give a number, {least} or more")
    return float(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValidationError(f"{name}={shown(value)} is not allowed; give True or False")
    return value


def _providers(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValidationError(f"providers={shown(given)} is no dict; give {{name: SDK client or OpenAICompatible(…)}}")
    for name, value in given.items():
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name) or name == "local":
            raise ValidationError(
                f"providers[{shown(name)}] can't be a provider's name; use letters, digits, '.', '_' and '-' (not 'local')"
            )
        if name not in KINDS and not isinstance(value, OpenAICompatible):
            clients = ", ".join(repr(kind) for kind in KINDS if kind != "local")
            raise ValidationError(
                f"providers[{shown(name)}]={shown(value)} is not allowed{near(name, KINDS)}: an SDK client goes under "
                f"{clients}; any other name takes an OpenAICompatible(base_url=…)"
            )
    return dict(given)
