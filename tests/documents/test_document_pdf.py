"""PDFs as PDFium reads them, in this process."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from batchata.documents import pdf
from batchata.documents.pdf import read_pages
from batchata.documents.read import read
from batchata.errors import DocumentError
from batchata.request import Document


def test_each_page_gives_its_text(pdfs: Any) -> None:
    data = pdfs.text("First page", "Second page,\ntwo lines", "")
    document = read(data, "contract.pdf")
    assert isinstance(document, Document)
    assert document.pages == ("First page", "Second page,\ntwo lines", "")
    assert (document.name, document.media_type, document.paged) == ("contract.pdf", "application/pdf", True)
    assert document.data is data


def test_a_scan_has_a_page_and_no_text(pdfs: Any) -> None:
    document = read(pdfs.scanned(), "scan.pdf")
    assert isinstance(document, Document)
    assert document.pages == ("",)
    assert not document.has_text


def test_characters_beyond_the_basic_plane_and_odd_ones_survive(pdfs: Any) -> None:
    data = pdfs.text("aXbYc", unicodes={"X": "\U0001d465", "Y": "\u2028"})
    assert read_pages(data, "a.pdf") == ("a\U0001d465b\u2028c",)


def test_a_word_broken_over_two_lines_keeps_its_hyphen_and_a_glyph_without_meaning_leaves_nothing(pdfs: Any) -> None:
    data = pdfs.text("Xtwenty-\nfour", unicodes={"X": "\0"})
    assert read_pages(data, "a.pdf") == ("twenty-\nfour",)


def test_half_a_surrogate_pair_never_reaches_the_text(pdfs: Any) -> None:
    data = pdfs.text("aXb-\nc").replace(b"<7E> <007e>", b"<58> <D835>")
    assert read_pages(data, "a.pdf") == ("ab-\nc",)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        ("encrypted", "encrypted and needs a password"),
        ("encrypted_unknown", "encrypted in a way that can't be read"),
        ("drawn", "has no pages"),
    ],
)
def test_what_cannot_be_opened_says_why(pdfs: Any, make: str, complaint: str) -> None:
    with pytest.raises(DocumentError, match=f"a.pdf: the PDF .*{complaint}"):
        read_pages(getattr(pdfs, make)(), "a.pdf")


@pytest.mark.parametrize("kept", [8, 60, -60])
def test_a_broken_file_says_so(pdfs: Any, kept: int) -> None:
    with pytest.raises(DocumentError, match=r"a\.pdf: the PDF is broken"):
        read_pages(pdfs.text("hello")[:kept], "a.pdf")


def test_a_broken_page_is_named(pdfs: Any) -> None:
    data = pdfs.text("one", "two").replace(b"7 0 R]", b"2 0 R]")  # the second page is the tree itself
    with pytest.raises(DocumentError, match=r"a\.pdf: page 2 of the PDF is broken"):
        read_pages(data, "a.pdf")


def test_pages_and_characters_are_capped(pdfs: Any) -> None:
    data = pdfs.text("12345", "678")
    assert len(read_pages(data, "a.pdf", max_pages=2, max_characters=8)) == 2
    with pytest.raises(DocumentError, match="2 pages; at most 1"):
        read_pages(data, "a.pdf", max_pages=1)
    with pytest.raises(DocumentError, match="more than 7 characters up to page 2"):
        read_pages(data, "a.pdf", max_characters=7)


def test_threads_of_a_callers_own_executor_take_turns(pdfs: Any) -> None:
    data = pdfs.text("one", "two")
    with ThreadPoolExecutor(4) as executor:
        with pdf._pdfium:  # as if one of them were at work
            others = [executor.submit(read_pages, data, "a.pdf") for _ in range(4)]
            with pytest.raises(TimeoutError):
                others[0].result(0.2)
        assert [other.result() for other in others] == [("one", "two")] * 4
