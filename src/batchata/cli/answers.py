"""Results as a table for people."""

import sys
from collections.abc import Iterable

import orjson

from batchata.cli.saying import show_table
from batchata.live.figures import short
from batchata.plain import to_plain
from batchata.result import JobResult

PIPED = 500  # characters of an answer where no terminal cuts it


def show_answers(results: Iterable[JobResult]) -> None:
    """One line for each: what became of it, what it cost, and its answer or what went wrong."""
    rows = ((one.job_id, one.outcome.value, f"{one.cost_usd:.4f}", answer(one)) for one in results)
    show_table(("job", "outcome", "USD", "answer"), rows, right=("USD",), widths={"job": 36})


def answer(result: JobResult) -> str:
    """A typed answer as JSON, another one as its words, a failure as its reason; in one line."""
    if not result.is_success:
        said = result.error or "no reason given"
    elif result.parsed_response is None:
        said = result.raw_response or ""
    else:
        said = orjson.dumps(to_plain(result.parsed_response)).decode()
    quoted = f"  [{len(result.citations)} cited]" if result.citations else ""
    return short(said, PIPED if not sys.stdout.isatty() else 400) + quoted
