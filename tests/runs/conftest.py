"""A provider in the tests' own process, and a batch on it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batchata import Batch
from batchata.testing import Emulator


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(turnaround=0.1) as emulator:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", emulator.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test-not-a-key")
        yield emulator


@pytest.fixture
def batch(emulator: Emulator, tmp_path: Path) -> Callable[..., Batch]:
    """Makes a batch on the emulator with the given arguments; the same state file each time."""

    def make(jobs: int = 0, **arguments: Any) -> Batch:
        settings: dict[str, Any] = {
            "results_dir": tmp_path / "results",
            "items_per_batch": 5,
            "settle_seconds": 0.5,
        } | arguments
        made = Batch(tmp_path / "state.db", **settings).defaults(model="claude-haiku-4-5", max_tokens=50)
        for number in range(jobs):
            made.add_job(prompt=f"Say {number}.", job_id=f"job-{number}")
        return made

    return make
