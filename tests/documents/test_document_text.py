"""Bytes of text in the encodings that people's files have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchata.documents.read import read
from batchata.documents.text import read_pages
from batchata.errors import DocumentError
from batchata.request import Document

SAMPLE = "Grüße, 東京\u2028\r\n§ 5 \U0001f600\n"


@pytest.mark.parametrize(
    "data",
    [
        SAMPLE.encode(),
        SAMPLE.encode("utf-8-sig"),
        b"\xff\xfe" + SAMPLE.encode("utf-16-le"),
        b"\xfe\xff" + SAMPLE.encode("utf-16-be"),
        b"\xff\xfe\0\0" + SAMPLE.encode("utf-32-le"),
        b"\0\0\xfe\xff" + SAMPLE.encode("utf-32-be"),
    ],
)
def test_every_unicode_encoding_gives_the_same_text_verbatim(data: bytes) -> None:
    document = read(data, "a.md")
    assert isinstance(document, Document)
    assert document.pages == (SAMPLE,)
    assert (document.name, document.media_type, document.data, document.paged) == ("a.md", "text/markdown", data, False)


def test_other_bytes_are_windows_1252() -> None:
    assert read_pages("“Müller”: 5 €".encode("cp1252"), "a.txt") == ("“Müller”: 5 €",)


def test_what_windows_1252_leaves_undefined_is_latin_1() -> None:
    assert read_pages(b"\xe9t\xe9 \x81", "a.txt") == ("été \x81",)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ("text".encode("utf-16-le"), "save it as UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not text"),
        (b"\xff\xfea", "byte-order mark says utf-16-le"),
        ("Grüße aus Köln".encode() + b"\xff", "damaged"),
        (b" \r\n\t", "only white space"),
        (b"\xef\xbb\xbf", "only white space"),
    ],
)
def test_what_is_no_text_is_refused_rather_than_guessed_at(data: bytes, complaint: str) -> None:
    with pytest.raises(DocumentError, match=complaint) as refused:
        read_pages(data, "a.txt")
    assert str(refused.value).startswith("a.txt: ")


def test_too_much_text_is_refused() -> None:
    assert read_pages(b"12345", "a.txt", max_characters=5) == ("12345",)
    with pytest.raises(DocumentError, match="6 characters; at most 5"):
        read_pages(b"123456", "a.txt", max_characters=5)


@given(st.binary())
def test_any_bytes_become_text_that_can_be_sent_or_a_document_error(data: bytes) -> None:
    try:
        (page,) = read_pages(data, "a.txt")
    except DocumentError:
        return
    assert page.encode()


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")).filter(str.strip))
def test_any_text_saved_as_utf_8_comes_back(text: str) -> None:
    assert read_pages(text.encode(), "a.txt") == (text,)
