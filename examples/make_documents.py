"""Makes the PDFs under `documents/` from the texts under `sources/`: `python examples/make_documents.py`.

A PDF writer as small as these documents need, so that they can be read, changed and made again without any package. It knows
headings, paragraphs, bold words, line breaks (a backslash at the end of a line) and tables, in the two Helvetica fonts that
every PDF reader brings along. Streams are not compressed and nothing holds a date, so the same source always gives the same
bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595, 842, 68  # A4, in points
BODY, LEADING = 10.5, 16.0
HEADINGS = {"# ": (17.0, 30.0), "## ": (12.0, 25.0)}  # size, and height of the line

# Widths of the characters 32 to 126 in thousandths of the font size, from Adobe's metrics of the standard fonts
REGULAR = """278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584
584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278
278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500
334 260 334 584"""
BOLD = """278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 584 584
584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 667 667 611 333 278
333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389
280 389 584"""
WIDTHS = {bold: [int(width) for width in table.split()] for bold, table in ((False, REGULAR), (True, BOLD))}
OTHER_WIDTH = 556  # accented letters and signs: near enough for wrapping


@dataclass(frozen=True)
class Run:
    """Characters of one font."""

    text: str
    bold: bool = False

    def width(self, size: float) -> float:
        table = WIDTHS[self.bold]
        return sum(table[ord(c) - 32] if 32 <= ord(c) <= 126 else OTHER_WIDTH for c in self.text) * size / 1000


@dataclass
class Canvas:
    """Pages being filled from top to bottom; each page is a list of PDF drawing commands."""

    pages: list[list[str]] = field(default_factory=lambda: [[]])
    y: float = PAGE_HEIGHT - MARGIN

    def down(self, height: float, *, keep: float = 0) -> None:
        """Move down by `height`; to a new page where that and `keep` more would not fit."""
        if self.y - height - keep < MARGIN:
            self.pages.append([])
            self.y = PAGE_HEIGHT - MARGIN
        self.y -= height

    def text(self, x: float, run: Run, size: float) -> None:
        self.pages[-1].append(draw_text(x, self.y, run, size))

    def rule(self, width: float) -> None:
        self.pages[-1].append(f"0.6 G 0.5 w {MARGIN} {self.y - 4:.2f} m {MARGIN + width:.2f} {self.y - 4:.2f} l S")


def draw_text(x: float, y: float, run: Run, size: float) -> str:
    escaped = re.sub(r"([\\()])", r"\\\1", run.text)
    return f"BT /F{2 if run.bold else 1} {size:g} Tf {x:.2f} {y:.2f} Td ({escaped}) Tj ET"


def runs(text: str) -> list[Run]:
    """`a **b** c` as runs of regular and bold characters."""
    return [Run(part, bool(i % 2)) for i, part in enumerate(text.split("**")) if part]


def wrapped(text: str, width: float) -> Iterator[list[Run]]:
    """The lines of a paragraph, each a list of words with the space behind them."""
    line: list[Run] = []
    words = [Run(word, run.bold) for run in runs(text) for word in re.findall(r"\S+\s*|\s+", run.text)]
    for word in words:
        if line and sum(w.width(BODY) for w in line) + Run(word.text.rstrip(), word.bold).width(BODY) > width:
            yield line
            line = []
        line.append(word)
    yield line


def joined(line: list[Run]) -> Iterator[Run]:
    """The words of a line put together as far as they share a font."""
    start = 0
    for i in range(1, len(line) + 1):
        if i == len(line) or line[i].bold != line[start].bold:
            yield Run("".join(word.text for word in line[start:i]), line[start].bold)
            start = i


def paragraph(canvas: Canvas, lines: list[str]) -> None:
    for piece in " ".join(lines).split("\\ "):
        for line in wrapped(piece, PAGE_WIDTH - 2 * MARGIN):
            canvas.down(LEADING)
            x = float(MARGIN)
            for run in joined(line):
                canvas.text(x, run, BODY)
                x += run.width(BODY)
    canvas.down(LEADING / 2)


def heading(canvas: Canvas, mark: str, text: str) -> None:
    size, height = HEADINGS[mark]
    canvas.down(height, keep=8 * LEADING)
    canvas.text(MARGIN, Run(text, bold=True), size)
    canvas.down(LEADING / 2)


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def table(canvas: Canvas, rows: list[str]) -> None:
    """A Markdown table: the dashes under its head give the columns' widths, a colon behind them sets figures to the right."""
    head, marks, *body = rows
    unit = (PAGE_WIDTH - 2 * MARGIN) / sum(len(mark) for mark in cells(marks))
    columns = [(len(mark) * unit, mark.endswith(":")) for mark in cells(marks)]
    for row in (head, *body):
        canvas.down(LEADING + 2)
        x = float(MARGIN)
        for cell, (width, right) in zip(cells(row), columns, strict=True):
            run = Run(cell.strip("*"), bold=row is head or cell.startswith("**"))
            canvas.text(x + (width - run.width(BODY) - 2 if right else 2), run, BODY)
            x += width
        canvas.rule(x - MARGIN)
    canvas.down(LEADING / 2)


def draw(source: str) -> Canvas:
    canvas = Canvas()
    for block in source.strip().split("\n\n"):
        lines = block.split("\n")
        mark = next((mark for mark in HEADINGS if block.startswith(mark)), None)
        if mark:
            heading(canvas, mark, block.removeprefix(mark))
        elif block.startswith("|"):
            table(canvas, lines)
        else:
            paragraph(canvas, lines)
    return canvas


def footers(canvas: Canvas, title: str) -> None:
    for number, page in enumerate(canvas.pages, 1):
        run = Run(f"{title} - page {number} of {len(canvas.pages)}")
        page.append(draw_text((PAGE_WIDTH - run.width(8)) / 2, MARGIN / 2, run, 8))


def as_pdf(pages: list[list[str]], title: str) -> bytes:
    """The drawing commands as the bytes of a PDF file."""
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {} 0 R >>"
    first = 6  # the number of the first page's object; its content is the next one
    kids = " ".join(f"{first + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        font.format("Helvetica"),
        font.format("Helvetica-Bold"),
        f"<< /Title ({title}) >>",
    ]
    for i, commands in enumerate(pages):
        stream = "\n".join(commands)
        objects.append(page.format(PAGE_WIDTH, PAGE_HEIGHT, first + 2 * i + 1))
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}\nendstream")
    return assembled([text.encode("cp1252") for text in objects])


def assembled(objects: list[bytes]) -> bytes:
    """Numbered objects, and the table of where each begins."""
    data, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    tail = b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % size + entries + tail


def make(source: Path) -> bytes:
    """The PDF of one source text."""
    text = source.read_text(encoding="utf-8")
    title = text.split("\n", 1)[0].removeprefix("# ")
    canvas = draw(text)
    footers(canvas, title)
    return as_pdf(canvas.pages, title)


def main() -> None:
    for source in sorted((HERE / "sources").glob("*.md")):
        target = HERE / "documents" / f"{source.stem}.pdf"
        target.write_bytes(make(source))
        print(f"{target.relative_to(HERE.parent)}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
