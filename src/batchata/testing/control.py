"""`/_emulator/…`: the emulator's own doors, for tests that run in another process."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from batchata.testing.faults import Fault, Struck
from batchata.testing.wire import Request, Response

if TYPE_CHECKING:
    from batchata.testing.emulator import Emulator

PREFIX = "/_emulator/"


class ControlDialect:
    """GET shows, POST does: `POST /_emulator/faults {"operation": "create", "fault": "drop_after"}`."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator
        self._shown: dict[str, Callable[[], Any]] = {
            "batches": lambda: emulator.batches,
            "ledger": lambda: [bill.to_dict() for bill in emulator.ledger],
            "requests": lambda: [asdict(exchange) for exchange in emulator.requests],
            "summary": emulator.summary,
            "uploads": lambda: [file.to_dict() for file in emulator.uploads],
        }
        self._done: dict[str, Callable[..., None]] = {
            "advance": emulator.advance,
            "archive": emulator.archive,
            "clear_faults": emulator.faults.clear,
            "faults": emulator.faults.add,
            "hold": emulator.hold,
            "release": emulator.release,
        }

    def speaks(self, request: Request) -> bool:
        return request.path.startswith(PREFIX)

    def operation(self, _request: Request) -> str:
        return "control"

    def handle(self, request: Request, _faults: Struck) -> Response:
        name = request.path.removeprefix(PREFIX)
        if request.method == "GET" and name in self._shown:
            return Response.json(self._shown[name]())
        if request.method != "POST" or name not in self._done:
            return self.failure(404)
        try:
            self._done[name](**(orjson.loads(request.body) if request.body else {}))
        except (TypeError, ValueError) as error:
            return Response.json({"error": str(error)}, 400)
        return Response.json({})

    def unpaid(self, _fault: Fault) -> Response:
        return self.failure(402)

    def failure(self, status: int, _retry_after: float | None = None) -> Response:
        doors = sorted([*self._shown, *self._done])
        return Response.json({"error": f"{PREFIX} has {', '.join(doors)}"}, status)
