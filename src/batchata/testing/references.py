"""Requests that refer to uploads, as if they held them: each reference becomes the inline form of the same content.

So a file is checked, billed and answered as it would be inline, and the same question about the same content is the same
request (`Bill.identity`) whichever upload of it was named.
"""

from collections.abc import Callable, Mapping
from typing import Any

from batchata.testing.files import Files, StoredFile

_DEEPEST = 100  # levels; no reference is that far down

Place = tuple[str | int, ...]
Swap = Callable[[Mapping[str, Any], Place], Any]
"""What stands instead of a mapping at a place; None: it is no reference."""


class References:
    """The uploads that one request refers to, of all that its account has. `names` gathers which."""

    def __init__(self, files: Files, account: str) -> None:
        self.names: set[str] = set()
        self.size = 0
        self._files = files
        self._account = account

    def file(self, name: str) -> StoredFile | None:
        """None where there is no such file, or not any more."""
        found = self._files.get(self._account, name)
        if found is not None and name not in self.names:
            self.names.add(name)
            self.size += found.size
        return found

    def first(self, file: StoredFile) -> bytes:
        """Its first bytes: enough to tell what it is."""
        return next(self._files.pieces(file), b"")

    def data(self, file: StoredFile) -> bytes:
        return self._files.read(file)

    def base64(self, file: StoredFile) -> str:
        return self._files.base64(file)


def swapped(value: Any, swap: Swap, at: Place = ()) -> Any:
    """`value` with every reference in it replaced, however deep."""
    if len(at) > _DEEPEST:
        return value
    if isinstance(value, list):
        return [swapped(inner, swap, (*at, place)) for place, inner in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    instead = swap(value, at)
    if instead is not None:
        return instead
    return {name: swapped(inner, swap, (*at, name)) for name, inner in value.items()}
