"""What providers know, whatever becomes of us: the batches of each account, what was made of them, and what was billed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from simulated.time import EPOCH

TOKEN = 1_000  # nano-dollars: a token costs 1 USD per million
MODEL_MAX_TOKENS = 10


class Violation(BaseException):
    """Something that must never happen has happened."""


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a batch. `job`: what it is about, whatever it is called on the wire."""

    custom_id: str
    job: str
    bound: int

    @classmethod
    def of(cls, line: bytes) -> "Line":
        row = orjson.loads(line)
        body = row["body"]
        return cls(row["custom_id"], body["text"].split()[0], bound_of(body))


def bound_of(body: dict[str, object]) -> int:
    """The most a request can be billed, reckoned apart from batchata."""
    return (len(orjson.dumps(body)) + MODEL_MAX_TOKENS) * TOKEN


@dataclass(slots=True)
class Remote:
    """A batch at a provider. Times are the world's; `created_at` is what the provider's clock said."""

    id: str
    mark: str | None
    lines: list[Line]
    made: float
    created_at: float
    visible: float
    ends: float
    ours: bool = True
    cancelled: bool = False
    failed: str | None = None
    purged: bool = False
    answers: dict[str, bytes] | None = None  # by custom_id; None: it has not ended
    bills: dict[str, int] = field(default_factory=dict)  # by custom_id
    shown: list[bytes] | None = None  # its result lines, as they are given out

    @property
    def ended(self) -> bool:
        return self.answers is not None

    def truths(self, custom_id: str) -> tuple[str, ...]:
        """What a request may rightly count as."""
        if self.failed:
            return ("error",)
        if self.purged:
            return ("lost", *self._answered(custom_id))  # it may have been fetched before
        return self._answered(custom_id)

    def _answered(self, custom_id: str) -> tuple[str, ...]:
        line = (self.answers or {}).get(custom_id)
        if line is None or (self.shown is not None and line not in self.shown):
            return ("missing",)
        kind: str = orjson.loads(line)["kind"]
        return (kind, "invalid") if kind == "succeeded" else (kind,)

    @property
    def may_still_cost(self) -> int:
        return 0 if self.ended or self.failed else sum(line.bound for line in self.lines)


@dataclass(frozen=True, slots=True)
class Weather:
    """Chances of what goes wrong. Calm: nothing does, but providers take their time."""

    create_refused: float = 0.0
    create_denied: float = 0.0
    create_reset_before: float = 0.0
    create_reset_after: float = 0.0
    create_late: float = 0.0
    look_failed: float = 0.0
    look_denied: float = 0.0
    look_broken: float = 0.0  # by a fault that is neither the provider's nor the network's
    unseen: float = 0.0
    download_cut: float = 0.0
    lines_lost: float = 0.0
    lines_doubled: float = 0.0
    lines_foreign: float = 0.0
    batch_failed: float = 0.0
    purged: float = 0.0
    expired: float = 0.0
    flaky: float = 0.0
    foreign_batch: float = 0.0
    longest_lag: float = 0.0
    longest_run: float = 20.0


CALM = Weather()


class Account:
    """One account at one provider."""

    def __init__(self, name: str, rng: random.Random, skew: float) -> None:
        self.name = name
        self.batches: dict[str, Remote] = {}
        self.skew = skew  # of the provider's clock
        self.tried: dict[str, int] = {}
        self._coming: list[Remote] = []
        self._rng = rng
        self._made = 0

    def add(self, lines: list[Line], mark: str | None, now: float, weather: Weather, *, late: float = 0.0) -> Remote:
        """A batch that is made now, or some time after the caller has hung up."""
        made = now + late
        remote = Remote(
            id=f"{self.name}-batch-{self._next()}",
            mark=mark,
            lines=lines,
            made=made,
            created_at=EPOCH + made + self.skew,
            visible=made + self._rng.uniform(0, weather.longest_lag),
            ends=made + self._rng.uniform(0.02, weather.longest_run),
        )
        if mark is not None and self._rng.random() < weather.batch_failed:
            remote.failed = "the batch failed validation"
        if late:
            self._coming.append(remote)
        else:
            self.batches[remote.id] = remote
        return remote

    def add_foreign(self, count: int, now: float) -> None:
        """Somebody else's batch of the same size, about now."""
        number = self._next()
        lines = [Line(f"somebody-{number}-{index}", "foreign", 100 * TOKEN) for index in range(count)]
        made = now + self._rng.uniform(-2.0, 2.0)
        self.batches[f"{self.name}-batch-{number}"] = Remote(
            f"{self.name}-batch-{number}", None, lines, made, EPOCH + made + self.skew, made,
            made + self._rng.uniform(1.0, 30.0), ours=False,
        )  # fmt: skip

    def turn(self, now: float, weather: Weather) -> None:
        """Let happen what is due."""
        for remote in [remote for remote in self._coming if remote.made <= now]:
            self._coming.remove(remote)
            self.batches[remote.id] = remote
        for remote in self.batches.values():
            if not remote.ended and (remote.ends <= now or remote.cancelled):
                self._end(remote, weather)

    def visible(self, now: float) -> list[Remote]:
        return [remote for remote in self.batches.values() if remote.visible <= now]

    def ours(self) -> Iterator[Remote]:
        """All that exist or will; a batch on its way counts as made."""
        return (remote for remote in [*self.batches.values(), *self._coming] if remote.ours)

    def _next(self) -> int:
        self._made += 1
        return self._made

    def _end(self, remote: Remote, weather: Weather) -> None:
        remote.answers = {}
        if remote.failed:
            return
        for line in remote.lines:
            answer, billed = self._answer(line, remote, weather)
            remote.answers[line.custom_id] = orjson.dumps({"custom_id": line.custom_id, **answer})
            if billed:
                remote.bills[line.custom_id] = billed
        remote.purged = remote.mark is not None and self._rng.random() < weather.purged

    def _answer(self, line: Line, remote: Remote, weather: Weather) -> tuple[dict[str, object], int]:
        """What became of a request, and what it is billed."""
        rng = self._rng
        if remote.cancelled and rng.random() < 0.6:
            return {"kind": "cancelled"}, 0
        if rng.random() < weather.expired:
            return {"kind": "expired"}, 0
        behaviour = line.job.partition("-")[0]
        if behaviour == "broken" or rng.random() < weather.flaky:
            return {"kind": "error", "retryable": behaviour != "broken"}, 0
        before = self.tried[line.job] = self.tried.get(line.job, 0) + 1
        fits = behaviour not in ("never", "twice") or (behaviour == "twice" and before > 1)
        text = '{"value": 7}' if fits else '{"value": "seven"}'
        output = rng.randint(1, MODEL_MAX_TOKENS)
        tokens = rng.randint(1, line.bound // TOKEN - MODEL_MAX_TOKENS)
        kind = "truncated" if behaviour == "cut" else "succeeded"
        return {"kind": kind, "text": text, "usage": [tokens, output]}, (tokens + output) * TOKEN
