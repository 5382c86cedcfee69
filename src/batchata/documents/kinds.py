"""What kinds of file can be read, how each is recognised, and how much of one is accepted.

A kind is decided by content where content can tell (a PDF or a PNG says so in its first bytes), else by the name's suffix,
else it is text if it proves to be. A new format is one more `Kind` here, one module beside `pdf.py`, and one line in the
table of `read.py`.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath

from batchata import image_header
from batchata.errors import DocumentError

MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_PAGES = 10_000
MAX_CHARACTERS = 50_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One format. `isolated`: its parser is native code or may grow without bound, so it never runs in the driver.

    `magic`: what its first bytes are. `image`: it becomes a `request.Image`, not a `Document`.
    """

    label: str
    media_type: str
    suffixes: tuple[str, ...] = ()
    magic: re.Pattern[bytes] | None = None
    paged: bool = False
    isolated: bool = False
    image: bool = False


TEXT = Kind(
    "text",
    "text/plain",
    (".txt", ".text", ".log", ".rst", ".tex", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml"),
)
MARKDOWN = Kind("Markdown", "text/markdown", (".md", ".markdown"))
CSV = Kind("CSV", "text/csv", (".csv",))
HTML = Kind("HTML", "text/html", (".html", ".htm", ".xhtml"), isolated=True)
PDF = Kind("PDF", "application/pdf", (".pdf",), magic=re.compile(rb"%PDF-"), paged=True, isolated=True)
DOCX = Kind(
    "Word document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    (".docx",),
    magic=re.compile(rb"PK\x03\x04"),
    isolated=True,
)
JPEG = Kind("JPEG image", "image/jpeg", (".jpg", ".jpeg"), image=True)
PNG = Kind("PNG image", "image/png", (".png",), image=True)
GIF = Kind("GIF image", "image/gif", (".gif",), image=True)
WEBP = Kind("WebP image", "image/webp", (".webp",), image=True)
UNNAMED = Kind("text", "text/plain")
"""What neither content nor suffix tells: text, if it is beyond doubt."""

KINDS = (TEXT, MARKDOWN, CSV, HTML, PDF, DOCX, JPEG, PNG, GIF, WEBP, UNNAMED)
_BY_SUFFIX = {suffix: kind for kind in KINDS for suffix in kind.suffixes}
_IMAGES = {kind.media_type: kind for kind in KINDS if kind.image}

_WORD_OR_PDF = "Save it as .docx or PDF"
_AS_PDF = "Save it as PDF"
_AS_CSV = "Save the sheet as CSV, or print it to PDF"
_AS_IMAGE = "Convert it to PNG or JPEG"
# Formats that are known, and known not to be read: what to do instead. (Some are text, but not the text people mean.)
_INSTEAD = {
    **dict.fromkeys((".doc", ".docm", ".dot", ".dotx", ".dotm", ".odt", ".rtf", ".pages", ".wpd"), _WORD_OR_PDF),
    **dict.fromkeys((".ppt", ".pptx", ".odp", ".key", ".epub", ".mobi", ".xps", ".ps", ".eps"), _AS_PDF),
    **dict.fromkeys((".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".numbers", ".parquet"), _AS_CSV),
    **dict.fromkeys((".svg", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".ico"), _AS_IMAGE),
    **dict.fromkeys((".zip", ".gz", ".tar", ".7z", ".rar"), "Unpack it, and add a job for each file"),
    **dict.fromkeys((".mht", ".mhtml", ".eml", ".msg"), "Save it as HTML or PDF"),
}

# Readers accept bytes before a PDF's header (mail gateways leave some there), as far as this.
_MAGIC_WITHIN = 1024
# What Microsoft Office wrote before .docx, and what it still puts around a file that needs a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML_START = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,64}<(?:!doctype html|html)[\s>]", re.IGNORECASE)


def kind_of(data: bytes, name: str) -> Kind:
    """The kind of a file, from its content and its name. Raises DocumentError for what is empty, too large or unknown."""
    if not data:
        raise DocumentError(f"{name}: the file is empty (0 bytes)")
    check_size(len(data), name)
    if PDF.magic and PDF.magic.match(data):
        return PDF
    image = image_header.media_type(data)
    if image is not None:
        return _IMAGES[image]
    if data.startswith(_OLE):
        raise DocumentError(
            f"{name}: this is an Office file that is encrypted, or of the kind before 2007. {_WORD_OR_PDF}, without a password"
        )
    return _by_suffix(data, name)


def check_size(size: int, name: str) -> None:
    if size > MAX_FILE_BYTES:
        raise DocumentError(f"{name}: the file has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read. Split it")


def readable() -> str:
    """What can be read, for people."""
    return f"{', '.join(sorted(_BY_SUFFIX))}, and any other file that is text in UTF-8"


def _by_suffix(data: bytes, name: str) -> Kind:
    suffix = PurePath(name).suffix.lower()
    kind = _BY_SUFFIX.get(suffix)
    if kind is None:
        if suffix in _INSTEAD:
            raise DocumentError(f"{name}: {suffix} files can't be read. {_INSTEAD[suffix]}. Allowed are {readable()}")
        return _by_start(data)
    if kind.image or (kind.magic and not kind.magic.search(data, 0, _MAGIC_WITHIN)):
        raise DocumentError(
            f"{name}: the name says {kind.label}, but the content is none: it starts with {data[:8]!r}. "
            "Give it the suffix of what it is"
        )
    return kind


def _by_start(data: bytes) -> Kind:
    if PDF.magic and PDF.magic.search(data, 0, _MAGIC_WITHIN):
        return PDF
    return HTML if _HTML_START.match(data) else UNNAMED
