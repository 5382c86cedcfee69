"""What a file is taken for, and what is refused before anything reads it."""

import os
from pathlib import Path

import pytest

from batchata.documents import kinds
from batchata.documents.kinds import kind_of
from batchata.documents.read import load, read
from batchata.errors import DocumentError
from batchata.request import Document


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.txt", b"text", "text/plain"),
        ("a.TEXT", b"text", "text/plain"),
        ("notes.v2.md", b"# text", "text/markdown"),
        ("a.markdown", b"# text", "text/markdown"),
        ("a.pdf", b"%PDF-1.4", "application/pdf"),
        ("a.PDF", b"\r\n\r\n%PDF-1.4", "application/pdf"),
        ("scan", b"%PDF-1.4", "application/pdf"),
        ("misnamed.txt", b"%PDF-1.4", "application/pdf"),
        ("about-pdfs.txt", b"A PDF starts with %PDF-", "text/plain"),
        ("a.csv", b"a,b", "text/csv"),
        ("a.JSON", b"{}", "text/plain"),
        ("a.htm", b"<p>", "text/html"),
        ("page", b"\n<!DOCTYPE html>", "text/html"),
        ("page.php", b"<html lang=de>", "text/html"),
        ("a.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.jpg", b"\xff\xd8\xff", "image/jpeg"),
        ("misnamed.jpg", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("misnamed.txt", b"RIFF....WEBP", "image/webp"),
        ("scan", b"GIF89a", "image/gif"),
        ("messages[0].content[0]", b"\r\n%PDF-1.4", "application/pdf"),
        ("README", b"text", "text/plain"),
        ("query.sql", b"select", "text/plain"),
    ],
)
def test_content_decides_where_it_can_else_the_suffix(name: str, data: bytes, media_type: str) -> None:
    assert kind_of(data, name).media_type == media_type


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.doc", "Save it as .docx or PDF"),
        ("a.DOCM", "Save it as .docx or PDF"),
        ("a.rtf", "Save it as .docx or PDF"),
        ("a.xlsx", "as CSV"),
        ("a.pptx", "Save it as PDF"),
        ("a.svg", "PNG or JPEG"),
        ("a.zip", "Unpack it"),
    ],
)
def test_a_format_that_is_known_not_to_be_read_says_what_to_do(name: str, advice: str) -> None:
    with pytest.raises(DocumentError, match=rf"{advice}.* Allowed are \.csv, \.docx, .*\.xml") as refused:
        kind_of(b"PK\x03\x04", name)
    assert str(refused.value).startswith(name)


@pytest.mark.parametrize("data", [b"\x7fELF\x02\0", b"caf\xe9", b"PK\x03\x04\xff", b"a\0b", b"a\x01b"])
@pytest.mark.parametrize("name", ["README", "a.xyz", ".txt"])
def test_an_unknown_format_is_read_only_if_it_is_text_beyond_doubt(name: str, data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"it is no text .* Allowed are \.csv, .* text in UTF-8") as refused:
        read(data, name)
    assert str(refused.value).startswith(name)


def test_text_beyond_doubt_needs_no_suffix() -> None:
    for text in ("Größe 东\n", "\x1b[1mlog\x1b[0m\f"):
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            document = read(text.encode(encoding), "NOTES")
            assert isinstance(document, Document)
            assert (document.text, document.media_type) == (text, "text/plain")


def test_old_and_encrypted_office_files_say_so() -> None:
    with pytest.raises(DocumentError, match=r"a\.docx: .* encrypted, or of the kind before 2007\. Save it as \.docx"):
        kind_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "a.docx")


@pytest.mark.parametrize("name", ["a.docx", "a.png", "a.jpeg", "a.gif", "a.webp"])
def test_a_name_that_lies_is_told_so(name: str) -> None:
    with pytest.raises(DocumentError, match=r"the name says .*, but the content is none: it starts with b'\{\\\\rtf1'"):
        kind_of(b"{\\rtf1", name)


def test_a_table_of_values_stays_as_it_is() -> None:
    document = read('\ufeffName;Größe\r\n"a;b";1'.encode(), "a.csv")
    assert isinstance(document, Document)
    assert (document.pages, document.media_type) == (('Name;Größe\r\n"a;b";1',), "text/csv")


@pytest.mark.parametrize("data", [b"<html>no", b" " * 2000 + b"%PDF-1.4"])
def test_a_pdf_by_name_alone_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"a\.pdf: the name says PDF, but"):
        kind_of(data, "a.pdf")


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.docx"])
def test_an_empty_file_is_refused(name: str) -> None:
    with pytest.raises(DocumentError, match="empty"):
        read(b"", name)


def test_a_file_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\r\n\xff")
    assert load(tmp_path / "a.txt") == b"a\r\n\xff"


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(kinds.MAX_FILE_BYTES + 1)  # sparse: it takes no room on the disk
    with pytest.raises(DocumentError, match=r"large\.txt: the file has 536,870,913 bytes; at most 536,870,912"):
        load(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a FIFO")
def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path / "pipe.txt", tmp_path):
        with pytest.raises(DocumentError, match="no regular file"):
            load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"gone\.txt: the file can't be read: No such file"):
        load(tmp_path / "gone.txt")
