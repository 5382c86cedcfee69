"""Anthropic's Message Batches, behind the seam in `base`.

Anthropic gives a batch no name, so a create without an answer is looked for by time, count and unknown id, and proven by the
nonce in the first line of its results once it has ended. The calls are in `calls`; bodies, bounds, answers and
failures in the other modules beside this one, which need neither network nor SDK.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from batchata.errors import CreateUnknownError, ProviderError
from batchata.providers.anthropic.answer import read_line, read_status, request_count
from batchata.providers.anthropic.body import BYTES_MAX, line, prepare
from batchata.providers.anthropic.calls import BATCHES, AnthropicCalls, batch_path
from batchata.providers.anthropic.params import is_late
from batchata.providers.anthropic.uploads import AnthropicUploads
from batchata.providers.anthropic.usual import read_usual
from batchata.providers.base import Answer, BatchStatus, Envelope, Intent, Limits, ModelFacts, Prepared, Sighting
from batchata.providers.foreign_json import loaded_object
from batchata.providers.listing import PAGES_MAX, ListedBatches, Page, page_size
from batchata.request import Request

if TYPE_CHECKING:
    import anthropic

LIMITS = Limits(
    jobs_per_batch=100_000,
    bytes_per_batch=256_000_000,  # "256 MB"; which megabyte is not said, the smaller one is safe with either
    bytes_per_job=BYTES_MAX,
    expires_seconds=24 * 3600.0,
    results_kept_seconds=29 * 24 * 3600.0,
    plain_prompts=True,
    leaves_files=False,
    cites=True,
)

ENVELOPE = Envelope(head=b'{"requests":[', separator=b",", tail=b"]}")

_LIST_MAX = 1000  # Anthropic's own maximum of a page
_FIRST_LINE_MAX = 64 << 20


class AnthropicProvider(ListedBatches):
    """Anthropic's Message Batches. Without a client one is built from the environment on the first call
    (`ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`); a client that is given stays its owner's to close.

    Safe to call from several threads.
    """

    schema_dialect = "anthropic"
    _too_late = frozenset({400, 409, 422})

    def __init__(
        self,
        client: "anthropic.Anthropic | None" = None,
        *,
        name: str = "anthropic",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.limits = LIMITS
        self.envelope = ENVELOPE
        self._calls = AnthropicCalls(client)
        self._uploads = AnthropicUploads(self._calls)
        self._clock = clock

    @property
    def api_version(self) -> str:
        """The `anthropic-version` that requests carry."""
        return self._calls.api_version

    @property
    def uploads(self) -> AnthropicUploads | None:
        """Under earlier versions the Files API is a beta, which requests and batches would have to ask for by a header."""
        return self._uploads if is_late(self.api_version) else None

    def account(self) -> str:
        return self._calls.account()

    def now(self) -> float | None:
        return self._calls.server_clock.now()

    def facts(self, model: str) -> ModelFacts:
        """From `GET /v1/models/{model}`. It says nothing of sampling, so `takes_temperature` stays open."""
        try:
            stated, _ = self._calls.get(f"/v1/models/{quote(model, safe='')}")
            # a beta may widen the window beyond what is stated, and a bound must hold
            widened = "context-" in self._calls.betas
        except ProviderError:
            return ModelFacts()
        return ModelFacts(
            context_window=None if widened else _positive(stated.get("max_input_tokens")),
            output_cap=_positive(stated.get("max_tokens")),
        )

    def prepare(self, request: Request, facts: ModelFacts) -> Prepared:
        return prepare(request, facts, self.api_version)

    def line(self, custom_id: str, body: bytes) -> bytes:
        return line(custom_id, body)

    def stage(self, intent: Intent, spool: BinaryIO) -> str | None:  # noqa: ARG002  (the seam's signature)
        """Anthropic takes the body with the create."""
        return None

    def create(self, intent: Intent, spool: BinaryIO) -> str:  # noqa: ARG002  (Anthropic takes no mark)
        response = self._calls.create(spool)
        status = read_status(loaded_object(response.content))
        if status is None:
            raise CreateUnknownError(
                f"Anthropic answered HTTP {response.status_code} to a create, without the batch's id",
                status=response.status_code,
            )
        return status.provider_id

    def find(self, intent: Intent) -> Sighting:
        """Look through the listing, newest first, back past the intent.

        The provider's clock is read from its `Date` header, so that ours may be wrong; what may then still be off is
        `CLOCK_SLACK_SECONDS`. There is no upper end: a slow upload is dated by its arrival.
        """
        candidates: list[str] = []
        for page in self._pages(_LIST_MAX):
            since = page.since(intent)
            statuses = [(batch, read_status(batch)) for batch in page.batches]
            for batch, status in statuses:
                if status is None or not _could_be(intent, batch, status, since):
                    continue
                proof = self._proof(intent, status)
                if proof:
                    return Sighting(found=status.provider_id, candidates=tuple(candidates))
                if proof is None:
                    candidates.append(status.provider_id)
            if any(status and status.created_at is not None and status.created_at < since for _, status in statuses):
                break
        return Sighting(candidates=tuple(candidates), complete=True)

    def results(self, provider_id: str) -> Iterator[bytes]:
        return self._calls.results(provider_id)

    def read(self, line: bytes) -> Answer:
        return read_usual(line) or read_line(line)

    def forget(self, provider_id: str) -> None:
        """Nothing was put at Anthropic but the batch itself."""

    def purge(self, provider_id: str) -> None:
        """Delete the batch with its answers, which Anthropic keeps for 29 days otherwise. One that has not ended is refused."""
        self._calls.delete_batch(provider_id)

    def close(self) -> None:
        self._calls.close()

    def _status(self, batch: object) -> BatchStatus | None:
        return read_status(batch)

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
            yield self._page(batches, headers)
            if content.get("has_more") is False:
                return
            last = content.get("last_id")
            if not isinstance(last, str) or last == params.get("after_id"):
                break
            params = {"limit": limit, "after_id": last}
        raise ProviderError("Anthropic's listing of batches can't be followed to its end", retryable=True)

    def _proof(self, intent: Intent, status: BatchStatus) -> bool | None:
        """Whether a batch is the intent's: by the nonce in its results; None where there are none to look at."""
        if not status.ended or status.results_gone:
            return None
        try:
            custom_id = self._first_custom_id(status.provider_id)
        except ProviderError:
            return None
        return None if custom_id is None else custom_id.startswith(f"{intent.nonce}-")

    def _first_custom_id(self, provider_id: str) -> str | None:
        head = bytearray()
        with closing(self._calls.results(provider_id)) as chunks:
            for chunk in chunks:
                line, newline, _ = chunk.partition(b"\n")
                head += line
                if newline or len(head) > _FIRST_LINE_MAX:
                    break
        return self.read(bytes(head)).custom_id


def _could_be(intent: Intent, batch: object, status: BatchStatus, since: float) -> bool:
    """Whether a listed batch could be the intent's: not known, not older, as many requests. What it does not say disproves
    nothing.
    """
    count = request_count(batch)
    return (
        status.provider_id not in intent.known_ids
        and (status.created_at is None or status.created_at >= since)
        and (count is None or count == intent.count)
    )


def _positive(value: object) -> int | None:
    return value if type(value) is int and value > 0 else None
