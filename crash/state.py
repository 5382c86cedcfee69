"""What a state file says after a kill. A copy is read: a reader of the file itself would mend it before the next run does."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from batchata.provider_batch import State

STATES = frozenset(State)


def hit(state_file: Path) -> Counter[str]:
    """The states of the open provider batches, or in a word what there was instead."""
    rows = _read(state_file, "SELECT state FROM provider_batch")
    if rows is None:
        return Counter(["no state yet"])
    at_rest = {State.SETTLED, State.VOID}
    open_now = [str(state) for (state,) in rows if state not in at_rest]
    if open_now:
        return Counter(set(open_now))
    if rows:
        return Counter(["all at rest"])
    return Counter(["jobs taken" if _read(state_file, "SELECT 1 FROM said LIMIT 1") else "no job yet"])


def unanswered(state_file: Path) -> list[int]:
    """The numbers of the batches whose create was under way."""
    rows = _read(state_file, "SELECT id FROM provider_batch WHERE state IN ('submitting', 'uncertain')") or []
    return [int(str(number)) for (number,) in rows]


def moves(state_file: Path) -> Counter[tuple[State, State]]:
    """Every move that the journal tells of."""
    paths: dict[object, list[State]] = {}
    for batch, event in _read(state_file, "SELECT batch, event FROM journal ORDER BY id") or []:
        if event in STATES:
            paths.setdefault(batch, []).append(State(str(event)))
    return Counter(move for path in paths.values() for move in pairwise(path))


def _read(state_file: Path, query: str) -> list[tuple[object, ...]] | None:
    """The rows; None where there is no state to ask."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            source = state_file.with_name(state_file.name + suffix)
            if source.exists():
                shutil.copy(source, folder)
        copy = Path(folder) / state_file.name
        if not copy.exists():
            return None
        with closing(sqlite3.connect(copy)) as connection:
            try:
                return connection.execute(query).fetchall()
            except sqlite3.OperationalError:  # killed before its tables were made
                return None
