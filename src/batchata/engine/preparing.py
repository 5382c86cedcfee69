"""Jobs into the bodies of provider batches: files read, requests drawn in the provider's dialect, bounded, packed.

A job that can't be sent ends here, alone.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from batchata import grounding, messages, planner, pricing
from batchata.documents.reader import Reader
from batchata.engine import settling
from batchata.engine.job_files import AHEAD, Files
from batchata.engine.packing import Formed, Order, Packing
from batchata.engine.settling import Pricer
from batchata.engine.shared_files import SharedFiles, Use
from batchata.engine.stencils import MOST_FORMS, Stencil, Stencils
from batchata.errors import DocumentError, ValidationError
from batchata.job import Job
from batchata.probe import asked_schema, asks_for_quotes
from batchata.providers.base import Prepared, Provider
from batchata.providers.catalog import Catalog, resolve
from batchata.record import tries_of
from batchata.request import Document, Image, Message, Request, Text
from batchata.result import Outcome
from batchata.store import reading
from batchata.store.readers import Readers
from batchata.store.rows import NewResult, PendingJob
from batchata.usage import Money

LONGEST_EXPIRY = 3 * 86_400.0  # seconds that a batch is thought to last where it never expires


class _Waiting(NamedTuple):
    """A job on its way into a body: its file being read, or what it is cut from, where that is known already."""

    pending: PendingJob
    job: Job
    file: Future[Document | Image] | None = None
    stencil: Stencil | None = None


class Preparer:
    """Forms the bodies of provider batches; used by one thread."""

    def __init__(
        self,
        readers: Readers,
        catalog: Catalog,
        reader: Reader,
        models: Mapping[str, Any],
        price: Pricer,
        *,
        limited: bool,
        named: Mapping[str, Any],
        folder: Path,
        shared: SharedFiles | None = None,
    ) -> None:
        self._readers = readers
        self._catalog = catalog
        self._files = Files(reader)
        self._models = models
        self._price = price
        self._limited = limited
        self._named = named
        self._folder = folder
        self._shared = shared
        self._schemas: dict[tuple[str | None, bool, str, bool], Mapping[str, Any] | None] = {}
        self._windows: dict[tuple[str, str], int | None] = {}
        self._stencils = Stencils(lambda job, provider: self.draw(job, None, None, provider), models)
        self._forms: dict[int, bytes] = {}
        self._cuts: dict[tuple[int, int], Money] = {}

    def form(self, order: Order) -> Formed:
        """The next bodies of a lane: as many of its waiting jobs as may go together and the budget bears."""
        provider, formed = self._catalog[order.provider], Formed(order.lane)
        self._cuts.clear()  # a bound is of its moment
        with (
            self._readers.connection() as connection,
            closing(reading.pending(connection, order.lane, order.run, order.now, order.available)) as waiting,
        ):
            jobs = self._with_files(provider, waiting, formed)
            while self._fill(provider, jobs, formed, order) and len(formed.bodies) < order.bodies:
                if sum(body.size for body in formed.bodies) >= planner.FORMED_BYTES:
                    break
        return formed

    def _fill(self, provider: Provider, jobs: Iterator["_Waiting"], formed: Formed, order: Order) -> bool:
        """One body more. Whether another may follow: this one holds as many jobs as it may, and was left for no other reason."""
        if self._shared is not None:
            self._shared.begin_body()
        packing = Packing(provider, formed, order, self._folder)
        formed.exhausted = True
        for waits in jobs:
            prepared = self._prepared(provider, waits, formed, order)
            if prepared is not None and not packing.take(waits.pending, *prepared):
                formed.exhausted = False
                break
        packing.close()
        return packing.full

    def request(self, job: Job, document: Document | Image | None, tries: bytes | None, provider: Provider) -> Request:
        """What a job asks, in no provider's dialect."""
        system, turns = self._turns(job, document)
        _, model = resolve(job.model, self._named)
        for last in tries_of(tries)[-1:]:
            if last.attempt.outcome is Outcome.INVALID:
                turns = messages.reask(turns, last.raw_response or "", last.attempt.error or "")
        if asks_for_quotes(job, provider):
            system = (*system, Text(grounding.INSTRUCTION))
        return Request(
            model=model,
            messages=turns,
            system=system,
            max_tokens=job.max_tokens_or_default,
            temperature=job.temperature_or_default,
            temperature_given=job.temperature is not None,
            schema=self._schema(job, provider),
            citations=job.enable_citations,
            provider_params=job.provider_params,
            bounded=self._limited,
        )

    def bound(self, provider: Provider, job: Job, prepared: Prepared, now: float) -> Money:
        """The most one attempt of it can be billed, at the dearest price until a batch would expire that is made of this body.

        Raises `ValidationError` where a limit is set and no price is known.
        """
        lasts = planner.FORMED_LASTS + min(provider.limits.expires_seconds, LONGEST_EXPIRY)
        price = self._price(job.model, now, now + lasts)
        if price is None:
            if self._limited:
                raise ValidationError(
                    f"model={job.model!r} has no known price, and a cost limit is set: give it with "
                    f"Batch(prices={{{job.model!r}: (usd per million input tokens, output tokens)}})"
                )
            return 0
        tokens, window = prepared.input_tokens_max, self._window(provider, job.model)
        if window is not None:
            tokens = min(tokens, window)
        return pricing.bound(tokens, prepared.output_tokens_max, prepared.cache_write, price)

    def _window(self, provider: Provider, named: str) -> int | None:
        """The smallest context window that anybody states for a model."""
        key = (provider.name, named)
        if key not in self._windows:
            _, model = resolve(named, self._named)
            said = (
                self._catalog.facts(provider.name, model).context_window,
                pricing.context_window(provider.name, model),
            )
            self._windows[key] = min((window for window in said if window is not None), default=None)
        return self._windows[key]

    def read(self, job: Job) -> Document | Image | None:
        """The file of a job, read. Raises `DocumentError`."""
        future = self._files.submit(job)
        return None if future is None else future.result()

    def draw(self, job: Job, document: Document | Image | None, tries: bytes | None, provider: Provider) -> Prepared:
        """The provider's exact body for a job. Raises `ValidationError` or `DocumentError`."""
        return self._drawn(self.request(job, document, tries, provider), provider)

    def _drawn(self, request: Request, provider: Provider) -> Prepared:
        prepared = provider.prepare(request, self._catalog.facts(provider.name, request.model))
        return replace(prepared, warnings=(*prepared.warnings, *_unverifiable(request)))

    def _with_files(self, provider: Provider, waiting: Iterable[PendingJob], formed: Formed) -> Iterator["_Waiting"]:
        """Waiting jobs in their order, with their files being read some way ahead."""
        ahead: deque[_Waiting] = deque()
        for pending in waiting:
            try:
                waits = self._begun(provider, pending)
            except DocumentError as error:
                formed.failed.append(self._failed(pending, str(error)))
                continue
            if waits.file is None and not ahead:
                yield waits
                continue
            ahead.append(waits)
            while ahead and (ahead[0].file is None or len(ahead) > AHEAD):
                yield ahead.popleft()
        yield from ahead

    def _begun(self, provider: Provider, pending: PendingJob) -> "_Waiting":
        form = self._form(pending.form)
        if pending.tries is None and pending.ask[:1] == b'"':
            stencil = self._stencils.of(provider, form)
            if stencil is not None and len(pending.ask) <= provider.limits.bytes_per_job - len(stencil.drawn.body):
                return _Waiting(pending, stencil.job, None, stencil)
        job = Job.from_record(form, pending.ask, self._models)
        future = self._files.submit(job)
        if self._shared is not None:
            self._shared.ahead(Use(provider, pending, job), future)
        return _Waiting(pending, job, future)

    def _form(self, form: int) -> bytes:
        record = self._forms.get(form)
        if record is None:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            with self._readers.connection() as connection:
                _, record = reading.form(connection, form)
            self._forms[form] = record
        return record

    def _prepared(
        self, provider: Provider, waits: "_Waiting", formed: Formed, order: Order
    ) -> tuple[bytes, Money, bool] | None:
        """(the request's body, its bound, whether it is plain)."""
        pending, job, file, stencil = waits
        no_upload = ""
        try:
            if stencil is not None:
                return self._cut(provider, pending, stencil, formed, order)
            read = None if file is None else file.result()
            request = self.request(job, read, pending.tries, provider)
            if self._shared is not None:
                request, no_upload = self._shared.referring(Use(provider, pending, job), request)
            prepared = self._drawn(request, provider)
            bound = self.bound(provider, job, prepared, order.now)
        except (ValidationError, DocumentError) as error:
            why = f" (An upload, for all jobs that use the file, failed: {no_upload})" if no_upload else ""
            formed.failed.append(self._failed(pending, f"{error}{why}"))
            return None
        formed.warnings.update(prepared.warnings)
        return prepared.body, bound, False

    def _cut(
        self, provider: Provider, pending: PendingJob, stencil: Stencil, formed: Formed, order: Order
    ) -> tuple[bytes, Money, bool]:
        ask, job = pending.ask, stencil.job
        key = (pending.form, len(ask))
        bound = self._cuts.get(key)
        if bound is None:
            bound = self._cuts[key] = self.bound(provider, job, stencil.cut(ask), order.now)
            formed.warnings.update(stencil.drawn.warnings)
        return stencil.head + ask + stencil.tail, bound, not job.enable_citations

    def _failed(self, pending: PendingJob, error: str) -> tuple[int, NewResult]:
        job = Job.from_record(self._form(pending.form), pending.ask)
        return pending.seq, settling.unsent(job, pending.tries, error)

    def _turns(self, job: Job, document: Document | Image | None) -> tuple[tuple[Any, ...], tuple[Message, ...]]:
        if job.messages is None:
            return (), messages.from_prompt(job.prompt or "", document)
        system, turns = messages.conversation(job.messages)
        return system, tuple(replace(turn, parts=tuple(self._part(part) for part in turn.parts)) for turn in turns)

    def _part(self, part: Any) -> Any:
        return self._files.read(part) if isinstance(part, Document) else part

    def _schema(self, job: Job, provider: Provider) -> Mapping[str, Any] | None:
        key = (job.response_model_digest, job.enable_citations, provider.schema_dialect, provider.limits.cites)
        if key not in self._schemas:
            self._schemas[key] = asked_schema(job, provider)
        return self._schemas[key]


def _unverifiable(request: Request) -> Iterator[str]:
    """What citations can't be verified against, said before anything is paid."""
    parts = (part for message in request.messages for part in message.parts) if request.citations else ()
    for part in parts:
        if isinstance(part, Image):
            yield "enable_citations: an image has no text, so no quote from it can be verified; read its text first"
        elif isinstance(part, Document) and not part.has_text:
            yield (
                f"enable_citations: {part.name} has no text (a scan?), so no quote from it can be verified; "
                "give a file with a text layer"
            )
