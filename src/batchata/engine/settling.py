"""Answers into ends: what an attempt came to, what it cost, and what becomes of its job.

Parsing and pricing again cost nothing, because the raw answer is in the state before this begins.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import orjson

from batchata import grounding, output, pricing
from batchata.engine import citing
from batchata.engine.citing import NOTHING_CITED, CitedAnswer, Sources
from batchata.errors import ValidationError
from batchata.job import Job
from batchata.plain import compact_json, to_plain
from batchata.pricing import Price
from batchata.provider_batch import ProviderBatch
from batchata.providers.base import Answer
from batchata.result import Attempt, JobResult, Outcome
from batchata.store.rows import Again, NewResult, OpenAttempt, Settled
from batchata.usage import Money, Usage

Pricer: TypeAlias = Callable[[str, float, float], Price | None]

NOTHING_USED = Usage()


@dataclass(frozen=True, slots=True)
class Rules:
    """`max_attempts`: tries for what is worth retrying. `retry_invalid`: how often an answer that does not fit is asked
    again. `price` knows a model's dearest price between two times (Unix seconds), None where nobody does.
    """

    max_attempts: int
    retry_invalid: int
    price: Pricer
    models: Mapping[str, Any]  # response_model classes by their digest
    cite: Callable[["Read", Job], Future[CitedAnswer]]


class Read(NamedTuple):
    """An answer, what its text holds as JSON, the same as the user's class, and quotes it gives by the path of a field."""

    answer: Answer
    parsed: Any = None
    value: Any = None
    quotes: Sequence[tuple[str, str]] = ()


def settle(answer: Answer, attempt: OpenAttempt, batch: ProviderBatch, rules: Rules, now: float) -> "Settled | Citing":
    """The end of one attempt; or what it comes to once its quotes are found."""
    job = Job.from_record(attempt.record, rules.models, job_id=attempt.job_id)
    read = _typed(_told(answer, job), job)
    cost, assumed = _cost(read.answer, attempt, job, batch, rules)
    this = Attempt(read.answer.outcome, batch.provider_id, read.answer.usage, cost, read.answer.error)
    earlier = orjson.loads(attempt.tries) if attempt.tries else []
    end = partial(Settled, attempt.idx, attempt.job, attempt.bound, this.outcome, cost, assumed=assumed)
    if goes_again(read.answer, [entry["outcome"] for entry in earlier], rules, cancelled=batch.cancel_at is not None):
        entry = this.to_dict() | {"raw_response": read.answer.text}
        return end(Again(compact_json([*earlier, entry]), now + _pause(read.answer.outcome, len(earlier))))
    attempts = [*map(Attempt.from_dict, earlier), this]
    if job.enable_citations and read.answer.outcome is Outcome.SUCCEEDED:
        return Citing(rules.cite(read, job), lambda cited: end(_result(read, job, attempts, cited)))
    return end(_result(read, job, attempts))


@dataclass(frozen=True, slots=True)
class Citing:
    """An attempt whose quotes are being looked up; `end` makes its end of what is found."""

    found: Future[CitedAnswer]
    end: Callable[[CitedAnswer], Settled]


def goes_again(answer: Answer, earlier: Sequence[str], rules: Rules, *, cancelled: bool = False) -> bool:
    """Whether a job is to be tried again after this answer; `earlier` are the outcomes of its tries before it.

    What we cancelled ourselves goes back to wait and uses up no try: the user stopped the run, not the job.
    """
    if answer.outcome is Outcome.INVALID:
        return earlier.count(Outcome.INVALID) < rules.retry_invalid
    if answer.outcome is Outcome.CANCELLED and cancelled:
        return True
    if not answer.retryable:
        return False
    return 1 + sum(outcome not in (Outcome.INVALID, Outcome.CANCELLED) for outcome in earlier) < rules.max_attempts


def _pause(outcome: Outcome, tries: int) -> float:
    """Seconds before a job goes again: an answer that does not fit at once, an overloaded provider later each time."""
    return 0.0 if outcome in (Outcome.INVALID, Outcome.CANCELLED) else min(2.0**tries, 60.0)


def _typed(answer: Answer, job: Job) -> Read:
    """The typed value of an answer; one that does not fit is invalid, with the reason."""
    if answer.outcome is not Outcome.SUCCEEDED:
        return Read(answer)
    if job.response_model_digest is None:
        return _prose(answer) if job.enable_citations else Read(answer)
    text, quotes = grounding.split_quotes(answer.text or "") if job.enable_citations else (answer.text or "", [])
    if job.response_model is None:  # a job of an earlier run, whose class this script has not: kept as plain JSON
        return Read(answer, plain := _json(text), plain, quotes)
    value = output.read_answer(text, job.response_model)
    if isinstance(value, output.Invalid):
        return Read(answer._replace(outcome=Outcome.INVALID, error=value.message))
    try:
        return Read(answer, to_plain(value), value, quotes)
    except (
        ValidationError
    ) as error:  # a class of the user's that can't be written down: the paid answer is kept as text
        return Read(answer._replace(outcome=Outcome.INVALID, error=str(error)))


def _prose(answer: Answer) -> Read:
    """An answer in prose; where its quotes were asked for, the text without them."""
    if answer.statements is not None:
        return Read(answer)
    text, quotes = grounding.split_prose(answer.text or "")
    return Read(answer._replace(text=text), quotes=[("", quote) for quote in quotes])


def cited(read: Read, job: Job, sources: Sources) -> CitedAnswer:
    """What an answer cites, found in its documents again; looked for only in an answer that is the last word."""
    if read.answer.statements is not None and job.response_model_digest is None:
        return citing.native(read.answer.statements, job, sources)
    return citing.quoted(read.quotes, read.value, job, sources)


def _json(text: str) -> Any:
    with contextlib.suppress(orjson.JSONDecodeError):
        return orjson.loads(text)
    return None


WHY = {
    Outcome.TRUNCATED: "the answer was cut: it reached max_tokens={cap} or the end of the model's context; raise max_tokens",
    Outcome.REFUSED: "the model refused to answer and gave no reason",
    Outcome.EXPIRED: "the provider did not get to it before the batch expired",
    Outcome.CANCELLED: "cancelled before it was answered",
    Outcome.ERROR: "the provider reported an error and gave no reason",
}
"""What a failed job says where the provider said nothing."""


def _told(answer: Answer, job: Job) -> Answer:
    if answer.error is not None or answer.outcome not in WHY:
        return answer
    return answer._replace(error=WHY[answer.outcome].format(cap=job.max_tokens_or_default))


def _cost(answer: Answer, attempt: OpenAttempt, job: Job, batch: ProviderBatch, rules: Rules) -> tuple[Money, bool]:
    """(what it was billed, whether that is assumed). Where no bill can be learnt the bound is assumed."""
    if not answer.billed:
        return 0, False
    if answer.outcome in (Outcome.MISSING, Outcome.LOST) or answer.usage == NOTHING_USED:
        return attempt.bound, True
    made = batch.submitted_at or batch.prepared_at
    price = rules.price(job.model, made, batch.ended_at or made)
    return (pricing.cost(answer.usage, price), False) if price else (0, False)


def _result(read: Read, job: Job, attempts: list[Attempt], cited: CitedAnswer = NOTHING_CITED) -> NewResult:
    answer = read.answer
    cost = sum([attempt.cost for attempt in attempts])
    result = JobResult(
        job_id=job.job_id or "",
        outcome=answer.outcome,
        raw_response=answer.text,
        parsed_response=read.parsed,
        error=answer.error,
        model=answer.model or job.model,
        file=None if job.file is None else str(job.file),
        usage=total([attempt.usage for attempt in attempts]),
        cost=cost,
        attempts=tuple(attempts),
        citations=cited.citations,
        citation_mappings=cited.mappings,
        unsupported=cited.unsupported,
    )
    return NewResult(answer.outcome, result.model, cost, job.response_model_digest, compact_json(result.to_dict()))


def total(usages: list[Usage]) -> Usage:
    """The sum of what several attempts used."""
    if len(usages) == 1:
        return usages[0]
    return Usage(**{name: sum(getattr(usage, name) for usage in usages) for name in Usage._fields})


def unsent(job_id: str, record: bytes, tries: bytes | None, error: str) -> NewResult:
    """The end of a job that can't be sent (again): its file is gone, its request can't be built."""
    job = Job.from_record(record, job_id=job_id)
    attempts = [Attempt.from_dict(entry) for entry in orjson.loads(tries)] if tries else []
    answer = Answer(None, Outcome.ERROR, error=error, billed=False)
    return _result(Read(answer), job, [*attempts, Attempt(Outcome.ERROR, error=error)])


def given_back(attempt: OpenAttempt, now: float) -> Settled:
    """An attempt of a batch that was refused whole: its job waits again as if it had not been sent."""
    return Settled(attempt.idx, attempt.job, attempt.bound, Outcome.ERROR, 0, Again(attempt.tries or b"[]", now))


def given_up(attempt: OpenAttempt, batch: ProviderBatch, why: str) -> Settled:
    """The end of an attempt that nobody will ever know more of: lost, and charged at its bound."""
    job = Job.from_record(attempt.record, job_id=attempt.job_id)
    earlier = [Attempt.from_dict(entry) for entry in orjson.loads(attempt.tries)] if attempt.tries else []
    this = Attempt(Outcome.LOST, batch.provider_id, cost=attempt.bound, error=why)
    then = _result(Read(Answer(None, Outcome.LOST, error=why)), job, [*earlier, this])
    return Settled(attempt.idx, attempt.job, attempt.bound, Outcome.LOST, attempt.bound, then, assumed=True)


def refused_item(job_id: str, why: str) -> NewResult:
    """The end of what was no job at all: an argument is wrong."""
    result = JobResult(job_id, Outcome.ERROR, error=why)
    return NewResult(Outcome.ERROR, None, 0, None, compact_json(result.to_dict()))
