"""All batches of one dialect: made, moved on as time passes, and landed when they end."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from batchata.testing.clock import Clock
from batchata.testing.course import Course
from batchata.testing.ledger import Bill


@dataclass(frozen=True, slots=True)
class Line:
    """One request's end ("succeeded", "errored", "expired" or "canceled"): the JSON of its line, and what it costs if the line
    is delivered. `files`: the uploads it refers to.
    """

    key: str
    ending: str
    json: bytes
    bill: Bill | None = None
    files: frozenset[str] = frozenset()


class Job:
    """What a batch of any provider has. The dialect's own adds what it shows."""

    def __init__(self, job_id: str, account: str, course: Course) -> None:
        self.id = job_id
        self.account = account
        self.course = course
        self.hidden_until = course.created_at
        self.ended_at: float | None = None
        self.lines: list[Line] = []
        self.work: Future[None] = Future()

    def due(self) -> float:
        """When it ends as things stand."""
        return self.course.ends_at()

    def is_over(self, now: float) -> bool:
        return self.work.done() and not self.work.cancelled() and self.due() <= now


J = TypeVar("J", bound=Job)


class Jobs(Generic[J]):
    """`land` writes the results of a batch that has just ended; what its work raised goes into `errors`."""

    def __init__(self, clock: Clock, land: Callable[[J], None], errors: list[BaseException]) -> None:
        self._clock = clock
        self._land = land
        self._errors = errors
        self.lock = threading.RLock()
        self._accounts: dict[str, dict[str, J]] = {}
        self._open: dict[str, J] = {}
        self._held = False
        # one thread makes all answers: they are Python, and more threads would only take turns
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="emulator-answers")

    def add(self, job: J, work: Callable[[J], None], lag: float) -> None:
        """Take it in; `work` makes its lines in the background, and listings don't show it for `lag` seconds."""
        with self.lock:
            now = self._clock.now()
            job.hidden_until = now + lag
            if self._held:
                job.course.hold(now)
            self._accounts.setdefault(job.account, {})[job.id] = job
            self._open[job.id] = job
            job.work = self._pool.submit(work, job)

    def settle(self) -> None:
        """Bring every batch to where it is by now."""
        with self.lock:
            now = self._clock.now()
            for job in [job for job in self._open.values() if job.is_over(now)]:
                del self._open[job.id]
                if (error := job.work.exception()) is not None:
                    self._errors.append(error)
                job.ended_at = job.due()
                self._land(job)

    def get(self, account: str, job_id: str) -> J | None:
        self.settle()
        return self._accounts.get(account, {}).get(job_id)

    def unfinished(self, account: str) -> list[J]:
        with self.lock:
            return [job for job in self._open.values() if job.account == account]

    def listed(self, account: str | None = None) -> list[J]:
        """Newest first; of one account what its listings show by now, else everything."""
        self.settle()
        now = self._clock.now()
        with self.lock:
            names = [account] if account is not None else list(self._accounts)
            found = [job for name in names for job in self._accounts.get(name, {}).values()]
        shown = [job for job in reversed(found) if account is None or job.hidden_until <= now]
        return shown if account is not None else sorted(shown, key=lambda job: -job.course.created_at)

    def delete(self, job: J) -> None:
        """Forget it; an open one never ends, and nothing of it is billed."""
        with self.lock:
            self._accounts[job.account].pop(job.id, None)
            self._open.pop(job.id, None)

    def hold(self) -> None:
        self._each(Course.hold, held=True)

    def release(self) -> None:
        self._each(Course.release, held=False)

    def _each(self, move: Callable[[Course, float], None], *, held: bool) -> None:
        self.settle()
        with self.lock:
            now = self._clock.now()
            self._held = held
            for job in self._open.values():
                move(job.course, now)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
