"""Where a cited passage stands on its page, in the files of this folder's fixtures."""

from typing import Any

import pytest

from batchata.citation import Box, Span
from batchata.documents.boxes import boxes
from batchata.documents.pdf import read_pages
from batchata.errors import DocumentError

LINES = "The rent is due\non the first day\nof each month"


def of(data: bytes, passage: str, page: int = 1) -> list[Box]:
    text = read_pages(data, "a.pdf")[page - 1]
    start = text.index(passage)
    return boxes(data, [(page, Span(start, start + len(passage)))], "a.pdf")[0]


def test_one_rectangle_per_line_in_points_from_the_bottom_left(pdfs: Any) -> None:
    found = of(pdfs.text("Other page", LINES), "rent is due\non the first", page=2)
    assert [box.page for box in found] == [2, 2]
    first, second = found
    # The fixture draws at 72, 700 in 12 points, and each further line 20 points below.
    assert 72 < first.left < first.right < 180
    assert 696 < first.bottom < 701 < first.top < 712
    assert 71 < second.left < 74
    assert 676 < second.bottom < 681 < second.top < 692


def test_each_span_has_its_own_and_blanks_have_none(pdfs: Any) -> None:
    data = pdfs.text(LINES)
    whole, blank, nothing, word = boxes(
        data, [(1, Span(0, len(LINES))), (1, Span(3, 4)), (1, Span(0, 0)), (1, Span(4, 8))], "a.pdf"
    )
    assert len(whole) == 3
    assert (blank, nothing) == ([], [])
    assert len(word) == 1
    assert whole[0].left < word[0].left < word[0].right < whole[0].right


@pytest.mark.parametrize(
    ("entry", "width", "height"),
    [(b"", 612, 792), (b"/Rotate 90", 792, 612), (b"/Rotate 180", 612, 792), (b"/Rotate 270", 792, 612)],
)
def test_a_turned_page_is_measured_as_it_is_shown(pdfs: Any, entry: bytes, width: int, height: int) -> None:
    plain = of(pdfs.text(LINES), "due")[0]
    data = pdfs.text(LINES).replace(b"/MediaBox[0 0 612 792]", b"/MediaBox[0 0 612 792]" + entry)
    turned = of(data, "due")[0]
    middle = (plain.left + plain.right) / 2, (plain.bottom + plain.top) / 2
    shown = {
        b"": middle,
        b"/Rotate 90": (middle[1], 612 - middle[0]),
        b"/Rotate 180": (612 - middle[0], 792 - middle[1]),
        b"/Rotate 270": (792 - middle[1], middle[0]),
    }[entry]
    assert ((turned.left + turned.right) / 2, (turned.bottom + turned.top) / 2) == pytest.approx(shown, abs=0.1)
    assert turned.right < width
    assert turned.top < height


def test_a_crop_box_moves_the_origin(pdfs: Any) -> None:
    plain = of(pdfs.text(LINES), "due")[0]
    data = pdfs.text(LINES).replace(b"/MediaBox[0 0 612 792]", b"/MediaBox[-10 -10 612 792]/CropBox[50 600 400 760]")
    cropped = of(data, "due")[0]
    assert (cropped.left, cropped.bottom) == pytest.approx((plain.left - 50, plain.bottom - 600), abs=0.1)


def test_joined_lines_odd_glyphs_and_characters_beyond_the_basic_plane_keep_their_places(pdfs: Any) -> None:
    data = pdfs.text("Xtwenty-\nfour aYb end", unicodes={"X": "\0", "Y": "\U0001d465"})
    assert len(of(data, "twenty-\nfour")) == 2
    end = of(data, "end")[0]
    assert of(data, "\U0001d465b")[0].right < end.left


@pytest.mark.parametrize("word", ["twenty-", "twenty-\nfour", "four", "end", "last"])
def test_what_a_character_stands_for_moves_no_rectangle(pdfs: Any, word: str) -> None:
    lines = "Xtwenty-\nfour aYb end\nthe last"  # drawn alike, whatever its X and Y mean
    drawn = [of(pdfs.text(lines, unicodes={"X": "\0", "Y": y}), word) for y in ("Y", "\0", "\U0001d465")]
    assert drawn[1:] == [drawn[0]] * 2
    # As far along its line as Helvetica's widths say.
    first, start = drawn[0][0], {"twenty-": 80, "four": 72, "end": 121, "last": 92}[word.partition("\n")[0]]
    assert first.left == pytest.approx(start, abs=3)


def test_a_page_that_is_not_there_and_a_broken_file_say_so(pdfs: Any) -> None:
    with pytest.raises(DocumentError, match=r"a\.pdf: there is no page 2"):
        boxes(pdfs.text("x"), [(2, Span(0, 1))], "a.pdf")
    with pytest.raises(DocumentError, match=r"a\.pdf: the PDF is broken"):
        boxes(b"%PDF-1.7", [(1, Span(0, 1))], "a.pdf")
