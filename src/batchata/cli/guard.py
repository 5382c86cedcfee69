"""Around every command: errors into words and exit codes, signals into an orderly end."""

import functools
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, ParamSpec, Self

from batchata.cli import saying
from batchata.cli.codes import Exit
from batchata.cli.flags import typed
from batchata.errors import BatchataError, DocumentError, ProviderError, StateError, ValidationError

P = ParamSpec("P")

_CODES: tuple[tuple[type[BatchataError], Exit], ...] = (
    (ValidationError, Exit.USAGE),
    (DocumentError, Exit.USAGE),
    (StateError, Exit.STATE),
    (ProviderError, Exit.PROVIDER),
)
_SHOW_CURSOR = b"\x1b[?25h"


class Interrupts:
    """Ctrl-C or SIGTERM. Once: the command ends in order. Twice: at once; the state is written as if power could fail at
    any moment, so nothing is lost by it.
    """

    def __init__(self) -> None:
        self.heard: int | None = None
        self._deferred = False
        self._before: dict[int, Any] = {}

    @property
    def code(self) -> Exit:
        return Exit.TERMINATED if self.heard == signal.SIGTERM else Exit.INTERRUPTED

    def __enter__(self) -> Self:
        self.heard = None
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Within this the first signal is only noted, in `heard`."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    def _hear(self, number: int, _: FrameType | None) -> None:
        if self.heard is not None:
            self.heard = number
            if sys.stderr.isatty():
                os.write(2, _SHOW_CURSOR)
            os._exit(self.code)
        self.heard = number
        if not self._deferred:
            raise KeyboardInterrupt


interrupts = Interrupts()
"""Those of the command that runs."""


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """`command` with its exit code given to the system. Its option `json_out`, if it has one, makes errors JSON too."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        import typer

        machine = bool(kwargs.get("json_out"))
        raise typer.Exit(int(_code_of(functools.partial(command, *args, **kwargs), machine=machine)))

    return run


def _code_of(command: Callable[[], int], *, machine: bool) -> int:
    try:
        with interrupts, _log_as_it_was():
            return command()
    except BatchataError as error:
        code = next((code for kind, code in _CODES if isinstance(error, kind)), Exit.INTERNAL)
        words = typed(str(error)) if code == Exit.USAGE else str(error)
        if machine:
            saying.put_json({"error": {"kind": type(error).__name__, "message": words}, "exit_code": int(code)})
        saying.error(words)
        return code
    except KeyboardInterrupt:
        return interrupts.code
    except BrokenPipeError:
        nobody_reads()
        return Exit.OK
    except Exception:  # noqa: BLE001 - the outermost boundary: a fault of ours must not look like a failed job
        traceback.print_exc()
        saying.error("this is a fault of batchata's own; what was paid for is safe in the state file")
        return Exit.INTERNAL


def nobody_reads() -> None:
    """Whoever read us has seen enough (`| head`): what is still to be written goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Words(logging.Handler):
    """Log records of the library as notes, above whatever is drawn."""

    def emit(self, record: logging.LogRecord) -> None:
        style = "red" if record.levelno >= logging.ERROR else "yellow" if record.levelno >= logging.WARNING else "dim"
        saying.note(typed(record.getMessage()), style)


@contextmanager
def _log_as_it_was() -> Iterator[None]:
    """Whoever calls `main` from Python gets the library's log back as it was."""
    logger = logging.getLogger("batchata")
    before = logger.level, logger.handlers, logger.propagate
    try:
        yield
    finally:
        level, logger.handlers, logger.propagate = before
        logger.setLevel(level)


def listen(*, verbose: bool, quiet: bool) -> None:
    """Let the library's log be heard."""
    logger = logging.getLogger("batchata")
    logger.setLevel(logging.INFO if verbose else logging.ERROR if quiet else logging.WARNING)
    logger.handlers = [Words()]
    logger.propagate = False
