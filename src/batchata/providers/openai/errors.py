"""Failures of the OpenAI SDK as `Failure`: what was said, whether it is worth trying again, whether a create made anything.

The SDK's exceptions carry the request, and with it the key; what leaves this module carries text only, the key taken out of it
by value. The SDK is imported where a failure is looked at, so that importing this costs nothing.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from batchata.providers.anthropic_errors import Failure, header_secrets, redacted, retry_after
from batchata.providers.foreign_json import get, text

if TYPE_CHECKING:
    import httpx2
    import openai

QUEUE_FULL = "token_limit_exceeded"
"""More tokens wait in batches than the account may have waiting: fewer at once, later, will do (OpenAI's batch guide)."""

_RETRYABLE_STATUSES = frozenset({408, 409, 425, 429})
# OpenAI's error guide: these come with HTTP 429 like a rate limit, and no waiting lifts them
_NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})


def foreign_errors() -> tuple[type[Exception], ...]:
    """Every exception that the SDK or its transport raises for what the provider or the network did."""
    import httpx2
    import openai

    return (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)


@contextmanager
def as_provider_errors(secrets: Iterable[str], service: str) -> Iterator[None]:
    """Raise `ProviderError` in place of whatever the SDK raises inside."""
    try:
        yield
    except foreign_errors() as error:
        # not `from error`: its text and its request would show the key in a traceback
        raise failure(error, secrets, service).as_provider_error() from None


def failure(error: Exception, secrets: Iterable[str], service: str) -> Failure:
    """What an exception of the SDK says. `service` is how messages name the provider."""
    import openai

    known = {*secrets, *_secrets_sent(error)}
    if isinstance(error, openai.APIStatusError):
        return _answered(error, known, service)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else None
    return _unanswered(error, cause, known, service)


def secret_values(headers: Mapping[str, object]) -> set[str]:
    """The values of the headers that authenticate; Azure has one of its own."""
    azure = {value for name, value in headers.items() if name.lower() == "api-key" and isinstance(value, str) and value}
    return header_secrets(headers) | azure


def error_kind(body: object, status: int) -> str | None:
    """The name of an error in its own body (`{"message", "type", "param", "code"}`); None where the body is none of it."""
    named = text(get(body, "code")) or text(get(body, "type"))
    return named or (f"http_{status}" if text(get(body, "message")) else None)


def worth_retrying(status: int, kind: str | None) -> bool:
    return kind == QUEUE_FULL or ((status in _RETRYABLE_STATUSES or status >= 500) and kind not in _NO_MONEY)


def _answered(error: "openai.APIStatusError", secrets: Iterable[str], service: str) -> Failure:
    status = error.status_code
    kind = error_kind(error.body, status)
    return Failure(
        message=redacted(_answer_text(error.response, status, kind, error.body, service), secrets),
        retryable=worth_retrying(status, kind),
        retry_after=retry_after(error.response.headers, time.time()),
        status=status,
        kind=kind,
    )


def _answer_text(response: "httpx2.Response", status: int, kind: str | None, body: object, service: str) -> str:
    said = text(get(body, "message")) or _body_text(response)
    head = f"{service} answered HTTP {status}" + (f" ({kind})" if kind else "")
    if 300 <= status < 400:
        head += ", a redirect, which is not followed: check the base URL"
    request_id = response.headers.get("x-request-id")
    return head + (f": {said}" if said else "") + (f" [request {request_id}]" if request_id else "")


def _body_text(response: "httpx2.Response") -> str:
    try:
        return response.text.strip()
    except RuntimeError:  # the transport's StreamError: closed before it was read
        return ""


def _unanswered(error: Exception, cause: BaseException | None, secrets: Iterable[str], service: str) -> Failure:
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
    permanent = isinstance(told, (httpx2.UnsupportedProtocol, httpx2.InvalidURL))
    never_sent = permanent or isinstance(told, before_sending)
    said = f"{type(told).__name__}: {told}" if str(told) else type(told).__name__
    if permanent:
        message = f"nothing could be sent to {service}: {said}"
    elif never_sent:
        message = f"{service} could not be reached, nothing was sent: {said}"
    else:
        message = f"no whole answer from {service}: {said}"
    return Failure(message=redacted(message, secrets), retryable=not permanent, never_sent=never_sent)


def _secrets_sent(error: Exception) -> set[str]:
    """What authenticated the failed request, minted tokens included."""
    try:
        request = getattr(error, "request", None)
    except RuntimeError:  # the transport's own errors have the property, and raise where it was never set
        return set()
    return secret_values(request.headers) if request is not None else set()
