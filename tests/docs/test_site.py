"""The documentation site: it builds without a warning and without a network, and its pages load nothing from anywhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"  # no proxy listens there: whatever is fetched fails
LOADED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*?\bsrc=[\"']?(?:https?:)?//[^\s\"'>]+|<link\b[^>]*?\bhref=[\"']?(?:https?:)?//[^\s\"'>]+"
)
IN_STYLE = re.compile(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^\s\"')]+")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("site")
    proxies = dict.fromkeys(
        ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE
    )
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(built)],
        cwd=ROOT, env={**os.environ, **proxies}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return built


def test_the_pages_load_nothing_from_elsewhere(site: Path) -> None:
    pages = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    assert len(pages) > 20
    assert {page.name: found for page, text in pages.items() if (found := LOADED.findall(text))} == {}
    styles = {style: style.read_text(encoding="utf-8") for style in site.rglob("*.css")}
    assert {style.name: found for style, text in styles.items() if (found := IN_STYLE.findall(text))} == {}


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    import batchata
    from batchata import testing

    text = "".join(page.read_text(encoding="utf-8") for page in (site / "reference").glob("*.html"))
    told = set(re.findall(r'id="(batchata[\w.]*)"', text))
    last = {name.rpartition(".")[2] for name in told}
    assert {*batchata.__all__, *testing.__all__} - last <= {"__version__"}


def test_every_page_is_in_the_menu(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT / "docs").with_suffix(".html") for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f'href="{page.as_posix()}"' not in home] == []
