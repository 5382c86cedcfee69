"""The user's word on a provider batch whose fate can't be learnt: the one move that rests on no proof of ours.

It is for when looking is over: the key of its create is gone for good, or the provider shows no listing any more. While a run
can still look, that is better: a batch said never to have been made, and made after all, is paid for twice.
"""

import time
from pathlib import Path

from batchata.arguments import shown
from batchata.engine import settling
from batchata.errors import ValidationError
from batchata.provider_batch import ProviderBatch, State
from batchata.store import reading
from batchata.store.database import Database
from batchata.store.lock import StateLock
from batchata.store.moves import Store

NEVER_MADE = "the user said that it was never made"
GIVEN_UP = (
    "whether the provider took this request could not be learnt, and you gave up looking: it is charged at the most it can "
    "have cost, and sent again only on your word"
)


def decide(state_file: str | Path, provider_batch: int, *, made: bool) -> None:
    """Say what became of an uncertain provider batch (its number is in the log, and in `batchata status`).

    `made=True`: it counts as made; its bound is booked as spent, and its jobs end as `lost`. `made=False`: it was never made (the
    provider's console shows none); its jobs wait again, and its reservation is released. Raises `ValidationError` where the
    batch is not uncertain, `StateLockedError` while a run drives the file.
    """
    path = Path(state_file)
    if not path.exists():
        raise ValidationError(f"state_file={shown(str(path))} does not exist; give the state of a run")
    lock = StateLock(path)
    try:
        store = Store(Database(path))
        try:
            row = _uncertain(store, provider_batch)
            if made:
                _charge(store, row, time.time())
            else:
                store.void(row, time.time(), NEVER_MADE)
        finally:
            store.close()
    finally:
        lock.release()


def _uncertain(store: Store, number: int) -> ProviderBatch:
    """The batch of that number. One whose create was under way when its process died is uncertain, though no run has said so."""
    rows = [row for row in reading.open_batches(store.connection) if row.state in (State.SUBMITTING, State.UNCERTAIN)]
    for row in rows:
        if row.id == number:
            return row if row.state is State.UNCERTAIN else store.uncertain(row, time.time(), "decided by the user")
    numbers = ", ".join(str(row.id) for row in rows) or "none"
    raise ValidationError(
        f"provider_batch={shown(number)} is not uncertain in state_file={shown(str(store.path))}; uncertain are: {numbers}"
    )


def _charge(store: Store, row: ProviderBatch, now: float) -> None:
    """Every attempt ends as lost, at its bound; in one transaction, however many there are."""
    with store.transaction():
        while attempts := reading.open_attempts(store.connection, row.id, None):
            row = store.settle(row, now, [settling.given_up(attempt, row, GIVEN_UP) for attempt in attempts])
        store.rest(row, now, "given up by the user: charged at its bound")
