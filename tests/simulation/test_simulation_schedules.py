"""Random lives of a state file: crashes, resets, refusals, lag, spoilt results, other keys, clocks that jump, stops, limits.

A failing seed is a bug: it is printed with the command that replays it, and goes to `kept_seeds.txt` once it is mended.
`SIMULATION_LIVES` sets how many are tried (fresh ones each time), `SIMULATION_SEED` where they begin.
"""

import logging
import os
import random
from pathlib import Path

import pytest
from simulated.hunt import hunt, told

LIVES = int(os.environ.get("SIMULATION_LIVES", "600"))
PARTS = 4  # so that several workers share them
KEPT = [
    int(line.split()[0])
    for line in (Path(__file__).parent / "kept_seeds.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "batchata")


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_lost_or_paid_twice_in_lives_never_tried_before(part: int) -> None:
    given = os.environ.get("SIMULATION_SEED")
    first = random.SystemRandom().randrange(10**12) if given is None else int(given) + part * LIVES
    if found := hunt(first, -(-LIVES // PARTS)):
        pytest.fail(told(*found))


@pytest.mark.parametrize("seed", KEPT)
def test_what_was_found_once_stays_mended(seed: int) -> None:
    if found := hunt(seed, 1):
        pytest.fail(told(*found))
