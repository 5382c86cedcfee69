"""A run while it goes: progress, results as they land, and every way of stopping it."""

import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchata import Batch, JobResult, Outcome
from batchata.testing import Answer, Emulator, Fault

Make = Callable[..., Batch]


def test_results_stream_as_they_land_each_once(batch: Make, emulator: Emulator) -> None:
    emulator.hold()
    run = batch(10).run()
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.extend(result.job_id for result in run.stream()))
    reader.start()
    assert not run.wait(timeout=0.2)
    assert seen == []
    emulator.release()
    reader.join(20)
    assert sorted(seen) == sorted(f"job-{number}" for number in range(10))


def test_progress_is_told_and_its_mistakes_hurt_nothing(batch: Make, caplog: pytest.LogCaptureFixture) -> None:
    told: list[dict[str, Any]] = []

    def tell(status: dict[str, Any]) -> None:
        told.append(status)
        raise RuntimeError("a mistake in the callback")

    run = batch(5).run(wait=True, on_progress=tell)
    assert told[-1] == run.status()
    assert told[-1]["is_complete"]
    assert set(told[-1]) == {
        "batch_id", "total", "pending", "active", "completed", "failed", "cost_usd", "cost_limit_usd", "is_complete",
        "batches_total", "batches_completed", "batches_pending", "items_per_batch", "stop_reason", "reserved_usd",
        "uncertain", "uncertain_usd", "collect_before", "elapsed_seconds",
    }  # fmt: skip
    assert "a mistake in the callback" in caplog.text


def test_progress_is_told_no_more_often_than_asked(batch: Make, emulator: Emulator) -> None:
    emulator.hold()
    times: list[float] = []
    run = batch(5).run().on_progress(lambda _: times.append(time.monotonic()), interval=0.2)
    assert not run.wait(timeout=0.7)
    emulator.release()
    run.wait()
    apart = [later - earlier for earlier, later in itertools.pairwise(times[:-1])]
    assert len(apart) >= 2
    assert min(apart) >= 0.19


def test_shutdown_takes_no_new_job_and_waits_for_open_batches(batch: Make, emulator: Emulator) -> None:
    emulator.hold()
    run = batch(30, max_concurrent=2).run()
    while len(emulator.batches) < 2:
        assert not run.wait(timeout=0.05)
    threading.Timer(0.1, emulator.release).start()
    run.shutdown()
    status = run.status()
    assert (status["completed"], status["pending"], status["stop_reason"]) == (10, 20, "shutdown")


def test_outcomes_are_seen_for_what_they_are(monkeypatch: pytest.MonkeyPatch, batch: Make) -> None:
    answers = {
        "Say 0.": Answer("Fine."),
        "Say 1.": Answer.truncated("Half of"),
        "Say 2.": Answer.refused("I'd rather not."),
        "Say 3.": Answer.errored("prompt is too long"),
    }
    with Emulator(turnaround=0.05, answer=lambda params: answers[text_of(params)]) as scripted:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", scripted.url)
        results = batch(4).run(wait=True).results()
        assert sum(result.cost_usd for result in results.values()) == float(scripted.ledger.total_usd)
    kinds = [results[f"job-{number}"].outcome for number in range(4)]
    assert kinds == [Outcome.SUCCEEDED, Outcome.TRUNCATED, Outcome.REFUSED, Outcome.ERROR]
    assert results["job-1"].raw_response == "Half of"
    assert "max_tokens" in str(results["job-1"].error)
    assert "prompt is too long" in str(results["job-3"].error)
    for result in results.values():
        assert JobResult.from_dict(json.loads(result.to_json())) == result
        assert (result.error is None) == result.is_success


def text_of(params: Any) -> str:
    content = params["messages"][-1]["content"]
    return content if isinstance(content, str) else str(content[-1]["text"])


def test_an_expired_job_goes_again_in_a_later_batch(monkeypatch: pytest.MonkeyPatch, batch: Make) -> None:
    answers = iter([Answer.expired(), Answer("At last.")])
    with Emulator(turnaround=0.05, answer=lambda _: next(answers)) as scripted:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", scripted.url)
        result = batch(1).run(wait=True).results()["job-0"]
    assert result.raw_response == "At last."
    assert [attempt.outcome for attempt in result.attempts] == [Outcome.EXPIRED, Outcome.SUCCEEDED]


def test_tries_are_limited(monkeypatch: pytest.MonkeyPatch, batch: Make) -> None:
    with Emulator(turnaround=0.02, answer=lambda _: Answer.expired()) as scripted:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", scripted.url)
        result = batch(1, max_attempts=2).run(wait=True).results()["job-0"]
    assert (result.outcome, len(result.attempts), result.cost_usd) == (Outcome.EXPIRED, 2, 0)


def test_a_create_that_was_taken_but_not_answered_is_found_and_not_repeated(batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("create", Fault.DROP_AFTER)
    status = batch(5).run(wait=True).status()
    assert status["completed"] == 5
    assert len(emulator.creates) == 1


def test_a_create_that_never_was_is_made_again_after_looking(batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("create", Fault.DROP_BEFORE)
    status = batch(5).run(wait=True).status()
    assert status["completed"] == 5
    assert len(emulator.batches) == 1
    assert not emulator.ledger.billed_twice()


def test_an_overloaded_provider_is_asked_later(batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("create", Fault.REFUSE, status=429, retry_after=0.1, times=2)
    assert batch(5).run(wait=True).status()["completed"] == 5
    assert len(emulator.creates) == 3


def test_a_cut_download_starts_over_and_loses_nothing(batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("results", Fault.CUT_DOWNLOAD)
    assert batch(5).run(wait=True).status()["completed"] == 5
    assert len(emulator.ledger) == 5


def test_lines_that_are_missing_or_nobodys_are_accounted_for(batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("results", Fault.MISSING_LINE)
    emulator.faults.add("results", Fault.FOREIGN_LINE)
    run = batch(5).run(wait=True)
    outcomes = sorted(result.outcome for result in run.results().values())
    assert outcomes == [Outcome.MISSING, *[Outcome.SUCCEEDED] * 4]
    assert run.status()["reserved_usd"] == 0


def test_a_failed_poll_says_nothing_about_the_batch(batch: Make, emulator: Emulator) -> None:
    emulator.faults.add("retrieve", Fault.REFUSE, status=500, times=3)
    emulator.faults.add("retrieve", Fault.DROP_BEFORE, times=1)
    assert batch(5).run(wait=True).status()["completed"] == 5


SCRIPT = textwrap.dedent(
    """
    import sys
    from batchata import Batch

    batch = Batch(sys.argv[1] + "/state.db", sys.argv[1] + "/results").defaults(model="claude-haiku-4-5", max_tokens=50)
    batch.add_jobs([{"prompt": f"Say {n}.", "job_id": f"job-{n}"} for n in range(10)])
    run = batch.run()
    print("running", flush=True)
    if sys.argv[2] == "wait":
        run.wait()
    elif sys.argv[2] == "leave":
        while not run.status()["active"]:
            run.wait(0.01)
    """
)


def script(folder: Path, how: str) -> "subprocess.Popen[str]":
    path = folder / "script.py"
    path.write_text(SCRIPT)
    command = [sys.executable, str(path), str(folder), how]
    return subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_leaves_open_work_says_how_to_go_on_and_is_raised_again(
    batch: Make, emulator: Emulator, tmp_path: Path
) -> None:
    emulator.hold()
    process = script(tmp_path, "wait")
    while len(emulator.batches) < 1:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert "run the same script again" in errors
    emulator.release()
    assert script(tmp_path, "wait").communicate(timeout=30)[1] == ""
    assert len(list((tmp_path / "results").glob("*.json"))) == 10
    assert len(emulator.creates) == 1


def test_a_script_that_ends_leaves_its_batches_at_the_provider(emulator: Emulator, tmp_path: Path) -> None:
    emulator.hold()
    process = script(tmp_path, "leave")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "run the same script again" in errors
    emulator.release()
    script(tmp_path, "wait").communicate(timeout=30)
    assert len(list((tmp_path / "results").glob("*.json"))) == 10
    assert len(emulator.creates) == 1


def test_many_rounds_are_warned_of(batch: Make, emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    emulator.hold()
    run = batch(12, items_per_batch=1, max_concurrent=1).run()
    while len(emulator.batches) < 1:
        assert not run.wait(timeout=0.05)
    run.shutdown(wait_for_active=False)
    assert "in about 12 rounds" in caplog.text
