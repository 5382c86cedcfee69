"""OpenAI's Batch API, and services of its dialect, behind the seam in `base`.

The body is uploaded as a file, and the create names it. A create without an answer is looked for by the nonce in the batch's
metadata and by the input file, which is of this one intent; either is proof. The calls are in `calls`; bodies, bounds,
answers and failures in the other modules beside this one, which need neither network nor SDK.
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

import orjson

from batchata.errors import CreateRefusedError, CreateUnknownError, ProviderError
from batchata.providers.base import (
    RESULTS_GONE,
    Answer,
    BatchStatus,
    Envelope,
    Intent,
    Limits,
    ModelFacts,
    Prepared,
    Sighting,
)
from batchata.providers.foreign_json import loaded_object, text
from batchata.providers.listing import PAGES_MAX, ListedBatches, Page, page_size
from batchata.providers.openai.answer import read_line
from batchata.providers.openai.body import Target, prepare
from batchata.providers.openai.calls import BATCHES, OpenAICalls, batch_path
from batchata.providers.openai.facts import read_facts
from batchata.providers.openai.params import CHAT, RESPONSES
from batchata.providers.openai.status import MARK, ended_before, is_ours, number, output_files, read_status
from batchata.providers.openai.uploads import OpenAIUploads
from batchata.providers.openai.usual import read_usual
from batchata.request import Request

if TYPE_CHECKING:
    import openai

_DAY = 24 * 3600
_BATCH_BYTES = 200_000_000  # "200 MB"; which megabyte is not said, the smaller one is safe with either
_BATCH_SIZE = "200,000,000 (200 MB), its limit of a whole batch file"
_LINE_ROOM = 1_000  # what a line has beside the body, generously

LIMITS = Limits(
    jobs_per_batch=50_000,
    bytes_per_batch=_BATCH_BYTES,
    bytes_per_job=_BATCH_BYTES - _LINE_ROOM,
    expires_seconds=24 * 3600.0,
    results_kept_seconds=30 * 24 * 3600.0,
    one_model_per_batch=True,
    upload_first=True,
    plain_prompts=True,
)

TARGET = Target("OpenAI", RESPONSES, LIMITS.bytes_per_job, _BATCH_SIZE, files_max=50_000_000)

ENVELOPE = Envelope()

INPUT_KEPT_SECONDS = 14 * _DAY
"""When an uploaded input deletes itself, orphans included: well after the batch that reads it has ended."""

OUTPUT_KEPT_SECONDS = 30 * _DAY
"""When answers delete themselves: the longest that OpenAI takes, so that a run taken up late still finds them."""

FILES_LATE_SECONDS = 60.0
"""How long after its end a batch that has done requests may still lack the names of its files."""

FILES_GONE_SECONDS = 3600.0
"""How long after its end a file of answers that is not to be had counts as not open yet; later it was deleted."""

_LIST_MAX = 100  # OpenAI's own maximum of a page


class OpenAIProvider(ListedBatches):
    """OpenAI's Batch API. Without a client one is built from the environment on the first call (`OPENAI_API_KEY`,
    `OPENAI_BASE_URL`); a client that is given stays its owner's to close.

    `make` builds the client of another service of the dialect, `target` and `limits` say what that service takes.
    `self_deleting`: whether files are told when to delete themselves; where not, `forget` deletes them.

    Safe to call from several threads.
    """

    schema_dialect = "openai"
    _listing_optional = True  # some services of the dialect have none that can be followed
    _too_late = frozenset({400, 409, 422})

    def __init__(
        self,
        client: "openai.OpenAI | None" = None,
        *,
        name: str = "openai",
        make: "Callable[[], openai.OpenAI] | None" = None,
        target: Target = TARGET,
        limits: Limits = LIMITS,
        self_deleting: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.limits = limits
        self.envelope = ENVELOPE
        self._target = target
        self._calls = OpenAICalls(client, make or _from_environment, target.service)
        self.uploads = OpenAIUploads(self._calls) if target.official else None
        self._self_deleting = self_deleting
        self._clock = clock

    def account(self) -> str:
        return self._calls.account()

    def now(self) -> float | None:
        return self._calls.server_clock.now()

    def facts(self, model: str) -> ModelFacts:
        """OpenAI's models endpoint says nothing of limits, so it is not asked; some services of the dialect do say."""
        if self._target.official:
            return ModelFacts()
        try:
            stated, _ = self._calls.get(f"/models/{quote(model, safe='')}")
        except ProviderError:
            return ModelFacts()
        return read_facts(stated)

    def prepare(self, request: Request, facts: ModelFacts) -> Prepared:
        return prepare(request, facts, self._target)

    def line(self, custom_id: str, body: bytes) -> bytes:
        named = b'{"custom_id":%b,"method":"POST","url":%b,"body":'
        return named % (orjson.dumps(custom_id), orjson.dumps(self._target.endpoint.path)) + body + b"}"

    def stage(self, intent: Intent, spool: BinaryIO) -> str | None:
        """Upload the body. It costs nothing and deletes itself, so whatever goes wrong is a `CreateRefusedError`."""
        fields: dict[str, object] = {"purpose": "batch"}
        if self._self_deleting:
            fields["expires_after"] = _after(INPUT_KEPT_SECONDS)
        response = self._calls.upload(f"batchata-{intent.nonce}.jsonl", spool, fields)
        file_id = text((loaded_object(response.content) or {}).get("id"))
        if not file_id:
            raise CreateRefusedError(
                f"{self._target.service} answered HTTP {response.status_code} to an upload, without the file's id",
                retryable=True,
                status=response.status_code,
            )
        return file_id

    def create(self, intent: Intent, spool: BinaryIO) -> str:  # noqa: ARG002  (the body went ahead)
        if intent.upload_id is None:
            raise CreateRefusedError("the batch's body was not uploaded, so there is nothing to create it from")
        asked: dict[str, object] = {
            "input_file_id": intent.upload_id,
            "endpoint": self._target.endpoint.path,
            "completion_window": "24h",
            "metadata": {MARK: intent.nonce},
        }
        if self._self_deleting:
            asked["output_expires_after"] = _after(OUTPUT_KEPT_SECONDS)
        response = self._calls.create(asked)
        provider_id = text((loaded_object(response.content) or {}).get("id"))
        if not provider_id:
            raise CreateUnknownError(
                f"{self._target.service} answered HTTP {response.status_code} to a create, without the batch's id",
                status=response.status_code,
            )
        return provider_id

    def find(self, intent: Intent) -> Sighting:
        """Look through the listing, newest first, back past the intent by the provider's clock."""
        for page in self._pages(_LIST_MAX):
            since = page.since(intent)
            for batch in page.batches:
                status = self._status(batch)
                if status and is_ours(batch, intent.nonce, intent.upload_id):
                    return Sighting(found=status.provider_id, complete=True)
            made = [at for batch in page.batches if (at := number(batch.get("created_at"))) is not None]
            if any(at < since for at in made):
                break
        return Sighting(complete=True)

    def results(self, provider_id: str) -> Iterator[bytes]:
        """The output file, then the error file: both hold ends of jobs, and either may be missing.

        Raises `ProviderError` of kind `RESULTS_GONE` where the output file was deleted.
        """
        batch, _ = self._calls.get(batch_path(provider_id))
        files = output_files(batch)
        if not files:
            self._check_named(batch)
        deleted = ended_before(batch, self._clock() - FILES_GONE_SECONDS)
        for place, file_id in enumerate(files):
            try:
                yield from self._lines_of(file_id, deleted=deleted)
            except ProviderError as error:
                if place == 0 or error.kind != RESULTS_GONE:
                    raise  # of two files the second alone may be gone: what the first holds is paid and counts

    def read(self, line: bytes) -> Answer:
        return read_usual(line) or read_line(line)

    def forget(self, provider_id: str) -> None:
        """Delete the files of a batch whose answers are safe elsewhere: its input, its output and its errors."""
        try:
            batch, _ = self._calls.get(batch_path(provider_id))
        except ProviderError as error:
            if error.status == 404:  # somebody removed it already; what it read and wrote expires
                return
            raise
        given = text(batch.get("input_file_id"))
        for file_id in [*([given] if given else []), *output_files(batch)]:
            self._calls.delete_file(file_id)

    def purge(self, provider_id: str) -> None:
        """Its files, as `forget` does: a batch itself can't be deleted at OpenAI."""
        self.forget(provider_id)

    def close(self) -> None:
        self._calls.close()

    def _status(self, batch: object) -> BatchStatus | None:
        return read_status(batch, self._clock(), self.limits.results_kept_seconds)

    def _retrieve(self, provider_id: str) -> object:
        return self._calls.get(batch_path(provider_id))[0]

    def _stop(self, provider_id: str) -> None:
        self._calls.cancel(provider_id)

    def _pages(self, wanted: int) -> Iterator[Page]:
        limit = page_size(wanted, _LIST_MAX)
        params: dict[str, object] = {"limit": limit}
        for _ in range(PAGES_MAX):
            content, headers = self._calls.get(BATCHES, params)
            batches = content.get("data")
            if not isinstance(batches, list):
                break
            batches = [batch for batch in batches if isinstance(batch, dict)]
            yield self._page(batches, headers)
            if not batches or content.get("has_more") is False:
                return
            last = text(batches[-1].get("id"))
            if last is None or last == params.get("after"):
                break  # no way on, or a server that ignores `after`: what lies beyond is not known
            params = {"limit": limit, "after": last}
        raise ProviderError(f"{self._target.service}'s listing of batches can't be followed to its end", retryable=True)

    def _check_named(self, batch: object) -> None:
        """A batch that did something and names no file may name it a moment later."""
        status = self._status(batch)
        if status and status.done and not ended_before(batch, self._clock() - FILES_LATE_SECONDS):
            raise ProviderError(
                f"{self._target.service} says that {status.done} requests of {status.provider_id} are done, and names no "
                "file of answers yet",
                retryable=True,
            )

    def _lines_of(self, file_id: str, *, deleted: bool) -> Iterator[bytes]:
        last = b"\n"
        try:
            for chunk in self._calls.file(file_id):
                yield chunk
                last = chunk or last
        except ProviderError as error:
            if error.status not in (403, 404):
                raise
            if deleted and error.status == 404:
                raise ProviderError(str(error), status=404, kind=RESULTS_GONE) from None
            # seen right after a batch has ended: the file is not open to its owner yet
            raise ProviderError(str(error), retryable=True, status=error.status, kind=error.kind) from None
        if not last.endswith(b"\n"):
            yield b"\n"  # the next file's first line must not be glued to this one's last


def batch_target(service: str, cap: str | None = None) -> Target:
    """Other people's batch API in this dialect: chat completions, and OpenAI's own figures where nothing else is known."""
    return Target(service, CHAT, LIMITS.bytes_per_job, _BATCH_SIZE, cap=cap)


def _from_environment() -> "openai.OpenAI":
    import openai

    if not any(os.environ.get(key) for key in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY")):
        raise ProviderError("no key for OpenAI: set OPENAI_API_KEY.", kind="authentication_error")
    return openai.OpenAI(max_retries=0)


def _after(seconds: int) -> dict[str, object]:
    return {"anchor": "created_at", "seconds": seconds}
