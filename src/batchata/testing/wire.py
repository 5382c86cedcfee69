"""The values that cross between the transport and a dialect: requests, responses, and what is recorded of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import orjson

if TYPE_CHECKING:
    from batchata.testing.faults import Fault, Struck

SECRET_HEADERS = frozenset({"authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie"})


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, read whole. Header names are lower case; `repeated` holds every value of a query's names."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    repeated: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Response:
    """An HTTP response. A body in pieces says how long it is together."""

    status: int
    body: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> "Response":
        return cls(status, orjson.dumps(value), {"content-type": "application/json", **(headers or {})})


@dataclass(slots=True)
class Exchange:
    """What is kept of one HTTP request: everything but its body and its secrets.

    `at` is Unix time on arrival; `status` is None until it is answered, and stays None where the connection was dropped.
    """

    at: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    size: int
    operation: str
    status: int | None = None


class Dialect(Protocol):
    """One provider's protocol on the emulator's port."""

    def speaks(self, request: Request) -> bool:
        """Is this request of my protocol?"""
        ...

    def operation(self, request: Request) -> str:
        """The operation it asks for, as `Faults` names it."""
        ...

    def handle(self, request: Request, faults: "Struck") -> Response:
        """Do it. `faults` holds those that are the dialect's to play."""
        ...

    def failure(self, status: int, retry_after: float | None = None) -> Response:
        """An error answer in the protocol's own form; `retry_after` seconds, where its body says when to come again."""
        ...

    def unpaid(self, fault: "Fault") -> Response:
        """How the provider refuses whom it can't bill: `NO_CREDIT` or `SPEND_CAP`."""
        ...
