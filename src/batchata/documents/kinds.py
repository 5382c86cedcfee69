"""What kinds of file can be read, how each is recognised, and how much of one is accepted.

A kind is decided by content where content can tell (a PDF says so in its first bytes), else by the name's suffix. A new
format is one more `Kind` here, one module beside `pdf.py`, and one line in the table of `read.py`.
"""

from dataclasses import dataclass
from pathlib import PurePath

from batchata.errors import DocumentError

MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_PAGES = 10_000
MAX_CHARACTERS = 50_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One format. `isolated`: its parser is native code or may grow without bound, so it never runs in the driver."""

    label: str
    media_type: str
    suffixes: tuple[str, ...]
    magic: bytes = b""
    paged: bool = False
    isolated: bool = False


TEXT = Kind("text", "text/plain", (".txt", ".text"))
MARKDOWN = Kind("Markdown", "text/markdown", (".md", ".markdown"))
PDF = Kind("PDF", "application/pdf", (".pdf",), magic=b"%PDF-", paged=True, isolated=True)

KINDS = (TEXT, MARKDOWN, PDF)
_BY_SUFFIX = {suffix: kind for kind in KINDS for suffix in kind.suffixes}

# Readers accept bytes before a PDF's header (mail gateways leave some there), as far as this.
_MAGIC_WITHIN = 1024


def kind_of(data: bytes, name: str) -> Kind:
    """The kind of a file, from its content and its name. Raises DocumentError for what is empty, too large or unknown."""
    if not data:
        raise DocumentError(f"{name}: the file is empty (0 bytes)")
    check_size(len(data), name)
    for kind in KINDS:
        if kind.magic and data.startswith(kind.magic):
            return kind
    return _by_suffix(data, name)


def check_size(size: int, name: str) -> None:
    if size > MAX_FILE_BYTES:
        raise DocumentError(f"{name}: the file has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read. Split it")


def _by_suffix(data: bytes, name: str) -> Kind:
    suffix = PurePath(name).suffix
    kind = _BY_SUFFIX.get(suffix.lower())
    if kind is None:
        given = f"{suffix} files" if suffix else "files without a suffix"
        raise DocumentError(
            f"{name}: {given} can't be read; allowed are {', '.join(sorted(_BY_SUFFIX))}. Convert it first"
        )
    if kind.magic not in data[:_MAGIC_WITHIN]:
        raise DocumentError(
            f"{name}: the name says {kind.label}, but the content is none: it starts with {data[:8]!r}, "
            f"and {kind.magic.decode()} is not in its first {_MAGIC_WITHIN} bytes. Give it the suffix of what it is"
        )
    return kind
