"""Every code block of the README and of `docs/`, run as printed.

A page is a session: its Python blocks run in order in one namespace, its `batchata …` lines as processes, all in one folder,
with the emulator in the providers' place. Other commands are looked up: the targets in the Makefile, the extras in pyproject.
A block under `<!-- not run: why -->` is only compiled, and there are few of them.
"""

import gc
import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from batchata import Batch, BatchRun, Outcome
from batchata.testing import Emulator

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^(?:<!--(?P<mark>[^\n]*?)-->\n+)?(?P<ticks>```+)(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=ticks)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
SHELL = ("sh", "bash", "shell", "console")
SILENT = ("", "text", "json", "csv", "html", "toml", "sql", "yaml")
pytestmark = pytest.mark.usefixtures("keys", "command", "folder", "logs_as_before")


@dataclass(frozen=True)
class Block:
    language: str
    code: str
    line: int
    not_run: str  # why, if it isn't


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        mark = (match["mark"] or "").strip()
        reason = mark.removeprefix("not run:").strip() if mark.startswith("not run:") else ""
        line = text.count("\n", 0, match.start("code")) + 1
        found.append(Block(match["language"], match["code"], line, reason))
    return found


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


WITH_CODE = [page for page in PAGES if any(block.language in ("python", *SHELL) for block in blocks(page))]


# -- what pages take for granted beyond files


class Invoice(BaseModel):
    invoice_number: str
    total: float


def _rows() -> Iterator[SimpleNamespace]:
    for number in range(40):
        yield SimpleNamespace(id=number, text=f"Say {number}.")


def _a_state() -> None:
    Batch("state.db").add_job(prompt="Say 17.", model="claude-haiku-4-5").run(wait=True)


BEFORE: dict[str, Callable[[], None]] = {"docs/report.md": _a_state}
GIVEN: dict[str, dict[str, Any]] = {
    "docs/dask.md": {"Invoice": Invoice, "paths": ["invoice.pdf", "invoices/invoice-7.pdf"], "rows": _rows},
}
ARGUMENTS = {"docs/dask.md": ["shard.py", "3", "of", "20"]}
INSTEAD = {"batchata purge batchata.db": "batchata purge batchata.db --yes"}  # it asks a terminal, and here is none
ELSEWHERE = ("batchata demo",)  # with the embedded model by `make demo`, with the emulator by tests/cli
SERVERS = ("batchata emulator", "python -m batchata.testing")
EXIT = {
    "batchata retry --job invoice-7.pdf": 2,  # no job failed here, and it says so
    "batchata decide batchata.db 3 --never-made": 2,  # no batch is uncertain here, and it says so
}


# -- the pages


@pytest.fixture(autouse=True)
def _no_garbage_is_left() -> Iterator[None]:
    """What it warns of when it is collected is ignored here, and not in a later test."""
    yield
    gc.collect()


# what a Dask cluster's own threads and sockets warn of while it comes and goes is not ours
@pytest.mark.filterwarnings(
    "ignore:::distributed",
    "ignore:::tornado",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::ResourceWarning",
)
@pytest.mark.parametrize("page", WITH_CODE, ids=named)
def test_the_code_of_a_page_runs(
    page: Path, addresses: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    session = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", session)
    monkeypatch.setattr(sys, "argv", ARGUMENTS.get(named(page), ["script.py"]))
    vars(session).update(GIVEN.get(named(page), {}))
    BEFORE.get(named(page), lambda: None)()
    for block in blocks(page):
        if block.language == "python":
            run_python(page, block, session, addresses(block.code), folder)
        elif block.language in SHELL:
            run_shell(block, addresses)
    check_answers(session)


def run_python(page: Path, block: Block, session: ModuleType, code: str, folder: Path) -> None:
    compiled = compile("\n" * (block.line - 1) + code, str(page), "exec")  # tracebacks name the page's line
    if block.not_run:
        return
    before = set(vars(session))
    exec(compiled, vars(session))
    for name in [name for name in vars(session) if name.startswith("test_") and name not in before]:
        run_test(vars(session)[name], folder)


def run_test(test: Callable[..., None], folder: Path) -> None:
    """A test that a page shows, with the fixtures it names."""
    with pytest.MonkeyPatch.context() as monkeypatch, Emulator() as emulator:
        given = {"tmp_path": folder, "monkeypatch": monkeypatch, "emulator": emulator}
        test(**{name: given[name] for name in inspect.signature(test).parameters})


def check_answers(session: ModuleType) -> None:
    """What a page asked was answered: made-up answers may be cut or misfit, but no request was wrong."""
    for run in [value for value in vars(session).values() if isinstance(value, BatchRun)]:
        wrong = [result for result in run.results().values() if result.outcome in (Outcome.ERROR, Outcome.MISSING)]
        assert not wrong, wrong


# -- commands


def lines_of(block: Block) -> list[str]:
    """A block's commands, one a line; of a console's, what was typed."""
    lines = block.code.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line.split("  #")[0].strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def is_ours(line: str) -> bool:
    return line.startswith(("batchata ", "python -m batchata"))


def run_shell(block: Block, addresses: Callable[[str], str]) -> None:
    for line in lines_of(block):
        if block.not_run or not is_ours(line) or line in ELSEWHERE:
            continue
        if line.startswith(SERVERS):
            serve(line)
        else:
            run_command(addresses(line))


def run_command(line: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", INSTEAD.get(line, line)], input="y\n", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == EXIT.get(line, 0), f"{line}\n{done.stdout}\n{done.stderr}"


def serve(line: str) -> None:
    """A server is started, says where it is, and is ended."""
    free = re.sub(r"--port \d+", "--port 0", line)
    arguments = [sys.executable, *shlex.split(free.replace("batchata emulator", "python -m batchata emulator", 1))[1:]]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.terminate()
        assert "http://127.0.0.1:" in said


@pytest.mark.parametrize("page", WITH_CODE, ids=named)
def test_other_commands_of_a_page_are_there(page: Path) -> None:
    """Commands that install, build or take long name what there is."""
    shell = [block for block in blocks(page) if block.language in SHELL]
    for line in [line for block in shell for line in lines_of(block) if not is_ours(line)]:
        assert is_there(shlex.split(line)), line


def is_there(words: list[str]) -> bool:
    match words:
        case ["make", target, *_]:
            return re.search(rf"^{re.escape(target)}:", read("Makefile"), re.MULTILINE) is not None
        case ["pip", "install", *named]:
            extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
            wanted = re.findall(r"\[([a-z,]+)\]", " ".join(named))
            return {extra for group in wanted for extra in group.split(",")} <= set(extras)
        case ["python", "-m", module, *_]:
            return (ROOT / module.replace(".", "/")).is_dir()
        case [".venv/bin/pytest", "-k", name]:
            return any(name in test.read_text(encoding="utf-8") for test in (ROOT / "tests").rglob("test_*.py"))
        case ["export", *settings]:
            return all("=" in setting for setting in settings)
    return False


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# -- the marks


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_has_a_language_that_is_known(page: Path) -> None:
    assert {block.language for block in blocks(page)} <= {"python", *SHELL, *SILENT}
    assert page.read_text(encoding="utf-8").count("\n```python") == sum(b.language == "python" for b in blocks(page))


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    reasons = {
        f"{named(page)}:{block.line}": block.not_run for page in PAGES for block in blocks(page) if block.not_run
    }
    assert len(reasons) <= 3, reasons
    assert all(len(reason) > 10 for reason in reasons.values()), reasons
