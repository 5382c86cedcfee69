"""The user's word on a provider batch whose fate can't be learnt: the one move that rests on no proof of ours.

It is for when looking is over: the key of its create is gone for good, or the provider shows no listing any more. While a run
can still look, that is better: a batch said never to have been made, and made after all, is paid for twice.
"""

import sqlite3
import time
from pathlib import Path

from batchata.arguments import shown
from batchata.engine import settling
from batchata.errors import ValidationError
from batchata.job import Job
from batchata.provider_batch import ProviderBatch, State, Verdict
from batchata.store import reading
from batchata.store.database import Database
from batchata.store.lock import StateLock
from batchata.store.moves import Store
from batchata.store.rows import OpenAttempt, Settled, Settlement

NEVER_MADE = "the user said that it was never made"
GIVEN_UP = (
    "whether the provider took this request could not be learnt, and you gave up looking: it is charged at the most it can "
    "have cost, and sent again only on your word"
)


def decide(state_file: str | Path, provider_batch: int, *, made: bool) -> None:
    """Say what became of a provider batch that is uncertain, or that its provider shows no more; the log gives its number.

    `made=True`: it counts as made; its bound is booked as spent, and its jobs end as `lost`. `made=False`: it was never made (the
    provider's console shows none); its jobs wait again, and its reservation is released. Raises `ValidationError` where there is
    nothing to decide, `StateLockedError` while a run drives the file.
    """
    path = Path(state_file)
    if not path.exists():
        raise ValidationError(f"state_file={shown(str(path))} does not exist; give the state of a run")
    lock = StateLock(path)
    try:
        store = Store(Database(path))
        try:
            row = _open(store, provider_batch)
            if made:
                _charge(store, row, time.time())
            elif row.state is State.SUBMITTED:
                raise ValidationError(
                    f"made=False: provider batch {row.id} was made, as {row.provider_id}; made=True gives its answers up for lost"
                )
            else:
                store.void(row, time.time(), NEVER_MADE)
        finally:
            store.close()
    finally:
        lock.release()


def undecided(connection: sqlite3.Connection) -> list[ProviderBatch]:
    """The batches of which it can be said what became of them."""
    undecided = (State.SUBMITTING, State.UNCERTAIN, State.SUBMITTED)
    return [row for row in reading.open_batches(connection) if row.state in undecided]


def _open(store: Store, number: int) -> ProviderBatch:
    """The batch of that number. One whose create was under way when its process died is uncertain, though no run has said so."""
    rows = undecided(store.connection)
    for row in rows:
        if row.id == number:
            begun = row.state is State.SUBMITTING
            return store.uncertain(row, time.time(), "decided by the user") if begun else row
    numbers = ", ".join(str(row.id) for row in rows) or "none"
    raise ValidationError(
        f"provider_batch={shown(number)} can't be decided on in state_file={shown(str(store.path))}; open there are: {numbers}"
    )


def _given_up(store: Store, attempt: OpenAttempt, row: ProviderBatch) -> Settled:
    job = Job.from_record(*reading.said(store.connection, attempt.job))
    return settling.given_up(attempt, job, row, GIVEN_UP)


def _charge(store: Store, row: ProviderBatch, now: float) -> None:
    """Every attempt ends as lost, at its bound; in one transaction, however many there are."""
    with store.transaction():
        if row.state is State.SUBMITTED:
            row = store.ended(row, now, Verdict.GONE, "given up by the user")
        packed = reading.packed(store.connection, row.id)
        while indexes := reading.first_open(packed):
            attempts = reading.open_attempts(store.connection, packed, indexes)
            ended = Settlement(_given_up(store, attempt, row) for attempt in attempts)
            row = store.settle(row, now, ended, packed=packed)
        store.rest(row, now, "given up by the user: charged at its bound")
