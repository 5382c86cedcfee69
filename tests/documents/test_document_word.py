"""Word documents as people read them, in text."""

import io
import zipfile
from typing import Any

import pytest

from batchata.documents.package import MAX_ENTRIES, Package
from batchata.documents.read import read
from batchata.documents.word import read_pages
from batchata.documents.word_numbering import Styles
from batchata.errors import DocumentError
from batchata.request import Document


def p(*runs: str) -> str:
    return "<w:p>" + "".join(run if run.startswith("<") else f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc><w:tcPr/>{cell}</w:tc>" for cell in cells) + "</w:tr>"


def text_of(words: Any, body: str, **parts: str) -> str:
    (text,) = read_pages(words.document(body, **parts), "a.docx")
    return text


def test_paragraphs_are_lines(words: Any) -> None:
    data = words.document(p("Lease of ", "Café &amp; Söhne") + p() + p() + p() + p("Rent"))
    document = read(data, "lease.docx")
    assert isinstance(document, Document)
    assert document.pages == ("Lease of Café & Söhne\n\nRent",)
    assert document.media_type.endswith("wordprocessingml.document")
    assert not document.paged
    assert document.data is data


@pytest.mark.parametrize(
    ("paragraph", "text"),
    [
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r>", "a\tb\nc-d"),
        ("<w:pPr><w:tabs><w:tab w:val='left'/></w:tabs></w:pPr><w:r><w:t xml:space='preserve'> a </w:t></w:r>", " a "),
        ("<w:r><w:t>sy\u00adllable</w:t><w:softHyphen/><w:t>s</w:t></w:r>", "syllables"),
        ("<w:r><w:t>a</w:t></w:r><w:del><w:r><w:delText>gone</w:delText><w:t>too</w:t></w:r></w:del>", "a"),
        ("<w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>x</w:t></w:r></w:moveFrom>", "new"),
        ("<w:moveTo><w:r><w:t>here</w:t></w:r></w:moveTo>", "here"),
        ("<w:hyperlink r:id='x'><w:r><w:t>link</w:t></w:r></w:hyperlink>", "link"),
        ("<w:sdt><w:sdtContent><w:r><w:t>field</w:t></w:r></w:sdtContent></w:sdt>", "field"),
        ("<w:r><w:fldChar/><w:instrText>DATE</w:instrText><w:fldChar/><w:t>1 May</w:t></w:r>", "1 May"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t><w:tab/></w:r><w:r><w:t>a</w:t></w:r>", "a"),
        (
            "<w:pPr><w:rPr><w:vanish/><w:del/></w:rPr></w:pPr><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>a</w:t></w:r>",
            "a",
        ),
        (
            "<w:r><w:sym w:font='Wingdings' w:char='F0FE'/><w:sym w:font='Symbol' w:char='F061'/><w:t> yes</w:t></w:r>",
            "☑ yes",
        ),
        ("<w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr><m:oMath><m:r><m:t>E=mc</m:t></m:r></m:oMath>", "E=mc"),
        (
            "<w:ruby><w:rt><w:r><w:t>とう</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>東</w:t></w:r></w:rubyBase></w:ruby>",
            "東",
        ),
        (
            "<w:r><w:drawing><wp:inline><wp:docPr id='1' descr='A&#10;chart'/></wp:inline></w:drawing></w:r>",
            "[image: A chart]",
        ),
        ("<x:t xmlns:x='urn:x'>other</x:t><w:r><w:t>a</w:t></w:r>", "a"),
    ],
)
def test_what_is_in_a_paragraph_reads_as_it_looks(words: Any, paragraph: str, text: str) -> None:
    assert text_of(words, f"<w:p>{paragraph}</w:p>") == text


def test_the_strict_variant_is_read_too(words: Any) -> None:
    strict = words.part(p("strict")).replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    data = words.zipped({"_rels/.rels": words.relations(officeDocument="/word/doc2.xml"), "word/doc2.xml": strict})
    assert read_pages(data, "a.docx") == ("strict",)


def test_a_text_box_is_said_once_after_the_paragraph_it_hangs_on(words: Any) -> None:
    box = f"<w:txbxContent>{p('in the box')}<w:tbl>{row(p('1'), p('2'))}</w:tbl></w:txbxContent>"
    both = f"<mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    assert (
        text_of(words, p("before ", f"<w:r>{both}</w:r>", "after") + p("next"))
        == "before after\nin the box\n1\t2\nnext"
    )
    only = f"<mc:AlternateContent><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    assert text_of(words, p(f"<w:r>{only}</w:r>")) == "in the box\n1\t2"


def test_a_row_is_a_line_and_its_cells_are_apart(words: Any) -> None:
    inner = f"<w:tbl>{row(p('i'), p('j'))}</w:tbl>"
    body = (
        p("before")
        + f"<w:tbl>{row(p('A'), p('B'))}{row(p('1') + p('one'), p())}{row(p(), p())}{row(p('x', '<w:r><w:tab/></w:r>', 'y'), p('z'))}</w:tbl>"
        + f"<w:tbl>{row(p('alone') + p('in its row'))}{row(p('left'), p('right') + inner + p())}</w:tbl>"
        + p("after")
    )
    assert text_of(words, body) == "before\nA\tB\n1 one\t\nx y\tz\nalone\nin its row\nleft\nright\ni\tj\nafter"


def test_heads_feet_and_notes_stand_around_the_body(words: Any) -> None:
    reference = "<w:r><w:{0}Reference w:id='{1}'/></w:r>"
    section = "".join(
        f"<w:{kind}Reference r:id='{kind}{number}'/>" for kind in ("header", "footer") for number in (1, 2)
    )
    body = (
        p("Rent", reference.format("footnote", 5), " and", reference.format("endnote", 1))
        + p("again", reference.format("footnote", 5), reference.format("footnote", 9))
        + f"<w:sectPr>{section}<w:headerReference r:id='nowhere'/></w:sectPr>"
    )
    rule = "<w:footnote w:type='separator' w:id='0'><w:p><w:r><w:separator/><w:t>rule</w:t></w:r></w:p></w:footnote>"
    parts = {
        "header1": p("ACME"),
        "header2": p("ACME"),
        "header3": p("unused"),
        "footer1": p("Page ", "1"),
        "footer2": p(),
        "footnotes": rule + f"<w:footnote w:id='5'>{p('<w:r><w:footnoteRef/></w:r>', ' net')}</w:footnote>",
        "endnotes": f"<w:endnote w:id='1'>{p('see law')}</w:endnote>",
        "comments": p("a comment"),
    }
    assert text_of(words, body, **parts) == (
        "ACME\n\nRent[^1] and[^2]\nagain[^1][^3]\n\nPage 1\n\n[^1]: net\n[^2]: see law\n[^3]: "
    )


def test_a_note_within_a_note_is_no_note(words: Any) -> None:
    inner = f"<w:footnote w:id='2'>{p('in')}</w:footnote>"
    notes = f"<w:footnote w:id='1'>{p('out')}{inner}</w:footnote>"
    body = p("a", "<w:r><w:footnoteReference w:id='1'/><w:footnoteReference w:id='2'/></w:r>")
    assert text_of(words, body, footnotes=notes) == "a[^1][^2]\n\n[^1]: out\n[^2]: "


def level(place: int, form: str, text: str, start: int = 1, more: str = "") -> str:
    return f"<w:lvl w:ilvl='{place}'><w:start w:val='{start}'/><w:numFmt w:val='{form}'/>{more}<w:lvlText w:val='{text}'/></w:lvl>"


NUMBERING = (
    "<w:abstractNum w:abstractNumId='0'>"
    + level(0, "decimal", "§ %1", 3, "<w:pStyle w:val='Heading1'/>")
    + level(1, "lowerLetter", "%1.%2)", 1, "<w:pStyle w:val='Heading2'/>")
    + level(2, "upperRoman", "%3.")
    + level(3, "decimal", "%1.%2.%3.%4", 1, "<w:isLgl/>")
    + "</w:abstractNum><w:abstractNum w:abstractNumId='1'>"
    + level(0, "bullet", "\uf0b7")
    + level(1, "none", "")
    + level(2, "decimalZero", "%3")
    + "</w:abstractNum>"
    "<w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num><w:num w:numId='2'><w:abstractNumId w:val='1'/></w:num>"
    "<w:num w:numId='3'><w:abstractNumId w:val='0'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='1'/></w:lvlOverride></w:num>"
)
STYLES = (
    "<w:style w:styleId='Heading1'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
    "<w:style w:styleId='Heading2'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
    "<w:style w:styleId='Special'><w:basedOn w:val='Heading1'/></w:style>"
    "<w:style w:styleId='Loop'><w:basedOn w:val='Loop'/></w:style>"
)


def listed(num: str, place: str, text: str = "x", style: str = "") -> str:
    where = f"<w:numPr><w:ilvl w:val='{place}'/><w:numId w:val='{num}'/></w:numPr>" if num else ""
    return p(f"<w:pPr><w:pStyle w:val='{style}'/>{where}</w:pPr>", *([text] if text else []))


@pytest.mark.parametrize(
    ("paragraphs", "marks"),
    [
        ([("1", "0"), ("1", "1"), ("1", "1"), ("1", "0"), ("1", "1")], ["§ 3", "3.a)", "3.b)", "§ 4", "4.a)"]),
        ([("1", "2"), ("1", "2"), ("1", "3"), ("1", "3")], ["I.", "II.", "3.1.2.1", "3.1.2.2"]),
        ([("1", "0"), ("3", "0"), ("3", "0"), ("1", "0")], ["§ 3", "§ 1", "§ 2", "§ 3"]),
        ([("2", "0"), ("2", "1"), ("2", "2")], ["-", "", "01"]),
        ([("0", "0"), ("7", "0"), ("1", "8"), ("1", "many")], ["", "", "", "§ 3"]),
    ],
)
def test_numbers_are_counted_as_word_counts(words: Any, paragraphs: list[tuple[str, str]], marks: list[str]) -> None:
    body = "".join(listed(num, place) for num, place in paragraphs)
    text = text_of(words, body, numbering=NUMBERING, styles=STYLES)
    assert text.split("\n") == [f"{mark} x" if mark else "x" for mark in marks]


def test_numbers_come_from_styles_too_and_an_item_without_text_shows_none(words: Any) -> None:
    body = listed("", "", "a", "Heading1") + listed("", "", "b", "Special") + listed("0", "0", "c", "Heading1")
    body += listed("", "", "", "Heading1") + p("f") + listed("", "", "d", "Heading2") + listed("", "", "e", "Loop")
    text = text_of(words, body, numbering=NUMBERING, styles=STYLES)
    assert text == "§ 3 a\n§ 4 b\nc\n\nf\n5.a) d\ne"


ENTITIES = (
    "<!DOCTYPE d [<!ENTITY a 'lol'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(12))
    + "]>"
)


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"_rels/.rels": "<Types/>"}, "no Word document: there is no word/document.xml"),
        ({"word/document.xml": "<w:p>"}, "the Word document is broken .word/document.xml: unbound prefix"),
        ({"word/document.xml": "<a><b></a>"}, "broken .*mismatched tag"),
        ({"word/document.xml": "<?xml version='1.0' encoding='rot13'?><a/>"}, "is broken"),
        ({"word/document.xml": "<?xml version='1.0' encoding='nonsense'?><a/>"}, "is broken"),
        ({"word/document.xml": ENTITIES + "<d>&m;</d>"}, "declares a document type"),
        ({"word/document.xml": '<!DOCTYPE d SYSTEM "file:///etc/passwd"><d/>'}, "declares a document type"),
        ({"word/document.xml": "<a>&nbsp;</a>"}, "undefined entity"),
        ({"word/document.xml": "<a/>"}, "no text in it, only pictures"),
    ],
)
def test_a_bad_document_says_why(words: Any, files: dict[str, str], complaint: str) -> None:
    with pytest.raises(DocumentError, match=rf"a\.docx: .*{complaint}"):
        read_pages(words.zipped(files), "a.docx")


def flagged(data: bytes, at: int, value: int) -> bytes:
    """The zip with one byte of its last entry's record in the directory changed."""
    place = data.rindex(b"PK\x01\x02") + at
    return data[:place] + bytes([value]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("at", "value", "complaint"), [(8, 1, "it is encrypted. Save it without"), (10, 14, "packed by method 14")]
)
def test_a_part_that_is_encrypted_or_oddly_packed_is_refused(words: Any, at: int, value: int, complaint: str) -> None:
    data = flagged(words.zipped({"word/document.xml": words.part(p("secret"))}), at, value)
    with pytest.raises(DocumentError, match=complaint):
        read_pages(data, "a.docx")


def test_parts_are_few_and_small(words: Any) -> None:
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(MAX_ENTRIES + 1):
            archive.writestr(str(number), b"")
    with pytest.raises(DocumentError, match="10,001 parts in it; at most 10,000"):
        read_pages(many.getvalue(), "a.docx")
    package = Package(words.zipped({"a": "<a/>", "b": "<bb/>"}), "a.docx", max_part_bytes=8)
    assert package.relations("a") == []
    assert package.relations("") == []
    with pytest.raises(DocumentError, match="unpacks to more than 8 bytes"):
        [package.parse(path, Styles()) for path in "bb"]


def test_too_much_text_is_refused(words: Any) -> None:
    with pytest.raises(DocumentError, match="6 characters; at most 5"):
        read_pages(words.document(p("123456")), "a.docx", max_characters=5)
