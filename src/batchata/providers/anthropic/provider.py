"""Anthropic's Message Batches, behind the seam in `base`.

Anthropic gives a batch no name, so a create without an answer is looked for by time, count and unknown id, and proven by the
nonce in the first line of its results once it has ended. The calls are in `anthropic_calls`; bodies, bounds, answers and
failures in the other `anthropic_*` modules beside this one, which need neither network nor SDK.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from batchata.errors import CreateUnknownError, ProviderError
from batchata.providers import anthropic_answer, anthropic_body, anthropic_errors
from batchata.providers.anthropic_calls import BATCHES, AnthropicCalls, batch_path
from batchata.providers.base import Answer, BatchStatus, Envelope, Intent, Limits, ModelFacts, Prepared, Sighting
from batchata.request import Request

if TYPE_CHECKING:
    import anthropic

LIMITS = Limits(
    jobs_per_batch=100_000,
    bytes_per_batch=256_000_000,  # "256 MB"; which megabyte is not said, the smaller one is safe with either
    bytes_per_job=anthropic_body.BYTES_MAX,
    expires_seconds=24 * 3600.0,
    results_kept_seconds=29 * 24 * 3600.0,
)

ENVELOPE = Envelope(head=b'{"requests":[', separator=b",", tail=b"]}")

CLOCK_SLACK_SECONDS = 300.0
"""By how much the provider's clock, read from its `Date` header, may still be off: a step of our clock since the intent."""

_LIST_MAX = 1000  # Anthropic's own maximum of a page
_PAGES_MAX = 10_000
_FIRST_LINE_MAX = 64 << 20


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of the listing, newest first. `server_ahead`: seconds by which the provider's clock is ahead of ours."""

    batches: tuple[object, ...]
    server_ahead: float


class AnthropicProvider:
    """Anthropic's Message Batches. Without a client one is built from the environment on the first call
    (`ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`); a client that is given stays its owner's to close.

    Safe to call from several threads.
    """

    schema_dialect = "anthropic"

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
        self._clock = clock

    @property
    def api_version(self) -> str:
        """The `anthropic-version` that requests carry."""
        return self._calls.api_version

    def account(self) -> str:
        return self._calls.account()

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
        return anthropic_body.prepare(request, facts, self.api_version)

    def line(self, custom_id: str, body: bytes) -> bytes:
        return anthropic_body.line(custom_id, body)

    def stage(self, intent: Intent, spool: BinaryIO) -> str | None:  # noqa: ARG002  (the seam's signature)
        """Anthropic takes the body with the create."""
        return None

    def create(self, intent: Intent, spool: BinaryIO) -> str:  # noqa: ARG002  (Anthropic takes no mark)
        response = self._calls.create(spool)
        status = anthropic_answer.read_status(anthropic_answer.loaded_object(response.content))
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
            since = intent.at + page.server_ahead - CLOCK_SLACK_SECONDS
            statuses = [(batch, anthropic_answer.read_status(batch)) for batch in page.batches]
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
        return self._calls.results(provider_id)

    def read(self, line: bytes) -> Answer:
        return anthropic_answer.read_line(line)

    def cancel(self, provider_id: str) -> None:
        try:
            self._calls.cancel(provider_id)
        except ProviderError as error:
            refused = error.status in (400, 409, 422)
            if not (refused and any(status.ended for status in self._retrieved(provider_id).values())):
                raise

    def close(self) -> None:
        self._calls.close()

    def _pages(self, limit: int) -> Iterator[_Page]:
        """The listing, newest first, to its end. Raises `ProviderError` where it can't be followed."""
        params: dict[str, object] = {"limit": limit}
        for _ in range(_PAGES_MAX):
            content, headers = self._calls.get(BATCHES, params)
            batches = content.get("data")
            if not isinstance(batches, list):
                break
            at_server = anthropic_errors.http_date(headers.get("date"))
            yield _Page(tuple(batches), 0.0 if at_server is None else at_server - self._clock())
            if content.get("has_more") is False:
                return
            last = content.get("last_id")
            if not isinstance(last, str) or last == params.get("after_id"):
                break
            params = {"limit": limit, "after_id": last}
        raise ProviderError("Anthropic's listing of batches can't be followed to its end", retryable=True)

    def _seen_in_listing(self, wanted: set[str]) -> dict[str, BatchStatus]:
        seen: dict[str, BatchStatus] = {}
        for page in self._pages(min(_LIST_MAX, max(20, 4 * len(wanted)))):
            statuses = [status for batch in page.batches if (status := anthropic_answer.read_status(batch))]
            here = {status.provider_id: status for status in statuses if status.provider_id in wanted}
            seen |= here
            if not here or seen.keys() == wanted:
                break
        return seen

    def _retrieved(self, provider_id: str) -> dict[str, BatchStatus]:
        try:
            batch, _ = self._calls.get(batch_path(provider_id))
        except ProviderError as error:
            if error.status == 404:
                return {}
            raise
        status = anthropic_answer.read_status(batch)
        return {provider_id: status} if status and status.provider_id == provider_id else {}

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
    count = anthropic_answer.request_count(batch)
    return (
        status.provider_id not in intent.known_ids
        and (status.created_at is None or status.created_at >= since)
        and (count is None or count == intent.count)
    )


def _positive(value: object) -> int | None:
    return value if type(value) is int and value > 0 else None
