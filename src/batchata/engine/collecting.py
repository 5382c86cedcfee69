"""Raw answers into the state, whole lines at a time, and taken up from there to be settled."""

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from batchata.engine import settling
from batchata.engine.pool import Emit, Steps
from batchata.engine.settling import Citing, Rules
from batchata.job import Job
from batchata.provider_batch import ProviderBatch, Verdict
from batchata.providers.base import Answer, Provider
from batchata.result import Outcome
from batchata.store import reading
from batchata.store.rows import OpenAttempt, Packed, Settled, Settlement

SEGMENT = 500_000  # bytes of result lines kept as one row
RESULT = 1_000  # bytes of a result, for the sake of a sum
MOST_FORMS = 1_000  # of which the jobs are known at a time
AHEAD = 32  # attempts whose quotes are looked up while the first of them is waited for


def collect(provider: Provider, provider_id: str, emit: Emit) -> bytes:
    """Stream the raw answers of a batch as segments of whole lines, and give the last. Raises `ProviderError` if cut short."""
    held = bytearray()
    for chunk in provider.results(provider_id):
        held += chunk
        if len(held) >= SEGMENT and (end := held.rfind(b"\n") + 1):
            with memoryview(held) as whole:  # a slice of the array itself would be one copy more
                piece = bytes(whole[:end])
            emit(piece)
            del held[:end], piece
    return bytes(held)


class Raw(NamedTuple):
    """A job's raw answer line, to be kept beside its result file."""

    job_id: str
    line: bytes


@dataclass(frozen=True, slots=True)
class Show:
    """Jobs that came to their end, to be shown; their raw answers, where they have some."""

    jobs: tuple[int, ...]
    raw: tuple[Raw, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that it is about to hold: its raw answers, and the results when they are read."""
        return RESULT * len(self.jobs) + sum([len(raw.line) for raw in self.raw])


def together(shows: Sequence[Show]) -> Show:
    return Show(tuple([job for show in shows for job in show.jobs]), tuple([raw for show in shows for raw in show.raw]))


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of some attempts of a batch. `segment`: whose answers they are; None: those without an answer. `last`:
    no attempt of the batch is left open after these.
    """

    settled: Settlement
    segment: int | None
    raw: tuple[Raw, ...] = ()
    last: bool = False
    strangers: int = 0  # lines that are nobody's: of an unknown id, or a second one for the same attempt
    notes: frozenset[str] = frozenset()  # what the user should know of paid answers


class Settler:
    """Reads the answers of provider batches; used by the loop's thread. `raw`: whether answer lines are kept for their files."""

    def __init__(self, connection: sqlite3.Connection, rules: Rules, *, raw: bool = True) -> None:
        self._connection = connection
        self._rules = rules
        self._raw = raw
        self._forms: dict[int, Job] = {}

    def ends(self, provider: Provider, batch: ProviderBatch, packed: Packed, now: float) -> Steps[Ends]:
        """The next ends of a collected batch: of one segment of answers, then of the attempts that have no answer."""
        found = None if batch.verdict else reading.next_segment(self._connection, batch.id, batch.settled_segment)
        if found is None:
            return (yield from self._without_answer(batch, packed, now))
        segment, body, is_last = found
        ended, read = Settlement(), _Lines(provider, batch, packed, keep=self._raw)
        yield from _cited(self._each(read, body, batch, packed, now), ended)
        raw: tuple[Raw, ...] = ()
        if self._raw:
            names = reading.job_ids(self._connection, ended.jobs)
            raw = tuple([Raw(names[job], read.lines[idx]) for job, idx in zip(ended.jobs, ended.indexes, strict=True)])
        last = is_last and packed.left == len(ended)
        return Ends(ended, segment, raw, last, read.strangers, frozenset(read.notes))

    def _each(
        self, read: "_Lines", body: bytes, batch: ProviderBatch, packed: Packed, now: float
    ) -> Iterator[Settled | Citing]:
        """The end of each attempt that a segment answers; of those that need more than their form, some together."""
        jobs, bounds, forms, rules = packed.jobs, packed.bounds, packed.forms, self._rules
        others: dict[int, Answer] = {}
        for index, answer in read.answers(body):
            form = forms[index]
            if form < 0:
                others[index] = answer
                if len(others) >= AHEAD:
                    yield from self._others(others, batch, packed, now)
                continue
            attempt = OpenAttempt(index, jobs[index], bounds[index], form)
            yield settling.settle(answer, attempt, self._plain(form), batch, rules, now)
        yield from self._others(others, batch, packed, now)

    def _others(
        self, answers: dict[int, Answer], batch: ProviderBatch, packed: Packed, now: float
    ) -> Iterator[Settled | Citing]:
        for attempt in reading.open_attempts(self._connection, packed, list(answers)):
            yield settling.settle(answers[attempt.idx], attempt, self._job_of(attempt), batch, self._rules, now)
        answers.clear()

    def _job_of(self, attempt: OpenAttempt) -> Job:
        """What an attempt asked; of a plain one, one of the same form."""
        if attempt.ask is None:
            return self._plain(attempt.form)
        return Job.from_record(reading.form(self._connection, attempt.form)[1], attempt.ask, self._rules.models)

    def _plain(self, form: int) -> Job:
        job = self._forms.get(form)
        if job is None:
            job = Job.from_record(reading.form(self._connection, form)[1], response_models=self._rules.models)
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            if job.response_model_digest is None or job.response_model is not None:  # else its class may yet come
                self._forms[form] = job
        return job

    def _without_answer(self, batch: ProviderBatch, packed: Packed, now: float) -> Steps[Ends]:
        indexes = reading.first_open(packed)
        attempts = reading.open_attempts(self._connection, packed, indexes)
        ended = Settlement()
        if _goes_back(batch):
            for attempt in attempts:
                ended.add(settling.given_back(attempt, now))
        else:
            stand_in = _stand_in(batch)
            each = (
                settling.settle(stand_in, attempt, self._job_of(attempt), batch, self._rules, now)
                for attempt in attempts
            )
            yield from _cited(each, ended)
        return Ends(ended, None, last=len(indexes) == packed.left)


class _Lines:
    """The lines of a segment, as they are read. `lines`: those that count, by the index of their attempt, where they are kept."""

    def __init__(self, provider: Provider, batch: ProviderBatch, packed: Packed, *, keep: bool) -> None:
        self._provider = provider
        self._batch = batch
        self._open = packed.open
        self._keep = keep
        self.lines: dict[int, bytes] = {}
        self.strangers = 0
        self.notes: set[str] = set()

    def answers(self, body: bytes) -> Iterator[tuple[int, Answer]]:
        """The answers, with the indexes of their attempts, which are open; the first line for an attempt counts."""
        read, batch, still_open = self._provider.read, self._batch, self._open
        seen: set[int] = set()
        for line in body.split(b"\n"):  # at \n alone: U+2028 and its like stand inside JSON strings
            if not line or line.isspace():
                continue
            answer = read(line)
            index = index_of(answer.custom_id, batch)
            if index is None or index in seen or not still_open[index]:
                self.strangers += 1
                continue
            seen.add(index)
            if self._keep:
                self.lines[index] = line
            if answer.note is not None:
                self.notes.add(answer.note)
            yield index, answer


def _cited(each: Iterable[Settled | Citing], ended: Settlement) -> Steps[None]:
    """Ends in their order; the quotes of some are looked up while earlier ones are waited for."""
    ahead: deque[Settled | Citing] = deque()
    for place, end in enumerate(each):
        if not ahead and type(end) is Settled:
            ended.add(end)
        else:
            ahead.append(end)
        if len(ahead) >= AHEAD:
            yield from _first(ahead, ended)
        elif not place % AHEAD:
            yield None
    while ahead:
        yield from _first(ahead, ended)


def _first(ahead: deque[Settled | Citing], ended: Settlement) -> Steps[None]:
    end = ahead.popleft()
    if isinstance(end, Citing):
        yield end.found
        end = end.end(end.found.result())
    ended.add(end)


def index_of(custom_id: str | None, batch: ProviderBatch) -> int | None:
    """The attempt that a custom_id names; None where it names none of this batch."""
    if custom_id is None or not custom_id.startswith(lead := f"{batch.nonce}-"):
        return None
    digits = custom_id[len(lead) :]
    if not digits.isdigit() or not digits.isascii():
        return None
    return index if (index := int(digits)) < batch.count else None


def _goes_back(batch: ProviderBatch) -> bool:
    """Refused for its size, or for one line of several: the jobs go again in smaller batches, and no try is used up."""
    return batch.verdict is Verdict.OVERFLOW or (batch.verdict is Verdict.FAILED and batch.count > 1)


def _stand_in(batch: ProviderBatch) -> Answer:
    """The answer of an attempt that has none."""
    match batch.verdict:
        case Verdict.GONE:
            words = (
                "the provider deleted the answer before it was fetched; it is charged, and sent again only on your word"
            )
            return Answer(None, Outcome.LOST, error=words)
        case Verdict.EXPIRED:
            return Answer(None, Outcome.EXPIRED, error=batch.note, billed=False, retryable=True)
        case Verdict.CANCELLED:
            return Answer(None, Outcome.CANCELLED, error=batch.note, billed=False, retryable=True)
        case Verdict.FAILED:
            words = batch.note or "the provider refused the whole batch and gave no reason"
            return Answer(None, Outcome.ERROR, error=words, billed=False, retryable=True)
    words = (
        f"the batch ended and its results have no line for this request ({batch.provider_id}); "
        "what it may have cost is charged at its bound"
    )
    return Answer(None, Outcome.MISSING, error=words)
