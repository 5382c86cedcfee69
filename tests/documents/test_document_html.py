"""HTML as people read it, in text."""

import pytest

from batchata.documents.markup import read_pages
from batchata.documents.read import read
from batchata.errors import DocumentError
from batchata.request import Document


def text_of(source: str) -> str:
    (text,) = read_pages(source.encode(), "a.html")
    return text


PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Terms &amp;
 Conditions</title><style>p { color: red }</style>
<script>if (a < b) document.write("</p>")</script></head>
<body><!-- a note --><h1>Lease</h1>
<p>The <b>monthly</b> rent
   is&nbsp;900&nbsp;&euro;.<br>Due on the 1<sup>st</sup>.</p><p>No pets.</p>
<ol start="3"><li>Keys<ul><li>two<li>three</ul></li><li value="7">Heating</li></ol>
</body></html>"""


def test_a_page_reads_as_it_looks_its_title_first() -> None:
    document = read(PAGE.encode(), "lease.html")
    assert isinstance(document, Document)
    assert document.text == (
        "Terms & Conditions\n\nLease\n\nThe monthly rent is\xa0900\xa0€.\nDue on the 1st.\n\nNo pets.\n\n"
        "3. Keys\n  - two\n  - three\n7. Heating"
    )
    assert (document.media_type, document.paged, document.data) == ("text/html", False, PAGE.encode())


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<div>a<div>b</div>c</div>", "a\nb\nc"),
        ("a<p>b<p>c", "a\n\nb\n\nc"),
        ("<b>a</b> <i> b</i>c", "a bc"),
        ("<p>a</p> <p> </p> <p>b</p>", "a\n\nb"),
        ("a<br><br><br>b", "a\n\nb"),
        ("<pre>\n  x\n\n\ty</pre>z", "  x\n\n\ty\n\nz"),
        ("a<script src='x'/>b", "ab"),
        ("<title/>a", "a"),
        ("a <svg><title>icon</title></svg> b", "a b"),
        ("a<template><p>no<template></template>no</p></template>b", "ab"),
        ("<textarea>a <b></textarea>c", "a <b>\nc"),
        ("<img alt=' Sales &quot;up&quot; ' src=x><img alt=''><img>", '[image: Sales "up"]'),
        ("1 < 2 <3 a<b>c</b>", "1 < 2 <3 ac"),
        ("&#38;lt; &amp;amp; &#x1F600; &copy &nosuch; &", "&lt; &amp; 😀 © &nosuch; &"),
        ("x&#0;&#xD800;&#99999999;" + "&#" + "1" * 9_000 + ";", "x" + "\ufffd" * 4),
        ("hy&shy;phen\xadated", "hyphenated"),
        ("a<!-->b<!--->c<!-- > -- -->d<!-- --!>e<!x>f<?php x ?>g</ x>h", "abcdefgh"),
        ("a<a href='>' title=\">\" x = y z>b</a\n>c", "abc"),
        ("a<!-- no end", "a"),
        ("a<b class='no end>b", "a"),
        ("a<script>no end", "a"),
        ("<SCRIPT>x</SCRIPTx></script >b", "b"),
        ("<li>a<li><p>b</p><li></li></li>c", "- a\n\n- b\n\nc"),
        ("<ul><li></ul>c", "c"),
        ("a\r\nb<pre>c\r\nd</pre>", "a b\n\nc\nd"),
    ],
)
def test_each_element_does_what_people_see(source: str, text: str) -> None:
    assert text_of(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<table><tr><th>A<th>B<tr><td>1<td> 2\n </table>x", "A\tB\n1\t2\n\nx"),
        ("<table><caption>Sums<tbody><tr><td><p>a</p><p>b</p><td><br></table>", "Sums\na b\t"),
        ("<table><tr><td></td><td> </td></tr><tr><td>x<td>y</table>", "x\ty"),
        ("<table><tr><td><p>one</p><p>cell</p></table>", "one\n\ncell"),
        ("<table><tr><td>menu<td>a<table><tr><td>1<td>2</table>b</table>", "menu\na\n1\t2\nb"),
        ("<table><td>a<td>b</table>", "a\tb"),
        ("<table><tr><td>a<td>b<table></table></table>", "a\tb"),
        ("<td>a<td>b<tr>c</table></td>d", "a\nb\nc\n\nd"),
        ("<table>a<tr>b<td>c<td>d", "ab\nc\td"),
    ],
)
def test_a_row_is_a_line_and_its_cells_are_apart(source: str, text: str) -> None:
    assert text_of(source) == text


def test_tables_too_deep_are_only_lines() -> None:
    row = "<table><tr><td>c<td>d</table>"
    assert text_of("<table><tr><td>" * 7 + row) == "c\td"
    assert text_of("<table><tr><td>" * 8 + row) == "c\nd"
    assert text_of("<table><tr><td>a" * 12 + "</table>" * 12 + "<p>b") == "\n".join("a" * 12) + "\n\nb"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("<meta charset=iso-8859-1>", "utf-8"),  # left behind by a conversion
        ("<meta charset='Shift_JIS'>", "cp932"),
        ("<meta http-equiv=Content-Type content='text/html; charset=gb2312'>", "gb18030"),
        ("<?xml version='1.0' encoding='EUC-JP'?>", "euc_jp"),
        ("<meta charset=iso-2022-jp>", "iso2022_jp"),
    ],
)
def test_the_encoding_is_found(head: str, encoding: str) -> None:
    (text,) = read_pages((head + "<p>東京と大阪").encode(encoding), "a.html")
    assert text == "東京と大阪"


@pytest.mark.parametrize(
    "label", ["windows-1252", "iso-8859-1", "us-ascii", "nonsense", "zlib", "utf-7", "utf-16", "utf-8", "\xff"]
)
def test_western_pages_are_read_whatever_they_declare(label: str) -> None:
    source = f"<meta charset={label}><p>“Müller”: 5 €".encode("cp1252")
    assert read_pages(source, "a.html") == ("“Müller”: 5 €",)


def test_a_byte_that_is_wrong_in_what_is_declared_costs_a_character() -> None:
    assert read_pages(b"<meta charset=euc-jp>\xc5\xec\xff\xb5\xfe", "a.html")[0].startswith("東�")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"<p> <br>&nbsp;</p>", "holds no text"),
        (b"<script>var x</script>", "holds no text"),
        (b"<p>a\0b", "NUL"),
        ("<p>Grüße aus Köln".encode() + b"\xff", "damaged"),
    ],
)
def test_a_page_without_good_text_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(DocumentError, match=rf"a\.html: .*{complaint}"):
        read_pages(data, "a.html")


def test_too_much_text_is_refused() -> None:
    with pytest.raises(DocumentError, match="6 characters; at most 5"):
        read_pages(b"<p>123456", "a.html", max_characters=5)
