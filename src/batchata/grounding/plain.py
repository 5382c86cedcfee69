"""A text without what only its encoding made different: full-width forms, kinds of spaces and hyphens, characters no one sees."""

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_UNSEEN: Final = re.compile(
    r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]"
)
_SOFT_BREAK: Final = re.compile(r"\u00ad(?=[ \t\u00a0]*\r?\n)")
_LINE_ENDS: Final = "\u0085\u2028\u2029"


def _same_size() -> dict[int, str]:
    """Characters that stand for one of ASCII's, or for one of another width."""
    forms = {}
    for code in (*range(0xFE50, 0xFE70), *range(0xFF01, 0xFF5F), *range(0xFFE0, 0xFFE7)):
        form = unicodedata.normalize("NFKC", chr(code))
        if len(form) == 1 and form != chr(code):
            forms[code] = form
    spaces = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
    return forms | dict.fromkeys(spaces, " ") | dict.fromkeys(map(ord, _LINE_ENDS), "\n") | {0xFF07: "'"}


_FORMS: Final = _same_size()
_FORMED: Final = frozenset(map(chr, _FORMS))


_CODE: Final = re.compile(r"\\(?:([nrt\"/\\])|u([0-9a-fA-F]{4}))")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "/": "/", "\\": "\\"}
_ONE_FORM: Final = (
    dict.fromkeys(map(ord, "\u00ab\u00bb\u201c\u201d\u201e\u201f"), '"')
    | dict.fromkeys(map(ord, "`\u00b4\u2018\u2019\u201a\u201b\u2032\u2039\u203a"), "'")
    | dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
)


def in_one_form(text: str) -> str:
    """The text, character by character, in ASCII's forms of width and space."""
    for character in _FORMED.intersection(text):  # a few kinds at most: faster than to translate all
        text = text.replace(character, _FORMS[ord(character)])
    return text


def plain(text: str) -> tuple[str, list[int]]:
    """The text as it is read, and where each of its characters stands in the given one; no places where all stand where they did."""
    if text.isascii():
        return text, []
    text = in_one_form(text)
    if not _UNSEEN.search(text):
        return text, []
    text = _SOFT_BREAK.sub("-", text)  # a soft hyphen at a line's end is seen
    seen = [place for place, character in enumerate(text) if not _UNSEEN.match(character)]
    return "".join([text[place] for place in seen]), seen


def looks(text: str) -> str:
    """What of a text is compared where several passages have the same words: its case and marks, in one form."""
    read = unicodedata.normalize("NFKC", plain(text)[0])
    return " ".join(read.translate(_ONE_FORM).replace("-\n", "").split())


def readings(quote: str) -> Iterator[str]:
    """The quote, and what it says where its characters were written as codes (HTML's, JSON's) or its UTF-8 was read as another
    encoding.
    """
    yield quote
    told = html.unescape(quote)
    if told != quote:
        yield told
    told = _CODE.sub(lambda code: _ESCAPES.get(code[1]) or chr(int(code[2], 16)), quote)
    if told != quote:
        yield told
    try:
        told = b"".join(map(_byte, quote)).decode()
    except UnicodeError:
        return
    if told != quote:
        yield told


def _byte(character: str) -> bytes:
    """The byte that was read as this character. Raises UnicodeError for a character that no byte is read as."""
    try:
        return character.encode("cp1252")
    except UnicodeError:
        return character.encode("latin-1")
