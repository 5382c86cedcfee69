"""HTTP responses of an SDK's transport, looked at before they are used. Knows no provider, and needs no SDK."""

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

from batchata.errors import ProviderError
from batchata.providers.foreign_json import loaded_object

if TYPE_CHECKING:
    import httpx2

_CHUNK = 1 << 16


def json_object(response: "httpx2.Response", path: str, service: str) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Its JSON object, and its headers. Raises `ProviderError` where it holds anything else."""
    content = loaded_object(response.content)
    if content is None:
        raise ProviderError(
            f"{service} answered HTTP {response.status_code} to {path} with something that is no JSON object",
            retryable=True,
            status=response.status_code,
        )
    return content, response.headers


def streamed(response: "httpx2.Response") -> Generator[bytes, None, None]:
    """The body as it comes, closed at the end, however that comes."""
    try:
        yield from response.iter_bytes(_CHUNK)
    finally:
        response.close()


def check_whole(response: "httpx2.Response") -> None:
    """Raise `ProviderError` where a body that came to its end is not as long as was said."""
    told = response.headers.get("content-length", "")
    if told.isdecimal() and int(told) != response.num_bytes_downloaded:
        raise ProviderError(
            f"results were cut short: {response.num_bytes_downloaded:,} of {int(told):,} bytes came", retryable=True
        )


def text_of(response: "httpx2.Response") -> str:
    try:
        return response.text.strip()
    except RuntimeError:  # the transport's StreamError: closed before it was read
        return ""
