"""Providers of three kinds, speaking for the accounts they are given: the seam's own methods, each with what may go wrong.

`listed` gives a batch no name (found by time and count, proven by its results) and cites by itself; `marked` takes an upload and
a mark, one model per batch, and files that requests refer to; `spooled` makes the same batch only once, knows what it never made
whoever asks, and takes plain prompts.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, BinaryIO, Protocol

import orjson

from batchata.errors import CreateRefusedError, CreateUnknownError, ProviderError
from batchata.providers.base import (
    RESULTS_GONE,
    Answer,
    BatchStatus,
    Cited,
    Envelope,
    Intent,
    Limits,
    ModelFacts,
    Prepared,
    Sighting,
    Statement,
)
from batchata.request import Document, Part, Request, Text
from batchata.result import Outcome
from batchata.usage import Usage
from simulated.accounts import SMALL_WINDOW, Account, Line, Remote, Violation, Weather
from simulated.shelf import Shelf
from simulated.time import EPOCH, Points, SimClock

KINDS = ("listed", "marked", "spooled")
CLOCK_SLACK = 300.0  # as Anthropic's: how far the wall clock may step between an intent and the look for it


class Sky(Protocol):
    """What a provider needs of the world."""

    clock: SimClock
    points: Points
    weather: Weather
    lock: threading.RLock

    def lucky(self, chance: float) -> bool: ...
    def uniform(self, low: float, high: float) -> float: ...
    def shuffled(self, lines: list[bytes]) -> list[bytes]: ...
    def about_to_create(self, kind: str, nonce: str, lines: list[Line]) -> None: ...
    def money_moved(self) -> None: ...


class SimProvider:
    """One kind of provider, under the key of one account."""

    schema_dialect = "anthropic"

    def __init__(self, kind: str, account: Account, key: str, sky: Sky, uploads: Shelf | None = None) -> None:
        self.name = kind
        self.uploads = uploads
        self.envelope = Envelope()
        self.limits = Limits(
            jobs_per_batch=100,
            bytes_per_batch=100_000,
            bytes_per_job=10_000,
            expires_seconds=86_400.0,
            results_kept_seconds=29 * 86_400.0,
            one_model_per_batch=kind == "marked",
            upload_first=kind == "marked",
            plain_prompts=kind == "spooled",
            cites=kind == "listed",
        )
        self._key = key
        self._account = account
        self._sky = sky

    # -- without a network

    def account(self) -> str:
        return self._key

    def now(self) -> float | None:
        return EPOCH + self._now + self._account.skew

    def facts(self, model: str) -> ModelFacts:
        return ModelFacts(context_window=SMALL_WINDOW if model == "n" else None)

    def prepare(self, request: Request, facts: ModelFacts) -> Prepared:
        text = " ".join(part.text for turn in request.messages for part in turn.parts if isinstance(part, Text))
        files = [_file(part) for turn in request.messages for part in turn.parts if not isinstance(part, Text)]
        body = orjson.dumps({"model": request.model, "text": text, **({"files": files} if files else {})})
        return Prepared(body, len(body), request.max_tokens)

    def line(self, custom_id: str, body: bytes) -> bytes:
        return b'{"custom_id":' + orjson.dumps(custom_id) + b',"body":' + body + b"}"

    def read(self, line: bytes) -> Answer:
        try:
            row: dict[str, Any] = orjson.loads(line)
        except orjson.JSONDecodeError:
            return Answer(None, Outcome.ERROR, error="no line of results")
        usage, said = Usage(*row.get("usage", (0, 0))), row.get("statements")
        custom_id, outcome = row["custom_id"], Outcome(row["kind"])
        answered = outcome in (Outcome.SUCCEEDED, Outcome.TRUNCATED)
        return Answer(
            custom_id=custom_id,
            outcome=outcome,
            text=row.get("text"),
            usage=usage,
            error=None if answered else f"it came to {outcome}",
            retryable=outcome is Outcome.EXPIRED or row.get("retryable", False),
            billed=answered,
            statements=None
            if said is None
            else tuple(Statement(text, tuple(Cited(*one) for one in cited)) for text, cited in said),
        )

    # -- with one

    def stage(self, intent: Intent, spool: BinaryIO) -> str | None:
        with self._call("stage"):
            self._may_fail()
            return f"upload-{intent.nonce}"

    def create(self, intent: Intent, spool: BinaryIO) -> str:
        lines = [Line.of(line) for line in spool.read().splitlines()]
        if len(lines) != intent.count:
            raise Violation(f"a create of {intent.count} requests has {len(lines)}")
        with self._call("create"):
            return self._create(intent, lines)

    def find(self, intent: Intent) -> Sighting:
        with self._call("find"):
            self._may_fail()
            return self._find(intent)

    def poll(self, provider_ids: Sequence[str]) -> Mapping[str, BatchStatus]:
        with self._call("poll"):
            self._may_fail()
            seen = {remote.id: remote for remote in self._visible()}
            lucky = [name for name in provider_ids if name in seen and not self._sky.lucky(self._weather.unseen)]
            return {name: _status(seen[name]) for name in lucky}

    def results(self, provider_id: str) -> Iterator[bytes]:
        with self._call("results"):
            self._may_fail()
            remote = self._account.batches.get(provider_id)
            if remote is not None and remote.purged:
                raise ProviderError("the results are deleted", status=404, kind=RESULTS_GONE)
            if remote is None or remote.answers is None:
                raise ProviderError("there are no results", status=404)
            body = b"".join(line + b"\n" for line in self._shown(remote))
            cut = len(body) if not self._sky.lucky(self._weather.download_cut) else len(body) // 2
            step = max(1, int(self._sky.uniform(1, len(body) + 1)))
            for start in range(0, cut, step):
                yield body[start : min(start + step, cut)]
            if cut < len(body):
                raise ProviderError("results were cut short", retryable=True)

    def cancel(self, provider_id: str) -> None:
        with self._call("cancel"):
            self._may_fail()
            remote = self._account.batches.get(provider_id)
            if remote is None:
                raise ProviderError("no such batch", status=404)
            remote.cancelled = True

    def forget(self, provider_id: str) -> None:
        """The upload is not needed any more; nobody bills for removing it, and nobody waits for it."""
        remote = self._account.batches.get(provider_id)
        if remote is None:
            raise ProviderError("no such batch", status=404)

    def close(self) -> None:
        """Nothing is held."""

    # -- within

    @property
    def _weather(self) -> Weather:
        return self._sky.weather

    @property
    def _now(self) -> float:
        return self._sky.clock.true

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        """One call to the provider: time has passed there, and we may die before it or after it."""
        with self._sky.lock:
            self._sky.points.reach(f"before {name}")
            self._turn()
            try:
                yield
            finally:
                self._turn()
            self._sky.points.reach(f"after {name}")

    def _turn(self) -> None:
        self._account.turn(self._now, self._weather)
        self._sky.money_moved()

    def _visible(self) -> list[Remote]:
        return self._account.visible(self._now)

    def _may_fail(self) -> None:
        if self._sky.lucky(self._weather.look_failed):
            raise ProviderError("overloaded", retryable=True, status=529)
        if self._sky.lucky(self._weather.look_denied):
            raise ProviderError("no such key", status=401)
        if self._sky.lucky(self._weather.look_broken):
            raise TypeError("a client that is not what it was")

    def _create(self, intent: Intent, lines: list[Line]) -> str:
        sky, weather, account = self._sky, self._weather, self._account
        bad = any(line.job.startswith("bad") for line in lines)
        if bad:
            raise CreateRefusedError("a request of it is not valid", status=400)
        if sky.lucky(weather.create_refused):
            raise CreateRefusedError("slow down", retryable=True, status=429, retry_after=sky.uniform(0, 5))
        if sky.lucky(weather.create_denied):
            raise CreateRefusedError("no such key", status=401)
        if sky.lucky(weather.foreign_batch):
            account.add_foreign(intent.count, self._now)
        if sky.lucky(weather.create_reset_before):
            raise CreateUnknownError("connection reset")
        if self.name == "spooled" and (made := self._marked(intent)) is not None:
            return made
        sky.about_to_create(self.name, intent.nonce, lines)
        late = sky.uniform(0.1, 5.0) if self.name != "spooled" and sky.lucky(weather.create_late) else 0.0
        remote = account.add(lines, None if self.name == "listed" else intent.nonce, self._now, weather, late=late)
        if self.name == "spooled":
            remote.visible = remote.made
        if late or sky.lucky(weather.create_reset_after):
            raise CreateUnknownError("connection reset")
        return remote.id

    def _marked(self, intent: Intent) -> str | None:
        return next((remote.id for remote in self._visible() if remote.mark == intent.nonce), None)

    def _find(self, intent: Intent) -> Sighting:
        if self.name != "listed":
            found = self._marked(intent)
            return Sighting(found=found, complete=True, never_made=found is None and self.name == "spooled")
        if intent.provider_at is None:
            raise Violation("the provider's time of the intent is known, and was not kept")
        since = intent.provider_at - CLOCK_SLACK
        candidates = []
        for remote in self._visible():
            if remote.id in intent.known_ids or remote.created_at < since or len(remote.lines) != intent.count:
                continue
            if not remote.ended or remote.failed or remote.purged:
                candidates.append(remote.id)
                continue
            proof = self._first_custom_id(remote)
            if proof is None:
                candidates.append(remote.id)
            elif proof.startswith(f"{intent.nonce}-"):
                return Sighting(found=remote.id, candidates=tuple(candidates))
        return Sighting(candidates=tuple(candidates), complete=True)

    def _first_custom_id(self, remote: Remote) -> str | None:
        lines = self._shown(remote)
        return self.read(lines[0]).custom_id if lines else None

    def _shown(self, remote: Remote) -> list[bytes]:
        """The result lines as they are given out: in any order, some lost, some twice, some nobody's. Always the same."""
        if remote.shown is None:
            sky, weather = self._sky, self._weather
            lines = sky.shuffled(list((remote.answers or {}).values()))
            kept = [line for line in lines if not sky.lucky(weather.lines_lost)] or lines[:1]
            twice = [line for line in kept if sky.lucky(weather.lines_doubled)]
            strange = [b'{"custom_id":"x-1","kind":"succeeded","text":"1"}', b"<html>"]
            foreign = [line for line in strange if sky.lucky(weather.lines_foreign)]
            remote.shown = kept[:1] + sky.shuffled(kept[1:] + twice + foreign)
        return remote.shown


def _file(part: Part) -> str:
    if isinstance(part, Document) and part.reference is None:
        return sha256(part.data).hexdigest()[:8]
    return getattr(part, "reference", None) or "a picture"


def _status(remote: Remote) -> BatchStatus:
    return BatchStatus(
        remote.id,
        ended=remote.ended,
        created_at=remote.created_at,
        results_gone=remote.purged and remote.purge_told,
        error=remote.failed if remote.ended else None,
        error_kind=remote.failed_kind,
    )
