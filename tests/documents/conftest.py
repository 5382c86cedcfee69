"""Real PDFs and Word documents, written here part by part: ordinary ones, and the kinds that hurt a reader."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

MOST_PAGES = 10_000
_KEY = b"0" * 64  # 32 bytes in hexadecimal: owner and user entries that no password fits


def _file(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    out, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        trailer,
        len(out),
    )


def _stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), entries, data)


def _packed(data: bytes) -> bytes:
    return _stream(zlib.compress(data, 1), b"/Filter/FlateDecode")


def _mapping(unicodes: dict[str, str]) -> bytes:
    """A font's map from its codes to what they mean: here other than what they look like."""
    lines = b"".join(b"<%02X> <%s>\n" % (ord(a), b.encode("utf-16-be").hex().encode()) for a, b in unicodes.items())
    head = b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange %d beginbfchar\n" % len(unicodes)
    return _stream(head + lines + b"endbfchar endcmap")


def _drawn(lines: str) -> bytes:
    shown = b" 0 -20 Td ".join(b"(%s) Tj" % line.encode("latin-1") for line in lines.split("\n"))
    return b"BT /F 12 Tf 72 700 Td %s ET" % shown


@dataclass(frozen=True)
class Pdfs:
    """Each method gives the bytes of a file."""

    def text(self, *pages: str, unicodes: dict[str, str] | None = None, trailer: bytes = b"") -> bytes:
        """Each page's lines as text; an empty page has nothing on it."""
        return self.drawn(*(_stream(_drawn(page)) for page in pages), unicodes=unicodes, trailer=trailer)

    def drawn(self, *contents: bytes, unicodes: dict[str, str] | None = None, trailer: bytes = b"") -> bytes:
        """Pages of these content streams."""
        kids = b" ".join(b"%d 0 R" % (5 + 2 * index) for index in range(len(contents)))
        objects = [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(contents), kids),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 4 0 R>>",
            _mapping(unicodes or {"~": "~"}),
        ]
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>"
        for index, content in enumerate(contents):
            objects += [page % (6 + 2 * index), content]
        return _file(objects, trailer)

    def scanned(self) -> bytes:
        """A page that is one picture."""
        picture = b"q 612 0 0 792 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q"
        return self.drawn(_stream(picture))

    def encrypted(self) -> bytes:
        """Opens only with a password."""
        entry = b"<</Filter/Standard/V 1/R 2/P -44/O<%s>/U<%s>>>" % (_KEY, _KEY)
        return self.text("secret", trailer=b"/Encrypt %s/ID[<00><00>]" % entry)

    def encrypted_unknown(self) -> bytes:
        """Encrypted by a scheme that PDFium does not know."""
        return self.text("secret", trailer=b"/Encrypt <</Filter/Sealed/V 9>>/ID[<00><00>]")

    def many(self, pages: int, content: bytes = b"<<>>") -> bytes:
        """So many pages, all with the same content: small, and quick to make."""
        kids = b" ".join(b"%d 0 R" % (4 + index) for index in range(pages))
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 3 0 R>>"
        tree = b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids)
        return _file([b"<</Type/Catalog/Pages 2 0 R>>", tree, content, *[page] * pages])

    def endless(self) -> bytes:
        """A small file that takes an hour, in little memory: each of its many pages has millions of empty operations."""
        return self.many(MOST_PAGES, _packed(b"q Q " * 5_000_000))

    def swelling(self, size: int) -> bytes:
        """A small file whose one page unpacks to `size` bytes."""
        return self.drawn(_packed(b" " * size))


@pytest.fixture(scope="session")
def pdfs() -> Pdfs:
    return Pdfs()


_WORD_SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


@dataclass(frozen=True)
class Words:
    """Word documents, of the XML that is put in."""

    def document(self, body: str, **parts: str) -> bytes:
        """A document with this body, and with parts such as `footnotes`; each has its kind for a relation id."""
        files = {"[Content_Types].xml": "<Types/>", "word/document.xml": self.part(f"<w:body>{body}</w:body>")}
        files["_rels/.rels"] = self.relations(officeDocument="word/document.xml")
        files["word/_rels/document.xml.rels"] = self.relations(**{kind: f"{kind}.xml" for kind in parts})
        for kind, content in parts.items():
            files[f"word/{kind}.xml"] = self.part(content)
        return self.zipped(files)

    def part(self, content: str) -> str:
        return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:root {_WORD_SPACES}>{content}</w:root>'

    def relations(self, **targets: str) -> str:
        each = (
            f'<Relationship Id="{kind}" Type="{_RELATION}{kind.rstrip("0123456789")}" Target="{target}"/>'
            for kind, target in targets.items()
        )
        space = "http://schemas.openxmlformats.org/package/2006/relationships"
        return f'<Relationships xmlns="{space}">{"".join(each)}</Relationships>'

    def zipped(self, files: dict[str, str]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return out.getvalue()

    def bomb(self, size: int) -> bytes:
        """A small file whose body unpacks to more than `size` bytes."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("_rels/.rels", self.relations(officeDocument="word/document.xml"))
            with archive.open("word/document.xml", "w", force_zip64=True) as part:
                part.write(self.part("").encode().removesuffix(b"</w:root>"))
                for _ in range(size // 1_000_000 + 1):
                    part.write(b" " * 1_000_000)
        return out.getvalue()


@pytest.fixture(scope="session")
def words() -> Words:
    return Words()
