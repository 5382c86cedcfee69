"""The same world on real threads and the real clock: what the simulated pool stands in for."""

import time

from batchata.engine.pool import SystemClock, ThreadPool
from batchata.engine.tracks import Wishes
from simulated.accounts import Weather
from simulated.script import Setting
from simulated.time import SimClock
from simulated.world import Ending, Plans, World

EPOCH_OF_PROVIDERS = time.time()


class RealTime(SimClock):
    """Providers' time is the real one."""

    @property
    def true(self) -> float:
        return time.time() - EPOCH_OF_PROVIDERS + 1_000.0

    @true.setter
    def true(self, _: float) -> None:
        """Nobody sets it."""


def live_on_threads(seed: int, setting: Setting, weather: Weather) -> Ending:
    """One session in a given weather, one more in calm; what must hold is checked as ever. How the second one ended."""
    with World(seed, setting, RealTime()) as world:
        world.weather = weather
        _session(world)
        world.weather = Weather(longest_run=0.1)
        ending = _session(world)
        world.check_at_rest(ending)
        return ending


def _session(world: World) -> Ending:
    return world.run(Plans(), SystemClock(), ThreadPool(), Wishes(), None)
