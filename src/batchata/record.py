"""A result, and the tries before it, as the state keeps them: JSON of what stands in no column, written and read for each job."""

from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from batchata.citation import Citation
from batchata.errors import ValidationError
from batchata.plain import from_plain
from batchata.result import OUTCOMES, Attempt, JobResult, Outcome, job_result
from batchata.usage import NOTHING_USED

if TYPE_CHECKING:
    from pydantic import BaseModel

PURGED = "purged"
"""What stands for the words of an error that were purged."""


class Record(msgspec.Struct, omit_defaults=True, frozen=True, gc=False):
    """What a job came to. `parsed_response` is plain JSON; what is not there is left out."""

    attempts: tuple[Attempt, ...] = ()
    raw_response: str | None = None
    error: str | None = None
    parsed_response: Any = None
    file: str | None = None
    citations: list[Citation] = []
    citation_mappings: dict[str, list[Citation]] = {}
    unsupported: list[str] = []


class Tried(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An attempt that is to be followed by another, and what the model said in it."""

    attempt: Attempt
    raw_response: str | None


encode = msgspec.json.Encoder().encode
_record = msgspec.json.Decoder(Record).decode
_tries = msgspec.json.Decoder(list[Tried]).decode


def result_of(
    body: bytes,
    job_id: str,
    outcome: str,
    model: str | None,
    metadata: bytes | None,
    response_model: "type[BaseModel] | None" = None,
) -> JobResult:
    """The result of a record, and of what is kept beside it. Its parsed answer is plain JSON, or an instance of `response_model`."""
    record = _record(body)
    attempts, parsed, error = record.attempts, record.parsed_response, record.error
    if response_model is not None and parsed is not None:
        try:
            parsed = from_plain(parsed, response_model, raw=record.raw_response)
        except ValidationError as misfit:  # another class than it was made with
            outcome, error = Outcome.INVALID, str(misfit)
    if len(attempts) == 1:
        cost, usage = attempts[0].cost, attempts[0].usage
    else:
        cost, usage = 0, NOTHING_USED
        for attempt in attempts:
            cost, usage = cost + attempt.cost, usage.plus(attempt.usage)
    return job_result(
        job_id,
        OUTCOMES[outcome],
        record.raw_response,
        parsed,
        error,
        model,
        record.file,
        None if metadata is None else orjson.loads(metadata),
        usage,
        cost,
        attempts,
        record.citations,
        record.citation_mappings,
        record.unsupported,
    )


def tries_of(tries: bytes | None) -> list[Tried]:
    """The attempts so far of a job that waits to be sent again."""
    return _tries(tries) if tries else []


def without_contents(body: bytes) -> bytes:
    """A record without anything of the answer or the documents: outcomes, tokens and costs stay."""
    record = _record(body)
    attempts = tuple([one if one.error is None else one._replace(error=PURGED) for one in record.attempts])
    return encode(Record(attempts, error=None if record.error is None else PURGED))
