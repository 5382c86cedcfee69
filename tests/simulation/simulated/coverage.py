"""How much of the engine, the planner and the store the simulation reaches by itself: `python -m simulated.coverage [LIVES]`.

Needs coverage.py. Branches count; prints a line per module with what is not reached, and ends with status 1 below the goal.
"""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from coverage import Coverage  # type: ignore[import-not-found, unused-ignore]  # not among the tools; install it to measure

GOAL = 90.0  # per cent


def main(lives: str = "500") -> int:
    logging.disable(logging.CRITICAL)
    coverage = Coverage(
        branch=True, data_file=None, source_pkgs=["batchata.engine", "batchata.planner", "batchata.store"]
    )
    coverage.start()
    _simulate(int(lives))
    coverage.stop()
    return int(coverage.report(show_missing=True, skip_covered=True) < GOAL)


def _simulate(lives: int) -> None:
    """Lives, and what the tests beside them do."""
    import pytest

    from simulated.schedule import life

    for seed in range(lives):
        life(seed)
    here = Path(__file__).parents[1]
    tests: Callable[[list[str]], int] = pytest.main
    tests(["-q", "-p", "no:cacheprovider", *(str(here / f"test_simulation_{name}.py") for name in ("threads",))])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
