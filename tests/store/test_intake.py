"""Jobs into the state: new, known, changed, doubled."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchata.store import intake as module
from batchata.store.database import Database
from batchata.store.intake import Intake, Members
from batchata.store.moves import Store
from batchata.store.rows import NewJob, NewJobs, Taken


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(Database(tmp_path / "state.db"))
    yield store
    store.close()


def run(store: Store, *groups: list[NewJob]) -> tuple[list[Taken], Members]:
    intake = Intake(store, store.start_run(0.0, "test", "1"), Members())
    return [intake.add(NewJobs.of(group)) for group in groups], intake.members


def job(content: str, job_id: str | None = None) -> NewJob:
    return NewJob(job_id, content.encode().ljust(16, b"-"), 1, 1, content.encode(), None)


def ids(store: Store) -> list[str]:
    return [row[0] for row in store.connection.execute("SELECT job_id FROM job ORDER BY seq")]


@pytest.fixture(autouse=True)
def _lane(store: Store) -> None:
    assert store.lane("anthropic", "") == 1
    assert store.form(1, b"{}") == 1


def test_the_same_jobs_are_known_again(store: Store) -> None:
    jobs = [job("a", "1"), job("b"), job("b"), job("b")]
    (first,), _ = run(store, jobs)
    (second,), members = run(store, jobs)
    assert (first.pending, second.pending, second.changed) == (4, 4, 0)
    assert len(ids(store)) == 4
    assert members.count == 4


def test_identical_jobs_are_told_apart_by_their_place_across_groups(store: Store) -> None:
    run(store, [job("a")], [job("a"), job("a")], [job("a")])
    name = job("a").digest.hex()
    assert ids(store) == [name, f"{name}-2", f"{name}-3", f"{name}-4"]
    assert len({*ids(store)}) == 4


def test_another_content_under_an_id_is_a_job_of_its_own(store: Store) -> None:
    run(store, [job("a", "x")])
    (taken,), members = run(store, [job("b", "x")])
    assert (taken.changed, taken.pending) == (1, 1)
    assert ids(store) == ["x", "x"]
    assert 2 in members
    assert 1 not in members


def test_an_id_given_twice_in_a_run_is_told_within_a_group_and_across_groups(store: Store) -> None:
    (first, second), members = run(store, [job("a", "x"), job("a", "x")], [job("b", "x")])
    assert [name for _, name in first.duplicates] == ["x"]
    assert [name for _, name in second.duplicates] == ["x"]
    assert members.count == 1


def test_the_jobs_of_a_run_are_kept_as_ranges(store: Store) -> None:
    run(store, [job(str(n), str(n)) for n in range(10)])
    run(store, [job(str(n), str(n)) for n in (9, 2, 3, 4, 7)])
    rows = store.connection.execute("SELECT first_seq, last_seq FROM member WHERE run = 2 ORDER BY 1").fetchall()
    assert rows == [(3, 5), (8, 8), (10, 10)]


def test_a_group_of_new_jobs_is_added_alike_by_the_short_way(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Store(Database(tmp_path / "other.db"))
    jobs = [job("a", "1"), job("b"), job("c", "x")._replace(metadata=b'{"row":1}'), job("d")]
    found = []
    for one in (store, other):
        assert one.form(one.lane("anthropic", ""), b"{}") == 1
        (taken, more), members = run(one, jobs, [job("e")])
        rows = [one.connection.execute(f"SELECT * FROM {table}").fetchall() for table in ("said", "standing")]
        found.append((taken, more, members.count, rows, ids(one)))
        monkeypatch.setattr(Intake, "_known", lambda *_: defaultdict(list, {"nobody": []}))  # as if not all were new
        monkeypatch.setattr(Intake, "_add_new", None)
    other.close()
    assert found[0] == found[1]


@given(st.sets(st.integers(1, 200_000)))
def test_members_are_a_set(numbers: set[int]) -> None:
    members = Members()
    for number in numbers:
        members.add(number)
    probes = numbers | {n + 1 for n in numbers} | {1, 300_000}
    assert {probe for probe in probes if probe in members} == numbers & probes
    assert members.count == len(numbers)


@given(st.lists(st.tuples(st.integers(0, 70_000), st.integers(0, 40) | st.integers(0, 70_000)), max_size=6))
def test_members_added_as_a_range_are_those_added_one_by_one(sizes: list[tuple[int, int]]) -> None:
    at_once, one_by_one, first = Members(), Members(), 1
    for gap, size in sizes:
        first += gap
        at_once.add_all(first, first + size - 1)
        for seq in range(first, first + size):
            one_by_one.add(seq)
        first += size
    assert at_once.count == one_by_one.count
    assert [seq for seq in range(first + 9) if (seq in at_once) != (seq in one_by_one)] == []


@given(st.sets(st.integers(0, 300)))
def test_ranges_hold_just_what_they_were_made_of(numbers: set[int]) -> None:
    ranges = module._ranges(numbers)
    assert {n for first, last in ranges for n in range(first, last + 1)} == numbers
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(ranges))
