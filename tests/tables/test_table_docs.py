"""`docs/tables.md`: each block of it run as printed, in a folder of its own."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from batchata.testing import Emulator

PAGE = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_of_the_page_runs_as_printed(block: str, tmp_path: Path, emulate: Callable[..., Emulator]) -> None:
    emulate()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    written = list(tmp_path.glob("answers.*"))
    assert written
    assert written[0].stat().st_size > 0
