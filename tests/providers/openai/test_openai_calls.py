"""OpenAIProvider's calls: the real SDK against a scripted server on a real socket."""

import inspect
import io
import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

import httpx2
import openai
import pytest
from openai import _exceptions

from batchata.errors import CreateRefusedError, CreateUnknownError, ProviderError
from batchata.providers.base import RESULTS_GONE, Intent, ModelFacts, Provider
from batchata.providers.listing import CLOCK_SLACK_SECONDS
from batchata.providers.openai.provider import (
    FILES_GONE_SECONDS,
    FILES_LATE_SECONDS,
    OUTPUT_KEPT_SECONDS,
    OpenAIProvider,
)

KEY = "sk-proj-secret-0123456789"
NOW = 1_795_000_000.0
INTENT = Intent(nonce="n0nce", count=2, size=100, at=NOW, upload_id="file-up")
BODY = b'{"custom_id":"n0nce-0"}\n'
TLS = ssl.create_default_context()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def make(server: Any) -> Iterator[Callable[..., OpenAIProvider]]:
    clients: list[openai.OpenAI] = []

    def provider(**options: Any) -> OpenAIProvider:
        given = {"api_key": KEY, "base_url": f"{server.url}/v1", "timeout": 5, "max_retries": 0, **options}
        given.setdefault("http_client", openai.DefaultHttpxClient(verify=TLS))
        clients.append(openai.OpenAI(**given))
        return OpenAIProvider(clients[-1], clock=lambda: NOW)

    yield provider
    for client in clients:
        client.close()


@pytest.fixture
def provider(make: Callable[..., OpenAIProvider]) -> OpenAIProvider:
    return make()


def batch(batch_id: str, status: str = "in_progress", created: float = NOW, **more: Any) -> dict[str, Any]:
    return {
        "id": batch_id,
        "object": "batch",
        "endpoint": "/v1/responses",
        "status": status,
        "created_at": int(created),
        "input_file_id": "file-other",
        "output_file_id": None,
        "error_file_id": None,
        "errors": None,
        "request_counts": {"total": 2, "completed": 0, "failed": 0},
        "metadata": None,
        **more,
    }


def page(*batches: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(batches), "has_more": more}


def dated(at: float = NOW) -> dict[str, str]:
    return {"date": formatdate(at, usegmt=True)}


def said(code: str | None, message: str = "words", kind: str = "some_type") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def test_it_is_a_provider() -> None:
    provider: Provider = OpenAIProvider()
    assert provider.name == "openai"
    limits = provider.limits
    assert (limits.jobs_per_batch, limits.bytes_per_batch) == (50_000, 200_000_000)
    assert (limits.one_model_per_batch, limits.upload_first) == (True, True)
    assert (limits.expires_seconds, limits.results_kept_seconds) == (86_400, 30 * 86_400)
    lines = [provider.line("n-0", b'{"model":"m"}'), provider.line("n-1", b"{}")]
    made = provider.envelope.head + provider.envelope.separator.join(lines) + provider.envelope.tail
    assert made == (
        b'{"custom_id":"n-0","method":"POST","url":"/v1/responses","body":{"model":"m"}}\n'
        b'{"custom_id":"n-1","method":"POST","url":"/v1/responses","body":{}}\n'
    )
    assert provider.facts("gpt-5") == ModelFacts()  # and no call was made


def test_pure_methods_load_no_sdk() -> None:
    code = """
import sys
from batchata.providers.openai.provider import OpenAIProvider
from batchata.providers.base import ModelFacts
from batchata.request import Message, Request, Text
p = OpenAIProvider()
p.line("a", p.prepare(Request("gpt-5", (Message("user", (Text("hi"),)),), 5), ModelFacts()).body)
p.read(b"{}")
assert not {"openai", "anthropic", "httpx2"} & sys.modules.keys(), "an SDK was loaded"
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


class TestStage:
    def test_one_upload_that_deletes_itself(self, server: Any, provider: OpenAIProvider) -> None:
        server.will({"id": "file-1"})
        with tempfile.TemporaryFile() as spool:
            spool.write(BODY)  # and left at its end
            assert provider.stage(INTENT, spool) == "file-1"
        (seen,) = server.seen
        assert (seen.method, seen.path) == ("POST", "/v1/files")
        assert seen.headers["content-type"].startswith("multipart/form-data; boundary=")
        for part in (
            b'name="purpose"\r\n\r\nbatch\r\n',
            b'name="expires_after[anchor]"\r\n\r\ncreated_at\r\n',
            b'name="expires_after[seconds]"\r\n\r\n1209600\r\n',
            b'filename="batchata-n0nce.jsonl"',
            b"\r\n\r\n" + BODY + b"\r\n",
        ):
            assert part in seen.body

    @pytest.mark.parametrize(
        ("status", "body", "retryable"),
        [
            (500, said(None), True),
            (429, said("rate_limit_exceeded"), True),
            (429, said("insufficient_quota"), False),
            (413, b"too large", False),
            (307, b"", False),
            (200, b"<html>", True),
            (200, {"object": "file"}, True),
        ],
    )
    def test_every_failure_made_nothing(
        self, server: Any, make: Callable[..., OpenAIProvider], status: int, body: object, retryable: bool
    ) -> None:
        server.always(body, status, headers={"location": f"{server.url}/elsewhere"} if status == 307 else {})
        with pytest.raises(CreateRefusedError) as caught:
            make(max_retries=2).stage(INTENT, io.BytesIO(BODY))
        assert (caught.value.status, caught.value.retryable) == (status, retryable)
        assert len(server.seen) == 1

    @pytest.mark.parametrize("fault", ["drop", "stall"])
    def test_a_lost_answer_to_an_upload_too(self, server: Any, make: Callable[..., OpenAIProvider], fault: str) -> None:
        server.always({"id": "file-1"}, fault=fault)
        with pytest.raises(CreateRefusedError) as caught:
            make(max_retries=2, timeout=0.3).stage(INTENT, io.BytesIO(BODY))
        assert caught.value.retryable
        assert len(server.seen) == 1


class TestCreate:
    def test_one_post_that_carries_the_mark(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(batch("batch_1"))
        assert provider.create(INTENT, io.BytesIO()) == "batch_1"
        (seen,) = server.seen
        assert (seen.method, seen.path) == ("POST", "/v1/batches")
        assert json.loads(seen.body) == {
            "input_file_id": "file-up",
            "endpoint": "/v1/responses",
            "completion_window": "24h",
            "metadata": {"batchata": "n0nce"},
            "output_expires_after": {"anchor": "created_at", "seconds": 2_592_000},
        }
        assert seen.headers["authorization"] == f"Bearer {KEY}"

    def test_without_a_client_the_environment_is_used(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        server.will(said(None), 500).will(batch("batch_1"))
        provider = OpenAIProvider()
        with pytest.raises(CreateUnknownError):
            provider.create(INTENT, io.BytesIO())
        assert provider.create(INTENT, io.BytesIO()) == "batch_1"
        provider.close()
        assert len(server.seen) == 2

    def test_without_a_key_nothing_is_made(self) -> None:
        with pytest.raises(CreateRefusedError, match="OPENAI_API_KEY") as caught:
            OpenAIProvider().create(INTENT, io.BytesIO())
        assert caught.value.kind == "authentication_error"

    def test_without_an_upload_nothing_is_made(self, provider: OpenAIProvider) -> None:
        with pytest.raises(CreateRefusedError, match="not uploaded"):
            provider.create(Intent("n", 1, 1, NOW), io.BytesIO())

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
    def test_a_refusal_made_nothing(self, server: Any, make: Callable[..., OpenAIProvider], status: int) -> None:
        server.always(said("invalid_something", "what is wrong"), status)
        with pytest.raises(CreateRefusedError, match="what is wrong") as caught:
            make(max_retries=2).create(INTENT, io.BytesIO())
        assert (caught.value.status, caught.value.kind) == (status, "invalid_something")
        assert not caught.value.retryable
        assert len(server.seen) == 1

    @pytest.mark.parametrize(
        ("code", "retryable"),
        [
            ("rate_limit_exceeded", True),
            ("token_limit_exceeded", True),
            (None, True),
            ("insufficient_quota", False),
            ("billing_hard_limit_reached", False),
        ],
    )
    def test_a_rate_limit_made_nothing(
        self, server: Any, provider: OpenAIProvider, code: str | None, retryable: bool
    ) -> None:
        server.will(said(code), 429, headers={"retry-after": "17"})
        with pytest.raises(CreateRefusedError) as caught:
            provider.create(INTENT, io.BytesIO())
        assert (caught.value.retryable, caught.value.retry_after) == (retryable, 17.0)
        assert caught.value.kind == (code or "some_type")

    def test_a_full_queue_is_worth_retrying_whatever_its_status(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(said("token_limit_exceeded"), 400)
        with pytest.raises(CreateRefusedError) as caught:
            provider.create(INTENT, io.BytesIO())
        assert (caught.value.retryable, caught.value.kind) == (True, "token_limit_exceeded")

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (302, b""),
            (307, b""),
            (308, b""),
            (408, said(None)),
            (409, said(None)),
            (429, b"a proxy's words"),
            (500, said("server_error")),
            (502, b"<html>bad gateway</html>"),
            (503, said(None)),
            (504, said(None)),
            (200, b"<html>hello</html>"),
            (200, {"object": "batch"}),
            (200, b""),
        ],
    )
    def test_of_these_the_fate_is_unknown_and_nothing_is_repeated(
        self, server: Any, make: Callable[..., OpenAIProvider], status: int, body: object
    ) -> None:
        elsewhere = {"location": f"{server.url}/elsewhere"} if 300 <= status < 400 else {}
        server.always(body, status, headers=elsewhere)
        with pytest.raises(CreateUnknownError) as caught:
            make(max_retries=2).create(INTENT, io.BytesIO())
        assert caught.value.status == status
        assert len(server.seen) == 1

    @pytest.mark.parametrize("fault", ["drop", "stall", "cut"])
    def test_a_lost_answer_is_unknown(self, server: Any, make: Callable[..., OpenAIProvider], fault: str) -> None:
        server.always(batch("batch_1"), fault=fault)
        with pytest.raises(CreateUnknownError):
            make(max_retries=2, timeout=0.3).create(INTENT, io.BytesIO())
        assert len(server.seen) == 1

    def test_a_connection_never_opened_made_nothing(self, make: Callable[..., OpenAIProvider]) -> None:
        with pytest.raises(CreateRefusedError, match="nothing was sent") as caught:
            make(base_url="http://127.0.0.1:1/v1").create(INTENT, io.BytesIO())
        assert caught.value.retryable

    def test_a_wrong_address_is_not_worth_retrying(self, make: Callable[..., OpenAIProvider]) -> None:
        with pytest.raises(CreateRefusedError, match="nothing could be sent") as caught:
            make(base_url="ftp://127.0.0.1").create(INTENT, io.BytesIO())
        assert not caught.value.retryable

    @pytest.mark.parametrize("key", ["sk-secret\n", "sk-séCret"])
    def test_a_key_that_can_not_be_sent(self, server: Any, make: Callable[..., OpenAIProvider], key: str) -> None:
        with pytest.raises(CreateRefusedError, match="the key for OpenAI") as caught:
            make(api_key=key).create(INTENT, io.BytesIO())
        assert "sk-s" not in str(caught.value)
        assert not server.seen

    def test_a_closed_client_made_nothing(self) -> None:
        client = openai.OpenAI(api_key=KEY)
        client.close()
        with pytest.raises(CreateRefusedError, match="closed"):
            OpenAIProvider(client).create(INTENT, io.BytesIO())

    def test_words_are_whole_and_the_key_is_not_in_them(self, server: Any, provider: OpenAIProvider) -> None:
        words = f"Incorrect API key provided: {KEY}: " + "long " * 1000
        server.will(said("invalid_api_key", words), 401, headers={"x-request-id": f"req_{KEY}"})
        with pytest.raises(CreateRefusedError) as caught:
            provider.create(INTENT, io.BytesIO())
        assert KEY not in str(caught.value)
        assert "long " * 1000 in str(caught.value)
        assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


class TestFind:
    @pytest.mark.parametrize(
        "ours", [{"metadata": {"batchata": "n0nce"}}, {"input_file_id": "file-up"}], ids=["mark", "file"]
    )
    def test_the_mark_or_the_file_is_proof(self, server: Any, provider: OpenAIProvider, ours: dict[str, Any]) -> None:
        other = batch("other", metadata={"batchata": "another"})
        server.will(page(other, more=True)).will(page(batch("ours", "completed", **ours), more=True))
        sighting = provider.find(INTENT)
        assert sighting.found == "ours"
        assert [seen.path for seen in server.seen] == ["/v1/batches?limit=100", "/v1/batches?limit=100&after=other"]

    def test_a_batch_without_an_input_file_is_not_one_without_an_upload(
        self, server: Any, provider: OpenAIProvider
    ) -> None:
        server.will(page(batch("other", input_file_id=None)))
        assert provider.find(Intent("n0nce", 2, 1, NOW)).found is None

    def test_it_looks_back_past_the_intent(self, server: Any, provider: OpenAIProvider) -> None:
        old = batch("old", created=NOW - CLOCK_SLACK_SECONDS - 1)
        server.will(page(batch("new"), more=True), headers=dated()).will(page(old, more=True), headers=dated())
        sighting = provider.find(INTENT)
        assert (sighting.found, sighting.complete) == (None, True)
        assert len(server.seen) == 2

    def test_time_is_the_provider_s(self, server: Any, provider: OpenAIProvider) -> None:
        """Its clock is two hours behind: what it dates an hour ago may be younger than the intent."""
        hour_ago = batch("a", created=NOW - 3600)
        ours = batch("ours", created=NOW - 7200, metadata={"batchata": "n0nce"})
        server.will(page(hour_ago, more=True), headers=dated(NOW - 7200)).will(page(ours), headers=dated(NOW - 7200))
        assert provider.find(INTENT).found == "ours"

    @pytest.mark.parametrize(
        "broken",
        [
            {"body": b"", "status": 500},
            {"body": {"data": None}},
            {"body": page(batch("a"), more=True)},
            {"body": {"data": [{"status": "completed"}], "has_more": True}},
            {"body": b"[]"},
            {"fault": "drop"},
        ],
    )
    def test_a_listing_that_breaks_off_concludes_nothing(
        self, server: Any, provider: OpenAIProvider, broken: dict[str, Any]
    ) -> None:
        server.will(page(batch("a"), more=True)).will(**broken)
        with pytest.raises(ProviderError) as caught:
            provider.find(INTENT)
        assert caught.value.retryable


class TestPoll:
    def test_one_id_is_asked_for_itself(self, server: Any, provider: OpenAIProvider) -> None:
        counts = {"total": 9, "completed": 3, "failed": 1}
        server.will(batch("a/b", request_counts=counts))
        status = provider.poll(["a/b"])["a/b"]
        assert (status.ended, status.done, status.created_at) == (False, 4, NOW)
        assert server.seen[0].path == "/v1/batches/a%2Fb"

    def test_several_are_one_listing(self, server: Any, provider: OpenAIProvider) -> None:
        done = batch("b", "completed", output_file_id="file-o")
        server.will(page(batch("a", "cancelling"), done, batch("c", "finalizing"), batch("x"), more=True))
        seen = provider.poll(["a", "b", "c"])
        assert len(server.seen) == 1
        assert {name: one.ended for name, one in seen.items()} == {"a": False, "b": True, "c": False}

    def test_what_the_listing_lacks_is_asked_for_and_404_is_unseen(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(page(batch("a"), more=True)).will(page(batch("x"), more=True))
        server.will(batch("b")).will(said(None), 404).will(said(None), 500)
        assert provider.poll(["a", "b", "c", "d"]).keys() == {"a", "b"}

    def test_a_listing_that_fails_is_no_failed_poll(self, server: Any, provider: OpenAIProvider) -> None:
        server.will([batch("a")]).will(batch("a")).will(batch("b"))
        assert provider.poll(["a", "b"]).keys() == {"a", "b"}

    def test_a_failed_poll_is_an_error_and_not_an_ended_batch(self, server: Any, provider: OpenAIProvider) -> None:
        server.always(said("server_error"), 500)
        with pytest.raises(ProviderError) as caught:
            provider.poll(["a"])
        assert (caught.value.retryable, caught.value.kind) == (True, "server_error")

    def test_a_failed_batch_says_why(self, server: Any, provider: OpenAIProvider) -> None:
        errors = [
            {"code": "duplicate_custom_id", "message": "twice", "line": 7},
            {"code": "token_limit_exceeded", "message": "Enqueued token limit reached", "line": None},
        ]
        server.will(batch("a", "failed", errors={"object": "list", "data": errors}))
        status = provider.poll(["a"])["a"]
        assert status.ended
        assert status.error == "line 7: duplicate_custom_id: twice; token_limit_exceeded: Enqueued token limit reached"
        assert status.error_kind == "token_limit_exceeded"

    @pytest.mark.parametrize("errors", [None, {"data": None}, {"data": []}, "odd"])
    def test_a_failed_batch_that_does_not_say_why(self, server: Any, provider: OpenAIProvider, errors: object) -> None:
        server.will(batch("a", "failed", errors=errors))
        status = provider.poll(["a"])["a"]
        assert (status.ended, bool(status.error), status.error_kind) == (True, True, None)

    @pytest.mark.parametrize("state", ["failed", "expired", "cancelled"])
    def test_paid_output_is_fetched_however_the_batch_ended(
        self, server: Any, provider: OpenAIProvider, state: str
    ) -> None:
        server.will(batch("a", state, output_file_id="file-o"))
        status = provider.poll(["a"])["a"]
        assert (status.ended, status.error) == (True, None)

    @pytest.mark.parametrize(("state", "kind"), [("expired", "batch_expired"), ("cancelled", "batch_cancelled")])
    def test_one_that_never_ran_says_so(self, server: Any, provider: OpenAIProvider, state: str, kind: str) -> None:
        server.will(batch("a", state)).will(batch("b", state, request_counts=None))
        assert provider.poll(["a"])["a"].error_kind == kind
        assert provider.poll(["b"])["b"].error is None  # it does not say that nothing ran

    @pytest.mark.parametrize(("age", "gone"), [(0.0, False), (1.0, True)])
    def test_results_are_gone_after_thirty_days(
        self, server: Any, provider: OpenAIProvider, age: float, gone: bool
    ) -> None:
        ended = NOW - OUTPUT_KEPT_SECONDS - age
        server.will(batch("a", "completed", ended - 90_000, completed_at=ended, output_file_id="file-o"))
        assert provider.poll(["a"])["a"].results_gone is gone


class TestResults:
    def test_both_files_come_whole_and_apart(self, server: Any, provider: OpenAIProvider) -> None:
        output = '{"custom_id":"a","text":"\u2028"}\n'.encode() * 20_000 + b'{"custom_id":"last"}'
        errors = b'{"custom_id":"e"}\n'
        server.will(batch("b1", "completed", output_file_id="file-o", error_file_id="file/e"))
        server.will(output).will(errors)
        assert b"".join(provider.results("b1")) == output + b"\n" + errors
        assert [seen.path for seen in server.seen] == [
            "/v1/batches/b1",
            "/v1/files/file-o/content",
            "/v1/files/file%2Fe/content",
        ]

    @pytest.mark.parametrize("only", ["output_file_id", "error_file_id"])
    def test_either_may_be_missing(self, server: Any, provider: OpenAIProvider, only: str) -> None:
        server.will(batch("b1", "completed") | {only: "file-x"}).will(b"{}\n")
        assert b"".join(provider.results("b1")) == b"{}\n"

    def test_both_may_be_missing(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(batch("b1", "completed", completed_at=NOW))
        assert list(provider.results("b1")) == []

    @pytest.mark.parametrize(("late", "names_come"), [(0.0, True), (FILES_LATE_SECONDS + 1, False)])
    def test_done_requests_without_a_file_are_waited_for(
        self, server: Any, provider: OpenAIProvider, late: float, names_come: bool
    ) -> None:
        counts = {"total": 2, "completed": 2, "failed": 0}
        server.will(batch("b1", "completed", completed_at=NOW - late, request_counts=counts))
        if not names_come:
            assert list(provider.results("b1")) == []
            return
        with pytest.raises(ProviderError, match="2 requests") as caught:
            list(provider.results("b1"))
        assert caught.value.retryable

    @pytest.mark.parametrize("status", [403, 404])
    def test_a_file_not_open_yet_is_asked_for_again(self, server: Any, provider: OpenAIProvider, status: int) -> None:
        server.will(batch("b1", "completed", output_file_id="file-o")).will(said("nope"), status)
        with pytest.raises(ProviderError, match="words") as caught:
            list(provider.results("b1"))
        assert (caught.value.retryable, caught.value.status) == (True, status)

    def test_a_file_that_is_long_due_and_not_there_was_deleted(self, server: Any, provider: OpenAIProvider) -> None:
        ended = NOW - FILES_GONE_SECONDS - 1
        server.will(batch("b1", "completed", completed_at=ended, output_file_id="file-o")).will(said("nope"), 404)
        with pytest.raises(ProviderError) as caught:
            list(provider.results("b1"))
        assert (caught.value.retryable, caught.value.kind) == (False, RESULTS_GONE)

    def test_where_only_the_errors_were_deleted_the_answers_count(self, server: Any, provider: OpenAIProvider) -> None:
        ended = NOW - FILES_GONE_SECONDS - 1
        server.will(batch("b1", "completed", completed_at=ended, output_file_id="file-o", error_file_id="file-e"))
        server.will(b"{}\n").will(said("nope"), 404)
        assert b"".join(provider.results("b1")) == b"{}\n"

    def test_a_cut_download_is_an_error(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(batch("b1", "completed", output_file_id="file-o")).will(b"x" * 1_000_000, fault="cut")
        with pytest.raises(ProviderError) as caught:
            list(provider.results("b1"))
        assert caught.value.retryable

    def test_a_short_download_is_an_error_where_the_transport_says_nothing(self) -> None:
        def short(request: httpx2.Request) -> httpx2.Response:
            if request.url.path.endswith("/content"):
                return httpx2.Response(200, headers={"content-length": "10"}, stream=httpx2.ByteStream(b"12345"))
            return httpx2.Response(200, json=batch("b1", "completed", output_file_id="file-o"))

        with httpx2.Client(transport=httpx2.MockTransport(short)) as http:
            provider = OpenAIProvider(openai.OpenAI(api_key=KEY, http_client=http))
            with pytest.raises(ProviderError, match="5 of 10 bytes"):
                list(provider.results("b1"))

    def test_a_redirect_is_not_followed(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(batch("b1", "completed", output_file_id="file-o"))
        server.will(b"", 302, headers={"location": f"{server.url}/elsewhere"})
        with pytest.raises(ProviderError, match="redirect"):
            list(provider.results("b1"))
        assert len(server.seen) == 2


class TestCancelAndForget:
    def test_it_posts_once(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(batch("b1", "cancelling"))
        provider.cancel("b1")
        assert [(seen.method, seen.path) for seen in server.seen] == [("POST", "/v1/batches/b1/cancel")]

    def test_an_ended_batch_is_no_error(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(said(None), 409).will(batch("b1", "completed", output_file_id="f"))
        provider.cancel("b1")

    def test_a_refusal_of_a_running_batch_is_one(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(said(None), 400).will(batch("b1"))
        with pytest.raises(ProviderError, match="words"):
            provider.cancel("b1")

    def test_forgetting_deletes_its_files(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(batch("b1", "completed", input_file_id="f-in", output_file_id="f-out", error_file_id="f-err"))
        server.will(said(None), 404).will({}).will({})
        provider.forget("b1")
        assert [(seen.method, seen.path) for seen in server.seen[1:]] == [
            ("DELETE", "/v1/files/f-in"),
            ("DELETE", "/v1/files/f-out"),
            ("DELETE", "/v1/files/f-err"),
        ]

    def test_forgetting_what_somebody_removed_is_no_error(self, server: Any, provider: OpenAIProvider) -> None:
        server.will(said(None), 404)
        provider.forget("b1")
        assert len(server.seen) == 1


def test_accounts_are_told_apart(make: Callable[..., OpenAIProvider]) -> None:
    accounts = {
        make().account(),
        make(api_key="another-key").account(),
        make(base_url="http://elsewhere").account(),
        make(project="p1").account(),
        make(organization="o1").account(),
    }
    assert len(accounts) == 5
    assert make().account() == make().account()


SDK_ERRORS = sorted(
    {
        value
        for _, value in inspect.getmembers(_exceptions, inspect.isclass)
        if issubclass(value, openai.OpenAIError)
        and "FinishReason" not in value.__name__
        and "WebSocket" not in value.__name__
    },
    key=lambda value: value.__name__,
)
REQUEST = httpx2.Request("GET", "http://x", headers={"authorization": f"Bearer {KEY}"})
STATUSES = [400, 404, 408, 409, 418, 429, 500, 529]


def raised(error_type: type[openai.OpenAIError]) -> openai.OpenAIError:
    """An instance as the SDK would raise it, with the key in its words."""
    words = f"{error_type.__name__} {KEY}"
    if issubclass(error_type, openai.OAuthError):
        return error_type(response=httpx2.Response(401, request=REQUEST), body={"error": words})
    if issubclass(error_type, openai.APIStatusError):
        response = httpx2.Response(getattr(error_type, "status_code", 500), request=REQUEST)
        return error_type(words, response=response, body=said("code", words)["error"])
    if issubclass(error_type, openai.APIResponseValidationError):
        return error_type(httpx2.Response(200, request=REQUEST), None, message=words)
    if issubclass(error_type, openai.APITimeoutError):
        return error_type(REQUEST)
    if issubclass(error_type, openai.APIConnectionError):
        return error_type(message=words, request=REQUEST)
    if issubclass(error_type, openai.APIError):
        return error_type(words, REQUEST, body=None)
    return error_type(words)


class TestEveryErrorIsMapped:
    @pytest.mark.parametrize("status", STATUSES)
    def test_by_status(self, server: Any, provider: OpenAIProvider, status: int) -> None:
        server.always(said("some_error", f"words {KEY}"), status)
        calls: list[Callable[[], object]] = [
            lambda: provider.poll(["a", "b"]),
            lambda: list(provider.results("a")),
            lambda: provider.cancel("a"),
            lambda: provider.find(INTENT),
            lambda: provider.stage(INTENT, io.BytesIO(BODY)),
            lambda: provider.create(INTENT, io.BytesIO()),
        ]
        for call in calls[1 if status == 404 else 0 :]:
            with pytest.raises(ProviderError, match=r"words \*\*\*") as caught:
                call()
            assert caught.value.status == status
            assert caught.value.kind == "some_error"
            # the SDK's own error shows the key
            assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)
            assert caught.value.retryable == (status in (408, 409, 429) or status >= 500)

    @pytest.mark.parametrize("error_type", SDK_ERRORS, ids=lambda value: value.__name__)
    def test_by_class(self, error_type: type[openai.OpenAIError]) -> None:
        def failing(request: httpx2.Request) -> httpx2.Response:
            raise raised(error_type)

        with httpx2.Client(transport=httpx2.MockTransport(failing)) as http:
            provider = OpenAIProvider(openai.OpenAI(api_key=KEY, http_client=http, max_retries=0))
            for call in (lambda: provider.find(INTENT), lambda: list(provider.results("a"))):
                with pytest.raises(ProviderError) as caught:
                    call()
                assert KEY not in str(caught.value)
            with pytest.raises((CreateRefusedError, CreateUnknownError)) as created:
                provider.create(INTENT, io.BytesIO())
            assert KEY not in str(created.value)

    @pytest.mark.parametrize("fault", ["drop", "stall", "cut"])
    def test_by_the_network(self, server: Any, make: Callable[..., OpenAIProvider], fault: str) -> None:
        server.always(page(batch("a")), fault=fault)
        provider = make(timeout=0.3)
        for call in (lambda: provider.poll(["a"]), lambda: list(provider.results("a")), lambda: provider.find(INTENT)):
            with pytest.raises(ProviderError) as caught:
                call()
            assert caught.value.retryable
