"""Where effects run: small groups of daemon threads, so that a hung create never keeps a poll waiting; and what is nothing but
work for the processor on the loop's own thread, a piece at a time, because threads that all compute only take turns.

The loop starts an effect and later takes its completion; both happen on the loop's own thread. The clock and the pool are
handed to the loop, so a simulation can own time and order.
"""

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from batchata.situation import Now

Key: TypeAlias = tuple[str, object]
Emit: TypeAlias = Callable[[object], None]
Work: TypeAlias = Callable[[Emit], object]
T = TypeVar("T")
Steps: TypeAlias = Generator["Future[Any] | None", None, T]
"""Work in pieces: it yields None where others may have a turn, or a future that must be done before it goes on."""


class Abandoned(BaseException):
    """Raised in an effect that emits after its pool was closed: nobody is there to take it."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What an effect gave. `partial`: one piece of it, more will come. `error`: what it raised instead."""

    key: Key
    value: object = None
    error: Exception | None = None
    partial: bool = False


class Clock(Protocol):
    def now(self) -> Now: ...


class Pool(Protocol):
    def start(self, key: Key, group: str, work: Work) -> None:
        """Run `work` in a group. What it emits and returns comes back under `key`. In a group of `STEPPED` it gives `Steps`."""
        ...

    def next(self, timeout: float | None, gather: float = 0.0) -> list[Completion]:
        """Completions, oldest first; waits for at least one, for a `wake`, or for `timeout` seconds. What comes within `gather`
        seconds of the call before it is given together.
        """
        ...

    def wake(self) -> None:
        """Make `next` return; from any thread."""
        ...

    def close(self) -> None:
        """Take nothing more. Effects still running are abandoned."""
        ...


class SystemClock:
    def now(self) -> Now:
        return Now(wall=time.time(), ticks=time.monotonic())


GROUPS = {
    "intake": 1,  # the user's iterable
    "prepare": 1,
    "create": 8,  # a hung one holds its thread for the client's whole time-out
    "look": 4,
    "transfer": 4,
    "files": 1,
}
"""Threads per group of effects."""

STEPPED = frozenset({"settle"})
"""Groups whose work is done in steps, on the thread that calls `next`."""

TURN = 0.01  # seconds that steps take before the loop looks at what else there is
PIECES = 2  # emitted and not yet taken, per pool: what a fast download may hold in memory


@dataclass(frozen=True, slots=True)
class _Stepping:
    key: Key
    steps: Steps[object]


class ThreadPool:
    """The pool of a real run."""

    def __init__(self) -> None:
        self._done: queue.SimpleQueue[Completion | _Stepping | None] = queue.SimpleQueue()
        self._ready: deque[_Stepping] = deque()  # steps that can be taken now; the others wait for a future
        self._work: dict[str, queue.SimpleQueue[tuple[Key, Work] | None]] = {}
        self._threads: dict[str, int] = {}
        self._idle: dict[str, threading.Semaphore] = {}
        self._room = threading.Semaphore(PIECES)
        self._closed = threading.Event()
        self._given = 0.0

    def start(self, key: Key, group: str, work: Work) -> None:
        if group in STEPPED:
            steps: Any = work(_no_pieces)
            self._ready.append(_Stepping(key, steps))
            return
        waiting = self._work.setdefault(group, queue.SimpleQueue())
        idle = self._idle.setdefault(group, threading.Semaphore(0))
        waiting.put((key, work))
        # one thread more only where none is free: each costs memory of its own, its arena of malloc's
        if not idle.acquire(blocking=False) and self._threads.get(group, 0) < GROUPS[group]:
            self._threads[group] = self._threads.get(group, 0) + 1
            threading.Thread(target=self._serve, args=(waiting, idle), name=f"batchata-{group}", daemon=True).start()

    def next(self, timeout: float | None, gather: float = 0.0) -> list[Completion]:
        end = None if timeout is None else time.monotonic() + timeout
        together = self._given + gather
        if not self._ready and timeout != 0:
            time.sleep(max(0.0, together - time.monotonic()))
        taken: list[Completion] = []
        woken = False
        while True:
            left = 0.0 if self._ready else None if end is None else max(0.0, end - time.monotonic())
            some, wakes = self._drain(left)
            taken += some
            woken |= wakes
            if self._ready:
                taken += self._step(self._ready.popleft())
            now = time.monotonic()
            if self._ready and now < together:
                continue
            if taken or woken or (end is not None and now >= end):
                self._given = now
                return taken

    def _drain(self, timeout: float | None) -> tuple[list[Completion], bool]:
        """What has come from threads, and whether anybody called `wake`."""
        taken: list[Completion] = []
        woken = False
        with contextlib.suppress(queue.Empty):
            first = self._done.get(timeout=timeout)
            while True:
                if isinstance(first, Completion):
                    taken.append(first)
                    if first.partial:
                        self._room.release()
                elif first is None:
                    woken = True
                else:
                    self._ready.append(first)
                first = self._done.get_nowait()
        return taken, woken

    def _step(self, stepping: _Stepping) -> list[Completion]:
        """Go on with some work until its turn is over, it waits for something, or it is done."""
        until = time.monotonic() + TURN
        try:
            while time.monotonic() < until:
                awaited = next(stepping.steps)
                if awaited is not None and not awaited.done():
                    awaited.add_done_callback(lambda _: self._done.put(stepping))
                    return []
        except StopIteration as stop:
            return [Completion(stepping.key, stop.value)]
        except Exception as error:  # noqa: BLE001 - the engine's one outer boundary: the loop decides what it means
            return [Completion(stepping.key, error=error)]
        self._ready.appendleft(stepping)  # one after the other: what was begun holds memory until it is done
        return []

    def wake(self) -> None:
        self._done.put(None)

    def close(self) -> None:
        self._closed.set()
        for stepping in self._ready:
            stepping.steps.close()
        self._ready.clear()
        for group, waiting in self._work.items():
            for _ in range(self._threads[group]):
                waiting.put(None)
        for _ in range(sum(self._threads.values())):
            self._room.release()

    def _serve(self, waiting: "queue.SimpleQueue[tuple[Key, Work] | None]", idle: threading.Semaphore) -> None:
        while (item := waiting.get()) is not None and not self._closed.is_set():
            key, work = item
            try:
                done = Completion(key, work(lambda piece, key=key: self._emit(key, piece)))  # type: ignore[misc]
            except Abandoned:
                return
            except Exception as error:  # noqa: BLE001 - the engine's one outer boundary: the loop decides what it means
                done = Completion(key, error=error)
            if waiting.empty():
                idle.release()
            self._done.put(done)

    def _emit(self, key: Key, piece: object) -> None:
        self._room.acquire()
        if self._closed.is_set():
            raise Abandoned
        self._done.put(Completion(key, piece, partial=True))


def _no_pieces(_: object) -> None:
    raise TypeError("work in steps emits no pieces")
