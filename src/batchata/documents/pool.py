"""Worker processes of our own: as many as are needed up to a number, each behind one thread, each replaced when it dies."""

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from batchata.documents import frames, passages, picture
from batchata.documents.kept import Pages
from batchata.documents.process import WorkerGoneError, WorkerProcess
from batchata.documents.read import document
from batchata.errors import DocumentError
from batchata.request import Document, Image


@dataclass(frozen=True, slots=True)
class _Task:
    """`request` is a frame; `read` makes of its answer's parts what the future ends in (ValueError: they make no sense)."""

    future: Future[Any]
    name: str
    request: Sequence[bytes]
    read: Callable[[Sequence[bytes]], object]


class Pool:
    """Reads files in worker processes. The first starts with the first file; every method works from any thread."""

    def __init__(self, command: Sequence[str], workers: int, timeout_seconds: float, memory_bytes: int) -> None:
        self._command = command
        self._workers = workers
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._closed = False
        self._waiting = 0  # tasks given and not yet finished
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._processes: set[WorkerProcess] = set()

    def submit(self, data: bytes, name: str) -> Future[Document | Image]:
        """Ends in a Document or a DocumentError. Raises RuntimeError once closed."""
        request = [frames.PAGES, frames.to_bytes(name), data]
        return self._give(name, request, lambda pages: document(data, name, tuple(page.decode() for page in pages)))

    def passages(
        self, files: Sequence[tuple[str, bytes]], claims: Sequence[passages.Claim], texts: Sequence[Pages | None]
    ) -> Future[list[passages.Passage]]:
        """As `documents.passages.passages`. Ends in the passages or a DocumentError. Raises RuntimeError once closed."""
        request = [frames.PASSAGES, *passages.written(files, claims, texts)]
        names = ", ".join(name for name, _ in files)
        return self._give(names, request, lambda parts: passages.read_answer(b"".join(parts)))

    def pictures(self, data: bytes, name: str, pages: Sequence[int]) -> Future[picture.Pictures]:
        """As `documents.picture.pictures`. Ends in the pictures or a DocumentError. Raises RuntimeError once closed."""
        request = [frames.PICTURES, frames.to_bytes(name), data, picture.written(pages)]
        return self._give(name, request, picture.read_answer)

    def _give(self, name: str, request: Sequence[bytes], read: Callable[[Sequence[bytes]], object]) -> Future[Any]:
        task = _Task(Future(), name, request, read)
        with self._lock:
            if self._closed:
                raise RuntimeError("the reader is closed: it takes no more files")
            if len(self._threads) < min(self._waiting + 1, self._workers):
                # Daemon threads: a script that ends without closing is not held up, and its workers end with it.
                thread = threading.Thread(target=self._serve, name="batchata-documents", daemon=True)
                thread.start()
                self._threads.append(thread)
            self._waiting += 1
            self._tasks.put(task)
        return task.future

    def close(self) -> None:
        """End now: files not begun are cancelled, those being read fail. No process or thread is left."""
        with self._lock:
            self._closed = True
            for process in self._processes:
                process.kill()
        self._cancel_waiting()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():  # a future's callback may close us
                thread.join()

    @property
    def pids(self) -> list[int]:
        with self._lock:
            return sorted(process.pid for process in self._processes)

    def _cancel_waiting(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task.future.cancel()

    def _serve(self) -> None:
        process: WorkerProcess | None = None
        try:
            while (task := self._tasks.get()) is not None:
                if task.future.set_running_or_notify_cancel():
                    process = self._finish(task, process)
                with self._lock:
                    self._waiting -= 1
                del task  # else the last file's bytes stay as long as the thread is idle
        finally:
            self._drop(process)

    def _finish(self, task: _Task, process: WorkerProcess | None) -> WorkerProcess | None:
        """Read one file; the worker to go on with, if it is still good for another."""
        outcome: object = DocumentError(f"{task.name}: reading it failed unexpectedly")
        try:
            if process is None or not process.alive:
                self._drop(process)
                process = None
                process = self._start(task.name)
            outcome = self._ask(process, task)
        except DocumentError as error:
            outcome = error
        except (WorkerGoneError, OSError, MemoryError, RuntimeError) as error:
            # Beside its own end: no process, memory or thread (RuntimeError) left on this machine.
            outcome = DocumentError(self._why(task.name, error))
            self._drop(process)
            process = None
        finally:  # nobody may wait for ever, whatever happened
            if isinstance(outcome, DocumentError):
                task.future.set_exception(outcome)
            else:
                task.future.set_result(outcome)
        return process

    def _start(self, name: str) -> WorkerProcess:
        with self._lock:
            if self._closed:
                raise DocumentError(_broken_off(name))
            process = WorkerProcess(self._command)
            self._processes.add(process)
        try:
            process.wait_ready()
        except WorkerGoneError as error:
            self._drop(process)
            raise DocumentError(
                f"{name}: no worker process could be started to read it: {error}. Its stderr says more; "
                "`executor` can do the reading instead"
            ) from error
        return process

    def _drop(self, process: WorkerProcess | None) -> None:
        if process is None:
            return
        process.close()
        with self._lock:
            self._processes.discard(process)

    def _ask(self, process: WorkerProcess, task: _Task) -> object:
        match process.ask(task.request, self._timeout_seconds):
            case [frames.ERROR, message]:
                raise DocumentError(frames.to_text(message))
            case [kind, *parts] if kind == task.request[0]:
                return _read(task, parts)
            case _:
                raise WorkerGoneError("the process that read it gave an answer that makes no sense")

    def _why(self, name: str, error: Exception) -> str:
        if self._closed:
            return _broken_off(name)
        return (
            f"{name}: the file can't be read: {error}. A file may take {self._timeout_seconds:g} seconds "
            f"and {self._memory_bytes:,} bytes of memory; split or repair it"
        )


def _read(task: _Task, parts: Sequence[bytes]) -> object:
    try:
        return task.read(parts)
    except ValueError as error:  # UnicodeDecodeError is one
        raise WorkerGoneError("the process that read it gave an answer that is no text") from error


def _broken_off(name: str) -> str:
    return f"{name}: reading it was broken off, because the reader was closed"
