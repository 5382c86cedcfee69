"""The README's Python, run as printed in a fresh process, and the files it points to."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from batchata.testing import Emulator

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUICK_START, *OTHERS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PDFS = sorted((ROOT / "examples" / "documents").glob("*.pdf"))


def run(block: str, folder: Path, emulator: Emulator) -> str:
    """What a block prints, run as a script in `folder` with the emulator in the provider's place."""
    script = folder / "script.py"
    script.write_text(block, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    env = kept | {"ANTHROPIC_BASE_URL": emulator.url, "ANTHROPIC_API_KEY": "any"}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_quick_start_runs_as_printed(tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    for pdf in PDFS:
        shutil.copy(pdf, contracts)
    with Emulator() as emulator:
        printed = run(QUICK_START, tmp_path, emulator)
    for pdf in PDFS:
        assert f"{pdf.name} parties=" in printed
    results = [json.loads(path.read_bytes()) for path in (tmp_path / "results").glob("*.json")]
    assert [result["outcome"] for result in results] == ["succeeded"] * len(PDFS)
    assert all(result["cost_usd"] > 0 for result in results)


def test_the_quick_start_has_twelve_lines() -> None:
    assert len([line for line in QUICK_START.splitlines() if line.strip()]) == 12


@pytest.mark.parametrize("block", OTHERS, ids=range(len(OTHERS)))
def test_every_other_block_runs_as_printed(block: str, tmp_path: Path) -> None:
    with Emulator() as emulator:
        run(block, tmp_path, emulator)


def test_every_file_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    assert links
    assert [link for link in links if not link.startswith("https://") and not (ROOT / link).exists()] == []
