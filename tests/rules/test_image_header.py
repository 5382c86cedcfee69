"""What the headers of images say, and that no bytes can make reading them fail."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchata import image_header
from batchata.messages import conversation
from batchata.request import Image

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 301, 207) + b"\x08\x02\0\0\0"
GIF = b"GIF89a" + struct.pack("<HH", 301, 207) + b"\xf0\0\0"
FRAME = b"\0\x0b\x08" + struct.pack(">HH", 207, 301) + b"\x01\x01\x11\0"
APP = b"\xff\xe1" + struct.pack(">H", 40_002) + b"\xff\xc0" * 20_000  # what looks like a frame inside metadata is none
LOSSY = b"RIFF\0\0\0\0WEBPVP8 " + bytes(4) + b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", 301 | 0x4000, 207 | 0x8000)
LOSSLESS = b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + struct.pack("<I", 300 | 206 << 14 | 1 << 28)
EXTENDED = b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (300).to_bytes(3, "little") + (206).to_bytes(3, "little")

WHOLE = [
    (PNG, "image/png"),
    (GIF, "image/gif"),
    (GIF.replace(b"89a", b"87a"), "image/gif"),
    (b"\xff\xd8\xff\xc0" + FRAME, "image/jpeg"),
    (b"\xff\xd8" + APP + b"\xff\xc4\0\x04ab" + b"\xff\xff\xff\xc2" + FRAME, "image/jpeg"),
    (LOSSY, "image/webp"),
    (LOSSLESS, "image/webp"),
    (EXTENDED, "image/webp"),
]


@pytest.mark.parametrize(("data", "media_type"), WHOLE)
def test_the_header_says_what_it_is_and_how_large(data: bytes, media_type: str) -> None:
    assert image_header.media_type(data) == media_type
    assert image_header.size(data) == (301, 207)


@pytest.mark.parametrize("data", [data for data, _ in WHOLE])
def test_a_header_cut_short_says_nothing_wrong(data: bytes) -> None:
    for kept in range(len(data)):
        assert image_header.size(data[:kept]) in (None, (301, 207))
    assert image_header.size(data[:20]) is None or data.startswith(b"GIF") or data[2:4] == b"\xff\xc0"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BM",
        b"RIFF\0\0\0\0WAVEfmt ",
        PNG.replace(b"IHDR", b"IDAT"),
        LOSSY.replace(b"\x9d\x01\x2a", b"\0\0\0"),
        LOSSLESS.replace(b"\x2f", b"\0"),
        EXTENDED.replace(b"VP8X", b"VP9X"),
        b"\xff\xd8\xff\xe0\0\x02no marker",
        b"\xff\xd8" + b"\xff\xe1\0\x02" * 5_000 + b"\xff\xc0" + FRAME,
        b"\xff\xd8\xff\xe1\xff",
    ],
)
def test_a_broken_header_says_nothing(data: bytes) -> None:
    assert image_header.size(data) is None


@given(st.sampled_from([data[:kept] for data, _ in WHOLE for kept in (3, 12, 16, 23)]), st.binary(max_size=60))
def test_any_bytes_have_a_size_or_none(start: bytes, rest: bytes) -> None:
    size = image_header.size(start + rest)
    assert size is None or all(0 <= side < 2**32 for side in size)


def test_an_image_given_in_a_message_has_its_size() -> None:
    source = {"type": "base64", "media_type": "image/gif", "data": base64.b64encode(GIF).decode()}
    _, (turn,) = conversation([{"role": "user", "content": [{"type": "image", "source": source}]}])
    assert turn.parts == (Image("image/gif", GIF, 301, 207),)
