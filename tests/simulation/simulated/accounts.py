"""What providers know, whatever becomes of us: the batches of each account, what was made of them, and what was billed."""

import random
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

import orjson

from simulated.time import EPOCH

TOKEN = 1_000  # nano-dollars: a token costs 1 USD per million
MODEL_MAX_TOKENS = 10
SMALL_WINDOW = 60  # tokens that the model "n" takes at most

FAILED_KINDS = {
    None: "error",
    "token_limit_exceeded": "error",
    "batch_expired": "expired",
    "batch_cancelled": "cancelled",
}
"""Why a batch may fail whole, and what its requests then count as."""


class Violation(BaseException):
    """Something that must never happen has happened."""


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a batch. `job`: what it is about, whatever it is called on the wire; `asks`: that, and the contents of its
    files; `uploads`: those that it refers to.
    """

    custom_id: str
    job: str
    bound: int
    asks: str = ""
    uploads: tuple[str, ...] = ()

    @classmethod
    def of(cls, line: bytes) -> "Line":
        row = orjson.loads(line)
        body = row["body"]
        job, files = body["text"].split()[0], body.get("files", ())
        uploads = tuple(file.removeprefix("ref:") for file in files if file.startswith("ref:"))
        contents = [file.rpartition("-")[2][:8] for file in files]
        return cls(row["custom_id"], job, bound_of(body), " ".join([job, *contents]), uploads)


def bound_of(body: dict[str, object]) -> int:
    """The most a request can be billed, reckoned apart from batchata."""
    tokens = len(orjson.dumps(body))
    if body["model"] == "n":
        tokens = min(tokens, SMALL_WINDOW)
    return (tokens + MODEL_MAX_TOKENS) * TOKEN


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
    failed_kind: str | None = None
    purged: bool = False
    purge_told: bool = True  # its status says so; else only who asks for the results learns it
    given_up: bool = False  # the user said that it counts as made, and looks for it no more
    answers: dict[str, bytes] | None = None  # by custom_id; None: it has not ended
    bills: dict[str, int] = field(default_factory=dict)  # by custom_id
    shown: list[bytes] | None = None  # its result lines, as they are given out

    @property
    def ended(self) -> bool:
        return self.answers is not None

    def truths(self, custom_id: str) -> tuple[str, ...]:
        """What a request may rightly count as."""
        if self.given_up:
            return ("lost",)
        if self.failed:
            return (FAILED_KINDS[self.failed_kind],)
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
    upload_failed: float = 0.0
    above_bound: float = 0.0  # a bill that its bound should have made impossible
    dear: float = 0.0  # a bill that is all its bound allows
    longest_lag: float = 0.0
    longest_run: float = 5.0


CALM = Weather()


class Account:
    """One account at one provider."""

    def __init__(self, name: str, rng: random.Random, skew: float) -> None:
        self.name = name
        self.batches: dict[str, Remote] = {}
        self.skew = skew  # of the provider's clock
        self.tried: dict[str, int] = {}
        self.deleted: Container[str] = ()  # uploads that its user has taken away
        self.worst = (
            0  # what of ours was billed, and may still be: kept up to date, because it is looked at all the time
        )
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
            remote.failed = "the batch did not run"
            remote.failed_kind = self._rng.choice([*FAILED_KINDS])
        self.worst += remote.may_still_cost
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

    def disown(self) -> None:
        """The state that knew our batches is put aside: to a new one they are somebody else's."""
        for remote in self.ours():
            remote.ours = False
        self.worst = 0

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
        before = remote.may_still_cost
        self._finish(remote, weather)
        if remote.ours:
            self.worst += sum(remote.bills.values()) - before

    def _finish(self, remote: Remote, weather: Weather) -> None:
        remote.answers = {}
        if remote.failed:
            return
        needed = [upload for line in remote.lines for upload in line.uploads if upload in self.deleted]
        if needed and remote.ours and not remote.given_up:
            raise Violation(f"{needed} were taken away while {remote.id} needed them")
        for line in remote.lines:
            answer, billed = self._answer(line, remote, weather)
            remote.answers[line.custom_id] = orjson.dumps({"custom_id": line.custom_id, **answer})
            if billed:
                remote.bills[line.custom_id] = billed
        remote.purged = remote.mark is not None and self._rng.random() < weather.purged
        remote.purge_told = self._rng.random() < 0.5

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
        output = rng.randint(1, MODEL_MAX_TOKENS)
        tokens = rng.randint(1, line.bound // TOKEN - MODEL_MAX_TOKENS)
        if weather.dear and rng.random() < weather.dear:
            output, tokens = MODEL_MAX_TOKENS, line.bound // TOKEN - MODEL_MAX_TOKENS
        if weather.above_bound and rng.random() < weather.above_bound:
            tokens += line.bound // TOKEN
        kind = "truncated" if behaviour == "cut" else "succeeded"
        said = {"text": '{"value": 7}' if fits else '{"value": "seven"}', **QUOTING.get(behaviour, {})}
        return {"kind": kind, **said, "usage": [tokens, output]}, (tokens + output) * TOKEN


QUOTES = ["says what?", "nowhere to be found"]
QUOTING: dict[str, dict[str, object]] = {
    "quote": {
        "text": orjson.dumps(
            {"answer": {"value": 7}, "quotes": [{"quote": quote, "fields": ["value"]} for quote in QUOTES]}
        ).decode()
    },
    "prose": {"text": orjson.dumps({"answer": "Seven.", "quotes": QUOTES}).decode()},
    "cite": {
        "text": "Seven.",
        "statements": [
            ["Seven.", [[quote, 0, place] for quote in QUOTES for place in (None, 5)] + [["none", None, None]]]
        ],
    },
}
"""What requests that ask for citations are answered."""
