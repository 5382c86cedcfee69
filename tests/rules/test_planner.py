"""The planner as a table: what is known and the time, and what is to be done next."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchata import actions, planner, situation
from batchata.budget import Balance
from batchata.planner import plan
from batchata.provider_batch import ProviderBatch, State
from batchata.situation import BatchView, LaneView, Now, View

NOW = Now(wall=1_000.0, ticks=50.0)


def batch(state: State, number: int = 1, **row: object) -> BatchView:
    view = {name: row.pop(name) for name in list(row) if name in BatchView._fields}
    made = ProviderBatch(
        id=number, lane=1, provider="anthropic", model="", state=state, nonce="n", account="me", count=5, size=10,
        reserved=100, prepared_at=900.0, upload_id=None, intended_at=901.0, provider_at=None, submitted_at=902.0, ended_at=None,
        provider_id="id", collect_by=None, cancel_at=None, looks=0, watched=0.0, settled_segment=0, verdict=None,
        note=None,
    )  # fmt: skip
    return BatchView(row=replace(made, **row), **view)  # type: ignore[arg-type]


LANE = LaneView(id=1, provider="anthropic", ready=20, jobs_per_batch=10)
LARGE = replace(LANE, ready=20_000, jobs_per_batch=10_000)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (batch(State.PREPARED, has_body=True), actions.Submit(1)),
        (batch(State.PREPARED), actions.Void(1)),
        (batch(State.PREPARED, has_body=True, halted=True), actions.Void(1)),
        (batch(State.SUBMITTING), actions.Doubt(1)),
        (batch(State.UNCERTAIN), actions.Find(1)),
        (batch(State.UNCERTAIN, looks=3, watched=600.0), actions.Absent(1)),
        (batch(State.SUBMITTED), actions.Poll("anthropic", (1,))),
        (batch(State.ENDED), actions.Collect(1)),
        (batch(State.ENDED, verdict="gone"), actions.Settle(1)),
        (batch(State.COLLECTED), actions.Settle(1)),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, BatchView) else value.row.state.value,
)
def test_each_open_state_has_its_next_effect(one: BatchView, expected: actions.Action) -> None:
    assert plan(View(batches=(one,)), NOW).actions == (expected,)


@pytest.mark.parametrize(
    "one",
    [
        batch(State.UNCERTAIN, looks=2, watched=600.0),
        batch(State.UNCERTAIN, looks=3, watched=599.0),
        batch(State.UNCERTAIN, looks=9, watched=900.0, same_account=False),
        batch(State.UNCERTAIN, looks=3),
    ],
    ids=["too few looks", "too soon", "another account", "a first look long ago, and none since"],
)
def test_absence_is_not_concluded_unless_all_holds(one: BatchView) -> None:
    assert plan(View(batches=(one,)), NOW).actions == (actions.Find(1),)


def test_what_is_under_way_is_not_named_again() -> None:
    view = View(batches=(batch(State.ENDED),), busy=frozenset({("batch", 1)}))
    assert plan(view, NOW).actions == ()
    assert not plan(view, NOW).over


def test_a_body_waits_while_a_batch_of_its_size_is_uncertain_under_the_same_key() -> None:
    ready, doubt = batch(State.PREPARED, 2, has_body=True), batch(State.UNCERTAIN, next_look=60.0)
    assert plan(View(batches=(ready, doubt)), NOW).actions == ()
    for other in (replace(doubt.row, count=6), replace(doubt.row, account="other")):
        assert actions.Submit(2) in plan(View(batches=(ready, doubt._replace(row=other))), NOW).actions


def test_one_look_at_a_provider_covers_all_its_batches() -> None:
    due, later = batch(State.SUBMITTED), batch(State.SUBMITTED, 2, next_look=99.0)
    assert plan(View(batches=(due, later)), NOW).actions == (actions.Poll("anthropic", (1, 2)),)
    assert plan(View(batches=(later,)), NOW).actions == ()
    assert plan(View(batches=(later,)), NOW).wake == 99.0


def test_answers_are_read_as_fast_as_their_files_are_written_and_fetched_whatever_happens() -> None:
    fetched, ended = batch(State.COLLECTED), batch(State.ENDED, 2)
    assert plan(View(batches=(fetched, ended)), NOW).actions == (actions.Collect(2), actions.Settle(1))
    behind = View(batches=(fetched, ended), files_behind=True, busy=frozenset({("show", None)}))
    assert plan(behind, NOW).actions == (actions.Collect(2),)
    assert not plan(replace(behind, batches=(fetched,)), NOW).over


def test_answers_of_a_few_batches_are_read_at_a_time() -> None:
    fetched = tuple(batch(State.COLLECTED, number) for number in range(1, 10))
    first = tuple(actions.Settle(number) for number in range(1, planner.SETTLED_AT_ONCE + 1))
    assert plan(View(batches=fetched), NOW).actions == first
    busy = frozenset(action.key for action in first[1:])
    assert plan(View(batches=fetched, busy=busy), NOW).actions == first[:1]


@pytest.mark.parametrize(
    ("change", "prepares"),
    [
        ({}, True),
        ({"lanes": (replace(LANE, ready=0),)}, False),
        ({"lanes": (replace(LANE, halted=True),)}, False),
        ({"lanes": (replace(LANE, blocked_until=51.0),)}, False),
        ({"lanes": (replace(LANE, next_due=1_001.0),)}, False),
        ({"stop": "shutdown"}, False),
        ({"max_concurrent": 1, "batches": (batch(State.SUBMITTED),), "lanes": (LARGE,)}, False),
        ({"max_concurrent": 1, "batches": (batch(State.UNCERTAIN),), "lanes": (LARGE,)}, False),
        ({"max_concurrent": 1, "batches": (batch(State.ENDED),), "lanes": (LARGE,)}, True),
        ({"intake_done": False, "lanes": (replace(LANE, ready=9),)}, False),
        ({"intake_done": False}, True),
        ({"limit": 100, "balance": Balance(50, 20), "lanes": (replace(LANE, starved_at=30),)}, False),
        ({"limit": 100, "balance": Balance(50, 19), "lanes": (replace(LANE, starved_at=30),)}, True),
    ],
    ids=str,
)
def test_when_jobs_are_packed(change: dict[str, object], prepares: bool) -> None:
    view = replace(View(lanes=(LANE,)), **change)  # type: ignore[arg-type]
    assert any(isinstance(action, actions.Prepare) for action in plan(view, NOW).actions) == prepares


def test_what_may_be_reserved_is_what_the_limit_leaves() -> None:
    view = View(lanes=(LANE,), limit=100, balance=Balance(50, 20))
    assert plan(view, NOW).actions == (actions.Prepare(1, 2, 30),)
    assert plan(replace(view, limit=60), NOW).actions == (actions.Prepare(1, 2, 0),)


def test_small_bodies_are_formed_together_and_while_batches_end_ahead_of_the_room_for_them() -> None:
    def bodies(
        ready: int,
        *batches: BatchView,
        others: tuple[LaneView, ...] = (),
        most: int = 1,
        ended_at: float | None = NOW.ticks - 1,
    ) -> int:
        view = View(
            lanes=(replace(LANE, ready=ready, ended_at=ended_at), *others), batches=batches, max_concurrent=most
        )
        return sum(one.bodies for one in plan(view, NOW).actions if isinstance(one, actions.Prepare))

    flying = batch(State.SUBMITTED, next_look=99.0)
    waiting = [batch(State.PREPARED, number, has_body=True) for number in range(2, 22)]
    assert bodies(25, most=3) == 2
    assert bodies(9) == 1
    assert bodies(10_000, flying) == 20
    assert bodies(10_000, flying, *waiting[:9]) == 11
    assert bodies(10_000, flying, *waiting) == bodies(10_000, flying, *waiting[:10]) == 0
    assert bodies(10_000, flying, batch(State.PREPARED, 2, has_body=True, size=planner.FORMED_BYTES)) == 0
    assert bodies(10_000, flying, ended_at=None) == bodies(10_000, flying, ended_at=NOW.ticks - planner.FLOWING) == 0
    assert bodies(10_000, ended_at=None, most=3) == 3
    assert bodies(10_000, flying, others=(replace(LANE, id=2, provider="local"),)) == 0


def test_no_more_is_sent_than_may_be_open_at_the_providers() -> None:
    waiting = tuple(batch(State.PREPARED, number, has_body=True) for number in range(1, 5))
    view = View(batches=(*waiting, batch(State.SUBMITTED, 9, next_look=99.0)), max_concurrent=3)
    assert plan(view, NOW).actions == (actions.Submit(1), actions.Submit(2))
    uploading = replace(view, busy=frozenset({("batch", 3)}))
    assert plan(uploading, NOW).actions == (actions.Submit(1),)
    assert plan(replace(view, max_concurrent=1), NOW).actions == ()


def test_what_is_ready_waits_as_long_as_its_lane_is_told_to_and_is_formed_anew_where_that_is_long() -> None:
    ready = batch(State.PREPARED, has_body=True, blocked_until=60.0, prepared_at=NOW.wall - planner.FORMED_LASTS)
    waits = plan(View(batches=(ready,)), NOW)
    assert (waits.actions, waits.wake, waits.over) == ((), 60.0, False)
    assert plan(View(batches=(ready,)), Now(NOW.wall, 60.0)).actions == (actions.Submit(1),)
    assert plan(View(batches=(ready,)), Now(NOW.wall + 1, 60.0)).actions == (actions.Void(1),)


def test_the_lane_with_the_fewest_batches_in_flight_goes_first() -> None:
    other = replace(LANE, id=2, provider="local")
    view = View(lanes=(LANE, other), batches=(batch(State.SUBMITTED, next_look=99.0),))
    assert plan(view, NOW).actions == (actions.Prepare(2, 1, None),)


@pytest.mark.parametrize(
    ("view", "stop"),
    [
        (View(), None),
        (View(lanes=(replace(LANE, halted=True),)), None),
        (View(lanes=(replace(LANE, starved_at=30),), limit=30), "cost_limit"),
        (View(lanes=(LANE,), stop="shutdown"), "shutdown"),
        (View(lanes=(LANE,), batches=(batch(State.SUBMITTED),), stop="shutdown", leave_open=True), "shutdown"),
        (View(batches=(batch(State.SUBMITTED, denied=True),)), None),
        (View(batches=(batch(State.UNCERTAIN, same_account=False, next_look=99.0),)), None),
    ],
    ids=["nothing", "halted", "starved", "shutdown", "left open", "denied", "another account"],
)
def test_when_a_run_is_over(view: View, stop: str | None) -> None:
    made = plan(view, NOW)
    assert (made.actions, made.over, made.stop) == ((), True, stop)


def test_leaving_waits_for_a_create_under_way() -> None:
    busy = frozenset({("batch", 1)})
    view = View(batches=(batch(State.SUBMITTING),), stop="shutdown", leave_open=True, busy=busy)
    assert not plan(view, NOW).over


def test_cancelling_asks_once_and_goes_on_looking() -> None:
    view = View(batches=(batch(State.SUBMITTED),), stop="cancelled", cancel=True)
    assert set(plan(view, NOW).actions) == {actions.Cancel(1), actions.Poll("anthropic", (1,))}
    asked = replace(view, batches=(batch(State.SUBMITTED, cancelled=True),))
    assert plan(asked, NOW).actions == (actions.Poll("anthropic", (1,)),)


states = st.sampled_from([state for state in State if state not in (State.SETTLED, State.VOID)])


@given(
    st.lists(st.tuples(states, st.booleans(), st.floats(0, 100)), max_size=5),
    st.integers(0, 30),
    st.booleans(),
    st.sampled_from([None, "shutdown", "cancelled"]),
)
def test_a_plan_always_acts_waits_or_ends(
    rows: list[tuple[State, bool, float]], ready: int, done: bool, stop: situation.StopReason | None
) -> None:
    batches = tuple(
        batch(state, number, has_body=body, next_look=look) for number, (state, body, look) in enumerate(rows)
    )
    view = View(lanes=(replace(LANE, ready=ready),), batches=batches, intake_done=done, stop=stop)
    made = plan(view, NOW)
    assert made.actions or made.over or made.wake is not None or not done
    assert len({action.key for action in made.actions}) == len(made.actions)
