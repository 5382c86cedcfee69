"""HTML cut into tags and text, in the manner of the HTML standard, leniently and in time linear in its length.

The standard library's parser takes time that grows with the square of a hostile file's length, and cuts differently from one
Python to the next. What can't be closed here (a comment, a quote, a script) goes on to the end, as it does in browsers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

_SPACE = r"[ \t\n\r\f]"
_TAG = re.compile(r"<(/?)([a-zA-Z][^ \t\n\r\f/>]*)")
_COMMENT_END = re.compile(r"--!?>")
_ATTRIBUTE = re.compile(rf"(?:{_SPACE}|/)*+(?:(>)|([^ \t\n\r\f/>][^ \t\n\r\f/>=]*+)(?:{_SPACE}*+(=){_SPACE}*+)?)")
_BARE_VALUE = re.compile(r"[^ \t\n\r\f>]*+")
_REFERENCE = re.compile(r"&(?:#[xX]?[0-9a-fA-F]++|[^ \t\n\f<&#;]{1,32}+);?")
_LONGEST_REFERENCE = 40

# Elements in which tags mean nothing: what is in them is text, or is nothing that people read.
_PLAIN = frozenset({"title", "textarea"})
_UNREAD = frozenset({"script", "style", "iframe", "noembed", "noframes"})
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE) for name in _PLAIN | _UNREAD}


@dataclass(slots=True)
class Tag:
    """A start tag, or an end tag, which has no attributes. Names are in lower case."""

    name: str
    ends: bool
    attributes: dict[str, str] = field(default_factory=dict)


def cut(source: str) -> Iterator[Tag | str]:
    """Tags, and the text between them with its character references resolved; scripts and styles are left out."""
    place = 0
    while place < len(source):
        opening = source.find("<", place)
        if opening != place:
            yield resolved(source[place : opening if opening >= 0 else len(source)])
        if opening < 0:
            return
        if (found := _TAG.match(source, opening)) is None:
            place = _no_tag_end(source, opening)
            if place == opening:
                place += 1
                yield "<"
            continue
        attributes, place, self_closed = _attributes(source, found.end())
        if place < 0:
            return
        name = found[2].lower()
        yield Tag(name, bool(found[1]), attributes)
        if name in _RAW_ENDS and not found[1] and not self_closed:
            start, place = place, _raw_end(source, place, name)
            if name in _PLAIN:
                yield resolved(source[start:place])


def resolved(text: str) -> str:
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    # A number of thousands of digits is no character, and Python refuses to read it.
    return unescape(reference[0]) if len(reference[0]) <= _LONGEST_REFERENCE else "\ufffd"


def _no_tag_end(source: str, opening: int) -> int:
    """Where a comment, a declaration or the like ends; `opening` itself where it is none of them, but text."""
    if source.startswith("<!--", opening):
        if source.startswith((">", "->"), opening + 4):
            return source.index(">", opening) + 1
        end = _COMMENT_END.search(source, opening + 4)
        return end.end() if end else len(source)
    if source.startswith(("<!", "<?", "</"), opening):
        return source.find(">", opening) + 1 or len(source)
    return opening


def _attributes(source: str, place: int) -> tuple[dict[str, str], int, bool]:
    """The attributes of a tag, the first of each name; where the tag ends (-1: nowhere); whether it closes itself."""
    attributes: dict[str, str] = {}
    while (found := _ATTRIBUTE.match(source, place)) is not None:
        place = found.end()
        if found[1]:
            return attributes, place, source[place - 2] == "/"
        value = ""
        if found[3]:
            value, place = _value(source, place)
            if place < 0:
                break
        attributes.setdefault(found[2].lower(), value)
    return attributes, -1, False


def _value(source: str, place: int) -> tuple[str, int]:
    quote = source[place : place + 1]
    if quote in ('"', "'"):
        end = source.find(quote, place + 1)
        return source[place + 1 : end], end + 1 or -1
    found = _BARE_VALUE.match(source, place)
    return (found[0], found.end()) if found else ("", place)


def _raw_end(source: str, place: int, name: str) -> int:
    end = _RAW_ENDS[name].search(source, place)
    return end.start() if end else len(source)
