"""A scripted HTTP server on a real socket: a test says what it answers, request by request, and looks at what came.

It knows no provider's protocol. `server.will(...)` adds one answer, taken in order; `server.always(...)` is what comes once they
are used up. `fault`: "drop" closes without an answer, "stall" says nothing until the test is over, "cut" closes in the middle of
the body.
"""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None


class ScriptedServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[Seen] = []
        self.replies: list[Reply] = []
        self.last = Reply(b"nothing scripted", 500)
        self.over = threading.Event()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def will(self, body: object = b"{}", status: int = 200, **more: Any) -> "ScriptedServer":
        self.replies.append(Reply(encoded(body), status, **more))
        return self

    def always(self, body: object = b"{}", status: int = 200, **more: Any) -> "ScriptedServer":
        self.last = Reply(encoded(body), status, **more)
        return self

    def next_reply(self, seen: Seen) -> Reply:
        with self.lock:
            self.seen.append(seen)
            return self.replies.pop(0) if self.replies else self.last

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = (
        True  # else every second answer on a kept connection waits for the client's delayed acknowledgement
    )
    server: ScriptedServer

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.next_reply(Seen(self.command, self.path, headers, body))
        if reply.fault == "stall":
            self.server.over.wait(10)
        if reply.fault in ("stall", "drop"):
            self.hang_up()
            return
        self.send_response(reply.status)
        for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        half = len(reply.body) // 2
        self.wfile.write(reply.body[:half] if reply.fault == "cut" else reply.body)
        if reply.fault == "cut":
            self.hang_up()

    do_GET = do_POST = do_DELETE = answer  # noqa: N815  (names of the base class)

    def hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        if self.server.over.is_set():
            return
        # a reset, not a farewell
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)  # no Date and no Server but those a test scripts

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Quiet."""


def encoded(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    thread = threading.Thread(target=scripted.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield scripted
    scripted.over.set()
    scripted.shutdown()
    thread.join()
    scripted.server_close()
