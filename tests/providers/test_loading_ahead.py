"""An SDK is imported in the background, and nothing else is imported meanwhile by whoever waits for that."""

import sys
from pathlib import Path

import pytest

from batchata.providers import catalog

SLOW = "import time\ntime.sleep(0.3)\nwhole = True\n"


def test_what_was_begun_is_whole_once_it_was_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_to_import.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    catalog._begin("slow_to_import")
    catalog.await_loading()
    assert sys.modules.pop("slow_to_import").whole
    assert catalog._loading == []


def test_a_run_waits_before_it_imports_the_engine(tmp_path: Path) -> None:
    """In a fresh process, since here the engine is loaded already."""
    import subprocess

    (tmp_path / "slow_to_import.py").write_text(SLOW)
    script = """
import sys
from batchata.providers import catalog
from batchata.run import BatchRun
catalog._begin("slow_to_import")
try:
    BatchRun(None)
except AttributeError:
    pass
assert sys.modules["slow_to_import"].whole
assert "batchata.engine.session" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=60)
