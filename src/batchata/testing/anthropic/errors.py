"""Refusals, in the API's own form: `{"type": "error", "error": {"type", "message"}, "request_id"}` [docs: Errors]."""

from typing import Any

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
    """A request, or one request of a batch, is refused."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    @property
    def status(self) -> int:
        return _STATUSES.get(self.kind, 500)


def invalid(message: str) -> ApiError:
    return ApiError("invalid_request_error", message)


def not_found(message: str) -> ApiError:
    return ApiError("not_found_error", message)


def body(kind: str, message: str, request_id: str) -> dict[str, Any]:
    """The error body; as a result line it stands one level deeper, under `error` [sdk: MessageBatchErroredResult]."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}
