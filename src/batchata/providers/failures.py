"""Failed calls in the house's words: what was said, whether it is worth trying again, and, for a create, whether anything was made.

SDKs' and transports' exceptions carry the request, and with it the key; a `Failure` carries text only, the key taken out of it by
value. What only one provider says is read in its own `errors`. Pure, and needs no SDK.
"""

import email.utils
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from batchata.errors import CreateRefusedError, CreateUnknownError, ProviderError
from batchata.providers.keys import redacted

RETRY_AFTER_MAX_SECONDS = 3600.0
"""The longest wait taken from a `retry-after` header; one wrong header must not stop a run for years."""

NOTHING_MADE = frozenset({400, 401, 402, 403, 404, 413, 422})
"""HTTP statuses of a create after which certainly nothing was made. 429 needs the provider's own error body beside it."""

_RETRYABLE_STATUSES = frozenset({408, 409, 425, 429})

# Names of exceptions in httpx and httpx2, which are two packages of one design
_PERMANENT = frozenset({"UnsupportedProtocol", "InvalidURL"})
_BEFORE_SENDING = _PERMANENT | {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"}


_UPLOAD_GONE = re.compile(
    r"\bfiles?\b.*\b(?:not found|not exist|no longer (?:exists?|available)|expired|deleted)\b|\bno such file\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call, without its secrets."""

    message: str
    retryable: bool
    retry_after: float | None = None
    status: int | None = None
    kind: str | None = None
    never_sent: bool = False

    def as_provider_error(self) -> ProviderError:
        return self._as(ProviderError)

    def as_refused_error(self) -> ProviderError:
        """For calls that cost nothing: whatever failed, nothing was made that counts."""
        return self._as(CreateRefusedError)

    def as_create_error(self) -> ProviderError:
        """`CreateRefusedError` where certainly nothing was made, else `CreateUnknownError`."""
        return self._as(CreateRefusedError if self.made_nothing else CreateUnknownError)

    @property
    def made_nothing(self) -> bool:
        # a rate limit is applied before a request is processed, but only the provider's own body says that it was one
        return self.never_sent or self.status in NOTHING_MADE or (self.status == 429 and self.kind is not None)

    def _as(self, error_type: type[ProviderError]) -> ProviderError:
        return error_type(
            self.message, retryable=self.retryable, retry_after=self.retry_after, status=self.status, kind=self.kind
        )


def worth_retrying(status: int) -> bool:
    """Whether the same request may do better after this HTTP status, where the provider's words say nothing else."""
    return status in _RETRYABLE_STATUSES or status >= 500


def upload_gone(words: str | None) -> bool:
    """Whether a request failed because a file it refers to is not there: its next attempt refers to a fresh upload.

    Assumed words: Anthropic documents only an error code ("file_expired"); OpenAI says "No such File object" and "not found",
    Gemini "You do not have permission to access the File … or it may not exist".
    """
    said = (words or "")[:2000]
    return "file_expired" in said or _UPLOAD_GONE.search(said) is not None


def answer_words(service: str, status: int, kind: str | None, said: str | None, request_id: str | None = None) -> str:
    """What an answer that is no success says, as one line."""
    head = f"{service} answered HTTP {status}" + (f" ({kind})" if kind else "")
    if 300 <= status < 400:
        head += ", a redirect, which is not followed: check the base URL"
    return head + (f": {said}" if said else "") + (f" [request {request_id}]" if request_id else "")


def unanswered(error: BaseException, secrets: Iterable[str], service: str, *, hopeless: bool = False) -> Failure:
    """What it means that no whole answer came. `error` is the transport's; `hopeless`: known never to be sent, whatever it is."""
    names = {kind.__name__ for kind in type(error).__mro__}
    permanent = hopeless or bool(names & _PERMANENT)
    never_sent = permanent or bool(names & _BEFORE_SENDING)
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if permanent:
        message = f"nothing could be sent to {service}: {said}"
    elif never_sent:
        message = f"{service} could not be reached, nothing was sent: {said}"
    else:
        message = f"no whole answer from {service}: {said}"
    return Failure(message=redacted(message, secrets), retryable=not permanent, never_sent=never_sent)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait as the provider asks, from `retry-after-ms` or `retry-after` (seconds or a date), capped."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return capped(milliseconds / 1000)
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is None and (date := http_date(text)) is not None:
        seconds = max(0.0, date - now)
    return capped(seconds)


def capped(seconds: float | None) -> float | None:
    """A wait that a provider asks for, None where it is none."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, RETRY_AFTER_MAX_SECONDS)


def http_date(text: str | None) -> float | None:
    """An HTTP date as Unix time; None where it is none."""
    try:
        return email.utils.parsedate_to_datetime(text or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
