"""The same text jobs with other clients, on OpenAI's dialect: `python -m benchmarks.peers`, from the root of the repository.

The environments are made on the first run, from PyPI. Linux.
"""

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from batchata import __version__
from benchmarks.peers.clients import CLIENTS, Client, python_of, version_of
from benchmarks.throughput import page, suite
from benchmarks.throughput.answering import AnsweringProcess
from benchmarks.throughput.case import Case
from benchmarks.throughput.cell import MB, Figures, load, save
from benchmarks.throughput.machine import busy, machine
from benchmarks.throughput.process import HERE, ROOT, FailedError

SIZES = (10_000, 100_000)
OURS = {
    "peer:floor": ("bare script", "nothing"),
    "peer:none": ("batchata", "every job, batch and answer, in SQLite"),
    "peer:raw": ("batchata, a file per job and raw answers too", "the same, and the files"),
}


emulated = partial(AnsweringProcess, "plain")


def cases(jobs: int, clients: dict[Client, str]) -> list[Case]:
    """`clients` with the Python of each."""
    largest = ("FOLDER", "--jobs", str(jobs), "--dialect", "openai", "--items", "0")
    ours = [
        Case("peer:floor", jobs, "floor", ("openai", str(jobs), "50000", "FOLDER"), emulated=emulated),
        Case("peer:none", jobs, "work", largest, emulated=emulated),
        Case("peer:raw", jobs, "work", (*largest, "--files", "raw"), emulated=emulated),
    ]
    theirs = [
        Case(client.case, jobs, client.script, (str(jobs), "FOLDER"), emulated=emulated, python=python)
        for client, python in clients.items()
    ]
    return [*ours, *theirs]


def table(figures: Figures) -> str:
    shown = OURS | {
        client.case: (f"{client.name} {figures.versions.get(client.name, '')}", client.keeps) for client in CLIENTS
    }
    rows = [
        (f"{cell.jobs:,}", shown[cell.case][0], f"{cell.cpu + cell.workers_cpu:.2f}", f"{cell.peak / MB:.0f}", f"{cell.wall:.1f}",
         f"{cell.written / MB:.0f}", page.fsyncs_of(cell), f"{cell.requests['create']}", shown[cell.case][1])
        for cell in page.peers(figures, list(shown))
    ]  # fmt: skip
    head = (
        "jobs",
        "",
        "CPU s",
        "peak MB",
        "wall s",
        "written MB",
        "fsyncs per 1,000",
        "batches",
        "what a crash leaves",
    )
    return f"Measured on {figures.where(shown)}.\n\n{page.table(head, rows)}"


def parsed(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument(
        "--venvs", type=Path, default=Path(__file__).parent / ".venvs", help="where the environments are kept"
    )
    parser.add_argument("--jobs", type=int, action="append", help=f"how many; may be repeated (default: {SIZES})")
    parser.add_argument(
        "--client", choices=[client.name for client in CLIENTS], action="append", help="may be repeated"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--figures", type=Path, default=HERE / "latest.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "benchmarks.md")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    arguments = parsed(given)
    wanted = [client for client in CLIENTS if not arguments.client or client.name in arguments.client]
    clients = {client: python_of(client, arguments.venvs) for client in wanted}
    versions = {client.name: version_of(client, python) for client, python in clients.items()}
    _tell(", ".join(f"{name} {version}" for name, version in {"batchata": __version__, **versions}.items()))
    if warning := busy():
        _tell(warning)
    cells = []
    try:
        with tempfile.TemporaryDirectory(prefix="batchata-peers-", dir=arguments.scratch) as folder:
            for jobs in arguments.jobs or SIZES:
                cells += suite.run(cases(jobs, clients), arguments.runs, Path(folder), _tell)
    except FailedError as error:
        _tell(str(error))
        return 1
    figures = save(arguments.figures, machine(), cells, versions)
    page.put(arguments.page, "peers", table(figures))
    sys.stdout.write(table(load(arguments.figures)) + "\n")
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
