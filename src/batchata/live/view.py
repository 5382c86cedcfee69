"""`live_view()`: a progress callback that draws the run on a terminal, or prints a line now and then where there is none."""

import atexit
import contextlib
import importlib.util
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from batchata.live import figures

if TYPE_CHECKING:
    import sqlite3

    from rich.console import Console, RenderableType
    from rich.live import Live

    from batchata.store.watching import Look

FIRST_LINE = 5.0  # seconds between plain lines at first; each wait is longer, up to the last
LAST_LINE = 120.0


def live_view(stream: TextIO | None = None) -> "LiveView":
    """A view of a run while it goes: `batch.run(wait=True, on_progress=batchata.live_view())`.

    Shows jobs, provider batches with their age, money, pace and time left, failures by kind and what is uncertain. On a
    terminal, with Rich installed (the extra `cli`), it is drawn in place; else a plain line is printed now and
    then. `stream`: where to, standard error by default. One view serves one run.
    """
    return LiveView(stream)


class LiveView:
    """Called with the progress dict; reads the rest from the state file. See `live_view`."""

    def __init__(self, stream: TextIO | None = None, console: "Console | None" = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._console = console
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._path = Path()
        self._run = 0
        self._seen = 0
        self._failed: Counter[str] = Counter()
        self._look: Look | None = None
        self._elapsed = 0.0
        self._live: Live | None = None
        self._wait = FIRST_LINE
        self._next = 0.0
        self._last = ""
        self._over = False

    def attach(self, state_file: Path, run: int) -> None:
        """Begin: called by the run it is given to."""
        from batchata.store import reading
        from batchata.store.database import connect_reader

        self._path, self._run = state_file, run
        self._connection = connect_reader(state_file)
        self._seen = reading.last_result(self._connection)
        atexit.register(self.close)
        if is_drawn(self._stream):
            self._draw()

    def __call__(self, progress: Mapping[str, Any]) -> None:
        """Take the figures of now, and show them."""
        with self._lock:
            if self._over or self._connection is None:
                return
            self._look = self._looked(progress)
            self._elapsed = float(progress["elapsed_seconds"])
        if self._live is None:
            self._print(last=bool(progress["is_complete"]))
        if progress["is_complete"]:
            self.close()

    def close(self) -> None:
        """Stop drawing; what was drawn last stays."""
        with self._lock:
            if self._over:
                return
            self._over = True
            atexit.unregister(self.close)
            if self._live is not None:
                self._live.stop()
            if self._connection is not None:
                self._connection.close()

    def _looked(self, progress: Mapping[str, Any]) -> "Look":
        from batchata.store import reading, watching

        if self._connection is None:
            raise RuntimeError("the view is attached to no run")
        last = reading.last_result(self._connection)
        if last > self._seen:
            self._failed.update(watching.failures_after(self._connection, self._run, self._seen, last))
            self._seen = last
        return watching.look(
            self._connection,
            self._path,
            time.time(),
            counted=watching.Counts(progress["pending"], progress["active"], progress["completed"], progress["failed"]),
            failed=dict(self._failed.most_common()),
        )

    # -- on a terminal

    def _draw(self) -> None:
        from rich.console import Console
        from rich.live import Live

        console = self._console or Console(file=self._stream)
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=4, vertical_overflow="crop")
        self._live.start()

    def _render(self) -> "RenderableType":
        from rich.text import Text

        from batchata.live.screen import drawn

        look = self._look
        if look is None:
            return Text("starting…", style="dim")
        return drawn(self._title(), look.jobs, figures.rows(_now(look, over=self._over)))

    def _title(self) -> str:
        return f"batchata  {figures.safe(self._path.name)}  run {self._run}  {figures.duration(self._elapsed)}"

    # -- elsewhere

    def _print(self, *, last: bool) -> None:
        now, look = time.monotonic(), self._look
        if look is None or (not last and (now < self._next or not (look.jobs.total or look.open_batches))):
            return
        words = figures.line(look)
        if words != self._last or last:
            with contextlib.suppress(ValueError):  # a stream that is closed already
                print(figures.line(look, self._elapsed), file=self._stream, flush=True)
        self._last, self._next, self._wait = words, now + self._wait, min(self._wait * 1.5, LAST_LINE)


def is_drawn(stream: TextIO) -> bool:
    """Whether a stream can be drawn on: a terminal that moves its cursor, with Rich at hand."""
    if not stream.isatty() or os.environ.get("TERM", "") in ("dumb", "unknown"):
        return False
    return importlib.util.find_spec("rich") is not None


def _now(look: "Look", *, over: bool) -> "Look":
    """A look whose ages go on between two readings."""
    from dataclasses import replace

    return look if over else replace(look, at=max(look.at, time.time()))
