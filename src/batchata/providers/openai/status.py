"""OpenAI's Batch objects in the house's words. Pure, and never raises."""

from typing import Any

from batchata.providers.base import BatchStatus
from batchata.providers.foreign_json import TOKENS_MAX, get, items, text
from batchata.providers.openai.errors import QUEUE_FULL

MARK = "batchata"
"""The key in a batch's metadata under which the nonce stands."""

_ENDED = frozenset({"completed", "failed", "expired", "cancelled", "canceled"})
_STOPPED = {"expired": "batch_expired", "cancelled": "batch_cancelled", "canceled": "batch_cancelled"}
_WINDOW_SECONDS = 24 * 3600.0
_SHOWN_ERRORS = 5


def read_status(batch: object, now: float, kept_seconds: float | None) -> BatchStatus | None:
    """A Batch object; None where it is none.

    `failed` is a file that was not let in: nothing ran, unless output says otherwise. `expired` and `cancelled` batches hold
    finished work in their files, which is paid; where such a one has no file and counts nothing as done, nothing of it ran
    either. `results_gone`: their files have outlived `kept_seconds` by the time `now`.
    """
    provider_id = text(get(batch, "id"))
    if not provider_id:
        return None
    state = (text(get(batch, "status")) or "").lower()
    ended = state in _ENDED
    error, kind = _whole_error(batch, state) if ended and not output_files(batch) else (None, None)
    created = number(get(batch, "created_at"))
    return BatchStatus(
        provider_id=provider_id,
        ended=ended,
        created_at=created,
        done=_done(batch),
        results_gone=ended and error is None and _gone(batch, created, now, kept_seconds),
        error=error,
        error_kind=kind,
    )


def output_files(batch: object) -> list[str]:
    """The files with answers and with errors, in that order; either may be missing."""
    return [name for key in ("output_file_id", "error_file_id") if (name := text(get(batch, key)))]


def number(value: object) -> float | None:
    """A time as OpenAI writes it, in Unix seconds."""
    return (
        float(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < TOKENS_MAX
        else None
    )


def is_ours(batch: object, nonce: str, upload_id: str | None) -> bool:
    """Whether it carries the mark, or was made of the very file that was uploaded for it."""
    return get(batch, "metadata", MARK) == nonce or (upload_id is not None and get(batch, "input_file_id") == upload_id)


def _whole_error(batch: object, state: str) -> tuple[str | None, str | None]:
    """(words, kind) where no request of the batch ran."""
    if state == "failed" and not get(batch, "request_counts", "completed"):
        return _failed(items(get(batch, "errors", "data")))
    if state in _STOPPED and get(batch, "request_counts", "completed") == 0:
        return f"the batch was {state} before any of its requests ran", _STOPPED[state]
    return None, None


def _failed(errors: list[Any]) -> tuple[str, str | None]:
    codes = [code for error in errors if (code := text(get(error, "code")))]
    said = "; ".join(words for error in errors[:_SHOWN_ERRORS] if (words := _words(error)))
    more = f" (and {len(errors) - _SHOWN_ERRORS} more)" if len(errors) > _SHOWN_ERRORS else ""
    kind = QUEUE_FULL if QUEUE_FULL in codes else next(iter(codes), None)
    return (said + more) or "the batch was not let in, and no reason was given", kind


def _words(error: object) -> str:
    line, code, message = get(error, "line"), text(get(error, "code")), text(get(error, "message"))
    place = f"line {line}" if type(line) is int else None
    return ": ".join(part for part in (place, code, message) if part)


def _done(batch: object) -> int | None:
    counts = [get(batch, "request_counts", name) for name in ("completed", "failed")]
    whole = [value for value in counts if type(value) is int and value >= 0]
    return sum(whole) if whole else None


def ended_before(batch: object, at: float) -> bool:
    """Whether it says that it ended before that time (Unix seconds)."""
    ends = _ends(batch)
    return bool(ends) and max(ends) < at


def _gone(batch: object, created: float | None, now: float, kept_seconds: float | None) -> bool:
    """The files' own age counts, and they are made when the batch ends, so the latest of all its times is taken."""
    if kept_seconds is None or created is None:
        return False
    return now > max([created + _WINDOW_SECONDS, *_ends(batch)]) + kept_seconds


def _ends(batch: object) -> list[float]:
    ends = [number(get(batch, f"{state}_at")) for state in ("completed", "failed", "expired", "cancelled")]
    return [end for end in ends if end is not None]
