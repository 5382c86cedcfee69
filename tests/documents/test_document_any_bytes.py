"""Whatever is in a file, reading it gives what can be sent, or a DocumentError that names it."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from batchata.documents.kinds import KINDS
from batchata.documents.read import read
from batchata.errors import DocumentError
from batchata.request import Document, Image

SUFFIXES = [suffix for kind in KINDS for suffix in kind.suffixes if suffix != ".pdf"] + ["", ".xyz", ".doc"]
STARTS = [
    b"",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"\xff\xd8\xff\xe0",
    b"GIF89a",
    b"<html>",
]


def check(data: bytes, name: str) -> None:
    try:
        result = read(data, name)
    except DocumentError as error:
        named = str(error).startswith(f"{name}: ")
    else:
        named = sendable(result)
    assert named


def sendable(result: Document | Image) -> bool:
    if isinstance(result, Image):
        return bool(result.width and result.height)
    return result.has_text and all(page.encode() for page in result.pages)


@given(st.sampled_from(SUFFIXES), st.sampled_from(STARTS), st.binary(max_size=200))
def test_any_bytes_under_any_name(suffix: str, start: bytes, rest: bytes) -> None:
    check(start + rest, f"a{suffix}")


# fmt: off
NAMES = [
    "p", "r", "t", "tab", "br", "pPr", "pStyle", "numPr", "numId", "ilvl", "rPr", "vanish", "sym", "tbl", "tr",
    "tc", "txbxContent", "del", "ins", "footnote", "footnoteReference", "headerReference", "style", "basedOn",
    "num", "abstractNum", "abstractNumId", "lvl", "lvlText", "lvlOverride", "startOverride", "pict",
]
TAGS = [
    "p", "div", "br", "b", "table", "tr", "td", "th", "caption", "ul", "ol", "li", "pre", "blockquote",
    "select", "option", "noscript", "h1", "img", "svg",
]
# fmt: on
VALUES = st.sampled_from(["", "0", "1", "2", "-1", "header", "separator", "%1.%9", "upperRoman", "9" * 30])


def element(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, value, place, inner: (
            f"<{name} w:val='{value}' w:id='{value}' r:id='{value}' w:numId='{value}' w:abstractNumId='{value}' "
            f"w:styleId='{value}' w:ilvl='{place}'>{''.join(inner)}</{name}>"
        ),
        st.sampled_from([f"w:{name}" for name in NAMES] + ["mc:AlternateContent", "mc:Choice", "mc:Fallback", "m:t"]),
        VALUES,
        VALUES,
        st.lists(inside, max_size=4),
    )


XML = st.recursive(st.sampled_from(["<w:t>text</w:t>", " ", "<w:tab/>"]), element, max_leaves=25)


@given(XML, XML, XML)
def test_any_nesting_of_words_elements(words: Any, body: str, other: str, more: str) -> None:
    check(words.document(body, numbering=more, styles=more, header=other, footnotes=other), "a.docx")


@given(st.data())
@settings(max_examples=200)
def test_any_damage_to_a_word_document(words: Any, data: Any) -> None:
    whole = words.document("<w:p><w:r><w:t>text</w:t></w:r></w:p>", styles="<w:style/>")
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 8)))
    check(whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:], "a.docx")


PIECES = st.one_of(
    st.sampled_from([f"<{end}{name}>" for name in TAGS for end in ("", "/")]),
    st.sampled_from(
        ["<ol start=99999999999>", "<li value=x>", "<!-- no -->", "< ", "&#1;", "<p title='>'>", "</", "<!>"]
    ),
)


@given(st.lists(PIECES, max_size=60), st.sampled_from(["", "<table>" * 9, "<pre>", "<ul>" * 12]))
@example(["<table>", "<td>", "</tr>", "</td>", "</table>", "</table>"], "")
def test_no_word_of_a_page_is_lost_or_said_twice(pieces: list[str], start: str) -> None:
    said = [f"word{number}." for number in range(len(pieces) + 1)]
    source = start + "".join(f" {word} {piece}" for word, piece in zip(said, [*pieces, "<p>"], strict=True))
    swallowed = "</" in pieces or "< " in pieces  # the one takes what follows for a comment, the other stays
    text = read(source.encode(), "a.html")
    assert not isinstance(text, Image)
    found = [word for word in said if f"{word}" in text.text]
    assert swallowed or found == said
    assert sum(text.text.count(word) for word in said) == len(found)


@given(
    st.text(st.sampled_from("<>!-/ ='\"abst&#;x1\n\\?[]"), max_size=80),
    st.sampled_from(["", "<script>", "<title>", "<a b='"]),
)
def test_any_markup(source: str, start: str) -> None:
    check((start + source).encode(), "a.html")
