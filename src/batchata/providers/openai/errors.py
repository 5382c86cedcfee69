"""Failures of the OpenAI SDK as `Failure`, and what error bodies of the dialect say. The SDK is imported where a failure of its own
is looked at, so that importing this costs nothing.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from batchata.providers import failures
from batchata.providers.failures import Failure, answer_words, retry_after, unanswered
from batchata.providers.foreign_json import get, text
from batchata.providers.keys import redacted, secrets_sent
from batchata.providers.responses import text_of

if TYPE_CHECKING:
    import openai

QUEUE_FULL = "token_limit_exceeded"
"""More tokens wait in batches than the account may have waiting: fewer at once, later, will do (OpenAI's batch guide)."""

# OpenAI's error guide: these come with HTTP 429 like a rate limit, and no waiting lifts them
_NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})


def foreign_errors() -> tuple[type[Exception], ...]:
    """Every exception that the SDK or its transport raises for what the provider or the network did."""
    import httpx2
    import openai

    return (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)


@contextmanager
def as_provider_errors(secrets: Callable[[], Iterable[str]], service: str) -> Iterator[None]:
    """Raise `ProviderError` in place of whatever the SDK raises inside."""
    try:
        yield
    except foreign_errors() as error:
        # not `from error`: its text and its request would show the key in a traceback
        raise failure(error, secrets(), service).as_provider_error() from None


def failure(error: Exception, secrets: Iterable[str], service: str) -> Failure:
    """What an exception of the SDK says. `service` is how messages name the provider."""
    import openai

    known = {*secrets, *secrets_sent(error)}
    if isinstance(error, openai.APIStatusError):
        return _answered(error, known, service)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else None
    return unanswered(cause or error, known, service)


def error_kind(body: object, status: int) -> str | None:
    """The name of an error in its own body (`{"message", "type", "param", "code"}`); None where the body is none of it."""
    named = text(get(body, "code")) or text(get(body, "type"))
    return named or (f"http_{status}" if text(get(body, "message")) else None)


def worth_retrying(status: int, kind: str | None) -> bool:
    return kind == QUEUE_FULL or (failures.worth_retrying(status) and kind not in _NO_MONEY)


def _answered(error: "openai.APIStatusError", secrets: Iterable[str], service: str) -> Failure:
    status, response = error.status_code, error.response
    kind = error_kind(error.body, status)
    said = text(get(error.body, "message")) or text_of(response)
    words = answer_words(service, status, kind, said, response.headers.get("x-request-id"))
    return Failure(
        message=redacted(words, secrets),
        retryable=worth_retrying(status, kind),
        retry_after=retry_after(response.headers, time.time()),
        status=status,
        kind=kind,
    )
