"""Failures of the Anthropic SDK as `Failure`. The SDK is imported where a failure is looked at, so that importing this costs
nothing.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from batchata.providers.failures import Failure, answer_words, retry_after, unanswered, worth_retrying
from batchata.providers.keys import redacted, secrets_sent
from batchata.providers.responses import text_of

if TYPE_CHECKING:
    import anthropic

# Both are documented: the monthly spend cap answers 429 without a retry-after, and waiting does not lift it before next month
SPEND_CAP = "enforced_spend_limit_reached"


def foreign_errors() -> tuple[type[Exception], ...]:
    """Every exception that the SDK or its transport raises for what the provider or the network did."""
    import anthropic
    import httpx2

    return (anthropic.AnthropicError, httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)


@contextmanager
def as_provider_errors(secrets: Callable[[], Iterable[str]]) -> Iterator[None]:
    """Raise `ProviderError` in place of whatever the SDK raises inside."""
    try:
        yield
    except foreign_errors() as error:
        # not `from error`: its text and its request would show the key in a traceback
        raise failure(error, secrets()).as_provider_error() from None


def failure(error: Exception, secrets: Iterable[str]) -> Failure:
    """What an exception of the SDK says."""
    import anthropic

    known = {*secrets, *secrets_sent(error)}
    if isinstance(error, anthropic.APIStatusError):
        return _answered(error, known)
    cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) else None
    told = cause or error
    return unanswered(told, known, "Anthropic", hopeless=isinstance(told, anthropic.CredentialsError))


def _answered(error: "anthropic.APIStatusError", secrets: Iterable[str]) -> Failure:
    status, response = error.status_code, error.response
    kind = error.type if isinstance(error.type, str) else None
    said = error.api_message if isinstance(error.api_message, str) else text_of(response)
    words = answer_words("Anthropic", status, kind, said, response.headers.get("request-id"))
    return Failure(
        message=redacted(words, secrets),
        retryable=worth_retrying(status) and error.error_code != SPEND_CAP,
        retry_after=retry_after(response.headers, time.time()),
        status=status,
        kind=kind,
    )
