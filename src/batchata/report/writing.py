"""`write`: a state file to a report. It only reads the state, so it may be asked for while a run goes on."""

import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from batchata.documents.reader import Reader
from batchata.errors import ValidationError
from batchata.report import page, summary
from batchata.report.documents import Documents, Room
from batchata.report.entries import Entries
from batchata.result import write_private
from batchata.store.database import connect_reader
from batchata.version import __version__

RESULTS_LIMIT = 10_000
PICTURES_MB = 40.0


def write(
    state_file: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    results_limit: int = RESULTS_LIMIT,
    pictures_mb: float = PICTURES_MB,
    pages_each: int = 12,
) -> Path:
    """Write the report of a state to `out`, for its owner alone (mode 0600), and return its path.

    `results_limit`: how many results are listed, failed ones first; totals are always of all. `pictures_mb`: how many
    megabytes of pages, pictures and document text go into the file; cited pages come first. `pages_each`: how many pages of
    each PDF are drawn beside those. What was left out is said in the report. Documents are read from the paths their jobs
    named, if they are what they were. Raises `ValidationError`, or `StateError` where the state can't be read.
    """
    asked = _Asked(Path(state_file), Path(out), results_limit, pictures_mb, pages_each)
    asked.check()
    try:
        write_private(asked.out, _made(asked))
    except OSError as error:
        raise ValidationError(
            f"out={str(asked.out)!r} can't be written ({error.strerror}). Give a path in a folder you can write to."
        ) from error
    return asked.out


@dataclass(frozen=True, slots=True)
class _Asked:
    state_file: Path
    out: Path
    results_limit: int
    pictures_mb: float
    pages_each: int

    def check(self) -> None:
        if not self.out.parent.is_dir() or self.out.is_dir():
            raise ValidationError(
                f"out={str(self.out)!r} is no file in an existing folder. Give the path of the report, such as report.html."
            )
        for name in ("results_limit", "pictures_mb", "pages_each"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
                raise ValidationError(f"{name} is {value!r}. Give a number of 0 or more.")


def _made(asked: _Asked) -> bytes:
    reader = Reader()
    try:
        with closing(connect_reader(asked.state_file)) as connection:
            connection.execute("BEGIN")  # one state of the file for all that is read of it
            documents = Documents(reader, Room(int(asked.pictures_mb * 1e6)), int(asked.pages_each))
            entries = Entries(connection, documents)
            listed = entries.listed(int(asked.results_limit))
            told = summary.told(connection, entries.superseded, len(listed))
            connection.execute(
                "COMMIT"
            )  # drawing takes long, and a reader keeps the log from being folded into the file
            documents.draw()
    finally:
        reader.close()
    told |= {
        "state": os.fsencode(asked.state_file.name).decode(errors="replace"),
        "made": time.time(),
        "version": __version__,
    }
    told["notices"] += documents.notices()
    return page.made(told, listed, documents.shown)
