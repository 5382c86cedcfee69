"""Sums in what a run says: in dollars, as everywhere, and such that a limit which is named does bear what it is named for."""

import re
from collections.abc import Callable

import pytest

from batchata import Batch, BatchRun
from batchata.testing import Emulator

Make = Callable[..., Batch]


@pytest.mark.parametrize("max_tokens", [50, 70])  # so that the sum is rounded up, and down if it were to the nearest
def test_the_limit_that_the_log_names_bears_the_cheapest_job(
    max_tokens: int, batch: Make, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    def run(limit: float) -> BatchRun:
        made = batch().add_job(prompt="Say 0.", job_id="job-0", max_tokens=max_tokens)
        return made.add_cost_limit(limit).run(wait=True)

    run(0.000001)
    assert len(emulator.creates) == 0
    assert "The cost limit of $0.0000 is reached: $0.00 are spent, $0.00 held" in caplog.text
    assert "USD" not in caplog.text
    named = re.search(r"A limit of \$([\d.]+) or more goes on", caplog.text)
    assert named
    assert run(float(named[1])).status()["completed"] == 1


def test_what_is_left_open_and_how_far_a_run_is_are_told_in_dollars(
    batch: Make, emulator: Emulator, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.hold()
    run = batch(3).add_cost_limit(0.002).run()
    while not emulator.batches:
        assert not run.wait(0.05)
    run.shutdown(wait_for_active=False)
    run.status(print_status=True)
    assert re.search(r"1 open batch of 3 jobs, \$0\.00\d\d reserved at anthropic", caplog.text), caplog.text
    assert re.search(r"\$0\.00 of \$0\.0020 spent, \$0\.00\d\d reserved", capsys.readouterr().out)
