"""The HTTP face of the protocol: who asks, what is asked, and the answer's exact form. Success is 200 and nothing else."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from batchata.testing.dice import digest
from batchata.testing.faults import Fault, Struck
from batchata.testing.files import StoredFile
from batchata.testing.gemini import errors
from batchata.testing.gemini.batches import Batch
from batchata.testing.gemini.errors import ApiError
from batchata.testing.gemini.models import CATALOGUE, Model, info, model
from batchata.testing.gemini.params import check_contents
from batchata.testing.gemini.reading import read
from batchata.testing.gemini.references import no_file
from batchata.testing.gemini.shelf import Shelf, file_json
from batchata.testing.gemini.tokens import prompt_tokens
from batchata.testing.gemini.uploads import MAX_BYTES, Uploads
from batchata.testing.routes import Routes
from batchata.testing.settings import Settings
from batchata.testing.spoil import SPOILED, spoil, spoiled_rows
from batchata.testing.wire import Request, Response

MAX_INLINE = 20 * 1024 * 1024  # [docs: Batch API]: under 20 MB
_VERSION = r"/v1(?:alpha|beta|beta1)?"
_ROUTES = Routes(
    (  # [sdk: batches, files, models]
        ("upload", "POST", rf"/upload{_VERSION}/files"),
        ("files", "GET", rf"{_VERSION}/files"),
        ("file", "GET", rf"{_VERSION}/(?P<id>files/[^/:]+)"),
        ("delete_file", "DELETE", rf"{_VERSION}/(?P<id>files/[^/:]+)"),
        ("results", "GET", rf"(?:/download)?{_VERSION}/(?P<id>files/[^/:]+):download"),
        ("create", "POST", rf"{_VERSION}/models/(?P<id>[^/:]+):batchGenerateContent"),
        ("list", "GET", rf"{_VERSION}/batches"),
        ("retrieve", "GET", rf"{_VERSION}/(?P<id>batches/[^/:]+)"),
        ("cancel", "POST", rf"{_VERSION}/(?P<id>batches/[^/:]+):cancel"),
        ("delete", "DELETE", rf"{_VERSION}/(?P<id>batches/[^/:]+)"),
        ("count_tokens", "POST", rf"{_VERSION}/models/(?P<id>[^/:]+):countTokens"),
        ("models", "GET", rf"{_VERSION}/models"),
        ("model", "GET", rf"{_VERSION}/models/(?P<id>[^/:]+)"),
    )
)
_OURS = re.compile(
    rf"/upload/|/download/|/v1(?:alpha|beta)|{_VERSION}/models/[^/]+:|{_VERSION}/(?:files|batches)/[^/]+:"
)


class GeminiDialect:
    """One `Dialect`. `url` is set once the port is known."""

    def __init__(self, settings: Settings) -> None:
        self.url = ""
        self._settings = settings
        self.shelf = Shelf(settings)
        self._uploads = Uploads(settings.seed, settings.max_file_bytes or MAX_BYTES)
        self._handlers: dict[str, Callable[[Request, str, str, Struck], Response]] = {
            "upload": self._start_upload,
            "files": self._files,
            "file": self._file,
            "delete_file": self._delete_file,
            "results": self._results,
            "create": self._create,
            "list": self._list,
            "retrieve": self._retrieve,
            "cancel": self._cancel,
            "delete": self._delete,
            "count_tokens": self._count_tokens,
            "models": self._models,
            "model": self._model,
            "unknown": self._unknown,
        }

    def speaks(self, request: Request) -> bool:
        return "x-goog-api-key" in request.headers or "key" in request.query or bool(_OURS.match(request.path))

    def operation(self, request: Request) -> str:
        name = _ROUTES.find(request)[0]
        last = name == "upload" and "finalize" in request.headers.get("x-goog-upload-command", "")
        return "finalize" if last else name

    def handle(self, request: Request, faults: Struck) -> Response:
        operation, target = _ROUTES.find(request)
        try:
            if operation == "upload" and "upload_id" in request.query:  # its URL is its own key [sdk: no key is sent]
                return self._receive(request, faults)
            return self._handlers[operation](request, self._account(request), target, faults)
        except ApiError as error:
            return Response.json(error.body(), error.status)

    def failure(self, status: int, retry_after: float | None = None) -> Response:
        return Response.json(errors.failure(status, retry_after), status)

    def unpaid(self, fault: Fault) -> Response:
        error = errors.UNPAID[fault]
        return Response.json(error.body(), error.status)

    def batches(self) -> list[tuple[float, dict[str, Any]]]:
        now = self._settings.clock.now()
        return [(batch.course.created_at, batch.to_json(now)) for batch in self.shelf.jobs.listed()]

    def _unknown(self, request: Request, _account: str, _target: str, _faults: Struck) -> Response:
        raise ApiError(f"The requested URL {request.path} was not found on this server.", 404)

    def _account(self, request: Request) -> str:
        """Files and batches belong to the key's project, and each key is taken for a project of its own [assumed]."""
        key = request.headers.get("x-goog-api-key") or request.query.get("key")
        if not key:  # [assumed]
            raise ApiError("Method doesn't allow unregistered callers (callers without established identity).", 403)
        if self._settings.api_keys is not None and key not in self._settings.api_keys:
            raise ApiError("API key not valid. Please pass a valid API key.")  # [assumed]
        return digest(key.encode())

    def _start_upload(self, request: Request, account: str, _target: str, _faults: Struck) -> Response:
        file = read(_json(request.body) if request.body else {}, "UploadRequest").get("file") or {}
        if "name" in file and self.shelf.files.get(account, file["name"]):
            raise ApiError(f"File {file['name']} already exists.", 409)
        name = self._uploads.start(account, file, request.headers)
        url = f"{self.url}{request.path}?upload_id={name}&upload_protocol=resumable"
        return Response.json({}, 200, {"x-goog-upload-url": url, "x-goog-upload-status": "active"})

    def _receive(self, request: Request, faults: Struck) -> Response:
        upload = self._uploads.receive(request.query["upload_id"], request.headers, request.body)
        if upload is None:
            return Response(200, b"", {"x-goog-upload-status": "active"})
        processing = faults.seconds(Fault.PROCESSING)
        file = self.shelf.keep(upload, processing)
        return Response.json({"file": self._file_json(file)}, 200, {"x-goog-upload-status": "final"})

    def _files(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        self.shelf.jobs.settle()
        shown, token = _page(self.shelf.files.listed(account), request.query, 10, 100, faults)
        return Response.json(_listed("files", [self._file_json(file) for file in shown], token))

    def _found(self, account: str, name: str) -> StoredFile:
        self.shelf.jobs.settle()
        file = self.shelf.files.get(account, name)
        if file is None:
            raise no_file(name)
        return file

    def _file_json(self, file: StoredFile) -> dict[str, Any]:
        return file_json(file, self.url, self._settings.clock.now())

    def _file(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        return Response.json(self._file_json(self._found(account, target)))

    def _delete_file(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        self._found(account, target)
        self.shelf.files.delete(account, target)
        return Response.json({})

    def _results(self, _request: Request, account: str, target: str, faults: Struck) -> Response:
        file = self._found(account, target)
        if not file.made_by:  # [sdk: Files.download: only generated files]
            raise ApiError("Only files that were generated can be downloaded.")
        headers = {"content-type": "application/octet-stream"}
        if faults.keys() & SPOILED:
            return Response(200, spoil(self.shelf.files.read(file), faults, "key", _foreign("key")), headers)
        return Response(200, self.shelf.files.pieces(file), headers, file.size)

    def _create(self, request: Request, account: str, target: str, faults: Struck) -> Response:
        if len(request.body) > (self._settings.max_bytes or MAX_INLINE):  # [assumed]
            raise ApiError(f"Request payload size exceeds the limit: {MAX_INLINE} bytes.")
        asked = read(_json(request.body), "CreateBatchRequest").get("batch") or {}
        known = _known(target)
        inline = ((asked.get("inputConfig") or {}).get("requests") or {}).get("requests")
        if inline is not None:
            _check_inline(inline, self._settings.max_requests)
        lag = faults.seconds(Fault.LIST_LAG)
        batch = self.shelf.create(account, known, asked, lag)
        shown = batch.to_json(batch.course.created_at)
        # the answer to a create is never further than this [docs: Batch API]
        shown["metadata"]["state"] = "BATCH_STATE_PENDING"
        return Response.json(shown)

    def _list(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        shown, token = _page(self.shelf.jobs.listed(account), request.query, 50, 1000, faults)
        return Response.json(_listed("operations", [self._shown(batch, faults) for batch in shown], token))

    def _batch(self, account: str, name: str) -> Batch:
        batch = self.shelf.jobs.get(account, name)
        if batch is None:
            raise ApiError(f"Requested entity was not found: {name}.", 404)  # [assumed]
        return batch

    def _retrieve(self, _request: Request, account: str, target: str, faults: Struck) -> Response:
        return Response.json(self._shown(self._batch(account, target), faults))

    def _shown(self, batch: Batch, faults: Struck) -> dict[str, Any]:
        """The operation, with what goes wrong with inline answers."""
        rows = batch.rows() if batch.ended_at is not None and batch.inline is not None else None
        if rows is not None:
            rows = _spoiled(rows, faults)
        return batch.to_json(self._settings.clock.now(), rows)

    def _cancel(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        batch = self._batch(account, target)
        with self.shelf.jobs.lock:
            if batch.ended_at is not None:  # [assumed]
                raise ApiError(f"The batch {target} has already ended.")
            batch.course.cancel(self._settings.clock.now())
        return Response.json({})

    def _delete(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        self.shelf.jobs.delete(self._batch(account, target))
        return Response.json({})

    def _count_tokens(self, request: Request, account: str, target: str, _faults: Struck) -> Response:
        asked = read(_json(request.body), "CountTokensRequest")
        whole = asked.get("generateContentRequest") or {"contents": asked.get("contents")}
        whole, _ = self.shelf.writer.inlined(whole, account)
        check_contents(whole.get("contents"))
        tokens = prompt_tokens(whole, _known(target), self._settings.counter)
        return Response.json({"totalTokens": tokens})

    def _models(self, request: Request, _account: str, _target: str, faults: Struck) -> Response:
        shown, token = _page(list(CATALOGUE), request.query, 50, 1000, faults)
        return Response.json(_listed("models", [info(_known(name)) for name in shown], token))

    def _model(self, _request: Request, _account: str, target: str, _faults: Struck) -> Response:
        return Response.json(info(_known(target)))


def _known(name: str) -> Model:
    known = model(name)
    if known is None:  # [assumed]
        raise ApiError(
            f"models/{name} is not found for API version v1, or is not supported for batchGenerateContent.", 404
        )
    return known


def _check_inline(inline: list[Any], limit: int | None) -> None:
    if not inline:
        raise ApiError("* BatchGenerateContentRequest.batch.input_config.requests.requests: must not be empty")
    if limit is not None and len(inline) > limit:
        raise ApiError(f"At most {limit} requests may be sent inline.")


def _spoiled(rows: list[dict[str, Any]], faults: Struck) -> list[dict[str, Any]]:
    rows = spoiled_rows(rows, faults, _foreign("metadata"))
    if Fault.MISSING_METADATA in faults:  # [issue: python-genai 2008]
        rows = [{name: value for name, value in row.items() if name != "metadata"} for row in rows]
    if Fault.SWAPPED_KEYS in faults and len(rows) > 1:
        first, second = rows[:2]
        first["metadata"], second["metadata"] = second.get("metadata"), first.get("metadata")
    return rows


def _foreign(name: str) -> dict[str, Any]:
    key: Any = "never-sent" if name == "key" else {"key": "never-sent"}
    return {name: key, "error": {"code": 13, "message": "An internal error has occurred."}}


def _page(
    everything: list[Any], query: Mapping[str, str], usual: int, most: int, faults: Struck
) -> tuple[list[Any], str | None]:
    """(items, the next page's token) [sdk: pagers]."""
    size, token = query.get("pageSize") or "0", query.get("pageToken") or "0"
    if not size.isdecimal() or not token.isdecimal():
        raise ApiError("Request contains an invalid argument: pageSize or pageToken.")
    length = min(int(size) or usual, most, faults.size(Fault.SMALL_PAGES) or most)
    start = int(token)
    end = start + length
    return everything[start:end], str(end) if end < len(everything) else None


def _listed(name: str, items: list[Any], token: str | None) -> dict[str, Any]:
    """Empty lists and tokens are left out [proto3 JSON]."""
    return {**({name: items} if items else {}), **({"nextPageToken": token} if token else {})}


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:  # [assumed]
        raise ApiError(f"Invalid JSON payload received. {error}") from None
