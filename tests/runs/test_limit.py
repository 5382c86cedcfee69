"""Never over the limit: whatever the limit, what is billed stays within it, and what fits is sent."""

from collections.abc import Callable

import pytest

from batchata import Batch, ValidationError
from batchata.testing import Emulator
from batchata.testing.faults import Fault

Make = Callable[..., Batch]
JOBS = 20


def true_cost(batch: Make, emulator: Emulator, **arguments: object) -> float:
    batch(JOBS, **arguments).run(wait=True)
    return float(emulator.ledger.total_usd)


@pytest.mark.parametrize("share", [0.02, 0.25, 0.6, 0.99])
def test_what_is_billed_stays_within_the_limit(
    share: float, batch: Make, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator(turnaround=0.05, seed=1) as measure:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", measure.url)
        whole = true_cost(batch, measure, reuse_state=False)
    limit = whole * share
    with Emulator(turnaround=0.05, seed=1, tokens_per_byte=1.0) as dear:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", dear.url)
        run = batch(JOBS, reuse_state=False).add_cost_limit(limit).run(wait=True)
        status = run.status()
        assert float(dear.ledger.total_usd) == pytest.approx(status["cost_usd"])
        assert float(dear.ledger.total_usd) <= limit
        assert status["stop_reason"] == "cost_limit"
        assert status["completed"] + status["pending"] == JOBS
        assert status["reserved_usd"] == 0
        # running again does not renew the limit
        again = batch(JOBS).add_cost_limit(limit).run(wait=True)
        assert float(dear.ledger.total_usd) <= limit
        assert again.status()["completed"] == status["completed"]
        # raising it does
        assert batch(JOBS).add_cost_limit(whole * 20).run(wait=True).status()["completed"] == JOBS


def test_what_is_left_would_not_have_paid_for_the_cheapest_job(batch: Make) -> None:
    bound = batch(1).add_cost_limit(1).estimate().worst_usd
    limit = bound * 3.5
    run = batch(JOBS).add_cost_limit(limit).run(wait=True)
    status = run.status()
    assert status["stop_reason"] == "cost_limit"
    assert status["completed"] >= 3
    assert limit - status["cost_usd"] < bound * 1.1


def test_a_limit_that_bears_no_job_ends_at_once_and_says_what_it_needs(
    batch: Make, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    status = batch(3).add_cost_limit(0.000001).run(wait=True).status()
    assert (status["pending"], status["stop_reason"]) == (3, "cost_limit")
    assert len(emulator.creates) == 0
    assert "the cheapest" in caplog.text


def test_a_model_without_a_price_is_refused_under_a_limit_and_run_without_one(batch: Make) -> None:
    def ask(**arguments: object) -> Batch:
        return batch(**arguments).defaults(model="claude-of-tomorrow-9").add_job(prompt="Hello.")

    with pytest.raises(ValidationError, match="prices="):
        ask().add_cost_limit(1).run()
    priced = ask(prices={"claude-of-tomorrow-9": (1, 5)}).add_cost_limit(1)
    assert priced.estimate().worst_usd > 0


def test_the_estimate_sends_nothing_and_bounds_the_bill(batch: Make, emulator: Emulator) -> None:
    made = batch(JOBS).add_cost_limit(1)
    estimate = made.estimate()
    assert len(emulator.requests) == 0
    assert (estimate.jobs, estimate.within_limit, estimate.provider_batches) == (JOBS, JOBS, 4)
    made.run(wait=True)
    assert float(emulator.ledger.total_usd) <= estimate.worst_usd
    assert batch(JOBS).estimate().finished_earlier == JOBS
    assert "20 jobs to send" in str(estimate)


TROUBLES = (
    (),
    (("create", Fault.DROP_AFTER),),
    (("results", Fault.CUT_DOWNLOAD),),
    (("create", Fault.DROP_BEFORE), ("results", Fault.CUT_DOWNLOAD)),
)
SWEEP = (1, 2, 5, 10, 20, 35, 50, 65, 80, 90, 95, 99)


@pytest.mark.parametrize("percent", SWEEP)
def test_no_limit_of_the_sweep_is_passed_at_any_instant(
    percent: int, batch: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Billed at the most a byte can be, six times what is likely; with creates that go unanswered and downloads that are cut; in
    three runs on one state, each of fewer jobs at once.
    """
    with Emulator(turnaround=0.02, seed=1, tokens_per_byte=1.0) as dear:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", dear.url)
        estimate = batch(JOBS, reuse_state=False).add_cost_limit(100).estimate()
        limit, bound = estimate.worst_usd * percent / 100, (estimate.cheapest or 0) / 1e9
        assert estimate.rounds >= 1
        seen: list[float] = []
        for size in (5, 3, 1):
            for operation, fault in TROUBLES[(percent + size) % len(TROUBLES)]:
                dear.faults.add(operation, fault)
            run = (
                batch(JOBS, items_per_batch=size)
                .add_cost_limit(limit)
                .run(on_progress=lambda _: seen.append(float(dear.ledger.total_usd)))
            )
            run.wait()
            status = run.status()
            seen.append(float(dear.ledger.total_usd))
            assert status["completed"] + status["failed"] + status["pending"] == JOBS
            assert status["reserved_usd"] == 0
        assert max(seen) <= limit
        assert seen[-1] == pytest.approx(status["cost_usd"])
        assert not dear.ledger.billed_twice()
        if status["pending"]:
            assert status["stop_reason"] == "cost_limit"
            assert limit - status["cost_usd"] < bound * 1.1  # what is left would not have paid for the cheapest
