"""Pages of PDFs as pictures: what is drawn is the page as people see it, small, and no file hurts who draws it."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchata.documents.picture import LARGE, read_answer
from batchata.documents.reader import Reader
from batchata.errors import DocumentError

INVOICE = Path(__file__).parents[2] / "examples" / "documents" / "invoice.pdf"


def pdf(content: bytes, page: bytes = b"/MediaBox[0 0 200 100]") -> bytes:
    """A PDF of one page with this content stream."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R%s>>" % page,
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer<</Size 5/Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader(workers=1)
    yield reader
    reader.close()


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """(width, height, rows of RGB), of a PNG with eight bits a pixel."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(png):
        size, name = struct.unpack_from(">I4s", png, at)
        chunks[name] = png[at + 8 : at + 8 + size]
        assert zlib.crc32(name + chunks[name]) == struct.unpack_from(">I", png, at + 8 + size)[0]
        at += 12 + size
    width, height, depth, kind = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    assert depth == 8
    raw = zlib.decompress(chunks[b"IDAT"])
    palette = chunks.get(b"PLTE") or bytes(value for grey in range(256) for value in (grey, grey, grey))
    assert (kind == 3) == (b"PLTE" in chunks)
    lines = [raw[row * (width + 1) + 1 : (row + 1) * (width + 1)] for row in range(height)]
    return width, height, [b"".join(palette[3 * p : 3 * p + 3] for p in line) for line in lines]


def test_pages_are_drawn_at_a_size_for_reading(reader: Reader) -> None:
    drawn = reader.pictures(INVOICE.read_bytes(), "invoice.pdf", [2, 1, 3, 0]).result()
    assert drawn.count == 2
    assert [(one.page, one.width, one.height) for one in drawn.pages] == [(2, 595.0, 842.0), (1, 595.0, 842.0)]
    for one in drawn.pages:
        width, height, rows = pixels(one.png)
        assert (width, height) == (1000, 1416)
        assert len(one.png) < 60_000
        ink = sum(row.count(b"\x00\x00\x00") for row in rows)
        assert 1_000 < ink < 200_000


def test_colours_are_kept(reader: Reader) -> None:
    content = b"1 0 0 rg 0 0 100 100 re f 0 0.2 0.6 rg 100 0 100 100 re f"
    (one,) = reader.pictures(pdf(content), "flag.pdf", [1]).result().pages
    width, _, rows = pixels(one.png)
    assert rows[50][:3] == b"\xff\x00\x00"
    assert rows[50][3 * (width - 1) :] == b"\x00\x33\x99"


def test_a_page_that_is_turned_and_cropped_is_drawn_as_it_is_shown(reader: Reader) -> None:
    page = b"/MediaBox[0 0 200 100]/CropBox[100 0 200 100]/Rotate 90"
    content = b"1 0 0 rg 0 0 100 100 re f 0 0 1 rg 100 0 100 50 re f"  # blue: the lower half of what is shown
    (one,) = reader.pictures(pdf(content, page), "turned.pdf", [1]).result().pages
    assert (one.width, one.height) == (100.0, 100.0)
    width, height, rows = pixels(one.png)
    assert rows[height // 2][:3] == b"\x00\x00\xff"  # turned clockwise, what was below is on the left
    assert rows[height // 2][3 * (width - 1) :] == b"\xff\xff\xff"


def test_a_page_of_any_form_is_a_picture_of_bounded_size(reader: Reader) -> None:
    for box in (b"0 0 1 14400", b"0 0 14400 1", b"0 0 14400 14400"):
        (one,) = reader.pictures(pdf(b"", b"/MediaBox[%s]" % box), "long.pdf", [1]).result().pages
        width, height, _ = pixels(one.png)
        assert width <= 1000
        assert height <= 2000


def test_a_picture_that_would_be_large_is_drawn_coarser(reader: Reader) -> None:
    import random

    noise = random.Random(1).randbytes(400 * 400)
    content = b"q 200 0 0 200 0 0 cm BI /W 400 /H 400 /BPC 8 /CS /G /I true ID %s EI Q" % noise.replace(b"EI", b"IE")
    (one,) = reader.pictures(pdf(content, b"/MediaBox[0 0 200 200]"), "scan.pdf", [1]).result().pages
    width, _, _ = pixels(one.png)
    assert width == 600
    assert len(one.png) < 2 * LARGE


def test_a_broken_file_is_an_error_that_names_it(reader: Reader) -> None:
    with pytest.raises(DocumentError, match=r"torn\.pdf"):
        reader.pictures(b"%PDF-1.7 torn", "torn.pdf", [1]).result()
    assert reader.pictures(INVOICE.read_bytes(), "invoice.pdf", [1]).result().count == 2


@pytest.mark.parametrize(
    "head",
    [b"", b"{}", b"[]", b"[1]", b"[1,[1,2]]", b'[1,["1",2,3]]', b"[1,[1,-2,3]]", b"[1,[1,NaN,3]]", b"[1,[0,2,3]]", b"[1,[1,2,1e999]]", b"\xff", b"[" * 100_000],
)  # fmt: skip
def test_what_a_worker_says_is_not_believed(head: bytes) -> None:
    with pytest.raises(ValueError):  # whichever
        read_answer([head, b"png"])
