"""Failures of the Anthropic SDK in the house's words: what was said, whether it is worth trying again, and, for a create,
whether anything was made.

The SDK's exceptions carry the request, and with it the key; what leaves this module carries text only, the key taken out of it
by value. The SDK is imported where a failure is looked at, so that importing this costs nothing.
"""

import email.utils
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchata.errors import CreateRefusedError, CreateUnknownError, ProviderError

if TYPE_CHECKING:
    import anthropic
    import httpx2

RETRY_AFTER_MAX_SECONDS = 3600.0
"""The longest wait taken from a `retry-after` header; one wrong header must not stop a run for years."""

NOTHING_MADE = frozenset({400, 401, 402, 403, 404, 413, 422})
"""HTTP statuses of a create after which certainly nothing was made. 429 needs the provider's own error body beside it."""

# Both are documented: the monthly spend cap answers 429 without a retry-after, and waiting does not lift it before next month
SPEND_CAP = "enforced_spend_limit_reached"

_RETRYABLE_STATUSES = frozenset({408, 409, 425, 429})
_SECRET_HEADERS = ("authorization", "x-api-key")
_SECRET_MIN = 6  # replacing shorter values would garble ordinary words


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call, without its secrets."""

    message: str
    retryable: bool
    retry_after: float | None = None
    status: int | None = None
    kind: str | None = None
    spend_cap: bool = False
    never_sent: bool = False

    def as_provider_error(self) -> ProviderError:
        return ProviderError(
            self.message, retryable=self.retryable, retry_after=self.retry_after, status=self.status, kind=self.kind
        )

    def as_create_error(self) -> ProviderError:
        """`CreateRefusedError` where certainly nothing was made, else `CreateUnknownError`."""
        error_type = CreateRefusedError if self.made_nothing else CreateUnknownError
        return error_type(
            self.message, retryable=self.retryable, retry_after=self.retry_after, status=self.status, kind=self.kind
        )

    @property
    def made_nothing(self) -> bool:
        # a rate limit is applied before a request is processed, but only the provider's own body says that it was one
        return self.never_sent or self.status in NOTHING_MADE or (self.status == 429 and self.kind is not None)


def foreign_errors() -> tuple[type[Exception], ...]:
    """Every exception that the SDK or its transport raises for what the provider or the network did."""
    import anthropic
    import httpx2

    return (anthropic.AnthropicError, httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)


@contextmanager
def as_provider_errors(secrets: Iterable[str]) -> Iterator[None]:
    """Raise `ProviderError` in place of whatever the SDK raises inside."""
    try:
        yield
    except foreign_errors() as error:
        # not `from error`: its text and its request would show the key in a traceback
        raise failure(error, secrets).as_provider_error() from None


def failure(error: Exception, secrets: Iterable[str]) -> Failure:
    """What an exception of the SDK says."""
    import anthropic

    known = {*secrets, *_secrets_sent(error)}
    if isinstance(error, anthropic.APIStatusError):
        return _answered(error, known)
    cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) else None
    return _unanswered(error, cause, known)


def redacted(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret in it taken out by value."""
    values = {part for secret in secrets for part in (secret, secret.strip(), secret.removeprefix("Bearer ").strip())}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SECRET_MIN:
            text = text.replace(value, "***")
    return text


def header_secrets(headers: Mapping[str, object]) -> set[str]:
    """The values of the headers that authenticate."""
    return {
        value for name, value in headers.items() if name.lower() in _SECRET_HEADERS and isinstance(value, str) and value
    }


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait as the provider asks, from `retry-after-ms` or `retry-after` (seconds or a date), capped."""
    seconds = _number(headers.get("retry-after-ms"))
    if seconds is not None:
        seconds /= 1000
    else:
        text = headers.get("retry-after")
        seconds = _number(text)
        if seconds is None and (date := http_date(text)) is not None:
            seconds = max(0.0, date - now)
    if seconds is None or seconds < 0:
        return None
    return min(seconds, RETRY_AFTER_MAX_SECONDS)


def http_date(text: str | None) -> float | None:
    """An HTTP date as Unix time; None where it is none."""
    try:
        return email.utils.parsedate_to_datetime(text or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _answered(error: "anthropic.APIStatusError", secrets: Iterable[str]) -> Failure:
    status = error.status_code
    kind = error.type if isinstance(error.type, str) else None
    spend_cap = error.error_code == SPEND_CAP
    return Failure(
        message=redacted(_answer_text(error.response, status, kind, error.api_message), secrets),
        retryable=(status in _RETRYABLE_STATUSES or status >= 500) and not spend_cap,
        retry_after=retry_after(error.response.headers, time.time()),
        status=status,
        kind=kind,
        spend_cap=spend_cap,
    )


def _answer_text(response: "httpx2.Response", status: int, kind: str | None, message: object) -> str:
    said = message if isinstance(message, str) else _body_text(response)
    head = f"Anthropic answered HTTP {status}" + (f" ({kind})" if kind else "")
    if 300 <= status < 400:
        head += ", a redirect, which is not followed: check the base URL"
    request_id = response.headers.get("request-id")
    return head + (f": {said}" if said else "") + (f" [request {request_id}]" if request_id else "")


def _body_text(response: "httpx2.Response") -> str:
    try:
        return response.text.strip()
    except RuntimeError:  # the transport's StreamError: closed before it was read
        return ""


def _unanswered(error: Exception, cause: BaseException | None, secrets: Iterable[str]) -> Failure:
    import anthropic
    import httpx2

    before_sending = (
        httpx2.ConnectError,
        httpx2.ConnectTimeout,
        httpx2.PoolTimeout,
        httpx2.ProxyError,
        httpx2.UnsupportedProtocol,
        httpx2.InvalidURL,
    )
    told = cause or error
    permanent = isinstance(told, (httpx2.UnsupportedProtocol, httpx2.InvalidURL, anthropic.CredentialsError))
    never_sent = permanent or isinstance(told, before_sending)
    said = f"{type(told).__name__}: {told}" if str(told) else type(told).__name__
    if permanent:
        message = f"nothing could be sent to Anthropic: {said}"
    elif never_sent:
        message = f"Anthropic could not be reached, nothing was sent: {said}"
    else:
        message = f"no whole answer from Anthropic: {said}"
    return Failure(message=redacted(message, secrets), retryable=not permanent, never_sent=never_sent)


def _secrets_sent(error: Exception) -> set[str]:
    """What authenticated the failed request, minted tokens included."""
    try:
        request = getattr(error, "request", None)
    except RuntimeError:  # the transport's own errors have the property, and raise where it was never set
        return set()
    return header_secrets(request.headers) if request is not None else set()


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
