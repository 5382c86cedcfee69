"""The simulated world on the pool of a real run: threads that finish in any order, and steps between them."""

import logging

import pytest
from simulated.accounts import Weather
from simulated.provider import KINDS
from simulated.script import SimJob
from simulated.threads import live_on_threads
from simulated.world import Setting

NAMES = ("ok-0", "typed-1", "quote-2", "prose-3", "twice-4", "broken-5")
WEATHER = Weather(download_cut=0.3, look_failed=0.1, create_reset_after=0.3, create_refused=0.1, longest_run=0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_bring_every_job_to_its_end(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "batchata")
    jobs = [SimJob(kind, name) for name in NAMES]
    ending = live_on_threads(7, Setting(jobs, settle_seconds=0.3, retry_invalid=2), WEATHER)
    assert (ending.stop, ending.failure) == (None, None)
