"""Batches watched by a listing, and one by one where that does not show them: what providers with a batch API have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchata.errors import ProviderError
from batchata.providers.base import BatchStatus, Intent
from batchata.providers.failures import http_date

CLOCK_SLACK_SECONDS = 300.0
"""By how much the provider's time of an intent may be off: its clocks differ, and where it had not spoken yet ours stands for it."""

PAGES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. `server_ahead`: seconds by which the provider's clock is ahead of ours."""

    batches: tuple[Any, ...]
    server_ahead: float

    def since(self, intent: Intent) -> float:
        """The earliest time by the provider's clock at which the intent's batch may have been made."""
        at = intent.at + self.server_ahead if intent.provider_at is None else intent.provider_at
        return at - CLOCK_SLACK_SECONDS


class ListedBatches(ABC):
    """The half of a `Provider` that polls and cancels. `_clock` gives Unix time; `_too_late`: HTTP statuses by which a provider may
    say that a batch has ended when it is asked to stop it. `_listing_optional`: what a listing that fails does not show is asked for
    one by one, and fails there if it must.
    """

    _clock: Callable[[], float]
    _too_late: frozenset[int]
    _listing_optional = False

    @abstractmethod
    def _pages(self, wanted: int) -> Iterator[Page]:
        """The listing to its end, in pages that suit a look for so many. Raises `ProviderError` where it can't be followed."""

    @abstractmethod
    def _status(self, batch: object) -> BatchStatus | None:
        """What a batch of the listing says; None where it is none."""

    @abstractmethod
    def _retrieve(self, provider_id: str) -> object:
        """One batch. Raises `ProviderError`."""

    @abstractmethod
    def _stop(self, provider_id: str) -> None:
        """Ask for a batch to be cancelled. Raises `ProviderError`."""

    def poll(self, provider_ids: Sequence[str]) -> Mapping[str, BatchStatus]:
        """Several ids: pages of the listing as long as they hold some, then one by one what is older. One id: itself."""
        wanted = set(provider_ids)
        seen = self._seen_in_listing(wanted) if len(wanted) > 1 else {}
        failed: ProviderError | None = None
        for provider_id in sorted(wanted - seen.keys()):
            try:
                seen |= self._retrieved(provider_id)
            except ProviderError as error:  # one batch that can't be seen must not hide the others
                failed = error
        if failed and not seen:
            raise failed
        return seen

    def cancel(self, provider_id: str) -> None:
        try:
            self._stop(provider_id)
        except ProviderError as error:
            refused = error.status in self._too_late
            if not (refused and any(status.ended for status in self._retrieved(provider_id).values())):
                raise

    def _page(self, batches: Sequence[Any], headers: Mapping[str, str]) -> Page:
        at_server = http_date(headers.get("date"))
        return Page(tuple(batches), 0.0 if at_server is None else at_server - self._clock())

    def _seen_in_listing(self, wanted: set[str]) -> dict[str, BatchStatus]:
        seen: dict[str, BatchStatus] = {}
        try:
            for page in self._pages(len(wanted)):
                statuses = [status for batch in page.batches if (status := self._status(batch))]
                here = {status.provider_id: status for status in statuses if status.provider_id in wanted}
                seen |= here
                if not here or seen.keys() == wanted:
                    break
        except ProviderError:
            if not self._listing_optional:
                raise
        return seen

    def _retrieved(self, provider_id: str) -> dict[str, BatchStatus]:
        try:
            batch = self._retrieve(provider_id)
        except ProviderError as error:
            if error.status == 404:
                return {}
            raise
        status = self._status(batch)
        return {provider_id: status} if status and status.provider_id == provider_id else {}


def page_size(wanted: int, most: int) -> int:
    """Batches of a page where so many are looked for: some room for others between them."""
    return min(most, max(20, 2 * wanted))
