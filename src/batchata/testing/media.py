"""Just enough of image and PDF files to check and bill them: the kind, the size, the pages, and a PDF's plain text."""

import re
import struct
import zlib
from functools import lru_cache

_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\)\s*(?:Tj|'|\")|\[((?:[^\[\]\\]|\\.)*)\]\s*TJ")
_LITERAL = re.compile(rb"\(((?:[^()\\]|\\.)*)\)")
_LARGEST_STREAM = 4 << 20


def image_type(data: bytes) -> str | None:
    """The media type its first bytes say, of those the API takes [docs: Vision]."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def image_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels; None where the file is cut short."""
    try:
        match image_type(data):
            case "image/png":
                return struct.unpack(">II", data[16:24])
            case "image/gif":
                return struct.unpack("<HH", data[6:10])
            case "image/jpeg":
                return _jpeg_size(data)
            case "image/webp":
                return _webp_size(data)
    except struct.error:
        return None
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker, length = struct.unpack(">BH", data[place + 1 : place + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        place += 2 + length
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack("<HH", data[26:30])
            return width & 0x3FFF, height & 0x3FFF
    return None


@lru_cache(maxsize=4)  # many requests about one file
def pdf_pages(data: bytes) -> int:
    """Pages, counted by their objects, the packed ones too; at least 1."""
    found = len(_PAGE.findall(data)) or sum(len(_PAGE.findall(stream)) for stream in _streams(data))
    return max(1, found)


@lru_cache(maxsize=4)
def pdf_text(data: bytes) -> tuple[str, ...]:
    """Text by content stream, which is mostly by page. Only what is shown as plain literals: no font is read."""
    texts = (_shown(stream) for stream in _streams(data))
    return tuple(text for text in texts if text.strip())


def _streams(data: bytes) -> list[bytes]:
    return [_inflated(match[1]) for match in _STREAM.finditer(data)]


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, _LARGEST_STREAM)
    except zlib.error:  # not packed, or packed in another way
        return stream


def _shown(stream: bytes) -> str:
    if b"BT" not in stream:
        return ""
    pieces = [plain or b"".join(_LITERAL.findall(spaced)) for plain, spaced in _SHOWN.findall(stream)]
    return " ".join(re.sub(rb"\\(.)", rb"\1", piece).decode("latin-1") for piece in pieces)
