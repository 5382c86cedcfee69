"""PDF: where on its page a cited passage stands, one rectangle per line.

Read only for what is cited: the boxes of all characters of a file take many times as long as its text. Native code, like
`pdf`: it runs where that runs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchata.citation import Box, Span
from batchata.documents.pdf import _open, _pdfium, marked, shown
from batchata.errors import DocumentError

_HYPHEN, _NOTHING, _EITHER = (
    0x02,
    0x00,
    0xFFFE,
)  # see `pdf`: what PDFium puts for a joined line's hyphen, and for no character
_OWNERS = {"\r\n": 1, chr(_HYPHEN): 2, chr(_NOTHING): 0}  # characters that are shown for what PDFium has there
_RECODED = re.compile("|".join(_OWNERS))


@dataclass(frozen=True, slots=True)
class _Edges:
    left: float
    bottom: float
    right: float
    top: float

    def with_(self, other: "_Edges") -> "_Edges":
        return _Edges(
            min(self.left, other.left),
            min(self.bottom, other.bottom),
            max(self.right, other.right),
            max(self.top, other.top),
        )


def boxes(data: bytes, spans: Sequence[tuple[int, Span]], name: str) -> list[list[Box]]:
    """For each (1-based page, span of that page's text) its rectangles, one per line, in reading order.

    In PDF points, from the bottom left of the page as it is shown: cropped to its crop box and turned as it says. A span that
    has no ink gives none. Raises `DocumentError` where the file can't be read, or has no such page.
    """
    from pypdfium2 import PdfiumError

    wanted: dict[int, list[int]] = {}
    for index, (page, _) in enumerate(spans):
        wanted.setdefault(page, []).append(index)
    found: dict[int, list[Box]] = {}
    with _pdfium:
        document = _open(data, name)
        try:
            for number, indexes in wanted.items():
                if not 1 <= number <= len(document):
                    raise DocumentError(f"{name}: there is no page {number} in the PDF; it has {len(document):,}")
                found |= _on_page(document, number, {index: spans[index][1] for index in indexes})
        except PdfiumError as error:
            raise DocumentError(f"{name}: a page of the PDF is broken. Repair it or save it anew") from error
        finally:
            document.close()
    return [found[index] for index in range(len(spans))]


def _on_page(document: Any, number: int, spans: Mapping[int, Span]) -> dict[int, list[Box]]:
    page = document[number - 1]
    try:
        textpage = page.get_textpage()
        text, owners = _characters(textpage)
        shown = _Shown(page)
        return {
            index: [
                Box(number, *(round(edge, 2) for edge in shown.turned(line)))
                for line in _lines(textpage, text[span.start : span.end], owners[span.start : span.end])
            ]
            for index, span in spans.items()
        }
    finally:
        page.close()  # and its text page with it


def _characters(textpage: Any) -> tuple[str, list[int]]:
    """The page's text as `pdf` gives it, and for each of its characters PDFium's index."""
    text = marked(textpage)
    if len(text) != textpage.count_chars():
        return _one_by_one(textpage)
    owners: list[int] = []
    start = 0
    for found in _RECODED.finditer(text):
        owners += range(start, found.start())
        owners += [found.start()] * _OWNERS[found[0]]
        start = found.end()
    owners += range(start, len(text))
    return shown(text), owners


def _one_by_one(textpage: Any) -> tuple[str, list[int]]:
    """The same where the text has other characters than PDFium: beyond the first 65,536, or some that it leaves out."""
    from pypdfium2 import raw

    text: list[str] = []
    owners: list[int] = []
    high = 0
    for index in range(textpage.count_chars()):
        unit = raw.FPDFText_GetUnicode(textpage, index) & 0xFFFF
        said = ""
        if 0xD800 <= unit < 0xDC00:
            high = unit
            continue
        if 0xDC00 <= unit < 0xE000:
            said = chr(0x10000 + ((high - 0xD800) << 10) + unit - 0xDC00) if high else ""
        elif unit == _HYPHEN:
            said = "-\n"
        elif unit == 0x0A and text and text[-1] == "\r":
            text[-1] = "\n"
        elif unit not in (_NOTHING, _EITHER):
            said = chr(unit)
        high = 0
        text += said
        owners += [index] * len(said)
    return "".join(text), owners


def _lines(textpage: Any, said: str, owners: Sequence[int]) -> Iterator[_Edges]:
    """The rectangles of the lines, each as far as the characters go."""
    line: _Edges | None = None
    for character, index in zip(said, owners, strict=True):
        if character == "\n":
            if line:
                yield line
            line = None
        elif not character.isspace() and (edges := _edges(textpage, index)):
            if line and _is_below(edges, line):
                yield line
                line = None
            line = line.with_(edges) if line else edges
    if line:
        yield line


def _is_below(edges: _Edges, line: _Edges) -> bool:
    """A line's end that the text does not show: back to the left, and not level with what came before."""
    height = line.top - line.bottom
    level = edges.bottom < line.top and edges.top > line.bottom
    return not level and edges.left < line.right - height


def _edges(textpage: Any, index: int) -> _Edges | None:
    left, bottom, right, top = textpage.get_charbox(index)
    return _Edges(left, bottom, right, top) if right > left and top > bottom else None


class _Shown:
    """A page as it is shown: its crop box's lower left is the origin, and it may be turned by quarters, clockwise."""

    def __init__(self, page: Any) -> None:
        self.quarters = page.get_rotation() // 90 % 4
        self.width, self.height = page.get_size()
        left, bottom, right, top = page.get_cropbox()
        media = page.get_mediabox()
        self.left, self.bottom = max(left, media[0]), max(bottom, media[1])
        self.across, self.up = min(right, media[2]) - self.left, min(top, media[3]) - self.bottom

    def turned(self, edges: _Edges) -> tuple[float, float, float, float]:
        left, right = edges.left - self.left, edges.right - self.left
        bottom, top = edges.bottom - self.bottom, edges.top - self.bottom
        match self.quarters:
            case 0:
                return left, bottom, right, top
            case 1:
                return bottom, self.across - right, top, self.across - left
            case 2:
                return self.across - right, self.up - top, self.across - left, self.up - bottom
            case _:
                return self.up - top, left, self.up - bottom, right
