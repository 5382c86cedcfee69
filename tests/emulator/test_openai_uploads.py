"""OpenAI's files for requests to refer to, seen by its SDK."""

import base64
from collections.abc import Callable
from typing import Any

import openai
import pytest

from batchata.testing import Fault

Body = Callable[..., dict[str, Any]]


def _chat(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [*parts, {"type": "text", "text": "What is due?"}]}]}


def _said(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [*parts, {"type": "input_text", "text": "What is due?"}]}]


def _upload(lab: Any, name: str, data: bytes, purpose: str = "user_data", **options: Any) -> str:
    return str(lab.client.files.create(file=(name, data), purpose=purpose, **options).id)


def _url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def test_files_by_purpose(openai_lab: Any) -> None:
    files = openai_lab.client.files
    kept: Any = {"anchor": "created_at", "seconds": 3600}
    first = files.create(file=("a.pdf", b"%PDF"), purpose="user_data", expires_after=kept)
    second = files.create(file=("b.pdf", b"%PDF"), purpose="user_data")
    third = files.create(file=("c.png", b"c"), purpose="vision")
    assert (first.expires_at - first.created_at, second.expires_at) == (3600, None)
    assert [file.id for file in files.list(purpose="user_data", limit=1)] == [second.id, first.id]
    assert [file.id for file in files.list(order="asc", after=first.id)] == [second.id, third.id]
    openai_lab.emulator.advance(3600)
    with pytest.raises(openai.NotFoundError):
        files.retrieve(first.id)
    assert files.delete(third.id).deleted
    assert [file.id for file in files.list()] == [second.id]


def test_a_completion_about_an_upload(openai_lab: Any, chat: Body, pdf: bytes) -> None:
    name = _upload(openai_lab, "a.pdf", pdf)
    whole = {"type": "file", "file": {"filename": "a.pdf", "file_data": _url("application/pdf", pdf)}}
    by_id = openai_lab.answer(chat(**_chat({"type": "file", "file": {"file_id": name}})))
    inline = openai_lab.answer(chat(**_chat(whole)))
    assert by_id["usage"] == inline["usage"]
    assert by_id["choices"] == inline["choices"]
    assert [len(bills) for bills in openai_lab.emulator.ledger.billed_twice().values()] == [2]


def test_a_response_about_uploads(openai_lab: Any, respond: Body, pdf: bytes, png: bytes) -> None:
    names = [_upload(openai_lab, "a.pdf", pdf), _upload(openai_lab, "n.txt", b"net 30"), _upload(openai_lab, "i", png)]
    by_id = _said(
        {"type": "input_file", "file_id": names[0]},
        {"type": "input_file", "file_id": names[1]},
        {"type": "input_image", "file_id": names[2], "detail": "auto"},
    )
    inline = _said(
        {"type": "input_file", "filename": "a.pdf", "file_data": _url("application/pdf", pdf)},
        {"type": "input_file", "filename": "n.txt", "file_data": _url("text/plain", b"net 30")},
        {"type": "input_image", "image_url": _url("image/png", png), "detail": "auto"},
    )
    answers = [openai_lab.answer(respond(given)) for given in (by_id, inline)]
    assert answers[0]["usage"] == answers[1]["usage"]
    assert [len(bills) for bills in openai_lab.emulator.ledger.billed_twice().values()] == [2]
    counted = openai_lab.client.responses.input_tokens.count(model="gpt-5", input=by_id)
    assert counted.input_tokens == answers[0]["usage"]["input_tokens"]
    alone = openai_lab.client.responses.create(model="gpt-5", input=by_id, max_output_tokens=100)
    assert alone.usage.input_tokens == answers[0]["usage"]["input_tokens"]


@pytest.mark.parametrize("endpoint", ["chat", "responses"])
def test_a_file_that_is_not_there(openai_lab: Any, chat: Body, respond: Body, endpoint: str) -> None:
    deleted = _upload(openai_lab, "a.pdf", b"%PDF")
    openai_lab.client.files.delete(deleted)
    stranger = openai_lab.client_for("key-2").files.create(file=("a.pdf", b"%PDF"), purpose="user_data").id
    for name in (deleted, stranger, "file-none"):
        body = respond(_said({"type": "input_file", "file_id": name}))
        if endpoint == "chat":
            body = chat(**_chat({"type": "file", "file": {"file_id": name}}))
        batch = openai_lab.ended(openai_lab.create(body).id)
        response = openai_lab.lines(batch.error_file_id)["job-0"]["response"]
        assert response["status_code"] == 404
        assert response["body"]["error"]["message"] == f"Files [{name}] were not found"
        assert response["body"]["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("upload", "part", "message"),
    [
        (("a.txt", b"x", "user_data"), "file", "Expected an application/pdf file, but got 'text/plain'."),
        (("a.pdf", b"%PDF", "vision"), "file", "'messages[0].content[0].file.file_id'. Its purpose is 'vision'"),
        (("in.jsonl", b"{}", "batch"), "input_file", "'input[0].content[0].file_id'. Its purpose is 'batch'"),
        (("a.png", b"x", "assistants"), "input_image", "'user_data' or 'vision' is expected"),
        (("a.txt", b"x", "user_data"), "input_image", "unsupported image"),
    ],
)
def test_a_file_that_does_not_fit(
    openai_lab: Any, chat: Body, respond: Body, upload: tuple[str, bytes, str], part: str, message: str
) -> None:
    name = _upload(openai_lab, *upload)
    body = respond(_said({"type": part, "file_id": name, "detail": "auto"}))
    if part == "file":
        body = chat(**_chat({"type": "file", "file": {"file_id": name}}))
    assert message in openai_lab.answer(body)["error"]["message"]


def test_files_of_a_request_have_a_limit_together(openai_lab: Any, respond: Body) -> None:
    names = [_upload(openai_lab, "a.pdf", b"%PDF".ljust(26 * 1024 * 1024, b"-")) for _ in range(2)]
    body = respond(_said(*({"type": "input_file", "file_id": name} for name in names)))
    assert "exceed the maximum of 52428800 bytes" in openai_lab.answer(body)["error"]["message"]


def test_an_upload_that_is_too_large(make_openai_lab: Any) -> None:
    lab = make_openai_lab(max_file_bytes=10)
    with pytest.raises(openai.APIStatusError, match="maximum size of 10 bytes") as caught:
        _upload(lab, "a.pdf", b"%PDF-1.4 hello")
    assert caught.value.status_code == 413


def test_a_file_has_to_stay_until_its_batches_have_ended(make_openai_lab: Any, respond: Body, pdf: bytes) -> None:
    lab = make_openai_lab(turnaround=7200.0)
    name = _upload(lab, "a.pdf", pdf)
    batch = lab.create(respond(_said({"type": "input_file", "file_id": name})), respond())
    lab.emulator.advance(3600)
    lab.client.files.delete(name)
    lab.emulator.advance(3600)
    batch = lab.ended(batch.id)
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 1)
    assert lab.lines(batch.error_file_id)["job-0"]["response"]["status_code"] == 404
    assert [bill.custom_id for bill in lab.emulator.ledger] == ["job-1"]


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        (Fault.DROP_BEFORE, openai.APIConnectionError, 0),
        (Fault.REFUSE, openai.InternalServerError, 0),
        (Fault.DROP_AFTER, openai.APIConnectionError, 1),
        (Fault.ERROR_AFTER, openai.InternalServerError, 1),
    ],
)
def test_an_upload_that_fails(openai_lab: Any, fault: Fault, error: type[openai.APIError], taken: int) -> None:
    openai_lab.emulator.faults.add("upload", fault)
    with pytest.raises(error):
        _upload(openai_lab, "a.pdf", b"%PDF")
    assert len(openai_lab.client.files.list().data) == len(openai_lab.emulator.uploads) == taken
