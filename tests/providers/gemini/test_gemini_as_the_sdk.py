"""GeminiProvider's requests beside those of the SDK's own methods, on a real socket."""

import io
import json
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from google import genai

from batchata.providers.base import Intent
from batchata.providers.gemini import calls
from batchata.providers.gemini.provider import GeminiProvider

KEY = "AIzaSecret-0123456789"
NOW = 1_795_000_000.0
BODY = b'{"key":"n-0","request":{}}\n'
INTENT = Intent(nonce="n0nce", count=2, size=100, at=NOW, model="gemini-2.5-flash", upload_id="files/batchata-x")
TLS = ssl.create_default_context()
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


class TestAsTheSdkWould:
    """The calls are put together with the SDK's private parts; its public methods say what they must come to."""

    @staticmethod
    def same(theirs: Any, ours: Any, *names: str) -> None:
        names = ("x-goog-api-key", "user-agent", "x-goog-api-client", *names)
        assert (theirs.method, theirs.path) == (ours.method, ours.path)
        assert [theirs.headers.get(name) for name in names] == [ours.headers.get(name) for name in names]

    @pytest.fixture
    def client(self, server: Any) -> Iterator[genai.Client]:
        tls = {"verify": TLS}
        http = {"base_url": f"{server.url}/proxy", "client_args": tls, "async_client_args": tls}
        with genai.Client(api_key=KEY, http_options=http) as client:  # type: ignore[arg-type]
            yield client

    def test_create(self, server: Any, client: genai.Client) -> None:
        server.always(MADE)
        config = genai.types.CreateBatchJobConfig(display_name="n0nce")
        client.batches.create(model="gemini-2.5-flash", src="files/batchata-x", config=config)
        GeminiProvider(client).create(INTENT, io.BytesIO())
        self.same(*server.seen, "content-type")
        assert json.loads(server.seen[0].body) == json.loads(server.seen[1].body)

    def test_get(self, server: Any, client: genai.Client) -> None:
        server.always(batch("a"))
        client.batches.get(name="batches/a")
        GeminiProvider(client).poll(["batches/a"])
        self.same(*server.seen)

    def test_list(self, server: Any, client: genai.Client) -> None:
        server.always(page())
        list(client.batches.list(config={"page_size": 100}))
        GeminiProvider(client).find(INTENT)
        self.same(*server.seen)

    def test_cancel(self, server: Any, client: genai.Client) -> None:
        server.always({})
        client.batches.cancel(name="batches/a")
        GeminiProvider(client).cancel("batches/a")
        self.same(*server.seen)

    def test_facts(self, server: Any, client: genai.Client) -> None:
        server.always({"name": "models/gemini-2.5-flash"})
        client.models.get(model="gemini-2.5-flash")
        GeminiProvider(client).facts("gemini-2.5-flash")
        self.same(*server.seen)

    def test_download(self, server: Any, client: genai.Client) -> None:
        server.will(LINES).will(DONE).will(LINES)
        client.files.download(file="files/batch-a", destination=io.BytesIO())
        assert b"".join(GeminiProvider(client).results("batches/a")) == LINES
        del server.seen[1]
        self.same(*server.seen)

    def test_upload(self, server: Any, client: genai.Client) -> None:
        for _ in range(2):
            server.will({}, headers={"x-goog-upload-url": f"{server.url}/up?upload_id=7"})
            server.will({"file": {"name": "files/f"}}, headers={"x-goog-upload-status": "final"})
        config = genai.types.UploadFileConfig(name="files/f", mime_type="application/jsonl", display_name="n0nce")
        client.files.upload(file=io.BytesIO(BODY), config=config)
        GeminiProvider(client).stage(INTENT, io.BytesIO(BODY))
        starting = ["protocol", "command", "header-content-length", "header-content-type"]
        self.same(server.seen[0], server.seen[2], *(f"x-goog-upload-{name}" for name in starting))
        theirs, ours = server.seen[1], server.seen[3]
        assert (theirs.path, theirs.body) == ("/up?upload_id=7", BODY)
        assert (ours.path, ours.body) == (theirs.path, theirs.body)
        for name in ("x-goog-upload-command", "x-goog-upload-offset", "content-length"):
            assert ours.headers[name] == theirs.headers[name]

    def test_no_call_waits_for_ever(self, make: Callable[..., GeminiProvider]) -> None:
        def limits(provider: GeminiProvider) -> set[float]:
            request = calls._request(provider._calls._client(), "GET", "batches")
            return set(request.extensions["timeout"].values())

        assert limits(make(timeout=7000)) == {7}
        assert limits(make(timeout=None)) == {10, 60, 300}
