"""The emulator as a test holds it: an HTTP server on loopback that official SDKs take for their provider."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from batchata.testing.answers import KINDS, AnswerHook
from batchata.testing.anthropic.cache import PromptCache
from batchata.testing.anthropic.dialect import AnthropicDialect
from batchata.testing.anthropic.envelope import MAX_BYTES, MAX_REQUESTS
from batchata.testing.anthropic.lines import Identity, Writer
from batchata.testing.anthropic.shelf import Shelf, Turnaround
from batchata.testing.anthropic.tokens import Counter
from batchata.testing.clock import Clock
from batchata.testing.control import ControlDialect
from batchata.testing.faults import Faults
from batchata.testing.ledger import Ledger, Pricer, Rates
from batchata.testing.server import Server
from batchata.testing.wire import Exchange


class Emulator:
    """A provider's batch API on loopback.

        with Emulator(turnaround=0.2) as emulator:
            client = anthropic.Anthropic(base_url=emulator.url, api_key="any")

    `turnaround`: seconds from a batch's creation to its end, or a function of its number of requests. `seed`: the same seed
    and the same requests give the same answers. `answer`: a function of a request's params that scripts its answer (None
    leaves it to the draw). `mix`: shares of requests that end otherwise, such as `{"refused": 0.01, "expired": 0.02}`;
    kinds: canceled, errored, expired, malformed, refused, truncated. `prices`: `{model: (input, output, cache read,
    5-minute cache write, 1-hour cache write)}` in USD per million tokens, the last three optional; without it the batch
    prices of `genai-prices`. `identity`: what makes two requests the same for `ledger.billed_twice`, unless given a digest
    of the params. `tokens_per_byte`: how dense text is billed, in (0, 1]; 1.0 is the most any tokenizer can make of it.
    `api_keys`: the keys taken; None takes any. Each key sees only its own batches. `cancel_seconds`,
    `expires_seconds` and `kept_seconds` are the times from a cancel to its end, from creation to expiry and from creation
    to the purge of results. `max_requests` and `max_bytes` are what one create may hold.

    Raises `ValueError` for an argument out of its range.
    """

    def __init__(
        self,
        *,
        turnaround: Turnaround = 0.2,
        seed: int = 0,
        answer: AnswerHook | None = None,
        mix: Mapping[str, float] | None = None,
        prices: Mapping[str, Sequence[float | str | Decimal] | Rates] | None = None,
        identity: Identity | None = None,
        tokens_per_byte: float = 0.25,
        api_keys: Collection[str] | None = None,
        cancel_seconds: float = 0.05,
        expires_seconds: float = 24 * 3600.0,
        kept_seconds: float = 29 * 24 * 3600.0,
        max_requests: int = MAX_REQUESTS,
        max_bytes: int = MAX_BYTES,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        counter = Counter(tokens_per_byte)
        pricer = Pricer("anthropic", prices or {})
        writer = Writer(seed, counter, pricer, PromptCache(), answer, _checked(mix or {}), identity)
        terms = {"cancel": cancel_seconds, "expires": expires_seconds, "kept": kept_seconds}
        self.faults = Faults()
        """What goes wrong, and when: `emulator.faults.add("create", Fault.DROP_AFTER)`."""
        self._clock = Clock()
        self._shelf = Shelf(writer, self._clock, turnaround, terms)
        self._anthropic = AnthropicDialect(self._shelf, counter, api_keys, max_requests, max_bytes)
        self._server = Server((host, port), [ControlDialect(self), self._anthropic], self.faults)
        self._anthropic.url = self._server.url

    @property
    def url(self) -> str:
        """What goes into `ANTHROPIC_BASE_URL` or a client's `base_url`."""
        return self._server.url

    @property
    def ledger(self) -> Ledger:
        """Every request billed so far."""
        self._shelf.settle()
        return self._shelf.ledger

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
        """Every batch of every key as the API shows it, newest first."""
        return [batch.to_json(self.url) for batch in self._shelf.listed()]

    def summary(self) -> dict[str, Any]:
        """The ledger in a few figures; `usd` is None where a billed model has no known price."""
        ledger = self.ledger
        priced = all(bill.cost_usd is not None for bill in ledger)
        return {
            "batches": len(self._shelf.listed()),
            "creates": len(self.creates),
            "requests": len(self._server.exchanges),
            "billed": len(ledger),
            "billed_twice": len(ledger.billed_twice()),
            "usd": str(ledger.total_usd) if priced else None,
        }

    def hold(self) -> None:
        """Keep every batch, also those still to come, from getting on. A cancel or the expiry ends one all the same."""
        self._shelf.hold()

    def release(self) -> None:
        """Let held batches go on from where they were."""
        self._shelf.release()

    def advance(self, seconds: float) -> None:
        """Put the emulator's clock forward: a day lets open batches expire, 29 days archive ended ones."""
        self._shelf.settle()
        self._clock.advance(seconds)

    def archive(self, batch_id: str | None = None) -> None:
        """Purge the results of every ended batch, or of one; the batches stay listed."""
        self._shelf.archive(batch_id)

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection. What was recorded stays readable. Raises what an answer hook raised."""
        self._server.stop()
        try:
            self._shelf.settle()
        finally:
            self._shelf.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _checked(mix: Mapping[str, float]) -> dict[str, float]:
    for kind, share in mix.items():
        if kind not in KINDS:
            raise ValueError(f"mix: {kind!r} is none of {', '.join(sorted(KINDS))}")
        if not 0 <= share <= 1:
            raise ValueError(f"mix: {kind!r} has the share {share}, which is not in [0, 1]")
    if sum(mix.values()) > 1:
        raise ValueError(f"mix: the shares add up to {sum(mix.values())}, which is more than 1")
    return dict(mix)
