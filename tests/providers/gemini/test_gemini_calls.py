"""GeminiProvider's calls: the real SDK's client against a scripted server on a real socket."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import httpx2
import pytest
from google import genai

from batchata.errors import CreateRefusedError, CreateUnknownError, ProviderError, ValidationError
from batchata.providers.base import Intent, ModelFacts, Provider
from batchata.providers.gemini import calls, errors
from batchata.providers.gemini.provider import RESULTS_GONE, GeminiProvider, file_name
from batchata.providers.responses import check_whole

KEY = "AIzaSecret-0123456789"
NOW = 1_795_000_000.0
BODY = b'{"key":"n-0","request":{}}\n'
INTENT = Intent(nonce="n0nce", count=2, size=100, at=NOW, model="gemini-2.5-flash", upload_id="files/batchata-x")
MADE = {"name": "batches/b1", "metadata": {"state": "BATCH_STATE_PENDING", "displayName": "n0nce"}}
LINES = b'{"key":"n-1","response":{}}\n{"key":"n-0","response":{"x":"\xe2\x80\xa8"}}\n'


def time_of(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def batch(name: str, created: float = NOW, mark: str = "other", state: str = "RUNNING", **more: Any) -> dict[str, Any]:
    metadata = {"state": f"BATCH_STATE_{state}", "createTime": time_of(created), "displayName": mark, **more}
    return {"name": f"batches/{name}", "metadata": metadata}


DONE = batch("a", state="SUCCEEDED", output={"responsesFile": "files/batch-a"})


def page(*batches: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = {"operations": list(batches)} if batches else {}
    return {**shown, "nextPageToken": following} if following else shown


def said(status: str, message: str = "words", *details: dict[str, Any], code: int = 400) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def dated(at: float = NOW) -> dict[str, str]:
    return {"date": formatdate(at, usegmt=True)}


def paths(server: Any) -> list[str]:
    return [f"{seen.method} {seen.path}" for seen in server.seen]


def test_it_is_a_provider() -> None:
    provider: Provider = GeminiProvider()
    assert provider.name == "gemini"
    assert provider.limits.one_model_per_batch
    assert provider.limits.upload_first
    assert provider.limits.bytes_per_batch == 2_000_000_000
    assert provider.limits.expires_seconds == provider.limits.results_kept_seconds == 48 * 3600
    lines = [provider.line("n-0", b"{}"), provider.line("n-1", b"{}")]
    made = provider.envelope.head + provider.envelope.separator.join(lines) + provider.envelope.tail
    assert made == b'{"key":"n-0","request":{}}\n{"key":"n-1","request":{}}\n'


def test_pure_methods_load_no_sdk() -> None:
    code = (
        "import sys\n"
        "from batchata.providers.gemini.provider import GeminiProvider\n"
        "p = GeminiProvider(); p.line('a', b'{}'); p.read(b'{}'); p.limits\n"
        "assert not [name for name in ('google.genai', 'httpx2', 'httpx', 'anthropic') if name in sys.modules]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class TestCreate:
    def test_one_post(self, server: Any, provider: GeminiProvider) -> None:
        server.will(MADE)
        assert provider.create(INTENT, io.BytesIO(BODY)) == "batches/b1"
        (seen,) = server.seen
        assert (seen.method, seen.path) == ("POST", "/v1/models/gemini-2.5-flash:batchGenerateContent")
        assert json.loads(seen.body) == {
            "batch": {"inputConfig": {"fileName": "files/batchata-x"}, "displayName": "n0nce"}
        }
        assert seen.headers["x-goog-api-key"] == KEY
        assert seen.headers["content-type"] == "application/json"

    @pytest.mark.parametrize("variable", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
    def test_without_a_client_the_environment_is_used(
        self, server: Any, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(variable, KEY)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
        server.will(said("UNAVAILABLE", code=503), 503).will(MADE)
        provider = GeminiProvider()
        with pytest.raises(CreateUnknownError):
            provider.create(INTENT, io.BytesIO())
        assert provider.create(INTENT, io.BytesIO()) == "batches/b1"
        assert server.seen[-1].headers["x-goog-api-key"] == KEY
        assert server.seen[-1].path.startswith("/v1/models/")
        provider.close()

    def test_without_a_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(CreateRefusedError, match="GOOGLE_API_KEY"):
            GeminiProvider().create(INTENT, io.BytesIO())

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
    def test_a_refusal_made_nothing(self, server: Any, provider: GeminiProvider, status: int) -> None:
        server.will(said("INVALID_ARGUMENT", "bad file"), status)
        with pytest.raises(CreateRefusedError, match="bad file") as caught:
            provider.create(INTENT, io.BytesIO())
        assert (caught.value.status, caught.value.kind, caught.value.retryable) == (status, "INVALID_ARGUMENT", False)
        assert len(server.seen) == 1

    def test_a_full_quota_made_nothing_and_says_how_long(self, server: Any, provider: GeminiProvider) -> None:
        retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12.5s"}
        server.will(said("RESOURCE_EXHAUSTED", "slow down", {"@type": "other"}, retry), 429)
        with pytest.raises(CreateRefusedError) as caught:
            provider.create(INTENT, io.BytesIO())
        assert (caught.value.retryable, caught.value.retry_after) == (True, 12.5)

    def test_a_wrong_key_is_no_fault_of_the_request(self, server: Any, provider: GeminiProvider) -> None:
        server.will(said("INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"}), 400)
        with pytest.raises(CreateRefusedError) as caught:
            provider.create(INTENT, io.BytesIO())
        assert (caught.value.status, caught.value.retryable) == (401, False)

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (said("UNAVAILABLE"), 503),
            (said("INTERNAL"), 500),
            (said("DEADLINE_EXCEEDED"), 504),
            (b"<html>", 502),
            (b"slow down", 429),
            (said("ALREADY_EXISTS"), 409),
            (b"", 408),
            (b"", 200),
            (b"<html>", 200),
            ({"name": "models/x"}, 200),
            (b"", 301),
        ],
    )
    def test_of_these_the_fate_is_unknown_and_nothing_is_repeated(
        self, server: Any, provider: GeminiProvider, body: object, status: int
    ) -> None:
        server.always(body, status)
        with pytest.raises(CreateUnknownError) as caught:
            provider.create(INTENT, io.BytesIO())
        assert caught.value.status == status
        assert len(server.seen) == 1

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirect_is_not_followed(self, server: Any, provider: GeminiProvider, status: int) -> None:
        server.always(b"", status, headers={"location": f"{server.url}/elsewhere"})
        with pytest.raises(CreateUnknownError, match="redirect"):
            provider.create(INTENT, io.BytesIO())
        assert len(server.seen) == 1

    @pytest.mark.parametrize("fault", ["drop", "stall", "cut"])
    def test_a_lost_answer_is_unknown(self, server: Any, make: Callable[..., GeminiProvider], fault: str) -> None:
        server.always(MADE, fault=fault)
        with pytest.raises(CreateUnknownError):
            make(timeout=300).create(INTENT, io.BytesIO())
        assert len(server.seen) == 1

    def test_retries_of_the_client_are_not_made(self, server: Any, make: Callable[..., GeminiProvider]) -> None:
        server.always(said("UNAVAILABLE"), 503)
        with pytest.raises(CreateUnknownError):
            make(retry_options={"attempts": 3, "initial_delay": 0.01}).create(INTENT, io.BytesIO())
        assert len(server.seen) == 1

    def test_a_connection_never_opened_made_nothing(self, make: Callable[..., GeminiProvider]) -> None:
        with pytest.raises(CreateRefusedError) as caught:
            make("http://127.0.0.1:1").create(INTENT, io.BytesIO())
        assert caught.value.retryable

    def test_a_wrong_address_is_not_worth_retrying(self, make: Callable[..., GeminiProvider]) -> None:
        with pytest.raises(CreateRefusedError) as caught:
            make("ftp://127.0.0.1").create(INTENT, io.BytesIO())
        assert not caught.value.retryable

    @pytest.mark.parametrize("key", ["AIza\nx: y", "AIzä-0123456", "auth_tokens/0123456789"])
    def test_a_key_that_can_not_be_sent(self, server: Any, make: Callable[..., GeminiProvider], key: str) -> None:
        with pytest.raises(CreateRefusedError) as caught:
            make(key=key).create(INTENT, io.BytesIO())
        assert key not in str(caught.value)
        assert not server.seen

    def test_a_closed_client_made_nothing(self, server: Any) -> None:
        client = genai.Client(api_key=KEY, http_options={"base_url": server.url})
        client.close()
        with pytest.raises(CreateRefusedError, match="closed"):
            GeminiProvider(client).create(INTENT, io.BytesIO())

    def test_words_are_whole_and_the_key_is_not_in_them(self, server: Any, provider: GeminiProvider) -> None:
        server.will(said("INVALID_ARGUMENT", f"key {KEY} " + "x" * 3000), 400)
        with pytest.raises(CreateRefusedError) as caught:
            provider.create(INTENT, io.BytesIO())
        assert "x" * 3000 in str(caught.value)
        assert KEY not in str(caught.value)
        assert caught.value.__cause__ is None

    def test_a_model_that_is_none_is_never_sent(self, server: Any, provider: GeminiProvider) -> None:
        with pytest.raises(CreateRefusedError):
            provider.create(Intent("n", 1, 1, NOW, model="a?b", upload_id="files/x"), io.BytesIO())
        assert not server.seen


class TestGivenClients:
    def test_vertex_is_refused(self) -> None:
        client = genai.Client(vertexai=True, api_key="k")
        with pytest.raises(ValidationError, match="Vertex AI"):
            GeminiProvider(client)
        client.close()

    def test_other_things_are_refused(self) -> None:
        with pytest.raises(ValidationError, match=r"genai\.Client"):
            GeminiProvider(object())  # type: ignore[arg-type]

    def test_its_version_and_its_transport_are_used(self, server: Any, make: Callable[..., GeminiProvider]) -> None:
        server.will(page(), headers=dated())
        with httpx2.Client(follow_redirects=True, headers={"x-mine": "1"}) as http:
            make(api_version="v1beta", httpx_client=http).find(INTENT)
        assert server.seen[0].path.startswith("/v1beta/batches?")
        assert server.seen[0].headers["x-mine"] == "1"

    def test_a_client_s_own_is_not_closed(self, server: Any, provider: GeminiProvider) -> None:
        provider.close()
        server.will(page())
        provider.find(INTENT)

    def test_it_tells_keys_and_hosts_apart(self, make: Callable[..., GeminiProvider]) -> None:
        accounts = {make().account(), make(key="other-key-123").account(), make("http://127.0.0.1:1").account()}
        assert len(accounts) == 3
        assert make().account() in accounts


class TestStage:
    def test_a_resumable_upload_under_our_name(self, server: Any, provider: GeminiProvider) -> None:
        name = file_name(INTENT.nonce)
        server.will({}, headers={"x-goog-upload-url": "https://evil.example/upload/v1/files?upload_id=7"})
        server.will({"file": {"name": f"files/{name}"}}, headers={"x-goog-upload-status": "final"})
        spool = io.BytesIO(BODY)
        spool.seek(5)
        assert provider.stage(INTENT, spool) == f"files/{name}"
        begin, piece = server.seen
        assert (begin.method, begin.path) == ("POST", "/upload/v1/files")
        sent = {"name": f"files/{name}", "displayName": "n0nce", "mimeType": "application/jsonl"}
        assert json.loads(begin.body) == {"file": sent}
        assert begin.headers["x-goog-upload-protocol"] == "resumable"
        assert begin.headers["x-goog-upload-command"] == "start"
        assert begin.headers["x-goog-upload-header-content-length"] == str(len(BODY))
        assert (piece.path, piece.body) == ("/upload/v1/files?upload_id=7", BODY)
        assert piece.headers["x-goog-upload-command"] == "upload, finalize"
        assert piece.headers["x-goog-upload-offset"] == "0"

    def test_large_bodies_go_in_pieces(
        self, server: Any, provider: GeminiProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calls, "UPLOAD_CHUNK", 10)
        server.will({}, headers={"x-goog-upload-url": f"{server.url}/up"})
        server.will({}, headers={"x-goog-upload-status": "active"}).will({}, headers={"x-goog-upload-status": "active"})
        server.will({"file": {"name": "files/f"}}, headers={"x-goog-upload-status": "final"})
        assert provider.stage(INTENT, io.BytesIO(BODY)) == "files/f"
        assert b"".join(seen.body for seen in server.seen[1:]) == BODY
        assert [seen.headers["x-goog-upload-offset"] for seen in server.seen[1:]] == ["0", "10", "20"]
        commands = [seen.headers["x-goog-upload-command"] for seen in server.seen[1:]]
        assert commands == ["upload", "upload", "upload, finalize"]

    @pytest.mark.parametrize("name", [file_name(nonce) for nonce in ("n", "A_b-C", "0123456789abcdef" * 4)])
    def test_names_are_such_as_gemini_takes(self, name: str) -> None:
        assert len(name) <= 40
        assert name == name.lower()
        assert name.replace("-", "").isalnum()
        assert not name.endswith("-")

    def test_an_earlier_upload_of_ours_is_used(self, server: Any, provider: GeminiProvider) -> None:
        server.will(said("ALREADY_EXISTS"), 409).will({"sizeBytes": str(len(BODY)), "state": "ACTIVE"})
        assert provider.stage(INTENT, io.BytesIO(BODY)) == f"files/{file_name(INTENT.nonce)}"
        assert server.seen[1].path == f"/v1/files/{file_name(INTENT.nonce)}"

    @pytest.mark.parametrize(
        "file", [{"sizeBytes": "3", "state": "ACTIVE"}, {"sizeBytes": "27", "state": "FAILED"}, {}]
    )
    def test_half_an_earlier_upload_is_not(self, server: Any, provider: GeminiProvider, file: dict[str, str]) -> None:
        server.will(said("ALREADY_EXISTS"), 409).will(file)
        with pytest.raises(ProviderError) as caught:
            provider.stage(INTENT, io.BytesIO(BODY))
        assert (caught.value.status, caught.value.retryable) == (409, True)

    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            ({}, {}),
            ({"x-goog-upload-status": "active"}, {"file": {"name": "files/f"}}),
            ({"x-goog-upload-status": "final"}, {}),
            ({"x-goog-upload-status": "final"}, b"<html>"),
        ],
    )
    def test_an_upload_without_a_file_is_an_error(
        self, server: Any, provider: GeminiProvider, headers: dict[str, str], body: object
    ) -> None:
        server.will({}, headers={"x-goog-upload-url": f"{server.url}/up"}).will(body, headers=headers)
        with pytest.raises(ProviderError) as caught:
            provider.stage(INTENT, io.BytesIO(BODY))
        assert caught.value.retryable

    def test_an_upload_without_an_address_is_an_error(self, server: Any, provider: GeminiProvider) -> None:
        server.will({})
        with pytest.raises(ProviderError, match="where to send it"):
            provider.stage(INTENT, io.BytesIO(BODY))

    def test_broken_off(self, server: Any, provider: GeminiProvider, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calls, "UPLOAD_CHUNK", 10)
        server.will({}, headers={"x-goog-upload-url": f"{server.url}/up"}).always({})
        with pytest.raises(ProviderError, match="broke off"):
            provider.stage(INTENT, io.BytesIO(BODY))
        assert len(server.seen) == 2

    def test_a_redirect_is_not_followed(self, server: Any, provider: GeminiProvider) -> None:
        server.will({}, headers={"x-goog-upload-url": f"{server.url}/up"})
        server.always(b"", 308, headers={"location": f"{server.url}/elsewhere"})
        with pytest.raises(ProviderError, match="redirect"):
            provider.stage(INTENT, io.BytesIO(BODY))
        assert len(server.seen) == 2


class TestResults:
    def test_bytes_come_as_they_are(self, server: Any, provider: GeminiProvider) -> None:
        server.will(DONE).will(LINES)
        assert b"".join(provider.results("batches/a")) == LINES
        assert paths(server) == ["GET /v1/batches/a", "GET /v1/files/batch-a:download?alt=media"]

    def test_they_are_streamed(self, server: Any, provider: GeminiProvider) -> None:
        big = bytes(5_000_000)
        server.will(DONE).will(big)
        chunks = list(provider.results("batches/a"))
        assert sum(map(len, chunks)) == len(big)
        assert max(map(len, chunks)) <= 1 << 16

    def test_a_cut_download_is_an_error(self, server: Any, provider: GeminiProvider) -> None:
        server.will(DONE).will(LINES, fault="cut")
        with pytest.raises(ProviderError) as caught:
            b"".join(provider.results("batches/a"))
        assert caught.value.retryable

    def test_a_short_download_is_an_error_where_the_transport_says_nothing(self) -> None:
        short = httpx2.Response(200, headers={"content-length": "9"}, stream=httpx2.ByteStream(b"abc"))
        short.read()
        with pytest.raises(ProviderError, match="3 of 9 bytes"):
            check_whole(short)

    def test_a_redirect_within_the_host_is_followed(self, server: Any, provider: GeminiProvider) -> None:
        server.will(DONE).will(b"", 302, headers={"location": f"{server.url}/download/v1/files/batch-a"}).will(LINES)
        assert b"".join(provider.results("batches/a")) == LINES
        assert server.seen[-1].path == "/download/v1/files/batch-a"

    def test_a_redirect_to_another_host_is_not(self, server: Any, provider: GeminiProvider) -> None:
        elsewhere = f"http://localhost:{server.server_port}/x"
        server.will(DONE).always(b"", 302, headers={"location": elsewhere})
        with pytest.raises(ProviderError, match="redirect"):
            b"".join(provider.results("batches/a"))
        assert len(server.seen) == 2

    def test_redirects_without_end(self, server: Any, provider: GeminiProvider) -> None:
        server.will(DONE).always(b"", 302, headers={"location": f"{server.url}/x"})
        with pytest.raises(ProviderError, match="redirect"):
            b"".join(provider.results("batches/a"))
        assert len(server.seen) == 5

    def test_it_can_be_left_early(self, server: Any, provider: GeminiProvider) -> None:
        server.will(DONE).will(bytes(1_000_000)).will(page())
        results = provider.results("batches/a")
        next(results)
        results.close()  # type: ignore[attr-defined]
        provider.find(INTENT)

    def test_inlined_answers_are_lines_too(self, server: Any, provider: GeminiProvider) -> None:
        inlined = [{"metadata": {"key": "n-0"}, "response": {}}, {"metadata": {"key": "n-1"}, "error": {"code": 3}}]
        server.will(batch("a", state="SUCCEEDED", output={"inlinedResponses": {"inlinedResponses": inlined}}))
        lines = b"".join(provider.results("batches/a")).splitlines()
        assert [provider.read(line).custom_id for line in lines] == ["n-0", "n-1"]

    @pytest.mark.parametrize("status", [403, 404])
    def test_a_file_that_is_gone_is_told_apart_from_a_key_that_is_refused(
        self, server: Any, provider: GeminiProvider, status: int
    ) -> None:
        server.will(DONE).will(said("PERMISSION_DENIED", "it may not exist"), status)
        with pytest.raises(ProviderError, match="it may not exist") as caught:
            b"".join(provider.results("batches/a"))
        assert (caught.value.status, caught.value.kind, caught.value.retryable) == (404, RESULTS_GONE, False)
        server.will(said("PERMISSION_DENIED"), 403)
        with pytest.raises(ProviderError) as caught:
            b"".join(provider.results("batches/a"))
        assert (caught.value.status, caught.value.kind) == (403, "PERMISSION_DENIED")

    @pytest.mark.parametrize("state", ["EXPIRED", "CANCELLED", "FAILED"])
    def test_of_a_batch_that_ended_without_answers_nothing_comes(
        self, server: Any, provider: GeminiProvider, state: str
    ) -> None:
        server.will(batch("a", state=state))
        assert list(provider.results("batches/a")) == []

    def test_a_success_without_answers_is_not_an_empty_one(self, server: Any, provider: GeminiProvider) -> None:
        server.will(batch("a", state="SUCCEEDED"))
        with pytest.raises(ProviderError) as caught:
            list(provider.results("batches/a"))
        assert caught.value.retryable

    def test_a_download_s_refusal_is_read(self, server: Any, provider: GeminiProvider) -> None:
        server.will(DONE).will(said("UNAVAILABLE", "later"), 503)
        with pytest.raises(ProviderError, match="later") as caught:
            list(provider.results("batches/a"))
        assert caught.value.retryable


class TestCancel:
    def test_it_posts_once(self, server: Any, provider: GeminiProvider) -> None:
        server.will({})
        provider.cancel("batches/a")
        assert paths(server) == ["POST /v1/batches/a:cancel"]
        assert server.seen[0].body == b""

    def test_an_ended_batch_is_no_error(self, server: Any, provider: GeminiProvider) -> None:
        server.will(said("FAILED_PRECONDITION"), 400).will(batch("a", state="SUCCEEDED"))
        provider.cancel("batches/a")

    def test_a_refusal_of_a_running_batch_is_one(self, server: Any, provider: GeminiProvider) -> None:
        server.will(said("FAILED_PRECONDITION", "not now"), 400).will(batch("a"))
        with pytest.raises(ProviderError, match="not now"):
            provider.cancel("batches/a")


class TestForget:
    @pytest.mark.parametrize("status", [200, 403, 404])
    def test_the_upload_is_deleted(self, server: Any, provider: GeminiProvider, status: int) -> None:
        server.will(batch("b1", mark=INTENT.nonce, state="SUCCEEDED")).will({}, status)
        provider.forget("batches/b1")
        assert paths(server)[1:] == [f"DELETE /v1/files/{file_name(INTENT.nonce)}"]

    def test_a_batch_without_a_mark_has_no_upload_of_ours(self, server: Any, provider: GeminiProvider) -> None:
        server.will({"name": "batches/b1", "metadata": {"state": "BATCH_STATE_SUCCEEDED"}})
        provider.forget("batches/b1")
        assert len(server.seen) == 1

    def test_a_failure_is_told(self, server: Any, provider: GeminiProvider) -> None:
        server.will(batch("b1", mark="n")).always(said("INTERNAL", code=500), 500)
        with pytest.raises(ProviderError, match="500"):
            provider.forget("batches/b1")


class TestFacts:
    def test_what_the_endpoint_says(self, server: Any, provider: GeminiProvider) -> None:
        server.will({"inputTokenLimit": 1048576, "outputTokenLimit": 65536, "maxTemperature": 2, "temperature": 1})
        assert provider.facts("gemini-2.5-flash") == ModelFacts(1048576, 65536, takes_temperature=True)
        assert paths(server) == ["GET /v1/models/gemini-2.5-flash"]

    @pytest.mark.parametrize("body", [{}, {"inputTokenLimit": "x", "outputTokenLimit": -1, "maxTemperature": "2"}])
    def test_what_it_does_not_say(self, server: Any, provider: GeminiProvider, body: object) -> None:
        server.will(body)
        assert provider.facts("m") == ModelFacts()

    def test_failure_is_no_facts(self, server: Any, provider: GeminiProvider) -> None:
        server.always(said("NOT_FOUND"), 404)
        assert provider.facts("m") == ModelFacts()
        assert provider.facts("no name at all") == ModelFacts()


class TestEveryErrorIsMapped:
    @pytest.mark.parametrize("status", [300, 301, 400, 401, 403, 404, 408, 409, 410, 418, 425, 429, 500, 502, 503, 599])
    def test_by_status(self, server: Any, provider: GeminiProvider, status: int) -> None:
        server.always(b"plain words", status)
        with pytest.raises(ProviderError, match="plain words") as caught:
            provider.find(INTENT)
        assert caught.value.status == status
        assert caught.value.retryable is (status in (408, 409, 425, 429) or status >= 500)

    @pytest.mark.parametrize("fault", ["drop", "stall", "cut"])
    def test_by_the_network(self, server: Any, make: Callable[..., GeminiProvider], fault: str) -> None:
        server.always(page(), fault=fault)
        with pytest.raises(ProviderError) as caught:
            make(timeout=300).find(INTENT)
        assert caught.value.retryable

    def test_by_class(self) -> None:
        kinds = [
            kind
            for kind in vars(httpx2).values()
            if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, httpx2.CookieConflict)
        ]
        assert len(kinds) > 20
        assert [kind for kind in kinds if not issubclass(kind, errors.foreign_errors())] == []

    def test_an_error_in_a_list(self, server: Any, provider: GeminiProvider) -> None:
        server.will([said("UNAUTHENTICATED", "who?")], 401)
        with pytest.raises(ProviderError, match="who\\?") as caught:
            provider.find(INTENT)
        assert caught.value.kind == "UNAUTHENTICATED"

    def test_a_key_within_the_transport_s_words_is_taken_out(self) -> None:
        failure = errors.failure(httpx2.ConnectError(f"no route to {KEY}.example"), {KEY})
        assert failure.message == "Gemini could not be reached, nothing was sent: ConnectError: no route to ***.example"


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("3s", 3), ("0.5s", 0.5), ("1e9s", 3600), ("nans", None), ("-1s", None), ("soon", None), (7, None)],
)
def test_retry_delay(server: Any, provider: GeminiProvider, delay: object, seconds: float | None) -> None:
    server.will(said("RESOURCE_EXHAUSTED", "w", {"retryDelay": delay}), 429)
    with pytest.raises(ProviderError) as caught:
        provider.find(INTENT)
    assert caught.value.retry_after == seconds


def test_a_retry_after_header_is_heard_too(server: Any, provider: GeminiProvider) -> None:
    server.will(said("UNAVAILABLE"), 503, headers={"retry-after": "9"})
    with pytest.raises(ProviderError) as caught:
        provider.find(INTENT)
    assert caught.value.retry_after == 9
