"""The spool with answerers small enough to see through: real files, real threads, real processes."""

import io
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from batchata.errors import ProviderError
from batchata.providers.spool.files import SpooledBatch, write_requests
from batchata.providers.spool.lines import body_of, request_line, requested_by
from batchata.providers.spool.spool import INTERRUPTED, Spool

Respond = Callable[[str, int], bytes]


class Echo:
    """Answers a body with what `respond` makes of it and of the number of times it was asked; counts who is under way."""

    def __init__(self, respond: Respond | None = None, concurrency: int = 3) -> None:
        self.concurrency = concurrency
        self.asked: Counter[str] = Counter()
        self.under_way = self.most_under_way = 0
        self.closed = threading.Event()
        self._lock = threading.Lock()
        self._respond = respond or (lambda text, _: json.dumps({"echo": text}).encode())

    def answer(self, body: bytes) -> bytes:
        text = json.loads(body)["text"]
        with self._lock:
            self.asked[text] += 1
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return self._respond(text, self.asked[text])
        finally:
            with self._lock:
                self.under_way -= 1

    def close(self) -> None:
        self.closed.set()


def requests(count: int) -> io.BytesIO:
    lines = (request_line(f"r{n}", json.dumps({"text": f"t{n}"}).encode()) for n in range(count))
    return io.BytesIO(b"".join(line + b"\n" for line in lines))


def until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.005)


def finish(spool: Spool, batch_id: str) -> dict[str, Any]:
    def ended() -> bool:
        status = spool.status(batch_id)
        assert status is not None
        return status.ended

    until(ended)
    return rows(spool, batch_id)


def rows(spool: Spool, batch_id: str) -> dict[str, Any]:
    lines = [json.loads(line) for line in b"".join(spool.answers(batch_id)).splitlines()]
    named = {line["custom_id"]: line for line in lines}
    assert len(named) == len(lines), "a request was answered twice"
    return named


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """An event that answerers wait for; set at the end so that no thread stays behind."""
    event = threading.Event()
    yield event
    event.set()


def test_every_request_is_answered_under_its_name(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool", Echo())) as spool:
        spool.take("b1", requests(50), 50)
        found = finish(spool, "b1")
        status = spool.status("b1")
    assert {name: row["response"]["echo"] for name, row in found.items()} == {f"r{n}": f"t{n}" for n in range(50)}
    assert status is not None
    assert status.done == 50
    assert status.created_at == pytest.approx(time.time(), abs=60)


def test_no_more_go_out_at_once_than_the_answerer_bears(tmp_path: Path) -> None:
    full = threading.Barrier(3)

    def together(text: str, _: int) -> bytes:
        full.wait(timeout=20)  # passes only if three are under way
        return b"{}"

    answerer = Echo(together, concurrency=3)
    with closing(Spool(tmp_path, answerer)) as spool:
        spool.take("b1", requests(12), 12)
        finish(spool, "b1")
    assert answerer.most_under_way == 3


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "spool"
    with closing(Spool(directory, Echo())) as spool:
        spool.take("b1", requests(1), 1)
        finish(spool, "b1")
        spool.take("b2", requests(1), 1)
        spool.cancel("b2")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_taking_a_batch_again_changes_nothing(tmp_path: Path) -> None:
    answerer = Echo()
    with closing(Spool(tmp_path, answerer)) as spool:
        spool.take("b1", requests(2), 2)
        finish(spool, "b1")
        spool.take("b1", requests(5), 5)
        assert len(finish(spool, "b1")) == 2
    assert answerer.asked == {"t0": 1, "t1": 1}


@pytest.mark.parametrize("lines", [requests(3), io.BytesIO(requests(1).getvalue() * 2), io.BytesIO(b"{}\n{}\n")])
def test_what_is_not_the_announced_batch_is_not_taken(tmp_path: Path, lines: io.BytesIO) -> None:
    with closing(Spool(tmp_path, Echo())) as spool:
        with pytest.raises(ValueError, match="2 are due"):
            spool.take("b1", lines, 2)
        assert not spool.holds("b1")
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize("name", ["../b1", "a/b", "", ".", "x" * 65, "a.requests"])
def test_an_id_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    with closing(Spool(tmp_path / "spool", Echo())) as spool:
        with pytest.raises(ValueError, match="batch id"):
            spool.take(name, requests(1), 1)
        assert not spool.holds(name)
        assert spool.status(name) is None
        assert list(spool.answers(name)) == []


def test_a_refusal_is_that_requests_error(tmp_path: Path) -> None:
    def refuse(text: str, _: int) -> bytes:
        if text == "t1":
            raise ProviderError("too long", status=400, kind="context")
        return b'{\n"a": 1\n}'

    answerer = Echo(refuse)
    with closing(Spool(tmp_path, answerer)) as spool:
        spool.take("b1", requests(3), 3)
        found = finish(spool, "b1")
    assert found["r1"] == {
        "custom_id": "r1",
        "lost": 0,
        "error": {"message": "too long", "kind": "context", "status": 400, "retryable": False},
    }
    assert found["r2"]["response"] == {"a": 1}
    assert answerer.asked["t1"] == 1


def test_what_may_do_better_later_goes_again(tmp_path: Path) -> None:
    def second_time(text: str, asked: int) -> bytes:
        if asked == 1:
            raise ProviderError("busy", retryable=True, status=429, retry_after=0.0)
        return b"{}"

    answerer = Echo(second_time)
    with closing(Spool(tmp_path, answerer)) as spool:
        spool.take("b1", requests(4), 4)
        found = finish(spool, "b1")
    assert all(row["response"] == {} and row["lost"] == 0 for row in found.values())
    assert set(answerer.asked.values()) == {2}


def test_tries_come_to_an_end(tmp_path: Path) -> None:
    def never(text: str, _: int) -> bytes:
        return b"<html>"

    answerer = Echo(never)
    with closing(Spool(tmp_path, answerer, attempts=3, pause=0.001)) as spool:
        spool.take("b1", requests(1), 1)
        row = finish(spool, "b1")["r0"]
    assert answerer.asked == {"t0": 3}
    assert row["error"]["message"] == "the answer is no JSON: <html>"
    assert row["error"]["retryable"]
    assert row["lost"] == 3  # each time an answer may have been made and charged


def test_an_answerer_that_has_too_much_gets_less_at_once(tmp_path: Path, held: threading.Event) -> None:
    first, last = threading.Barrier(8), threading.Barrier(8)

    def overloaded(text: str, asked: int) -> bytes:
        number = int(text[1:])
        if asked == 1 and number < 8:
            first.wait(timeout=20)
            raise ProviderError("too many", retryable=True, status=429, retry_after=0.0)
        held.wait(20)
        if number >= 52:
            last.wait(timeout=20)  # passes only if eight are under way again
        return b"{}"

    answerer = Echo(overloaded, concurrency=8)
    with closing(Spool(tmp_path, answerer)) as spool:
        spool.take("b1", requests(60), 60)
        until(lambda: sum(answerer.asked.values()) == 12 and answerer.under_way == 4)  # half of eight
        answerer.most_under_way = 0
        time.sleep(0.02)
        assert answerer.most_under_way == 0  # and no more than that while these four last
        held.set()
        finish(spool, "b1")


def test_nothing_goes_out_while_the_answerer_asks_to_be_left_alone(tmp_path: Path) -> None:
    def wait_a_day(text: str, _: int) -> bytes:
        raise ProviderError("come back tomorrow", retryable=True, status=429, retry_after=86_400.0)

    answerer = Echo(wait_a_day, concurrency=1)
    with closing(Spool(tmp_path, answerer)) as spool:
        spool.take("b1", requests(3), 3)
        until(lambda: (tmp_path / "b1.started").read_bytes() == b"+r0\n-r0\n")
        spool.cancel("b1")  # a pause does not keep anybody from giving up
        assert all(row["cancelled"] for row in finish(spool, "b1").values())
    assert answerer.asked == {"t0": 1}


def test_cancel_keeps_what_is_under_way(tmp_path: Path, held: threading.Event) -> None:
    def hold(text: str, _: int) -> bytes:
        held.wait(20)
        return b"{}"

    answerer = Echo(hold, concurrency=2)
    with closing(Spool(tmp_path, answerer)) as spool:
        spool.take("b1", requests(6), 6)
        until(lambda: answerer.under_way == 2)
        spool.cancel("b1")
        status = spool.status("b1")
        assert status is not None
        assert (status.done, status.ended) == (4, False)
        held.set()
        found = finish(spool, "b1")
        spool.cancel("b1")  # ended: no error
    assert sorted(name for name, row in found.items() if "response" in row) == ["r0", "r1"]
    assert sum("cancelled" in row for row in found.values()) == 4


def test_a_cancelled_batch_stays_cancelled_after_a_crash(tmp_path: Path, held: threading.Event) -> None:
    answerer = Echo(lambda *_: b"{}" if held.wait(20) else b"", concurrency=1)
    with closing(Spool(tmp_path, answerer)) as spool:
        spool.take("b1", requests(3), 3)
        until(lambda: answerer.under_way == 1)
        spool.cancel("b1")
        crashed = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        held.set()
    for name, data in crashed.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "b1.answers").write_bytes(b"")  # the crash came before any line was written
    second = Echo()
    with closing(Spool(tmp_path, second)) as spool:
        assert all(row["cancelled"] for row in finish(spool, "b1").values())
    assert not second.asked


def test_a_torn_last_line_is_cut_off_and_answered_again(tmp_path: Path) -> None:
    with closing(Spool(tmp_path, Echo())) as spool:
        spool.take("b1", requests(5), 5)
        finish(spool, "b1")
    answers = tmp_path / "b1.answers"
    whole = answers.read_bytes()
    answers.write_bytes(whole[:-7])
    kept = whole[:-7].rpartition(b"\n")[0] + b"\n"
    second = Echo()
    with closing(Spool(tmp_path, second)) as spool:
        assert len(finish(spool, "b1")) == 5
    assert answers.read_bytes().startswith(kept)
    assert sum(second.asked.values()) == 1


def test_one_at_a_time_answers_a_spool(tmp_path: Path) -> None:
    with closing(Spool(tmp_path, Echo())) as first, closing(Spool(tmp_path, Echo())) as second:
        first.take("b1", requests(1), 1)
        with pytest.raises(ProviderError, match="another process answers the spool") as caught:
            second.take("b2", requests(1), 1)
        assert caught.value.retryable
        assert not second.holds("b2")
        with pytest.raises(ProviderError, match="another process"):
            second.status("b1")
        first.close()
        second.take("b2", requests(1), 1)


def test_close_leaves_what_is_under_way_to_the_next(tmp_path: Path) -> None:
    first = Echo(concurrency=2)

    def closes_in_the_middle(text: str, _: int) -> bytes:
        if text == "t0":
            return b"{}"
        first.closed.wait(20)
        raise ProviderError("closed")

    first._respond = closes_in_the_middle
    spool = Spool(tmp_path, first)
    spool.take("b1", requests(4), 4)
    until(lambda: (tmp_path / "b1.answers").stat().st_size and first.under_way == 2)
    before = (tmp_path / "b1.answers").read_bytes()
    spool.close()
    assert (tmp_path / "b1.answers").read_bytes() == before
    with pytest.raises(ProviderError, match="closed"):
        spool.status("b1")
    second = Echo()
    with closing(Spool(tmp_path, second)) as again:
        found = finish(again, "b1")
    assert second.asked == {"t1": 1, "t2": 1, "t3": 1}
    assert [found[f"r{n}"]["lost"] for n in range(4)] == [0, 1, 1, 0]


def test_forgotten_batches_leave_nothing(tmp_path: Path) -> None:
    with closing(Spool(tmp_path, Echo())) as spool:
        spool.take("b1", requests(2), 2)
        finish(spool, "b1")
        spool.forget("b1")
        assert spool.status("b1") is None
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_crumbs_of_a_crash_are_swept(tmp_path: Path) -> None:
    for name in ("b1.new", "b2.answers", "b2.started", "b2.cancel", "of-the-user.txt"):
        (tmp_path / name).touch()
    with closing(Spool(tmp_path, Echo())) as spool:
        assert spool.status("b1") is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "of-the-user.txt"]


def test_a_full_disk_is_told_and_overcome(tmp_path: Path) -> None:
    """The limit on a file's size stands in for a full disk: writes beyond it fail in the same way, half done."""
    script = """if 1:
        import io, json, resource, signal, sys, time
        from pathlib import Path
        from batchata.errors import ProviderError
        from batchata.providers.spool.spool import Spool
        from batchata.providers.spool.lines import request_line
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        class Big:
            concurrency = 2
            def answer(self, body): return json.dumps("x" * 3000).encode()
            def close(self): pass
        lines = b"".join(request_line(f"r{n}", b"{}") + b"\\n" for n in range(6))
        spool = Spool(Path(sys.argv[1]), Big())
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
        spool.take("b1", io.BytesIO(lines), 6)
        told = None
        while told is None:
            try: spool.status("b1")
            except ProviderError as error: told = error
            time.sleep(0.005)
        assert told.retryable and "File too large" in str(told), told
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        while True:
            try:
                if spool.status("b1").ended: break
            except ProviderError: pass
            time.sleep(0.005)
        found = [json.loads(line) for line in b"".join(spool.answers("b1")).splitlines()]
        assert sorted(row["custom_id"] for row in found) == [f"r{n}" for n in range(6)], found
        spool.close()
    """
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)


def test_a_killed_process_has_lost_only_what_was_under_way(tmp_path: Path) -> None:
    script = """if 1:
        import io, os, signal, sys, threading
        from pathlib import Path
        from batchata.providers.spool.spool import Spool
        from batchata.providers.spool.lines import request_line
        class Slow:
            concurrency, count, lock = 2, 0, threading.Lock()
            def answer(self, body):
                with self.lock:
                    self.count += 1
                    if self.count == 8: os.kill(os.getpid(), signal.SIGKILL)
                return b'{"n": %d}' % self.count
            def close(self): pass
        lines = b"".join(request_line(f"r{n}", b'{"text":"t%d"}' % n) + b"\\n" for n in range(20))
        spool = Spool(Path(sys.argv[1]), Slow())
        spool.take("b1", io.BytesIO(lines), 20)
        threading.Event().wait()
    """
    died = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=60)
    assert died.returncode == -9
    before = (tmp_path / "b1.answers").read_bytes()
    before = before[: before.rfind(b"\n") + 1]
    answered = {json.loads(line)["custom_id"] for line in before.splitlines()}
    assert 6 <= len(answered) <= 7  # eight went out; at most two of them had not come back
    second = Echo()
    with closing(Spool(tmp_path, second)) as spool:
        found = finish(spool, "b1")
    assert (tmp_path / "b1.answers").read_bytes().startswith(before)
    assert set(second.asked) == {name.replace("r", "t") for name in found if name not in answered}
    assert set(second.asked.values()) == {1}
    assert 1 <= sum(row["lost"] for row in found.values()) <= 2


def test_a_killed_process_s_paid_requests_do_not_go_out_again(tmp_path: Path) -> None:
    script = """if 1:
        import io, os, signal, sys, threading
        from pathlib import Path
        from batchata.providers.spool.spool import Spool
        from batchata.providers.spool.lines import request_line
        class Slow:
            concurrency, under_way = 2, threading.Barrier(2)
            def answer(self, body):
                if b't0' in body: return b'{}'
                self.under_way.wait()
                os.kill(os.getpid(), signal.SIGKILL)
            def close(self): pass
        lines = b"".join(request_line(f"r{n}", b'{"text":"t%d"}' % n) + b"\\n" for n in range(6))
        spool = Spool(Path(sys.argv[1]), Slow(), resend=False)
        spool.take("b1", io.BytesIO(lines), 6)
        threading.Event().wait()
    """
    died = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=60)
    assert died.returncode == -9
    second = Echo()
    with closing(Spool(tmp_path, second, resend=False)) as spool:
        found = finish(spool, "b1")
    assert "response" in found["r0"]
    for name in ("r1", "r2"):
        assert found[name]["lost"] == 1
        assert (found[name]["error"]["kind"], found[name]["error"]["retryable"]) == (INTERRUPTED, True)
    assert second.asked == {"t3": 1, "t4": 1, "t5": 1}
    third = Echo()
    with closing(Spool(tmp_path, third, resend=False)) as spool:
        assert finish(spool, "b1") == found  # the end of a request is told once
    assert not third.asked


def test_a_lost_answer_does_not_go_out_again_where_it_may_have_been_charged(tmp_path: Path) -> None:
    def lost_unless_busy(text: str, asked: int) -> bytes:
        if asked == 1:
            raise ProviderError("busy", retryable=True, status=429, retry_after=0.0)
        raise ProviderError("gone", retryable=True)

    answerer = Echo(lost_unless_busy)
    with closing(Spool(tmp_path, answerer, pause=0.001, resend=False)) as spool:
        spool.take("b1", requests(1), 1)
        row = finish(spool, "b1")["r0"]
    assert (row["error"]["message"], row["lost"]) == ("gone", 1)
    assert answerer.asked == {"t0": 2}


def test_making_a_spool_touches_nothing(tmp_path: Path) -> None:
    Spool(tmp_path / "spool", Echo()).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_answerer_that_breaks_its_word_does_not_hang_the_batch(tmp_path: Path) -> None:
    def broken(text: str, _: int) -> bytes:
        raise ZeroDivisionError

    def told() -> bool:
        try:
            spool.status("b1")
        except ProviderError as error:
            return "died" in str(error)
        return False

    with closing(Spool(tmp_path, Echo(broken))) as spool:
        spool.take("b1", requests(1), 1)
        until(told)


def test_a_closed_batch_takes_nothing_and_says_so(tmp_path: Path) -> None:
    write_requests(tmp_path, "b1", requests(2), 2)
    batch = SpooledBatch(tmp_path, "b1")
    late, later = batch.waiting
    batch.note_started(late)
    assert batch.keep(b'{"custom_id":"r1"}')
    batch.close()
    batch.close()
    assert not batch.keep(b'{"custom_id":"r0"}')
    batch.note_refused(late)
    batch.note_started(later)
    assert (tmp_path / "b1.answers").read_bytes() == b'{"custom_id":"r1"}\n'
    assert (tmp_path / "b1.started").read_bytes() == b"+r0\n"


@pytest.mark.parametrize("synced", [True, False])
def test_a_start_that_may_be_charged_is_on_the_disk_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synced: bool
) -> None:
    write_requests(tmp_path, "b1", requests(1), 1)
    with closing(SpooledBatch(tmp_path, "b1", sync_starts=synced)) as batch:
        held: list[int] = []
        monkeypatch.setattr(os, "fsync", lambda handle: held.append(os.fstat(handle).st_size))
        batch.note_started(batch.waiting[0])
        monkeypatch.undo()
    assert held == ([len(b"+r0\n")] if synced else [])


def test_a_line_gives_back_what_it_was_given() -> None:
    body = '{"a": "ü\\n", \n "b": 12345678901234567890.10}'.encode()
    line = request_line("x-1", body)
    assert b"\n" not in line
    assert requested_by(line) == "x-1"
    assert body_of(line) == body.replace(b"\n", b" ")
