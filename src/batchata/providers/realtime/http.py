"""Requests to a realtime server, one attempt each, over connections that are kept open.

No redirect is followed, because the key would go along, and nothing is sent twice. What comes of a request is told apart by what
may have been charged for it: the server said no; it was never reached; or it was reached and no answer came back.
"""

import http.client
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from batchata.errors import ProviderError, ValidationError
from batchata.providers.compatible import OpenAICompatible
from batchata.providers.failures import answer_words, retry_after
from batchata.providers.foreign_json import get, loaded_object, text
from batchata.providers.keys import redacted
from batchata.providers.openai.errors import error_kind, worth_retrying

NEVER_REACHED = 0
"""Stands for an HTTP status where no connection was made: the spool takes any status for "nothing was charged"."""

LOST = "lost"
"""The kind of error of a request that reached the server and came back without a whole answer: it may have been charged."""

_BUSY = frozenset({429, 503, 529})  # later, and fewer at once
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    data: bytes


class HttpAnswerer:
    """Answers chat completion bodies by asking a server. `name` is how messages name it. Safe to call from several threads."""

    def __init__(self, name: str, config: OpenAICompatible) -> None:
        self._name = name
        self._config = config
        self._url = urlsplit(config.base_url)
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._busy: set[http.client.HTTPConnection] = set()
        self._closed = False

    @property
    def concurrency(self) -> int:
        return self._config.concurrency

    def answer(self, body: bytes) -> bytes:
        reply = self._call("POST", "/chat/completions", body)
        if not 200 <= reply.status < 300:
            raise self._refusal(reply)
        if loaded_object(reply.data) is None:
            raise self._lost(f"HTTP {reply.status} with something that is no JSON object")
        return reply.data

    def models(self) -> object:
        """What `GET /models` says; None where it says nothing that can be read. Raises `ProviderError`."""
        reply = self._call("GET", "/models", None)
        return loaded_object(reply.data) if 200 <= reply.status < 300 else None

    def close(self) -> None:
        """What is under way raises at once: its connection is shut down, not only let go."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for connection in idle:
            connection.close()
        for connection in busy:
            with suppress(OSError, AttributeError):  # it may be connecting, or done, just now
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _call(self, method: str, path: str, body: bytes | None) -> Reply:
        key = self._key()
        connection = self._taken()
        kept = False
        try:
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            connection.request(method, self._url.path.rstrip("/") + path, body, headers)
            response = connection.getresponse()
            data = response.read()
            kept = not response.will_close
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(f"{type(error).__name__}: {error}") from None
        finally:
            self._give_back(connection, kept)
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, data)

    def _taken(self) -> http.client.HTTPConnection:
        """An open connection: one that waits and is still good, else a new one."""
        while (connection := self._waiting()) is not None:
            if not _stale(connection):
                break
            connection.close()
        try:
            connection = connection or self._opened()
        except OSError as error:
            raise ProviderError(
                f"{self._name} could not be reached at {self._url.hostname}:{self._port}, nothing was sent: {error}",
                retryable=True,
                status=NEVER_REACHED,
                kind="unreachable",
            ) from error
        with self._lock:
            self._busy.add(connection)
            if not self._closed:
                return connection
        self._give_back(connection, kept=False)
        raise self._over()

    def _waiting(self) -> http.client.HTTPConnection | None:
        with self._lock:
            if self._closed:
                raise self._over()
            return self._idle.pop() if self._idle else None

    def _over(self) -> ProviderError:
        return ProviderError(f"the provider {self._name} is closed")

    @property
    def _port(self) -> int:
        return self._url.port or (443 if self._url.scheme == "https" else 80)

    def _opened(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            self._tls = self._tls or ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, self._port, timeout=_CONNECT_SECONDS, context=self._tls
            )
        else:
            connection = http.client.HTTPConnection(host, self._port, timeout=_CONNECT_SECONDS)
        connection.connect()
        connection.sock.settimeout(self._config.timeout_seconds)
        connection.auto_open = 0  # a request never opens a connection by itself: that would be a second attempt
        return connection

    def _give_back(self, connection: http.client.HTTPConnection, kept: bool) -> None:
        with self._lock:
            self._busy.discard(connection)
            if kept and not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _refusal(self, reply: Reply) -> ProviderError:
        """The server's own no. Only a busy server is asked again by the spool; `read` says what else may do better later."""
        body = loaded_object(reply.data)
        error = get(body, "error") if isinstance(get(body, "error"), dict) else body
        kind = error_kind(error, reply.status)
        said = text(get(error, "message")) or text(get(body, "error")) or reply.data[:2000].decode(errors="replace")
        return ProviderError(
            self._redacted(answer_words(self._name, reply.status, None, said)),
            retryable=reply.status in _BUSY and worth_retrying(reply.status, kind),
            retry_after=retry_after(reply.headers, time.time()),
            status=reply.status,
            kind=kind,
        )

    def _lost(self, words: str) -> ProviderError:
        return ProviderError(self._redacted(f"no whole answer from {self._name}: {words}"), kind=LOST)

    def _redacted(self, words: str) -> str:
        return redacted(words, [self._key()])

    def _key(self) -> str:
        try:
            return self._config.key(self._name)
        except ValidationError as error:
            raise ProviderError(str(error), status=NEVER_REACHED, kind="authentication_error") from None


def _stale(connection: http.client.HTTPConnection) -> bool:
    """Whether a connection that waits has something to read: the server closed it, or said what nobody asked."""
    with selectors.DefaultSelector() as selector:
        try:
            selector.register(connection.sock, selectors.EVENT_READ)
        except (ValueError, OSError, AttributeError):
            return True
        return bool(selector.select(0))
