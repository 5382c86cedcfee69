"""The state's moves: each whole or not at all, each a compare-and-set, the ledger always the sum of its rows."""

import sqlite3
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.budget import Balance, Booking
from batchata.errors import StateError
from batchata.provider_batch import MOVES, ProviderBatch, State
from batchata.result import Outcome
from batchata.store import reading
from batchata.store.database import Database, connect_reader
from batchata.store.intake import Intake, Members
from batchata.store.moves import Store
from batchata.store.rows import Again, NewBatch, NewJob, NewJobs, NewResult, OpenAttempt, Packed, Settled, Settlement


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(Database(tmp_path / "state.db"))
    yield store
    store.close()


def added(store: Store, count: int, run: int | None = None) -> list[int]:
    run = run or store.start_run(0.0, "test", "1")
    lane = store.lane("anthropic", "")
    form = store.form(lane, b"{}")
    jobs = [NewJob(f"j{n}", bytes([n] * 16), form, lane, b"null", None) for n in range(count)]
    Intake(store, run, Members()).add(NewJobs.of(jobs))
    return [pending.seq for pending in reading.pending(store.connection, lane, run, 1.0, None)]


def reserved(store: Store, jobs: list[int], bound: int = 10, limit: int | None = None) -> ProviderBatch | None:
    attempts = Packed((job, bound, 1) for job in jobs)
    new = NewBatch(store.lane("anthropic", ""), f"n{jobs[0]}", "me", 100, attempts)
    return store.reserve(new, 1.0, limit)


def sure(batch: ProviderBatch | None) -> ProviderBatch:
    assert batch is not None
    return batch


def end(index: int, job: int, cost: int, outcome: Outcome = Outcome.SUCCEEDED) -> Settled:
    return Settled(index, job, 10, outcome, cost, NewResult(outcome, "m", cost, None, b"{}"))


def at(store: Store, state: State) -> ProviderBatch:
    """A batch of two jobs, led to a state along the table."""
    batch = sure(reserved(store, added(store, 2)))
    if state is State.PREPARED:
        return batch
    if state is State.VOID:
        return store.void(batch, 2.0, None)
    batch = store.intend(batch, 2.0, None)
    if state is State.SUBMITTING:
        return batch
    if state is State.UNCERTAIN:
        return store.uncertain(batch, 3.0, "no answer")
    batch = store.submitted(batch, 3.0, "id-1", None)
    if state is State.SUBMITTED:
        return batch
    batch = store.ended(batch, 4.0)
    if state is State.ENDED:
        return batch
    batch = store.collected(batch, 5.0)
    if state is State.COLLECTED:
        return batch
    jobs = reading.jobs_of(store.connection, batch.id)
    return store.rest(store.settle(batch, 6.0, Settlement([end(0, jobs[0], 3), end(1, jobs[1], 4)])), 7.0)


def move(store: Store, batch: ProviderBatch, to: State) -> ProviderBatch:
    moves = {
        State.SUBMITTING: lambda: store.intend(batch, 9.0, None),
        State.SUBMITTED: lambda: store.submitted(batch, 9.0, "id-2", None),
        State.UNCERTAIN: lambda: store.uncertain(batch, 9.0, "?"),
        State.VOID: lambda: store.void(batch, 9.0, None),
        State.ENDED: lambda: store.ended(batch, 9.0),
        State.COLLECTED: lambda: store.collected(batch, 9.0),
    }
    return moves[to]()


MOVABLE = [state for state in State if state not in (State.PREPARED, State.SETTLED)]


@pytest.mark.parametrize(("state", "to"), list(product(State, MOVABLE)))
def test_a_batch_makes_the_moves_of_the_table_and_no_other(store: Store, state: State, to: State) -> None:
    batch = at(store, state)
    before = list(store.connection.iterdump())
    if to in MOVES[state]:
        assert move(store, batch, to).state is to
        return
    with pytest.raises(StateError):
        move(store, batch, to)
    assert list(store.connection.iterdump()) == before, "a refused move left a trace"


def test_a_move_is_refused_where_the_row_has_moved_already(store: Store) -> None:
    batch = at(store, State.PREPARED)
    store.intend(batch, 2.0, None)
    with pytest.raises(StateError):
        store.intend(batch, 2.0, None)


def test_a_reservation_holds_and_is_released_to_the_last_nano_dollar(store: Store) -> None:
    batch = sure(reserved(store, added(store, 3), bound=10))
    assert reading.balance(store.connection) == Balance(30, 0)
    batch = store.submitted(store.intend(batch, 2.0, None), 3.0, "id", None)
    batch = store.collected(store.ended(batch, 4.0), 5.0)
    jobs = reading.jobs_of(store.connection, batch.id)
    batch = store.settle(batch, 6.0, Settlement([end(0, jobs[0], 4), end(2, jobs[2], 0, Outcome.ERROR)]))
    assert reading.balance(store.connection) == Balance(10, 4)
    with pytest.raises(StateError, match="released"):
        store.rest(batch, 7.0)
    batch = store.settle(batch, 6.0, Settlement([Settled(1, jobs[1], 10, Outcome.EXPIRED, 0, Again(b"[]", 50.0))]))
    assert store.rest(batch, 7.0).state is State.SETTLED
    assert reading.balance(store.connection) == Balance(0, 4)
    assert reading.next_due(store.connection, batch.lane, 1) == 50.0


def test_an_attempt_ends_once(store: Store) -> None:
    batch = at(store, State.COLLECTED)
    jobs = reading.jobs_of(store.connection, batch.id)
    store.settle(batch, 6.0, Settlement([end(0, jobs[0], 4)]))
    with pytest.raises(StateError, match="attempts to settle"):
        store.settle(batch, 6.0, Settlement([end(0, jobs[0], 4)]))
    assert reading.balance(store.connection) == Balance(10, 4)


def test_attempts_are_seen_as_they_were_packed_and_as_they_ended(store: Store) -> None:
    jobs, form = added(store, 3), 1
    attempts = Packed([(jobs[0], 10, form), (jobs[1], 0, -form), (jobs[2], 10**15, form)])
    batch = sure(store.reserve(NewBatch(store.lane("anthropic", ""), "n", "me", 100, attempts), 1.0, None))
    other = sure(reserved(store, added(store, 5)[:2]))
    batch = store.submitted(store.intend(batch, 2.0, None), 3.0, "id", None)
    batch = store.collected(store.ended(batch, 4.0), 5.0)
    held = reading.packed(store.connection, batch.id)
    assert list(reading.open_attempts(store.connection, held, reading.first_open(held))) == [
        OpenAttempt(0, jobs[0], 10, form),
        OpenAttempt(1, jobs[1], 0, form, b"null", None),  # its end needs more than its form
        OpenAttempt(2, jobs[2], 10**15, form),
    ]
    again = Settled(2, jobs[2], 10**15, Outcome.EXPIRED, 7, Again(b"[]", 50.0))
    batch = store.settle(batch, 6.0, Settlement([again]), packed=held)
    batch = store.settle(batch, 6.0, Settlement([end(0, jobs[0], 4)]), packed=held)
    assert (held.left, reading.first_open(held), len(held), held.bound) == (1, [1], 3, 10**15 + 10)
    found = reading.packed(store.connection, batch.id)
    assert all(getattr(found, name) == getattr(held, name) for name in Packed.__slots__)
    seen = store.connection.execute("SELECT * FROM attempt WHERE batch = ? ORDER BY idx", (batch.id,)).fetchall()
    assert seen == [
        (batch.id, 0, jobs[0], 10, "succeeded", 4),
        (batch.id, 1, jobs[1], 0, None, None),
        (batch.id, 2, jobs[2], 10**15, "expired", 7),
    ]
    rows = store.connection.execute("SELECT count(*), count(outcome) FROM attempt WHERE batch = ?", (other.id,))
    assert rows.fetchone() == (2, 0)


def test_the_limit_is_held_to_the_nano_dollar(store: Store) -> None:
    jobs = added(store, 3)
    assert reserved(store, jobs[:2], bound=10, limit=19) is None
    sure(reserved(store, jobs[:2], bound=10, limit=20))
    assert reserved(store, jobs[2:], bound=1, limit=20) is None


def test_jobs_of_a_void_batch_wait_again(store: Store) -> None:
    at(store, State.VOID)
    waiting = list(reading.pending(store.connection, store.lane("anthropic", ""), 1, 1.0, None))
    names = reading.job_ids(store.connection, [job.seq for job in waiting])
    assert [names[job.seq] for job in waiting] == ["j0", "j1"]
    assert reading.balance(store.connection) == Balance(0, 0)


def test_the_ledger_can_only_grow(store: Store) -> None:
    at(store, State.SETTLED)
    for sql in ("DELETE FROM ledger", "UPDATE ledger SET amount = 0"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            store.connection.execute(sql)


def test_a_transaction_that_breaks_leaves_nothing(store: Store) -> None:
    jobs = added(store, 2)
    before = list(store.connection.iterdump())
    with pytest.raises(ZeroDivisionError), store.transaction():
        reserved(store, jobs)
        _ = 1 / 0
    assert list(store.connection.iterdump()) == before


def test_a_reader_sees_what_is_committed_and_can_write_nothing(store: Store) -> None:
    batch = at(store, State.SUBMITTED)
    reader = connect_reader(store.path)
    assert [row.id for row in reading.open_batches(reader)] == [batch.id]
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM journal")
    reader.close()


def test_every_move_is_in_the_journal(store: Store) -> None:
    at(store, State.SETTLED)
    events = [row[0] for row in store.connection.execute("SELECT event FROM journal ORDER BY id")]
    assert events == ["prepared", "submitting", "submitted", "ended", "collected", "settled"]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(list(Booking)), st.integers(0, 10**12)), max_size=40))
def test_a_balance_is_the_sum_of_its_bookings(bookings: list[tuple[Booking, int]]) -> None:
    balance = Balance()
    for kind, amount in bookings:
        balance = balance.after(kind, amount)
    total = {kind: sum(amount for one, amount in bookings if one is kind) for kind in Booking}
    assert balance.reserved == total[Booking.RESERVE] - total[Booking.RELEASE]
    assert balance.spent == total[Booking.SPEND] + total[Booking.ASSUMED]


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_what_is_borne_fits_what_is_available(reserved: int, spent: int, bound: int, limit: int) -> None:
    balance = Balance(reserved, spent)
    available = balance.available(limit)
    assert available is not None
    assert available >= 0
    if bound:
        assert balance.bears(bound, limit) == (bound <= available)
    assert balance.bears(bound, None)
