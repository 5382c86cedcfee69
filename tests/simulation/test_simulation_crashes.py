"""A three-job run that dies before and after every transaction and every call to a provider, and then is run again."""

import logging
from dataclasses import replace

import pytest
from simulated import checks
from simulated.accounts import Weather
from simulated.provider import KINDS
from simulated.schedule import _leave, calm, crash_points, die_and_recover
from simulated.script import SimJob
from simulated.world import Plans, Setting, World

from batchata.engine.tracks import Wishes

NAMES = ("ok-0", "twice-1", "broken-2")
WORST = sum(SimJob("listed", name).worst for name in NAMES)
LIMITS = {"no limit": None, "a limit": 4 * WORST, "a limit for one at a time": int(0.6 * WORST)}

# A create whose answer we never saw is looked for in a listing that lags, beside somebody else's batch of the same size
BESIDE = Weather(longest_lag=10.0, foreign_batch=1.0)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "batchata")


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_may_die_at_any_instant(kind: str, limit: str) -> None:
    setting = Setting([SimJob(kind, name) for name in NAMES], limit=LIMITS[limit])
    points = crash_points(setting, seed=1, weather=BESIDE)
    for point in range(1, len(points) + 1):
        # a sample dies again on its way back, another is run under another key in between
        second = 1 + point % 23 if point % 3 == 0 else 0
        ending = die_and_recover(setting, 1, point, weather=BESIDE, second=second, other=point % 4 == 0)
        assert ending.crashed is not None, f"it was not killed at {point}, {points[point - 1]}"


def test_every_kind_of_instant_is_among_them() -> None:
    seen = {
        point
        for kind in KINDS
        for point in crash_points(Setting([SimJob(kind, name) for name in NAMES]), seed=1, weather=BESIDE)
    }
    calls = ("commit", "stage", "create", "poll", "results")
    assert seen >= {f"{when} {call}" for when in ("before", "after") for call in calls}


def test_a_clock_set_back_far_hides_no_batch_from_the_look_for_it() -> None:
    with World(3, Setting([SimJob("listed", name) for name in NAMES])) as world:
        world.weather = replace(BESIDE, create_reset_after=1.0)

        def set_back(_: Wishes) -> None:
            world.clock.wall_error -= 7200.0

        world.check_at_rest(world.session(Plans(events=[(0.1 * at, set_back) for at in range(1, 40)])))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reset", [0.0, 1.0])
def test_a_look_that_keeps_breaking_ends_the_run_and_leaves_all_as_it_is(kind: str, reset: float) -> None:
    with World(4, Setting([SimJob(kind, name) for name in NAMES])) as world:
        world.weather = Weather(look_broken=1.0, create_reset_after=reset)
        ending = world.session()
        assert isinstance(ending.failure, TypeError)
        calm(world)


@pytest.mark.parametrize("kind", ["listed", "marked"])
def test_a_batch_that_vanished_at_the_provider_keeps_no_run_waiting_for_weeks(kind: str) -> None:
    with World(5, Setting([SimJob(kind, name) for name in NAMES])) as world:
        world.weather = Weather(longest_run=300.0)

        def vanish(_: Wishes) -> None:
            for account in world.accounts.values():
                for remote in account.ours():
                    remote.visible = float("inf")

        began = world.clock.true
        ending = world.session(Plans(events=[(2.0, vanish)]))
        assert ending.failure is None
        assert 3_600 < world.clock.true - began < 2 * 3_600
        with world.reading() as connection:
            assert [*checks.states_of(connection, 1).values()] == ["active"] * 3


@pytest.mark.parametrize("kind", ["listed", "marked"])
def test_a_clock_set_back_while_nobody_ran_hides_no_batch_from_the_look_for_it(kind: str) -> None:
    """Twenty minutes pass and the wall clock loses two hours: only the provider's own time of the intent still tells."""
    with World(6, Setting([SimJob(kind, name) for name in NAMES])) as world:
        world.weather = Weather(create_reset_after=1.0, look_failed=1.0)
        world.session(Plans(events=[(5.0, _leave)]))
        world.clock.true += 1_200.0
        world.clock.wall_error -= 7_200.0
        world.weather = Weather()
        world.check_at_rest(world.session())
