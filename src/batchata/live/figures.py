"""What a look at a state comes to for people: labelled rows and one-line summaries, as plain text. Pure.

`screen` gives the rows their colours; where there is no terminal they are printed as they are.
"""

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from batchata.provider_batch import ProviderBatch, State
from batchata.usage import dollars

if TYPE_CHECKING:
    from batchata.store.watching import Look

BATCHES_SHOWN = 6  # more of them fold into a summary
GROUPS_SHOWN = 6
NOTE_SHOWN = 90
MOST_ROUNDS = 10_000  # looked ahead

Tone: TypeAlias = Literal["plain", "good", "bad", "warn", "dim"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the view; an empty label goes on with the one above."""

    label: str
    text: str
    tone: Tone = "plain"


# -- words for numbers


def duration(seconds: float) -> str:
    """`45 s`, `4 min`, `1 h 20 min`, `2 d 3 h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole < 300 and whole % 60 else "")
    large, unit, small, part = (whole // 3_600, "h", whole % 3_600 // 60, "min")
    if whole >= 86_400:
        large, unit, small, part = (whole // 86_400, "d", whole % 86_400 // 3_600, "h")
    return f"{large} {unit} {small} {part}" if small else f"{large} {unit}"


def counted(number: int, noun: str) -> str:
    ending = "" if number == 1 else "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{ending}"


def harmless(text: str) -> str:
    """Foreign words with nothing in them that a terminal would obey, line by line."""
    return "".join(mark if mark.isprintable() or mark == "\n" else " " for mark in text)


def safe(text: str) -> str:
    """The same in one line; white space becomes one space."""
    return " ".join(harmless(text).split())


def short(text: str, most: int) -> str:
    plain = safe(text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"


# -- what the figures say


def turnaround(look: "Look") -> float | None:
    """The median of what the latest batches took, in seconds."""
    return statistics.median(look.turnarounds) if look.turnarounds else None


def rounds_left(look: "Look") -> int | None:
    """How often the providers' turnaround is still to be waited for, beyond the batches that are out, for what the limit lets be
    sent; None where it is not known yet what that is.
    """
    pending = look.jobs.pending
    if not pending:
        return 0
    at_once = (look.items_per_batch or pending) * (look.max_concurrent or 10)
    if look.limit is None:
        return math.ceil(pending / at_once)
    bound = _bound(look)
    if bound is not None and pending * bound <= look.limit - look.balance.held:
        return math.ceil(pending / at_once)
    if bound is None or look.bill is None:
        return None
    room = look.limit - look.balance.spent - look.bill.cost * _total(look.open_batches)
    rounds = 0
    while (some := min(pending, at_once, int(room // bound))) > 0 and rounds < MOST_ROUNDS:
        pending, room, rounds = pending - some, room - some * look.bill.cost, rounds + 1
    return rounds


def _bound(look: "Look") -> float | None:
    """What a job that waits may cost, by those that were sent."""
    if look.bill is not None:
        return look.bill.bound
    count = _total(look.open_batches)
    return sum(batch.reserved for batch in look.open_batches) / count if count else None


def time_left(look: "Look") -> float | None:
    """Seconds, from what providers and bills have shown so far; None where they have not."""
    typical, rounds = turnaround(look), rounds_left(look)
    if typical is None or rounds is None:
        return None
    out = max((typical - age(batch, look.at) for batch in look.open_batches), default=0.0)
    return max(0.0, out) + rounds * typical


def age(batch: ProviderBatch, now: float) -> float:
    return max(0.0, now - (batch.submitted_at or batch.intended_at or batch.prepared_at))


def uncertain(look: "Look") -> list[ProviderBatch]:
    return [batch for batch in look.open_batches if batch.state is State.UNCERTAIN]


# -- the view


def rows(look: "Look") -> list[Row]:
    """All there is to see, the most important first."""
    return [*_jobs(look), *_money(look), *_pace(look), *_batches(look), *_trouble(look)]


def _jobs(look: "Look") -> Iterator[Row]:
    jobs = look.jobs
    if not jobs.total:
        return
    parts = [f"{jobs.finished:,} of {jobs.total:,} finished"]
    parts += [f"{number:,} {word}" for number, word in ((jobs.failed, "failed"), (jobs.active, "active"), (jobs.pending, "pending")) if number]  # fmt: skip
    yield Row("jobs", ", ".join(parts), "good" if jobs.total and jobs.succeeded == jobs.total else "plain")


def _money(look: "Look") -> Iterator[Row]:
    parts = [f"{dollars(look.balance.spent)} spent"]
    if look.assumed:
        parts[0] += f" ({dollars(look.assumed)} of it assumed)"
    if look.balance.reserved:
        parts.append(f"{dollars(look.balance.reserved)} reserved")
    if look.limit is not None:
        parts.append(f"limit {dollars(look.limit)}")
    elif look.limit_known:
        parts.append("no limit")
    near = look.limit is not None and look.balance.held > 0.9 * look.limit
    yield Row("money", ", ".join(parts), "warn" if near else "plain")


def _pace(look: "Look") -> Iterator[Row]:
    parts = []
    if look.rate:
        parts.append(f"{look.rate:.1f} jobs/s" if look.rate >= 1 else f"{look.rate * 60:.1f} jobs/min")
    typical = turnaround(look)
    if typical is not None:
        parts.append(f"a batch takes {duration(typical)}")
    if (rounds := rounds_left(look) or 0) > 1:
        parts.append(f"{counted(rounds, 'round')} to go")
    if look.open_batches:
        left = time_left(look)
        parts.append(
            "time left not known yet" if left is None else f"about {duration(left)} left" if left else "due now"
        )
    if parts:
        yield Row("pace", ", ".join(parts), "dim")


def _batches(look: "Look") -> Iterator[Row]:
    settled = look.batches.get(State.SETTLED, 0)
    head = f"{len(look.open_batches):,} open, {settled:,} done"
    yield Row("batches", head + (f", {never:,} never made" if (never := look.batches.get(State.VOID, 0)) else ""))
    if len(look.open_batches) <= BATCHES_SHOWN:
        shown = sorted(look.open_batches, key=lambda batch: (batch.state is not State.UNCERTAIN, batch.id))
        yield from (Row("", _batch(batch, look.at), _tone(batch.state)) for batch in shown)
    else:
        yield from _folded(look)


def _batch(batch: ProviderBatch, now: float) -> str:
    name = f"#{batch.id} {batch.provider_id or ''}"
    asked = ", cancel asked" if batch.cancel_at is not None and batch.state is State.SUBMITTED else ""
    whose = f"{batch.provider}/{batch.model}" if batch.model else batch.provider
    return f"{safe(whose)}  {counted(batch.count, 'job')}  {batch.state}{asked}  {duration(age(batch, now))}  {short(name, 40)}"


def _folded(look: "Look") -> Iterator[Row]:
    groups: dict[tuple[str, str, State], list[ProviderBatch]] = {}
    for batch in look.open_batches:
        groups.setdefault((batch.provider, batch.model, batch.state), []).append(batch)
    order = sorted(groups.items(), key=lambda item: (item[0][2] is not State.UNCERTAIN, -len(item[1]), item[0]))
    for (provider, model, state), some in order[:GROUPS_SHOWN]:
        ages = [age(batch, look.at) for batch in some]
        whose = f"{provider}/{model}" if model else provider
        spread = duration(max(ages)) if len(some) == 1 else f"{duration(min(ages))} to {duration(max(ages))}"
        text = f"{safe(whose)}  {counted(len(some), 'batch')}, {counted(_total(some), 'job')}  {state}  {spread}"
        yield Row("", text, _tone(state))
    if more := order[GROUPS_SHOWN:]:
        yield Row("", f"and {counted(sum(len(some) for _, some in more), 'batch')} more", "dim")


def _total(batches: Iterable[ProviderBatch]) -> int:
    return sum(batch.count for batch in batches)


def _tone(state: State) -> Tone:
    return "warn" if state is State.UNCERTAIN else "dim"


def _trouble(look: "Look") -> Iterator[Row]:
    if kinds := [f"{number:,} {kind}" for kind, number in look.failures.items() if number]:
        yield Row("failed", ", ".join(kinds), "bad")
    if doubtful := uncertain(look):
        held = dollars(sum(batch.reserved for batch in doubtful))
        yield Row(
            "uncertain",
            f"{counted(len(doubtful), 'batch')} whose fate is being looked up, {held} held for them",
            "warn",
        )
    deadlines = [batch.collect_by for batch in look.open_batches if batch.collect_by is not None]
    if deadlines and (left := min(deadlines) - look.at) < 3 * 86_400:
        yield Row("collect", f"the first answers are deleted by their provider in {duration(left)}", "warn")
    for batch in [batch for batch in look.open_batches if batch.note][:2]:
        yield Row("said", f"{batch.provider}: {short(batch.note or '', NOTE_SHOWN)}", "dim")


def line(look: "Look", elapsed: float | None = None) -> str:
    """The same in one line, for logs."""
    jobs, parts = look.jobs, []
    parts.append(f"{jobs.finished:,}/{jobs.total:,} finished" + (f" ({jobs.failed:,} failed)" if jobs.failed else ""))
    if look.open_batches:
        oldest = max(age(batch, look.at) for batch in look.open_batches)
        parts.append(f"{counted(len(look.open_batches), 'batch')} out, the oldest for {duration(oldest)}")
    if jobs.pending:
        parts.append(f"{jobs.pending:,} pending")
    parts.append(f"{dollars(look.balance.spent)} spent" + ("" if look.limit is None else f" of {dollars(look.limit)}"))
    if look.balance.reserved:
        parts.append(f"{dollars(look.balance.reserved)} reserved")
    if doubtful := uncertain(look):
        parts.append(f"{counted(len(doubtful), 'batch')} uncertain")
    if look.open_batches and (left := time_left(look)):
        parts.append(f"about {duration(left)} left")
    return ("" if elapsed is None else f"[{duration(elapsed)}] ") + ", ".join(parts)


def text(shown: Sequence[Row]) -> str:
    """Rows as lines, where there are no colours."""
    return "\n".join(f"{row.label:<10} {row.text}".rstrip() for row in shown)
