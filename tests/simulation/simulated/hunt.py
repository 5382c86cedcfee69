"""Lives one after the other until one of them goes wrong: `python -m simulated.hunt FIRST COUNT`.

Prints the seed and what went wrong, and ends with status 1; with status 0 where nothing did. FIRST alone replays that seed.
"""

import logging
import sys

from simulated.accounts import Violation
from simulated.schedule import life


def hunt(first: int, count: int) -> tuple[int, BaseException] | None:
    """The first seed that goes wrong, and how."""
    for seed in range(first, first + count):
        try:
            life(seed)
        except (Exception, Violation) as error:  # noqa: BLE001 - whatever it is, it is a finding
            return seed, error
    return None


def told(seed: int, error: BaseException) -> str:
    """A finding in words, with the command that replays it."""
    notes = "\n".join(getattr(error, "__notes__", []))
    return (
        f"seed {seed}: {type(error).__name__}: {error}\n{notes}\n"
        f"Replay it: PYTHONPATH=src:tests/simulation python -m simulated.hunt {seed}\n"
        "Mend the cause, and keep the seed in tests/simulation/kept_seeds.txt."
    )


def main(first: str, count: str = "1") -> int:
    if count == "1":
        logging.basicConfig(level=logging.INFO, format="%(message)s")
    else:
        logging.disable(logging.CRITICAL)
    found = hunt(int(first), int(count))
    if found is None:
        return 0
    print(told(*found))  # noqa: T201 - its purpose
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
