"""Packing: whatever the sizes and the budget, no body is over what it may hold, order is kept, and no job is lost or doubled."""

import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.provider import SimProvider
from simulated.script import PRICES, SimJob, _parsed
from simulated.world import Setting, World

from batchata import planner
from batchata.documents.reader import Reader
from batchata.engine.packing import Body, Formed, Order
from batchata.engine.preparing import Preparer
from batchata.providers.catalog import Catalog
from batchata.store import reading
from batchata.store.database import Database
from batchata.store.intake import Intake, Members
from batchata.store.moves import Store
from batchata.store.readers import Readers
from batchata.store.rows import NewBatch, NewJob, NewJobs

FAST_DISK = "/dev/shm" if Path("/dev/shm").is_dir() else None

prompts = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), min_size=1, max_size=12)


@settings(max_examples=80)
@given(
    prompts=prompts,
    bodies=st.integers(1, 4),
    most_jobs=st.integers(1, 5),
    of_provider=st.integers(1, 5),
    most_bytes=st.integers(80, 600),
    limit=st.one_of(st.none(), st.integers(0, 2_000_000)),
    kind=st.sampled_from(["listed", "spooled"]),
)
def test_bodies_hold_what_they_may_and_every_job_once(
    prompts: list[str], bodies: int, most_jobs: int, of_provider: int, most_bytes: int, limit: int | None, kind: str
) -> None:
    with World(1, Setting([SimJob(kind, "ok-0")])) as world, tempfile.TemporaryDirectory(dir=FAST_DISK) as folder:
        provider = world._provider(kind, "A")
        provider.limits = replace(provider.limits, jobs_per_batch=of_provider, bytes_per_batch=most_bytes)
        path = Path(folder) / "state"
        with closing(Store(Database(path))) as store, closing(Reader()) as reader:
            store.connection.execute("PRAGMA synchronous = OFF")
            preparer = Preparer(
                Readers(path), Catalog({kind: provider}, Path(folder), ""), reader, {},
                lambda model, _, __: PRICES[model], limited=limit is not None, named={kind: provider}, folder=Path(folder),
            )  # fmt: skip
            _fill(store, kind, prompts)
            sent: list[str] = []
            while (formed := _form(store, preparer, kind, bodies, most_jobs, limit)).bodies:
                assert len(formed.bodies) <= bodies
                assert formed.bound == sum(body.attempts.bound for body in formed.bodies)
                for body in formed.bodies:
                    sent += _checked(body, provider, min(most_jobs, of_provider), limit, store)
            assert formed.exhausted
            _check_the_rest(store, prompts, sent, limit)


def test_a_bound_is_for_as_long_as_a_body_may_wait_and_its_batch_may_last() -> None:
    seen: list[tuple[float, float]] = []

    def price(model: str, since: float, until: float) -> Any:
        seen.append((since, until))
        return PRICES[model]

    with World(1, Setting([SimJob("listed", "ok-0")])) as world, tempfile.TemporaryDirectory(dir=FAST_DISK) as folder:
        provider, path = world._provider("listed", "A"), Path(folder) / "state"
        with closing(Store(Database(path))) as store, closing(Reader()) as reader:
            preparer = Preparer(
                Readers(path), Catalog({"listed": provider}, Path(folder), ""), reader, {}, price, limited=True,
                named={"listed": provider}, folder=Path(folder),
            )  # fmt: skip
            _fill(store, "listed", ["one"])
            assert len(_form(store, preparer, "listed", 1, 1, None).bodies) == 1
    assert seen == [(1.0, 1.0 + planner.FORMED_LASTS + provider.limits.expires_seconds)]


def _fill(store: Store, kind: str, prompts: list[str]) -> None:
    lane, run = store.lane(kind, ""), store.start_run(0.0, "test", "1")
    job, _, _ = _parsed(SimJob(kind, "ok-0"), None)
    records = [replace(job, prompt=prompt).to_record() for prompt in prompts]
    new = [
        NewJob(f"j{place}", bytes(16), store.form(lane, form), lane, ask, None)
        for place, (form, ask) in enumerate(records)
    ]
    Intake(store, run, Members()).add(NewJobs.of(new))


def _form(store: Store, preparer: Preparer, kind: str, bodies: int, most_jobs: int, limit: int | None) -> Formed:
    available = reading.balance(store.connection).available(limit)
    formed = preparer.form(Order(1, kind, 1, 1.0, bodies, most_jobs, available))
    assert available is None or formed.bound <= available
    assert not formed.failed
    store.pass_over(formed.passed_over)
    return formed


def _checked(body: Body, provider: SimProvider, most: int, limit: int | None, store: Store) -> list[str]:
    """The prompts of a body that holds what it may, once it is reserved."""
    with body.file as file:
        whole = file.read()
    lines = [orjson.loads(line) for line in whole.splitlines()]
    assert body.size == len(whole)
    assert body.size <= provider.limits.bytes_per_batch or len(lines) == 1
    assert len(lines) == len(body.attempts) <= most
    assert [line["custom_id"] for line in lines] == [f"{body.nonce}-{place}" for place in range(len(lines))]
    jobs = body.attempts.jobs.tolist()
    assert jobs == sorted(jobs), "the order of arrival is kept"
    assert store.reserve(NewBatch(1, body.nonce, "me", body.size, body.attempts), 1.0, limit) is not None
    return [line["body"]["text"] for line in lines]


def _check_the_rest(store: Store, prompts: list[str], sent: list[str], limit: int | None) -> None:
    """Every job was sent once, or waits with a bound that what is left can't bear."""
    connection = store.connection
    waiting = connection.execute("SELECT bound, ask FROM job WHERE state = 'pending'").fetchall()
    assert sorted([*sent, *(orjson.loads(ask) for _, ask in waiting)]) == sorted(prompts)
    left = reading.balance(connection).available(limit)
    assert all(left is not None and bound > left for bound, _ in waiting)
