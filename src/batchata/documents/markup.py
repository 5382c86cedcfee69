"""HTML to text: what a page says, in lines, without what it looks like.

Blocks begin lines; list items have their mark; the cells of a table's row stand on one line with tabs between; a picture is
its description in brackets; the page's title is the first line. Scripts, styles and templates say nothing. Nothing is
fetched, and no style sheet is read: what a page hides by its style is still said.

The encoding: a byte-order mark; else UTF-8, where the file is that beyond doubt (pages are converted, and what they declare
stays behind); else what the page declares; else as in a text file.
"""

import codecs
import re

from batchata.documents.flow import Sheet
from batchata.documents.kinds import MAX_CHARACTERS
from batchata.documents.tags import Tag, cut, resolved
from batchata.documents.text import checked, decode, decode_marked

_DECLARED = re.compile(rb"<meta[^>]{0,512}?charset[ \t\r\n]*=[ \t\r\n]*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED_XML = re.compile(rb"<\?xml[^>]{0,200}?encoding=[\"']([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED_WITHIN = 4096
# Encodings that pages are in, by Python's names; and those that mean another one (the WHATWG's Encoding Standard).
_ENCODINGS = re.compile(
    r"utf-8|cp125\d|cp866|cp874|cp932|cp949|iso8859-\d+|koi8-[ru]|mac-roman|mac-cyrillic|gb18030|big5hkscs|euc_jp|iso2022_jp"
)
_MEANS = {
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift_jisx0213"), "cp932"),
    **dict.fromkeys(("iso8859-11", "tis-620"), "cp874"),
    "iso8859-9": "cp1254",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}

# fmt: off
_LINES = frozenset({
    "article", "aside", "body", "button", "caption", "center", "dd", "details", "dialog", "div", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "header", "html", "legend", "main", "nav", "noscript", "option", "section", "select", "summary",
    "textarea",
})
_PARAGRAPHS = frozenset({"address", "blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre", "title"})
# fmt: on
_TABLES = frozenset({"table", "tr", "td", "th"})
_LISTS = frozenset({"ul", "ol", "menu", "dir", "li"})
_DEEPEST_INDENT = 8
_NUMBER = re.compile(r"-?[0-9]{1,9}")


def read_pages(data: bytes, name: str, *, max_characters: int = MAX_CHARACTERS) -> tuple[str, ...]:
    """The page's text as the only item. Raises DocumentError."""
    page = _Page()
    for piece in cut(_source(data, name).replace("\r\n", "\n")):
        if isinstance(piece, str):
            page.say(piece)
        else:
            page.tag(piece)
    return (checked(page.text(), name, max_characters),)


def _source(data: bytes, name: str) -> str:
    marked = decode_marked(data, name)
    if marked is not None:
        return marked
    declared = _declared(data)
    try:
        source = data.decode()
    except UnicodeDecodeError:
        return data.decode(declared, "replace") if declared not in (None, "utf-8") else decode(data, name)
    # ISO-2022-JP is written in ASCII's bytes.
    return data.decode(declared, "replace") if declared == "iso2022_jp" else source


def _declared(data: bytes) -> str | None:
    head = data[:_DECLARED_WITHIN]
    found = _DECLARED.search(head) or _DECLARED_XML.match(head)
    try:
        encoding = codecs.lookup(found[1].decode()).name if found else ""
    except (LookupError, UnicodeDecodeError):
        return None
    encoding = _MEANS.get(encoding, encoding)
    return encoding if _ENCODINGS.fullmatch(encoding) else None


class _Page:
    """The text of a page so far."""

    def __init__(self) -> None:
        self._sheet = Sheet()
        self._lists: list[int | None] = []  # the next number of each list we are in; None: it has bullets
        self._verbatim = 0
        self._verbatim_begins = False
        self._templates = 0
        self._skips = False  # in a title that is none of the page, but a picture's

    def text(self) -> str:
        return self._sheet.text()

    def say(self, text: str) -> None:
        if self._templates or self._skips:
            return
        text = text.replace("\xad", "")  # where a word may be broken
        if not self._verbatim:
            self._sheet.flow.write_words(text)
            return
        self._sheet.flow.write(text.removeprefix("\n") if self._verbatim_begins else text)
        self._verbatim_begins = False

    def tag(self, tag: Tag) -> None:
        name = tag.name
        skipped, self._skips = self._skips, False
        if name == "template":
            self._templates = max(0, self._templates + (-1 if tag.ends else 1))
        elif self._templates:
            return
        elif name == "title" and (skipped or not (tag.ends or self._sheet.flow.empty)):
            self._skips = not tag.ends
        elif name in _LINES:
            self._sheet.flow.begin_line()
        elif name in _PARAGRAPHS:
            self._paragraph(name, tag.ends)
        elif name in _TABLES:
            self._table(name, tag.ends)
        elif name in _LISTS:
            self._list(tag)
        elif name == "br":
            self._sheet.flow.end_line()
        elif name == "img" and (alt := resolved(tag.attributes.get("alt", "")).strip()):
            self.say(f"[image: {alt}]")

    def _paragraph(self, name: str, ends: bool) -> None:
        self._sheet.flow.begin_line(blank=1)
        if name == "pre":
            self._verbatim = max(0, self._verbatim + (-1 if ends else 1))
            self._verbatim_begins = not ends

    def _table(self, name: str, ends: bool) -> None:
        if name == "table":
            (self._sheet.close_table if ends else self._sheet.open_table)()
            self._sheet.flow.begin_line(blank=0 if self._sheet.in_cell else 1)
        elif name == "tr":
            (self._sheet.close_cell if ends else self._sheet.open_row)()
        else:
            (self._sheet.close_cell if ends else self._sheet.open_cell)()

    def _list(self, tag: Tag) -> None:
        flow = self._sheet.flow
        flow.begin_line()
        flow.mark("")
        if tag.name == "li":
            if not tag.ends:
                flow.mark(self._mark(tag))
        elif not tag.ends:
            self._lists.append(_number(tag, "start", 1) if tag.name == "ol" else None)
        elif self._lists:
            self._lists.pop()

    def _mark(self, tag: Tag) -> str:
        indent = "  " * min(_DEEPEST_INDENT, len(self._lists) - 1)
        if not self._lists or self._lists[-1] is None:
            return f"{indent}- "
        number = _number(tag, "value", self._lists[-1])
        self._lists[-1] = number + 1
        return f"{indent}{number}. "


def _number(tag: Tag, attribute: str, default: int) -> int:
    given = tag.attributes.get(attribute, "")
    return int(given) if _NUMBER.fullmatch(given) else default
