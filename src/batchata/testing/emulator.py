"""The emulator as a test holds it: an HTTP server on loopback that official SDKs take for their provider."""

from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Self

from batchata.testing.answers import KINDS, AnswerHook
from batchata.testing.anthropic.dialect import AnthropicDialect
from batchata.testing.clock import Clock
from batchata.testing.control import ControlDialect
from batchata.testing.counter import Counter
from batchata.testing.environment import environment
from batchata.testing.faults import Faults
from batchata.testing.gemini.dialect import GeminiDialect
from batchata.testing.ledger import Ledger
from batchata.testing.openai.dialect import OpenAIDialect
from batchata.testing.server import Server
from batchata.testing.settings import Prices, Settings, Turnaround
from batchata.testing.uploaded import Uploads
from batchata.testing.wire import Exchange


class Emulator:
    """The batch APIs of Anthropic, OpenAI and Gemini on loopback, on one port.

        with Emulator(turnaround=0.2) as emulator:
            client = anthropic.Anthropic(base_url=emulator.url, api_key="any")
            client = openai.OpenAI(base_url=emulator.openai_url, api_key="any")
            client = genai.Client(http_options={"base_url": emulator.gemini_url}, api_key="any")

    `turnaround`: seconds from a batch's creation to its end, or a function of its number of requests. `seed`: the same seed
    and the same requests give the same answers. `answer`: a function of a request's params that scripts its answer (None
    leaves it to the draw). `mix`: shares of requests that end otherwise, such as `{"refused": 0.01, "expired": 0.02}`;
    kinds: canceled, errored, expired, malformed, refused, truncated. `prices`: `{model: (input, output, cache read,
    5-minute cache write, 1-hour cache write)}` in USD per million tokens, the last three optional; without it the batch
    prices of `genai-prices`. `identity`: what makes two requests the same for `ledger.billed_twice`, unless given a digest
    of the params. `tokens_per_byte`: how dense text is billed, in (0, 1]; 1.0 is the most any tokenizer can make of it.
    `api_keys`: the keys taken; None takes any. Each key sees only its own batches. `cancel_seconds`,
    `expires_seconds` and `kept_seconds` are the times from a cancel to its end, from creation to expiry and from creation
    to the purge of results; `max_requests` and `max_bytes` are what one create (OpenAI: its file) may hold, and `max_file_bytes` what
    one upload may; None: what each provider's are. `enqueued_token_limit`: prompt tokens of open batches, for every model or by model: beyond it OpenAI's
    batches fail and Gemini's creates are refused. `served_models`: `{model: max_model_len}` makes the OpenAI dialect a server
    of these models only, such as vLLM; `realtime_seconds`: how long it takes for a request that is not in a batch.

    Raises `ValueError` for an argument out of its range.
    """

    def __init__(
        self,
        *,
        turnaround: Turnaround = 0.2,
        seed: int = 0,
        answer: AnswerHook | None = None,
        mix: Mapping[str, float] | None = None,
        prices: Prices | None = None,
        identity: Callable[[dict[str, Any]], str] | None = None,
        tokens_per_byte: float = 0.25,
        api_keys: Collection[str] | None = None,
        cancel_seconds: float = 0.05,
        expires_seconds: float | None = None,
        kept_seconds: float | None = None,
        max_requests: int | None = None,
        max_bytes: int | None = None,
        max_file_bytes: int | None = None,
        enqueued_token_limit: Mapping[str, int] | int | None = None,
        served_models: Mapping[str, int] | None = None,
        realtime_seconds: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        counter = Counter(tokens_per_byte)
        settings = Settings(
            clock=Clock(),
            ledger=Ledger(),
            counter=counter,
            turnaround=turnaround,
            seed=seed,
            answer=answer,
            mix=_checked(mix or {}),
            prices=prices or {},
            identity=identity,
            api_keys=api_keys,
            cancel_seconds=cancel_seconds,
            expires_seconds=expires_seconds,
            kept_seconds=kept_seconds,
            max_requests=max_requests,
            max_bytes=max_bytes,
            max_file_bytes=max_file_bytes,
            enqueued_token_limit=enqueued_token_limit,
            served_models=served_models,
            realtime_seconds=realtime_seconds,
        )
        self.faults = Faults()
        """What goes wrong, and when: `emulator.faults.add("create", Fault.DROP_AFTER)`."""
        self._clock = settings.clock
        self._ledger = settings.ledger
        self._errors = settings.errors
        self._anthropic = AnthropicDialect(settings)
        self._openai = OpenAIDialect(settings)
        self._gemini = GeminiDialect(settings)
        self._shelves = (self._anthropic.shelf, self._openai.shelf, self._gemini.shelf)
        # OpenAI's paths are the most common ones, so it is asked last
        dialects = (ControlDialect(self), self._anthropic, self._gemini, self._openai)
        self._server = Server((host, port), dialects, self.faults)
        self._anthropic.url = self._gemini.url = self._server.url

    @property
    def url(self) -> str:
        """What goes into `ANTHROPIC_BASE_URL` or a client's `base_url`."""
        return self._server.url

    @property
    def openai_url(self) -> str:
        """What goes into `OPENAI_BASE_URL`."""
        return f"{self.url}/v1"

    @property
    def gemini_url(self) -> str:
        """What goes into `GOOGLE_GEMINI_BASE_URL`."""
        return self.url

    def environment(self) -> dict[str, str]:
        """The variables that send all three SDKs here, keys included: `monkeypatch.setenv(...)`, or a child's `env`."""
        return environment(self.url)

    @property
    def ledger(self) -> Ledger:
        """Every request billed so far."""
        self._settle()
        return self._ledger

    @property
    def uploads(self) -> Uploads:
        """Every upload that was taken, deleted ones too, oldest first: `not emulator.uploads.twice()`."""
        found = [file for shelf in self._shelves for file in shelf.files.uploads]
        return Uploads(sorted(found, key=lambda file: file.at))

    @property
    def errors(self) -> list[BaseException]:
        """What the functions given to the emulator (`answer`, `identity`, `turnaround`) raised; `stop` raises the first.

        A request whose `answer` raised ended as an error of the provider's own.
        """
        return list(self._errors)

    @property
    def realtime_peak(self) -> int:
        """The most requests outside batches (`/v1/chat/completions`, `/v1/responses`) that were in the works at once."""
        return self._openai.realtime.peak

    @property
    def requests(self) -> list[Exchange]:
        """Every HTTP request so far, oldest first, without bodies and secrets."""
        return list(self._server.exchanges)

    @property
    def creates(self) -> list[Exchange]:
        """The HTTP requests that asked for a new batch: each of them may cost money."""
        return [exchange for exchange in self._server.exchanges if exchange.operation == "create"]

    @property
    def batches(self) -> list[dict[str, Any]]:
        """Every batch of every key as its API shows it, newest first."""
        found = [*self._anthropic.batches(), *self._openai.batches(), *self._gemini.batches()]
        return [shown for _, shown in sorted(found, key=lambda pair: -pair[0])]

    def summary(self) -> dict[str, Any]:
        """The ledger in a few figures; `usd` is None where a billed model has no known price."""
        ledger = self.ledger
        priced = all(bill.cost_usd is not None for bill in ledger)
        return {
            "batches": len(self.batches),
            "creates": len(self.creates),
            "requests": len(self._server.exchanges),
            "received_bytes": sum(exchange.size for exchange in self._server.exchanges),
            "uploads": len(self.uploads),
            "uploaded_twice": len(self.uploads.twice()),
            "undeleted": len(self.uploads.for_requests.undeleted),
            "billed": len(ledger),
            "billed_twice": len(ledger.billed_twice()),
            "usd": str(ledger.total_usd) if priced else None,
        }

    def hold(self) -> None:
        """Keep every batch, also those still to come, from getting on. A cancel or the expiry ends one all the same."""
        for shelf in self._shelves:
            shelf.jobs.hold()

    def release(self) -> None:
        """Let held batches go on from where they were."""
        for shelf in self._shelves:
            shelf.jobs.release()

    def advance(self, seconds: float) -> None:
        """Put the emulator's clock forward: a day lets open batches expire, 29 days archive ended ones."""
        self._settle()
        self._clock.advance(seconds)

    def archive(self, batch_id: str | None = None) -> None:
        """Purge the results of every ended batch, or of one; the batches stay listed."""
        self._settle()
        for shelf in self._shelves:
            shelf.purge(batch_id)

    def _settle(self) -> None:
        for shelf in self._shelves:
            shelf.jobs.settle()

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection. What was recorded stays readable. Raises the first of `errors`, if any."""
        self._close()
        if self._errors:
            first, *others = self._errors
            if others:
                first.add_note(f"and {len(others)} more: see Emulator.errors")
            raise first

    def _close(self) -> None:
        self._server.stop()
        self._settle()
        for shelf in self._shelves:
            shelf.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.stop()
            return
        self._close()
        for raised in self._errors:  # what went wrong inside may be why
            error.add_note(f"A function given to the emulator raised {raised!r}")


def _checked(mix: Mapping[str, float]) -> dict[str, float]:
    for kind, share in mix.items():
        if kind not in KINDS:
            raise ValueError(f"mix: {kind!r} is none of {', '.join(sorted(KINDS))}")
        if not 0 <= share <= 1:
            raise ValueError(f"mix: {kind!r} has the share {share}, which is not in [0, 1]")
    if sum(mix.values()) > 1:
        raise ValueError(f"mix: the shares add up to {sum(mix.values())}, which is more than 1")
    return dict(mix)
