"""How the demo shows things: with rich on a terminal, in plain lines elsewhere (a log, a pipe, no rich).

A model's words may hold anything; `one_line` leaves only what can be printed.
"""

import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from batchata import BatchRun, Citation, JobResult


def fancy() -> bool:
    return sys.stdout.isatty() and importlib.util.find_spec("rich") is not None


def done(progress: Mapping[str, Any]) -> int:
    return int(progress["total"] - progress["pending"] - progress["active"])


def summary(progress: Mapping[str, Any]) -> str:
    return (
        f"{done(progress)} of {progress['total']} jobs done, {progress['failed']} failed, {progress['active']} under way,"
        f" ${progress['cost_usd']:.4f}"
    )


def follow(run: BatchRun) -> None:
    """Show live progress until the run is over."""
    if fancy():
        follow_on_terminal(run)
    else:
        follow_in_lines(run)


def follow_in_lines(run: BatchRun) -> None:
    """One line whenever something has changed."""
    last = ""

    def show(progress: Mapping[str, Any]) -> None:
        nonlocal last
        line = summary(progress)
        if line != last:
            print(f"{progress['elapsed_seconds']:5.1f} s  {line}", flush=True)
        last = line

    run.on_progress(show, interval=0.5)
    run.wait()


def follow_on_terminal(run: BatchRun) -> None:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as bar:
        task = bar.add_task("starting", total=None)

        def show(progress: Mapping[str, Any]) -> None:
            bar.update(task, total=progress["total"], completed=done(progress), description=summary(progress))

        run.on_progress(show, interval=0.2)
        run.wait()


def one_line(text: str, width: int) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= width else plain[: width - 1] + "…"


def answer(result: JobResult) -> str:
    """A typed answer as its fields, another one as its words, a failure as its reason."""
    if not result.is_success:
        return result.error or "no reason given"
    if result.parsed_response is None:
        return result.raw_response or ""
    return ", ".join(f"{name}={value}" for name, value in result.parsed_response.model_dump(mode="json").items())


def table(results: Iterable[JobResult], folder: Path) -> None:
    """Every job with its outcome, tokens, cost, answer and file."""
    if fancy():
        table_on_terminal(results, folder)
    else:
        table_in_lines(results, folder)


def table_in_lines(results: Iterable[JobResult], folder: Path) -> None:
    print(f"\n{'job':<18} {'outcome':<10} {'tokens in':>9} {'out':>5} {'cost':>9}  file written")
    for result in results:
        print(
            f"{one_line(result.job_id, 18):<18} {result.outcome:<10} {result.input_tokens:>9,} {result.output_tokens:>5,}"
            f" {f'${result.cost_usd:.4f}':>9}  {folder / result.job_id}.json"
        )
        print(f"    {one_line(answer(result), 150)}")


def table_on_terminal(results: Iterable[JobResult], folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=f"Results, written to {folder}/", title_justify="left", show_lines=True)
    for name in ("job and file", "outcome", "tokens", "cost", "answer"):
        shown.add_column(name, justify="right" if name in {"tokens", "cost"} else "left")
    for result in results:
        shown.add_row(
            Text(f"{result.job_id}.json"),
            Text(result.outcome, style="green" if result.is_success else "red"),
            f"{result.input_tokens:,} + {result.output_tokens:,}",
            f"${result.cost_usd:.4f}",
            Text(one_line(answer(result), 220)),  # Text, not str: a model's brackets are no markup
        )
    Console().print(shown)


def citations(results: Iterable[JobResult]) -> None:
    """Each value of a cited document, and where it stands; of an answer in prose each passage that it rests on."""
    cited = [result for result in results if result.citations or result.unsupported]
    if cited:
        print("\nWhere the values stand, looked up in the documents")
    for result in cited:
        print(f"  {result.job_id}")
        for field, found in result.citation_mappings.items():
            print(f"    {one_line(field, 28):<28} {passage(found[0])}")
        for field in result.unsupported:
            print(f"    {one_line(field, 28):<28} no passage was given that states it")
        if result.parsed_response is None:
            for cited_passage in result.citations:
                print(f"    {passage(cited_passage)}")


def passage(found: Citation) -> str:
    page = f"page {found.page}: " if found.page else ""
    return f"{page}“{one_line(found.text, 60)}”" if found.text else "a passage that is not in the document"
