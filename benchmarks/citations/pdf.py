"""A PDF writer as small as the benchmark needs: Helvetica, text at a place, the same bytes for the same input.

The widths of all characters are in the file, so where a word begins and ends is known without asking a reader.
"""

from dataclasses import dataclass, field

PAGE_WIDTH, PAGE_HEIGHT = 595, 842  # A4, in points
LIGATURES = {"fi": "\x01", "fl": "\x02"}  # codes given to the font's own glyphs for them

# Thousandths of the font size for the characters 32 to 126, from Adobe's metrics of Helvetica; others are set to one width
_METRICS = """278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556
556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667
667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500
500 500 334 260 334 584"""
_ASCII = [int(width) for width in _METRICS.split()]
_LIGATURE, _OTHER = 500, 556


def char_width(char: str) -> int:
    if char in LIGATURES.values():
        return _LIGATURE
    return _ASCII[ord(char) - 32] if 32 <= ord(char) <= 126 else _OTHER


def text_width(text: str, size: float) -> float:
    return sum(char_width(char) for char in text) * size / 1000


def encoded(text: str) -> bytes:
    """In the font's encoding; UnicodeEncodeError where it has no such character."""
    return b"".join(char.encode("latin-1" if char in LIGATURES.values() else "cp1252") for char in text)


@dataclass
class Canvas:
    """Pages of drawing commands."""

    pages: list[list[bytes]] = field(default_factory=lambda: [[]])

    def text(self, x: float, y: float, text: str, size: float) -> None:
        shown = encoded(text).replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        self.pages[-1].append(b"BT /F1 %.2f Tf %.3f %.3f Td (%b) Tj ET" % (size, x, y, shown))

    def to_bytes(self) -> bytes:
        first = 4  # the number of the first page's object; its content is the next one
        kids = " ".join(f"{first + 2 * i} 0 R" for i in range(len(self.pages)))
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {len(self.pages)} >>".encode(),
            _font(),
        ]
        for i, commands in enumerate(self.pages):
            page = f"/MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] /Resources << /Font << /F1 3 0 R >> >> /Contents {first + 2 * i + 1} 0 R"
            stream = b"\n".join(commands)
            objects.append(f"<< /Type /Page /Parent 2 0 R {page} >>".encode())
            objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream))
        return _assembled(objects)


def _font() -> bytes:
    characters = (bytes([code]).decode("cp1252", errors="replace") for code in range(1, 256))
    widths = " ".join(str(char_width(char)) for char in characters)
    encoding = "<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [1 /fi /fl] >>"
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding {encoding} "
        f"/FirstChar 1 /LastChar 255 /Widths [{widths}] >>"
    ).encode()


def _assembled(objects: list[bytes]) -> bytes:
    data, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % size + entries + tail
