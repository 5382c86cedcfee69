"""What the live view says of a run, without a terminal."""

from dataclasses import replace
from pathlib import Path

import pytest

from batchata.budget import Balance
from batchata.live import figures
from batchata.provider_batch import ProviderBatch, State
from batchata.store.watching import Bill, Counts, Look, RunRow
from batchata.usage import dollars

NOW = 1_000_000.0
DOLLAR = 1_000_000_000


def a_batch(
    number: int, state: State = State.SUBMITTED, *, age: float = 60.0, provider: str = "openai"
) -> ProviderBatch:
    made = NOW - age
    return ProviderBatch(
        number, 1, provider, "", state, f"n{number}", "account", 100, 5_000, DOLLAR // 10, made, None, made, None, made, None,
        f"batch_{number}", NOW + 10 * 86_400, None, 0, 0.0, 0, None, None,
    )  # fmt: skip


LOOK = Look(
    at=NOW,
    state_file=Path("s.db"),
    run=RunRow(1, NOW - 600, None, "process 1 on here", None),
    process=None,
    jobs=Counts(pending=1_000, active=200, succeeded=700, failed=100),
    failures={"invalid": 90, "refused": 10},
    balance=Balance(reserved=DOLLAR // 2, spent=2 * DOLLAR),
    assumed=0,
    limit=5 * DOLLAR,
    limit_known=True,
    max_concurrent=2,
    items_per_batch=100,
    open_batches=(a_batch(1), a_batch(2, age=30.0)),
    batches={"settled": 8, "submitted": 2},
    turnarounds=(100.0, 120.0, 140.0),
    rate=2.5,
    bill=None,
)


def told(look: Look) -> str:
    return figures.text(figures.rows(look))


def test_all_that_there_is_to_see() -> None:
    assert told(LOOK).splitlines() == [
        "jobs       800 of 2,000 finished, 100 failed, 200 active, 1,000 pending",
        "money      $2.00 spent, $0.50 reserved, limit $5.00",
        "pace       2.5 jobs/s, a batch takes 2 min, 5 rounds to go, about 11 min left",
        "batches    2 open, 8 done",
        "           openai  100 jobs  submitted  1 min  #1 batch_1",
        "           openai  100 jobs  submitted  30 s  #2 batch_2",
        "failed     90 invalid, 10 refused",
    ]


def test_a_limit_that_nobody_noted_is_not_denied() -> None:
    begun = replace(LOOK, jobs=Counts(), limit=None, limit_known=False)
    assert "limit" not in told(begun)
    assert "no limit" in told(replace(begun, limit_known=True))


def test_time_left_is_what_is_out_and_then_a_turnaround_for_each_round() -> None:
    # the youngest is 30 s old and takes 120; then 1,000 jobs at 100 in a batch, 2 batches at once: 5 rounds
    assert figures.time_left(LOOK) == 90.0 + 5 * 120.0
    assert figures.time_left(replace(LOOK, jobs=Counts(active=200))) == 90.0
    assert figures.time_left(replace(LOOK, turnarounds=())) is None
    assert "time left not known yet" in told(replace(LOOK, turnarounds=()))
    late = replace(LOOK, jobs=Counts(active=100), open_batches=(a_batch(1, age=500.0),))
    assert "due now" in told(late)


def test_time_left_is_of_what_the_limit_lets_be_sent() -> None:
    # of the $5.00 what is out takes $1.00 by the bills so far; $2.00 are left for 1,000 jobs of at most $0.01 each
    dear = replace(LOOK, bill=Bill(cost=DOLLAR / 200, bound=DOLLAR / 100))
    # 200, 100, 50, 25, 12, 6, 3, 2, 1: in each round what the bills of the last one leave room for
    assert figures.rounds_left(dear) == 9
    assert figures.time_left(dear) == 90.0 + 9 * 120.0
    assert figures.rounds_left(replace(dear, limit=50 * DOLLAR)) == 5
    spent = replace(dear, balance=Balance(reserved=0, spent=5 * DOLLAR))
    assert figures.rounds_left(spent) == 0
    assert figures.time_left(spent) == 90.0
    unknown = replace(LOOK, limit=3 * DOLLAR)  # no bill yet, and the limit does not bear all at their bounds
    assert figures.rounds_left(unknown) is None
    assert "time left not known yet" in told(unknown)


def test_jobs_that_share_one_batch_are_one_round() -> None:
    assert figures.rounds_left(replace(LOOK, items_per_batch=None)) == 1
    assert figures.rounds_left(replace(LOOK, jobs=Counts(succeeded=5))) == 0


def test_thousands_of_batches_fold_into_a_few_lines() -> None:
    many = [a_batch(number, age=float(number), provider=("openai", "gemini")[number % 2]) for number in range(1, 5_001)]
    many.append(a_batch(6_000, State.UNCERTAIN))
    look = replace(LOOK, open_batches=tuple(many), batches={"settled": 12_345})
    lines = told(look).splitlines()
    assert len(lines) < 15
    assert "batches    5,001 open, 12,345 done" in lines
    assert lines[4].startswith("           openai  1 batch, 100 jobs  uncertain")
    assert "           gemini  2,500 batches, 250,000 jobs  submitted  1 s to 1 h 23 min" in lines


def test_many_kinds_of_batches_fold_too() -> None:
    many = tuple(a_batch(number, provider=f"server-{number:02}") for number in range(30))
    lines = told(replace(LOOK, open_batches=many)).splitlines()
    assert "           and 24 batches more" in lines


def test_what_needs_a_look_is_said() -> None:
    doubtful = replace(a_batch(7, State.UNCERTAIN), note="502 Bad\x1b[2JGateway", collect_by=NOW + 3_600)
    text = told(replace(LOOK, open_batches=(doubtful,), assumed=DOLLAR, balance=Balance(0, 5 * DOLLAR)))
    assert "uncertain  1 batch whose fate is being looked up, $0.10 held for them" in text
    assert "deleted by their provider in 1 h" in text
    assert "$5.00 spent ($1.00 of it assumed)" in text
    assert "502 Bad [2JGateway" in text
    assert "\x1b" not in text


def test_one_line_for_logs() -> None:
    assert figures.line(LOOK, 75.0) == (
        "[1 min 15 s] 800/2,000 finished (100 failed), 2 batches out, the oldest for 1 min, 1,000 pending, $2.00 spent of "
        "$5.00, $0.50 reserved, about 11 min left"
    )
    assert figures.line(replace(LOOK, jobs=Counts(succeeded=3), open_batches=(), limit=None, balance=Balance())) == (
        "3/3 finished, $0.00 spent"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (299, "4 min 59 s"), (900, "15 min"), (3_600, "1 h"), (4_800, "1 h 20 min"), (86_400, "1 d"), (180_000, "2 d 2 h")],
)  # fmt: skip
def test_durations(seconds: float, words: str) -> None:
    assert figures.duration(seconds) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "$0.00"), (1, "$0.0000"), (12_300_000, "$0.0123"), (1_230_000_000, "$1.23"), (1_234_567_800_000, "$1,234.57")],
)
def test_sums(amount: int, words: str) -> None:
    assert dollars(amount) == words
