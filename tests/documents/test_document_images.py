"""Image files: sent as they are, and what is refused before they are."""

import struct

import pytest

from batchata.documents.images import MAX_IMAGE_BYTES
from batchata.documents.read import read
from batchata.documents.reader import Reader
from batchata.errors import DocumentError
from batchata.request import Image


def gif(width: int, height: int, rest: bytes = b"\0\0\0;") -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + rest


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def test_an_image_is_what_its_bytes_say_whatever_its_name() -> None:
    assert read(gif(30, 20), "photo.jpg") == Image("image/gif", gif(30, 20), 30, 20)


def test_the_reader_gives_an_image_and_needs_no_process() -> None:
    reader = Reader(workers=1)
    assert reader.submit(png(20_000, 1), "a.png").result() == Image("image/png", png(20_000, 1), 20_000, 1)
    with pytest.raises(DocumentError, match=r"a\.png"):
        reader.submit(png(0, 1), "a.png").result()
    assert reader._pool.pids == []
    reader.close()


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (png(20_001, 1), r"20,001 x 1 pixels; at most 20,000 a side"),
        (png(2**31, 2**32 - 1), r"2,147,483,648 x 4,294,967,295 pixels"),
        (gif(0, 5), "is broken: its header tells no width and height"),
        (gif(5, 5)[:9], "is broken"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "is broken"),
        (gif(5, 5, bytes(MAX_IMAGE_BYTES)), "52,428,810 bytes; at most 52,428,800"),
    ],
)
def test_an_image_out_of_bounds_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(DocumentError, match=rf"a\.png: the image .*{complaint}"):
        read(data, "a.png")
