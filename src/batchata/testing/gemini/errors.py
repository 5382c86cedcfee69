"""Refusals, in the API's own form: `{"error": {"code", "message", "status", "details"}}` [docs: Troubleshooting]."""

from typing import Any

from batchata.testing.faults import Fault

# HTTP status: (google.rpc.Code, its name)
_STATUSES = {
    400: (3, "INVALID_ARGUMENT"),
    401: (16, "UNAUTHENTICATED"),
    403: (7, "PERMISSION_DENIED"),
    404: (5, "NOT_FOUND"),
    409: (6, "ALREADY_EXISTS"),
    429: (8, "RESOURCE_EXHAUSTED"),
    499: (1, "CANCELLED"),
    500: (13, "INTERNAL"),
    503: (14, "UNAVAILABLE"),
    504: (4, "DEADLINE_EXCEEDED"),
}
_MESSAGES = {
    429: "You exceeded your current quota, please check your plan and billing details.",
    503: "The model is overloaded. Please try again later.",
}


class ApiError(Exception):
    """A request, or one request of a batch, is refused. `status` is the HTTP one."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.status, "message": self.message, "status": _STATUSES[self.status][1]}}

    def rpc(self) -> dict[str, Any]:
        """As it stands in a result line [sdk: JobError]: with the RPC code, not the HTTP status."""
        return {"code": _STATUSES[self.status][0], "message": self.message}


def failure(status: int, retry_after: float | None) -> dict[str, Any]:
    """An error of the server's own. When to come again stands in the body, not in a header [issue: python-genai 1901]."""
    name = _STATUSES.get(status, (2, "UNKNOWN"))[1]
    error: dict[str, Any] = {
        "code": status,
        "message": _MESSAGES.get(status, "An internal error has occurred."),
        "status": name,
    }
    if retry_after is not None:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        error["details"] = [{"@type": kind, "retryDelay": f"{retry_after:g}s"}]
    return {"error": error}


UNPAID = {
    Fault.NO_CREDIT: ApiError(  # [issue: forum 170539]
        "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.",
        429,
    ),
    Fault.SPEND_CAP: ApiError(  # [docs: Billing, spend caps; the wording assumed]
        "Your project has exceeded its monthly spending cap. Please go to AI Studio at https://ai.studio/spend to manage it.",
        429,
    ),
}
