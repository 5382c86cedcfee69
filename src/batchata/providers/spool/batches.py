"""What every provider on a spool has in common: a batch is a file, so a create is never uncertain. See `spool`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from batchata.errors import CreateRefusedError, ProviderError
from batchata.providers.base import BatchStatus, Envelope, Intent, Sighting
from batchata.providers.spool.lines import request_line
from batchata.providers.spool.spool import Spool


class SpooledBatches:
    """The half of a `Provider` that is the same whoever answers: making, finding, watching and fetching batches."""

    envelope = Envelope()
    uploads = None

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def line(self, custom_id: str, body: bytes) -> bytes:
        return request_line(custom_id, body)

    def stage(self, intent: Intent, spool: BinaryIO) -> str | None:  # noqa: ARG002  the seam's signature
        return None

    def create(self, intent: Intent, spool: BinaryIO) -> str:
        """Copy the requests into the spool under the intent's nonce. Creating it again finds the batch that is there."""
        try:
            self._spool.take(intent.nonce, spool, intent.count)
        except (ProviderError, OSError, ValueError) as error:
            if self._spool.holds(intent.nonce):
                return intent.nonce  # taken; what keeps it from being answered is told by `poll`
            retryable = not isinstance(error, ValueError)
            raise CreateRefusedError(f"the spool did not take the batch: {error}", retryable=retryable) from error
        return intent.nonce

    def find(self, intent: Intent) -> Sighting:
        """A look at the disk: what is not there was never made."""
        held = self._spool.holds(intent.nonce)
        return Sighting(found=intent.nonce if held else None, complete=True, never_made=not held)

    def now(self) -> float | None:
        """A spool knows what it holds, whenever that came."""
        return None

    def poll(self, provider_ids: Sequence[str]) -> Mapping[str, BatchStatus]:
        """Begins or goes on with each batch that has not ended. A batch whose files were removed will never be seen again,
        so it counts as ended with its results gone.
        """
        found = ((name, self._spool.status(name)) for name in provider_ids)
        return {name: status or BatchStatus(name, ended=True, results_gone=True) for name, status in found}

    def results(self, provider_id: str) -> Iterator[bytes]:
        if not self._spool.holds(provider_id):
            raise ProviderError(f"the spool holds no batch {provider_id!r}: its files were removed", kind="not_found")
        return self._spool.answers(provider_id)

    def cancel(self, provider_id: str) -> None:
        """Hand out no more requests. Those under way are still answered."""
        self._spool.cancel(provider_id)

    def forget(self, provider_id: str) -> None:
        """Remove the files of a batch whose answers are safe elsewhere."""
        self._spool.forget(provider_id)

    def purge(self, provider_id: str) -> None:
        """The same: its files are all there is of it."""
        self._spool.forget(provider_id)

    def close(self) -> None:
        """Stop now, what is under way included; the next provider on this spool goes on with it."""
        self._spool.close()
