"""The same script, run again: what is finished is kept, what is open is collected, what has changed is sent."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from batchata import Batch, Outcome
from batchata.testing import Answer, Emulator

Make = Callable[..., Batch]


class City(BaseModel):
    name: str
    people: int


def test_a_second_run_sends_nothing(batch: Make, emulator: Emulator) -> None:
    first = batch(12).run(wait=True)
    creates = len(emulator.creates)
    second = batch(12).run(wait=True)
    assert len(emulator.creates) == creates == 3
    assert second.results() == first.results()
    assert second.status()["completed"] == 12
    assert second.status()["cost_usd"] == first.status()["cost_usd"] > 0


def test_jobs_without_an_id_are_known_by_their_content_and_place(batch: Make, emulator: Emulator) -> None:
    def script(repeats: int) -> Batch:
        made = batch()
        for _ in range(repeats):
            made.add_job(prompt="Toss a coin.")
        return made

    assert len(script(3).run(wait=True).results()) == 3
    assert len(script(4).run(wait=True).results()) == 4
    assert len(emulator.ledger) == 4


def test_new_jobs_are_sent_and_dropped_ones_are_kept_but_not_sent(batch: Make, emulator: Emulator) -> None:
    batch(4).run(wait=True)
    grown = batch(6).run(wait=True)
    assert len(grown.results()) == 6
    shrunk = batch(2).run(wait=True)
    assert sorted(shrunk.results()) == ["job-0", "job-1"]
    assert shrunk.status()["total"] == 2
    assert len(emulator.ledger) == 6


def test_a_changed_job_is_sent_again_and_going_back_costs_nothing(batch: Make, emulator: Emulator) -> None:
    def ask(prompt: str) -> Batch:
        return batch().add_job(prompt=prompt, job_id="one")

    first = ask("Say a.").run(wait=True).results()["one"]
    second = ask("Say b.").run(wait=True).results()["one"]
    assert len(emulator.ledger) == 2
    assert second.raw_response != first.raw_response
    assert ask("Say a.").run(wait=True).results()["one"] == first
    assert len(emulator.ledger) == 2


def test_a_changed_file_is_another_job_and_another_path_is_not(batch: Make, emulator: Emulator, tmp_path: Path) -> None:
    def ask(name: str, text: str) -> None:
        (tmp_path / name).write_text(text)
        batch().add_job(prompt="Sum it up.", file=tmp_path / name, job_id="one").run(wait=True)

    ask("a.txt", "Rain.")
    ask("b.txt", "Rain.")
    assert len(emulator.ledger) == 1
    ask("b.txt", "Sun.")
    assert len(emulator.ledger) == 2


def test_metadata_is_no_part_of_a_job_and_the_newest_comes_back(batch: Make, emulator: Emulator) -> None:
    for row in (1, 2):
        run = batch().add_job(prompt="Hello.", job_id="one", metadata={"row": row}).run(wait=True)
        assert run.results()["one"].metadata == {"row": row}
    assert len(emulator.ledger) == 1


def test_a_failed_job_is_tried_again_by_the_next_run_and_keeps_its_first_bill(
    monkeypatch: pytest.MonkeyPatch, batch: Make, emulator: Emulator
) -> None:
    answers = iter([Answer.refused("No."), Answer("Yes.")])
    with Emulator(turnaround=0.1, answer=lambda _: next(answers)) as other:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", other.url)
        first = batch(1).run(wait=True)
        assert first.results()["job-0"].outcome is Outcome.REFUSED
        assert first.results()["job-0"].error
        second = batch(1).run(wait=True)
    assert second.results()["job-0"].raw_response == "Yes."
    assert second.status()["cost_usd"] == float(other.ledger.total_usd)
    assert [result.job_id for result in second.stream()] == ["job-0"]


def test_a_typed_answer_is_an_instance_after_a_resume_too(batch: Make) -> None:
    def ask() -> Batch:
        return batch().add_job(prompt="Name a city.", job_id="one", response_model=City, max_tokens=2000)

    first = ask().run(wait=True).results()["one"].parsed_response
    assert isinstance(first, City)
    assert ask().run(wait=True).results()["one"].parsed_response == first


def test_a_run_that_left_open_work_is_gone_on_with(batch: Make, emulator: Emulator) -> None:
    emulator.hold()
    run = batch(10).run()
    while run.status()["active"] < 10 or len(emulator.batches) < 2:
        assert not run.wait(timeout=0.05)
    run.shutdown(wait_for_active=False)
    status = run.status()
    assert status["is_complete"]
    assert status["stop_reason"] == "shutdown"
    assert status["active"] == 10
    assert status["reserved_usd"] > 0
    emulator.release()
    again = batch(10).run(wait=True)
    assert len(again.results()) == 10
    assert len(emulator.creates) == 2
    assert again.status()["reserved_usd"] == 0


def test_cancelled_jobs_wait_for_the_next_run(batch: Make, emulator: Emulator) -> None:
    emulator.hold()
    run = batch(10).run()
    while len(emulator.batches) < 2:
        assert not run.wait(timeout=0.05)
    run.cancel()
    status = run.status()
    assert (status["stop_reason"], status["active"], status["reserved_usd"]) == ("cancelled", 0, 0)
    assert status["pending"] + status["completed"] == 10
    emulator.release()
    assert batch(10).run(wait=True).status()["completed"] == 10
    assert not emulator.ledger.billed_twice()


def test_a_time_limit_cancels_what_is_open(batch: Make, emulator: Emulator) -> None:
    emulator.hold()
    run = batch(3).add_time_limit(seconds=0.3).run(wait=True)
    assert run.status()["stop_reason"] == "time_limit"
    assert run.status()["active"] == 0


def test_beginning_anew_keeps_what_was_paid_for_and_removes_only_our_files(batch: Make, tmp_path: Path) -> None:
    batch(2).run(wait=True)
    foreign = tmp_path / "results" / "notes.json"
    foreign.write_text("{}")
    batch(1, reuse_state=False).run(wait=True)
    assert sorted(path.name for path in (tmp_path / "results").glob("*.json")) == ["job-0.json", "notes.json"]
    assert len(list(tmp_path.glob("state.db.2*"))) == 1


def test_files_are_written_again_where_they_are_asked_for_elsewhere(batch: Make, tmp_path: Path) -> None:
    first = batch(3).run(wait=True)
    elsewhere = tmp_path / "elsewhere"
    batch(3, results_dir=elsewhere).run(wait=True)
    assert sorted(path.stem for path in elsewhere.glob("*.json")) == sorted(first.results())
    assert len(list((elsewhere / "raw_responses").iterdir())) == 3
    kept = json.loads((elsewhere / "job-0.json").read_bytes())
    assert kept == first.results()["job-0"].to_dict()


def test_a_million_jobs_may_come_from_a_generator_and_a_bad_one_is_one_failed_job(
    batch: Make, emulator: Emulator
) -> None:
    items = ({"prompt": f"Say {n}."} if n != 3 else {"promt": "Say 3."} for n in range(6))
    run = batch().add_jobs(items).run(wait=True)
    results = list(run.results().values())
    bad = [result for result in results if not result.is_success]
    assert len(results) == 6
    assert len(bad) == 1
    assert "promt" in str(bad[0].error)
    assert len(emulator.ledger) == 5


def test_an_id_that_a_generator_gives_twice_is_one_failed_job(batch: Make, emulator: Emulator) -> None:
    items = ({"prompt": f"Say {n}.", "job_id": "same"} for n in range(3))
    results = batch().add_jobs(items).run(wait=True).results()
    assert sorted((key, result.is_success) for key, result in results.items()) == [
        ("same", True), ("same~2", False), ("same~3", False),
    ]  # fmt: skip
    assert len(emulator.ledger) == 1


def test_an_iterable_that_breaks_loses_nothing_and_is_told(batch: Make) -> None:
    def items() -> object:
        yield {"prompt": "Say a."}
        raise RuntimeError("the table is gone")

    run = batch().add_jobs(items()).run()  # type: ignore[arg-type]
    with pytest.raises(Exception, match="the table is gone"):
        run.wait()
    assert len(run.results()) == 1
