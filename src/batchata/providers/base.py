"""The seam between batchata and a provider: the whole of what the rest of the house knows about one.

A provider turns a `Request` into the bytes of its wire (`prepare`), makes a batch of them with exactly one call that costs
money (`create`), finds a batch whose create went unanswered (`find`), and fetches and reads answers. It holds no state of
ours and takes no decision about money, retries or time. Its methods may be called from several threads at once.

What is not in this file is not the provider's business.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, Protocol

from batchata.request import Document, Image, Request
from batchata.result import Outcome
from batchata.usage import Usage

RESULTS_GONE = "results_gone"
"""The `kind` of a `ProviderError` from `results`: the provider has deleted the answers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one provider batch may hold and how long things last; figures are the provider's own."""

    jobs_per_batch: int
    bytes_per_batch: int
    bytes_per_job: int
    expires_seconds: float
    results_kept_seconds: float | None  # from the batch's creation; None: for ever
    one_model_per_batch: bool = False
    upload_first: bool = False  # the body is uploaded (`stage`) before the create
    plain_prompts: bool = (
        False  # what `prepare` makes of a prompt alone depends on nothing but the prompt's JSON and its length
    )
    leaves_files: bool = True  # something is put there beside the batch itself, for `forget` to remove
    cites: bool = False  # an answer without a schema cites the documents given, in `Answer.statements`


@dataclass(frozen=True, slots=True)
class Envelope:
    """How lines become the body of a create: `head + separator.join(lines) + tail`."""

    head: bytes = b""
    separator: bytes = b"\n"
    tail: bytes = b"\n"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the provider's models endpoint says of a model; None where it does not say."""

    context_window: int | None = None
    output_cap: int | None = None
    takes_temperature: bool | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request in the provider's dialect, and the most it can be billed for.

    `body` is the JSON of the request itself, without its envelope line. `input_tokens_max` and `output_tokens_max` hold
    whatever the model answers; `cache_write` is the dearest cache write the body can cause (None, "5m" or "1h").
    `warnings` are for the user, said once per run.
    """

    body: bytes
    input_tokens_max: int
    output_tokens_max: int
    cache_write: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """A create about to be made, or one whose fate is looked for.

    `nonce` names it in every `custom_id` and wherever the provider lets us set a mark. `at` is Unix time by our clock,
    `provider_at` by the provider's, as `Provider.now` had it then.
    `upload_id` is what `stage` gave. `known_ids` are the provider batches that are certainly not it.
    """

    nonce: str
    count: int
    size: int
    at: float
    provider_at: float | None = None
    model: str | None = None
    upload_id: str | None = None
    known_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one look for an uncertain batch saw.

    `found` is the id of a batch proven to be ours. `candidates` could be ours but are not proven yet. `complete` says that
    the listing reached back past the intent by the provider's clock: only then does seeing nothing mean anything.
    `never_made`: it certainly is not there, where the provider can know (a spool on our own disk).
    """

    found: str | None = None
    candidates: tuple[str, ...] = ()
    complete: bool = False
    never_made: bool = False


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """What a provider says of a batch.

    `ended`: it will do no more work. `results_gone`: it deleted the answers. `error`: the provider's words where the whole
    batch failed before any request ran (then nothing of it was billed). `created_at` is Unix time by the provider's clock.
    """

    provider_id: str
    ended: bool
    created_at: float | None = None
    done: int | None = None
    results_gone: bool = False
    error: str | None = None
    error_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """A passage that the provider says it cites. `document` counts the documents of the request from 0; `start` is the first
    character in the text that was sent, `page` 1-based; None where it does not say.
    """

    text: str
    document: int | None = None
    start: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of an answer's text, and what is cited for it."""

    text: str
    cited: tuple[Cited, ...]


class Answer(NamedTuple):
    """One line of results, read. `custom_id` is None where the line is not one we can place.

    `text` is the model's answer as text (JSON where a schema was asked). `error` is the provider's words where there is no
    answer. `retryable`: the same request may do better later. `billed`: whether the provider charges for it; where its
    documentation leaves that open the provider module says which way it decided, and why. `note`: what the user should know of an
    answer that is paid, such as a discount that was not given. `statements` are the pieces that cite, where the provider cites by
    itself; None where it does not.
    """

    custom_id: str | None
    outcome: Outcome
    text: str | None = None
    usage: Usage = Usage()
    model: str | None = None
    error: str | None = None
    retryable: bool = False
    billed: bool = True
    note: str | None = None
    statements: tuple[Statement, ...] | None = None


@dataclass(frozen=True, slots=True)
class UploadForm:
    """What of a document or a picture is uploaded. `suffix`: how the name of such a file ends (`.pdf`)."""

    media_type: str
    suffix: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """A file at the provider. `name` is the one we gave it, `reference` what a request says in its place
    (`request.Document.reference`). `expires_at`: Unix time at which the provider deletes it; None: never, or not said.
    """

    name: str
    reference: str
    expires_at: float | None = None


class Uploads(Protocol):
    """Files put at a provider once, for many requests to refer to. None of it costs money (the tokens of a file are billed where
    a request refers to it, as if it were sent along), so a call that fails may be made again; each is made once here. Every method
    but `form` goes to the network and raises `ProviderError`.
    """

    @property
    def outlast_seconds(self) -> float:
        """How long an upload must still live for a request that is made now to refer to it."""
        ...

    def form(self, part: Document | Image) -> UploadForm | None:
        """What would be uploaded; None where the provider is given it within the request only. Pure."""
        ...

    def upload(self, name: str, form: UploadForm) -> Upload:
        """Put it there under a name of ours. One attempt, no redirect."""
        ...

    def uploaded(self, mark: str) -> Iterator[Upload]:
        """The uploads whose names begin with `mark`, by the provider's own listing."""
        ...

    def delete(self, upload: Upload) -> None:
        """One that is not there is no error."""
        ...


class Provider(Protocol):
    """One provider's batch API. Every method that goes to the network raises `ProviderError` and nothing else for what the
    provider or the network did; each call makes exactly one attempt at whatever costs money.
    """

    @property
    def name(self) -> str: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def envelope(self) -> Envelope: ...

    @property
    def schema_dialect(self) -> str:
        """The JSON Schema dialect (a name in `output`) that `Request.schema` is to be in."""
        ...

    @property
    def uploads(self) -> Uploads | None:
        """Its store of files that requests can refer to; None where it has none."""
        ...

    def account(self) -> str:
        """The key and base URL in use, as text to be fingerprinted by the caller (never stored or shown as it is)."""
        ...

    def now(self) -> float | None:
        """Unix time by the provider's clock, as its answers have told; None where it has not answered yet, or tells none."""
        ...

    def facts(self, model: str) -> ModelFacts:
        """One free call to the models endpoint, where there is one; `ModelFacts()` where there is none or it fails."""
        ...

    def prepare(self, request: Request, facts: ModelFacts) -> Prepared:
        """The provider's exact request body and its bound. Pure. Raises `ValidationError` or `DocumentError`, naming what
        can't be sent and the provider's figure, where the provider would refuse it or it can't be bounded under a limit.
        """
        ...

    def line(self, custom_id: str, body: bytes) -> bytes:
        """`body` with its name, as it stands in the envelope. No newline at its end."""
        ...

    def stage(self, intent: Intent, spool: BinaryIO) -> str | None:
        """Upload the body where the provider wants that before a create; the upload's id, None where it has no such step."""
        ...

    def create(self, intent: Intent, spool: BinaryIO) -> str:
        """Make the batch: exactly one POST, no retry, no redirect. Returns the provider's id.

        Raises `CreateRefusedError` where nothing was made, `CreateUnknownError` where that is not known.
        """
        ...

    def find(self, intent: Intent) -> Sighting:
        """Look once for the batch of an unanswered create."""
        ...

    def poll(self, provider_ids: Sequence[str]) -> Mapping[str, BatchStatus]:
        """What the provider says of these batches, by one listing where that is cheaper than one call each. An id it says
        nothing of is left out: unseen, not gone.
        """
        ...

    def results(self, provider_id: str) -> Iterator[bytes]:
        """The raw result bytes as they stream in, in chunks of any size. Raises `ProviderError` if cut short."""
        ...

    def read(self, line: bytes) -> Answer:
        """One result line (without its newline). Never raises: a line that can't be read is an `Answer` saying so."""
        ...

    def cancel(self, provider_id: str) -> None:
        """Ask the provider to stop. A batch that has ended already is no error."""
        ...

    def forget(self, provider_id: str) -> None:
        """Remove what was put at the provider only to make this batch, once its answers are safe here: uploads, spool files. The
        batch itself stays in the provider's list. Raises `ProviderError`; failing is no harm, because what is left expires.
        """
        ...

    def purge(self, provider_id: str) -> None:
        """Remove for good what the provider lets go of a batch that has ended: what was put there for it, its answers, the batch
        itself. What is not there any more is no error. Raises `ProviderError`.
        """
        ...

    def close(self) -> None:
        """Free what is held. A batch at the provider goes on."""
        ...
