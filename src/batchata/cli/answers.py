"""Results as a table for people."""

import sys
from collections.abc import Iterable

import orjson

from batchata.cli.saying import show_table
from batchata.engine.citing import NOT_SHOWN, SUPPORTS
from batchata.live.figures import short
from batchata.plain import to_plain
from batchata.result import JobResult
from batchata.usage import dollars

HEADS = ("job", "outcome", "cost", "cited", "answer")
PIPED = 500  # characters of an answer where no terminal cuts it
ON_A_TERMINAL = 400


def show_answers(results: Iterable[JobResult]) -> None:
    """One line for each: what became of it, what it cost, how much of it is cited, and its answer or what went wrong."""
    rows = ((one.job_id, one.outcome.value, dollars(one.cost), cited(one), answer(one)) for one in results)
    show_table(HEADS, rows, right=("cost",), widths={"job": 36}, unless_empty=("cited",))


def cited(result: JobResult) -> str:
    """`2 of 3 values`: those of an answer's fields that a passage is shown to state; of prose, the passages that were found."""
    if total := len(result.citation_mappings) + len(result.unsupported):
        stated = sum(
            any(one.metadata.get(SUPPORTS) != NOT_SHOWN for one in found) for found in result.citation_mappings.values()
        )
        return f"{stated} of {total} values"
    if total := len(result.citations):
        return f"{sum(one.metadata.get('how') != 'unverified' for one in result.citations)} of {total} passages"
    return ""


def answer(result: JobResult) -> str:
    """A typed answer as JSON, another one as its words, a failure as its reason; in one line."""
    if not result.is_success:
        said = result.error or "no reason given"
    elif result.parsed_response is None:
        said = result.raw_response or ""
    else:
        said = orjson.dumps(to_plain(result.parsed_response)).decode()
    return short(said, ON_A_TERMINAL if sys.stdout.isatty() else PIPED)
