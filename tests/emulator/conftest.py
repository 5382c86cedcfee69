"""The official SDKs as the emulator's clients."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import anthropic
import httpx2
import openai
import orjson
import pytest
from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse
from google import genai
from google.genai.types import BatchJob
from openai.types import Batch as OpenAIBatch

from batchata.testing import Emulator

Params = dict[str, Any]


class Lab:
    """An emulator and a client of it, with the few steps every test takes."""

    def __init__(self, stack: ExitStack, **options: Any) -> None:
        self.emulator = stack.enter_context(Emulator(**{"turnaround": 0.0, **options}))
        self._stack = stack
        self.client = self.client_for("key-1")

    def client_for(self, key: str, **options: Any) -> anthropic.Anthropic:
        client = anthropic.Anthropic(base_url=self.emulator.url, api_key=key, max_retries=0, **options)
        return self._stack.enter_context(client)

    def create(self, *params: Params, client: anthropic.Anthropic | None = None) -> MessageBatch:
        requests: Any = [{"custom_id": f"job-{place}", "params": one} for place, one in enumerate(params)]
        return (client or self.client).messages.batches.create(requests=requests)

    def ended(self, batch_id: str) -> MessageBatch:
        deadline = time.monotonic() + 10
        while (batch := self.client.messages.batches.retrieve(batch_id)).processing_status != "ended":
            assert time.monotonic() < deadline, batch
            time.sleep(0.005)
        return batch

    def results(self, batch_id: str) -> dict[str, MessageBatchIndividualResponse]:
        self.ended(batch_id)
        return {line.custom_id: line for line in self.client.messages.batches.results(batch_id)}

    def answer(self, params: Params) -> Any:
        """The result of a batch of one."""
        return self.results(self.create(params).id)["job-0"].result


@pytest.fixture
def pdf() -> bytes:
    """One page that says something, as small as the emulator's own reading of PDFs allows."""
    return b"%PDF-1.4\n1 0 obj <</Type /Page>> endobj stream\nBT (Thirty days net.) Tj ET\nendstream"


@pytest.fixture
def png() -> bytes:
    """The first bytes of an image of 56 x 28 pixels, which is all that is looked at."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (56).to_bytes(4, "big") + (28).to_bytes(4, "big") + bytes(20)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def lab(stack: ExitStack) -> Lab:
    return Lab(stack)


@pytest.fixture(scope="module")
def shared() -> Iterator[Lab]:
    """One for many: for tables of cases that leave nothing behind."""
    with ExitStack() as stack:
        yield Lab(stack)


@pytest.fixture
def make_lab(stack: ExitStack) -> Callable[..., Lab]:
    return lambda **options: Lab(stack, **options)


@pytest.fixture
def ask() -> Callable[..., Params]:
    """A valid request, with whatever is laid over it; None takes a field away."""

    def ask(text: str = "What is due?", **over: Any) -> Params:
        params = {"model": "claude-opus-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": text}]}
        return {name: value for name, value in {**params, **over}.items() if value is not None}

    return ask


class OpenAILab:
    """An emulator and OpenAI's client of it."""

    def __init__(self, stack: ExitStack, **options: Any) -> None:
        self.emulator = stack.enter_context(Emulator(**{"turnaround": 0.0, **options}))
        self._stack = stack
        self.client = self.client_for("key-1")

    def client_for(self, key: str, **options: Any) -> openai.OpenAI:
        plain = openai.DefaultHttpxClient(verify=False)  # no TLS here: loading certificates would take most of a test
        url = self.emulator.openai_url
        client = openai.OpenAI(base_url=url, api_key=key, max_retries=0, http_client=plain, **options)
        return self._stack.enter_context(client)

    def upload(self, data: bytes, name: str = "in.jsonl") -> str:
        return self.client.files.create(file=(name, data), purpose="batch").id

    def create(self, *bodies: Params, **asked: Any) -> OpenAIBatch:
        """A batch of these bodies: of responses where they have an input."""
        url = "/v1/responses" if bodies and "input" in bodies[0] else "/v1/chat/completions"
        rows = [{"custom_id": f"job-{n}", "method": "POST", "url": url, "body": body} for n, body in enumerate(bodies)]
        return self.create_from(b"\n".join(orjson.dumps(row) for row in rows), **{"endpoint": url, **asked})

    def create_from(self, data: bytes, **asked: Any) -> OpenAIBatch:
        given = {"endpoint": "/v1/chat/completions", "completion_window": "24h", **asked}
        return self.client.batches.create(input_file_id=self.upload(data), **given)

    def ended(self, batch_id: str) -> OpenAIBatch:
        over = {"completed", "failed", "expired", "cancelled"}
        deadline = time.monotonic() + 10
        while (batch := self.client.batches.retrieve(batch_id)).status not in over:
            assert time.monotonic() < deadline, batch
            time.sleep(0.005)
        return batch

    def lines(self, file_id: str | None) -> dict[str, Any]:
        """By custom_id; none where there is no file."""
        content = self.client.files.content(file_id).content if file_id else b""
        return {row["custom_id"]: row for row in map(orjson.loads, content.split(b"\n")[:-1])}

    def answer(self, body: Params) -> Any:
        """The body that a batch of one ends with: a completion, a response or an error."""
        batch = self.ended(self.create(body).id)
        return self.lines(batch.output_file_id or batch.error_file_id)["job-0"]["response"]["body"]


class GeminiLab:
    """An emulator and Google's client of it."""

    def __init__(self, stack: ExitStack, **options: Any) -> None:
        self.emulator = stack.enter_context(Emulator(**{"turnaround": 0.0, **options}))
        self._stack = stack
        self.client = self.client_for("key-1")

    def client_for(self, key: str, **options: Any) -> genai.Client:
        http: Any = {
            "base_url": self.emulator.gemini_url,
            "retry_options": {"attempts": 1},
            # no TLS here: loading certificates would take most of a test
            "httpx_client": self._stack.enter_context(httpx2.Client(verify=False)),
            "httpx_async_client": httpx2.AsyncClient(verify=False),
            **options,
        }
        client = genai.Client(api_key=key, http_options=http)
        self._stack.callback(client.close)
        return client

    def upload(self, data: bytes, **config: Any) -> str:
        given: Any = {"mime_type": "jsonl", **config}
        return str(self.client.files.upload(file=io.BytesIO(data), config=given).name)

    def create(self, *requests: Params, **config: Any) -> BatchJob:
        """A batch by file."""
        rows = [{"key": f"job-{place}", "request": request} for place, request in enumerate(requests)]
        return self.create_from(b"\n".join(orjson.dumps(row) for row in rows), **config)

    def create_from(self, data: bytes, **config: Any) -> BatchJob:
        given: Any = {"display_name": "test", **config}
        return self.client.batches.create(model="gemini-2.5-flash", src=self.upload(data), config=given)

    def ended(self, name: str | None) -> BatchJob:
        deadline = time.monotonic() + 10
        while not (batch := self.client.batches.get(name=str(name))).done:
            assert time.monotonic() < deadline, batch
            time.sleep(0.005)
        return batch

    def rows(self, batch: BatchJob) -> list[Any]:
        assert batch.dest is not None
        data = self.client.files.download(file=str(batch.dest.file_name))
        return [orjson.loads(line) for line in data.split(b"\n")[:-1]]

    def lines(self, name: str | None) -> dict[str, Any]:
        """By key."""
        return {row["key"]: row for row in self.rows(self.ended(name))}

    def answer(self, request: Params) -> Any:
        """The line of a batch of one."""
        return self.lines(self.create(request).name)["job-0"]


@pytest.fixture
def openai_lab(stack: ExitStack) -> OpenAILab:
    return OpenAILab(stack)


@pytest.fixture
def make_openai_lab(stack: ExitStack) -> Callable[..., OpenAILab]:
    return lambda **options: OpenAILab(stack, **options)


@pytest.fixture(scope="module")
def shared_openai_lab() -> Iterator[OpenAILab]:
    with ExitStack() as stack:
        yield OpenAILab(stack)


@pytest.fixture
def gemini_lab(stack: ExitStack) -> GeminiLab:
    return GeminiLab(stack)


@pytest.fixture
def make_gemini_lab(stack: ExitStack) -> Callable[..., GeminiLab]:
    return lambda **options: GeminiLab(stack, **options)


@pytest.fixture(scope="module")
def shared_gemini_lab() -> Iterator[GeminiLab]:
    with ExitStack() as stack:
        yield GeminiLab(stack)


@pytest.fixture
def chat() -> Callable[..., Params]:
    """A valid body for chat completions, with whatever is laid over it; None takes a field away."""

    def chat(text: str = "What is due?", **over: Any) -> Params:
        body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": text}], "max_completion_tokens": 100}
        return {name: value for name, value in {**body, **over}.items() if value is not None}

    return chat


@pytest.fixture
def respond() -> Callable[..., Params]:
    """A valid body for responses."""

    def respond(said: Any = "What is due?", **over: Any) -> Params:
        body = {"model": "gpt-5", "input": said, "max_output_tokens": 100}
        return {name: value for name, value in {**body, **over}.items() if value is not None}

    return respond


@pytest.fixture
def generate() -> Callable[..., Params]:
    """A valid GenerateContentRequest; what is given goes into its generationConfig, but for `over`."""

    def generate(text: str = "What is due?", over: Params | None = None, **config: Any) -> Params:
        contents = [{"role": "user", "parts": [{"text": text}]}]
        return {"contents": contents, "generationConfig": {"maxOutputTokens": 100, **config}, **(over or {})}

    return generate
