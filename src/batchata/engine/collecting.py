"""Raw answers into the state, whole lines at a time, and taken up from there to be settled."""

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from batchata.engine import settling
from batchata.engine.pool import Emit, Steps
from batchata.engine.settling import Citing, Rules
from batchata.provider_batch import ProviderBatch, Verdict
from batchata.providers.base import Answer, Provider
from batchata.result import Outcome
from batchata.store import reading
from batchata.store.rows import Settled

SEGMENT = 250_000  # bytes of result lines kept as one row
RESULT = 1_000  # bytes of a result, for the sake of a sum
AHEAD = 32  # attempts whose quotes are looked up while the first of them is waited for


def collect(provider: Provider, provider_id: str, emit: Emit) -> None:
    """Stream the raw answers of a batch as segments of whole lines. Raises `ProviderError` if cut short."""
    held = bytearray()
    for chunk in provider.results(provider_id):
        held += chunk
        if len(held) >= SEGMENT and (end := held.rfind(b"\n") + 1):
            emit(bytes(held[:end]))
            del held[:end]
    if held:
        emit(bytes(held))


@dataclass(frozen=True, slots=True)
class Raw:
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

    settled: tuple[Settled, ...]
    segment: int | None
    raw: tuple[Raw, ...] = ()
    last: bool = False
    strangers: int = 0  # lines that are nobody's: of an unknown id, or a second one for the same attempt
    notes: frozenset[str] = frozenset()  # what the user should know of paid answers


def ends(
    connection: sqlite3.Connection, provider: Provider, batch: ProviderBatch, rules: Rules, now: float
) -> Steps[Ends]:
    """The next ends of a collected batch: of one segment of answers, then of the attempts that have no answer."""
    found = None if batch.verdict else reading.next_segment(connection, batch.id, batch.settled_segment)
    if found is None:
        return (yield from _without_answer(connection, batch, rules, now))
    segment, body = found
    answers, lines, strangers = _answers(provider, batch, body)
    yield None
    attempts = reading.open_attempts(connection, batch.id, sorted(answers))
    each = (settling.settle(answers[attempt.idx], attempt, batch, rules, now) for attempt in attempts)
    settled = yield from _cited(each)
    raw = tuple(Raw(attempt.job_id, lines[attempt.idx]) for attempt in attempts)
    notes = frozenset(answer.note for answer in answers.values() if answer.note is not None)
    last = reading.none_left(connection, batch.id, segment, len(attempts))
    return Ends(settled, segment, raw, last, strangers + len(answers) - len(attempts), notes)


def _cited(each: Iterable[Settled | Citing]) -> Steps[tuple[Settled, ...]]:
    """Ends in their order; the quotes of some are looked up while earlier ones are waited for."""
    done: list[Settled] = []
    ahead: deque[Settled | Citing] = deque()
    for end in each:
        ahead.append(end)
        if len(ahead) >= AHEAD:
            yield from _first(ahead, done)
    while ahead:
        yield from _first(ahead, done)
    return tuple(done)


def _first(ahead: deque[Settled | Citing], done: list[Settled]) -> Steps[None]:
    end = ahead.popleft()
    if isinstance(end, Citing):
        yield end.found
        end = end.end(end.found.result())
    elif not len(done) % AHEAD:
        yield None
    done.append(end)


def _answers(provider: Provider, batch: ProviderBatch, body: bytes) -> tuple[dict[int, Answer], dict[int, bytes], int]:
    """The answers in a segment by the index of their attempt; the first line for an attempt counts."""
    answers: dict[int, Answer] = {}
    lines: dict[int, bytes] = {}
    strangers = 0
    for line in _lines(body):
        answer = provider.read(line)
        index = index_of(answer.custom_id, batch)
        if index is None or index in answers:
            strangers += 1
            continue
        answers[index], lines[index] = answer, line
    return answers, lines, strangers


def _lines(body: bytes) -> Iterator[bytes]:
    # Split at \n alone: U+2028 and its like stand inside JSON strings.
    return (line for line in body.split(b"\n") if line.strip())


def index_of(custom_id: str | None, batch: ProviderBatch) -> int | None:
    """The attempt that a custom_id names; None where it names none of this batch."""
    nonce, _, index = (custom_id or "").rpartition("-")
    if nonce != batch.nonce or not index.isascii() or not index.isdigit() or int(index) >= batch.count:
        return None
    return int(index)


def _without_answer(connection: sqlite3.Connection, batch: ProviderBatch, rules: Rules, now: float) -> Steps[Ends]:
    attempts = reading.open_attempts(connection, batch.id, None)
    if _goes_back(batch):
        settled = tuple(settling.given_back(attempt, now) for attempt in attempts)
    else:
        each = (settling.settle(_stand_in(batch), attempt, batch, rules, now) for attempt in attempts)
        settled = yield from _cited(each)
    return Ends(settled, None, last=len(attempts) < reading.MOST_OPEN)


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
