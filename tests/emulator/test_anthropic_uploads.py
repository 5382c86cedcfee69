"""Anthropic's Files API, seen by its SDK, and requests that refer to what it holds."""

import base64
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest

from batchata.testing import Fault

Ask = Callable[..., dict[str, Any]]

_BETA = {"anthropic-version": "2023-06-01", "anthropic-beta": "files-api-2025-04-14"}


def _about(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [*blocks, {"type": "text", "text": "What is due?"}]}]}


def _block(file_id: str, kind: str = "document", **more: Any) -> dict[str, Any]:
    return {"type": kind, "source": {"type": "file", "file_id": file_id}, **more}


def test_a_file_from_upload_to_deletion(lab: Any, pdf: bytes) -> None:
    files = lab.client.files
    file = files.upload(file=("dir/a.pdf", pdf), expires_in_seconds=3600)
    assert (file.filename, file.mime_type, file.size_bytes, file.type) == ("a.pdf", "application/pdf", len(pdf), "file")
    assert file.downloadable is False
    assert (file.expires_at - file.created_at).total_seconds() == 3600
    other = files.upload(file=("b.txt", b"plain", "text/plain; charset=utf-8"))
    assert (other.mime_type, other.expires_at) == ("text/plain", None)
    assert files.retrieve_metadata(file.id) == file
    with pytest.raises(anthropic.BadRequestError) as caught:
        files.download(file.id)
    assert type(caught.value).__name__ == "FileNotDownloadableError"
    assert files.delete(other.id).type == "file_deleted"
    lab.emulator.advance(3600)
    for gone in (file.id, other.id, "file_none"):
        with pytest.raises(anthropic.NotFoundError, match="File not found"):
            files.retrieve_metadata(gone)
        with pytest.raises(anthropic.NotFoundError):
            files.delete(gone)
    assert list(files.list()) == []


def test_listings(lab: Any) -> None:
    made = [lab.client.files.upload(file=(f"{number}.txt", b"x")).id for number in range(5)]
    newest = made[::-1]
    assert [file.id for file in lab.client.files.list(limit=2)] == newest
    assert sum(one.operation == "files" for one in lab.emulator.requests) == 3
    assert [file.id for file in lab.client.files.list(ids=[made[1], "file_none", made[3]])] == [made[3], made[1]]
    before = lab.client.get(
        "/v1/files", cast_to=dict[str, Any], options={"params": {"limit": 2, "after_id": newest[1]}}
    )
    assert [file["id"] for file in before["data"]] == newest[2:4]
    assert (before["has_more"], before["first_id"], before["last_id"]) == (True, newest[2], newest[3])
    before = lab.client.get("/v1/files", cast_to=dict[str, Any], options={"params": {"before_id": newest[2]}})
    assert [file["id"] for file in before["data"]] == newest[:2]
    lab.emulator.faults.add("files", Fault.SMALL_PAGES, times=None, size=1)
    assert [file.id for file in lab.client.files.list()] == newest
    with pytest.raises(anthropic.BadRequestError, match="no cursor"):
        lab.client.files.list(page="page_x")
    with pytest.raises(anthropic.BadRequestError, match="neither page nor limit"):
        lab.client.files.list(ids=["a"], limit=1)
    assert list(lab.client_for("key-2").files.list()) == []


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [
        ("a", "application/octet-stream", "application/pdf"),
        ("a.txt", "application/pdf", "application/pdf"),
        ("a.pdf", "text/plain", "text/plain"),
    ],
)
def test_the_type_of_an_upload(lab: Any, pdf: bytes, name: str, said: str, kind: str) -> None:
    assert lab.client.files.upload(file=(name, pdf, said)).mime_type == kind


@pytest.mark.parametrize(
    ("file", "options", "error", "message"),
    [
        (("a?.txt", b"x"), {}, anthropic.BadRequestError, "Invalid filename"),
        (("a" * 256, b"x"), {}, anthropic.BadRequestError, "Invalid filename"),
        (("a", b"x"), {"expires_in_seconds": 3599}, anthropic.BadRequestError, "between 3600 and 7776000"),
        (("a", b"x"), {"extra_body": {"purpose": "vision"}}, anthropic.BadRequestError, "purpose: Extra inputs"),
        (("a", b"x" * 1001), {}, anthropic.RequestTooLargeError, "maximum size of 1000 bytes"),
    ],
)
def test_an_upload_that_is_refused(
    make_lab: Any, file: Any, options: dict[str, Any], error: type[anthropic.APIStatusError], message: str
) -> None:
    lab = make_lab(max_file_bytes=1000)
    with pytest.raises(error, match=message):
        lab.client.files.upload(file=file, **options)
    assert list(lab.emulator.uploads) == []


def test_a_name_is_made_up_where_there_is_none(lab: Any) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--x--\r\n'
    )
    headers = {"content-type": "multipart/form-data; boundary=x", "x-api-key": "k", "anthropic-version": "2026-10-21"}
    url = f"{lab.emulator.url}/v1/files"
    assert httpx2.post(url, content=body, headers=headers).json()["filename"] == "unnamed.pdf"
    assert "file: Field required" in httpx2.post(url, content=b"--x--\r\n", headers=headers).text
    assert "multipart/form-data" in httpx2.post(url, json={}, headers={**headers, "content-type": "a/b"}).text


def test_an_upload_is_as_good_as_its_content(lab: Any, ask: Ask, pdf: bytes, png: bytes) -> None:
    upload = lab.client.files.upload
    names = [upload(file=("a.pdf", pdf)).id, upload(file=("t.txt", b"Pay in May. Or June.")).id]
    image = upload(file=("a.png", png)).id
    text: dict[str, Any] = {"type": "text", "media_type": "text/plain", "data": "Pay in May. Or June."}
    sources: list[dict[str, Any]] = [
        {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(pdf).decode()},
        text,
    ]
    inline_image = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(png).decode()}
    inline = [{"type": "document", "source": source} for source in sources]
    inline.append({"type": "image", "source": inline_image})
    referring = [_block(name) for name in names] + [_block(image, "image")]
    by_id, whole = lab.answer(ask(**_about(*referring))), lab.answer(ask(**_about(*inline)))
    assert by_id.type == whole.type == "succeeded"
    assert by_id.message.usage == whole.message.usage
    assert by_id.message.content == whole.message.content
    # so the same question about the same content is the same request, however it was sent
    assert [len(bills) for bills in lab.emulator.ledger.billed_twice().values()] == [2]


def test_citations_name_the_file(lab: Any, ask: Ask, pdf: bytes) -> None:
    on: Any = {"citations": {"enabled": True}}
    names = [lab.client.files.upload(file=file).id for file in (("a.pdf", pdf), ("t.txt", b"Pay in May."))]
    inline = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Or June."}, **on}
    blocks = [_block(names[0], **on), inline, _block(names[1], **on)]
    message = lab.answer(ask(max_tokens=4000, thinking={"type": "disabled"}, **_about(*blocks))).message
    citations = [citation for block in message.content for citation in block.citations or ()]
    assert citations
    assert all(citation.file_id == (names[0], None, names[1])[citation.document_index] for citation in citations)


@pytest.mark.parametrize(
    ("upload", "block", "message"),
    [
        (("a.png", b"\x89PNG\r\n\x1a\n"), "document", "has the type image/png; a document block takes application/pdf"),
        (("a.pdf", b"%PDF"), "image", "has the type application/pdf; a image block takes image/jpeg"),
        (("a.csv", b"a,b", "text/csv"), "document", "has the type text/csv"),
        (("a.txt", b"\xff\xfe", "text/plain"), "document", "not valid UTF-8"),
        (("a.pdf", b"no", "application/pdf"), "document", "The PDF specified was not valid."),
    ],
)
def test_a_file_of_another_kind(lab: Any, ask: Ask, upload: Any, block: str, message: str) -> None:
    refused = lab.answer(ask(**_about(_block(lab.client.files.upload(file=upload).id, block))))
    assert refused.error.error.type == "invalid_request_error"
    assert message in refused.error.error.message


def test_a_file_that_is_not_there(lab: Any, ask: Ask) -> None:
    deleted = lab.client.files.upload(file=("a.txt", b"x")).id
    lab.client.files.delete(deleted)
    foreign = lab.client_for("key-2").files.upload(file=("a.txt", b"x")).id
    batch = lab.create(*(ask(**_about(_block(name))) for name in (deleted, foreign, "file_none")), ask())
    lines = lab.results(batch.id)
    assert [lines[f"job-{place}"].result.type for place in range(4)] == ["errored"] * 3 + ["succeeded"]
    assert lines["job-0"].result.error.error.type == "not_found_error"
    assert lines["job-0"].result.error.error.message == f"File not found: {deleted}"
    extra = _block("file_none")
    extra["source"]["media_type"] = "text/plain"
    assert "Extra inputs" in lab.answer(ask(**_about(extra))).error.error.message


@pytest.mark.parametrize("how", ["deleted", "expired"])
def test_a_file_has_to_stay_until_its_batches_have_ended(make_lab: Any, ask: Ask, how: str) -> None:
    lab = make_lab(turnaround=7200.0)
    file = lab.client.files.upload(file=("a.txt", b"x"), **({"expires_in_seconds": 3600} if how == "expired" else {}))
    batch = lab.create(ask(**_about(_block(file.id))), ask())
    lab.emulator.advance(1800)
    if how == "deleted":
        lab.client.files.delete(file.id)
    lab.emulator.advance(7200)
    lines = lab.results(batch.id)
    assert lines["job-0"].result.error.error.message == f"File not found: {file.id}"
    assert lines["job-1"].result.type == "succeeded"
    assert [bill.custom_id for bill in lab.emulator.ledger] == ["job-1"]


def test_a_file_may_go_when_its_batches_have_ended(lab: Any, ask: Ask) -> None:
    file = lab.client.files.upload(file=("a.txt", b"x"))
    batch = lab.create(ask(**_about(_block(file.id))))
    lab.ended(batch.id)
    lab.client.files.delete(file.id)
    assert lab.results(batch.id)["job-0"].result.type == "succeeded"


def test_under_the_older_version_files_are_a_beta(lab: Any, ask: Ask) -> None:
    older = lab.client.with_options(default_headers={"anthropic-version": "2023-06-01"})
    with pytest.raises(anthropic.BadRequestError, match="files-api-2025-04-14"):
        older.files.upload(file=("a.txt", b"x"))
    beta = lab.client.with_options(default_headers=_BETA)
    file = beta.files.upload(file=("a.txt", b"x"))
    model = {"model": "claude-sonnet-4-5"}
    without = lab.results(lab.create(ask(**_about(_block(file.id)), **model), client=older).id)
    assert "need the header anthropic-beta" in without["job-0"].result.error.error.message
    assert lab.results(lab.create(ask(**_about(_block(file.id)), **model), client=beta).id)["job-0"].result.message
