"""An emulator in a process of its own, which outlives whatever is done to the process under test."""

import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import orjson

from batchata.testing.environment import environment
from batchata.testing.ledger import Bill, Ledger
from batchata.testing.uploaded import UploadedFile, Uploads
from batchata.testing.wire import Exchange


class EmulatorProcess:
    """`python -m batchata.testing` with the verbs of `Emulator`.

    Takes the arguments of the command line: `turnaround`, `seed`, `tokens_per_byte`, `prices`, `mix`,
    `enqueued_token_limit`, `served_models` and `realtime_seconds`, with the meanings they have for `Emulator`. It ends with
    `stop()`, or when the process that started it is gone.
    """

    def __init__(
        self,
        *,
        turnaround: float = 0.2,
        seed: int = 0,
        tokens_per_byte: float = 0.25,
        mix: Mapping[str, float] | None = None,
        prices: Mapping[str, Sequence[float]] | None = None,
        enqueued_token_limit: Mapping[str, int] | int | None = None,
        served_models: Mapping[str, int] | None = None,
        realtime_seconds: float = 0.0,
    ) -> None:
        options = {
            "turnaround": turnaround,
            "seed": seed,
            "tokens-per-byte": tokens_per_byte,
            "realtime-seconds": realtime_seconds,
        }
        limits = {"enqueued-token-limit": enqueued_token_limit, "served-models": served_models}
        self._command = [sys.executable, "-m", "batchata.testing"]
        self._command += [text for name, value in options.items() for text in (f"--{name}", str(value))]
        for name, table in (("mix", mix or {}), ("prices", prices or {}), *limits.items()):
            self._command += [f"--{name}", orjson.dumps(table).decode()]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
        if self._process.stdout is None or not (line := self._process.stdout.readline()):
            raise RuntimeError(f"the emulator did not start: {' '.join(self._command)}")
        self.url = orjson.loads(line)["url"]
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.communicate()  # it ends when its standard input closes
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """The variables that send the SDKs of Anthropic, OpenAI and Google here."""
        return environment(self.url)

    @property
    def ledger(self) -> Ledger:
        """A copy of the ledger as it is now."""
        return Ledger(Bill.from_dict(row) for row in self._ask("ledger"))

    @property
    def uploads(self) -> Uploads:
        """A copy of the uploads as they are now."""
        return Uploads(UploadedFile.from_dict(row) for row in self._ask("uploads"))

    @property
    def requests(self) -> list[Exchange]:
        return [Exchange(**row) for row in self._ask("requests")]

    @property
    def creates(self) -> list[Exchange]:
        return [exchange for exchange in self.requests if exchange.operation == "create"]

    @property
    def batches(self) -> list[dict[str, Any]]:
        return list(self._ask("batches"))

    def summary(self) -> dict[str, Any]:
        return dict(self._ask("summary"))

    def hold(self) -> None:
        self._do("hold")

    def release(self) -> None:
        self._do("release")

    def advance(self, seconds: float) -> None:
        self._do("advance", seconds=seconds)

    def archive(self, batch_id: str | None = None) -> None:
        self._do("archive", batch_id=batch_id)

    def add_fault(self, operation: str, fault: str, **options: Any) -> None:
        """`Emulator.faults.add`, without `when`."""
        self._do("faults", operation=operation, fault=fault, **options)

    def clear_faults(self) -> None:
        self._do("clear_faults")

    def _ask(self, door: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/_emulator/{door}") as response:  # noqa: S310 - our own loopback address
            return orjson.loads(response.read())

    def _do(self, door: str, **arguments: Any) -> None:
        body = orjson.dumps(arguments)
        request = urllib.request.Request(f"{self.url}/_emulator/{door}", data=body, method="POST")  # noqa: S310
        with urllib.request.urlopen(request):  # noqa: S310
            return
