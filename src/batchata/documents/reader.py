"""Where the driver hands its files in: what is small work is done on the spot, parsing goes to other processes."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

from batchata.documents.kept import Kept
from batchata.documents.kinds import kind_of
from batchata.documents.passages import Claim, Passage
from batchata.documents.passages import passages as look_up
from batchata.documents.picture import Pictures
from batchata.documents.pool import Pool
from batchata.documents.process import default_command
from batchata.documents.read import document, read, read_pages
from batchata.errors import DocumentError
from batchata.request import Document, Image

TIMEOUT_SECONDS = 60.0
MEMORY_BYTES = 1_500_000_000


class Reader:
    """Reads files without ever taking the driver down. Every method works from any thread.

    `executor`: who parses (PDF, Word, HTML) instead of worker processes of our own; caps of time and memory are then its
    affair. `workers`: how many processes at most (default: one per core), started as files come. `timeout_seconds`,
    `memory_bytes`: what one file may take. `command`: the worker's command line, for one that speaks the same frames.
    """

    def __init__(
        self,
        executor: Executor | None = None,
        workers: int | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        command: Sequence[str] | None = None,
    ) -> None:
        self._executor = executor
        self._kept = Kept()
        self._pool = Pool(
            command or default_command(memory_bytes), workers or os.cpu_count() or 1, timeout_seconds, memory_bytes
        )

    def submit(self, data: bytes, name: str) -> Future[Document | Image]:
        """Read a file. The future ends in what it is or a DocumentError, or is cancelled. RuntimeError once closed."""
        try:
            kind = kind_of(data, name)
            if not kind.isolated:
                return _done(read(data, name))
        except DocumentError as error:
            return _failed(error)
        executor = self._executor
        future = self._pool.submit(data, name) if executor is None else _submit_to(executor, data, name)
        future.add_done_callback(self._keep)
        return future

    def _keep(self, future: Future[Document | Image]) -> None:
        if not future.cancelled() and future.exception() is None and isinstance(read := future.result(), Document):
            self._kept.keep(read.name, read.data, read.pages)

    def passages(self, files: Sequence[tuple[str, bytes]], claims: Sequence[Claim]) -> Future[list[Passage]]:
        """Where in these files (name, bytes) the claims stand: `documents.passages`. Ends as `submit` does."""
        texts = [self._kept.look(name, data) for name, data in files]
        if self._executor is None:
            return self._pool.passages(files, claims, texts)
        name = ", ".join(name for name, _ in files)
        try:
            found = self._executor.submit(look_up, files, claims, texts)
        except RuntimeError as error:
            return _failed(_foreign(name, error))
        future: Future[list[Passage]] = Future()
        future.add_done_callback(lambda outer: outer.cancelled() and found.cancel())
        found.add_done_callback(partial(_pass_on, future, name, lambda passages: passages))
        return future

    def pictures(self, data: bytes, name: str, pages: Sequence[int]) -> Future[Pictures]:
        """Pages of a PDF drawn: `documents.picture`. In worker processes of our own, whatever the executor. Ends as `submit` does."""
        return self._pool.pictures(data, name, pages)

    def close(self) -> None:
        """End at once: files not begun are cancelled, those being read fail. An executor of the user's is left alone."""
        self._pool.close()


def _done(outcome: Document | Image) -> Future[Document | Image]:
    future: Future[Document | Image] = Future()
    future.set_running_or_notify_cancel()
    future.set_result(outcome)
    return future


def _failed(error: DocumentError) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    future.set_exception(error)
    return future


def _submit_to(executor: Executor, data: bytes, name: str) -> Future[Document | Image]:
    try:
        pages = executor.submit(read_pages, data, name)
    except RuntimeError as error:  # shut down, or a broken pool
        return _failed(_foreign(name, error))
    future: Future[Document | Image] = Future()
    future.add_done_callback(lambda outer: outer.cancelled() and pages.cancel())
    pages.add_done_callback(partial(_pass_on, future, name, partial(document, data, name)))
    return future


def _pass_on(future: Future[Any], name: str, make: Callable[[Any], object], done: Future[Any]) -> None:
    if done.cancelled():
        future.cancel()
    if not future.set_running_or_notify_cancel():
        return
    error = done.exception()
    if error is None:
        future.set_result(make(done.result()))
    else:
        future.set_exception(error if isinstance(error, DocumentError) else _foreign(name, error))


def _foreign(name: str, error: BaseException) -> DocumentError:
    return DocumentError(f"{name}: the executor that was given failed to read it: {type(error).__name__}: {error}")
