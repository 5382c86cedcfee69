"""Failed calls to Gemini as `Failure`. The transport is whichever of httpx and httpx2 the SDK was given or found; neither is
imported here.
"""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from batchata.providers.failures import Failure, answer_words, capped, retry_after, unanswered, worth_retrying
from batchata.providers.foreign_json import get, items, loaded, text
from batchata.providers.keys import redacted

_WRONG_KEY = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED"})


def foreign_errors() -> tuple[type[Exception], ...]:
    """Every exception that the transport raises for what the provider or the network did."""
    # the SDK has loaded the one it uses
    modules: list[Any] = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
    return tuple(error for module in modules for error in (module.HTTPError, module.StreamError, module.InvalidURL))


@contextmanager
def as_provider_errors(secrets: Iterable[str]) -> Iterator[None]:
    """Raise `ProviderError` in place of whatever the transport raises inside."""
    try:
        yield
    except foreign_errors() as error:
        # not `from error`: its text and its request would show the key in a traceback
        raise failure(error, secrets).as_provider_error() from None


def failure(error: Exception, secrets: Iterable[str]) -> Failure:
    """What it means that no whole answer came."""
    return unanswered(error, secrets, "Gemini")


def answered(status: int, headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> Failure:
    """What an answer that is no success says."""
    error = _error_of(loaded(body))
    kind = text(get(error, "status"))
    said = text(get(error, "message")) or body.decode("utf-8", "replace").strip()
    return Failure(
        message=redacted(answer_words("Gemini", status, kind, said), secrets),
        retryable=worth_retrying(status),
        retry_after=_retry_delay(error) or retry_after(headers, time.time()),
        # Gemini calls a wrong key a bad request; nothing in the request is at fault
        status=401 if _reasons(error) & _WRONG_KEY else status,
        kind=kind,
    )


def _error_of(content: object) -> object:
    # some errors come as a list of one
    first = next(iter(items(content)), content)
    return get(first, "error")


def _reasons(error: object) -> set[str]:
    """The reasons that `google.rpc.ErrorInfo` gives."""
    return {reason for detail in items(get(error, "details")) if (reason := text(get(detail, "reason")))}


def _retry_delay(error: object) -> float | None:
    """Seconds that `google.rpc.RetryInfo` asks to wait."""
    for detail in items(get(error, "details")):
        try:
            seconds = capped(float((text(get(detail, "retryDelay")) or "").removesuffix("s")))
        except ValueError:
            continue
        if seconds is not None:
            return seconds
    return None
