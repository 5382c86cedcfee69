"""The HTTP face of the protocol: who asks, what is asked, and the answer's exact form."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import orjson

from batchata.testing.anthropic import errors, filing
from batchata.testing.anthropic.batches import Batch
from batchata.testing.anthropic.checks import mapping
from batchata.testing.anthropic.envelope import MAX_BYTES, MAX_REQUESTS, requests_of
from batchata.testing.anthropic.errors import ApiError, invalid, not_found
from batchata.testing.anthropic.models import CATALOGUE, info
from batchata.testing.anthropic.paging import page
from batchata.testing.anthropic.params import MODERN, VERSIONS, check_countable
from batchata.testing.anthropic.references import no_file
from batchata.testing.anthropic.shelf import Shelf
from batchata.testing.anthropic.tokens import PromptCounter
from batchata.testing.dice import Dice, digest
from batchata.testing.faults import Fault, Struck
from batchata.testing.files import StoredFile
from batchata.testing.routes import Routes
from batchata.testing.settings import Settings
from batchata.testing.spoil import SPOILED, spoil
from batchata.testing.wire import Request, Response

_BATCH = r"/v1/messages/batches/(?P<id>[^/]+)"
_FILE = r"/v1/files/(?P<id>[^/]+)"
_ROUTES = Routes(
    (  # [sdk: resources.messages.batches, resources.models, resources.files]
        ("upload", "POST", r"/v1/files"),
        ("files", "GET", r"/v1/files"),
        ("file", "GET", _FILE),
        ("delete_file", "DELETE", _FILE),
        ("download", "GET", _FILE + r"/content"),
        ("create", "POST", r"/v1/messages/batches"),
        ("list", "GET", r"/v1/messages/batches"),
        ("retrieve", "GET", _BATCH),
        ("delete", "DELETE", _BATCH),
        ("cancel", "POST", _BATCH + r"/cancel"),
        ("results", "GET", _BATCH + r"/results"),
        ("count_tokens", "POST", r"/v1/messages/count_tokens"),
        ("models", "GET", r"/v1/models"),
        ("model", "GET", r"/v1/models/(?P<id>[^/]+)"),
    )
)
_FOREIGN = {"custom_id": "never-sent", "result": {"type": "expired"}}
_FILING = {"upload", "files", "file", "delete_file", "download"}


class AnthropicDialect:
    """One `Dialect`. `url` is set once the port is known."""

    def __init__(self, settings: Settings) -> None:
        self.url = ""
        self.shelf = Shelf(settings)
        self._settings = settings
        self._prompts = PromptCounter(settings.counter)
        self._numbers = count(1)
        self._handlers: dict[str, Callable[[Request, str, str, Struck], Response]] = {
            "upload": self._upload,
            "files": self._files,
            "file": self._file,
            "delete_file": self._delete_file,
            "download": self._download,
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
        return _ROUTES.find(request)[0]

    def handle(self, request: Request, faults: Struck) -> Response:
        operation, target = _ROUTES.find(request)
        try:
            account = self._account(request.headers)
            _version(request.headers)
            if operation == "unknown":
                raise not_found("Not found")
            if operation in _FILING:
                filing.check_beta(request.headers, modern=_modern(request.headers))
            response = self._handlers[operation](request, account, target, faults)
        except ApiError as error:
            response = Response.json(error.body(self._request_id()), error.status)
        response.headers.setdefault("request-id", self._request_id())
        return response

    def failure(self, status: int, _retry_after: float | None = None) -> Response:
        kind = errors.KINDS.get(status, "api_error")
        message = {429: "Number of requests has exceeded your rate limit", 529: "Overloaded"}.get(
            status, "Internal server error"
        )
        return Response.json(errors.body(kind, message, self._request_id()), status)

    def unpaid(self, fault: Fault) -> Response:
        error = errors.UNPAID[fault]
        return Response.json(error.body(self._request_id()), error.status)

    def batches(self) -> list[tuple[float, dict[str, Any]]]:
        return [(batch.course.created_at, batch.to_json(self.url)) for batch in self.shelf.listed()]

    def _limits(self) -> tuple[int, int]:
        return self._settings.max_requests or MAX_REQUESTS, self._settings.max_bytes or MAX_BYTES

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
        if self._settings.api_keys is not None and key not in self._settings.api_keys:
            raise ApiError("authentication_error", "invalid x-api-key")
        return digest(key.encode())

    def _upload(self, request: Request, account: str, _target: str, _faults: Struck) -> Response:
        given = filing.upload(request, self._settings.max_file_bytes or filing.MAX_BYTES)
        return Response.json(filing.file_json(self.shelf.upload(account, given)))

    def _files(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        at_most = faults.size(Fault.SMALL_PAGES)
        return Response.json(filing.listing(self.shelf.files.listed(account), request, at_most))

    def _found(self, account: str, file_id: str) -> StoredFile:
        file = self.shelf.files.get(account, file_id)
        if file is None:
            raise no_file(file_id)
        return file

    def _file(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        return Response.json(filing.file_json(self._found(account, target)))

    def _delete_file(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        self._found(account, target)
        self.shelf.files.delete(account, target)
        return Response.json({"id": target, "type": "file_deleted"})  # [sdk: DeletedFile]

    def _download(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        """What was uploaded can't be downloaded [docs: Files API]."""
        self._found(account, target)
        raise ApiError("invalid_request_error", f"File {target} is not downloadable.", "file_not_downloadable")

    def _create(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        requests = requests_of(request.body, *self._limits())
        lag = faults.seconds(Fault.LIST_LAG)
        files = _modern(request.headers) or filing.beta(request.headers)
        batch = self.shelf.create(account, _version(request.headers), requests, lag, files=files)
        return self._shown(batch, faults)

    def _retrieve(self, _request: Request, account: str, target: str, faults: Struck) -> Response:
        return self._shown(self.shelf.get(account, target), faults)

    def _list(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        at_most = faults.size(Fault.SMALL_PAGES)
        listed = page(self.shelf.listed(account), request.query, lambda batch: batch.id, at_most)
        return Response.json({**listed, "data": [self._json(batch, faults) for batch in listed["data"]]})

    def _cancel(self, _request: Request, account: str, target: str, faults: Struck) -> Response:
        batch = self.shelf.get(account, target)
        if (
            batch.ended
        ):  # any time before processing ends [docs: Cancel a Message Batch]; the answer after it is assumed
            raise invalid(f"Message Batch {target} has already ended and cannot be canceled.")
        with self.shelf.jobs.lock:
            batch.course.cancel(self._settings.clock.now())
        return self._shown(batch, faults)

    def _delete(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        batch = self.shelf.get(account, target)
        if not batch.ended:  # [docs: Delete a Message Batch]; that it is a 400 is assumed
            raise invalid(f"Message Batch {target} is still being processed: cancel it before deleting it.")
        self.shelf.jobs.delete(batch)
        return Response.json({"id": target, "type": "message_batch_deleted"})  # [sdk: DeletedMessageBatch]

    def _results(self, _request: Request, account: str, target: str, faults: Struck) -> Response:
        batch = self.shelf.get(account, target)
        if not batch.ended:  # [assumed]
            raise not_found(f"Message Batch {target} has no available results: it is still being processed.")
        if batch.archived_at is not None:  # [assumed]
            raise not_found(f"Message Batch {target} has been archived: its results are no longer available.")
        if batch.results is None:
            raise not_found(f"Message Batch {target} has no results.")
        headers = {"content-type": "application/binary"}
        if faults.keys() & SPOILED:
            spoiled = spoil(self.shelf.files.read(batch.results), faults, "custom_id", _FOREIGN)
            return Response(200, spoiled, headers)
        return Response(200, self.shelf.files.pieces(batch.results), headers, batch.results.size)

    def _count_tokens(self, request: Request, _account: str, _target: str, _faults: Struck) -> Response:
        """[docs: Token counting]; the estimate is exact here."""
        params = _params(request.body)
        try:
            known = check_countable(params, _version(request.headers))
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise invalid(f"{type(error).__name__}: {error}") from error
        return Response.json({"input_tokens": self._prompts.prompt(params, known)})

    def _models(self, request: Request, _account: str, _target: str, _faults: Struck) -> Response:
        listed = page(list(CATALOGUE), request.query, str, None)
        return Response.json({**listed, "data": [info(name) for name in listed["data"]]})

    def _model(self, _request: Request, _account: str, target: str, _faults: Struck) -> Response:
        if target not in CATALOGUE:
            raise not_found(f"model: {target}")
        return Response.json(info(target))

    def _shown(self, batch: Batch, faults: Struck) -> Response:
        return Response.json(self._json(batch, faults))

    def _json(self, batch: Batch, faults: Struck) -> dict[str, Any]:
        shown = batch.to_json(self.url)
        if shown["results_url"] and Fault.FOREIGN_RESULTS_URL in faults:
            shown["results_url"] = faults[Fault.FOREIGN_RESULTS_URL].url
        return shown


def _version(headers: Mapping[str, str]) -> str:
    version = headers.get("anthropic-version")
    if not version:
        raise invalid("anthropic-version: header is required")  # [docs: API versions]
    if version not in VERSIONS:
        raise invalid(f'anthropic-version: "{version}" is not a valid version')
    return version


def _modern(headers: Mapping[str, str]) -> bool:
    return headers.get("anthropic-version") == MODERN


def _params(body: bytes) -> dict[str, Any]:
    try:
        return mapping(orjson.loads(body), "body")
    except orjson.JSONDecodeError as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None
