"""Files put at a provider for requests to refer to: the calls, by the real SDKs' transports against a scripted server, and the bodies."""

import json
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import anthropic
import openai
import pytest
from google import genai

from batchata.errors import ProviderError
from batchata.providers.anthropic.provider import AnthropicProvider
from batchata.providers.base import ModelFacts, Upload, UploadForm, Uploads
from batchata.providers.compatible import OpenAICompatible, make
from batchata.providers.failures import upload_gone
from batchata.providers.gemini.provider import GeminiProvider
from batchata.providers.openai.provider import OpenAIProvider
from batchata.request import Document, Image, Message, Request, Text

KEY = "sk-secret-0123456789"
NOW = 1_795_000_000.0
LATER = NOW + 86_400
RFC = datetime.fromtimestamp(LATER, UTC).isoformat()
NAME = "batchata-0123456789abcdef-77.pdf"
MARK = "batchata-0123456789abcdef-"
FORM = UploadForm("application/pdf", ".pdf", b"%PDF-1.7 bytes")
TLS = ssl.create_default_context()
PDF = Document("a.pdf", "application/pdf", b"%PDF" * 9_000, ("one", "two"), paged=True)
NOTE = Document("a.md", "text/markdown", b"x", ("caf\u00e9. \u201cgood\u201d " * 4_000,))
PICTURE = Image("image/png", b"\x89PNG" * 9_000, 10, 10)


class Any3(Protocol):
    """One of the three providers, as far as these tests need it."""

    @property
    def uploads(self) -> Any: ...

    def prepare(self, request: Request, facts: ModelFacts) -> Any: ...
    def close(self) -> None: ...


def anthropic_file(name: str = NAME, file_id: str = "file_1") -> dict[str, Any]:
    return {"id": file_id, "type": "file", "filename": name, "size_bytes": 14, "expires_at": RFC}


def openai_file(name: str = NAME, file_id: str = "file_1") -> dict[str, Any]:
    return {"id": file_id, "object": "file", "filename": name, "bytes": 14, "expires_at": int(LATER)}


def gemini_file(name: str = NAME, file_id: str = "file-1", **more: Any) -> dict[str, Any]:
    uri = f"https://generativelanguage.googleapis.com/v1/files/{file_id}"
    file = {"name": f"files/{file_id}", "displayName": name, "uri": uri, "sizeBytes": "14", "state": "ACTIVE"}
    return {**file, "expirationTime": RFC, **more}


@pytest.fixture
def three(server: Any) -> Iterator[dict[str, Any3]]:
    claude = anthropic.Anthropic(
        api_key=KEY, base_url=server.url, timeout=5, http_client=anthropic.DefaultHttpxClient(verify=TLS)
    )
    gpt = openai.OpenAI(
        api_key=KEY, base_url=f"{server.url}/v1", timeout=5, http_client=openai.DefaultHttpxClient(verify=TLS)
    )
    tls = {"verify": TLS}
    http: Any = {"base_url": server.url, "timeout": 5000, "client_args": tls, "async_client_args": tls}
    gemini = genai.Client(api_key=KEY, http_options=http)
    yield {
        "anthropic": AnthropicProvider(claude, clock=lambda: NOW),
        "openai": OpenAIProvider(gpt, clock=lambda: NOW),
        "gemini": GeminiProvider(gemini, clock=lambda: NOW),
    }
    for client in (claude, gpt, gemini):
        client.close()


ALL = pytest.mark.parametrize("name", ["anthropic", "openai", "gemini"])


@pytest.fixture
def uploads(three: dict[str, Any3], name: str) -> Uploads:
    found: Uploads = three[name].uploads
    return found


def will_take(server: Any, name: str, file: dict[str, Any] | None = None) -> None:
    if name == "gemini":
        server.will({}, headers={"x-goog-upload-url": f"{server.url}/up?upload_id=7"})
        server.will({"file": file or gemini_file()}, headers={"x-goog-upload-status": "final"})
    else:
        server.will(file or {"anthropic": anthropic_file, "openai": openai_file}[name]())


def expected(name: str) -> Upload:
    uri = "https://generativelanguage.googleapis.com/v1/files/file-1"
    return Upload(NAME, uri if name == "gemini" else "file_1", LATER)


@ALL
def test_an_upload_has_our_name_and_an_end(server: Any, uploads: Uploads, name: str) -> None:
    will_take(server, name)
    assert uploads.upload(NAME, FORM) == expected(name)
    sent = b"".join(seen.body for seen in server.seen)
    assert FORM.data in sent
    assert NAME.encode() in sent
    assert b"application/pdf" in sent
    if name == "anthropic":
        assert re.search(rb'name="expires_in_seconds"\r\n\r\n2592000\r\n', sent)
    if name == "openai":
        assert re.search(rb'name="purpose"\r\n\r\nuser_data\r\n', sent)
        assert re.search(rb'name="expires_after\[seconds\]"\r\n\r\n2592000\r\n', sent)


def test_a_picture_has_a_purpose_of_its_own_at_openai(server: Any, three: dict[str, Any3]) -> None:
    will_take(server, "openai")
    three["openai"].uploads.upload("x.png", UploadForm("image/png", ".png", b"png"))
    assert re.search(rb'name="purpose"\r\n\r\nvision\r\n', server.seen[0].body)


def test_uploads_are_what_the_sdks_send(server: Any, three: dict[str, Any3]) -> None:
    """Gemini's are held against its SDK in `test_gemini_as_the_sdk`."""
    server.always(anthropic_file())
    file = (NAME, FORM.data, "application/pdf")
    with anthropic.Anthropic(api_key=KEY, base_url=server.url) as claude:
        claude.files.upload(file=file, expires_in_seconds=2_592_000)
    three["anthropic"].uploads.upload(NAME, FORM)
    with openai.OpenAI(api_key=KEY, base_url=f"{server.url}/v1") as gpt:
        gpt.files.create(file=file, purpose="user_data", expires_after={"anchor": "created_at", "seconds": 2_592_000})
    three["openai"].uploads.upload(NAME, FORM)

    def parts(seen: Any) -> tuple[str, str, list[bytes]]:
        boundary = seen.headers["content-type"].partition("boundary=")[2].encode()
        return seen.method, seen.path, sorted(seen.body.split(b"--" + boundary))

    theirs, ours, theirs_too, ours_too = map(parts, server.seen)
    assert theirs == ours
    assert theirs_too == ours_too


@ALL
@pytest.mark.parametrize("status", [429, 500, 307])
def test_an_upload_is_sent_once(server: Any, uploads: Uploads, name: str, status: int) -> None:
    server.always(b"{}", status, headers={"location": f"{server.url}/elsewhere"} if status == 307 else {})
    with pytest.raises(ProviderError) as caught:
        uploads.upload(NAME, FORM)
    assert len(server.seen) == 1
    assert caught.value.retryable == (status != 307)
    assert KEY not in str(caught.value)


@ALL
def test_an_upload_without_an_id_is_none(server: Any, uploads: Uploads, name: str) -> None:
    will_take(server, name, {"name": "files/x", "filename": NAME})
    with pytest.raises(ProviderError, match="upload"):
        uploads.upload(NAME, FORM)


def pages(name: str, *listed: Sequence[object]) -> list[dict[str, Any]]:
    """A listing in pages."""
    made: list[dict[str, Any]]
    if name == "gemini":
        made = [{"files": list(page), "nextPageToken": f"t{n}"} for n, page in enumerate(listed)]
        made[-1].pop("nextPageToken")
    elif name == "anthropic":
        made = [{"data": list(page), "next_page": f"page_{n}"} for n, page in enumerate(listed)]
        made[-1]["next_page"] = None
    else:
        made = [{"data": list(page), "has_more": True} for page in listed]
        made[-1]["has_more"] = False
        made.append({"data": [], "has_more": False})  # of the second purpose
    return made


def file_of(name: str) -> Callable[..., dict[str, Any]]:
    return {"anthropic": anthropic_file, "openai": openai_file, "gemini": gemini_file}[name]


@ALL
def test_a_listing_is_followed_to_its_end_and_shows_what_bears_the_mark(
    server: Any, uploads: Uploads, name: str
) -> None:
    file = file_of(name)
    foreign = [file("notes.pdf"), file("batchata-0123456789abcdee-77.pdf"), file("x" + NAME), {"id": 7}, None]
    for page in pages(name, [*foreign, file()], [file(f"{MARK}2.png", "file-2")]):
        server.will(page)
    found = list(uploads.uploaded(MARK))
    assert [upload.name for upload in found] == [NAME, f"{MARK}2.png"]
    assert found[0] == expected(name)
    assert len(server.seen) == (3 if name == "openai" else 2)
    following = {"anthropic": "page=page_0", "openai": "after=file_1", "gemini": "pageToken=t0"}[name]
    assert following in server.seen[1].path


@ALL
def test_a_listing_that_goes_in_a_circle_is_no_listing(server: Any, uploads: Uploads, name: str) -> None:
    file = file_of(name)()
    endless = {"files": [file], "nextPageToken": "t"} if name == "gemini" else {"data": [file], "has_more": True}
    server.always(endless)
    with pytest.raises(ProviderError, match="listing"):
        list(uploads.uploaded(MARK))
    assert len(server.seen) <= 3


@ALL
@pytest.mark.parametrize("status", [200, 404])
def test_deleting_what_is_not_there_is_no_error(server: Any, uploads: Uploads, name: str, status: int) -> None:
    server.always({}, status)
    uploads.delete(expected(name))
    (seen,) = server.seen
    assert seen.method == "DELETE"
    assert seen.path.endswith("files/file-1" if name == "gemini" else "files/file_1")


@ALL
def test_a_delete_that_is_refused_is_said(server: Any, uploads: Uploads, name: str) -> None:
    server.always({}, 400)
    with pytest.raises(ProviderError, match="400"):
        uploads.delete(expected(name))


class TestGemini:
    TAKEN = {"error": {"code": 409, "status": "ALREADY_EXISTS", "message": "taken"}}  # noqa: RUF012  (never changed)

    def test_a_name_that_is_taken_is_the_file_itself(self, server: Any, three: dict[str, Any3]) -> None:
        server.will(self.TAKEN, 409).will(gemini_file())
        assert three["gemini"].uploads.upload(NAME, FORM) == expected("gemini")
        named = json.loads(server.seen[0].body)["file"]["name"]
        assert re.fullmatch(r"files/[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", named)
        assert server.seen[1].path == f"/v1/{named}"

    def test_unless_it_is_another(self, server: Any, three: dict[str, Any3]) -> None:
        server.will(self.TAKEN, 409).will(gemini_file(sizeBytes="15"))
        with pytest.raises(ProviderError, match="taken"):
            three["gemini"].uploads.upload(NAME, FORM)

    def test_a_name_serves_for_half_a_day(self, server: Any) -> None:
        def file_id(now: float) -> str:
            with genai.Client(api_key=KEY, http_options={"base_url": server.url}) as client:
                return GeminiProvider(client, clock=lambda: now).uploads._file_id(NAME)

        start = NOW // 43_200 * 43_200
        assert file_id(start) == file_id(start + 43_199) != file_id(start + 43_200)

    def test_what_is_processed_first_is_waited_for(
        self, server: Any, three: dict[str, Any3], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("batchata.providers.gemini.uploads.LOOK_SECONDS", 0.0)
        will_take(server, "gemini", gemini_file(state="PROCESSING"))
        server.will(gemini_file(state="PROCESSING")).will(gemini_file())
        assert three["gemini"].uploads.upload(NAME, FORM) == expected("gemini")
        will_take(server, "gemini", gemini_file(state="PROCESSING"))
        server.always(gemini_file(state="PROCESSING"))
        with pytest.raises(ProviderError, match="not processed"):
            three["gemini"].uploads.upload(NAME, FORM)


def ask(*parts: Document | Image, **more: Any) -> Request:
    return Request("m-1", (Message("user", (*parts, Text("hi"))),), 16, bounded=True, **more)


def with_reference(part: Any) -> Any:
    return type(part)(**{**{field: getattr(part, field) for field in part.__slots__}, "reference": "the-file"})


@ALL
@pytest.mark.parametrize("part", [PDF, PICTURE, NOTE])
@pytest.mark.parametrize("citations", [False, True])
def test_a_reference_stands_for_the_bytes_and_is_bounded_like_them(
    three: dict[str, Any3], name: str, part: Document | Image, citations: bool
) -> None:
    provider = three[name]
    form = provider.uploads.form(part)
    if part is NOTE and name != "anthropic":
        assert form is None
        return
    assert form is not None
    assert form.data == (part.data if part is not NOTE else NOTE.text.encode())
    inline = provider.prepare(ask(part, citations=citations), ModelFacts())
    referred = provider.prepare(ask(with_reference(part), citations=citations), ModelFacts())
    assert b"the-file" in referred.body
    assert len(referred.body) < 600
    assert len(inline.body) > 20_000
    assert abs(referred.input_tokens_max - inline.input_tokens_max) < 200
    assert referred.input_tokens_max > len(part.text if isinstance(part, Document) else b"")
    assert referred.cache_write == inline.cache_write
    if name == "anthropic" and citations and isinstance(part, Document):
        (document, _) = json.loads(referred.body)["messages"][0]["content"]
        assert document["citations"] == {"enabled": True}
        assert document["title"] == part.name


def test_the_name_of_a_document_reaches_openai_beside_its_upload(three: dict[str, Any3]) -> None:
    sent = json.loads(three["openai"].prepare(ask(with_reference(PDF)), ModelFacts()).body)
    named, file, asked = sent["input"][0]["content"]
    assert named == {"type": "input_text", "text": "[a.pdf]"}
    assert file == {"type": "input_file", "file_id": "the-file"}
    assert asked["text"] == "hi"


@ALL
def test_what_no_request_can_hold_is_not_uploaded(uploads: Uploads, name: str) -> None:
    assert uploads.form(Image("image/tiff", b"II*\0")) is None


def test_who_has_no_uploads(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "anthropic-version: 2023-06-01")
    assert AnthropicProvider().uploads is None
    assert OpenAIProvider().uploads is not None
    for batch in (True, False):
        own = make("own", OpenAICompatible(base_url="http://localhost:1/v1", batch=batch), tmp_path)
        assert own.uploads is None
        own.close()


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ("File not found: file_011C", True),
        ("not_found_error: File file_011C not found", True),
        ("file_expired", True),
        ("Files ['file-abc'] were not found.", True),
        ("No such File object: file-abc", True),
        ("You do not have permission to access the File abc or it may not exist.", True),
        ("The model m-1 does not exist", False),
        ("profile not found", False),
        ("messages.0: too long", False),
        (None, False),
    ],
)
def test_words_for_an_upload_that_is_gone(words: str | None, gone: bool) -> None:
    assert upload_gone(words) == gone
