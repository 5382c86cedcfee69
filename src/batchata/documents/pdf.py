"""PDF: the text of each page, by PDFium.

PDFium is native code and not thread-safe. The driver never calls this; it runs in a worker process (`_worker.py`) or in the
executor the user gave, and there one file at a time.
"""

import re
import threading
from collections.abc import Iterator
from typing import Any

from batchata.documents.kinds import MAX_CHARACTERS, MAX_PAGES
from batchata.errors import DocumentError

# An executor of the user's may run threads (Dask's workers do): two of them inside PDFium crash the process.
_pdfium = threading.Lock()

# What PDFium puts for a hyphen at which it joined two lines, and for a glyph that has no character.
_JOINED, _NOTHING, _EITHER = "\x02", "\0", "\ufffe"


def read_pages(
    data: bytes, name: str, *, max_pages: int = MAX_PAGES, max_characters: int = MAX_CHARACTERS
) -> tuple[str, ...]:
    """One string per page, lines ended by a line feed; a page without text (a scan) is empty. Raises DocumentError."""
    with _pdfium:
        document = _open(data, name)
        try:
            _check_pages(len(document), name, max_pages)
            return tuple(_texts(document, name, max_characters))
        finally:
            document.close()


def _open(data: bytes, name: str) -> Any:
    from pypdfium2 import PdfDocument, raw

    # Not by `PdfDocument(data)`: for a PDF without pages it reports the error of whichever file failed before.
    handle = raw.FPDF_LoadMemDocument64(data, len(data), None)
    if not handle:
        reasons = {
            raw.FPDF_ERR_PASSWORD: "is encrypted and needs a password. Save it without one",
            raw.FPDF_ERR_SECURITY: "is encrypted in a way that can't be read. Save it without encryption",
        }
        why = reasons.get(raw.FPDF_GetLastError(), "is broken and can't be opened. Repair it or save it anew")
        raise DocumentError(f"{name}: the PDF {why}")
    return PdfDocument(handle)


def _check_pages(count: int, name: str, max_pages: int) -> None:
    if count < 1:
        raise DocumentError(f"{name}: the PDF has no pages")
    if count > max_pages:
        raise DocumentError(f"{name}: the PDF has {count:,} pages; at most {max_pages:,} are read. Split it")


def _texts(document: Any, name: str, max_characters: int) -> Iterator[str]:
    from pypdfium2 import PdfiumError

    total = 0
    for index in range(len(document)):
        try:
            text = _page_text(document, index)
        except PdfiumError as error:
            raise DocumentError(f"{name}: page {index + 1} of the PDF is broken. Repair it or save it anew") from error
        total += len(text)
        if total > max_characters:
            raise DocumentError(
                f"{name}: the PDF has more than {max_characters:,} characters up to page {index + 1}; "
                "more are not read. Split it"
            )
        yield text


def _page_text(document: Any, index: int) -> str:
    page = document[index]
    try:
        return _plain(page.get_textpage())
    finally:
        page.close()  # and its text page with it


def _plain(textpage: Any) -> str:
    """The page's text as people see it: a joined line's hyphen and break put back, nothing for what is no character."""
    return shown(marked(textpage))


def shown(text: str) -> str:
    return text.replace("\r\n", "\n").replace(_JOINED, "-\n").replace(_NOTHING, "")


def marked(textpage: Any) -> str:
    """The page's text with PDFium's marks in it: for a hyphen at which it joined two lines, and for no character."""
    text: str = textpage.get_text_range()
    if _EITHER not in text:
        return text
    # The whole text marks both cases alike; PDFium's single characters (UTF-16 units) tell them apart.
    count = textpage.count_chars()
    if len(text) == count:  # so its characters are PDFium's, one by one
        return re.sub(_EITHER, lambda found: chr(_unit(textpage, found.start())), text)
    units = [_unit(textpage, index) for index in range(count)]
    return b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le", errors="ignore")


def _unit(textpage: Any, index: int) -> int:
    from pypdfium2 import raw

    code: int = raw.FPDFText_GetUnicode(textpage, index)
    return code & 0xFFFF
