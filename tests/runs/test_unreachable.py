"""A provider that can't be reached: the log says so once and not at every try, the state keeps each, and the end of it is told."""

import logging
import re
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from batchata import Batch
from batchata.engine.repeats import Repeats
from batchata.testing import Emulator

ALIKE = "Anthropic answered HTTP 529: overloaded [request req_011CX{:04}]"


def refusals(state: Path) -> list[str]:
    """What the state's journal says of batches that were not made."""
    with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as connection:
        return [note for (note,) in connection.execute("SELECT note FROM journal WHERE event = 'void'")]


def test_a_closed_port_is_told_once_and_its_opening_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG, "batchata")
    state = tmp_path / "state.db"
    with socket.socket() as closed:  # bound and not listening: nobody else gets the port
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test-not-a-key")
        batch = Batch(state, items_per_batch=None).defaults(model="claude-haiku-4-5", max_tokens=50)
        run = batch.add_jobs({"prompt": f"Say {number}."} for number in range(5)).run()
        end = time.monotonic() + 30
        while len(refusals(state)) < 3:
            assert time.monotonic() < end
            assert not run.wait(0.05)
        assert run.status()["pending"] + run.status()["active"] == 5
    with Emulator(turnaround=0.05, port=port):
        assert run.wait(30)
    assert run.status()["completed"] == 5

    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 2, told
    assert told[0].startswith("A batch of 5 jobs was not taken: Anthropic could not be reached, nothing was sent")
    again = re.fullmatch(r"anthropic takes batches again, after (\d+) failures in \d+ s\.", told[1])
    assert again, told[1]
    kept = refusals(state)
    assert len(kept) == int(again[1]) >= 3
    assert all("could not be reached" in note for note in kept)


def test_words_alike_are_said_ever_less_often_and_others_at_once(caplog: pytest.LogCaptureFixture) -> None:
    repeats = Repeats()
    caplog.set_level(logging.INFO, "batchata")
    for second in range(0, 24 * 3600, 30):
        repeats.say(logging.WARNING, "lane", ALIKE.format(second), second)
    hours = [record.getMessage() for record in caplog.records]
    assert hours[:3] == [
        ALIKE.format(0),
        ALIKE.format(60) + " (3 times alike in 60 s)",
        ALIKE.format(180) + " (7 times alike in 3 min)",
    ]
    assert 24 + 5 <= len(hours) <= 24 + 8  # from an hour on, one an hour
    caplog.clear()
    repeats.say(logging.WARNING, "lane", "Anthropic could not be reached", 86_400)
    repeats.say(logging.WARNING, "another lane", ALIKE.format(0), 86_400)
    assert len(caplog.records) == 2


def test_one_failure_alone_is_not_told_to_be_over(caplog: pytest.LogCaptureFixture) -> None:
    repeats = Repeats()
    repeats.say(logging.WARNING, "lane", "overloaded", 0)
    repeats.over("lane", "it goes on", 1)
    repeats.over("lane", "it goes on", 2)
    assert [record.getMessage() for record in caplog.records] == ["overloaded"]
    repeats.say(logging.WARNING, "lane", "overloaded", 3)
    assert len(caplog.records) == 2, "a new series begins"


def test_the_end_is_told_as_loudly_as_the_failures_were(caplog: pytest.LogCaptureFixture) -> None:
    repeats = Repeats()
    caplog.set_level(logging.INFO, "batchata")
    for second in range(3):
        repeats.say(logging.INFO, "look", "a look failed", second)
    repeats.over("look", "looks are answered again", 90)
    assert [record.levelno for record in caplog.records] == [logging.INFO] * 2
    assert caplog.records[1].getMessage() == "looks are answered again, after 3 failures in 90 s."
