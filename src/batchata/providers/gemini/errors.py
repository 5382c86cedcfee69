"""Failed calls to Gemini in the house's words: what was said, whether it is worth trying again, and, for a create, whether
anything was made.

What leaves this module carries text only, the key taken out of it by value. The transport is whichever of httpx and httpx2 the
SDK was given or found; neither is imported here.
"""

import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from batchata.providers.anthropic_errors import RETRY_AFTER_MAX_SECONDS, Failure, redacted, retry_after
from batchata.providers.foreign_json import get, items, loaded, text

_RETRYABLE_STATUSES = frozenset({408, 409, 425, 429})
_BEFORE_SENDING = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol", "InvalidURL"}
)
_WRONG_KEY = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED"})
_PERMANENT = frozenset({"UnsupportedProtocol", "InvalidURL"})


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
        raise unanswered(error, secrets).as_provider_error() from None


def answered(status: int, headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> Failure:
    """What an answer that is no success says."""
    error = _error_of(loaded(body))
    kind = text(get(error, "status"))
    said = text(get(error, "message")) or body.decode("utf-8", "replace").strip()
    head = f"Gemini answered HTTP {status}" + (f" ({kind})" if kind else "")
    if 300 <= status < 400:
        head += ", a redirect, which is not followed: check the base URL"
    return Failure(
        message=redacted(head + (f": {said}" if said else ""), secrets),
        retryable=status in _RETRYABLE_STATUSES or status >= 500,
        retry_after=_retry_delay(error) or retry_after(headers, time.time()),
        # Gemini calls a wrong key a bad request; nothing in the request is at fault
        status=401 if _reasons(error) & _WRONG_KEY else status,
        kind=kind,
    )


def unanswered(error: Exception, secrets: Iterable[str]) -> Failure:
    """What it means that no whole answer came."""
    names = {kind.__name__ for kind in type(error).__mro__}
    permanent = bool(names & _PERMANENT)
    never_sent = bool(names & _BEFORE_SENDING)
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if permanent:
        message = f"nothing could be sent to Gemini: {said}"
    elif never_sent:
        message = f"Gemini could not be reached, nothing was sent: {said}"
    else:
        message = f"no whole answer from Gemini: {said}"
    return Failure(message=redacted(message, secrets), retryable=not permanent, never_sent=never_sent)


def _error_of(content: object) -> object:
    # some errors come as a list of one
    first = next(iter(items(content)), content)
    return get(first, "error")


def _reasons(error: object) -> set[str]:
    """The reasons that `google.rpc.ErrorInfo` gives."""
    return {reason for detail in items(get(error, "details")) if (reason := text(get(detail, "reason")))}


def _retry_delay(error: object) -> float | None:
    """Seconds that `google.rpc.RetryInfo` asks to wait, capped: one wrong figure must not stop a run for years."""
    for detail in items(get(error, "details")):
        delay = text(get(detail, "retryDelay"))
        if delay is None:
            continue
        try:
            seconds = float(delay.removesuffix("s"))
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return min(seconds, RETRY_AFTER_MAX_SECONDS)
    return None
