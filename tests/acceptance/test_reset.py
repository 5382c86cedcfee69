"""A connection reset after the create, on each dialect: the batch is found at the provider, and nothing is sent again."""

import select
import socket
import struct
import threading
from pathlib import Path

import pytest
from crash.kills import MODELS

from batchata import Batch
from batchata.testing import Emulator

CREATES = {
    "anthropic": b"POST /v1/messages/batches ",
    "openai": b"POST /v1/batches ",
    "gemini": b":batchGenerateContent",
}


class Resetting:
    """A relay before the emulator that lets requests through, and resets the connection (RST) in place of a create's answer."""

    def __init__(self, port: int, mark: bytes) -> None:
        self._port, self._mark = port, mark
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.resets = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            threading.Thread(target=self._relay, args=(near,), daemon=True).start()

    def _relay(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._port))
        create = False
        with near, far:
            while True:
                for ready in select.select([near, far], [], [])[0]:
                    data = ready.recv(65536)
                    create |= ready is near and self._mark in data and not self.resets
                    if ready is far and create:
                        self.resets += 1
                        near.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )  # close as a reset
                        return
                    if not data:
                        return
                    (near if ready is far else far).sendall(data)


@pytest.mark.parametrize("dialect", MODELS)
def test_a_connection_reset_after_the_create_costs_nothing_twice(
    dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator(turnaround=0.1) as emulator:
        relay = Resetting(int(emulator.url.rpartition(":")[2]), CREATES[dialect])
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value.replace(emulator.url, relay.url))
        batch = Batch(tmp_path / "state.db", settle_seconds=2).defaults(model=MODELS[dialect], max_tokens=50)
        batch.add_jobs({"prompt": f"Say {number}.", "job_id": f"job-{number}"} for number in range(5))
        status = batch.run(wait=True).status()
        assert relay.resets == 1
        assert status["completed"] == 5
        assert len(emulator.creates) == 1
        assert len(emulator.ledger) == 5
        assert not emulator.ledger.billed_twice()
