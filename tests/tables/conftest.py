"""A provider that answers as scripted, and a batch on it; the same state file each time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batchata import Batch
from batchata.testing import Emulator


@pytest.fixture
def emulate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Emulator]]:
    started: list[Emulator] = []

    def start(**settings: Any) -> Emulator:
        emulator = Emulator(**({"turnaround": 0.05} | settings))
        emulator.start()
        started.append(emulator)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", emulator.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test-not-a-key")
        return emulator

    yield start
    for emulator in started:
        emulator.stop()


@pytest.fixture
def batch(tmp_path: Path) -> Callable[..., Batch]:
    def make(**settings: Any) -> Batch:
        made = Batch(tmp_path / "state.db", **({"items_per_batch": None, "settle_seconds": 0.5} | settings))
        return made.defaults(model="claude-haiku-4-5", max_tokens=500)

    return make
