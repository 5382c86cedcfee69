"""Answers into ends: what an attempt came to, what it cost, and what becomes of its job.

Parsing and pricing again cost nothing, because the raw answer is in the state before this begins.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import orjson

from batchata import grounding, output, pricing
from batchata.engine import citing
from batchata.engine.citing import NOTHING_CITED, CitedAnswer, Sources
from batchata.errors import ValidationError
from batchata.job import Job
from batchata.plain import to_plain
from batchata.pricing import Price
from batchata.provider_batch import ProviderBatch
from batchata.providers.base import Answer
from batchata.record import Record, Tried, encode, tries_of
from batchata.result import Attempt, Outcome
from batchata.store.rows import Again, NewResult, OpenAttempt, Settled
from batchata.usage import NOTHING_USED, Money

_SUCCEEDED = Outcome.SUCCEEDED  # looked up once: a member of an enum takes Python 3.11 a tenth of a microsecond
Pricer: TypeAlias = Callable[[str, float, float], Price | None]


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


def settle(
    answer: Answer, attempt: OpenAttempt, job: Job, batch: ProviderBatch, rules: Rules, now: float
) -> "Settled | Citing":
    """The end of one attempt; or what it comes to once its quotes are found. `job`: what it asked, or one of the same form."""
    read = None
    if answer.outcome is not _SUCCEEDED:
        answer = _told(answer, job)
    elif job.response_model_digest is not None or job.enable_citations:
        read = _typed(answer, job)
        answer = read.answer
    outcome = answer.outcome
    cost, assumed = _cost(answer, attempt, job, batch, rules)
    idx, seq, bound = attempt.idx, attempt.job, attempt.bound
    this = Attempt(outcome, batch.provider_id, answer.usage, cost, answer.error)
    earlier = tries_of(attempt.tries)
    if outcome is not _SUCCEEDED:
        before = [one.attempt.outcome for one in earlier]
        if goes_again(answer, before, rules, cancelled=batch.cancel_at is not None):
            again = Again(encode([*earlier, Tried(this, answer.text)]), now + _pause(outcome, len(before)))
            return Settled(idx, seq, bound, outcome, cost, again, assumed)
    elif read is not None and job.enable_citations:
        return Citing(
            rules.cite(read, job),
            lambda cited: Settled(
                idx, seq, bound, outcome, cost, _result(answer, read.parsed, job, earlier, this, cited), assumed
            ),
        )
    result = _result(answer, None if read is None else read.parsed, job, earlier, this)
    return Settled(idx, seq, bound, outcome, cost, result, assumed)


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
    usage = answer.usage
    if answer.outcome in _UNKNOWN or usage == NOTHING_USED:
        return attempt.bound, True
    made = batch.submitted_at or batch.prepared_at
    price = rules.price(job.model, made, batch.ended_at or made)
    return (pricing.cost(usage, price), False) if price else (0, False)


_UNKNOWN = frozenset((Outcome.MISSING, Outcome.LOST))
"""Outcomes that say nothing of a bill."""


def _result(
    answer: Answer,
    parsed: Any,
    job: Job,
    earlier: Sequence[Tried],
    this: Attempt,
    cited: CitedAnswer = NOTHING_CITED,
) -> NewResult:
    attempts = (*[one.attempt for one in earlier], this) if earlier else (this,)
    cost = sum([attempt.cost for attempt in attempts]) if earlier else this.cost
    file = None if job.file is None else str(job.file)
    record = Record(
        attempts, answer.text, answer.error, parsed, file, cited.citations, cited.mappings, cited.unsupported
    )
    return NewResult(answer.outcome, answer.model or job.model, cost, job.response_model_digest, encode(record))


def unsent(job: Job, tries: bytes | None, error: str) -> NewResult:
    """The end of a job that can't be sent (again): its file is gone, its request can't be built."""
    answer = Answer(None, Outcome.ERROR, error=error, billed=False)
    return _result(answer, None, job, tries_of(tries), Attempt(Outcome.ERROR, error=error))


def given_back(attempt: OpenAttempt, now: float) -> Settled:
    """An attempt of a batch that was refused whole: its job waits again as if it had not been sent."""
    return Settled(attempt.idx, attempt.job, attempt.bound, Outcome.ERROR, 0, Again(attempt.tries, now))


def given_up(attempt: OpenAttempt, job: Job, batch: ProviderBatch, why: str) -> Settled:
    """The end of an attempt that nobody will ever know more of: lost, and charged at its bound."""
    this = Attempt(Outcome.LOST, batch.provider_id, cost=attempt.bound, error=why)
    then = _result(Answer(None, Outcome.LOST, error=why), None, job, tries_of(attempt.tries), this)
    return Settled(attempt.idx, attempt.job, attempt.bound, Outcome.LOST, attempt.bound, then, assumed=True)


def refused_item(why: str) -> NewResult:
    """The end of what was no job at all: an argument is wrong."""
    return NewResult(Outcome.ERROR, None, 0, None, encode(Record(error=why)))
