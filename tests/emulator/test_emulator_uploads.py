"""What the emulator remembers of uploads, and each way for one to fail at Anthropic."""

import hashlib
import io
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from batchata.testing import EmulatorProcess, Fault, UploadedFile, Uploads


def test_the_same_content_uploaded_twice(lab: Any, pdf: bytes) -> None:
    upload, emulator = lab.client.files.upload, lab.emulator
    first = upload(file=("a.pdf", pdf))
    upload(file=("b.pdf", pdf + b" "))
    lab.client_for("key-2").files.upload(file=("a.pdf", pdf))  # another account's
    assert emulator.uploads.twice() == []
    again = upload(file=("c.pdf", pdf))
    ((one, two),) = emulator.uploads.twice()
    assert (one.file_id, one.name, two.file_id, two.name) == (first.id, "a.pdf", again.id, "c.pdf")
    assert one.sha256 == two.sha256 == hashlib.sha256(pdf).hexdigest()
    assert (one.provider, one.purpose, one.size) == ("anthropic", "user_data", len(pdf))
    lab.client.files.delete(first.id)
    assert [upload.deleted_at is None for upload in emulator.uploads] == [False, True, True, True]
    assert len(emulator.uploads.undeleted) == 3
    # it was uploaded twice all the same
    assert len(emulator.uploads.twice()) == 1
    assert emulator.uploads[0].expires_at is None
    summary = emulator.summary()
    assert (summary["uploads"], summary["uploaded_twice"], summary["undeleted"]) == (4, 1, 3)
    assert summary["received_bytes"] == sum(one.size for one in emulator.requests) > 4 * len(pdf)


def test_input_files_of_batches_are_told_apart(openai_lab: Any, gemini_lab: Any, chat: Any, generate: Any) -> None:
    for _ in range(2):
        openai_lab.ended(openai_lab.create(chat()).id)
        gemini_lab.ended(gemini_lab.create(generate()).name)
    openai_lab.client.files.create(file=("a.txt", b"x"), purpose="user_data")
    gemini_lab.upload(b"x", mime_type="text/plain")
    for lab, provider in ((openai_lab, "openai"), (gemini_lab, "gemini")):
        uploads = lab.emulator.uploads
        assert [upload.purpose for upload in uploads] == ["batch", "batch", "user_data"]
        assert {upload.provider for upload in uploads} == {provider}
        assert len(uploads.for_requests) == 1
        assert uploads.twice() == []
        assert uploads[0].at <= uploads[1].at


def test_in_a_process_of_its_own(pdf: bytes) -> None:
    with EmulatorProcess(turnaround=0) as emulator:
        url = emulator.url
        options: Any = {"api_key": "k", "max_retries": 0}
        with anthropic.Anthropic(base_url=url, **options) as client:
            client.files.upload(file=("a.pdf", pdf))
        with openai.OpenAI(base_url=f"{url}/v1", **options) as other:
            other.files.delete(other.files.create(file=("a.pdf", pdf), purpose="user_data").id)
        third = genai.Client(api_key="k", http_options={"base_url": url})
        third.files.upload(file=io.BytesIO(pdf), config={"mime_type": "application/pdf"})
        third.close()
        uploads = emulator.uploads
        assert isinstance(uploads, Uploads)
        assert isinstance(uploads[0], UploadedFile)
        assert [upload.provider for upload in uploads] == ["anthropic", "openai", "gemini"]
        assert [upload.deleted_at is None for upload in uploads] == [True, False, True]
        assert {upload.sha256 for upload in uploads} == {hashlib.sha256(pdf).hexdigest()}
        assert uploads.twice() == []
        assert emulator.summary()["undeleted"] == 2


@pytest.mark.parametrize(
    ("fault", "status", "error", "taken"),
    [
        (Fault.REFUSE, 429, anthropic.RateLimitError, 0),
        (Fault.REFUSE, 529, anthropic.APIStatusError, 0),
        (Fault.DROP_BEFORE, 0, anthropic.APIConnectionError, 0),
        (Fault.DROP_AFTER, 0, anthropic.APIConnectionError, 1),
        (Fault.ERROR_AFTER, 500, anthropic.InternalServerError, 1),
    ],
)
def test_an_upload_that_fails(lab: Any, fault: Fault, status: int, error: type[anthropic.APIError], taken: int) -> None:
    lab.emulator.faults.add("upload", fault, status=status)
    with pytest.raises(error):
        lab.client.files.upload(file=("a.txt", b"x"))
    assert len(list(lab.client.files.list())) == len(lab.emulator.uploads) == taken


def test_the_sdk_repeats_an_upload_that_was_dropped(lab: Any) -> None:
    lab.emulator.faults.add("upload", Fault.DROP_AFTER)
    lab.client.with_options(max_retries=2).files.upload(file=("a.txt", b"x"))
    assert [len(files) for files in lab.emulator.uploads.twice()] == [2]
