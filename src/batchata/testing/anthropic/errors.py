"""Refusals, in the API's own form: `{"type": "error", "error": {"type", "message"}, "request_id"}` [docs: Errors]."""

from typing import Any

from batchata.testing.faults import Fault

KINDS = {  # [docs: Errors]
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_STATUSES = {kind: status for status, kind in KINDS.items()}


class ApiError(Exception):
    """A request, or one request of a batch, is refused. `code`: the error code in its details, if it has one."""

    def __init__(self, kind: str, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code

    def body(self, request_id: str) -> dict[str, Any]:
        return body(self.kind, self.message, request_id, self.code)

    @property
    def status(self) -> int:
        return _STATUSES.get(self.kind, 500)


def invalid(message: str) -> ApiError:
    return ApiError("invalid_request_error", message)


def not_found(message: str) -> ApiError:
    return ApiError("not_found_error", message)


def body(kind: str, message: str, request_id: str, code: str | None = None) -> dict[str, Any]:
    """The error body; as a result line it stands one level deeper, under `error` [sdk: MessageBatchErroredResult]."""
    details = {"details": {"error_code": code}} if code else {}
    return {"type": "error", "error": {"type": kind, "message": message, **details}, "request_id": request_id}


UNPAID = {
    Fault.NO_CREDIT: invalid(  # [issue: claude-code 66314, word for word]
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."
    ),
    Fault.SPEND_CAP: ApiError(  # [sdk: EnforcedSpendLimitReachedError]; the wording assumed
        "rate_limit_error",
        "Your organization has reached the monthly API usage threshold of its tier.",
        "enforced_spend_limit_reached",
    ),
}
