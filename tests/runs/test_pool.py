"""Where effects run: threads for what waits, steps on the loop's own thread for what computes."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from batchata.engine.pool import Completion, Emit, Steps, ThreadPool


@pytest.fixture
def pool() -> Iterator[ThreadPool]:
    pool = ThreadPool()
    yield pool
    pool.close()


def test_steps_run_on_the_loops_own_thread_and_give_way(pool: ThreadPool) -> None:
    seen: list[tuple[str, int]] = []

    def work(name: str) -> Steps[str]:
        for _ in range(3):
            seen.append((name, threading.get_ident()))
            yield None
        return name

    for name in "ab":
        pool.start(("batch", name), "settle", lambda _, name=name: work(name))  # type: ignore[misc]
    ends = [*pool.next(5.0), *pool.next(5.0)]
    assert {(end.key, end.value) for end in ends} == {(("batch", "a"), "a"), (("batch", "b"), "b")}
    assert {thread for _, thread in seen} == {threading.get_ident()}


def test_steps_that_wait_for_a_future_keep_nobody_waiting(pool: ThreadPool) -> None:
    document: Future[str] = Future()

    def work(_: Emit) -> Steps[str]:
        yield document
        return document.result()

    pool.start(("batch", 1), "settle", work)
    pool.start(("poll", "p"), "look", lambda _: "seen")
    assert pool.next(5.0) == [Completion(("poll", "p"), "seen")]
    assert pool.next(0.0) == []
    threading.Timer(0.01, document.set_result, ["read"]).start()
    assert pool.next(5.0) == [Completion(("batch", 1), "read")]


def test_what_steps_raise_is_their_completion(pool: ThreadPool) -> None:
    def work(_: Emit) -> Steps[Any]:
        yield None
        raise ValueError("our own rules failed")

    pool.start(("batch", 1), "settle", work)
    (end,) = pool.next(5.0)
    assert isinstance(end.error, ValueError)


def test_a_wake_ends_the_wait_with_nothing(pool: ThreadPool) -> None:
    pool.wake()
    assert pool.next(None) == []


def test_closing_ends_steps_where_they_stand(pool: ThreadPool) -> None:
    closed = threading.Event()

    def work(_: Emit) -> Steps[None]:
        try:
            while True:
                yield None
        finally:
            closed.set()

    pool.start(("batch", 1), "settle", work)
    assert pool.next(0.0) == []
    pool.close()
    assert closed.is_set()


def test_a_thread_is_started_only_where_none_is_free(pool: ThreadPool) -> None:
    seen: set[int | None] = set()

    def work(_: Emit) -> None:
        seen.add(threading.current_thread().native_id)

    for key in range(5):
        pool.start(("batch", key), "look", work)
        assert len(pool.next(5)) == 1
    assert len(seen) == 1


def test_what_is_held_up_keeps_nothing_else_waiting(pool: ThreadPool) -> None:
    held = threading.Event()
    pool.start(("batch", 1), "look", lambda _: held.wait(5))
    pool.start(("batch", 2), "look", lambda _: None)
    assert [done.key for done in pool.next(5)] == [("batch", 2)]
    held.set()
    assert [done.key for done in pool.next(5)] == [("batch", 1)]
