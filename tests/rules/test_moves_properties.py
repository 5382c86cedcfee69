"""Random walks on a real state: whatever is asked for in whatever order, only the table's moves happen, and the money adds up."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.budget import Balance
from batchata.errors import StateError
from batchata.provider_batch import MOVES, OPEN, ProviderBatch, State
from batchata.result import Outcome
from batchata.store import administration, reading
from batchata.store.database import Database
from batchata.store.intake import Intake, Members
from batchata.store.moves import Store
from batchata.store.rows import Again, NewBatch, NewJob, NewJobs, NewResult, OpenAttempt, Packed, Settled, Settlement

JOBS = 8
LIMIT = 150
FAST_DISK = "/dev/shm" if Path("/dev/shm").is_dir() else None

steps = st.tuples(
    st.sampled_from([None, *State]), st.integers(0, 5), st.integers(1, 3), st.integers(0, 30), st.booleans()
)
"""What to do (None: pack a new batch; settled: some attempts, then rest), on which batch, of how many jobs, at what bound or bill,
and whether jobs go again."""


@contextmanager
def opened() -> Iterator[Store]:
    with tempfile.TemporaryDirectory(dir=FAST_DISK) as folder:
        store = Store(Database(Path(folder) / "state"))
        store.connection.execute("PRAGMA synchronous = OFF")
        lane, run = store.lane("p", ""), store.start_run(0.0, "test", "1")
        form = store.form(lane, b"{}")
        jobs = [NewJob(f"j{n}", bytes([n] * 16), form, lane, b"null", None) for n in range(JOBS)]
        Intake(store, run, Members()).add(NewJobs.of(jobs))
        yield store
        store.close()


def pack(store: Store, place: int, count: int, bound: int) -> ProviderBatch | None:
    jobs = [row.seq for row in reading.pending(store.connection, 1, 1, 1e9, None)][:count]
    new = NewBatch(1, f"n{place}", "me", 1, Packed((job, bound, (-1) ** job) for job in jobs))
    return store.reserve(new, 1.0, LIMIT) if jobs else None


def ended(attempt: OpenAttempt, bill: int, again: bool) -> Settled:
    cost = min(bill, attempt.bound)
    result = NewResult(Outcome.SUCCEEDED, "m", cost, None, b"{}")
    then = Again(b"[]", 0.0) if again else result
    return Settled(attempt.idx, attempt.job, attempt.bound, Outcome.SUCCEEDED, cost, then, assumed=bool(bill % 2))


def move(store: Store, batch: ProviderBatch, to: State, bill: int, again: bool) -> ProviderBatch:
    match to:
        case State.SUBMITTING:
            return store.intend(batch, 2.0, None)
        case State.SUBMITTED:
            return store.submitted(batch, 3.0, f"id-{batch.id}", None)
        case State.UNCERTAIN:
            return store.uncertain(batch, 3.0, "?")
        case State.ENDED:
            return store.ended(batch, 4.0)
        case State.COLLECTED:
            return store.collected(batch, 5.0)
        case State.VOID:
            return store.void(batch, 6.0, None)
        case State.SETTLED:
            packed = reading.packed(store.connection, batch.id)
            attempts = reading.open_attempts(store.connection, packed, reading.first_open(packed))
            with store.transaction():
                ends = Settlement(ended(one, bill, again) for one in attempts)
                return store.rest(store.settle(batch, 6.0, ends), 6.0)
        case State.PREPARED:
            raise StateError("nothing goes back to prepared")


def check(store: Store) -> None:
    connection = store.connection
    assert administration.problems(connection) == []
    batches = [reading.batch(connection, row[0]) for row in connection.execute("SELECT id FROM provider_batch")]
    held = sum(batch.reserved for batch in batches if batch.state in OPEN)
    (spent,) = connection.execute("SELECT coalesce(sum(cost), 0) FROM attempt").fetchone()
    assert reading.balance(connection) == Balance(held, spent)
    assert held + spent <= LIMIT
    flying = [job for batch in batches if batch.state in OPEN for job in reading.jobs_of(connection, batch.id)]
    active = [row[0] for row in connection.execute("SELECT seq FROM job WHERE state = 'active'")]
    assert sorted(flying) == sorted(active), "a job is in no open batch, or in two"
    (jobs,) = connection.execute("SELECT count(*) FROM job").fetchone()
    assert jobs == JOBS


@settings(max_examples=100)
@given(st.lists(steps, max_size=25))
def test_a_random_walk_keeps_the_table_and_the_ledger(walk: list[tuple[State | None, int, int, int, bool]]) -> None:
    with opened() as store:
        batches: list[ProviderBatch] = []
        for place, (to, which, count, amount, again) in enumerate(walk):
            if to is None:
                made = pack(store, place, count, amount)
                batches += [] if made is None else [made]
            elif batches:
                index = which % len(batches)
                batch, changes = batches[index], store.connection.execute("SELECT count(*) FROM journal").fetchone()
                if to in MOVES[batch.state]:
                    batches[index] = move(store, batch, to, amount, again)
                    assert batches[index].state is to
                else:
                    with pytest.raises(StateError):
                        move(store, batch, to, amount, again)
                    assert store.connection.execute("SELECT count(*) FROM journal").fetchone() == changes
                    assert reading.batch(store.connection, batch.id) == batch
            check(store)
