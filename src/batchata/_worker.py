"""The process that reads documents, started by `documents.process`.

Frames come in on stdin and go out on stdout, one answer for each request, in order. What a file can do here stays here: a
crash, a hang or too much memory ends this process, and the driver starts another. It ends by itself when stdin does, which
is when the driver dies, even in the middle of a file.
"""

import contextlib
import os
import queue
import signal
import threading
from collections.abc import Sequence
from typing import BinaryIO

from batchata.documents import frames, kept, passages, picture
from batchata.documents.kinds import MAX_FILE_BYTES
from batchata.documents.read import read_pages
from batchata.errors import DocumentError

_MAX_PARTS = 2_000  # the documents of one job among them, and their texts
_MAX_BYTES = MAX_FILE_BYTES + kept.MOST_BYTES + 1024 * 1024


def main(memory_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what Ctrl-C means is the driver's to say
    requests, replies = _take_pipes()
    _limit_memory(memory_bytes)
    inbox: queue.SimpleQueue[list[bytes]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, inbox), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        frames.write(replies, [frames.READY])
        while True:
            frames.write(replies, _answer(inbox.get()))
    os._exit(0)  # the other thread sits in a read that nothing would end


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes for frames alone: what a library prints, or reads, by the usual numbers goes nowhere."""
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return os.fdopen(requests, "rb"), os.fdopen(replies, "wb")


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has none; there the time cap alone ends what grows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the user's file
    with contextlib.suppress(ValueError, OSError):  # macOS knows the name but may refuse the value
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _receive(requests: BinaryIO, inbox: "queue.SimpleQueue[list[bytes]]") -> None:
    # A thread of its own, so that the driver's death is seen at once, also while PDFium is at work.
    try:
        while (frame := frames.read(requests, max_parts=_MAX_PARTS, max_bytes=_MAX_BYTES)) is not None:
            inbox.put(frame)
            del frame  # else a large file would be held until the next one is complete
    except MemoryError:
        os._exit(frames.EXIT_OUT_OF_MEMORY)
    finally:  # the driver is gone, or makes no sense
        os._exit(0)


def _answer(request: Sequence[bytes]) -> list[bytes]:
    """What a request comes to. Anything unforeseen ends the process, and so that file alone."""
    try:
        match request:
            case [frames.PAGES, name, data]:
                pages = read_pages(data, frames.to_text(name))
                return [frames.PAGES, *(page.encode() for page in pages)]
            case [frames.PASSAGES, asked, *contents]:
                return [frames.PASSAGES, passages.answered(asked, contents)]
            case [frames.PICTURES, name, data, pages]:
                return [frames.PICTURES, *picture.answered(data, frames.to_text(name), pages)]
            case _:
                raise frames.FrameError(f"a request that isn't known: {request[:1]!r}")
    except DocumentError as error:
        return [frames.ERROR, frames.to_bytes(str(error))]
    except MemoryError:
        os._exit(frames.EXIT_OUT_OF_MEMORY)
