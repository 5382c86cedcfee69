"""Refusals, in the API's own form: `{"error": {"message", "type", "param", "code"}}` [docs: Error codes]."""

from typing import Any

from batchata.testing.faults import Fault

_KINDS = {  # [docs: Error codes]
    401: "invalid_request_error",
    403: "invalid_request_error",
    404: "invalid_request_error",
    429: "rate_limit_exceeded",
    503: "service_unavailable_error",
}
_MESSAGES = {
    403: "You are not allowed to do this.",
    429: "Rate limit reached for requests.",
    503: "The engine is currently overloaded, please try again later",
}


class ApiError(Exception):
    """A request, or one request of a batch, is refused."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status

    def body(self) -> dict[str, Any]:
        return body(self.status, self.message, self.param, self.code)


def body(status: int, message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    kind = "server_error" if status >= 500 else _KINDS.get(status, "invalid_request_error")
    return _error(message, _KINDS.get(status, kind), param, code)


def _error(message: str, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def failure(status: int) -> dict[str, Any]:
    """An error of the server's own, by its status."""
    code = {429: "rate_limit_exceeded", 503: "service_unavailable"}.get(status)
    return body(status, _MESSAGES.get(status, "The server had an error while processing your request."), None, code)


_QUOTA = "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
UNPAID = {
    Fault.NO_CREDIT: (429, _error(_QUOTA, "insufficient_quota", None, "insufficient_quota")),  # [issue: OpenHands 998]
    Fault.SPEND_CAP: (  # [issue: aiwallpaper 2; the type assumed]
        400,
        _error("Billing hard limit has been reached", "invalid_request_error", None, "billing_hard_limit_reached"),
    ),
}
