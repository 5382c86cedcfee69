"""Gemini's files for requests to refer to, seen by Google's SDK."""

import base64
import io
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from google.genai.errors import APIError, ClientError

from batchata.testing import Fault

Request = Callable[..., dict[str, Any]]


def _about(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"over": {"contents": [{"role": "user", "parts": [*parts, {"text": "What is due?"}]}]}}


def _upload(lab: Any, data: bytes, kind: str = "application/pdf", **config: Any) -> Any:
    return lab.client.files.upload(file=io.BytesIO(data), config={"mime_type": kind, **config})


def _part(uri: str, kind: str | None = "application/pdf") -> dict[str, Any]:
    return {"fileData": {"fileUri": uri, **({"mimeType": kind} if kind else {})}}


def _refused(lab: Any, request: dict[str, Any]) -> tuple[int, str]:
    error = lab.answer(request)["error"]
    return error["code"], error["message"]


@pytest.mark.parametrize("kind", ["application/pdf", None])
def test_an_upload_is_as_good_as_its_content(
    gemini_lab: Any, generate: Request, pdf: bytes, png: bytes, kind: str | None
) -> None:
    file, image = _upload(gemini_lab, pdf), _upload(gemini_lab, png, "image/png")
    assert file.uri == f"{gemini_lab.emulator.url}/v1beta/{file.name}"
    assert file.state.name == "ACTIVE"
    inline = [
        {"inlineData": {"mimeType": mime, "data": base64.b64encode(data).decode()}}
        for mime, data in (("application/pdf", pdf), ("image/png", png))
    ]
    by_uri = generate(**_about(_part(file.uri, kind), _part(image.uri, kind and "image/png")))
    answers = [gemini_lab.answer(request)["response"] for request in (by_uri, generate(**_about(*inline)))]
    assert answers[0]["usageMetadata"] == answers[1]["usageMetadata"]
    assert answers[0]["candidates"] == answers[1]["candidates"]
    counted = gemini_lab.client.models.count_tokens(model="gemini-2.5-flash", contents=[file])
    assert counted.total_tokens == 2 + 258


def test_inline_batches_refer_too(gemini_lab: Any, pdf: bytes) -> None:
    file = _upload(gemini_lab, pdf, name="mine-1")
    source: Any = [{"contents": [{"role": "user", "parts": [{"file_data": {"file_uri": file.uri}}]}]}]
    batch = gemini_lab.ended(gemini_lab.client.batches.create(model="gemini-2.5-flash", src=source).name)
    (answer,) = batch.dest.inlined_responses
    assert answer.response.usage_metadata.prompt_token_count == 2 + 258


@pytest.mark.parametrize("how", ["deleted", "expired", "foreign", "never"])
def test_a_file_that_is_not_there(gemini_lab: Any, generate: Request, pdf: bytes, how: str) -> None:
    file = _upload(gemini_lab, pdf, name="mine-1")
    if how in {"deleted", "foreign"}:
        gemini_lab.client.files.delete(name=file.name)
    if how == "foreign":
        stranger = gemini_lab.client_for("key-2")
        stranger.files.upload(file=io.BytesIO(pdf), config={"mime_type": "application/pdf", "name": "mine-1"})
    if how == "expired":
        gemini_lab.emulator.advance(48 * 3600)
    uri = file.uri.replace("mine-1", "mine-2") if how == "never" else file.uri
    code, message = _refused(gemini_lab, generate(**_about(_part(uri))))
    assert code == 7
    name = uri.rpartition("/")[2]
    assert message == f"You do not have permission to access the File {name} or it may not exist."


def test_a_name_is_free_again_when_its_file_is_gone(gemini_lab: Any, generate: Request, pdf: bytes) -> None:
    file = _upload(gemini_lab, b"%PDF", name="mine-1")
    with pytest.raises(ClientError) as caught:
        _upload(gemini_lab, pdf, name="mine-1")
    assert (caught.value.code, caught.value.status) == (409, "ALREADY_EXISTS")
    gemini_lab.client.files.delete(name=file.name)
    again = _upload(gemini_lab, pdf, name="mine-1")
    assert "response" in gemini_lab.answer(generate(**_about(_part(again.uri))))
    uploads = gemini_lab.emulator.uploads.for_requests
    assert [upload.deleted_at is None for upload in uploads] == [False, True]


@pytest.mark.parametrize("name", ["A", "a_b", "-a", "a-", "a" * 41])
def test_names_that_are_refused(gemini_lab: Any, name: str) -> None:
    with pytest.raises(ClientError, match="at most 40 lower-case letters, digits and dashes"):
        _upload(gemini_lab, b"%PDF", name=name)


@pytest.mark.parametrize(
    ("data", "kind", "said", "message"),
    [
        (b"{}", "application/msword", None, "Unsupported MIME type: application/msword"),
        (b"no", "application/pdf", None, "no pages"),
        (b"%PDF", "application/pdf", "image/png", "Unable to process input image"),
        (b"%PDF".ljust(50 * 1024 * 1024 + 1, b"-"), "application/pdf", None, "maximum of 52428800 bytes"),
    ],
)
def test_a_file_that_does_not_fit(
    gemini_lab: Any, generate: Request, data: bytes, kind: str, said: str | None, message: str
) -> None:
    file = _upload(gemini_lab, data, kind)
    assert message in _refused(gemini_lab, generate(**_about(_part(file.uri, said))))[1]


def test_other_uris(gemini_lab: Any, generate: Request) -> None:
    assert "response" in gemini_lab.answer(generate(**_about(_part("https://example.org/a.pdf"))))
    for uri in ("gs://bucket/a.pdf", "files/mine-1"):
        assert _refused(gemini_lab, generate(**_about(_part(uri)))) == (3, f"Invalid or unsupported file uri: {uri}")


def test_the_answers_of_a_batch_are_no_upload(gemini_lab: Any, generate: Request) -> None:
    first = gemini_lab.ended(gemini_lab.create(generate()).name)
    uri = f"{gemini_lab.emulator.url}/v1beta/{first.dest.file_name}"
    assert "response" in gemini_lab.answer(generate(**_about(_part(uri, "text/plain"))))
    assert "Unsupported MIME type" in _refused(gemini_lab, generate(**_about(_part(uri, None))))[1]


def test_an_upload_that_is_too_large(make_gemini_lab: Any) -> None:
    lab = make_gemini_lab(max_file_bytes=10)
    with pytest.raises(ClientError, match="maximum of 10 bytes"):
        _upload(lab, b"%PDF-1.4 hello")


def test_a_file_that_is_still_processed(gemini_lab: Any, generate: Request, pdf: bytes) -> None:
    gemini_lab.emulator.faults.add("finalize", Fault.PROCESSING, seconds=100)
    file = _upload(gemini_lab, pdf)
    assert file.state.name == "PROCESSING"
    request = generate(**_about(_part(file.uri)))
    assert "is not in an ACTIVE state and usage is not allowed." in _refused(gemini_lab, request)[1]
    gemini_lab.emulator.advance(100)
    assert gemini_lab.client.files.get(name=file.name).state.name == "ACTIVE"
    assert "response" in gemini_lab.answer(request)


def test_a_file_has_to_stay_until_its_batches_have_ended(make_gemini_lab: Any, generate: Request, pdf: bytes) -> None:
    lab = make_gemini_lab(turnaround=7200.0)
    file = _upload(lab, pdf)
    batch = lab.create(generate(**_about(_part(file.uri))), generate())
    lab.emulator.advance(3600)
    lab.client.files.delete(name=file.name)
    lab.emulator.advance(3600)
    lines = lab.lines(batch.name)
    assert lines["job-0"]["error"]["code"] == 7
    assert "response" in lines["job-1"]
    assert [bill.custom_id for bill in lab.emulator.ledger] == ["job-1"]


@pytest.mark.parametrize(
    ("operation", "fault", "taken"),
    [
        ("upload", Fault.REFUSE, 0),
        ("upload", Fault.DROP_AFTER, 0),
        ("finalize", Fault.DROP_BEFORE, 0),
        ("finalize", Fault.DROP_AFTER, 1),
    ],
)
def test_an_upload_that_fails(gemini_lab: Any, operation: str, fault: Fault, taken: int) -> None:
    gemini_lab.emulator.faults.add(operation, fault, status=503, times=None)
    with pytest.raises((APIError, httpx2.RemoteProtocolError)):
        _upload(gemini_lab, b"%PDF")
    assert len(list(gemini_lab.client.files.list())) == len(gemini_lab.emulator.uploads) == taken
