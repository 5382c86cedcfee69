"""The README's quick start as a new user runs it: printed lines in a fresh process; and the files it points to.

That its other blocks run is shown with those of the docs, in tests/docs.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import batchata
from batchata.testing import Emulator

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUICK_START, *_ = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PRINTED, *_ = re.findall(r"^```text\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
INVOICE = ROOT / "examples" / "documents" / "invoice.pdf"
ANSWER = {
    "answer": {"number": "BIW-2026-0417", "total": 9856.63},
    "quotes": [
        {"quote": "Invoice BIW-2026-0417", "fields": ["number"]},
        {"quote": "Total due 9,856.63", "fields": ["total"]},
    ],
}


def run(block: str, folder: Path, emulator: Emulator) -> str:
    """What a block prints, run as a script in `folder` with the emulator in the provider's place."""
    script = folder / "script.py"
    script.write_text(block, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=folder, env=kept | emulator.environment(), capture_output=True, text=True,
        encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_quick_start_prints_what_the_readme_says_and_costs_nothing_again(tmp_path: Path) -> None:
    invoices = tmp_path / "invoices"
    invoices.mkdir()
    shutil.copy(INVOICE, invoices)
    with Emulator(answer=lambda _: json.dumps(ANSWER)) as emulator:
        printed = run(QUICK_START, tmp_path, emulator)
        assert printed.replace(str(tmp_path.resolve()), "/home/you") == PRINTED
        assert run(QUICK_START, tmp_path, emulator) == printed
        assert len(emulator.ledger) == 1
    (result,) = [json.loads(path.read_bytes()) for path in (tmp_path / "results").glob("*.json")]
    assert result["outcome"] == "succeeded"
    assert 0 < result["cost_usd"] < 5


def test_the_quick_start_has_twelve_lines() -> None:
    assert len([line for line in QUICK_START.splitlines() if line.strip()]) == 12


def test_every_file_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    assert len(links) > 15
    assert [link for link in links if not link.startswith("https://") and not (ROOT / link).exists()] == []


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(
        r"^## \[([^\]]+)\](?: - \d{4}-\d\d-\d\d)?$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert next(version for version in versions if version != "Unreleased") == batchata.__version__
