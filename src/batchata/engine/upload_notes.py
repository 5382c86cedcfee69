"""Which providers may hold uploads of this state file, written down before the first of them is made, so that a later run takes away
what a crash left behind.
"""

import hashlib
import logging
from typing import TypeAlias

import orjson

from batchata.engine.lanes import Lanes
from batchata.engine.uploading import Uploading
from batchata.errors import ProviderError
from batchata.providers.catalog import Catalog
from batchata.store import reading
from batchata.store.moves import Store

log = logging.getLogger("batchata")

KEY = "uploads"
"""In the state's `meta`: a JSON list of [provider, account]."""

Place: TypeAlias = tuple[str, str]
"""A provider, and the fingerprint of an account there."""


def upload_tag(salt: str) -> str:
    """How uploads of a state file are told from everybody else's; its salt can't be learnt from it."""
    return hashlib.blake2b(f"uploads\0{salt}".encode(), digest_size=8).hexdigest()


class UploadNotes:
    """Used by the loop's thread, which alone writes the state."""

    def __init__(self, store: Store, catalog: Catalog, uploading: Uploading) -> None:
        self._store = store
        self._catalog = catalog
        self._uploading = uploading
        self._earlier = _read(store)
        self._noted = set(self._earlier)
        self._known: set[str] = set()

    def may_upload(self, provider: str) -> None:
        """Jobs for a provider wait: from here on there may be uploads."""
        if provider in self._known:
            return
        self._known.add(provider)
        if self._catalog[provider].uploads is not None and (account := self._account(provider)) is not None:
            self._write(self._noted | {(provider, account)})

    def clean(self) -> None:
        """Remove uploads that no open batch can need, and keep a note of those that are left."""
        batches = reading.open_batches(self._store.connection)
        needed = {(batch.provider, batch.account) for batch in batches}
        self._write({place for place in self._noted if place in needed or not self._is_clean(place)})

    def _is_clean(self, place: Place) -> bool:
        provider, account = place
        if place not in self._earlier and not self._uploading.used(provider):
            return True
        return self._account(provider) == account and self._uploading.clean(self._catalog[provider])

    def _account(self, provider: str) -> str | None:
        try:
            return self._catalog.account(provider)
        except (ProviderError, KeyError) as error:  # no key, or a service that this script does not name
            log.debug("The account at %s is not known: %s", provider, error)
            return None

    def _write(self, noted: set[Place]) -> None:
        if noted != self._noted:
            self._noted = noted
            self._store.set_meta(KEY, orjson.dumps(sorted(noted)).decode())


class NotingLanes(Lanes):
    """Lanes that tell the notes of each provider that jobs come to wait for."""

    def __init__(
        self, notes: UploadNotes, store: Store, catalog: Catalog, run: int, items_per_batch: int | None
    ) -> None:
        super().__init__(store, catalog, run, items_per_batch)
        self._notes = notes

    def lane_of(self, provider: str, model: str) -> int:
        if provider:
            self._notes.may_upload(provider)
        return super().lane_of(provider, model)


def _read(store: Store) -> set[Place]:
    noted = orjson.loads(reading.meta(store.connection, KEY) or "[]")
    return {(str(provider), str(account)) for provider, account in noted}
