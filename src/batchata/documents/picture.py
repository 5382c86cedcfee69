"""PDF: pages as pictures for people to look at, small enough to put many into one file.

PNG, written here by `zlib`: 16 greys where a page has no colour, else 216 colours. Native code draws, like `pdf`: it runs
where that runs.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from batchata.documents.kinds import MAX_PAGES
from batchata.documents.pdf import _open, _pdfium
from batchata.errors import DocumentError

WIDTH, HEIGHT = 1000, 2000  # pixels at most
COARSE_WIDTH = 600  # of a page whose picture would be larger than LARGE, as scans are
LARGE = 250_000  # bytes

_GREYS = bytes(round(value / 17) * 17 for value in range(256))
_LEVELS = [round(value / 51) for value in range(256)]  # 6 of each colour
_RED, _GREEN, _BLUE = (bytes(weight * level for level in _LEVELS) for weight in (36, 6, 1))
_PALETTE = bytes(part * 51 for index in range(216) for part in (index // 36, index // 6 % 6, index % 6))
_MOST_POINTS = 1e6


@dataclass(frozen=True, slots=True)
class Picture:
    """A page: its 1-based number, its size in PDF points as it is shown (cropped and turned), and a PNG of it."""

    page: int
    width: float
    height: float
    png: bytes


@dataclass(frozen=True, slots=True)
class Pictures:
    """`count`: how many pages the PDF has."""

    count: int
    pages: tuple[Picture, ...]


def pictures(data: bytes, pages: Iterable[int], name: str) -> Pictures:
    """Draw these pages (1-based; those it has not are left out). Raises `DocumentError` where the file can't be read."""
    from pypdfium2 import PdfiumError

    with _pdfium:
        document = _open(data, name)
        try:
            count = len(document)
            drawn = tuple(_picture(document, number) for number in pages if 1 <= number <= count)
        except PdfiumError as error:
            raise DocumentError(f"{name}: a page of the PDF is broken. Repair it or save it anew") from error
        finally:
            document.close()
    return Pictures(count, drawn)


def written(pages: Sequence[int]) -> bytes:
    """Page numbers as a worker is given them."""
    return json.dumps(list(pages)).encode()


def answered(data: bytes, name: str, pages: bytes) -> list[bytes]:
    """`pictures` for a worker: numbers as `written`, parts as `read_answer` takes them. Raises `DocumentError`."""
    found = pictures(data, json.loads(pages), name)
    head = [found.count, *((one.page, one.width, one.height) for one in found.pages)]
    return [json.dumps(head).encode(), *(one.png for one in found.pages)]


def read_answer(parts: Sequence[bytes]) -> Pictures:
    """What `answered` wrote. Raises ValueError for what is none: a hostile file may have spoken."""
    try:
        head, *images = parts
        count, *sizes = json.loads(head)
        found = [_checked(png, *size) for size, png in zip(sizes, images, strict=True)]
        return Pictures(min(int(count), MAX_PAGES), tuple(found))
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError("no pictures") from error


def _checked(png: bytes, page: int, width: float, height: float) -> Picture:
    if not (1 <= page <= MAX_PAGES and 0 < width < _MOST_POINTS and 0 < height < _MOST_POINTS):
        raise ValueError(f"no page: {page}, {width} by {height}")
    return Picture(int(page), float(width), float(height), png)


def _picture(document: Any, number: int) -> Picture:
    page = document[number - 1]
    try:
        width, height = page.get_size()
        png = _png(*_pixels(page, WIDTH))
        if len(png) > LARGE:
            png = _png(*_pixels(page, COARSE_WIDTH))
        return Picture(number, width, height, png)
    finally:
        page.close()


def _pixels(page: Any, most: int) -> tuple[bytes, int, int]:
    """(three bytes a pixel, pixels across, rows), at most `most` pixels wide."""
    width, height = page.get_size()
    # PDFium's helper rounds up; what is left of a pixel would make one more.
    scale = min((most - 0.01) / width, (HEIGHT - 0.01) / height)
    bitmap = page.render(scale=scale, rev_byteorder=True)
    try:
        row = 3 * bitmap.width
        data = bytes(bitmap.buffer)
        if bitmap.stride != row:
            data = b"".join(data[at : at + row] for at in range(0, len(data), bitmap.stride))
        return data, bitmap.width, bitmap.height
    finally:
        bitmap.close()


def _png(pixels: bytes, width: int, height: int) -> bytes:
    red, green, blue = pixels[0::3], pixels[1::3], pixels[2::3]
    if red == green == blue:
        return _file(green.translate(_GREYS), width, height, kind=0)
    # The palette's index is a sum without a carry: one addition of numbers as long as the picture does it for every pixel.
    parts = (red.translate(_RED), green.translate(_GREEN), blue.translate(_BLUE))
    index = sum(int.from_bytes(part) for part in parts).to_bytes(len(red))
    return _file(index, width, height, kind=3)


def _file(samples: bytes, width: int, height: int, kind: int) -> bytes:
    """A PNG of one byte a pixel; `kind` is its colour type: 0 grey, 3 palette (ISO/IEC 15948, 11.2.2)."""
    rows = b"".join(b"\0" + samples[at : at + width] for at in range(0, len(samples), width))
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    palette = _chunk(b"PLTE", _PALETTE) if kind == 3 else b""
    image = _chunk(b"IHDR", head) + palette + _chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + image + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
