"""What a file or a fate can do to a worker, and that it costs that one file."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from batchata.documents.reader import Reader
from batchata.errors import DocumentError
from batchata.request import Document, Image

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and memory limits of POSIX")
PATIENCE = 60.0


def pages_of(future: Future[Document | Image]) -> tuple[str, ...]:
    document = future.result(PATIENCE)
    assert isinstance(document, Document)
    return document.pages


@contextlib.contextmanager
def reading(**settings: Any) -> Iterator[Reader]:
    reader = Reader(workers=1, **settings)
    try:
        yield reader
    finally:
        reader.close()


def started_worker(reader: Reader, pdfs: Any) -> int:
    """The pid of the one worker, known to be up."""
    reader.submit(pdfs.text("hello"), "first.pdf").result(PATIENCE)
    (pid,) = reader._pool.pids
    return pid


def gone(pid: int) -> bool:
    """Not even a zombie is left."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


MARKING = """
import sys
sys.path[:] = sys.argv[2:]
from pathlib import Path
from batchata import _worker
read = _worker.read_pages
def marked(data, name):
    Path(sys.argv[1], name).touch()
    return read(data, name)
_worker.read_pages = marked
_worker.main(10**9)
"""


def test_a_worker_killed_while_reading_costs_that_file(pdfs: Any, tmp_path: Path) -> None:
    with reading(command=[sys.executable, "-c", MARKING, str(tmp_path), *sys.path]) as reader:
        pid = started_worker(reader, pdfs)
        lost, kept = reader.submit(pdfs.endless(), "lost.pdf"), reader.submit(pdfs.text("kept"), "kept.pdf")
        while not (tmp_path / "lost.pdf").exists():
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(DocumentError, match=r"lost\.pdf: .*died \(SIGKILL\)"):
            lost.result(PATIENCE)
        assert pages_of(kept) == ("kept",)
        assert reader._pool.pids != [pid]
        assert gone(pid)


def test_a_worker_killed_between_files_costs_nothing(pdfs: Any) -> None:
    with reading() as reader:
        pid = started_worker(reader, pdfs)
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert pages_of(reader.submit(pdfs.text("next"), "next.pdf")) == ("next",)
        assert gone(pid)


def test_a_file_that_takes_too_long_is_stopped(pdfs: Any) -> None:
    with reading(timeout_seconds=0.5) as reader:
        pid = started_worker(reader, pdfs)
        with pytest.raises(DocumentError, match=r"slow\.pdf: .*longer than the 0\.5 seconds allowed"):
            reader.submit(pdfs.endless(), "slow.pdf").result(PATIENCE)
        assert gone(pid)


def test_a_file_that_needs_too_much_memory_is_stopped(pdfs: Any) -> None:
    with reading(memory_bytes=250_000_000) as reader:
        with pytest.raises(DocumentError, match=r"bomb\.pdf: .*250,000,000 bytes of memory"):
            reader.submit(pdfs.swelling(300_000_000), "bomb.pdf").result(PATIENCE)
        assert pages_of(reader.submit(pdfs.text("next"), "next.pdf")) == ("next",)


def test_a_file_larger_than_the_memory_says_so(pdfs: Any) -> None:
    data = pdfs.text("hello") + bytes(300_000_000)
    with reading(memory_bytes=250_000_000) as reader:
        with pytest.raises(DocumentError, match=r"large\.pdf: .*it needs more memory than allowed"):
            reader.submit(data, "large.pdf").result(PATIENCE)
        assert pages_of(reader.submit(pdfs.text("next"), "next.pdf")) == ("next",)


def test_a_word_document_that_unpacks_to_gigabytes_is_stopped_at_its_cap(words: Any) -> None:
    data = words.bomb(400_000_000)
    assert len(data) < 3_000_000
    with reading(memory_bytes=400_000_000) as reader:
        with pytest.raises(DocumentError, match=r"bomb\.docx: its text unpacks to more than 134,217,728 bytes"):
            reader.submit(data, "bomb.docx").result(PATIENCE)
        assert pages_of(reader.submit(words.document("<w:p><w:t>next</w:t></w:p>"), "next.docx")) == ("next",)
        assert len(reader._pool.pids) == 1


def test_a_page_of_a_million_tags_is_read(pdfs: Any) -> None:
    with reading() as reader:
        data = b"<div>" * 800_000 + b"<table><td>" * 100_000 + b"deep" + b"<!--" * 100_000
        assert pages_of(reader.submit(data, "deep.html")) == ("deep",)
        assert len(reader._pool.pids) == 1


def test_a_worker_that_stops_taking_a_large_file_is_stopped(pdfs: Any) -> None:
    deaf = "import sys, time\nsys.stdout.buffer.write(bytes([0,0,0,1,0,0,0,0,0,0,0,5])+b'ready')\nsys.stdout.flush()\ntime.sleep(600)"
    with (
        reading(timeout_seconds=0.2, command=[sys.executable, "-c", deaf]) as reader,
        pytest.raises(DocumentError, match=r"0\.2 seconds allowed"),
    ):
        reader.submit(pdfs.text("hello") + bytes(10_000_000), "a.pdf").result(PATIENCE)


@pytest.mark.parametrize(
    "reply",
    [
        b"garbage that goes on",
        bytes([0, 0, 0, 1, 127, 0, 0, 0, 0, 0, 0, 0]),
        bytes([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]) + b"?",
        bytes([0, 0, 0, 2, *[0] * 7, 5, *[0] * 7, 1]) + b"pages\xff",
    ],
    ids=["no frame", "too large", "unknown", "no text"],
)
def test_a_worker_that_was_taken_over_is_not_believed(reply: bytes, pdfs: Any) -> None:
    ready = bytes([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5]) + b"ready"
    liar = f"import sys, time\nsys.stdout.buffer.write({ready + reply!r})\nsys.stdout.flush()\ntime.sleep(600)"
    with (
        reading(command=[sys.executable, "-c", liar]) as reader,
        pytest.raises(DocumentError, match=r"a\.pdf: .*an answer that"),
    ):
        reader.submit(pdfs.text("hello"), "a.pdf").result(PATIENCE)


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ([sys.executable, "-c", "import sys; sys.exit(3)"], r"no worker process could be started .*exit code 3"),
        (["/nowhere/python"], "No such file"),
    ],
)
def test_workers_that_cannot_start_fail_the_files_and_hang_nothing(
    command: list[str], complaint: str, pdfs: Any
) -> None:
    with reading(command=command) as reader:
        for _ in range(2):
            with pytest.raises(DocumentError, match=rf"a\.pdf: .*{complaint}"):
                reader.submit(pdfs.text("hello"), "a.pdf").result(PATIENCE)


def test_close_ends_what_is_being_read_and_cancels_the_rest(pdfs: Any) -> None:
    threads = threading.active_count()
    reader = Reader(workers=1, timeout_seconds=3600)
    pid = started_worker(reader, pdfs)
    begun, waiting = reader.submit(pdfs.endless(), "begun.pdf"), reader.submit(pdfs.text("x"), "waiting.pdf")
    while not begun.running():
        time.sleep(0.01)
    closing = threading.Thread(target=reader.close, daemon=True)
    closing.start()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    with pytest.raises(DocumentError, match=r"begun\.pdf: .*the reader was closed"):
        begun.result(PATIENCE)
    assert waiting.cancelled()
    assert gone(pid)
    assert threading.active_count() == threads
    with pytest.raises(RuntimeError, match="closed"):
        reader.submit(pdfs.text("x"), "late.pdf")
    reader.close()


def test_a_callback_may_close_the_reader(pdfs: Any) -> None:
    reader = Reader(workers=1)
    closed = threading.Event()

    def close(_: object) -> None:
        reader.close()
        closed.set()

    reader.submit(pdfs.text("x"), "a.pdf").add_done_callback(close)
    assert closed.wait(PATIENCE)


DRIVER = """
import os, signal, sys
from batchata.documents.reader import Reader
reader = Reader(workers=1)
hello, endless = (open(name, "rb").read() for name in sys.argv[1:3])
reader.submit(hello, "hello.pdf").result()
future = reader.submit(endless, "endless.pdf")
while not future.running():
    pass
if sys.argv[3] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("how", "code"), [("killed", -signal.SIGKILL), ("ended", 0)])
def test_no_worker_outlives_its_driver(how: str, code: int, pdfs: Any, tmp_path: Path) -> None:
    (tmp_path / "hello.pdf").write_bytes(pdfs.text("hello"))
    (tmp_path / "endless.pdf").write_bytes(pdfs.endless())
    # The worker inherits stderr, so this returns only when the worker is gone too, in the middle of an endless file.
    ran = subprocess.run(
        [sys.executable, "-c", DRIVER, tmp_path / "hello.pdf", tmp_path / "endless.pdf", how],
        stderr=subprocess.PIPE,
        check=False,
        timeout=PATIENCE,
    )
    assert ran.returncode == code
    assert ran.stderr == b""
