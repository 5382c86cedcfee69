"""What an image's first bytes say: its media type, and how large it is. Pure; nothing is decoded.

The four kinds that providers take. Whoever holds an image may ask: reading a file, or checking one given in a message.
"""

import re
from typing import Final, Literal

IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")

_STARTS: Final = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}

# A JPEG's size stands behind its metadata, which comes in segments of up to 64 KB: real files have tens of them (a colour
# profile takes at most 255), a hostile one could have millions.
_JPEG_SEGMENTS: Final = 4_096
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # starts of a frame; not tables or extensions
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers that have no length


def media_type(data: bytes) -> str | None:
    """One of `IMAGE_TYPES`, by the signature; None for anything else."""
    return next((kind for kind, start in _STARTS.items() if start.match(data)), None)


def size(data: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels, as the header says; None where it is cut short, is broken, or is no image's."""
    match media_type(data):
        case "image/jpeg":
            return _jpeg(data)
        case "image/png":
            return _png(data)
        case "image/gif":
            return _numbers(data, 6, 2, "little")
        case "image/webp":
            return _webp(data)
        case _:
            return None


def _png(data: bytes) -> tuple[int, int] | None:
    return _numbers(data, 16, 4, "big") if data[8:16] == b"\0\0\0\rIHDR" else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    place = 2
    for _ in range(_JPEG_SEGMENTS):
        if data[place : place + 1] != b"\xff" or place + 2 > len(data):
            return None
        marker = data[place + 1]
        if marker in _JPEG_FRAMES:
            swapped = _numbers(data, place + 5, 2, "big")
            return swapped and (swapped[1], swapped[0])
        if marker == 0xFF:  # fill before a marker
            place += 1
        elif marker in _JPEG_BARE:
            place += 2
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    # RFC 9649: the first chunk says which of three ways the picture is stored.
    match data[12:16]:
        case b"VP8X":
            less_one = _numbers(data, 24, 3, "little")
            return less_one and (less_one[0] + 1, less_one[1] + 1)
        case b"VP8L" if data[20:21] == b"\x2f" and len(data) >= 25:
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            scaled = _numbers(data, 26, 2, "little")  # the two highest bits of each say how to scale it when shown
            return scaled and (scaled[0] & 0x3FFF, scaled[1] & 0x3FFF)
        case _:
            return None


def _numbers(data: bytes, place: int, width: int, order: Literal["big", "little"]) -> tuple[int, int] | None:
    """Two numbers of `width` bytes each, one after the other."""
    middle, end = place + width, place + 2 * width
    if end > len(data):
        return None
    return int.from_bytes(data[place:middle], order), int.from_bytes(data[middle:end], order)
