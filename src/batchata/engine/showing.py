"""Results into files: one `<job_id>.json` per finished job, raw answers beside them. A projection of the state.

What the state settled since the last clean close is written again on start, so a crash never leaves a finished job without
its file.
"""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from batchata.engine.collecting import Raw, index_of
from batchata.provider_batch import ProviderBatch
from batchata.providers.base import Provider
from batchata.record import result_of
from batchata.result import write_all_private
from batchata.store import reading
from batchata.store.rows import StoredResult

RAW = "raw_responses"


class Files:
    """The files of a run. `raw`: raw answers too."""

    def __init__(self, folder: Path, *, raw: bool) -> None:
        self.folder = folder
        self.raw = raw
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if raw:
            (folder / RAW).mkdir(mode=0o700, exist_ok=True)

    def show(self, results: Iterable[StoredResult], raw: Iterable[Raw] = ()) -> None:
        if self.raw:
            write_all_private(self.folder / RAW, ((f"{line.job_id}.json", line.line) for line in raw))
        write_all_private(self.folder, map(_file, results))

    def repair(self, connection: sqlite3.Connection, shown: int, raw_shown: int, provider: "Of") -> None:
        """Write what was settled after `shown` (a result's id), and the raw answers kept after `raw_shown` (a segment's)."""
        while results := reading.results_after(connection, shown):
            self.show(results)
            shown = results[-1].id
        for batch, body in reading.settled_segments(connection, raw_shown) if self.raw else ():
            self.show((), _raw_lines(connection, batch, body, provider(batch.provider)))


Of = Callable[[str], Provider]


def _file(result: StoredResult) -> tuple[str, bytes]:
    """(name, content) of a result's file."""
    _, _, _, body, job_id, outcome, model, metadata = result
    loaded = result_of(body, job_id, outcome, model, metadata)
    return f"{result.job_id}.json", loaded.to_json()


def _raw_lines(connection: sqlite3.Connection, batch: ProviderBatch, body: bytes, provider: Provider) -> Iterable[Raw]:
    jobs = reading.jobs_of(connection, batch.id)
    lines = {
        jobs[index]: line
        for line in filter(bytes.strip, body.split(b"\n"))
        if (index := index_of(provider.read(line).custom_id, batch)) is not None
    }
    names = reading.job_ids(connection, list(lines))
    yield from (Raw(names[job], line) for job, line in lines.items())
