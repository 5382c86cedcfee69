"""What a file is taken for, and what is refused before anything reads it."""

import os
from pathlib import Path

import pytest

from batchata.documents import kinds
from batchata.documents.kinds import kind_of
from batchata.documents.read import load, read
from batchata.errors import DocumentError


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
    ],
)
def test_content_decides_where_it_can_else_the_suffix(name: str, data: bytes, media_type: str) -> None:
    assert kind_of(data, name).media_type == media_type


@pytest.mark.parametrize("name", ["a.docx", "a.html", "a.csv", "a.png", "README", ".txt"])
def test_an_unknown_format_is_refused_by_naming_what_is_allowed(name: str) -> None:
    with pytest.raises(DocumentError, match=r"allowed are \.markdown, \.md, \.pdf, \.text, \.txt") as refused:
        kind_of(b"data", name)
    assert str(refused.value).startswith(name)


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
