"""AnthropicProvider's calls: the real SDK against a scripted server on a real socket."""

import inspect
import io
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic import _exceptions

from batchata.errors import CreateRefusedError, CreateUnknownError, ProviderError
from batchata.providers.anthropic.provider import AnthropicProvider
from batchata.providers.base import Intent, ModelFacts, Provider
from batchata.providers.listing import CLOCK_SLACK_SECONDS

KEY = "sk-ant-secret-0123456789"
NOW = 1_795_000_000.0
INTENT = Intent(nonce="n0nce", count=2, size=100, at=NOW)
BODY = b'{"requests":[]}'
TLS = ssl.create_default_context()


@pytest.fixture
def make(server: Any) -> Iterator[Callable[..., AnthropicProvider]]:
    clients: list[anthropic.Anthropic] = []

    def provider(**options: Any) -> AnthropicProvider:
        given = {"api_key": KEY, "base_url": server.url, "timeout": 5, "max_retries": 0, **options}
        http = anthropic.DefaultHttpxClient(
            verify=TLS
        )  # the SDK's own, but for the 50 ms that a TLS context takes to load
        clients.append(anthropic.Anthropic(http_client=http, **given))
        return AnthropicProvider(clients[-1], clock=lambda: NOW)

    yield provider
    for client in clients:
        client.close()


@pytest.fixture
def provider(make: Callable[..., AnthropicProvider]) -> AnthropicProvider:
    return make()


def batch(batch_id: str, created: float = NOW, *, ended: bool = False, count: int = 2, **more: Any) -> dict[str, Any]:
    processing, succeeded = (0, count) if ended else (count, 0)
    return {
        "id": batch_id,
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": {
            "processing": processing,
            "succeeded": succeeded,
            "errored": 0,
            "canceled": 0,
            "expired": 0,
        },
        "created_at": httpx_time(created),
        "archived_at": None,
        "results_url": None,
        **more,
    }


def httpx_time(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def page(*batches: dict[str, Any], more: bool = False) -> dict[str, Any]:
    ids = [one["id"] for one in batches]
    first, last = (ids[0], ids[-1]) if ids else (None, None)
    return {"data": list(batches), "has_more": more, "first_id": first, "last_id": last}


def dated(at: float = NOW) -> dict[str, str]:
    return {"date": formatdate(at, usegmt=True)}


def said(kind: str, message: str = "words", **details: Any) -> dict[str, Any]:
    error: dict[str, Any] = {"type": kind, "message": message}
    if details:
        error["details"] = details
    return {"type": "error", "error": error, "request_id": "req_1"}


def test_it_is_a_provider() -> None:
    provider: Provider = AnthropicProvider()
    assert provider.name == "anthropic"
    assert provider.limits.jobs_per_batch == 100_000
    assert provider.limits.bytes_per_batch == 256_000_000
    assert provider.limits.results_kept_seconds == 29 * 86_400
    assert provider.stage(INTENT, io.BytesIO()) is None
    lines = [provider.line("n-0", b'{"model":"m"}'), provider.line("n-1", b"{}")]
    made = provider.envelope.head + provider.envelope.separator.join(lines) + provider.envelope.tail
    assert made == b'{"requests":[{"custom_id":"n-0","params":{"model":"m"}},{"custom_id":"n-1","params":{}}]}'


def test_pure_methods_load_no_sdk() -> None:
    code = """
import sys
from batchata.providers.anthropic.provider import AnthropicProvider
from batchata.providers.base import ModelFacts
from batchata.request import Message, Request, Text
p = AnthropicProvider()
p.line("a", p.prepare(Request("claude-x", (Message("user", (Text("hi"),)),), 5), ModelFacts()).body)
p.read(b"{}")
assert not {"anthropic", "httpx2"} & sys.modules.keys(), "an SDK was loaded"
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


class TestCreate:
    def test_one_post_of_the_exact_bytes(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(batch("msgbatch_1"))
        with tempfile.TemporaryFile() as spool:
            spool.write(BODY)  # and left at its end
            assert provider.create(INTENT, spool) == "msgbatch_1"
        (seen,) = server.seen
        assert (seen.method, seen.path, seen.body) == ("POST", "/v1/messages/batches", BODY)
        assert seen.headers["content-type"] == "application/json"
        assert seen.headers["content-length"] == str(len(BODY))
        assert seen.headers["anthropic-version"] == "2026-10-21"

    def test_without_a_client_the_environment_is_used(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        server.will(said("overloaded_error"), 529).will(batch("msgbatch_1"))
        provider = AnthropicProvider()
        with pytest.raises(CreateUnknownError):
            provider.create(INTENT, io.BytesIO(BODY))
        assert provider.create(INTENT, io.BytesIO(BODY)) == "msgbatch_1"
        assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"
        provider.close()
        assert len(server.seen) == 2

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, "invalid_request_error"),
            (401, "authentication_error"),
            (402, "billing_error"),
            (403, "permission_error"),
            (404, "not_found_error"),
            (413, "request_too_large"),
            (422, "invalid_request_error"),
        ],
    )
    def test_a_refusal_made_nothing(
        self, server: Any, make: Callable[..., AnthropicProvider], status: int, kind: str
    ) -> None:
        server.always(said(kind, "requests.0.custom_id: String should have at most 64 characters"), status)
        with pytest.raises(CreateRefusedError, match="custom_id: String should have at most") as caught:
            make(max_retries=2).create(INTENT, io.BytesIO(BODY))
        error = caught.value
        assert (error.status, error.kind, error.retryable) == (status, kind, False)
        assert len(server.seen) == 1

    def test_a_rate_limit_made_nothing_and_says_how_long(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(said("rate_limit_error"), 429, headers={"retry-after": "17"})
        with pytest.raises(CreateRefusedError) as caught:
            provider.create(INTENT, io.BytesIO(BODY))
        assert (caught.value.retryable, caught.value.retry_after) == (True, 17.0)

    def test_a_spend_cap_is_not_worth_retrying(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(said("rate_limit_error", error_code="enforced_spend_limit_reached"), 429)
        with pytest.raises(CreateRefusedError) as caught:
            provider.create(INTENT, io.BytesIO(BODY))
        assert not caught.value.retryable

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (302, b""),
            (307, b""),
            (308, b""),
            (408, said("timeout_error")),
            (409, said("conflict_error")),
            (429, b"a proxy's words"),
            (500, said("api_error")),
            (502, b"<html>bad gateway</html>"),
            (503, said("overloaded_error")),
            (504, said("timeout_error")),
            (529, said("overloaded_error")),
            (200, b"<html>hello</html>"),
            (200, {"type": "message_batch"}),
            (200, b""),
        ],
    )
    def test_of_these_the_fate_is_unknown_and_nothing_is_repeated(
        self, server: Any, make: Callable[..., AnthropicProvider], status: int, body: object
    ) -> None:
        elsewhere = {"location": f"{server.url}/elsewhere"} if 300 <= status < 400 else {}
        server.always(body, status, headers=elsewhere)
        with pytest.raises(CreateUnknownError) as caught:
            make(max_retries=2).create(INTENT, io.BytesIO(BODY))
        assert caught.value.status == status
        assert len(server.seen) == 1

    @pytest.mark.parametrize("fault", ["drop", "stall", "cut"])
    def test_a_lost_answer_is_unknown(self, server: Any, make: Callable[..., AnthropicProvider], fault: str) -> None:
        server.always(batch("msgbatch_1"), fault=fault)
        with pytest.raises(CreateUnknownError):
            make(max_retries=2, timeout=0.3).create(INTENT, io.BytesIO(BODY))
        assert len(server.seen) == 1

    @pytest.mark.parametrize("host", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
    def test_a_connection_never_opened_made_nothing(self, make: Callable[..., AnthropicProvider], host: str) -> None:
        with pytest.raises(CreateRefusedError, match="nothing was sent") as caught:
            make(base_url=host).create(INTENT, io.BytesIO(BODY))
        assert caught.value.retryable

    def test_a_wrong_address_is_not_worth_retrying(self, make: Callable[..., AnthropicProvider]) -> None:
        with pytest.raises(CreateRefusedError, match="nothing could be sent") as caught:
            make(base_url="ftp://127.0.0.1").create(INTENT, io.BytesIO(BODY))
        assert not caught.value.retryable

    @pytest.mark.parametrize("key", [None, "sk-ant-secret\n", "sk-ant-séCret"])
    def test_a_key_that_can_not_be_sent(
        self,
        server: Any,
        make: Callable[..., AnthropicProvider],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        key: str | None,
    ) -> None:
        monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))  # no profile of the SDK's there
        with pytest.raises(CreateRefusedError, match="ANTHROPIC_API_KEY") as caught:
            make(api_key=key).create(INTENT, io.BytesIO(BODY))
        assert caught.value.kind == "authentication_error"
        assert "sk-ant" not in str(caught.value)
        assert not server.seen

    def test_a_closed_client_made_nothing(self, make: Callable[..., AnthropicProvider]) -> None:
        client = anthropic.Anthropic(api_key=KEY)
        client.close()
        with pytest.raises(CreateRefusedError, match="closed"):
            AnthropicProvider(client).create(INTENT, io.BytesIO(BODY))

    def test_words_are_whole_and_the_key_is_not_in_them(self, server: Any, provider: AnthropicProvider) -> None:
        words = f"invalid x-api-key {KEY}: " + "long " * 1000
        server.will(said("authentication_error", words), 401, headers={"request-id": f"req_{KEY}"})
        with pytest.raises(CreateRefusedError) as caught:
            provider.create(INTENT, io.BytesIO(BODY))
        text = str(caught.value)
        assert KEY not in text
        assert "long " * 1000 in text
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


def test_forgetting_has_nothing_to_remove(server: Any, provider: AnthropicProvider) -> None:
    provider.forget("msgbatch_1")
    assert server.seen == []


class TestFind:
    def test_a_running_batch_of_our_size_is_a_candidate(self, server: Any, provider: AnthropicProvider) -> None:
        old = batch("older", NOW - CLOCK_SLACK_SECONDS - 1)
        others = [batch("known"), batch("other_size", count=3), batch("ours", NOW + 1)]
        server.will(page(*others, old, more=True), headers=dated())
        sighting = provider.find(
            Intent(nonce="n0nce", count=2, size=1, at=NOW, known_ids=frozenset({"known"})),
        )
        assert sighting.found is None
        assert sighting.candidates == ("ours",)
        assert sighting.complete
        assert server.seen[0].path == "/v1/messages/batches?limit=1000"

    def test_an_ended_batch_is_proven_by_its_first_line(self, server: Any, provider: AnthropicProvider) -> None:
        foreign = b'{"custom_id":"other-0","result":{"type":"expired"}}\n' * 3
        ours = b'{"custom_id":"n0nce-1","result":{"type":"expired"}}\n{"custom_id":"n0nce-0"'
        server.will(page(batch("foreign", ended=True), batch("ours", ended=True)), headers=dated())
        server.will(foreign).will(ours)
        sighting = provider.find(INTENT)
        assert (sighting.found, sighting.candidates) == ("ours", ())
        assert [seen.path for seen in server.seen[1:]] == [
            "/v1/messages/batches/foreign/results",
            "/v1/messages/batches/ours/results",
        ]

    def test_a_nonce_that_only_begins_like_ours_is_foreign(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(page(batch("foreign", ended=True)), headers=dated()).will(b'{"custom_id":"n0nce2-0"}')
        sighting = provider.find(INTENT)
        assert (sighting.found, sighting.candidates) == (None, ())

    def test_what_can_not_be_proven_stays_a_candidate(self, server: Any, provider: AnthropicProvider) -> None:
        archived = batch("archived", ended=True, archived_at=httpx_time(NOW))
        server.will(page(archived, batch("unread", ended=True), batch("empty", ended=True)), headers=dated())
        server.will(b"", 500).will(b"")
        assert provider.find(INTENT).candidates == ("archived", "unread", "empty")
        assert len(server.seen) == 3  # nothing to look at in the archived one

    def test_it_pages_to_the_end_of_the_listing(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(page(batch("a", count=1), more=True)).will(page(batch("b")))
        sighting = provider.find(INTENT)
        assert sighting.complete
        assert sighting.candidates == ("b",)
        assert server.seen[1].path == "/v1/messages/batches?limit=1000&after_id=a"

    @pytest.mark.parametrize(("ahead", "seen"), [(0, ()), (-7200, ("ours",))])
    def test_time_is_the_provider_s(self, server: Any, provider: AnthropicProvider, ahead: int, seen: Any) -> None:
        server.will(page(batch("ours", NOW - 7200)), headers=dated(NOW + ahead))
        assert provider.find(INTENT).candidates == seen

    @pytest.mark.parametrize(
        "broken",
        [
            {"body": b"", "status": 500},
            {"body": {"data": [], "has_more": True, "last_id": None}},
            {"body": {"data": None, "has_more": False}},
            {"body": page(batch("a"), more=True)},
            {"body": b"[]"},
            {"fault": "drop"},
        ],
    )
    def test_a_listing_that_breaks_off_concludes_nothing(
        self, server: Any, provider: AnthropicProvider, broken: dict[str, Any]
    ) -> None:
        server.will(page(batch("a"), more=True)).will(**broken)
        with pytest.raises(ProviderError) as caught:
            provider.find(INTENT)
        assert caught.value.retryable

    def test_what_a_batch_does_not_say_disproves_nothing(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(page({"id": "odd"}, {"id": "odder", "created_at": "soon", "request_counts": 7}))
        assert provider.find(INTENT).candidates == ("odd", "odder")


class TestPoll:
    def test_one_id_is_asked_for_itself(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(batch("a/b"))
        assert provider.poll(["a/b"])["a/b"].ended is False
        assert server.seen[0].path == "/v1/messages/batches/a%2Fb"

    def test_several_are_one_listing(self, server: Any, provider: AnthropicProvider) -> None:
        gone = batch("c", ended=True, archived_at=httpx_time(NOW))
        server.will(page(batch("a"), batch("b", ended=True), gone, batch("x"), more=True))
        seen = provider.poll(["a", "b", "c"])
        assert len(server.seen) == 1
        assert {name: (one.ended, one.results_gone, one.done) for name, one in seen.items()} == {
            "a": (False, False, None),
            "b": (True, False, 2),
            "c": (True, True, 2),
        }
        assert seen["a"].created_at == NOW

    def test_what_the_listing_lacks_is_asked_for_and_404_is_unseen(
        self, server: Any, provider: AnthropicProvider
    ) -> None:
        server.will(page(batch("a"), more=True)).will(page(batch("x"), more=True))
        server.will(batch("b")).will(said("not_found_error"), 404).will(said("api_error"), 500)
        assert provider.poll(["a", "b", "c", "d"]).keys() == {"a", "b"}
        assert len(server.seen) == 5

    def test_one_that_is_gone_is_unseen(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(said("not_found_error"), 404)
        assert provider.poll(["a"]) == {}

    def test_a_failed_poll_is_an_error_and_not_an_ended_batch(self, server: Any, provider: AnthropicProvider) -> None:
        server.always(said("api_error"), 500)
        with pytest.raises(ProviderError) as caught:
            provider.poll(["a"])
        assert (caught.value.retryable, caught.value.kind) == (True, "api_error")


class TestResults:
    def test_bytes_come_as_they_are(self, server: Any, provider: AnthropicProvider) -> None:
        content = '{"custom_id":"a","text":"\u2028"}\r\n'.encode() * 20_000
        server.will(content)
        assert b"".join(provider.results("b1")) == content
        assert server.seen[0].path == "/v1/messages/batches/b1/results"

    def test_a_cut_download_is_an_error(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(b"x" * 1_000_000, fault="cut")
        with pytest.raises(ProviderError) as caught:
            list(provider.results("b1"))
        assert caught.value.retryable

    def test_a_short_download_is_an_error_where_the_transport_says_nothing(self) -> None:
        def short(request: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, headers={"content-length": "10"}, stream=httpx2.ByteStream(b"12345"))

        with httpx2.Client(transport=httpx2.MockTransport(short)) as http:
            provider = AnthropicProvider(anthropic.Anthropic(api_key=KEY, http_client=http))
            with pytest.raises(ProviderError, match="5 of 10 bytes"):
                list(provider.results("b1"))

    def test_a_redirect_is_not_followed(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(b"", 302, headers={"location": f"{server.url}/elsewhere"})
        with pytest.raises(ProviderError, match="redirect"):
            list(provider.results("b1"))
        assert len(server.seen) == 1

    def test_it_can_be_left_early(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(b"x" * 5_000_000)
        chunks = provider.results("b1")
        assert next(chunks)
        chunks.close()  # type: ignore[attr-defined]
        server.will(batch("b1"))
        assert provider.poll(["b1"])


class TestCancel:
    def test_it_posts_once(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(batch("b1", processing_status="canceling"))
        provider.cancel("b1")
        assert [(seen.method, seen.path) for seen in server.seen] == [("POST", "/v1/messages/batches/b1/cancel")]

    def test_an_ended_batch_is_no_error(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(said("invalid_request_error"), 400).will(batch("b1", ended=True))
        provider.cancel("b1")

    def test_a_refusal_of_a_running_batch_is_one(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(said("invalid_request_error"), 400).will(batch("b1"))
        with pytest.raises(ProviderError, match="words"):
            provider.cancel("b1")


class TestFacts:
    def test_what_the_endpoint_says(self, server: Any, provider: AnthropicProvider) -> None:
        server.will({"id": "claude-x", "max_input_tokens": 200_000, "max_tokens": 64_000})
        assert provider.facts("claude-x/1") == ModelFacts(200_000, 64_000)
        assert server.seen[0].path == "/v1/models/claude-x%2F1"

    @pytest.mark.parametrize("body", [b"[]", {"max_input_tokens": "many", "max_tokens": 0}, b"\xff"])
    def test_what_it_does_not_say(self, server: Any, provider: AnthropicProvider, body: object) -> None:
        server.will(body)
        assert provider.facts("claude-x") == ModelFacts()

    def test_failure_is_no_facts(self, server: Any, provider: AnthropicProvider) -> None:
        server.always(said("api_error"), 500)
        assert provider.facts("claude-x") == ModelFacts()

    def test_a_beta_of_the_client_may_widen_the_window(
        self, server: Any, make: Callable[..., AnthropicProvider]
    ) -> None:
        server.will({"max_input_tokens": 200_000})
        provider = make(default_headers={"anthropic-beta": "context-1m-2025-08-07"})
        assert provider.facts("claude-x").context_window is None


class TestAccount:
    def test_it_tells_keys_and_hosts_apart(self, make: Callable[..., AnthropicProvider]) -> None:
        accounts = {
            make().account(),
            make(api_key="another-key").account(),
            make(base_url="http://elsewhere").account(),
            make(default_headers={"anthropic-workspace-id": "w1"}).account(),
        }
        assert len(accounts) == 4
        assert make().account() == make().account()

    def test_the_version_is_the_client_s(
        self, make: Callable[..., AnthropicProvider], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert make().api_version == AnthropicProvider().api_version == "2026-10-21"
        assert make(default_headers={"Anthropic-Version": "2023-06-01"}).api_version == "2023-06-01"
        monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x: y\nanthropic-version: 2023-06-01")
        assert make().api_version == AnthropicProvider().api_version == "2023-06-01"


SDK_ERRORS = sorted(
    {
        value
        for _, value in inspect.getmembers(_exceptions, inspect.isclass)
        if issubclass(value, anthropic.AnthropicError)
    },
    key=lambda value: value.__name__,
)
REQUEST = httpx2.Request("GET", "http://x", headers={"authorization": f"Bearer {KEY}"})
STATUSES = [400, 401, 402, 403, 404, 408, 409, 412, 413, 418, 422, 429, 431, 499, 500, 501, 503, 504, 529]


def raised(error_type: type[anthropic.AnthropicError]) -> anthropic.AnthropicError:
    """An instance as the SDK would raise it, with the key in its words."""
    words = f"{error_type.__name__} {KEY}"
    if issubclass(error_type, anthropic.APIStatusError):
        response = httpx2.Response(getattr(error_type, "status_code", 500), request=REQUEST)
        return error_type(words, response=response, body=said("api_error", words))
    if issubclass(error_type, anthropic.APIResponseValidationError):
        return error_type(httpx2.Response(200, request=REQUEST), None, message=words)
    if issubclass(error_type, anthropic.APITimeoutError):
        return error_type(REQUEST)
    if issubclass(error_type, anthropic.APIConnectionError):
        return error_type(message=words, request=REQUEST)
    if issubclass(error_type, anthropic.APIError):
        return error_type(words, REQUEST, body=None)
    return error_type(words)


class TestEveryErrorIsMapped:
    @pytest.mark.parametrize("status", STATUSES)
    def test_by_status(self, server: Any, provider: AnthropicProvider, status: int) -> None:
        server.always(said("some_error", f"words {KEY}"), status)
        calls: list[Callable[[], object]] = [
            lambda: provider.poll(["a", "b"]),
            lambda: list(provider.results("a")),
            lambda: provider.cancel("a"),
            lambda: provider.find(INTENT),
            lambda: provider.create(INTENT, io.BytesIO(BODY)),
        ]
        for call in calls:
            with pytest.raises(ProviderError, match=r"words \*\*\*") as caught:
                call()
            assert caught.value.status == status
            assert caught.value.kind == "some_error"
            # the SDK's own error shows the key
            assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)
            assert caught.value.retryable == (status in (408, 409, 429) or status >= 500)

    @pytest.mark.parametrize("error_type", SDK_ERRORS, ids=lambda value: value.__name__)
    def test_by_class(self, make: Callable[..., AnthropicProvider], error_type: type[anthropic.AnthropicError]) -> None:
        def failing(request: Any, call_next: Any) -> Any:
            raise raised(error_type)

        provider = make(middleware=[failing])
        for call in (lambda: provider.find(INTENT), lambda: list(provider.results("a"))):
            with pytest.raises(ProviderError) as caught:
                call()
            assert KEY not in str(caught.value)
        with pytest.raises((CreateRefusedError, CreateUnknownError)) as created:
            provider.create(INTENT, io.BytesIO(BODY))
        assert KEY not in str(created.value)

    def test_all_statuses_of_the_sdk_are_tried(self) -> None:
        codes = {getattr(error_type, "status_code", None) for error_type in SDK_ERRORS}
        assert {code for code in codes if isinstance(code, int)} <= set(STATUSES)

    @pytest.mark.parametrize("fault", ["drop", "stall", "cut"])
    def test_by_the_network(self, server: Any, make: Callable[..., AnthropicProvider], fault: str) -> None:
        server.always(page(batch("a")), fault=fault)
        provider = make(timeout=0.3)
        for call in (lambda: provider.poll(["a"]), lambda: list(provider.results("a")), lambda: provider.find(INTENT)):
            with pytest.raises(ProviderError) as caught:
                call()
            assert caught.value.retryable

    def test_an_error_s_body_that_is_cut(self, server: Any, provider: AnthropicProvider) -> None:
        server.will(said("api_error", "x" * 10_000), 500, fault="cut")
        with pytest.raises(ProviderError):
            list(provider.results("a"))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "99999999"}, 3600.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 3600.0),
        ({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}, 0.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after(server: Any, provider: AnthropicProvider, headers: dict[str, str], seconds: float | None) -> None:
    server.will(said("rate_limit_error"), 429, headers=headers)
    with pytest.raises(ProviderError) as caught:
        provider.poll(["a"])
    assert caught.value.retry_after == seconds
