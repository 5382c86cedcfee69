"""Counting without sending: every job is read and drawn as it would be, and priced at its likely and its worst."""

import math
from collections.abc import Iterable
from contextlib import closing
from itertools import islice

from batchata.documents.reader import Reader
from batchata.engine.preparing import Preparer
from batchata.engine.session import Ask, pricer_of
from batchata.errors import BatchataError
from batchata.estimate import LIKELY_INPUT, LIKELY_OUTPUT, Estimate, ModelEstimate
from batchata.identity import derived_id, key64
from batchata.job import Job
from batchata.pricing import cost
from batchata.providers.base import ModelFacts
from batchata.providers.catalog import Catalog, resolve
from batchata.said import SaidJob
from batchata.store import reading
from batchata.store.database import connect_reader
from batchata.store.names import Names
from batchata.store.readers import Readers
from batchata.usage import Money, Usage

AT_ONCE = 500  # jobs that the state is asked of in one query


class _Offline(Catalog):
    """Providers that are asked nothing."""

    def facts(self, provider: str, model: str) -> ModelFacts:  # noqa: ARG002 - the shape of Catalog.facts
        return ModelFacts()


def estimate(ask: Ask, now: float) -> Estimate:
    """The dry run of what `ask` has said so far. Reads files and the state; sends and writes nothing."""
    reader = Reader(ask.executor)
    catalog = _Offline(ask.providers, ask.state_file.with_name(ask.state_file.name + ".local"), "")
    try:
        return _Counting(ask, catalog, reader, now).result()
    finally:
        reader.close()
        catalog.close()


class _Counting:
    def __init__(self, ask: Ask, catalog: Catalog, reader: Reader, now: float) -> None:
        self._ask = ask
        self._catalog = catalog
        self._now = now
        self._price = pricer_of(ask)
        self._preparer = Preparer(
            Readers(ask.state_file), catalog, reader, ask.models, self._price, limited=ask.cost_limit is not None,
            named=ask.providers, folder=ask.state_file.parent,
        )  # fmt: skip
        self._found = Estimate(limit=ask.cost_limit)
        self._places: dict[bytes, int] = {}
        self._left: Money | None = None

    def result(self) -> Estimate:
        known = self._known()
        found, limit = self._found, self._ask.cost_limit
        self._left = None if limit is None else limit - found.spent
        every = iter(self._ask.said)
        while some := list(islice(every, AT_ONCE)):
            named = [(self._name(said), said) for said in some]
            finished = known.finished([name for name, _ in named])
            for name, said in named:
                self._count(name, said, (name, said.digest) in finished)
        found.provider_batches = self._batches()
        found.rounds = math.ceil(found.provider_batches / self._ask.max_concurrent)
        return found

    def _known(self) -> "_Known":
        if self._ask.reuse_state and self._ask.state_file.exists() and self._ask.state_file.stat().st_size:
            with closing(connect_reader(self._ask.state_file)) as connection:
                self._found.spent = reading.balance(connection).held
            return _Known(self._ask)
        return _Known(None)

    def _batches(self) -> int:
        batches = 0
        for name, model in self._found.models.items():
            provider, _ = resolve(name, self._ask.providers)
            most = self._catalog[provider].limits.jobs_per_batch
            batches += math.ceil(model.jobs / min(most, self._ask.items_per_batch or most))
        return batches

    def _name(self, said: SaidJob) -> str:
        place = self._places[said.digest] = self._places.get(said.digest, 0) + 1
        return said.job_id or derived_id(said.digest, place)

    def _count(self, job_id: str, said: SaidJob, finished: bool) -> None:
        if said.refused is not None:
            self._found.refused[job_id] = said.refused
        elif finished:
            self._found.finished_earlier += 1
        else:
            self._price_job(job_id, said)

    def _price_job(self, job_id: str, said: SaidJob) -> None:
        found = self._found
        job = Job.from_record(said.form.record, said.ask, self._ask.models, job_id=job_id)
        provider = self._catalog[said.form.provider]
        try:
            prepared = self._preparer.draw(job, self._preparer.read(job), None, provider)
            worst = self._preparer.bound(provider, job, prepared, self._now)
        except BatchataError as error:
            found.refused[job_id] = str(error)
            return
        price = self._price(job.model, self._now, self._now)
        model = found.models.setdefault(job.model, ModelEstimate(job.model))
        likely = Usage(
            math.ceil(prepared.input_tokens_max * LIKELY_INPUT), math.ceil(prepared.output_tokens_max * LIKELY_OUTPUT)
        )
        found.jobs += 1
        model.jobs += 1
        model.input_tokens += likely.input_tokens
        model.output_tokens += likely.output_tokens
        model.worst += worst
        if price is not None:
            model.likely += cost(likely, price)
            model.price_source, model.batch_price = price.source, price.batch
        self._hold(worst)

    def _hold(self, worst: Money) -> None:
        found = self._found
        found.cheapest = worst if found.cheapest is None else min(found.cheapest, worst)
        if self._left is None or worst <= self._left:
            found.within_limit += 1
            self._left = None if self._left is None else self._left - worst


class _Known:
    """What the state knows as finished."""

    def __init__(self, ask: Ask | None) -> None:
        self._connection = None if ask is None else connect_reader(ask.state_file)
        self._names = None if self._connection is None else Names(self._connection)

    def finished(self, job_ids: Iterable[str]) -> set[tuple[str, bytes]]:
        """(id, digest) of those among some jobs, in any version."""
        if self._names is None:
            return set()
        found = self._names.find([key64(job_id) for job_id in job_ids])
        return {(job_id, digest) for _, job_id, digest, state, _ in found if state in ("succeeded", "lost", "active")}
