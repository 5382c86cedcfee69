"""The reader: small texts here, PDFs in worker processes or in an executor of the user's."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from batchata.documents.reader import Reader
from batchata.errors import DocumentError
from batchata.request import Document, Image

PATIENCE = 60.0


def pages_of(future: Future[Document | Image]) -> tuple[str, ...]:
    document = future.result(PATIENCE)
    assert isinstance(document, Document)
    return document.pages


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader(workers=2)
    yield made
    made.close()


def test_a_text_needs_no_process(reader: Reader) -> None:
    assert pages_of(reader.submit(b"hello", "a.txt")) == ("hello",)
    assert reader._pool.pids == []


def test_many_pdfs_are_read_by_few_processes(reader: Reader, pdfs: Any) -> None:
    files = {f"{number}.pdf": pdfs.text(f"file {number}", "page 2") for number in range(20)}
    futures = {name: reader.submit(data, name) for name, data in files.items()}
    for number, (name, future) in enumerate(futures.items()):
        document = Document(name, "application/pdf", files[name], (f"file {number}", "page 2"), paged=True)
        assert future.result(PATIENCE) == document
    assert 1 <= len(reader._pool.pids) <= 2


def test_one_file_after_another_needs_one_process(reader: Reader, pdfs: Any) -> None:
    for _ in range(3):
        reader.submit(pdfs.text("hello"), "a.pdf").result(PATIENCE)
    assert len(reader._pool.pids) == 1


def test_a_bad_file_is_an_error_of_its_own_and_the_process_goes_on(reader: Reader, pdfs: Any) -> None:
    reader.submit(pdfs.text("hello"), "a.pdf").result(PATIENCE)
    before = reader._pool.pids
    for data in (b"", b"<html>", pdfs.encrypted(), pdfs.text("x")[:70]):
        with pytest.raises(DocumentError, match=r"bad\.pdf"):
            reader.submit(data, "bad.pdf").result(PATIENCE)
    assert pages_of(reader.submit(pdfs.text("after"), "b.pdf")) == ("after",)
    assert reader._pool.pids == before


def test_a_name_that_is_no_utf_8_is_kept(reader: Reader, pdfs: Any) -> None:
    name = os.fsdecode(b"caf\xe9.pdf")
    document = reader.submit(pdfs.text("hello"), name).result(PATIENCE)
    assert isinstance(document, Document)
    assert document.name == name
    with pytest.raises(DocumentError) as refused:
        reader.submit(pdfs.encrypted(), name).result(PATIENCE)
    assert str(refused.value).startswith(name)


def test_what_libraries_print_does_not_reach_the_frames(pdfs: Any) -> None:
    noisy = (
        "import os, sys; sys.path[:] = sys.argv[1:]\n"
        "from batchata import _worker\n"
        "read = _worker.read_pages\n"
        "def shout(*given):\n"
        "    print('noise', flush=True); os.write(1, b'noise'); assert os.read(0, 9) == b''\n"
        "    return read(*given)\n"
        "_worker.read_pages = shout\n"
        "_worker.main(10**9)"
    )
    reader = Reader(workers=1, command=[sys.executable, "-c", noisy, *sys.path])
    assert pages_of(reader.submit(pdfs.text("hello"), "a.pdf")) == ("hello",)
    reader.close()


def test_ctrl_c_is_not_the_workers_to_act_on(reader: Reader, pdfs: Any) -> None:
    reader.submit(pdfs.text("hello"), "a.pdf").result(PATIENCE)
    (pid,) = reader._pool.pids
    assert os.getpgid(pid) != os.getpgid(0)
    os.kill(pid, signal.SIGINT)
    assert pages_of(reader.submit(pdfs.text("again"), "a.pdf")) == ("again",)
    assert reader._pool.pids == [pid]


def test_a_worker_holds_no_keys(monkeypatch: pytest.MonkeyPatch, pdfs: Any) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")
    spy = "import os, sys; sys.exit(9 if 'SOME_API_KEY' in os.environ else 7)"
    reader = Reader(workers=1, command=[sys.executable, "-c", spy])
    with pytest.raises(DocumentError, match="exit code 7"):
        reader.submit(pdfs.text("hello"), "a.pdf").result(PATIENCE)
    reader.close()


def test_the_driver_and_its_workers_stay_light() -> None:
    program = "import sys, batchata._worker, batchata.documents.reader; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert not {"pypdfium2", "anthropic", "openai", "google.genai", "genai_prices"} & set(loaded)


@pytest.mark.parametrize(
    "executor",
    [ThreadPoolExecutor(4), ProcessPoolExecutor(1, mp_context=get_context("spawn"))],
    ids=["threads", "processes"],
)
def test_an_executor_of_the_users_reads_instead(executor: Any, pdfs: Any) -> None:
    with executor:
        reader = Reader(executor=executor)
        data = pdfs.text("hello")
        good = [reader.submit(data, "a.pdf") for _ in range(8)]
        bad = reader.submit(pdfs.encrypted(), "bad.pdf")
        assert [pages_of(future) for future in good] == [("hello",)] * 8
        assert good[0].result() == Document("a.pdf", "application/pdf", data, ("hello",), paged=True)
        with pytest.raises(DocumentError, match=r"bad\.pdf: the PDF is encrypted"):
            bad.result(PATIENCE)
        assert reader._pool.pids == []
        reader.close()
        assert executor.submit(int, "7").result(PATIENCE) == 7  # it is the user's to close


def test_an_executor_that_breaks_costs_a_document_error(pdfs: Any) -> None:
    executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    died = executor.submit(os._exit, 1)
    assert died.exception(PATIENCE) is not None
    reader = Reader(executor=executor)
    with pytest.raises(
        DocumentError, match=r"a\.pdf: the executor that was given failed to read it: BrokenProcessPool"
    ):
        reader.submit(pdfs.text("hello"), "a.pdf").result(PATIENCE)
    executor.shutdown()


class Unwilling(ThreadPoolExecutor):
    """Takes work and never begins it, as a queue on a busy cluster does."""

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        self.taken: Future[Any] = Future()
        return self.taken


def test_cancelling_reaches_the_executor_and_comes_back_from_it(pdfs: Any) -> None:
    executor = Unwilling()
    reader = Reader(executor=executor)
    ours = reader.submit(pdfs.text("hello"), "a.pdf")
    assert ours.cancel()
    assert executor.taken.cancelled()
    theirs = reader.submit(pdfs.text("hello"), "a.pdf")
    executor.taken.cancel()
    assert theirs.cancelled()
