"""The same text jobs with other clients, on the dialects that each of them speaks: `python -m benchmarks.peers`, from the root of
the repository.

The environments are made on the first run, from PyPI. Linux.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from itertools import product
from pathlib import Path

from batchata import __version__
from benchmarks.peers.adapters.asking import LARGEST
from benchmarks.peers.clients import CLIENTS, DIALECTS, Client, python_of
from benchmarks.throughput import page, suite
from benchmarks.throughput.answering import AnsweringProcess
from benchmarks.throughput.case import Case
from benchmarks.throughput.cell import MB, Figures, save
from benchmarks.throughput.machine import busy, machine
from benchmarks.throughput.process import HERE, ROOT, FailedError

SIZES = (10_000, 100_000)
OURS = {
    "floor": ("bare script", "nothing"),
    "none": ("batchata", "every job, batch and answer, in SQLite"),
    "raw": ("batchata, a file per job and raw answers too", "the same, and the files"),
}
HEAD = ("jobs", "", "CPU s", "peak MB", "wall s", "written MB", "fsyncs per 1,000", "batches", "what a crash leaves")


def cases(jobs: int, dialect: str, clients: dict[Client, str]) -> list[Case]:
    """`clients` with the Python of each."""
    case = partial(Case, emulated=partial(AnsweringProcess, "plain"))
    largest = ("FOLDER", "--jobs", str(jobs), "--dialect", dialect, "--items", "0")
    return [
        case(f"peer:{dialect}:floor", jobs, "floor", (dialect, str(jobs), str(LARGEST[dialect]), "FOLDER")),
        case(f"peer:{dialect}:none", jobs, "work", largest),
        case(f"peer:{dialect}:raw", jobs, "work", (*largest, "--files", "raw")),
        *(
            case(client.case(dialect), jobs, client.script, (dialect, str(jobs), "FOLDER"), python=python)
            for client, python in clients.items()
            if dialect in client.dialects
        ),
    ]


def tables(figures: Figures) -> str:
    """One for each dialect."""
    shown = {name: _shown(dialect, figures.versions) for dialect, name in DIALECTS.items()}
    parts = [f"Measured on {figures.where([case for texts in shown.values() for case in texts])}."]
    for name, texts in shown.items():
        if rows := _rows(figures, texts):
            parts += [f"On {name} dialect:", page.table(HEAD, rows)]
    return "\n\n".join(parts)


def _shown(dialect: str, versions: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """By case: its name in the table, and what it keeps."""
    ours = {f"peer:{dialect}:{name}": texts for name, texts in OURS.items()}
    return ours | {
        client.case(dialect): (f"{client.name} {versions.get(client.name, '')}", client.keeps)
        for client in CLIENTS
        if dialect in client.dialects
    }


def _rows(figures: Figures, shown: Mapping[str, tuple[str, str]]) -> list[tuple[str, ...]]:
    return [
        (f"{cell.jobs:,}", shown[cell.case][0], f"{cell.cpu + cell.workers_cpu:.2f}", f"{cell.peak / MB:.0f}", f"{cell.wall:.1f}",
         f"{cell.written / MB:.0f}", page.fsyncs_of(cell), f"{cell.requests['create']}", shown[cell.case][1])
        for cell in page.peers(figures, list(shown))
    ]  # fmt: skip


def parsed(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument(
        "--venvs", type=Path, default=Path(__file__).parent / ".venvs", help="where the environments are kept"
    )
    parser.add_argument("--jobs", type=int, action="append", help=f"how many; may be repeated (default: {SIZES})")
    parser.add_argument(
        "--client", choices=[client.name for client in CLIENTS], action="append", help="may be repeated"
    )
    parser.add_argument("--dialect", choices=DIALECTS, action="append", help="may be repeated")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--figures", type=Path, default=HERE / "latest.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "benchmarks.md")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    arguments = parsed(given)
    wanted = [client for client in CLIENTS if not arguments.client or client.name in arguments.client]
    clients = {client: python_of(client, arguments.venvs) for client in wanted}
    versions = {client.name: client.version for client in clients}
    _tell(", ".join(f"{name} {version}" for name, version in {"batchata": __version__, **versions}.items()))
    if warning := busy():
        _tell(warning)
    try:
        with tempfile.TemporaryDirectory(prefix="batchata-peers-", dir=arguments.scratch) as folder:
            for jobs, dialect in product(arguments.jobs or SIZES, arguments.dialect or DIALECTS):
                cells = suite.run(cases(jobs, dialect, clients), arguments.runs, Path(folder), _tell)
                figures = save(arguments.figures, machine(), cells, versions)  # a client that fails later costs no more
    except FailedError as error:
        _tell(str(error))
        return 1
    page.put(arguments.page, "peers", tables(figures))
    sys.stdout.write(tables(figures) + "\n")
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
