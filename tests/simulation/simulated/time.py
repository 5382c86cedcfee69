"""Simulated time: a clock that can jump, a pool whose effects happen in an order drawn from the seed, and crashes."""

import heapq
import itertools
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from batchata.engine.pool import GROUPS, STEPPED, Completion, Emit, Key, Work
from batchata.situation import Now

MOST_TURNS = 4_000  # of one session: more is a loop that does nothing
MOST_STILL = 200  # turns in a row without time passing
EPOCH = 1_900_000_000.0
LONGEST_SESSION = 5 * 86_400.0


class Crash(BaseException):
    """The process dies here."""


class StuckError(AssertionError):
    """The engine waits for nothing, or turns without doing anything."""


@dataclass(slots=True)
class Points:
    """The instants at which a process may die: before and after every transaction and every call to a provider."""

    crash_at: frozenset[int | str] = frozenset()  # the how manieth of them, or which
    armed: bool = False
    seen: list[str] = field(default_factory=list)

    def reach(self, name: str) -> None:
        if self.armed:
            self.seen.append(name)
            if len(self.seen) in self.crash_at or name in self.crash_at:
                self.armed = False
                raise Crash(f"{len(self.seen)}: {name}")


class SimClock:
    """`true` is the world's time. Ticks start anew with each process; the wall clock is off by what it jumped."""

    def __init__(self) -> None:
        self.true = 1_000.0
        self.wall_error = 0.0
        self._booted = self.true - 100

    def boot(self) -> None:
        self._booted = self.true - 100

    def now(self) -> Now:
        return Now(wall=EPOCH + self.true + self.wall_error, ticks=self.true - self._booted)


@dataclass(order=True, slots=True)
class _Event:
    at: float
    place: int
    run: Callable[[], object] = field(compare=False)
    group: str | None = field(default=None, compare=False)  # of an effect that was not begun


class SimPool:
    """Effects one after the other, each at its own time, their completions later still. `pace`: seconds at most of each."""

    def __init__(self, clock: SimClock, rng: random.Random, pace: dict[str, float]) -> None:
        self._clock = clock
        self._rng = rng
        self._pace = pace
        self._events: list[_Event] = []
        self._places = itertools.count()
        self._done: list[Completion] = []
        self.dropped: list[object] = []
        self._woken = False
        self._group_free: dict[str, float] = {}
        self._turns = self._still = 0
        self._began = clock.true

    def start(self, key: Key, group: str, work: Work) -> None:
        at = self._clock.true + self._took(group)
        if group in STEPPED or GROUPS[group] == 1:
            at = self._group_free[group] = max(at, self._group_free.get(group, 0.0))
        self._push(at, lambda: self._run(key, group, work), group)

    def at(self, true: float, what: Callable[[], object]) -> None:
        """Something that happens by itself: the user's wishes, a clock that is set."""
        self._push(true, what)

    def next(self, timeout: float | None, gather: float = 0.0) -> list[Completion]:
        self._count_turn(timeout)
        end = None if timeout is None else self._clock.true + timeout
        while not self._done and not self._woken:
            if not self._events:
                if end is None:
                    raise StuckError("the engine waits, and nothing is under way")
                break
            if end is not None and self._events[0].at > end:
                break
            event = heapq.heappop(self._events)
            self._clock.true = max(self._clock.true, event.at)
            event.run()
        if not self._done and not self._woken and end is not None:
            self._clock.true = max(self._clock.true, end) + 1e-6  # time passes, whatever a float's last bit says
        self._woken = False
        taken, self._done = self._done, []
        return taken

    def wake(self) -> None:
        self._woken = True

    def close(self) -> None:
        """Nobody takes anything any more; `dropped` are the values that were on their way."""
        self.dropped += [completion.value for completion in self._done]
        self.dropped += [event.run.value for event in self._events if isinstance(event.run, _Deliver)]
        self._events, self._done = [], []

    def crash(self, leaving: Collection[str | None] = ("create", "look", "files")) -> None:
        """The process is dead. What was under way had left it, or had not."""
        left = sorted(self._events)
        self.close()
        for event in left:
            if event.group in leaving and self._rng.random() < 0.5:
                event.run()

    def _count_turn(self, timeout: float | None) -> None:
        self._turns += 1
        self._still = 0 if timeout is None or timeout > 0 else self._still + 1
        if self._turns > MOST_TURNS or self._still > MOST_STILL or self._clock.true - self._began > LONGEST_SESSION:
            raise StuckError(
                f"{self._turns} turns, {self._still} of them still, {self._clock.true - self._began:.0f} s"
            )

    def _deliver(self, completion: Completion) -> None:
        self._done.append(completion)

    def _took(self, group: str) -> float:
        return self._rng.uniform(0.0, self._pace.get(group, 0.01))

    def _push(self, at: float, run: Callable[[], object], group: str | None = None) -> None:
        heapq.heappush(self._events, _Event(at, next(self._places), run, group))

    def _run(self, key: Key, group: str, work: Work) -> None:
        pieces: list[object] = []
        emit: Emit = pieces.append
        try:
            value = work(emit)
            last = Completion(key, _stepped(value) if group in STEPPED else value)
        except Exception as error:  # noqa: BLE001 - as the real pool: the loop decides what it means
            last = Completion(key, error=error)
        at = self._clock.true
        for completion in [*(Completion(key, piece, partial=True) for piece in pieces), last]:
            at += self._took(group)
            self._push(at, _Deliver(self._deliver, completion))
        if group in self._group_free:
            self._group_free[group] = at


def _stepped(steps: Any) -> object:
    """The end of work done in steps, all of them at once."""
    while True:
        try:
            awaited = next(steps)
        except StopIteration as stop:
            return stop.value
        if awaited is not None:
            awaited.result()


@dataclass(frozen=True, slots=True)
class _Deliver:
    take: Callable[[Completion], None]
    completion: Completion

    @property
    def value(self) -> object:
        return self.completion.value

    def __call__(self) -> None:
        self.take(self.completion)
