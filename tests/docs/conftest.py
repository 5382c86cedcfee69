"""What the pages take for granted: a provider, a folder with the files they name, and servers at the addresses they name."""

import csv
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batchata.testing import Emulator

DOCUMENTS = Path(__file__).parents[2] / "examples" / "documents"
SETTINGS = ("ANTHROPIC_", "OPENAI_", "GOOGLE_", "GEMINI_", "BATCHATA_", "NO_COLOR", "FORCE_COLOR", "COLUMNS")
MODELS = """\
from pydantic import BaseModel


class Invoice(BaseModel):
    invoice_number: str
    total: float
"""
SCHEMA = '{"type": "object", "properties": {"label": {"enum": ["good", "bad"]}}, "required": ["label"]}'


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator(turnaround=0.05) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    """A server of one's own, such as vLLM: it has one model, and no batch API."""
    with Emulator(served_models={"qwen3-4b": 8192}) as server:
        yield server


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    """A shell in which the keys are set, and nothing else that batchata or an SDK reads."""
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        monkeypatch.delenv(name)
    for name, value in {**emulator.environment(), "GROQ_API_KEY": "emulated"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def command(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """`batchata` and `python` on the path are those under test."""
    folder = tmp_path_factory.mktemp("bin")
    for name, arguments in {"batchata": " -m batchata", "python": ""}.items():
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a reader who has the files that the pages speak of."""
    for place, names in {
        ".": ["invoice.pdf", "service-agreement.pdf", "letter.txt"],
        "contracts": ["service-agreement.pdf"],
        "invoices": ["invoice.pdf"],
        "reports": ["water-report.pdf"],
    }.items():
        (tmp_path / place).mkdir(exist_ok=True)
        for name in names:
            shutil.copy(DOCUMENTS / name, tmp_path / place)
    shutil.copy(DOCUMENTS / "invoice.pdf", tmp_path / "invoices" / "invoice-7.pdf")
    with (tmp_path / "reviews.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("id", "text"), (1, "The kettle leaks."), (2, "Bright, and cheap.")])
    (tmp_path / "prompt.txt").write_text("Read this invoice.", encoding="utf-8")
    (tmp_path / "schema.json").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """What a page does to the logger ends with the page."""
    logger = logging.getLogger("batchata")
    level, handlers = logger.level, list(logger.handlers)
    yield
    logger.setLevel(level)
    logger.handlers[:] = handlers


@pytest.fixture
def addresses(server: Emulator, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Puts servers that are there in the place of those that a page names."""

    def served(text: str) -> str:
        if "tcp://scheduler:8786" in text:
            text = text.replace("tcp://scheduler:8786", request.getfixturevalue("scheduler"))
        return text.replace("http://localhost:8000/v1", server.openai_url)

    return served


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a Dask cluster: a scheduler and a worker of one thread, here."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, silence_logs=logging.ERROR,
        protocol="tcp",
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address
        distributed.default_client().close()  # the page's own
