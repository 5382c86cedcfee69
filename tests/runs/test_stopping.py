"""Stopped from outside: signals, a key that is revoked or changed, no money left, a full disk. The next run goes on."""

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, create_model

from batchata import Batch, BatchataError, Outcome
from batchata.testing import Emulator, Fault

Make = Callable[..., Batch]

SCRIPT = textwrap.dedent(
    """
    import sys
    from batchata import Batch

    batch = Batch(sys.argv[1] + "/state.db", sys.argv[1] + "/results", items_per_batch=40, settle_seconds=1)
    batch.defaults(model="claude-haiku-4-5", max_tokens=50)
    batch.add_jobs([{"prompt": f"Say {n}." * 40, "job_id": f"job-{n}"} for n in range(int(sys.argv[2]))])
    print("running", flush=True)
    batch.run(wait=True)
    """
)


def start(folder: Path, jobs: int = 10, file_size: int | None = None) -> "subprocess.Popen[str]":
    path = folder / "script.py"
    path.write_text(SCRIPT)

    # the shell counts in blocks of 512 bytes; Python ignores the signal that comes with it, and sees a failed write
    limits = ["sh", "-c", f'ulimit -f {file_size // 512} && exec "$@"', "sh"] if file_size else []
    return subprocess.Popen(
        [*limits, sys.executable, str(path), str(folder), str(jobs)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(folder: Path, jobs: int = 10) -> None:
    process = start(folder, jobs)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert len(list((folder / "results").glob("*.json"))) == jobs


def until(met: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_sigterm_ends_the_process_as_ever_and_the_next_run_goes_on(emulator: Emulator, tmp_path: Path) -> None:
    emulator.hold()
    process = start(tmp_path)
    until(lambda: emulator.batches)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM, "the library installed a handler"
    emulator.release()
    finish(tmp_path)
    assert (len(emulator.creates), len(emulator.ledger)) == (1, 10)


def test_a_second_ctrl_c_ends_the_wait_for_a_create_and_costs_nothing(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.add("create", Fault.STALL_AFTER, seconds=60)
    process = start(tmp_path)
    until(lambda: emulator.batches)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None, "the create under way was not waited for"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert "KeyboardInterrupt" in errors
    finish(tmp_path)
    assert (len(emulator.creates), len(emulator.ledger)) == (1, 10)


@pytest.mark.parametrize("when", ["at a create", "at a poll", "at the download"])
def test_a_key_that_is_revoked_half_way_ends_the_run_and_loses_nothing(
    when: str, batch: Make, emulator: Emulator
) -> None:
    operations = {"at a create": ("create",), "at a poll": ("retrieve", "list"), "at the download": ("results",)}[when]
    emulator.hold()
    run = batch(20, max_concurrent=2).run()
    until(lambda: len(emulator.batches) == 2)
    for operation in operations:
        emulator.faults.add(operation, Fault.REFUSE, status=401, times=None)
    emulator.release()
    with pytest.raises(BatchataError, match="401"):
        run.wait(timeout=30)
    assert run.status()["completed"] + run.status()["active"] + run.status()["pending"] == 20
    emulator.faults.clear()
    assert batch(20).run(wait=True).status()["completed"] == 20
    assert (len(emulator.ledger), emulator.ledger.billed_twice()) == (20, {})


def test_what_another_key_can_not_see_is_kept_for_the_first_one(
    batch: Make, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.hold()
    run = batch(5).run()
    until(lambda: emulator.batches)
    run.shutdown(wait_for_active=False)
    emulator.release()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-another-key")
    other = batch(5).run(wait=True).status()
    assert (other["active"], other["completed"]) == (5, 0)
    assert other["reserved_usd"] > 0
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test-not-a-key")
    assert batch(5).run(wait=True).status()["completed"] == 5
    assert len(emulator.creates) == 1


def test_no_money_left_at_the_provider_ends_the_run_with_its_words(batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("create", Fault.REFUSE, status=402, times=None)
    run = batch(10).run()
    with pytest.raises(BatchataError, match="402"):
        run.wait(timeout=30)
    assert run.status()["pending"] == 10
    emulator.faults.clear()
    assert batch(10).run(wait=True).status()["completed"] == 10


def test_one_request_that_the_provider_refuses_costs_no_other_job(batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("create", Fault.REFUSE, status=400, times=None, when=lambda request: b"poison" in request.body)
    made = batch(4).add_job(prompt="poison", job_id="bad")
    results = made.run(wait=True).results()
    assert [name for name, result in results.items() if not result.is_success] == ["bad"]
    assert len(emulator.ledger) == 4


@pytest.mark.parametrize("room", [40_000, 200_000])
def test_a_full_disk_ends_the_run_and_the_next_goes_on(room: int, emulator: Emulator, tmp_path: Path) -> None:
    process = start(tmp_path, 200, file_size=room)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0, "there was room enough"
    assert "disk" in errors or "File too large" in errors or "full" in errors, errors
    finish(tmp_path, 200)
    assert (len(emulator.ledger), emulator.ledger.billed_twice()) == (200, {})


@pytest.mark.parametrize("status", [429, 529])
def test_an_overloaded_provider_is_waited_for(status: int, batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("create", Fault.REFUSE, status=status, retry_after=0.1)
    assert batch(5).run(wait=True).status()["completed"] == 5
    assert (len(emulator.ledger), len(emulator.batches)) == (5, 1)


def test_more_than_the_queue_takes_goes_in_smaller_batches(
    batch: Make, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator(turnaround=0.1, enqueued_token_limit=60) as full:
        for name, value in full.environment().items():
            monkeypatch.setenv(name, value)
        made = batch(items_per_batch=None)
        for number in range(8):
            made.add_job(prompt=f"Say {number}." * 5, job_id=f"job-{number}", model="gpt-4.1-mini")
        assert made.run(wait=True).status()["completed"] == 8
        assert len(full.ledger) == 8
        assert len(full.batches) > 2


def test_answers_that_come_twice_are_counted_once(batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("results", Fault.DUPLICATE_LINE, size=3)
    run = batch(5).run(wait=True)
    assert sum(result.is_success for result in run.results().values()) == 5
    assert run.status()["cost_usd"] == float(emulator.ledger.total_usd)


class Number(BaseModel):
    value: int


def test_an_answer_that_does_not_fit_is_asked_again_once(batch: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["no number", '{"value": 7}', "no number", "no number either"])
    with Emulator(turnaround=0.05, answer=lambda _: next(answers)) as scripted:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", scripted.url)
        ends = [
            batch().add_job(prompt=f"A number {n}?", job_id=f"n-{n}", response_model=Number).run(wait=True).results()
            for n in range(2)
        ]
        assert len(scripted.ledger) == 4
    assert (ends[0]["n-0"].outcome, ends[0]["n-0"].parsed_response) == (Outcome.SUCCEEDED, Number(value=7))
    assert (ends[1]["n-1"].outcome, len(ends[1]["n-1"].attempts)) == (Outcome.INVALID, 2)


def test_answers_that_were_deleted_before_they_were_fetched_are_lost_and_not_asked_again(
    batch: Make, emulator: Emulator
) -> None:
    emulator.hold()
    run = batch(5).run()
    until(lambda: emulator.batches)
    run.shutdown(wait_for_active=False)
    assert run.status()["collect_before"] is not None
    emulator.release()
    until(lambda: len(emulator.ledger) == 5)
    emulator.archive()
    for _ in range(2):
        status = batch(5).run(wait=True)
        assert {result.outcome for result in status.results().values()} == {Outcome.LOST}
        assert status.status()["cost_usd"] > 0
    assert len(emulator.creates) == 1


def test_a_changed_class_is_a_changed_job(batch: Make, emulator: Emulator) -> None:
    for most in (10, 20):
        made = create_model("Number", value=(int, Field(le=most)))
        batch().add_job(prompt="A number?", job_id="n", response_model=made, max_tokens=500).run(wait=True)
    assert len(emulator.ledger) >= 2
    creates = len(emulator.creates)
    batch().add_job(prompt="A number?", job_id="n", response_model=made, max_tokens=500).run(wait=True)
    assert len(emulator.creates) == creates
