"""Where effects run: small groups of daemon threads, so that a hung create never keeps a poll waiting.

The loop starts an effect and later takes its completion; both happen on the loop's own thread. The clock and the pool are
handed to the loop, so a simulation can own time and order.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from batchata.planner import Now

Key: TypeAlias = tuple[str, object]
Emit: TypeAlias = Callable[[object], None]
Work: TypeAlias = Callable[[Emit], object]


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
        """Run `work` in a group of threads. What it emits and returns comes back under `key`."""
        ...

    def next(self, timeout: float | None) -> list[Completion]:
        """Completions, oldest first; waits for at least one, for a `wake`, or for `timeout` seconds."""
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
    "prepare": 1,  # the CPU's work
    "settle": 1,
    "create": 8,  # a hung one holds its thread for the client's whole time-out
    "look": 4,
    "transfer": 4,
    "files": 1,
}
"""Threads per group of effects."""

PIECES = 4  # emitted and not yet taken, per pool: what a fast download may hold in memory


class ThreadPool:
    """The pool of a real run."""

    def __init__(self) -> None:
        self._done: queue.SimpleQueue[Completion | None] = queue.SimpleQueue()
        self._work: dict[str, queue.SimpleQueue[tuple[Key, Work] | None]] = {}
        self._threads: dict[str, int] = {}
        self._room = threading.Semaphore(PIECES)
        self._closed = threading.Event()

    def start(self, key: Key, group: str, work: Work) -> None:
        waiting = self._work.setdefault(group, queue.SimpleQueue())
        waiting.put((key, work))
        if self._threads.get(group, 0) < GROUPS[group]:
            self._threads[group] = self._threads.get(group, 0) + 1
            threading.Thread(target=self._serve, args=(waiting,), name=f"batchata-{group}", daemon=True).start()

    def next(self, timeout: float | None) -> list[Completion]:
        taken: list[Completion] = []
        with contextlib.suppress(queue.Empty):
            first = self._done.get(timeout=timeout)
            while True:
                if first is not None:
                    taken.append(first)
                first = self._done.get_nowait()
        for completion in taken:
            if completion.partial:
                self._room.release()
        return taken

    def wake(self) -> None:
        self._done.put(None)

    def close(self) -> None:
        self._closed.set()
        for group, waiting in self._work.items():
            for _ in range(self._threads[group]):
                waiting.put(None)
        for _ in range(sum(self._threads.values())):
            self._room.release()

    def _serve(self, waiting: "queue.SimpleQueue[tuple[Key, Work] | None]") -> None:
        while (item := waiting.get()) is not None and not self._closed.is_set():
            key, work = item
            try:
                self._done.put(Completion(key, work(lambda piece, key=key: self._emit(key, piece))))  # type: ignore[misc]
            except Abandoned:
                return
            except Exception as error:  # noqa: BLE001 - the engine's one outer boundary: the loop decides what it means
                self._done.put(Completion(key, error=error))

    def _emit(self, key: Key, piece: object) -> None:
        self._room.acquire()
        if self._closed.is_set():
            raise Abandoned
        self._done.put(Completion(key, piece, partial=True))
