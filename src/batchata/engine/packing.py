"""Requests into the bodies of provider batches, as long as these have room and the budget bears them.

A body of any size is written to an unnamed file as it grows, never held.
"""

import secrets
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
class Body:
    """What one create sends, and whose attempts those are."""

    nonce: str
    file: BinaryIO = field(default_factory=BytesIO)
    size: int = 0
    attempts: Packed = field(default_factory=Packed)


@dataclass(slots=True)
class Formed:
    """The bodies of some provider batches of a lane, ready to be sent, and what was met on the way to them.

    `passed_over` are jobs whose bound the budget can't bear just now. `exhausted`: every waiting job was looked at.
    """

    lane: int
    bodies: list[Body] = field(default_factory=list)
    bound: Money = 0  # of all their attempts
    failed: list[tuple[int, NewResult]] = field(default_factory=list)
    passed_over: list[tuple[int, Money]] = field(default_factory=list)
    warnings: set[str] = field(default_factory=set)
    exhausted: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """How many bodies are wanted, and what they may hold: each so many jobs, all of them nano-dollars, where there is a limit."""

    lane: int
    provider: str
    run: int
    now: float
    bodies: int
    most_jobs: int
    available: Money | None


class Packing:
    """Jobs going into a body, as long as it has room and the budget bears them. `full`: it holds as many as it may."""

    def __init__(self, provider: Provider, formed: Formed, order: Order, folder: Path) -> None:
        self._formed = formed
        self._body = Body(secrets.token_hex(8))
        self._folder = folder
        self._late = bytearray()  # the end of the body, on its way to the file
        self._available = order.available
        self._most = min(order.most_jobs, provider.limits.jobs_per_batch)
        self._room = provider.limits.bytes_per_batch - len(provider.envelope.tail)
        self._envelope = provider.envelope
        self._line = provider.line
        self._frame = _frame(provider, self._body.nonce)
        self._before = provider.envelope.head

    @property
    def full(self) -> bool:
        return len(self._body.attempts) >= self._most

    def take(self, pending: PendingJob, request: bytes, bound: Money, plain: bool) -> bool:
        """Put a job into the body. False: nothing more fits, and maybe not this one, which waits then."""
        formed, body = self._formed, self._body
        place = len(body.attempts)
        if self._frame is None:
            line = self._before + self._line(f"{body.nonce}-{place}", request)
        else:
            lead, middle, end = self._frame
            line = b"%b%b%d%b%b%b" % (self._before, lead, place, middle, request, end)
        if body.size + len(line) > self._room and place:
            return False
        if self._available is not None and formed.bound + bound > self._available:
            formed.passed_over.append((pending.seq, bound))
            return len(formed.passed_over) < PASSED_OVER
        self._late += line
        body.size += len(line)
        if len(self._late) >= IN_MEMORY:
            self._set_aside()
        body.attempts.add(pending.seq, bound, pending.form if plain else -pending.form)
        formed.bound += bound
        self._before = self._envelope.separator
        return place + 1 < self._most

    def close(self) -> None:
        """No more is coming: the body is ready, if there is anything in it."""
        body, tail = self._body, self._envelope.tail
        if len(body.attempts):
            self._late += tail
            body.size += len(tail)
            body.file.write(self._late)
            body.file.seek(0)
            self._formed.bodies.append(body)

    def _set_aside(self) -> None:
        body = self._body
        if isinstance(body.file, BytesIO):
            body.file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - the loop closes it once it is sent
        body.file.write(self._late)
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
