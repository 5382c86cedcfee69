"""Lives of which each is made for one danger that a random life seldom meets. They are drawn apart from all else of a life."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from batchata.engine.tracks import Wishes
from simulated.accounts import CALM, Weather
from simulated.world import Plans, Setting


@dataclass(frozen=True, slots=True)
class Special:
    """`share` of all lives. `weather`: in place of the one that is drawn. `at_the_end`: while nothing else goes wrong any more.
    `sessions`: whether it has any before that.
    """

    share: float
    setting: Callable[[Setting], None]
    plans: Callable[[random.Random, Plans], None] = lambda _, __: None
    weather: Weather | None = None
    at_the_end: Weather = CALM
    sessions: bool = True


def _scant(setting: Setting) -> None:
    """One job of the first one's lane is dear, and never fits; what is cheap does, in its time."""
    first = setting.jobs[0]
    setting.jobs.append(replace(first, name=f"ok-{len(setting.jobs)}", file="shared.txt"))
    setting.limit = max(setting.jobs[-1].worst - 1, min(job.worst for job in setting.jobs))
    setting.uploads, setting.max_attempts = True, 6


def _one_try(setting: Setting) -> None:
    setting.max_attempts = 1


def _called_off(rng: random.Random, plans: Plans) -> None:
    """Cancelled early; often it dies before the cancel is noted."""
    plans.events.append((rng.uniform(0.5, 10), cancel))
    if rng.random() < 0.5:
        plans.crash_at = frozenset({"after cancel"})


def _ones(setting: Setting) -> None:
    """Many small batches of one lane: some are ready while the fate of others is not known."""
    first = setting.jobs[0]
    setting.jobs = [replace(first, name=f"ok-{place}", file=None) for place in range(6)]
    setting.items_per_batch, setting.max_concurrent, setting.limit, setting.uploads = 1, 3, None, False


def cancel(wishes: Wishes) -> None:
    wishes.stop, wishes.cancel = wishes.stop or "cancelled", True


SPECIAL = (
    Special(0.05, _scant, at_the_end=replace(CALM, flaky=0.6), sessions=False),
    Special(0.05, _one_try, _called_off, weather=replace(CALM, longest_run=100.0)),
    Special(
        0.05,
        _ones,
        weather=replace(CALM, above_bound=0.3, create_reset_after=0.5, longest_lag=20.0, longest_run=10.0),
    ),
)


def drawn(seed: int) -> Special | None:
    """What is special about the life of a seed; mostly nothing."""
    draw = random.Random(~seed).random()
    for special in SPECIAL:
        if draw < special.share:
            return special
        draw -= special.share
    return None
