"""How long is waited."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchata import pace


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_looks_grow_rarer_with_age_within_bounds(one: float, other: float) -> None:
    younger, older = sorted((one, other))
    assert pace.FIRST_LOOK <= pace.look_interval(younger) <= pace.look_interval(older) <= pace.LONGEST_LOOK
    assert pace.look_interval(older) <= max(pace.FIRST_LOOK, 0.125 * older)


def test_nothing_is_looked_at_long_before_it_can_have_ended_going_by_the_quickest_of_its_kind() -> None:
    assert pace.next_look(50.0, 50.0, math.inf) == 50.0 + pace.FIRST_LOOK
    assert pace.next_look(50.0, 50.0, 0.5) == 50.0 + 0.9 * 0.5
    assert pace.next_look(50.0, 50.4, 0.5) == pytest.approx(50.4 + pace.look_interval(0.4))
    assert pace.next_look(50.0, 50.0, 3600.0) == 50.0 + pace.LOOKS_BEGIN


def test_what_was_made_with_one_that_has_ended_is_looked_at_again_soon() -> None:
    assert pace.next_look(50.0, 52.0, 2.0) == 52.0 + 2.0 / 40
    assert pace.next_look(50.0, 53.0, 2.0) == 53.0 + pace.look_interval(3.0)
    assert pace.next_look(50.0, 50.2, 0.2) == pytest.approx(50.2 + pace.FIRST_LOOK)
    assert pace.next_look(0.0, 90_000.0, 90_000.0) == 90_000.0 + pace.LONGEST_LOOK


@given(st.integers(1, 10_000), st.one_of(st.none(), st.floats(0, 1e5)))
def test_a_retry_waits_at_least_as_long_as_asked(failures: int, asked: float | None) -> None:
    assert pace.retry_interval(failures, asked) >= max(pace.RETRY_FIRST, asked or 0)
