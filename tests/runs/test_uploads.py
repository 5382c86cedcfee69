"""A file that many jobs use goes up once, where the provider can refer to an upload; and nothing of it stays there."""

import base64
import hashlib
import os
import random
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from batchata import Batch, JobResult
from batchata.testing import Answer, Emulator, Fault
from batchata.testing.wire import Request

MODELS = ("claude-haiku-4-5", "gpt-4.1-mini", "gemini-2.5-flash")
FACT = "The anvil weighs 417 pounds."

Open = Callable[..., Any]

_SCRIPT = """if 1:
    import sys
    from batchata import Batch
    state, model, jobs, *files = sys.argv[1:]
    batch = Batch(state, items_per_batch=10, settle_seconds=0.5).defaults(model=model, max_tokens=50)
    for number in range(int(jobs)):
        batch.add_job(prompt=f"Question {number}.", file=files[number % len(files)], job_id=f"job-{number}")
    batch.run(wait=True)
"""


def pdf(line: str, size: int = 200_000) -> bytes:
    """A page with a line on it, and a stream of that size that nothing shows."""
    drawn = b"BT /F 12 Tf 72 700 Td (%s) Tj ET" % line.encode("ascii")
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
    noise = random.Random(line).randbytes(size // 2).hex().encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        page,
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(noise), noise),
    ]
    out, table = b"%PDF-1.7\n", b""
    for number, body in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    tail = b"xref\n0 7\n0000000000 65535 f \n%strailer\n<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return out + tail % (table, len(out))


def question(params: Mapping[str, Any]) -> str:
    """The question that a request asks, whatever the dialect."""
    found = re.search(r"Question (\d+)\.", str(params))
    return found[1] if found else "?"


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(turnaround=0.05, answer=lambda params: f"Answer {question(params)}.") as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        yield emulator


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "anvil.pdf"
    path.write_bytes(pdf(FACT))
    return path


def batch(tmp_path: Path, model: str, file: Path, jobs: int = 30, **arguments: Any) -> Batch:
    settings: dict[str, Any] = {"items_per_batch": 10, "settle_seconds": 0.5} | arguments
    made = Batch(tmp_path / "state.db", **settings).defaults(model=model, max_tokens=50)
    for number in range(jobs):
        made.add_job(prompt=f"Question {number}.", file=file, job_id=f"job-{number}")
    return made


def answered(results: Mapping[str, JobResult], jobs: int = 30) -> None:
    said = {job_id: (result.error, result.raw_response) for job_id, result in results.items()}
    assert said == {f"job-{number}": (None, f"Answer {number}.") for number in range(jobs)}


def sent_bytes(emulator: Emulator) -> int:
    return sum(exchange.size for exchange in emulator.requests)


def foreign(model: str) -> None:
    """A file of somebody else, beside ours."""
    if model.startswith("claude"):
        anthropic.Anthropic().files.upload(file=("batchata-notes.txt", b"mine", "text/plain"))
    elif model.startswith("gpt"):
        openai.OpenAI().files.create(file=("batchata-notes.pdf", b"%PDF-mine"), purpose="user_data")
    else:
        name = genai.types.UploadFileConfig(mime_type="text/plain", display_name="batchata-notes")
        with Path(__file__).open("rb") as file, genai.Client() as client:
            client.files.upload(file=file, config=name)


@pytest.mark.parametrize(("model", "limit"), [(MODELS[0], None), *((model, 5.0) for model in MODELS)])
def test_thirty_jobs_on_one_file_upload_it_once_and_leave_nothing(
    emulator: Emulator, tmp_path: Path, paper: Path, model: str, limit: float | None
) -> None:
    foreign(model)
    made = batch(tmp_path, model, paper)
    if limit is not None:
        made.add_cost_limit(limit)
    run = made.run(wait=True)
    answered(run.results())
    assert sent_bytes(emulator) < 300_000  # once, and not thirty times as base64
    uploads = emulator.uploads.for_requests
    assert [upload.sha256 for upload in uploads[1:]] == [hashlib.sha256(paper.read_bytes()).hexdigest()]
    assert uploads.undeleted[:] == uploads[:1]  # only the foreign one is left
    assert uploads[1].expires_at is not None
    assert 2 <= (uploads[1].expires_at - uploads[1].at) / 86_400 <= 30
    assert run.status()["cost_usd"] == pytest.approx(float(emulator.ledger.total_usd))


def killer(pid: int) -> Callable[[Request], bool]:
    """Kills a process as soon as a request of its comes in."""

    def kill(_: Request) -> bool:
        os.kill(pid, signal.SIGKILL)
        return True

    return kill


@pytest.mark.parametrize(
    ("model", "instant"),
    [(MODELS[0], "model"), (MODELS[1], "create"), (MODELS[2], "create")],
)
def test_an_upload_of_a_killed_run_is_used_by_the_next(
    emulator: Emulator, tmp_path: Path, paper: Path, model: str, instant: str
) -> None:
    # asking for the model's limits comes between the upload and the body's first row in the state
    script = [sys.executable, "-c", _SCRIPT, str(tmp_path / "state.db"), model, "12", str(paper)]
    with subprocess.Popen(script, stderr=subprocess.DEVNULL) as child:
        emulator.faults.add(instant, Fault.DROP_BEFORE, when=killer(child.pid))
        assert child.wait(60) == -signal.SIGKILL
    assert len(emulator.uploads.for_requests.undeleted) == 1
    run = batch(tmp_path, model, paper, jobs=12).run(wait=True)
    answered(run.results(), 12)
    assert len(emulator.uploads.for_requests) == 1
    assert not emulator.uploads.for_requests.undeleted
    assert not emulator.ledger.billed_twice()


def test_what_a_killed_run_left_goes_when_the_next_has_no_use_for_it(
    emulator: Emulator, tmp_path: Path, paper: Path
) -> None:
    script = [sys.executable, "-c", _SCRIPT, str(tmp_path / "state.db"), MODELS[0], "12", str(paper)]
    with subprocess.Popen(script, stderr=subprocess.DEVNULL) as child:
        emulator.faults.add("model", Fault.DROP_BEFORE, when=killer(child.pid))
        assert child.wait(60) == -signal.SIGKILL
    assert len(emulator.uploads.undeleted) == 1
    Batch(tmp_path / "state.db", settle_seconds=0.5).add_job(prompt="Question 1.", model=MODELS[1]).run(wait=True)
    assert not emulator.uploads.for_requests.undeleted


def of_a_file(request: Request) -> bool:
    """Whether an upload is of a file that requests refer to, and not the input of a batch."""
    named = rb'"mimeType":\s*"application/pdf"|content-type: application/pdf'
    return re.search(named, request.body[:1000], re.IGNORECASE) is not None


@pytest.mark.parametrize(
    ("model", "status"), [(MODELS[0], 429), (MODELS[0], 413), (MODELS[1], 403), (MODELS[1], 500), (MODELS[2], 429)]
)
def test_an_upload_that_is_refused_costs_nothing_but_bytes(
    emulator: Emulator, tmp_path: Path, paper: Path, model: str, status: int
) -> None:
    emulator.faults.add("upload", Fault.REFUSE, times=None, when=of_a_file, status=status)
    run = batch(tmp_path, model, paper, jobs=12).run(wait=True)
    answered(run.results(), 12)
    assert sent_bytes(emulator) > 12 * 200_000
    assert not emulator.uploads.for_requests
    tried = [exchange for exchange in emulator.requests if exchange.operation == "upload" and exchange.status == status]
    assert len(tried) == 1  # and not once for every job


def test_a_file_too_large_to_go_inline_fails_in_the_words_of_the_upload(emulator: Emulator, tmp_path: Path) -> None:
    large = tmp_path / "large.pdf"
    large.write_bytes(pdf(FACT, 25_000_000))
    emulator.faults.add("upload", Fault.REFUSE, times=None, status=403)
    run = batch(tmp_path, MODELS[0], large, jobs=2).run(wait=True)
    errors = {result.error or "" for result in run.results().values()}
    assert all("32 MB" in error and "HTTP 403" in error for error in errors), errors
    assert not emulator.creates
    emulator.faults.clear()
    run = batch(tmp_path, MODELS[0], large, jobs=2).run(wait=True)
    answered(run.results(), 2)


@pytest.mark.parametrize("model", MODELS)
def test_an_upload_that_vanishes_is_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paper: Path, model: str
) -> None:
    hour = 3600.0
    with Emulator(turnaround=hour, answer=lambda params: f"Answer {question(params)}.") as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        run, seen = batch(tmp_path, model, paper, jobs=4).run(), 0
        while not run.wait(timeout=0.02):
            if len(emulator.creates) > seen:
                seen += 1
                if seen == 1:
                    delete_uploads(model)
                emulator.advance(hour)
        results = run.results()
        answered(results, 4)
        assert {len(result.attempts) for result in results.values()} == {2}
        assert len(emulator.uploads.for_requests) == 2
        assert not emulator.uploads.for_requests.undeleted


def delete_uploads(model: str) -> None:
    if model.startswith("claude"):
        claude = anthropic.Anthropic()
        for one in claude.files.list():
            claude.files.delete(one.id)
    elif model.startswith("gpt"):
        client = openai.OpenAI()
        for two in client.files.list(purpose="user_data"):
            client.files.delete(two.id)
    else:
        with genai.Client() as gemini:
            for three in gemini.files.list():
                if three.mime_type == "application/pdf":
                    gemini.files.delete(name=three.name or "")


def test_the_text_of_a_document_is_cited_from_its_upload(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paper: Path
) -> None:
    letter = tmp_path / "letter.md"
    letter.write_text("# Anvils\r\n\nÄpfel. " + "Nothing happens here. " * 1_500 + FACT, "utf-8")
    text = letter.read_text("utf-8")  # line ends as they are read: one character each
    start = text.index(FACT)
    place = {"type": "char_location", "document_index": 0, "document_title": "letter.md", "file_id": "file_1"}
    cited = {**place, "cited_text": FACT, "start_char_index": start, "end_char_index": start + len(FACT)}
    on_page = {"type": "page_location", "document_index": 0, "document_title": "anvil.pdf", "file_id": "file_2"}
    paged = {**on_page, "cited_text": FACT, "start_page_number": 1, "end_page_number": 2}

    def answer(params: dict[str, Any]) -> Answer:
        (document, _) = params["messages"][0]["content"]
        assert document["citations"] == {"enabled": True}
        location = paged if document["title"] == "anvil.pdf" else cited
        return Answer(content=[{"type": "text", "text": "417.", "citations": [location]}])

    with Emulator(turnaround=0.05, answer=answer) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        made = batch(tmp_path, MODELS[0], paper, jobs=0).defaults(model=MODELS[0], max_tokens=50, enable_citations=True)
        for number in range(6):
            made.add_job(prompt=f"Question {number}.", file=(paper, letter)[number % 2], job_id=f"job-{number}")
        results = made.add_cost_limit(5).run(wait=True).results()
        kinds = sorted(upload.name.rpartition(".")[2] for upload in emulator.uploads.for_requests)
        assert kinds == ["pdf", "txt"]
        assert not emulator.uploads.for_requests.undeleted
    for job_id, result in results.items():
        assert result.is_success, result.error
        (citation,) = result.citations
        assert (citation.text, citation.metadata["how"]) == (FACT, "exact")
        assert citation.source == ("anvil.pdf" if int(job_id[-1]) % 2 == 0 else "letter.md")


@pytest.mark.parametrize("model", MODELS)
def test_a_picture_in_messages_goes_up_with_its_second_job(emulator: Emulator, tmp_path: Path, model: str) -> None:
    def parts(number: int, picture: bytes) -> list[dict[str, Any]]:
        url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        words = {"type": "text", "text": f"Question {number}."}
        return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}, words]}]

    made = batch(tmp_path, model, tmp_path, jobs=0)
    for number in range(6):
        made.add_job(messages=parts(number, png(30_000)), job_id=f"job-{number}")
    run = made.add_cost_limit(5).run(wait=True)
    answered(run.results(), 6)
    (upload,) = emulator.uploads.for_requests
    assert upload.size > 30_000
    assert upload.deleted_at is not None


def test_small_files_and_those_of_one_job_go_inline(emulator: Emulator, tmp_path: Path, paper: Path) -> None:
    small = tmp_path / "small.pdf"
    small.write_bytes(pdf(FACT, 10_000))
    made = batch(tmp_path, MODELS[0], small, jobs=4)
    made.add_job(prompt="Question 4.", file=paper, job_id="job-4")
    answered(made.run(wait=True).results(), 5)
    assert not [exchange for exchange in emulator.requests if "/files" in exchange.path]


def test_uploads_stay_as_long_as_an_open_batch_may_need_them(emulator: Emulator, tmp_path: Path, paper: Path) -> None:
    emulator.hold()
    run = batch(tmp_path, MODELS[0], paper, jobs=4).run()
    while not emulator.batches:
        assert not run.wait(timeout=0.02)
    run.shutdown(wait_for_active=False)
    assert run.wait(10)
    assert len(emulator.uploads.undeleted) == 1
    emulator.release()
    run = Batch(tmp_path / "state.db", settle_seconds=0.5).run(wait=True)
    assert not emulator.uploads.undeleted
    assert len(emulator.uploads) == 1


def test_what_could_not_be_removed_is_removed_later_and_under_its_own_key(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paper: Path
) -> None:
    emulator.faults.add("delete_file", Fault.REFUSE, status=503, should_retry=False)
    answered(batch(tmp_path, MODELS[0], paper, jobs=4).run(wait=True).results(), 4)
    assert len(emulator.uploads.undeleted) == 1
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    batch(tmp_path, MODELS[0], paper, jobs=4).add_job(prompt="Question 4.", model=MODELS[0]).run(wait=True)
    assert len(emulator.uploads.undeleted) == 1  # not this key's to see
    monkeypatch.setenv("ANTHROPIC_API_KEY", "emulated")
    Batch(tmp_path / "state.db").run(wait=True)
    assert not emulator.uploads.undeleted


def test_removing_uploads_holds_up_no_run_for_long(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paper: Path
) -> None:
    monkeypatch.setattr("batchata.engine.uploading.CLEAN_WITHIN", 0.1)
    emulator.faults.add("delete_file", Fault.STALL_AFTER, seconds=2.0)
    answered(batch(tmp_path, MODELS[0], paper, jobs=4).run(wait=True).results(), 4)
    with closing(sqlite3.connect(tmp_path / "state.db")) as state:
        ((noted,),) = state.execute("SELECT value FROM meta WHERE key = 'uploads'")
    assert "anthropic" in noted  # for the next run
    assert "emulated" not in noted  # the key


def png(size: int) -> bytes:
    """A picture of one pixel, with so much beside it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"teXt", b"noise\0" + b"n" * size), chunk(b"IDAT", zlib.compress(b"\0abc"))]
    return b"\x89PNG\r\n\x1a\n" + b"".join([*parts, chunk(b"IEND", b"")])
