"""The HTTP face of the protocol: who asks, what is asked, and the answer's exact form."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from batchata.testing.dice import Dice, digest
from batchata.testing.faults import Fault, Struck
from batchata.testing.files import StoredFile
from batchata.testing.openai import envelope, errors
from batchata.testing.openai.errors import ApiError
from batchata.testing.openai.models import CATALOGUE, info
from batchata.testing.openai.paging import page
from batchata.testing.openai.realtime import Realtime
from batchata.testing.openai.responses import check_countable
from batchata.testing.openai.shelf import Shelf
from batchata.testing.openai.tokens import prompt_tokens
from batchata.testing.openai.writer import CHAT, RESPONSES
from batchata.testing.routes import Routes
from batchata.testing.settings import Settings
from batchata.testing.spoil import SPOILED, spoil
from batchata.testing.wire import Request, Response

_FILE, _BATCH = r"/v1/files/(?P<id>[^/]+)", r"/v1/batches/(?P<id>[^/]+)"
_ROUTES = Routes(
    (  # [sdk: resources.files, resources.batches, resources.responses.input_tokens, resources.models]
        ("upload", "POST", r"/v1/files"),
        ("files", "GET", r"/v1/files"),
        ("file", "GET", _FILE),
        ("delete_file", "DELETE", _FILE),
        ("results", "GET", _FILE + r"/content"),
        ("create", "POST", r"/v1/batches"),
        ("list", "GET", r"/v1/batches"),
        ("retrieve", "GET", _BATCH),
        ("cancel", "POST", _BATCH + r"/cancel"),
        ("count_tokens", "POST", r"/v1/responses/input_tokens"),
        ("realtime", "POST", rf"(?P<id>{CHAT}|{RESPONSES})"),
        ("models", "GET", r"/v1/models"),
        ("model", "GET", r"/v1/models/(?P<id>.+)"),
    )
)
_FOREIGN = {
    "id": "batch_req_0",
    "custom_id": "never-sent",
    "response": None,
    "error": {"code": "batch_expired", "message": ""},
}


class OpenAIDialect:
    """One `Dialect`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.shelf = Shelf(settings)
        self._writer = self.shelf.writer
        self.realtime = Realtime(settings, self._writer)
        self._numbers = count(1)
        self._handlers: dict[str, Callable[[Request, str, str, Struck], Response]] = {
            "upload": self._upload,
            "files": self._files,
            "file": self._file,
            "delete_file": self._delete_file,
            "results": self._results,
            "create": self._create,
            "list": self._list,
            "retrieve": self._retrieve,
            "cancel": self._cancel,
            "count_tokens": self._count_tokens,
            "realtime": self._realtime,
            "models": self._models,
            "model": self._model,
            "unknown": self._unknown,
        }

    def speaks(self, request: Request) -> bool:
        return request.path.startswith("/v1/")

    def operation(self, request: Request) -> str:
        return _ROUTES.find(request)[0]

    def handle(self, request: Request, faults: Struck) -> Response:
        operation, target = _ROUTES.find(request)
        try:
            response = self._handlers[operation](request, self._account(request.headers), target, faults)
        except ApiError as error:
            response = Response.json(error.body(), error.status)
        response.headers.setdefault("x-request-id", f"req_{Dice(next(self._numbers), b'request').hex(32)}")
        return response

    def failure(self, status: int, _retry_after: float | None = None) -> Response:
        return Response.json(errors.failure(status), status)

    def unpaid(self, fault: Fault) -> Response:
        status, body = errors.UNPAID[fault]
        return Response.json(body, status)

    def batches(self) -> list[tuple[float, dict[str, Any]]]:
        now = self._settings.clock.now()
        return [(batch.course.created_at, batch.to_json(now)) for batch in self.shelf.jobs.listed()]

    def _unknown(self, request: Request, _account: str, _target: str, _faults: Struck) -> Response:
        raise ApiError(f"Invalid URL ({request.method} {request.path})", status=404)  # [assumed]

    def _account(self, headers: Mapping[str, str]) -> str:
        """Files and batches belong to the key's project, and each key is taken for a project of its own [assumed]."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise ApiError("You didn't provide an API key.", status=401)  # [assumed]
        if self._settings.api_keys is not None and key not in self._settings.api_keys:
            raise ApiError("Incorrect API key provided.", None, "invalid_api_key", 401)  # [assumed]
        return digest(key.encode())

    def _upload(self, request: Request, account: str, _target: str, _faults: Struck) -> Response:
        given = envelope.upload(request, self._settings.max_file_bytes or envelope.MAX_FILE)
        file = self.shelf.upload(account, given.filename, given.purpose, given.data, given.seconds)
        return Response.json(envelope.file_json(file))

    def _files(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        found = self.shelf.files.listed(account)
        if (order := request.query.get("order", "desc")) == "asc":
            found.reverse()
        elif order != "desc":
            raise ApiError(f"Invalid value: '{order}'. Supported values are: 'asc' and 'desc'.", "order")
        if purpose := request.query.get("purpose"):
            found = [file for file in found if file.kind == purpose]
        listed = page(
            found, request.query, lambda file: file.id, 10_000, 10_000, faults.size(Fault.SMALL_PAGES)
        )  # [sdk: FileListParams]
        return Response.json({**listed, "data": [envelope.file_json(file) for file in listed["data"]]})

    def _found(self, account: str, file_id: str) -> StoredFile:
        self.shelf.jobs.settle()
        file = self.shelf.files.get(account, file_id)
        if file is None:  # [assumed]
            raise ApiError(f"No such File object: {file_id}", "id", status=404)
        return file

    def _file(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        return Response.json(envelope.file_json(self._found(account, target)))

    def _delete_file(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        self._found(account, target)
        self.shelf.files.delete(account, target)
        return Response.json({"id": target, "object": "file", "deleted": True})  # [sdk: FileDeleted]

    def _results(self, _request: Request, account: str, target: str, faults: Struck) -> Response:
        file = self._found(account, target)
        headers = {"content-type": "application/octet-stream"}
        if faults.keys() & SPOILED:
            return Response(200, spoil(self.shelf.files.read(file), faults, "custom_id", _FOREIGN), headers)
        return Response(200, self.shelf.files.pieces(file), headers, file.size)

    def _create(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        asked = envelope.batch(request.body)
        file = self.shelf.files.get(account, asked["input_file_id"])
        if file is None or file.kind != "batch":  # at once [assumed]
            raise ApiError(f"Invalid input file: {asked['input_file_id']} is no file for batches.", "input_file_id")
        lag = faults.seconds(Fault.LIST_LAG)
        batch = self.shelf.create(account, asked, file, lag)
        # the answer to a create is never further than this [docs: Batch API]
        return Response.json({**batch.to_json(batch.course.created_at), "status": "validating"})

    def _list(self, request: Request, account: str, _target: str, faults: Struck) -> Response:
        found = self.shelf.jobs.listed(account)
        listed = page(
            found, request.query, lambda batch: batch.id, 100, 20, faults.size(Fault.SMALL_PAGES)
        )  # [sdk: BatchListParams]
        now = self._settings.clock.now()
        return Response.json({**listed, "data": [batch.to_json(now) for batch in listed["data"]]})

    def _retrieve(self, _request: Request, account: str, target: str, _faults: Struck) -> Response:
        batch = self.shelf.jobs.get(account, target)
        if batch is None:  # [assumed]
            raise ApiError(f"No batch found with id '{target}'.", status=404)
        return Response.json(batch.to_json(self._settings.clock.now()))

    def _cancel(self, request: Request, account: str, target: str, faults: Struck) -> Response:
        batch = self.shelf.jobs.get(account, target)
        if batch is not None:
            with self.shelf.jobs.lock:
                if batch.ended_at is not None:  # [assumed]
                    message = f"Cannot cancel a batch with status '{batch.status_at_end}'."
                    raise ApiError(message, status=409)
                batch.course.cancel(self._settings.clock.now())
        return self._retrieve(request, account, target, faults)

    def _count_tokens(self, request: Request, account: str, _target: str, _faults: Struck) -> Response:
        """[sdk: InputTokenCountResponse]; the count is exact [docs: Counting tokens]."""
        body, _ = self._writer.inlined(envelope.body_of(request), account)
        try:
            known = self._writer.known(body)
            check_countable(body, known)
            tokens = prompt_tokens(body, known, self._settings.counter)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ApiError(f"Invalid request: {type(error).__name__}: {error}") from error
        return Response.json({"object": "response.input_tokens", "input_tokens": tokens})

    def _realtime(self, request: Request, account: str, target: str, _faults: Struck) -> Response:
        return Response.json(self.realtime.answer(envelope.body_of(request), account, target))

    def _models(self, _request: Request, _account: str, _target: str, _faults: Struck) -> Response:
        served = self._settings.served_models
        names = CATALOGUE if served is None else served
        return Response.json({"object": "list", "data": [info(name, served) for name in names]})

    def _model(self, _request: Request, _account: str, target: str, _faults: Struck) -> Response:
        served = self._settings.served_models
        if target not in (CATALOGUE if served is None else served):
            raise ApiError(f"The model '{target}' does not exist", "model", "model_not_found", 404)  # [assumed]
        return Response.json(info(target, served))
