"""The user's word on a provider batch whose fate can't be learnt any more."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import batchata
from batchata import Batch, Outcome, StateLockedError, ValidationError
from batchata.testing import Emulator, Fault

Make = Callable[..., Batch]


@pytest.fixture
def state(batch: Make, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Five jobs in a batch whose create was not answered, under a key that is gone."""
    emulator.faults.add("create", Fault.DROP_AFTER)
    emulator.faults.add("list", Fault.REFUSE, times=None, status=500)
    run = batch(5).run()
    while not run.status()["uncertain"]:
        run.wait(0.02)
    run.shutdown(wait_for_active=False)
    emulator.faults.clear()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-another-key")
    return tmp_path / "state.db"


def test_under_another_key_nothing_is_concluded_and_the_user_is_told_how_to_decide(
    batch: Make, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    status = batch(5).run(wait=True).status()
    assert (status["uncertain"], status["active"]) == (1, 5)
    assert "made under another key" in caplog.text
    assert f"batchata.decide({str(state)!r}, 1, made=True)" in caplog.text


def test_given_up_it_is_charged_and_its_jobs_are_lost_until_asked_for(
    batch: Make, state: Path, emulator: Emulator
) -> None:
    held = batch(5).run(wait=True).status()["uncertain_usd"]
    batchata.decide(state, 1, made=True)
    run = batch(5).run(wait=True)
    status = run.status()
    assert status["cost_usd"] == pytest.approx(held)
    assert (status["reserved_usd"], status["uncertain"], status["failed"]) == (0, 0, 5)
    assert {result.outcome for result in run.results().values()} == {Outcome.LOST}
    assert len(emulator.creates) == 1, "nothing was sent again"
    with closing(sqlite3.connect(state)) as connection:
        kinds = [row[0] for row in connection.execute("SELECT kind FROM ledger ORDER BY id")]
    assert kinds == ["reserve", "release", "assumed"]


def test_said_never_to_have_been_made_its_jobs_go_again(batch: Make, state: Path, emulator: Emulator) -> None:
    batchata.decide(state, 1, made=False)
    status = batch(5).run(wait=True).status()
    assert (status["completed"], status["reserved_usd"]) == (5, 0)
    assert len(emulator.creates) == 2, "the user's word was taken, though it was wrong"


def test_only_what_is_uncertain_can_be_decided(batch: Make, state: Path) -> None:
    with pytest.raises(ValidationError, match=r"provider_batch=7 can't be decided on.*open there are: 1"):
        batchata.decide(state, 7, made=True)
    batchata.decide(state, 1, made=True)
    with pytest.raises(ValidationError, match="open there are: none"):
        batchata.decide(state, 1, made=True)
    with pytest.raises(ValidationError, match="does not exist"):
        batchata.decide(state.with_name("other"), 1, made=True)


def test_nothing_is_decided_while_a_run_looks(batch: Make, state: Path, emulator: Emulator) -> None:
    emulator.hold()
    run = batch(6).run()  # the sixth job is open at the provider
    with pytest.raises(StateLockedError):
        batchata.decide(state, 1, made=True)
    run.shutdown(wait_for_active=False)


def test_a_batch_that_somebody_deleted_is_given_up_for_lost(
    batch: Make, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    emulator.hold()
    run = batch(5).run()
    while not run.status()["active"] or not emulator.batches:
        run.wait(0.02)
    run.shutdown(wait_for_active=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-another-key")  # under which it is as if it were deleted
    with pytest.raises(ValidationError, match="was made, as msgbatch"):
        batchata.decide(tmp_path / "state.db", 1, made=False)
    batchata.decide(tmp_path / "state.db", 1, made=True)
    after = batch(5).run(wait=True)
    assert {result.outcome for result in after.results().values()} == {Outcome.LOST}
    assert after.status()["reserved_usd"] == 0 < after.status()["cost_usd"]
    assert len(emulator.creates) == 1
