"""The Gemini Developer API's batches, behind the seam in `base`.

Always the file way: the body is uploaded as JSON lines, each with its `key`, and one small POST makes the batch. Requests within
the POST itself are capped at 20 MB, their answers were seen under the wrong request, and large ones could not be fetched at all
(googleapis/python-genai#1909; discuss.ai.google.dev 174261). Answers are matched by key, never by position.

Gemini does not refuse a second batch of the same kind, so a create without an answer is looked for by the display name it set:
the intent's nonce. The calls are in `calls`; bodies, bounds, answers and failures in the other modules beside
this one, which need neither network nor SDK.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

import orjson

from batchata.errors import CreateRefusedError, CreateUnknownError, ProviderError, ValidationError
from batchata.providers.base import Answer, BatchStatus, Envelope, Intent, Limits, ModelFacts, Prepared, Sighting
from batchata.providers.foreign_json import count, get, items, loaded_object, text
from batchata.providers.gemini import answer
from batchata.providers.gemini.body import BYTES_MAX, line, model_path, prepare
from batchata.providers.gemini.calls import GeminiCalls
from batchata.providers.gemini.uploads import GeminiUploads
from batchata.providers.listing import PAGES_MAX, ListedBatches, Page
from batchata.request import Request

if TYPE_CHECKING:
    from google import genai

LIMITS = Limits(
    jobs_per_batch=50_000,  # assumed: Gemini states none. An expired batch loses all its answers, so not larger
    bytes_per_batch=2_000_000_000,  # "2 GB"; the smaller gigabyte is safe with either
    bytes_per_job=BYTES_MAX,
    expires_seconds=48 * 3600.0,
    # A file lives 48 hours, a batch's answers from its end on; an end is never before the creation, so this is early, not late
    results_kept_seconds=48 * 3600.0,
    one_model_per_batch=True,
    upload_first=True,
    plain_prompts=True,
)

ENVELOPE = Envelope()

RESULTS_GONE = "results_gone"
"""`ProviderError.kind` where a batch is still shown, and the file of its answers is not to be had any more."""

_PAGE_SIZE = 100


class GeminiProvider(ListedBatches):
    """The Gemini Developer API's batches. Without a client one is built from the environment on the first call
    (`GOOGLE_API_KEY` or `GEMINI_API_KEY`, `GOOGLE_GEMINI_BASE_URL`); a client that is given stays its owner's to close. One of
    Vertex AI is a `ValidationError`.

    Safe to call from several threads.
    """

    schema_dialect = "gemini"
    _too_late = frozenset({400, 404, 409})

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
        self.uploads = GeminiUploads(self._calls, clock)
        self._clock = clock

    def account(self) -> str:
        return self._calls.account()

    def now(self) -> float | None:
        return self._calls.server_clock.now()

    def facts(self, model: str) -> ModelFacts:
        """From `GET /{version}/models/{model}`. `inputTokenLimit` bounds the prompt alone; the answer has its own limit."""
        try:
            stated, _ = self._calls.get(model_path(model))
        except (ProviderError, ValidationError):
            return ModelFacts()
        hottest = stated.get("maxTemperature")
        return ModelFacts(
            context_window=count(stated.get("inputTokenLimit")) or None,
            output_cap=count(stated.get("outputTokenLimit")) or None,
            takes_temperature=hottest > 0 if isinstance(hottest, int | float) else None,
        )

    def prepare(self, request: Request, facts: ModelFacts) -> Prepared:
        return prepare(request, facts)

    def line(self, custom_id: str, body: bytes) -> bytes:
        return line(custom_id, body)

    def stage(self, intent: Intent, spool: BinaryIO) -> str | None:
        """Upload the body under a name of ours, so that an upload whose answer was lost is found under it and used.

        Gemini deletes uploads by itself after 48 hours.
        """
        size = spool.seek(0, os.SEEK_END)
        name = file_name(intent.nonce)
        try:
            return str(self._calls.upload(name, intent.nonce, "application/jsonl", spool, size)["name"])
        except ProviderError as error:
            if error.status == 409 and self._is_there(name, size):
                return f"files/{name}"
            raise

    def create(self, intent: Intent, spool: BinaryIO) -> str:  # noqa: ARG002  (the body was uploaded)
        try:
            path = f"{model_path(intent.model or '')}:batchGenerateContent"
        except ValidationError as error:
            raise CreateRefusedError(str(error)) from None
        body = {"batch": {"inputConfig": {"fileName": intent.upload_id}, "displayName": intent.nonce}}
        response = self._calls.create(path, body)
        status = answer.read_status(loaded_object(response.content))
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
        for page in self._pages(_PAGE_SIZE):
            ours |= {name: None for operation in page.batches if (name := _marked(operation, intent)) is not None}
            times = [answer.created_at(operation) for operation in page.batches]
            known = [at for at in times if at is not None]
            newest_first &= len(known) == len(times) and [last_seen, *known] == sorted(
                [last_seen, *known], reverse=True
            )
            last_seen = known[-1] if known else last_seen
            since = page.since(intent)
            if newest_first and len(known) > 1 and known[0] < since:
                break
        if len(ours) == 1:
            return Sighting(found=next(iter(ours)), complete=True)
        return Sighting(candidates=tuple(ours), complete=True)

    def results(self, provider_id: str) -> Iterator[bytes]:
        """The responses file as it streams in. A batch that failed, expired or was cancelled may have none: nothing comes.

        Raises `ProviderError` of kind `RESULTS_GONE` where Gemini shows the batch and no longer its file.
        """
        operation, _ = self._calls.get(_batch_path(provider_id))
        if name := answer.responses_file(operation):
            yield from self._downloaded(name)
        elif inlined := answer.inlined_responses(operation):
            yield from (orjson.dumps(response) + b"\n" for response in inlined)
        elif not answer.may_lack_answers(operation):
            raise ProviderError(f"Gemini shows no answers of {provider_id} yet", retryable=True)

    def read(self, line: bytes) -> Answer:
        return answer.read_line(line)

    def forget(self, provider_id: str) -> None:
        """Delete the upload, whose name follows from the batch's mark. The answers' file is Gemini's own; both go after 48 hours
        by themselves.
        """
        operation, _ = self._calls.get(_batch_path(provider_id))
        if nonce := answer.mark(operation):
            self._calls.delete(f"files/{file_name(nonce)}")

    def purge(self, provider_id: str) -> None:
        """Delete the upload, the batch and the answers' file. Of a batch that is gone no file can be named any more: what is left of
        it goes 48 hours after its making.
        """
        try:
            operation, _ = self._calls.get(_batch_path(provider_id))
        except ProviderError as error:
            if error.status != 404:
                raise
            return
        if nonce := answer.mark(operation):
            self._calls.delete(f"files/{file_name(nonce)}")
        self._calls.delete(_batch_path(provider_id))
        if answers := answer.responses_file(operation):
            self._calls.delete(answers)

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

    def _status(self, batch: object) -> BatchStatus | None:
        return answer.read_status(batch)

    def _retrieve(self, provider_id: str) -> object:
        return self._calls.get(_batch_path(provider_id))[0]

    def _stop(self, provider_id: str) -> None:
        self._calls.post(f"{_batch_path(provider_id)}:cancel")

    def _pages(self, wanted: int) -> Iterator[Page]:  # noqa: ARG002  (its pages hold 100 at most)
        params: dict[str, object] = {"pageSize": _PAGE_SIZE}
        for _ in range(PAGES_MAX):
            content, headers = self._calls.get("batches", params)
            # proto3 JSON leaves an empty list out
            yield self._page(items(content.get("operations")), headers)
            following = text(content.get("nextPageToken"))
            if not following:
                return
            if following == params.get("pageToken"):
                break
            params["pageToken"] = following
        raise ProviderError("Gemini's listing of batches can't be followed to its end", retryable=True)


def file_name(nonce: str) -> str:
    """The name of the upload of an intent of that nonce. Gemini takes lowercase letters, digits and inner dashes, at most 40."""
    return f"batchata-{hashlib.blake2b(nonce.encode(), digest_size=12).hexdigest()}"


def _marked(operation: object, intent: Intent) -> str | None:
    status = answer.read_status(operation)
    if status is None or answer.mark(operation) != intent.nonce or status.provider_id in intent.known_ids:
        return None
    return status.provider_id


def _batch_path(provider_id: str) -> str:
    if not answer.BATCH_NAME.fullmatch(provider_id):
        raise ProviderError(f"{provider_id!r} is no batch of Gemini's: its names are batches/<id>", status=404)
    return provider_id
