"""The calls to Anthropic, through its SDK: one client, raw responses, and every failure as a `ProviderError`.

Bodies and results pass through as bytes. No redirect is followed, because the key would go along. The SDK is loaded on the first
call.
"""

import os
import threading
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

from batchata.errors import CreateRefusedError, ProviderError
from batchata.providers.anthropic import errors
from batchata.providers.keys import can_be_sent, header_secrets
from batchata.providers.responses import check_whole, json_object, streamed
from batchata.providers.server_clock import ServerClock

if TYPE_CHECKING:
    import anthropic
    import httpx2

BATCHES = "/v1/messages/batches"
FILES = "/v1/files"

# What SDK 2.12 sends; a newer one sends the same or a later date
SDK_API_VERSION = "2026-10-21"


class AnthropicCalls:
    """One account at Anthropic. A client that is given stays its owner's to close; else one is built from the environment."""

    def __init__(self, given: "anthropic.Anthropic | None") -> None:
        self._given = given
        self._own: anthropic.Anthropic | None = None
        self._lock = threading.Lock()
        self.server_clock = ServerClock()

    @property
    def api_version(self) -> str:
        """The `anthropic-version` that requests carry; found without the SDK."""
        headers = self._given.default_headers if self._given else _headers_from_environment()
        return _header(headers, "anthropic-version") or SDK_API_VERSION

    @property
    def betas(self) -> str:
        return _header(self._client().default_headers, "anthropic-beta")

    def account(self) -> str:
        client = self._client()
        sent = sorted(header_secrets(client.default_headers))
        if not sent:  # minted tokens come and go; the kind of credentials stays
            sent = [type(client.credentials).__qualname__]
        return "\n".join([str(client.base_url), *sent, _header(client.default_headers, "anthropic-workspace-id")])

    def create(self, body: BinaryIO) -> "httpx2.Response":
        """Exactly one POST. Raises `CreateRefusedError` or `CreateUnknownError`."""
        import httpx2

        try:
            client = _once(self._client())
        except ProviderError as error:
            raise CreateRefusedError(str(error), kind=error.kind) from None
        body.seek(0)  # its length is taken from the file, whatever its place
        try:
            return client.post(
                BATCHES,
                content=body,
                cast_to=httpx2.Response,
                options={"headers": {"content-type": "application/json"}, "follow_redirects": False},
            )
        except errors.foreign_errors() as error:
            # not `from error`: its request would show the key in a traceback
            raise errors.failure(error, _secrets(client)).as_create_error() from None

    def upload(self, name: str, media_type: str, body: BinaryIO, fields: Mapping[str, str]) -> "httpx2.Response":
        """One file, sent once."""
        import httpx2

        client = _once(self._client())
        with errors.as_provider_errors(lambda: _secrets(client)):
            return client.post(
                FILES,
                cast_to=httpx2.Response,
                body=dict(fields),
                files=[("file", (name, body, media_type))],
                options={"headers": {"content-type": "multipart/form-data"}, "follow_redirects": False},
            )

    def delete_file(self, file_id: str) -> None:
        """A file that is not there is no error."""
        self._delete(f"{FILES}/{quote(file_id, safe='')}")

    def delete_batch(self, provider_id: str) -> None:
        """A batch that is not there is no error."""
        self._delete(batch_path(provider_id))

    def _delete(self, path: str) -> None:
        import httpx2

        client = self._client()
        try:
            with errors.as_provider_errors(lambda: _secrets(client)):
                client.delete(path, cast_to=httpx2.Response, options={"follow_redirects": False})
        except ProviderError as error:
            if error.status != 404:
                raise

    def cancel(self, provider_id: str) -> None:
        import httpx2

        client = self._client()
        with errors.as_provider_errors(lambda: _secrets(client)):
            client.post(
                f"{batch_path(provider_id)}/cancel", cast_to=httpx2.Response, options={"follow_redirects": False}
            )

    def get(self, path: str, params: Mapping[str, object] | None = None) -> tuple[dict[str, Any], Mapping[str, str]]:
        """A JSON object and the response's headers."""
        import httpx2

        client = self._client()
        with errors.as_provider_errors(lambda: _secrets(client)):
            response = client.get(
                path, cast_to=httpx2.Response, options={"params": params or {}, "follow_redirects": False}
            )
        self.server_clock.hear(response.headers)
        return json_object(response, path, "Anthropic")

    def results(self, provider_id: str) -> Generator[bytes, None, None]:
        """The results as they come. The path is ours: a batch's `results_url` could lead the key to any host."""
        import anthropic
        import httpx2

        client = self._client()
        with errors.as_provider_errors(lambda: _secrets(client)):
            stream = client.get(
                f"{batch_path(provider_id)}/results",
                cast_to=httpx2.Response,
                stream=True,
                stream_cls=anthropic.Stream[Any],
                options={"headers": {"accept": "application/binary"}, "follow_redirects": False},
            )
            # the SDK hands the raw response out, whatever its signature says
            response = cast("httpx2.Response", stream)
            yield from streamed(response)
        check_whole(response)

    def close(self) -> None:
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            own.close()

    def _client(self) -> "anthropic.Anthropic":
        import anthropic

        with self._lock:
            if self._given is None and self._own is None:
                with errors.as_provider_errors(set):
                    self._own = anthropic.Anthropic(max_retries=0)
            client = self._given or cast("anthropic.Anthropic", self._own)
        _check_usable(client)
        return client


def _once(client: "anthropic.Anthropic") -> "anthropic.Anthropic":
    """The client for calls that its SDK must not repeat."""
    return client if client.max_retries == 0 else client.with_options(max_retries=0)


def batch_path(provider_id: str) -> str:
    return f"{BATCHES}/{quote(provider_id, safe='')}"


def _secrets(client: "anthropic.Anthropic") -> set[str]:
    held = {value for value in (client.api_key, client.auth_token) if value}
    return held | header_secrets(client.default_headers)


def _check_usable(client: "anthropic.Anthropic") -> None:
    """The SDK would fail on these with exceptions of other kinds, or with the key in their words."""
    if client.is_closed():
        raise ProviderError("the Anthropic client is closed. Give an open one.")
    secrets = _secrets(client)
    if not secrets and client.credentials is None:
        raise ProviderError("no key for Anthropic: set ANTHROPIC_API_KEY.", kind="authentication_error")
    if not all(map(can_be_sent, secrets)):
        raise ProviderError(
            "the key for Anthropic holds white space or characters that no key has: check ANTHROPIC_API_KEY.",
            kind="authentication_error",
        )


def _header(headers: Mapping[str, object], name: str) -> str:
    """The header that is sent: the user's own may stand beside the SDK's in other letters, and goes before it."""
    found = {spelt: value for spelt, value in headers.items() if spelt.lower() == name and isinstance(value, str)}
    return found.get(min(found, key=lambda spelt: spelt == name, default=""), "")


def _headers_from_environment() -> dict[str, str]:
    """What the SDK takes from `ANTHROPIC_CUSTOM_HEADERS`: a `name: value` a line."""
    lines = os.environ.get("ANTHROPIC_CUSTOM_HEADERS", "").split("\n")
    return {name.strip(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}
