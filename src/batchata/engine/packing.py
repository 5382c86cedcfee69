"""Requests into the body of one provider batch, as long as it has room and the budget bears them.

A body of any size is written to an unnamed file as it grows, never held.
"""

import tempfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from batchata.providers.base import Provider
from batchata.store.rows import NewResult, Packed, PendingJob
from batchata.usage import Money

IN_MEMORY = 64_000  # bytes of a body; a larger one goes to a file as it grows
PASSED_OVER = 5_000  # jobs too dear for now, noted in one go


@dataclass(slots=True)
class Formed:
    """The body of a provider batch, ready to be sent, and what was met on the way to it.

    `passed_over` are jobs whose bound the budget can't bear just now. `exhausted`: every waiting job was looked at.
    """

    lane: int
    nonce: str
    body: BinaryIO = field(default_factory=BytesIO)
    size: int = 0
    attempts: Packed = field(default_factory=Packed)
    bound: Money = 0  # of all its attempts
    failed: list[tuple[int, NewResult]] = field(default_factory=list)
    passed_over: list[tuple[int, Money]] = field(default_factory=list)
    warnings: set[str] = field(default_factory=set)
    exhausted: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """What one body may hold: jobs, and nano-dollars where there is a limit."""

    lane: int
    provider: str
    run: int
    now: float
    most_jobs: int
    available: Money | None


class Packing:
    """Jobs going into a body, as long as it has room and the budget bears them."""

    def __init__(self, provider: Provider, formed: Formed, order: Order, folder: Path) -> None:
        self._formed = formed
        self._folder = folder
        self._late = bytearray()  # the end of the body, on its way to the file
        self._available = order.available
        self._most = min(order.most_jobs, provider.limits.jobs_per_batch)
        self._room = provider.limits.bytes_per_batch - len(provider.envelope.tail)
        self._envelope = provider.envelope
        self._line = provider.line
        self._frame = _frame(provider, formed.nonce)
        self._before = provider.envelope.head

    def take(self, pending: PendingJob, body: bytes, bound: Money, plain: bool) -> bool:
        """Put a job into the body. False: it is full, and this job waits for the next."""
        formed = self._formed
        place = len(formed.attempts)
        if self._frame is None:
            line = self._before + self._line(f"{formed.nonce}-{place}", body)
        else:
            lead, middle, end = self._frame
            line = b"%b%b%d%b%b%b" % (self._before, lead, place, middle, body, end)
        if formed.size + len(line) > self._room and place:
            return False
        if self._available is not None and formed.bound + bound > self._available:
            formed.passed_over.append((pending.seq, bound))
            return len(formed.passed_over) < PASSED_OVER
        self._late += line
        formed.size += len(line)
        if len(self._late) >= IN_MEMORY:
            self._set_aside()
        formed.attempts.add(pending.seq, bound, pending.form if plain else -pending.form)
        formed.bound += bound
        self._before = self._envelope.separator
        return place + 1 < self._most

    def close(self) -> None:
        """No more is coming."""
        formed, tail = self._formed, self._envelope.tail
        if len(formed.attempts):
            self._late += tail
            formed.size += len(tail)
        formed.body.write(self._late)
        formed.body.seek(0)

    def _set_aside(self) -> None:
        formed = self._formed
        if isinstance(formed.body, BytesIO):
            formed.body = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - the loop closes it once it is sent
        formed.body.write(self._late)
        self._late.clear()


def _frame(provider: Provider, nonce: str) -> tuple[bytes, bytes, bytes] | None:
    """What stands in a line before the index in its name, between that and the body, and after it; None where a line is more than
    that.
    """
    lead, _, rest = provider.line(f"{nonce}-0", b"{}").partition(f"{nonce}-0".encode())
    middle, _, end = rest.partition(b"{}")
    lead += f"{nonce}-".encode()
    fits = provider.line(f"{nonce}-17", b'{"a":[]}') == lead + b"17" + middle + b'{"a":[]}' + end
    return (lead, middle, end) if fits else None
