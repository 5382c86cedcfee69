"""The calls to OpenAI, or to a service of its dialect, through its SDK: raw responses, and every failure as a `ProviderError`.

Bodies and results pass through as bytes. No redirect is followed, because the key would go along. The SDK is loaded on the first
call.
"""

import threading
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

from batchata.errors import CreateRefusedError, ProviderError
from batchata.providers.failures import Failure
from batchata.providers.keys import can_be_sent, header_secrets
from batchata.providers.openai import errors
from batchata.providers.responses import check_whole, json_object, streamed
from batchata.providers.server_clock import ServerClock

if TYPE_CHECKING:
    import httpx2
    import openai

BATCHES = "/batches"
FILES = "/files"


class OpenAICalls:
    """One account. A client that is given stays its owner's to close; else `make` builds one on the first call, and raises
    `ProviderError` or the SDK's own errors where it can't. `service` is how messages name the provider.
    """

    def __init__(self, given: "openai.OpenAI | None", make: "Callable[[], openai.OpenAI]", service: str) -> None:
        self.service = service
        self._given = given
        self._make = make
        self._own: openai.OpenAI | None = None
        self._lock = threading.Lock()
        self.server_clock = ServerClock()

    def account(self) -> str:
        client = self._client()
        named = [client.organization or "", client.project or ""]
        return "\n".join([str(client.base_url), *named, *sorted(_secrets(client))])

    def upload(
        self,
        name: str,
        body: BinaryIO,
        fields: Mapping[str, object],
        media_type: str = "application/octet-stream",
    ) -> "httpx2.Response":
        """One file. Nothing of it costs money, so every failure is a `CreateRefusedError`."""
        import httpx2

        client = self._money_client()
        body.seek(0)  # its length is taken from the file, whatever its place
        try:
            response = client.post(
                FILES,
                cast_to=httpx2.Response,
                body=dict(fields),
                files=[("file", (name, body, media_type))],
                options={"headers": {"content-type": "multipart/form-data"}, "follow_redirects": False},
            )
        except errors.foreign_errors() as error:
            # not `from error`: its request would show the key in a traceback
            raise self._failure(client, error).as_refused_error() from None
        self.server_clock.hear(response.headers)
        return response

    def create(self, body: Mapping[str, object]) -> "httpx2.Response":
        """Exactly one POST. Raises `CreateRefusedError` or `CreateUnknownError`."""
        import httpx2

        client = self._money_client()
        try:
            return client.post(BATCHES, cast_to=httpx2.Response, body=dict(body), options={"follow_redirects": False})
        except errors.foreign_errors() as error:
            raise self._failure(client, error).as_create_error() from None

    def cancel(self, provider_id: str) -> None:
        import httpx2

        client = self._client()
        with errors.as_provider_errors(lambda: _secrets(client), self.service):
            client.post(
                f"{batch_path(provider_id)}/cancel", cast_to=httpx2.Response, options={"follow_redirects": False}
            )

    def delete_file(self, file_id: str) -> None:
        """A file that is not there is no error."""
        import httpx2

        client = self._client()
        try:
            with errors.as_provider_errors(lambda: _secrets(client), self.service):
                client.delete(file_path(file_id), cast_to=httpx2.Response, options={"follow_redirects": False})
        except ProviderError as error:
            if error.status != 404:
                raise

    def get(self, path: str, params: Mapping[str, object] | None = None) -> tuple[dict[str, Any], Mapping[str, str]]:
        """A JSON object and the response's headers."""
        import httpx2

        client = self._client()
        with errors.as_provider_errors(lambda: _secrets(client), self.service):
            response = client.get(
                path, cast_to=httpx2.Response, options={"params": params or {}, "follow_redirects": False}
            )
        self.server_clock.hear(response.headers)
        return json_object(response, path, self.service)

    def file(self, file_id: str) -> Generator[bytes, None, None]:
        """A file's content as it comes."""
        import httpx2
        import openai

        client = self._client()
        with errors.as_provider_errors(lambda: _secrets(client), self.service):
            stream = client.get(
                f"{file_path(file_id)}/content",
                cast_to=httpx2.Response,
                stream=True,
                stream_cls=openai.Stream[Any],
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

    def _money_client(self) -> "openai.OpenAI":
        """The client for the calls that must not be repeated by the SDK."""
        try:
            client = self._client()
            return client if client.max_retries == 0 else client.with_options(max_retries=0)
        except ProviderError as error:
            raise CreateRefusedError(str(error), kind=error.kind) from None

    def _client(self) -> "openai.OpenAI":
        with self._lock:
            if self._given is None and self._own is None:
                with errors.as_provider_errors(set, self.service):
                    self._own = self._make()
            client = self._given or cast("openai.OpenAI", self._own)
        _check_usable(client, self.service)
        return client

    def _failure(self, client: "openai.OpenAI", error: Exception) -> Failure:
        return errors.failure(error, _secrets(client), self.service)


def batch_path(provider_id: str) -> str:
    return f"{BATCHES}/{quote(provider_id, safe='')}"


def file_path(file_id: str) -> str:
    return f"{FILES}/{quote(file_id, safe='')}"


def _secrets(client: "openai.OpenAI") -> set[str]:
    return {value for value in (client.api_key,) if value} | header_secrets(client.default_headers)


def _check_usable(client: "openai.OpenAI", service: str) -> None:
    """The SDK would fail on these with exceptions of other kinds, or with the key in their words."""
    if client.is_closed():
        raise ProviderError(f"the client for {service} is closed. Give an open one.")
    if not all(map(can_be_sent, _secrets(client))):
        raise ProviderError(
            f"the key for {service} holds white space or characters that no key has: check it.",
            kind="authentication_error",
        )
