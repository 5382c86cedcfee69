"""`vllm run-batch` behind OpenAI's file and batch routes: rows as vLLM writes them, served over HTTP, read through the public API.

What is vLLM's own in these rows (vllm/entrypoints/openai/run_batch.py): what failed stands in the same file as what succeeded, with
`response.body: null` and an error within the error, or only its words; every field that is not set is null; text is not escaped, so
U+2028 stands in a line as it is; and an answer to a schema that was cut by its length is half a JSON.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from batchata import Batch, JobResult, OpenAICompatible, Outcome, Usage

TOO_LONG = "This model's maximum context length is 8192 tokens. However, your request has 9000 input tokens."
UNICODE = "Größe 価格 🎉 a\u2028b"


class Bill(BaseModel):
    vendor: str
    total: int


def completion(content: str | None, reason: str, tokens: int, **message: Any) -> dict[str, Any]:
    """A row's `response` and `error`."""
    said = {"role": "assistant", "content": content, "refusal": None, "annotations": None, "audio": None}
    choice = {
        "index": 0,
        "message": said | {"function_call": None, "tool_calls": [], "reasoning": None, **message},
        "logprobs": None,
        "finish_reason": reason,
        "stop_reason": None,
        "token_ids": None,
    }
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "qwen3-4b",
        "choices": [choice],
        "service_tier": None,
        "system_fingerprint": None,
        "usage": {
            "prompt_tokens": 20,
            "total_tokens": 20 + tokens,
            "completion_tokens": tokens,
            "prompt_tokens_details": None,
        },
        "prompt_logprobs": None,
        "kv_transfer_params": None,
    }
    return {"response": {"status_code": 200, "request_id": "vllm-batch-1", "body": body}, "error": None}


def failure(status: int, error: object) -> dict[str, Any]:
    return {"response": {"status_code": status, "request_id": "vllm-batch-1", "body": None}, "error": error}


def nested(status: int, kind: str, message: str) -> dict[str, Any]:
    return failure(status, {"error": {"message": message, "type": kind, "param": None, "code": status}})


ROWS: dict[str, list[dict[str, Any]]] = {
    "text": [completion("Paris.", "stop", 3)],
    "unicode": [completion(UNICODE, "stop", 9)],
    "typed": [completion('{"vendor": "Acme", "total": 12}', "stop", 12)],
    "thinking": [completion("Paris.", "stop", 40, reasoning="The user asks for a capital.")],
    "cut": [completion('{"vendor": "Ac', "length", 16)],
    "cut while thinking": [completion(None, "length", 16, reasoning="The user asks for a")],
    "over-long": [nested(400, "BadRequestError", TOO_LONG)],
    "broken": [failure(400, "list index out of range")],
    "overloaded": [nested(500, "InternalServerError", "engine is dead"), completion("Paris.", "stop", 3)],
}
"""What each job comes to, try by try."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "RunBatch"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/v1/files":
            self.reply(self.server.keep(uploaded(self.headers["content-type"], body), "batch"))
        else:
            self.reply(self.server.run(json.loads(body)))

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/v1/")
        if path == "batches":
            self.reply({"object": "list", "data": list(self.server.batches.values())[::-1], "has_more": False})
        elif path.startswith("batches/"):
            self.reply(self.server.batches[path.removeprefix("batches/")])
        elif found := re.fullmatch(r"files/(.+)/content", path):
            self.reply(self.server.files[found[1]])
        else:
            self.reply({"detail": "Not Found"}, 404)

    def do_DELETE(self) -> None:
        self.reply({"id": self.path.rpartition("/")[2], "object": "file", "deleted": True})

    def reply(self, content: object, status: int = 200) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Quiet."""


class RunBatch(ThreadingHTTPServer):
    """Files in, files out. `asked`: every row that came in."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, Any]] = []
        self.tries: dict[str, int] = {}

    def keep(self, data: bytes, purpose: str) -> dict[str, Any]:
        file_id = f"file-{len(self.files)}"
        self.files[file_id] = data
        return {"id": file_id, "object": "file", "bytes": len(data), "purpose": purpose, "created_at": 1}

    def run(self, wanted: dict[str, Any]) -> dict[str, Any]:
        rows = [json.loads(line) for line in self.files[wanted["input_file_id"]].split(b"\n") if line]
        self.asked += rows
        lines = [json.dumps(self.row(row), ensure_ascii=False).encode() + b"\n" for row in rows]
        failed = sum(b'"body": null' in line for line in lines)
        batch = {
            **wanted,
            "id": f"batch-{len(self.batches)}",
            "object": "batch",
            "status": "completed",
            "created_at": 1,
            "output_file_id": self.keep(b"".join(lines), "batch_output")["id"],
            "error_file_id": None,
            "request_counts": {"total": len(rows), "completed": len(rows) - failed, "failed": failed},
        }
        self.batches[batch["id"]] = batch
        return batch

    def row(self, asked: dict[str, Any]) -> dict[str, Any]:
        job = asked["body"]["messages"][-1]["content"]
        tried = self.tries[job] = self.tries.get(job, 0) + 1
        return {"id": "vllm-1", "custom_id": asked["custom_id"], **ROWS[job][tried - 1]}


def uploaded(content_type: str, body: bytes) -> bytes:
    """The file in a multipart form."""
    header = Message()
    header["content-type"] = content_type
    parts = body.split(b"--" + str(header.get_param("boundary")).encode())
    return next(part.partition(b"\r\n\r\n")[2][:-2] for part in parts if b'name="file"' in part)


@pytest.fixture
def run_batch() -> Iterator[RunBatch]:
    server = RunBatch()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ask(run_batch: RunBatch, tmp_path: Path) -> Callable[..., dict[str, JobResult]]:
    def ask(*jobs: str) -> dict[str, JobResult]:
        server = OpenAICompatible(base_url=f"http://127.0.0.1:{run_batch.server_port}/v1", batch=True)
        batch = Batch(
            tmp_path / "state",
            tmp_path / "results",
            items_per_batch=None,
            providers={"vllm": server},
            prices={"vllm/qwen3-4b": (1.0, 2.0)},
        )
        batch.defaults(model="vllm/qwen3-4b", max_tokens=16)
        for job in jobs:
            batch.add_job(prompt=job, job_id=job, response_model=Bill if job in ("typed", "cut") else None)
        return batch.run(wait=True).results()

    return ask


def test_every_row_is_seen_for_what_it_is(run_batch: RunBatch, ask: Callable[..., dict[str, JobResult]]) -> None:
    results = ask(*ROWS)
    assert {job: result.outcome for job, result in results.items()} == {
        "text": Outcome.SUCCEEDED,
        "unicode": Outcome.SUCCEEDED,
        "typed": Outcome.SUCCEEDED,
        "thinking": Outcome.SUCCEEDED,
        "cut": Outcome.TRUNCATED,  # and not invalid, which would be asked again to be cut again
        "cut while thinking": Outcome.TRUNCATED,
        "over-long": Outcome.ERROR,
        "broken": Outcome.ERROR,
        "overloaded": Outcome.SUCCEEDED,
    }
    assert results["unicode"].raw_response == UNICODE
    assert results["typed"].parsed_response == Bill(vendor="Acme", total=12)
    assert results["cut"].raw_response == '{"vendor": "Ac'
    assert results["over-long"].error == f"BadRequestError: {TOO_LONG}"
    assert results["broken"].error == "list index out of range"
    assert {len(result.attempts) for job, result in results.items() if job != "overloaded"} == {1}
    assert [attempt.error for attempt in results["overloaded"].attempts] == [
        "InternalServerError: engine is dead",
        None,
    ]


def test_what_failed_in_the_same_file_is_not_paid(ask: Callable[..., dict[str, JobResult]]) -> None:
    results = ask("text", "cut", "over-long", "broken")
    assert results["text"].usage == Usage(20, 3)
    assert (results["text"].cost, results["cut"].cost) == (26_000, 52_000)
    assert [(results[job].usage, results[job].cost) for job in ("over-long", "broken")] == [(Usage(), 0)] * 2


def test_the_rows_that_go_in_are_those_that_vllm_reads(
    run_batch: RunBatch, ask: Callable[..., dict[str, JobResult]]
) -> None:
    ask("text", "typed")
    text, typed = run_batch.asked
    assert (text["method"], text["url"]) == ("POST", "/v1/chat/completions")
    assert text["body"] == {
        "model": "qwen3-4b",
        "messages": [{"role": "user", "content": "text"}],
        "max_tokens": 16,
        "temperature": 0.7,
    }
    assert typed["body"]["response_format"]["type"] == "json_schema"
    assert text["custom_id"] != typed["custom_id"]
