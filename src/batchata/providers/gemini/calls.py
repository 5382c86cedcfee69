"""The calls to the Gemini Developer API, on the client of its SDK: raw requests and answers, every failure a `ProviderError`.

The SDK's own methods are not used: they follow redirects (a whole body, and the key, to any host), have no time-out, repeat a
failed upload after sleeps, and drop what is needed of a batch (its error, its counts). Each call here is sent once, with the URL,
headers and transport that the SDK would use: `_request`, `_transport`, `_secrets` and `_base_url`, at the end, are all that
reaches into it, and tests hold their requests against those of its public methods.
"""

import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlencode, urlparse, urlunparse

import orjson

from batchata.errors import CreateRefusedError, ProviderError, ValidationError
from batchata.providers.failures import Failure
from batchata.providers.foreign_json import get, loaded_object, text
from batchata.providers.gemini import errors
from batchata.providers.keys import can_be_sent, header_secrets
from batchata.providers.responses import check_whole, json_object, streamed
from batchata.providers.server_clock import ServerClock

if TYPE_CHECKING:
    import httpx2
    from google import genai

UPLOAD_CHUNK = 8 << 20
"""Bytes of one piece of an upload: Google takes multiples of 256 KiB; its SDK sends 8 MiB."""

_REDIRECTS_MAX = 3
_TIMEOUT = (10.0, 300.0, 300.0, 60.0)  # seconds to connect, read, write, and wait for a connection; the SDK has none


class GeminiCalls:
    """One account. A client that is given stays its owner's to close; else one is built from the environment."""

    def __init__(self, given: "genai.Client | None") -> None:
        if given is not None:
            _check_kind(given)
        self._given = given
        self._own: genai.Client | None = None
        self._lock = threading.Lock()
        self.server_clock = ServerClock()

    def account(self) -> str:
        client = self._client()
        return "\n".join([_base_url(client), *sorted(_secrets(client))])

    def get(self, path: str, params: Mapping[str, object] | None = None) -> tuple[dict[str, Any], Mapping[str, str]]:
        """A JSON object and the response's headers."""
        query = f"?{urlencode(params)}" if params else ""
        response = self._answer("GET", path + query)
        return json_object(response, path, "Gemini")

    def post(self, path: str) -> None:
        self._answer("POST", path)

    def delete(self, name: str) -> None:
        """A file that is not there is no error, and neither is one that is not ours to see: Gemini says 403 to both."""
        try:
            self._answer("DELETE", name)
        except ProviderError as error:
            if error.status not in (403, 404):
                raise

    def create(self, path: str, body: dict[str, Any]) -> "httpx2.Response":
        """Exactly one POST. Raises `CreateRefusedError` or `CreateUnknownError`."""
        try:
            client = self._client()
        except ProviderError as error:
            raise CreateRefusedError(str(error), kind=error.kind) from None
        secrets = _secrets(client)
        try:
            response = _sent(client, _request(client, "POST", path, body))
        except errors.foreign_errors() as error:
            # not `from error`: its request would show the key in a traceback
            raise errors.failure(error, secrets).as_create_error() from None
        if not response.is_success:
            raise _failure(response, secrets).as_create_error()
        return response

    def upload(self, name: str, label: str, media_type: str, body: BinaryIO, size: int) -> dict[str, Any]:
        """Upload `body` as `files/<name>`; what Gemini says of the file. Raises `ProviderError`, of status 409 where the name is
        taken.
        """
        begin = {"file": {"name": f"files/{name}", "displayName": label, "mimeType": media_type}}
        headers = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(size),
            "X-Goog-Upload-Header-Content-Type": media_type,
        }
        begun = self._answer("POST", "upload/{api_version}/files", begin, headers)
        url = begun.headers.get("x-goog-upload-url")
        if not url:
            raise ProviderError("Gemini took the start of an upload, and did not say where to send it", retryable=True)
        last = self._send_pieces(url, body, size)
        made = get(loaded_object(last.content), "file")
        if last.headers.get("x-goog-upload-status") != "final" or text(get(made, "name")) is None:
            raise ProviderError("Gemini took the whole of an upload, and did not say that it is a file", retryable=True)
        return cast("dict[str, Any]", made)

    def download(self, name: str) -> Generator[bytes, None, None]:
        """The bytes of a file as they come. A redirect is followed within the same host only, because the key goes along."""
        client = self._client()
        secrets = _secrets(client)
        with errors.as_provider_errors(secrets):
            response = _opened(client, _request(client, "GET", f"{name}:download?alt=media"))
            if not response.is_success:
                with closing(response):
                    response.read()
                raise _failure(response, secrets).as_provider_error()
            yield from streamed(response)
        check_whole(response)

    def close(self) -> None:
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            own.close()

    def _send_pieces(self, url: str, body: BinaryIO, size: int) -> "httpx2.Response":
        client = self._client()
        parsed, base = urlparse(url), urlparse(_base_url(client))
        # the host is ours: the key goes along, and the answer could name any
        url = urlunparse(parsed._replace(scheme=base.scheme, netloc=base.netloc))
        body.seek(0)
        for offset in range(0, max(size, 1), UPLOAD_CHUNK):
            piece = body.read(min(UPLOAD_CHUNK, size - offset))
            last = offset + len(piece) >= size
            headers = {
                "X-Goog-Upload-Command": "upload, finalize" if last else "upload",
                "X-Goog-Upload-Offset": str(offset),
            }
            response = self._answer("POST", url, piece, headers)
            if not last and response.headers.get("x-goog-upload-status") != "active":
                raise ProviderError(f"Gemini broke off an upload after {offset + len(piece):,} bytes", retryable=True)
        return response

    def _answer(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> "httpx2.Response":
        client = self._client()
        secrets = _secrets(client)
        with errors.as_provider_errors(secrets):
            response = _sent(client, _request(client, method, path, body, headers))
        self.server_clock.hear(response.headers)
        if not response.is_success:
            raise _failure(response, secrets).as_provider_error()
        return response

    def _client(self) -> "genai.Client":
        with self._lock:
            if self._given is None and self._own is None:
                self._own = _from_environment()
            client = self._given or cast("genai.Client", self._own)
        _check_usable(client)
        return client


def _sent(client: "genai.Client", request: "httpx2.Request") -> "httpx2.Response":
    return cast("httpx2.Response", _transport(client).send(request, follow_redirects=False))


def _opened(client: "genai.Client", request: "httpx2.Request") -> "httpx2.Response":
    """A response whose body is still to come, after redirects within the same host."""
    response = _streamed(client, request)
    for _ in range(_REDIRECTS_MAX):
        following = response.next_request
        if following is None or _origin(following) != _origin(request):
            break
        response.close()
        response = _streamed(client, following)
    return response


def _streamed(client: "genai.Client", request: "httpx2.Request") -> "httpx2.Response":
    return cast("httpx2.Response", _transport(client).send(request, follow_redirects=False, stream=True))


def _origin(request: "httpx2.Request") -> tuple[str, str, int | None]:
    return request.url.scheme, request.url.host, request.url.port


def _failure(response: "httpx2.Response", secrets: Iterable[str]) -> Failure:
    return errors.answered(response.status_code, response.headers, response.content, secrets)


def _from_environment() -> "genai.Client":
    from google import genai

    try:
        # said aloud: an environment made for Vertex AI must not turn this client into one
        return genai.Client(vertexai=False, http_options={"retry_options": {"attempts": 1}})
    except ValueError:  # its words for a missing key
        raise ProviderError(
            "no key for Gemini: set GOOGLE_API_KEY (or GEMINI_API_KEY).", kind="UNAUTHENTICATED"
        ) from None


def _check_kind(client: object) -> None:
    from google import genai

    if not isinstance(client, genai.Client):
        raise ValidationError(
            f"providers['gemini'] must be a google.genai.Client; got {type(client).__qualname__}. "
            "Give genai.Client(api_key=…)."
        )
    if client.vertexai:
        raise ValidationError(
            "providers['gemini'] is a client of Vertex AI, whose batches read and write Cloud Storage and are not supported. "
            "Give a client of the Gemini Developer API: genai.Client(api_key=…)."
        )


def _check_usable(client: "genai.Client") -> None:
    """The transport would fail on these with exceptions of other kinds, or with the key in their words."""
    if _transport(client).is_closed:
        raise ProviderError("the Gemini client is closed. Give an open one.")
    secrets = _secrets(client)
    if not all(map(can_be_sent, secrets)):
        raise ProviderError(
            "the key for Gemini holds white space or characters that no key has: check GOOGLE_API_KEY.",
            kind="UNAUTHENTICATED",
        )
    if any(value.startswith("auth_tokens/") for value in secrets):
        raise ProviderError("the key for Gemini is a token of the Live API, which no batch takes: give an API key.")


def _request(
    client: "genai.Client",
    method: str,
    path: str,
    body: dict[str, Any] | bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> "httpx2.Request":
    """The request that the SDK would send. `path` is relative to base URL and API version, or a whole URL."""
    api = client._api_client  # noqa: SLF001  (the SDK has no public raw call)
    whole = path.startswith(("http://", "https://"))
    made = api._build_request(method.lower(), "" if whole else path, body if isinstance(body, dict) else {})  # noqa: SLF001
    content = body if isinstance(body, bytes) else orjson.dumps(made.data) if made.data else None
    request = _transport(client).build_request(
        method,
        path if whole else made.url,
        content=content,
        headers={**made.headers, **(headers or {})},
        timeout=made.timeout or _TIMEOUT,
    )
    return cast("httpx2.Request", request)


def _transport(client: "genai.Client") -> Any:
    """An `httpx2.Client`, or the `httpx.Client` of older installations, which is used alike."""
    return client._api_client._httpx_client  # noqa: SLF001


def _secrets(client: "genai.Client") -> set[str]:
    headers = client._api_client._http_options.headers or {}  # noqa: SLF001
    sent = header_secrets(headers)
    key = client._api_client.api_key  # noqa: SLF001
    return sent | {key} if key else sent


def _base_url(client: "genai.Client") -> str:
    return str(client._api_client._http_options.base_url)  # noqa: SLF001
