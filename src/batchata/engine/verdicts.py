"""What the provider's words about a whole batch come to. Pure."""

from batchata.errors import ProviderError
from batchata.provider_batch import ProviderBatch, Verdict
from batchata.providers.base import RESULTS_GONE, BatchStatus
from batchata.situation import Now


def verdict_of(status: BatchStatus) -> Verdict | None:
    """Why a batch that ended has no answers to fetch; None where it has some."""
    kind = (status.error_kind or "").lower()
    if status.error is None:
        return Verdict.GONE if status.results_gone else None
    if "token_limit_exceeded" in kind:
        return Verdict.OVERFLOW
    if kind.endswith("expired"):
        return Verdict.EXPIRED
    return Verdict.CANCELLED if kind.endswith(("cancelled", "canceled")) else Verdict.FAILED


def is_gone(error: Exception, row: ProviderBatch, now: Now) -> bool:
    """Whether answers can never be fetched: the provider says so, or has none to give after the time it keeps them."""
    if not isinstance(error, ProviderError) or error.retryable:
        return False
    return error.kind == RESULTS_GONE or (row.collect_by is not None and now.wall > row.collect_by)
