"""How long to wait: between looks at a batch, between turns of the loop, after a failure. Pure rules, in seconds."""

import math

FIRST_LOOK = 0.025  # small runs feel instant
LOOKS_BEGIN = 1.0  # at the latest, whatever was seen of others
LONGEST_LOOK = 120.0
RETRY_FIRST = 0.5
RETRY_LONGEST = 120.0


def look_interval(age: float) -> float:
    """Seconds between looks at something `age` seconds old: an eighth of its age at first, a small share of it later."""
    return min(max(FIRST_LOOK, min(0.125 * age, 2 + 0.03 * age)), LONGEST_LOOK)


def next_look(since: float, now: float, quickest: float) -> float:
    """When something made at `since` is looked at again, going by how long the quickest of its kind took so far. Not long before
    that; which says little of the next one, so no more than the first second is left out. Around that time more often: those
    that were made together end together.
    """
    interval = look_interval(now - since)
    if not math.isfinite(quickest):
        return now + interval
    if 0.9 * quickest <= now - since <= 1.25 * quickest:
        interval = max(FIRST_LOOK, min(interval, quickest / 40))
    return max(since + min(0.9 * quickest, LOOKS_BEGIN), now + interval)


def turn_interval(batches: int) -> float:
    """Seconds from one turn to the next while so many batches are open: what comes of them meanwhile shares a commit. A few, whose
    ends are waited for, wait for nothing.
    """
    return min(0.0005 * max(0, batches - 10), 0.02)


def retry_interval(failures: int, asked: float | None = None) -> float:
    """Seconds to wait after `failures` failures in a row; never less than the provider asked for."""
    return max(min(RETRY_FIRST * 2.0 ** min(failures - 1, 20), RETRY_LONGEST), asked or 0.0)
