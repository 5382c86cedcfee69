"""Texts that files were read to, kept until quotes are looked up in them: in one run no file is parsed twice."""

import hashlib
import threading
from collections import OrderedDict
from typing import TypeAlias

Pages: TypeAlias = tuple[str, ...]

MOST_BYTES = 32_000_000


class Kept:
    """Pages by name and content of their file. What was looked at makes room first; where there is none, nothing more is kept,
    because files are looked through in the order in which they were read. Every method works from any thread.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._pages: OrderedDict[tuple[str, bytes], Pages] = OrderedDict()  # what was looked at stands first
        self._looked_at: set[tuple[str, bytes]] = set()

    def keep(self, name: str, data: bytes, pages: Pages) -> None:
        key, size = _key(name, data), _size(pages)
        with self._lock:
            while self._bytes + size > self._most and self._looked_at:
                old, dropped = self._pages.popitem(last=False)
                self._looked_at.remove(old)
                self._bytes -= _size(dropped)
            if key not in self._pages and self._bytes + size <= self._most:
                self._pages[key] = pages
                self._bytes += size

    def look(self, name: str, data: bytes) -> Pages | None:
        """The pages of a file, if they are here."""
        key = _key(name, data)
        with self._lock:
            if key not in self._pages:
                return None
            self._pages.move_to_end(key, last=False)
            self._looked_at.add(key)
            return self._pages[key]


def _key(name: str, data: bytes) -> tuple[str, bytes]:
    return name, hashlib.sha256(data).digest()


def _size(pages: Pages) -> int:
    """At most so many bytes as UTF-8, and about what it takes in memory."""
    return sum(len(page) if page.isascii() else 4 * len(page) for page in pages)
