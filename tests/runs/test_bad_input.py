"""Bad input loses nothing: it is refused by the call that got it, in words that name the argument and what to do."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from batchata import Batch, BatchataError, Outcome, StateError, StateLockedError, ValidationError
from batchata.testing import Emulator

Make = Callable[..., Batch]


class Answer(BaseModel):
    word: str


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"state_file": ""}, "state_file"),
        ({"state_file": None}, "state_file"),
        ({"state_file": 7}, "state_file"),
        ({"state_file": "a\0b"}, "state_file"),
        ({"results_dir": 7}, "results_dir"),
        ({"max_concurrent": 0}, "max_concurrent"),
        ({"max_concurrent": True}, "max_concurrent"),
        ({"max_concurrent": 2.5}, "max_concurrent"),
        ({"items_per_batch": 0}, "items_per_batch"),
        ({"items_per_batch": "10"}, "items_per_batch"),
        ({"reuse_state": "yes"}, "reuse_state"),
        ({"save_raw_responses": 1}, "save_raw_responses"),
        ({"save_raw_responses": True}, "results_dir"),
        ({"prices": {"m": (-1, 2)}}, "prices"),
        ({"prices": 3}, "prices"),
        ({"providers": {"antropic": object()}}, "anthropic"),
        ({"providers": []}, "providers"),
        ({"executor": object()}, "executor"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"retry_invalid": -1}, "retry_invalid"),
        ({"settle_seconds": -1}, "settle_seconds"),
        ({"settle_seconds": float("nan")}, "settle_seconds"),
    ],
    ids=range(22),
)
def test_a_batch_names_the_argument(arguments: dict[str, Any], named: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=named):
        Batch(**({"state_file": tmp_path / "state.db"} | arguments))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("job", "named"),
    [
        ({}, "prompt"),
        ({"prompt": "a", "messages": [{"role": "user", "content": "b"}]}, "messages"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "b"}]}, "role"),
        ({"prompt": "a", "file": "missing.txt"}, "missing.txt"),
        ({"prompt": "a", "model": "gtp-4"}, "gtp-4"),
        ({"prompt": "a", "model": "antropic/claude-haiku-4-5"}, "anthropic/claude-haiku-4-5"),
        ({"prompt": "a", "model": ""}, "model"),
        ({"prompt": "a", "temperature": "warm"}, "temperature"),
        ({"prompt": "a", "max_tokens": 0}, "max_tokens"),
        ({"prompt": "a", "max_tokens": True}, "max_tokens"),
        ({"prompt": "a", "response_model": dict}, "response_model"),
        ({"prompt": "a", "response_model": Answer(word="x")}, "response_model"),
        ({"prompt": "a", "enable_citations": "yes"}, "enable_citations"),
        ({"prompt": "a", "job_id": "../x"}, "job_id"),
        ({"prompt": "a", "job_id": ""}, "job_id"),
        ({"prompt": "a", "metadata": {1, 2}}, "metadata"),
        ({"prompt": "a", "provider_params": {"stream": True}}, "stream"),
        ({"prompt": "a", "provider_params": [1]}, "provider_params"),
        ({"prompt": "a", "max_token": 5}, "max_tokens"),
    ],
    ids=range(22),
)
@pytest.mark.parametrize("how", ["add_job", "add_jobs"])
def test_a_job_names_the_argument(how: str, job: dict[str, Any], named: str, batch: Make, emulator: Emulator) -> None:
    made = batch(1)
    with pytest.raises(ValidationError, match=named):
        if how == "add_job":
            made.add_job(**job)
        else:
            made.add_jobs([{"prompt": "good"}, job])
    assert len(made.run(wait=True).results()) == 1, "what was refused was added in part"
    assert len(emulator.ledger) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda batch: batch.defaults(modle="x"),
        lambda batch: batch.defaults(temperature="warm"),
        lambda batch: batch.add_cost_limit(-1),
        lambda batch: batch.add_cost_limit("5"),
        lambda batch: batch.add_cost_limit(float("inf")),
        lambda batch: batch.add_time_limit(),
        lambda batch: batch.add_time_limit(seconds=-1),
        lambda batch: batch.set_verbosity("loud"),
        lambda batch: batch.add_jobs("text"),
        lambda batch: batch.add_jobs({"prompt": "a"}),
        lambda batch: batch.add_jobs(None),
        lambda batch: batch.add_jobs(["text"]),
        lambda batch: batch.run(wait="yes"),
        lambda batch: batch.run(on_progress=7),
    ],
)
def test_every_other_call_refuses_with_a_validation_error(call: Callable[[Batch], object], batch: Make) -> None:
    with pytest.raises(ValidationError):
        call(batch())


def test_members_of_a_run_refuse_too(batch: Make) -> None:
    run = batch(1).run(wait=True)
    for call in (
        lambda: run.wait(timeout=-1),
        lambda: run.on_progress(None),  # type: ignore[arg-type]
        lambda: run.on_progress(print, interval=0),
        lambda: run.shutdown(wait_for_active=1),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValidationError):
            call()


def test_a_missing_key_is_named_before_anything_runs(batch: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(ValidationError, match="ANTHROPIC_API_KEY"):
        batch().add_job(prompt="Hello.")


def test_an_id_is_refused_the_second_time(batch: Make) -> None:
    with pytest.raises(ValidationError, match="job-0"):
        batch(1).add_job(prompt="Other.", job_id="job-0")


def test_a_parameter_that_the_provider_is_known_to_refuse_is_refused_by_add_job(batch: Make) -> None:
    with pytest.raises(ValidationError, match="temperature"):
        batch().add_job(prompt="Hello.", temperature=0.2)
    with pytest.raises(ValidationError, match="web_search"):
        batch().add_cost_limit(1).add_job(
            prompt="Hello.", provider_params={"tools": [{"type": "web_search_20250305", "name": "web_search"}]}
        )


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("broken.pdf", b"%PDF-1.7 and nothing more", "broken.pdf"),
        ("not.pdf", b"plain text", "not.pdf"),
        ("damaged.txt", b"good text " * 50 + b"\xff\xfe\x00", "damaged.txt"),
    ],
)
def test_a_file_that_cant_be_read_is_one_failed_job(
    name: str, data: bytes, words: str, batch: Make, emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    results = batch(2).add_job(prompt="Sum it up.", file=tmp_path / name, job_id="bad").run(wait=True).results()
    assert results["bad"].outcome is Outcome.ERROR
    assert words in str(results["bad"].error)
    assert (results["bad"].cost_usd, len(emulator.ledger)) == (0, 2)
    assert sum(result.is_success for result in results.values()) == 2


def test_a_file_that_changed_since_it_was_added_fails_its_job(batch: Make, emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("One.")
    made = batch(1).add_job(prompt="Sum it up.", file=path, job_id="moved")
    path.write_text("Two.")
    results = made.run(wait=True).results()
    assert "changed" in str(results["moved"].error)
    assert len(emulator.ledger) == 1


STATES: dict[str, Callable[[Path], object]] = {
    "json": lambda path: path.write_text('{"jobs": []}'),
    "another database": lambda path: sqlite3.connect(path).execute("CREATE TABLE t (a)").connection.close(),
    "short": lambda path: path.write_bytes(b"SQLite format 3\0"),
}


@pytest.mark.parametrize("kind", STATES)
def test_a_state_file_that_is_something_else_is_left_as_it_is(kind: str, batch: Make, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    STATES[kind](path)
    before = path.read_bytes()
    with pytest.raises(StateError, match=r"state\.db"):
        batch(1).run()
    assert path.read_bytes() == before


def test_a_state_of_another_version_and_a_cut_one_are_left_as_they_are(batch: Make, tmp_path: Path) -> None:
    batch(1).run(wait=True)
    path = tmp_path / "state.db"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StateError, match="cut short"):
        batch(1).run()
    for form in (1, 99):
        path.write_bytes(other := whole[:60] + form.to_bytes(4, "big") + whole[64:])
        with pytest.raises(StateError, match=f"format {form}"):
            batch(1).run()
        assert path.read_bytes() == other
    path.write_bytes(whole)
    assert len(batch(1).run(wait=True).results()) == 1


def test_two_drivers_of_one_state_are_refused_and_the_holder_is_named(batch: Make, emulator: Emulator) -> None:
    emulator.hold()
    first = batch(1).run()
    with pytest.raises(StateLockedError, match=str(os.getpid())):
        batch(1).run()
    emulator.release()
    assert first.wait(timeout=20)
    assert batch(1).run(wait=True).status()["completed"] == 1


def test_a_place_that_cant_be_written_is_a_state_error(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StateError, match="state_file"):
        Batch(tmp_path / "file" / "state.db").add_job(prompt="Hello.", model="claude-haiku-4-5").run()


def test_a_refused_key_ends_the_run_with_the_providers_words_and_loses_nothing(
    batch: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator(turnaround=0.05, api_keys=["sk-right"]) as strict:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", strict.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-wrong-and-secret")
        run = batch(3).run()
        with pytest.raises(BatchataError) as caught:
            run.wait(timeout=30)
        assert "sk-wrong-and-secret" not in str(caught.value)
        assert run.status()["pending"] == 3
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-right")
        assert batch(3).run(wait=True).status()["completed"] == 3


def test_no_key_stands_in_the_state_or_the_results(batch: Make, tmp_path: Path) -> None:
    batch(2).run(wait=True)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 4
    assert [path for path in files if b"sk-test-not-a-key" in path.read_bytes()] == []
    assert [oct(path.stat().st_mode & 0o077) for path in files if path.stat().st_mode & 0o077] == []


def test_state_and_results_can_be_moved(batch: Make, tmp_path: Path) -> None:
    first = batch(2).run(wait=True).results()
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.move(tmp_path / "state.db", moved / "state.db")
    made = Batch(moved / "state.db").defaults(model="claude-haiku-4-5", max_tokens=50)
    for number in range(2):
        made.add_job(prompt=f"Say {number}.", job_id=f"job-{number}")
    assert made.run(wait=True).results() == first


def test_an_iterator_that_broke_is_no_shorter_for_it(batch: Make) -> None:
    def rows() -> Iterator[dict[str, str]]:
        yield {"prompt": "Say a.", "job_id": "a"}
        raise OSError("the table went away")

    made = batch().add_jobs(rows())
    for _ in range(2):
        with pytest.raises(OSError, match="the table went away"):
            made.estimate()
    with pytest.raises(BatchataError, match="the table went away"):
        made.run(wait=True)
