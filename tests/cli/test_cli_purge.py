"""`purge` at the providers: what it deletes there, as the emulator's own protocols see it afterwards."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from batchata.engine.upload_notes import upload_tag
from batchata.providers.anthropic import AnthropicProvider
from batchata.providers.base import UploadForm
from batchata.testing import Emulator

SECRET = "an-answer-nobody-may-see"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(turnaround=0.05, answer=lambda _: SECRET) as emulator:
        yield emulator


@pytest.fixture
def ran(look: Any, emulator: Emulator, documents: Path) -> Callable[[str], Any]:
    """Run the documents on a model; the shell to go on with."""

    def run(model: str) -> Any:
        ended = look("run", "docs", "-m", model, "-p", "Sum up.", "--state", "p.db", "-q", at=emulator)
        assert ended.code == 0, ended.err
        return look

    return run


def deleted(emulator: Emulator) -> list[str]:
    return [exchange.path for exchange in emulator.requests if exchange.method == "DELETE" and exchange.status == 200]


def test_anthropic_deletes_the_batch_with_its_answers(ran: Any, emulator: Emulator) -> None:
    look = ran("claude-haiku-4-5")
    (batch,) = emulator.batches
    purged = look("purge", "p.db", "--yes", "--json", at=emulator)
    assert (purged.code, purged.json["failed"], purged.json["batches"]) == (0, {}, {"anthropic": 1}), purged.err
    assert deleted(emulator) == [f"/v1/messages/batches/{batch['id']}"]
    assert emulator.batches == []
    again = look("purge", "p.db", "--yes", "--json", at=emulator)  # gone already: no error
    assert (again.code, again.json["failed"]) == (0, {})


def test_openai_deletes_its_files(ran: Any, emulator: Emulator) -> None:
    look = ran("gpt-5-mini")
    (batch,) = emulator.batches
    purged = look("purge", "p.db", "--yes", at=emulator)
    assert purged.code == 0, purged.err
    assert "OpenAI keeps the entries of batches in its list, without their files" in purged.err
    assert {path.rpartition("/")[2] for path in deleted(emulator)} == {batch["input_file_id"], batch["output_file_id"]}


def test_gemini_deletes_the_upload_the_batch_and_the_answers(ran: Any, emulator: Emulator) -> None:
    look = ran("gemini-2.5-flash")
    (batch,) = emulator.batches
    answers = batch["response"]["responsesFile"]
    purged = look("purge", "p.db", "--yes", "--json", at=emulator)
    assert (purged.code, purged.json["failed"]) == (0, {}), purged.err
    gone = set(deleted(emulator))
    assert {f"/v1/{batch['name']}", f"/v1/{answers}"} < gone
    assert emulator.batches == []
    assert emulator.summary()["undeleted"] == 0


def test_another_key_proves_nothing(ran: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    look = ran("claude-haiku-4-5")
    settings = {**emulator.environment(), "ANTHROPIC_API_KEY": "another-key"}
    monkeypatch.setattr(Emulator, "environment", lambda _: settings)
    purged = look("purge", "p.db", "--yes", "--json", at=emulator)
    assert purged.code == 6
    assert "made with another key" in "".join(purged.json["failed"].values())
    assert deleted(emulator) == []
    assert len(emulator.batches) == 1


def test_what_is_left_there_is_told_and_can_be_tried_again(ran: Any, emulator: Emulator) -> None:
    look = ran("claude-haiku-4-5")
    emulator.faults.add("delete", "refuse", status=500)
    purged = look("purge", "p.db", "--yes", at=emulator)
    assert (purged.code, "Left at the provider: anthropic msgbatch_" in purged.err) == (6, True)
    assert look("purge", "p.db", "--yes", "--here-only", at=emulator).code == 0
    assert len(emulator.batches) == 1
    assert look("purge", "p.db", "--yes", at=emulator).code == 0
    assert emulator.batches == []


def test_uploads_that_a_crash_left_there_are_deleted_too(
    ran: Any, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = ran("claude-haiku-4-5")
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    with closing(sqlite3.connect(tmp_path / "p.db")) as connection, connection:
        salt, account = connection.execute(
            "SELECT m.value, b.account FROM meta m, provider_batch b WHERE m.key = 'salt'"
        ).fetchone()
        noted = json.dumps([["anthropic", account]])
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('uploads', ?)", (noted,))
    provider = AnthropicProvider()
    assert provider.uploads is not None
    form = UploadForm("application/pdf", ".pdf", b"%PDF-1.4 left behind")
    provider.uploads.upload(f"batchata-{upload_tag(salt)}-0123.pdf", form)
    provider.uploads.upload("of-somebody-else.pdf", form)
    provider.close()
    assert look("purge", "p.db", "--yes", at=emulator).code == 0
    assert [file.name for file in emulator.uploads.undeleted] == ["of-somebody-else.pdf"]
