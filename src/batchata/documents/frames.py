"""What goes over the pipe between driver and worker: frames of byte strings, each length told before.

A frame is a count (4 bytes), that many lengths (8 bytes each), then the parts. A worker that read a hostile file may say
anything, so the reader of a frame sets its limits, and a part is bytes until somebody decodes it.
"""

import struct
from collections.abc import Sequence
from typing import IO

# The first part of a frame says what it is.
READY, PAGES, PASSAGES, PICTURES, ERROR = b"ready", b"pages", b"passages", b"pictures", b"error"
EXIT_OUT_OF_MEMORY = 86  # the one end that a worker can name without memory to say it in words

_LENGTH_BYTES = 8
_COUNT_BYTES = 4


class FrameError(Exception):
    """The other side said something that is no frame, or one larger than is taken."""


def to_bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")  # a file name may hold bytes that are no UTF-8


def to_text(part: bytes) -> str:
    return part.decode(errors="surrogateescape")


def write(stream: IO[bytes], parts: Sequence[bytes]) -> None:
    stream.write(struct.pack(f">I{len(parts)}Q", len(parts), *map(len, parts)))
    stream.writelines(parts)
    stream.flush()


def read(stream: IO[bytes], *, max_parts: int, max_bytes: int) -> list[bytes] | None:
    """The next frame; None where the stream ends before one. Raises FrameError, or EOFError where it ends within."""
    head = stream.read(_COUNT_BYTES)
    if not head:
        return None
    if len(head) < _COUNT_BYTES:
        raise EOFError("the stream ended within a frame")
    count = int.from_bytes(head)
    if count > max_parts:
        raise FrameError(f"a frame of {count:,} parts; at most {max_parts:,} are taken")
    lengths = struct.unpack(f">{count}Q", _exactly(stream, count * _LENGTH_BYTES))
    if sum(lengths) > max_bytes:
        raise FrameError(f"a frame of {sum(lengths):,} bytes; at most {max_bytes:,} are taken")
    return [_exactly(stream, length) for length in lengths]


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError("the stream ended within a frame")
    return data
