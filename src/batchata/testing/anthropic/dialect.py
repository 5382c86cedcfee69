"""The HTTP face of the protocol: who asks, what is asked, and the answer's exact form."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import count
from typing import Any

import orjson

from batchata.testing.anthropic import errors
from batchata.testing.anthropic.batches import StoredBatch
from batchata.testing.anthropic.checks import mapping
from batchata.testing.anthropic.envelope import MAX_BYTES, MAX_REQUESTS, requests_of
from batchata.testing.anthropic.errors import ApiError, invalid, not_found
from batchata.testing.anthropic.models import CATALOGUE, info
from batchata.testing.anthropic.paging import page
from batchata.testing.anthropic.params import VERSIONS, check_countable
from batchata.testing.anthropic.shelf import Shelf
from batchata.testing.anthropic.tokens import Counter
from batchata.testing.dice import Dice, digest
from batchata.testing.faults import Fault, Rule
from batchata.testing.wire import Request, Response

Struck = Mapping[Fault, Rule]

_BATCH = r"/v1/messages/batches/(?P<id>[^/]+)"
_ROUTES = (  # [sdk: resources.messages.batches, resources.models]
    ("create", "POST", re.compile(r"/v1/messages/batches")),
    ("list", "GET", re.compile(r"/v1/messages/batches")),
    ("retrieve", "GET", re.compile(_BATCH)),
    ("delete", "DELETE", re.compile(_BATCH)),
    ("cancel", "POST", re.compile(_BATCH + r"/cancel")),
    ("results", "GET", re.compile(_BATCH + r"/results")),
    ("count_tokens", "POST", re.compile(r"/v1/messages/count_tokens")),
    ("models", "GET", re.compile(r"/v1/models")),
    ("model", "GET", re.compile(r"/v1/models/(?P<id>[^/]+)")),
)


class AnthropicDialect:
    """One `Dialect`. `url` is set once the port is known."""

    def __init__(
        self,
        shelf: Shelf,
        counter: Counter,
        api_keys: Collection[str] | None = None,
        max_requests: int = MAX_REQUESTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.url = ""
        self._shelf = shelf
        self._counter = counter
        self._keys = api_keys
        self._max_requests = max_requests
        self._max_bytes = max_bytes
        self._numbers = count(1)
        self._handlers: dict[str, Callable[[Request, str, str, Struck], Response]] = {
            "create": self._create,
            "list": self._list,
            "retrieve": self._retrieve,
            "delete": self._delete,
            "cancel": self._cancel,
            "results": self._results,
            "count_tokens": self._count_tokens,
            "models": self._models,
            "model": self._model,
        }

    def speaks(self, request: Request) -> bool:
        return "anthropic-version" in request.headers or request.path.startswith("/v1/messages")

    def operation(self, request: Request) -> str:
        return _route(request)[0]

    def handle(self, request: Request, faults: Struck) -> Response:
        operation, target = _route(request)
        try:
            account = self._account(request.headers)
            _version(request.headers)
            if operation == "unknown":
                raise not_found("Not found")
            response = self._handlers[operation](request, account, target, faults)
        except ApiError as error:
            response = Response.json(errors.body(error.kind, str(error), self._request_id()), error.status)
        response.headers.setdefault("request-id", self._request_id())
        return response

    def failure(self, status: int, _retry_after: float | None = None) -> Response:
        kind = errors.KINDS.get(status, "api_error")
        message = {429: "Number of requests has exceeded your rate limit", 529: "Overloaded"}.get(
            status, "Internal server error"
        )
        return Response.json(errors.body(kind, message, self._request_id()), status)

    def _request_id(self) -> str:
        return f"req_{Dice(next(self._numbers), b'request').hex(24)}"

    def _account(self, headers: Mapping[str, str]) -> str:
        """Both ways to give a key: a bearer token (SDK 2) or x-api-key (before). Batches belong to the key's workspace, and
        each key is taken for a workspace of its own [assumed].
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        key = headers.get("x-api-key") or (token if scheme.lower() == "bearer" else "")
        if not key:
            raise ApiError("authentication_error", "x-api-key header is required")
        if self._keys is not None and key not in self._keys:
            raise ApiError("authentication_error", "invalid x-api-key")
        return digest(key.encode())

    def _create(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        requests = requests_of(request.body, self._max_requests, self._max_bytes)
        lag = faults[Fault.LIST_LAG].seconds if Fault.LIST_LAG in faults else 0.0
        batch = self._shelf.create(account, _version(request.headers), requests, lag)
        return self._shown(batch, faults)

    def _retrieve(self, _request: Request, account: str, target: str, faults: Struck) -> Response:
        return self._shown(self._shelf.get(account, target), faults)

    def _list(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        at_most = faults[Fault.SMALL_PAGES].size if Fault.SMALL_PAGES in faults else None
        listed = page(self._shelf.listed(account), request.query, lambda batch: batch.id, at_most)
        return Response.json({**listed, "data": [self._json(batch, faults) for batch in listed["data"]]})

    def _cancel(self, _request: Request, account: str, target: str, faults: Struck) -> Response:
        batch = self._shelf.get(account, target)
        if (
            batch.ended
        ):  # any time before processing ends [docs: Cancel a Message Batch]; the answer after it is assumed
            raise invalid(f"Message Batch {target} has already ended and cannot be canceled.")
        self._shelf.cancel(batch)
        return self._shown(batch, faults)

    def _delete(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        batch = self._shelf.get(account, target)
        if not batch.ended:  # [docs: Delete a Message Batch]; that it is a 400 is assumed
            raise invalid(f"Message Batch {target} is still being processed: cancel it before deleting it.")
        self._shelf.delete(account, batch)
        return Response.json({"id": target, "type": "message_batch_deleted"})  # [sdk: DeletedMessageBatch]

    def _results(self, _request: Request, account: str, target: str, faults: Struck) -> Response:
        batch = self._shelf.get(account, target)
        if not batch.ended:  # [assumed]
            raise not_found(f"Message Batch {target} has no available results: it is still being processed.")
        if batch.archived_at is not None:  # [assumed]
            raise not_found(f"Message Batch {target} has been archived: its results are no longer available.")
        pieces, length = self._shelf.results(batch)
        if faults.keys() & _SPOILED:
            spoiled = b"".join(_spoil(b"".join(pieces), faults))
            return Response(200, spoiled, {"content-type": "application/binary"})
        return Response(200, pieces, {"content-type": "application/binary"}, length)

    def _count_tokens(self, request: Request, _account: str, _target: str, _faults: Struck) -> Response:
        """[docs: Token counting]; the estimate is exact here."""
        params = _params(request.body)
        try:
            known = check_countable(params, _version(request.headers))
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise invalid(f"{type(error).__name__}: {error}") from error
        return Response.json({"input_tokens": self._counter.prompt(params, known)})

    def _models(self, request: Request, _account: str, _target: str, _faults: Struck) -> Response:
        listed = page(list(CATALOGUE), request.query, str, None)
        return Response.json({**listed, "data": [info(name) for name in listed["data"]]})

    def _model(self, _request: Request, _account: str, target: str, _faults: Struck) -> Response:
        if target not in CATALOGUE:
            raise not_found(f"model: {target}")
        return Response.json(info(target))

    def _shown(self, batch: StoredBatch, faults: Struck) -> Response:
        return Response.json(self._json(batch, faults))

    def _json(self, batch: StoredBatch, faults: Struck) -> dict[str, Any]:
        shown = batch.to_json(self.url)
        if shown["results_url"] and Fault.FOREIGN_RESULTS_URL in faults:
            shown["results_url"] = faults[Fault.FOREIGN_RESULTS_URL].url
        return shown


def _route(request: Request) -> tuple[str, str]:
    """(operation, the id it names)."""
    for operation, method, pattern in _ROUTES:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            return operation, match.groupdict().get("id", "")
    return "unknown", ""


def _version(headers: Mapping[str, str]) -> str:
    version = headers.get("anthropic-version")
    if not version:
        raise invalid("anthropic-version: header is required")  # [docs: API versions]
    if version not in VERSIONS:
        raise invalid(f'anthropic-version: "{version}" is not a valid version')
    return version


def _params(body: bytes) -> dict[str, Any]:
    try:
        return mapping(orjson.loads(body), "body")
    except orjson.JSONDecodeError as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None


_SPOILED = {Fault.MISSING_LINE, Fault.DUPLICATE_LINE, Fault.FOREIGN_LINE}


def _spoil(results: bytes, faults: Struck) -> Iterator[bytes]:
    lines = results.split(b"\n")[:-1]
    if rule := faults.get(Fault.MISSING_LINE):
        lines = lines[rule.size :]
    if rule := faults.get(Fault.DUPLICATE_LINE):
        lines = [*lines, *lines[: rule.size]]
    if Fault.FOREIGN_LINE in faults:
        lines.append(orjson.dumps({"custom_id": "never-sent", "result": {"type": "expired"}}))
    for line in lines:
        yield line + b"\n"
