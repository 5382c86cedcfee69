"""The transport: HTTP/1.1 on loopback, keep-alive, bodies with a length or chunked. It knows no provider's protocol."""

import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from batchata.testing.faults import Fault, Faults, Rule
from batchata.testing.wire import SECRET_HEADERS, Dialect, Exchange, Request, Response

_PIECE = 1 << 16
LARGEST_BODY = 512 * 1024 * 1024  # beyond any provider's own limit: memory's guard, not the protocol's


class Server(ThreadingHTTPServer):
    """Listens, records, injects the faults of transport, and hands the rest to the first dialect that speaks it."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], dialects: Sequence[Dialect], faults: Faults) -> None:
        super().__init__(address, _Handler)
        self.dialects = dialects
        self.faults = faults
        self.exchanges: list[Exchange] = []
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True, name="emulator")

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection; whoever is stalled is let go."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            _close(connection)
        self._thread.join()

    def opened(self, connection: socket.socket) -> None:
        self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of our trouble; anything else is a bug to be seen."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _BadBodyError(Exception):
    """The request's body can't be read as HTTP says."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = _PIECE
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def log_message(self, *args: Any) -> None:
        """Nothing is printed: `Emulator.requests` is the log."""

    def _serve(self) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = self._body(headers)
        except (_BadBodyError, ValueError):
            self._send(Response(400, b"malformed body"))
            self.close_connection = True
            return
        repeated = parse_qs(url.query)
        query = {name: values[-1] for name, values in repeated.items()}
        request = Request(self.command, unquote(url.path), query, headers, body, repeated)
        dialect = next((one for one in self.server.dialects if one.speaks(request)), None)
        if dialect is None:
            self._send(Response(404, b"no such path"))
            return
        self._answer(dialect, request)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve  # noqa: N815 - names given by http.server

    def _answer(self, dialect: Dialect, request: Request) -> None:
        operation = dialect.operation(request)
        exchange = _recorded(request, operation)
        if operation != "control":
            self.server.exchanges.append(exchange)
        struck = self.server.faults.take(request, operation)
        response = _before(dialect, struck)
        if response is None and Fault.DROP_BEFORE not in struck:
            response = dialect.handle(request, struck)
            response = self._after(dialect, struck, response)
        if response is None:
            self._drop()
            return
        exchange.status = response.status
        self._send(response, cut=Fault.CUT_DOWNLOAD in struck)

    def _after(self, dialect: Dialect, struck: Mapping[Fault, Rule], response: Response) -> Response | None:
        """What becomes of an answer on its way back; None: nothing."""
        if rule := struck.get(Fault.STALL_AFTER):
            self.server.stopping.wait(rule.seconds)
        if Fault.DROP_AFTER in struck:
            return None
        if rule := struck.get(Fault.ERROR_AFTER):
            return _refusal(dialect, rule)
        return response

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunks()
        size = int(headers.get("content-length") or 0)
        if not 0 <= size <= LARGEST_BODY:
            raise _BadBodyError
        body = self.rfile.read(size)
        if len(body) < size:
            raise _BadBodyError
        return body

    def _chunks(self) -> bytes:
        pieces, total = [], 0
        while size := int(self.rfile.readline(64).split(b";")[0], 16):
            total += size
            if total > LARGEST_BODY:
                raise _BadBodyError
            pieces.append(self.rfile.read(size))
            self.rfile.readline(64)
        while self.rfile.readline(1024).strip():  # trailers
            pass
        return b"".join(pieces)

    def _send(self, response: Response, *, cut: bool = False) -> None:
        body = response.body
        pieces = [body] if isinstance(body, bytes) else body
        length = len(body) if isinstance(body, bytes) else response.length
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(length))
        self.end_headers()
        left = (length or 0) // 2 if cut else None
        for piece in pieces:
            self.wfile.write(piece if left is None else piece[:left])
            if left is not None:
                left -= min(left, len(piece))
        self.wfile.flush()
        if cut:
            self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        _close(self.connection)


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was first
        return


def _recorded(request: Request, operation: str) -> Exchange:
    headers = {name: value for name, value in request.headers.items() if name not in SECRET_HEADERS}
    size = len(request.body)
    return Exchange(time.time(), request.method, request.path, dict(request.query), headers, size, operation)


def _before(dialect: Dialect, struck: Mapping[Fault, Rule]) -> Response | None:
    """The answer of a provider that did nothing."""
    if rule := struck.get(Fault.REDIRECT):
        return Response(307, b"", {"location": rule.url})
    if rule := struck.get(Fault.REFUSE):
        return _refusal(dialect, rule)
    return next((dialect.unpaid(fault) for fault in (Fault.NO_CREDIT, Fault.SPEND_CAP) if fault in struck), None)


def _refusal(dialect: Dialect, rule: Rule) -> Response:
    response = dialect.failure(rule.status, rule.retry_after)
    if rule.retry_after is not None:
        response.headers["retry-after"] = f"{rule.retry_after:g}"
    if rule.should_retry is not None:
        response.headers["x-should-retry"] = str(rule.should_retry).lower()
    return response
