"""`Batch(executor=…)`: documents are read, and passages found on their pages, by whatever executor the user brings."""

import gc
import json
import logging
import multiprocessing
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dask import config
from distributed import Client, LocalCluster
from pydantic import BaseModel

from batchata import Batch, JobResult
from batchata.testing import Emulator

# what the cluster's own threads and sockets warn of while it comes and goes is not ours
pytestmark = [
    pytest.mark.filterwarnings("ignore:::distributed"),
    pytest.mark.filterwarnings("ignore:::tornado"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

INVOICE = Path(__file__).parents[2] / "examples" / "documents" / "invoice.pdf"
QUOTE = "Total due 9,856.63"


class Invoice(BaseModel):
    total: float


ANSWER = json.dumps({"answer": {"total": 9856.63}, "quotes": [{"quote": QUOTE, "fields": ["total"]}]})


@pytest.fixture(autouse=True)
def _no_garbage_is_left() -> Iterator[None]:
    """What it warns of when it is collected is ignored here, and not in a later test."""
    yield
    gc.collect()


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(turnaround=0.1, answer=lambda _: ANSWER) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        yield emulator


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A cluster on this machine: a scheduler, and two worker processes of one thread each."""
    quiet = {"distributed.worker.daemon": True, "distributed.admin.log-format": "%(message)s"}
    with (
        config.set(quiet),
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.ERROR
        ) as cluster,
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        client.wait_for_workers(2, timeout=60)
        yield client


class Noted(Executor):
    """Another executor, with the times at which it was given work."""

    def __init__(self, inner: Executor) -> None:
        self.inner = inner
        self.times: list[float] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.times.append(time.time())
        return self.inner.submit(fn, *args, **kwargs)


def executor_of(client: Client) -> Noted:
    return Noted(client.get_executor())  # type: ignore[no-untyped-call]


def read_with(executor: Executor, folder: Path, documents: int) -> dict[str, JobResult]:
    """Every document is a file of its own, so that none is read for two jobs."""
    folder.mkdir()
    batch = Batch(folder / "state.db", folder / "results", items_per_batch=None, executor=executor)
    batch.add_cost_limit(5.0).defaults(model="claude-haiku-4-5", response_model=Invoice, enable_citations=True)
    for number in range(documents):
        path = folder / f"{number}.pdf"
        shutil.copyfile(INVOICE, path)
        batch.add_job(file=path, prompt="What is the total?", job_id=f"job-{number}")
    run = batch.run()
    assert run.wait(60)
    return run.results()


def check(results: dict[str, JobResult], documents: int) -> None:
    assert sorted(results) == sorted(f"job-{number}" for number in range(documents))
    for name, result in results.items():
        assert result.is_success, result.error
        (found,) = result.citation_mappings["total"]
        assert (found.text, found.page, found.source) == (QUOTE, 2, f"{name.removeprefix('job-')}.pdf")
        (box,) = found.metadata["boxes"]
        assert 0 < box["left"] < box["right"] < 595


def loaded(name: str) -> Callable[[], bool]:
    """Whether a process has loaded a module; sent to the cluster by value, as its processes may not have this file."""

    def asked() -> bool:

        return name in sys.modules

    return asked


def test_a_dask_cluster_reads_and_grounds_pdfs(answering: Emulator, client: Client, tmp_path: Path) -> None:
    assert set(client.run(loaded("pypdfium2")).values()) == {False}
    executor = executor_of(client)
    check(read_with(executor, tmp_path / "run", 12), 12)
    where: dict[str, bool] = client.run(loaded("pypdfium2"))
    assert list(where.values()) == [True, True]  # both processes had a share
    (create,) = answering.creates
    reading = [at for at in executor.times if at < create.at]
    assert len(reading) == 12
    assert len(executor.times) > len(reading)  # where on the pages the quotes stand
    assert not answering.ledger.billed_twice()


def test_a_file_that_cannot_be_read_on_the_cluster_fails_alone(
    answering: Emulator, client: Client, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(INVOICE.read_bytes()[:400])
    batch = Batch(tmp_path / "state.db", executor=executor_of(client)).defaults(model="claude-haiku-4-5")
    batch.add_job(file=broken, prompt="Read it.", job_id="broken")
    batch.add_job(file=INVOICE, prompt="Read it.", job_id="whole")
    results = batch.run(wait=True).results()
    assert not results["broken"].is_success
    assert "broken.pdf" in str(results["broken"].error)
    assert results["whole"].is_success
    assert len(answering.ledger) == 1


def test_a_cluster_s_worker_may_die(answering: Emulator, client: Client, tmp_path: Path) -> None:
    check(read_with(executor_of(client), tmp_path / "before", 2), 2)
    address = next(iter(client.scheduler_info()["workers"]))
    client.restart_workers([address], timeout=60)
    check(read_with(executor_of(client), tmp_path / "after", 4), 4)
    assert len(answering.ledger) == 6


@contextmanager
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


@contextmanager
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as executor:  # PDFium is not thread-safe: one thread is what it may have
        yield executor


@pytest.mark.parametrize("pool", [processes, threads])
def test_the_standard_executors_do_the_same(answering: Emulator, tmp_path: Path, pool: Any) -> None:
    with pool() as executor:
        check(read_with(executor, tmp_path / "run", 4), 4)
        assert executor.submit(len, "ours no longer").result(10) == 14  # it is the user's, and still open
    assert len(answering.creates) == 1
