"""Jobs found again by their ids, whether these are in the index yet or in memory; and states of an older form taken over."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.errors import StateError
from batchata.identity import key64
from batchata.store import names as module
from batchata.store.database import SCHEMA_VERSION, Database, connect_reader
from batchata.store.intake import Intake, Members
from batchata.store.moves import Store
from batchata.store.names import Names
from batchata.store.rows import NewJob, NewJobs


def said(connection: sqlite3.Connection) -> dict[str, list[int]]:
    found = defaultdict(list)
    for seq, job_id in connection.execute("SELECT seq, job_id FROM said ORDER BY seq"):
        found[job_id].append(seq)
    return found


def found_by(connection: sqlite3.Connection, wanted: list[str]) -> dict[str, list[int]]:
    found = defaultdict(list)
    for seq, job_id, *_ in Names(connection).find([key64(name) for name in wanted]):
        found[job_id].append(seq)
    return {name: sorted(seqs) for name, seqs in found.items()}


def check(connection: sqlite3.Connection) -> None:
    known = said(connection)
    assert found_by(connection, [*known, "never said"]) == known
    several = {name: seqs for name, seqs in known.items() if len(seqs) > 1}
    assert sorted(Names(connection).several()) == sorted((name, seq) for name, seqs in several.items() for seq in seqs)


def add(store: Store, groups: list[list[tuple[int, int]]], *, dies: bool) -> None:
    """A run that adds jobs, each of a name and a content; it closes as it should, or dies before."""
    intake = Intake(store, store.start_run(0.0, "test", "1"), Members())
    for group in groups:
        jobs = [NewJob(f"job-{name}", bytes([content]) * 16, 1, 1, b'""', None) for name, content in group]
        intake.add(NewJobs.of(jobs))
        check(store.connection)
    if not dies:
        intake.close()


group = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), min_size=1, max_size=12)
runs = st.lists(st.tuples(st.lists(group, max_size=5), st.booleans()), max_size=4)


@settings(max_examples=60)
@given(runs)
def test_every_job_is_found_by_its_id_at_any_moment_and_by_every_connection(
    runs: list[tuple[list[list[tuple[int, int]]], bool]],
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "RECENT", 16)
        patch.setattr(module, "ASKED_AT_ONCE", 7)
        path = Path(folder) / "state"
        for groups, dies in runs:
            with closing(Store(Database(path))) as store:
                store.connection.execute("PRAGMA synchronous = OFF")
                store.form(store.lane("anthropic", ""), b"{}")
                add(store, groups, dies=dies)
                with closing(connect_reader(path)) as reader:
                    check(reader)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A state of form 2, which had an index of `said` in the place of `named`."""
    path = tmp_path / "state.db"
    with closing(Store(Database(path))) as store:
        store.form(store.lane("anthropic", ""), b"{}")
        add(store, [[(name, 0) for name in range(50)]], dies=False)
        store.connection.executescript(
            "DROP TABLE named; DELETE FROM meta WHERE key = 'named'; CREATE INDEX said_key ON said (key); PRAGMA user_version = 2"
        )
    return path


def test_jobs_of_a_transaction_that_was_rolled_back_are_not_counted_as_named(tmp_path: Path) -> None:
    def job(name: int) -> NewJobs:
        return NewJobs.of([NewJob(f"job-{name}", bytes(16), 1, 1, b'""', None)])

    path = tmp_path / "state"
    with closing(Store(Database(path))) as store:
        store.form(store.lane("anthropic", ""), b"{}")
        intake = Intake(store, store.start_run(0.0, "test", "1"), Members())
        intake.add(job(1))
        with pytest.raises(OSError, match="full"), store.transaction():
            intake.add(job(2))
            intake.add(job(3))
            raise OSError("the disk is full")
        intake.close()
    for name in (4, 5, 6):  # each in a run of its own, which closes as it should
        with closing(Store(Database(path))) as store:
            intake = Intake(store, store.start_run(0.0, "test", "1"), Members())
            intake.add(job(name))
            intake.close()
            check(store.connection)


def test_an_index_that_was_written_and_rolled_back_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECENT", 4)

    def jobs(*named: int) -> NewJobs:
        return NewJobs.of([NewJob(f"job-{name}", bytes(16), 1, 1, b'""', None) for name in named])

    path = tmp_path / "state"
    with closing(Store(Database(path))) as store:
        store.form(store.lane("anthropic", ""), b"{}")
        intake = Intake(store, store.start_run(0.0, "test", "1"), Members())
        intake.add(jobs(1, 2, 3))
        with pytest.raises(OSError, match="full"), store.transaction():
            intake.add(jobs(4))  # writes the index
            intake.add(jobs(5))
            raise OSError("the disk is full")
        intake.close()
    with closing(Store(Database(path))) as store:
        check(store.connection)
        intake = Intake(store, store.start_run(0.0, "test", "1"), Members())
        intake.add(jobs(1, 2, 3))
        intake.close()
        assert said(store.connection) == {"job-1": [1], "job-2": [2], "job-3": [3]}


def test_a_state_of_the_form_before_is_read_as_it_is_and_taken_over_by_the_next_run(older: Path) -> None:
    with closing(connect_reader(older)) as reader:
        check(reader)
    with closing(Store(Database(older))) as store:
        assert store.connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        check(store.connection)
        add(store, [[(name, 1) for name in range(40, 60)]], dies=False)
        check(store.connection)
    with closing(connect_reader(older)) as reader:
        check(reader)


def test_a_state_that_can_not_be_taken_over_whole_stays_as_it_is(older: Path) -> None:
    with closing(sqlite3.connect(older)) as connection:
        connection.execute("DROP INDEX said_key")
    with pytest.raises(StateError, match="said_key"):
        Database(older)
    with closing(sqlite3.connect(older)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'named'").fetchone() == (0,)
