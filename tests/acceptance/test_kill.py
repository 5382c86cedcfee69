"""Real processes killed with SIGKILL at instants of their life, and run again to their end: nothing is billed twice or lost.

`make crash` does the same at length.
"""

import random
from pathlib import Path

import pytest
from crash.kills import MODELS, Killer

KILLS = 3


@pytest.mark.parametrize("dialect", MODELS)
def test_what_was_killed_goes_on_and_pays_once(dialect: str, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    tally = Killer(dialect, tmp_path, seed).run(KILLS)  # raises with the seed in its words
    assert tally.kills == KILLS
    assert tally.billed == tally.jobs > 0
