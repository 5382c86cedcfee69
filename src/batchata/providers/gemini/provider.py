"""The Gemini Developer API's batches, behind the seam in `base`.

Always the file way: the body is uploaded as JSON lines, each with its `key`, and one small POST makes the batch. Requests within
the POST itself are capped at 20 MB, their answers were seen under the wrong request, and large ones could not be fetched at all
(googleapis/python-genai#1909; discuss.ai.google.dev 174261). Answers are matched by key, never by position.

Gemini does not refuse a second batch of the same kind, so a create without an answer is looked for by the display name it set:
the intent's nonce. The calls are in `gemini_calls`; bodies, bounds, answers and failures in the other `gemini_*` modules beside
this one, which need neither network nor SDK.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import orjson

from batchata.errors import CreateRefusedError, CreateUnknownError, ProviderError, ValidationError
from batchata.providers import gemini_answer, gemini_body
from batchata.providers.anthropic_errors import http_date
from batchata.providers.base import Answer, BatchStatus, Envelope, Intent, Limits, ModelFacts, Prepared, Sighting
from batchata.providers.foreign_json import count, get, items, loaded_object, text
from batchata.providers.gemini_calls import GeminiCalls
from batchata.request import Request

if TYPE_CHECKING:
    from google import genai

LIMITS = Limits(
    jobs_per_batch=50_000,  # assumed: Gemini states none. An expired batch loses all its answers, so not larger
    bytes_per_batch=2_000_000_000,  # "2 GB"; the smaller gigabyte is safe with either
    bytes_per_job=gemini_body.BYTES_MAX,
    expires_seconds=48 * 3600.0,
    # A file lives 48 hours, a batch's answers from its end on; an end is never before the creation, so this is early, not late
    results_kept_seconds=48 * 3600.0,
    one_model_per_batch=True,
    upload_first=True,
)

ENVELOPE = Envelope()

CLOCK_SLACK_SECONDS = 300.0
"""By how much the provider's clock, read from its `Date` header, may still be off: a step of our clock since the intent."""

RESULTS_GONE = "results_gone"
"""`ProviderError.kind` where a batch is still shown, and the file of its answers is not to be had any more."""

_PAGE_SIZE = 100
_PAGES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of the listing. `server_ahead`: seconds by which the provider's clock is ahead of ours."""

    operations: tuple[object, ...]
    server_ahead: float


class GeminiProvider:
    """The Gemini Developer API's batches. Without a client one is built from the environment on the first call
    (`GOOGLE_API_KEY` or `GEMINI_API_KEY`, `GOOGLE_GEMINI_BASE_URL`); a client that is given stays its owner's to close. One of
    Vertex AI is a `ValidationError`.

    Safe to call from several threads.
    """

    schema_dialect = "gemini"

    def __init__(
        self,
        client: "genai.Client | None" = None,
        *,
        name: str = "gemini",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.limits = LIMITS
        self.envelope = ENVELOPE
        self._calls = GeminiCalls(client)
        self._clock = clock

    def account(self) -> str:
        return self._calls.account()

    def facts(self, model: str) -> ModelFacts:
        """From `GET /{version}/models/{model}`. `inputTokenLimit` bounds the prompt alone; the answer has its own limit."""
        try:
            stated, _ = self._calls.get(gemini_body.model_path(model))
        except (ProviderError, ValidationError):
            return ModelFacts()
        hottest = stated.get("maxTemperature")
        return ModelFacts(
            context_window=count(stated.get("inputTokenLimit")) or None,
            output_cap=count(stated.get("outputTokenLimit")) or None,
            takes_temperature=hottest > 0 if isinstance(hottest, int | float) else None,
        )

    def prepare(self, request: Request, facts: ModelFacts) -> Prepared:
        return gemini_body.prepare(request, facts)

    def line(self, custom_id: str, body: bytes) -> bytes:
        return gemini_body.line(custom_id, body)

    def stage(self, intent: Intent, spool: BinaryIO) -> str | None:
        """Upload the body under a name of ours, so that an upload whose answer was lost is found under it and used.

        Gemini deletes uploads by itself after 48 hours.
        """
        size = spool.seek(0, os.SEEK_END)
        name = file_name(intent)
        try:
            return self._calls.upload(name, intent.nonce, spool, size)
        except ProviderError as error:
            if error.status == 409 and self._is_there(name, size):
                return f"files/{name}"
            raise

    def create(self, intent: Intent, spool: BinaryIO) -> str:  # noqa: ARG002  (the body was uploaded)
        try:
            path = f"{gemini_body.model_path(intent.model or '')}:batchGenerateContent"
        except ValidationError as error:
            raise CreateRefusedError(str(error)) from None
        body = {"batch": {"inputConfig": {"fileName": intent.upload_id}, "displayName": intent.nonce}}
        response = self._calls.create(path, body)
        status = gemini_answer.read_status(loaded_object(response.content))
        if status is None:
            raise CreateUnknownError(
                f"Gemini answered HTTP {response.status_code} to a create, without the batch's name",
                status=response.status_code,
            )
        return status.provider_id

    def find(self, intent: Intent) -> Sighting:
        """Look through the listing for the display name that the create set.

        Gemini does not say in which order it lists. The look ends early only where all that was seen came newest first and a
        whole page is older than the intent by the provider's clock (its `Date` header); else it goes to the listing's end.
        """
        ours: dict[str, None] = {}  # a listing that moves on between two pages shows some twice
        newest_first = True
        last_seen = float("inf")
        for page in self._pages():
            ours |= {name: None for operation in page.operations if (name := _marked(operation, intent)) is not None}
            times = [gemini_answer.created_at(operation) for operation in page.operations]
            known = [at for at in times if at is not None]
            newest_first &= len(known) == len(times) and [last_seen, *known] == sorted(
                [last_seen, *known], reverse=True
            )
            last_seen = known[-1] if known else last_seen
            since = intent.at + page.server_ahead - CLOCK_SLACK_SECONDS
            if newest_first and len(known) > 1 and known[0] < since:
                break
        if len(ours) == 1:
            return Sighting(found=next(iter(ours)), complete=True)
        return Sighting(candidates=tuple(ours), complete=True)

    def poll(self, provider_ids: Sequence[str]) -> Mapping[str, BatchStatus]:
        """Several ids: pages of the listing as long as they hold some, then one by one what is older. One id: itself."""
        wanted = set(provider_ids)
        seen = self._seen_in_listing(wanted) if len(wanted) > 1 else {}
        failed: ProviderError | None = None
        for provider_id in sorted(wanted - seen.keys()):
            try:
                seen |= self._retrieved(provider_id)
            except ProviderError as error:  # one batch that can't be seen must not hide the others
                failed = error
        if failed and not seen:
            raise failed
        return seen

    def results(self, provider_id: str) -> Iterator[bytes]:
        """The responses file as it streams in. A batch that failed, expired or was cancelled may have none: nothing comes.

        Raises `ProviderError` of kind `RESULTS_GONE` where Gemini shows the batch and no longer its file.
        """
        operation, _ = self._calls.get(_batch_path(provider_id))
        if name := gemini_answer.responses_file(operation):
            yield from self._downloaded(name)
        elif inlined := gemini_answer.inlined_responses(operation):
            yield from (orjson.dumps(response) + b"\n" for response in inlined)
        elif not gemini_answer.may_lack_answers(operation):
            raise ProviderError(f"Gemini shows no answers of {provider_id} yet", retryable=True)

    def read(self, line: bytes) -> Answer:
        return gemini_answer.read_line(line)

    def cancel(self, provider_id: str) -> None:
        try:
            self._calls.post(f"{_batch_path(provider_id)}:cancel")
        except ProviderError as error:
            refused = error.status in (400, 404, 409)
            if not (refused and any(status.ended for status in self._retrieved(provider_id).values())):
                raise

    def close(self) -> None:
        self._calls.close()

    def _is_there(self, name: str, size: int) -> bool:
        file, _ = self._calls.get(f"files/{name}")
        return count(get(file, "sizeBytes")) == size and get(file, "state") != "FAILED"

    def _downloaded(self, name: str) -> Iterator[bytes]:
        try:
            yield from self._calls.download(name)
        except ProviderError as error:
            # the same key has just been shown the batch, so it is not the key that is refused: Gemini's 403 for a file means
            # "no permission, or it may not exist"
            if error.status in (403, 404, 410):
                raise ProviderError(
                    f"Gemini no longer has the answers: {error}", status=404, kind=RESULTS_GONE
                ) from None
            raise

    def _pages(self) -> Iterator[_Page]:
        """The listing to its end. Raises `ProviderError` where it can't be followed."""
        params: dict[str, object] = {"pageSize": _PAGE_SIZE}
        for _ in range(_PAGES_MAX):
            content, headers = self._calls.get("batches", params)
            at_server = http_date(headers.get("date"))
            # proto3 JSON leaves an empty list out
            yield _Page(
                tuple(items(content.get("operations"))), 0.0 if at_server is None else at_server - self._clock()
            )
            following = text(content.get("nextPageToken"))
            if not following:
                return
            if following == params.get("pageToken"):
                break
            params["pageToken"] = following
        raise ProviderError("Gemini's listing of batches can't be followed to its end", retryable=True)

    def _seen_in_listing(self, wanted: set[str]) -> dict[str, BatchStatus]:
        seen: dict[str, BatchStatus] = {}
        for page in self._pages():
            statuses = [status for one in page.operations if (status := gemini_answer.read_status(one))]
            here = {status.provider_id: status for status in statuses if status.provider_id in wanted}
            seen |= here
            if not here or seen.keys() == wanted:
                break
        return seen

    def _retrieved(self, provider_id: str) -> dict[str, BatchStatus]:
        try:
            operation, _ = self._calls.get(_batch_path(provider_id))
        except ProviderError as error:
            if error.status == 404:
                return {}
            raise
        status = gemini_answer.read_status(operation)
        return {provider_id: status} if status and status.provider_id == provider_id else {}


def file_name(intent: Intent) -> str:
    """The name of an intent's upload. Gemini takes lowercase letters, digits and inner dashes, at most 40."""
    return f"batchata-{hashlib.blake2b(intent.nonce.encode(), digest_size=12).hexdigest()}"


def _marked(operation: object, intent: Intent) -> str | None:
    status = gemini_answer.read_status(operation)
    if status is None or gemini_answer.mark(operation) != intent.nonce or status.provider_id in intent.known_ids:
        return None
    return status.provider_id


def _batch_path(provider_id: str) -> str:
    if not gemini_answer.BATCH_NAME.fullmatch(provider_id):
        raise ProviderError(f"{provider_id!r} is no batch of Gemini's: its names are batches/<id>", status=404)
    return provider_id
