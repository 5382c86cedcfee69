"""Embedded models as an `Answerer`: the processes that hold them.

Each weights file that is asked gets one process (`llama_process`), started at its first request and spoken to over HTTP on
127.0.0.1. It ends with this process, whatever ends that.
"""

import http.client
import json
import secrets
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, cast

import orjson

from batchata.errors import ProviderError, ValidationError
from batchata.providers.local.weights import context_of, cores, resolve_weights, slots

_ANSWER_SECONDS = 86_400.0  # one answer at the pace of a slow machine stays far below it
_AGAIN = frozenset({429, 503})


class LlamaAnswerer:
    """Answers chat completion bodies; `model` in the body names the weights. Loads nothing before it is asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engines: dict[str, _Engine] = {}
        self._closed = False

    @property
    def concurrency(self) -> int:
        return slots()

    def answer(self, body: bytes) -> bytes:
        engine = self._engine(orjson.loads(body)["model"])
        try:
            return engine.ask(body)
        finally:
            if engine.died:
                self._let_go(engine)

    def _engine(self, name: str) -> "_Engine":
        with self._lock:
            if self._closed:
                raise ProviderError("the local model is closed")
            if name not in self._engines:
                try:
                    self._engines[name] = _Engine(name, resolve_weights(name))
                except ValidationError as error:
                    raise ProviderError(str(error), kind="no_such_model") from error
            return self._engines[name]

    def _let_go(self, engine: "_Engine") -> None:
        """Forget a process that died while it worked: the next request starts another."""
        with self._lock:
            if self._engines.get(engine.name) is engine:
                del self._engines[engine.name]
        engine.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            engines = list(self._engines.values())
        for engine in engines:
            engine.close()


class _Engine:
    """One process with one model in it. `died`: it worked, and then it was gone."""

    def __init__(self, name: str, weights: Path) -> None:
        self.name = name
        self.died = False
        self._key = secrets.token_hex(16)
        self._settings = {
            "name": name,
            "weights": str(weights),
            "slots": slots(),
            "context": context_of(weights),
            # one core stays free: with a thread on every core the model crawls as soon as anything else runs
            "threads": max(1, cores() - 1),
            "key": self._key,
        }
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process
        script = Path(__file__).with_name("llama_process.py")
        self._process = subprocess.Popen(  # noqa: S603  our own script; what users name goes through the pipe
            [sys.executable, "-P", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
        )
        self.close = weakref.finalize(self, _end, self._process, self._log)
        self._loading = threading.Lock()
        self._address: str | None = None
        self._refusal: str | None = None

    def ask(self, body: bytes) -> bytes:
        address = self._load()
        connection = http.client.HTTPConnection(address, timeout=_ANSWER_SECONDS)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            connection.request("POST", "/v1/chat/completions", body, headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.died = True
            raise ProviderError(f"the local model stopped while it answered: {error}", retryable=True) from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise _refusal(response.status, data)
        return data

    def _load(self) -> str:
        """Where the engine listens; waits for it to load. One that can't load is not started again."""
        with self._loading:
            if self._address is None and self._refusal is None:
                self._begin()
            if self._address is None:
                raise ProviderError(f"model 'local/{self.name}' can't be loaded: {self._refusal}", kind="not_loaded")
            return self._address

    def _begin(self) -> None:
        stdin, stdout = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        try:
            stdin.write(json.dumps(self._settings).encode() + b"\n")
            stdin.flush()
            self._address = json.loads(stdout.readline())["address"].removeprefix("http://")
        except (OSError, ValueError):
            self._refusal = self._last_words()

    def _last_words(self) -> str:
        """What the engine said before it ended: its first error is the cause, those after it the consequences."""
        code = self._process.wait()
        try:
            self._log.seek(0)
            lines = self._log.read(1 << 16).decode(errors="replace").splitlines()
        except ValueError:  # close() took the log first
            return "it was closed while it loaded"
        said = [line.partition(" E ")[2] for line in lines if " E " in line] or lines[-1:]
        return said[0] if said else f"its process ended with exit code {code}"


def _end(process: "subprocess.Popen[bytes]", log: IO[bytes]) -> None:
    """Nothing is lost by force: the process keeps nothing."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, log):
        if pipe is not None:
            pipe.close()


def _refusal(status: int, data: bytes) -> ProviderError:
    try:
        error = orjson.loads(data)["error"]
        words, kind = str(error["message"]), error.get("type")
    except (orjson.JSONDecodeError, KeyError, TypeError):
        words, kind = data[:2000].decode(errors="replace"), None
    return ProviderError(words, status=status, kind=kind, retryable=status in _AGAIN)
