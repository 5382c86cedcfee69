"""Plain text, Markdown and CSV: bytes to one string, verbatim but for the byte-order mark.

The rule, in order: a byte-order mark decides (UTF-8, UTF-16, UTF-32); else UTF-8; else Windows-1252, or Latin-1 where
Windows-1252 leaves a byte undefined. Two things are refused rather than guessed at: NUL characters (a binary file, or UTF-16
without its mark) and a file most of whose non-ASCII characters are good UTF-8 (a damaged file, not an old encoding).
"""

import codecs
import re

from batchata.documents.kinds import MAX_CHARACTERS, readable
from batchata.errors import DocumentError

# UTF-32's little-endian mark begins with UTF-16's: the longer ones come first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Control characters that no text file holds: what is left out are tab, line ends, form feed and escape.
_CONTROLS = re.compile("[\0-\b\x0e-\x1a\x1c-\x1f]")


def read_pages(data: bytes, name: str, *, max_characters: int = MAX_CHARACTERS) -> tuple[str, ...]:
    """The whole text as the only item, its line ends as they are. Raises DocumentError."""
    return (checked(decode(data, name), name, max_characters),)


def read_unnamed(data: bytes, name: str, *, max_characters: int = MAX_CHARACTERS) -> tuple[str, ...]:
    """As `read_pages`, of a file whose name says nothing: only what is text beyond doubt. Raises DocumentError."""
    try:
        marked = decode_marked(data, name)
        text = data.decode() if marked is None else marked
    except UnicodeDecodeError as error:
        raise _no_text(name, f"byte {error.start:,} is no UTF-8") from error
    if found := _CONTROLS.search(text):
        raise _no_text(name, f"character {found.start():,} is {found[0]!r}")
    return (checked(text, name, max_characters),)


def checked(text: str, name: str, max_characters: int = MAX_CHARACTERS) -> str:
    """`text`, if it is some, and not too much. Raises DocumentError."""
    if len(text) > max_characters:
        raise DocumentError(
            f"{name}: the text has {len(text):,} characters; at most {max_characters:,} are read. Split it"
        )
    if "\0" in text:
        raise DocumentError(f"{name}: this is not text: it holds NUL characters. If it is UTF-16, save it as UTF-8")
    if not text.strip():
        raise DocumentError(f"{name}: the file holds no text, only white space")
    return text


def _no_text(name: str, why: str) -> DocumentError:
    return DocumentError(f"{name}: it isn't known what this is, and it is no text ({why}). Allowed are {readable()}")


def decode_marked(data: bytes, name: str) -> str | None:
    """The text of a file that starts with a byte-order mark; None of one that does not. Raises DocumentError."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding, name)
    return None


def decode(data: bytes, name: str) -> str:
    """The text, by the rule above. Raises DocumentError."""
    marked = decode_marked(data, name)
    if marked is not None:
        return marked
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        _refuse_damaged(data, error, name)
    return _decode_single_byte(data)


def _decode_as(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{name}: its byte-order mark says {encoding}, but byte {error.start:,} after it is none ({error.reason}). "
            "The file is damaged: save it again as UTF-8"
        ) from error


def _refuse_damaged(data: bytes, error: UnicodeDecodeError, name: str) -> None:
    lenient = data.decode(errors="replace")
    bad = lenient.count("\ufffd")
    good = len(lenient) - len(lenient.encode("ascii", "ignore")) - bad
    if good > bad:
        raise DocumentError(
            f"{name}: byte {error.start:,} is no UTF-8 ({error.reason}), though {good:,} other characters are. "
            "The file is damaged: repair it, or save it again as UTF-8"
        ) from error


def _decode_single_byte(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")
