"""Jobs into the body of one provider batch: files read, requests drawn in the provider's dialect, bounded, packed.

The body is written to an unnamed file as it grows, never held. A job that can't be sent ends here, alone.
"""

import secrets
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from batchata import grounding, messages, pricing
from batchata.documents.reader import Reader
from batchata.engine import settling
from batchata.engine.job_files import AHEAD, Files
from batchata.engine.settling import Pricer
from batchata.engine.shared_files import SharedFiles, Use
from batchata.engine.stencils import Stencils
from batchata.errors import DocumentError, ValidationError
from batchata.job import Job
from batchata.probe import asked_schema, asks_for_quotes
from batchata.providers.base import Prepared, Provider
from batchata.providers.catalog import Catalog, resolve
from batchata.request import Document, Image, Message, Request, Text
from batchata.result import Outcome
from batchata.store import reading
from batchata.store.readers import Readers
from batchata.store.rows import NewAttempt, NewResult, PendingJob
from batchata.usage import Money

LONGEST_EXPIRY = 3 * 86_400.0  # seconds that a batch is thought to last where it never expires
PASSED_OVER = 5_000  # jobs too dear for now, noted in one go


@dataclass(slots=True)
class Formed:
    """The body of a provider batch, ready to be sent, and what was met on the way to it.

    `passed_over` are jobs whose bound the budget can't bear just now. `exhausted`: every waiting job was looked at.
    """

    lane: int
    nonce: str
    body: BinaryIO
    size: int = 0
    attempts: list[NewAttempt] = field(default_factory=list)
    bound: Money = 0  # of all its attempts
    failed: list[tuple[int, NewResult]] = field(default_factory=list)
    passed_over: list[tuple[int, Money]] = field(default_factory=list)
    warnings: set[str] = field(default_factory=set)
    exhausted: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """What one body may hold: jobs, and nano-dollars where there is a limit."""

    lane: int
    provider: str
    run: int
    now: float
    most_jobs: int
    available: Money | None


@dataclass(slots=True)
class _Waiting:
    """A job on its way into a body: its file being read, or its request, where that is known already. Then `job` is one like it."""

    pending: PendingJob
    job: Job
    file: Future[Document | Image] | None = None
    drawn: Prepared | None = None


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

    def form(self, order: Order) -> Formed:
        """The next body of a lane: as many of its waiting jobs as may go together and the budget bears."""
        provider = self._catalog[order.provider]
        if self._shared is not None:
            self._shared.begin_body()
        body = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - the loop closes it once it is sent
        formed = Formed(order.lane, secrets.token_hex(8), body)
        with (
            self._readers.connection() as connection,
            closing(reading.pending(connection, order.lane, order.run, order.now, order.available)) as waiting,
        ):
            for waits in self._with_files(provider, waiting, formed):
                prepared = self._prepared(provider, waits, formed, order)
                if prepared is not None and not self._pack(provider, waits.pending, prepared, formed, order):
                    formed.exhausted = False
                    break
        _write(body, provider.envelope.tail if formed.attempts else b"", formed)
        body.seek(0)
        return formed

    def request(self, job: Job, document: Document | Image | None, tries: bytes | None, provider: Provider) -> Request:
        """What a job asks, in no provider's dialect."""
        system, turns = self._turns(job, document)
        _, model = resolve(job.model, self._named)
        for entry in orjson.loads(tries)[-1:] if tries else []:
            if entry["outcome"] == Outcome.INVALID:
                turns = messages.reask(turns, entry["raw_response"] or "", entry["error"] or "")
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
        """The most one attempt of it can be billed, at the dearest price until a batch made now would expire.

        Raises `ValidationError` where a limit is set and no price is known.
        """
        price = self._price(job.model, now, now + min(provider.limits.expires_seconds, LONGEST_EXPIRY))
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
                ahead.append(self._begun(provider, pending))
            except DocumentError as error:
                formed.failed.append(_failed(pending, str(error)))
                continue
            while ahead and (ahead[0].file is None or len(ahead) > AHEAD):
                yield ahead.popleft()
        yield from ahead

    def _begun(self, provider: Provider, pending: PendingJob) -> "_Waiting":
        cut = None if pending.tries else self._stencils.cut(provider, pending.record)
        if cut is not None:
            return _Waiting(pending, cut[0], drawn=cut[1])
        job = Job.from_record(pending.record, self._models, job_id=pending.job_id)
        future = self._files.submit(job)
        if self._shared is not None:
            self._shared.ahead(Use(provider, pending, job), future)
        return _Waiting(pending, job, future)

    def _prepared(
        self, provider: Provider, waits: "_Waiting", formed: Formed, order: Order
    ) -> tuple[Prepared, Money] | None:
        pending, job, prepared, no_upload = waits.pending, waits.job, waits.drawn, ""
        try:
            if prepared is None:
                read = None if waits.file is None else waits.file.result()
                request = self.request(job, read, pending.tries, provider)
                if self._shared is not None:
                    request, no_upload = self._shared.referring(Use(provider, pending, job), request)
                prepared = self._drawn(request, provider)
            bound = self.bound(provider, job, prepared, order.now)
        except (ValidationError, DocumentError) as error:
            why = f" (An upload, for all jobs that use the file, failed: {no_upload})" if no_upload else ""
            formed.failed.append(_failed(pending, f"{error}{why}"))
            return None
        if prepared.warnings:
            formed.warnings.update(prepared.warnings)
        return prepared, bound

    def _pack(
        self,
        provider: Provider,
        pending: PendingJob,
        drawn: tuple[Prepared, Money],
        formed: Formed,
        order: Order,
    ) -> bool:
        """Put a job into the body. False: it is full, and this job waits for the next."""
        prepared, bound = drawn
        envelope, limits = provider.envelope, provider.limits
        line = provider.line(f"{formed.nonce}-{len(formed.attempts)}", prepared.body)
        before = envelope.separator if formed.attempts else envelope.head
        if formed.size + len(before) + len(line) + len(envelope.tail) > limits.bytes_per_batch and formed.attempts:
            return False
        if order.available is not None and formed.bound + bound > order.available:
            formed.passed_over.append((pending.seq, bound))
            return len(formed.passed_over) < PASSED_OVER
        _write(formed.body, before + line, formed)
        formed.attempts.append(NewAttempt(pending.seq, bound))
        formed.bound += bound
        return len(formed.attempts) < min(order.most_jobs, limits.jobs_per_batch)

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


def _write(body: BinaryIO, data: bytes, formed: Formed) -> None:
    body.write(data)
    formed.size += len(data)


def _failed(pending: PendingJob, error: str) -> tuple[int, NewResult]:
    return pending.seq, settling.unsent(pending.job_id, pending.record, pending.tries, error)
