"""A document being written: paragraphs and table rows whose pieces know which fields they support.

One `Sheet` is set as plain text (`as_text`: every passage's characters are known) or as a PDF (`as_pdf`: its page and
rectangles are known).
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from batchata.citation import Box, Span
from benchmarks.citations.contract import Source
from benchmarks.citations.pdf import LIGATURES, PAGE_HEIGHT, PAGE_WIDTH, Canvas, text_width

SIZE, LEADING, MARGIN = 10.0, 14.0, 60.0
_DESCENT, _ASCENT = 0.22, 0.75  # of the font size: a line's rectangle around its baseline


@dataclass(frozen=True, slots=True)
class Fact:
    """A passage, and the paths of the fields it states; without any it is an aside, there to mislead."""

    paths: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A `Fact` at its place: `span` in a text, `page` (where it begins) and one box a line in a PDF."""

    paths: frozenset[str]
    text: str
    span: Span | None = None
    page: int | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Style:
    """`width`: characters of a line (None: paragraphs are one line). `gap`: between the cells of a row. `hyphens`: long words are
    broken at line ends. `decomposed`: accents stand apart from their letters. `columns`, `ligatures`, `footer` and
    `bottom` (where a page's lines end, in points): of a PDF.
    """

    width: int | None = None
    gap: str = "   "
    hyphens: bool = False
    decomposed: bool = False
    columns: int = 1
    ligatures: bool = False
    footer: str = ""
    bottom: float = MARGIN


Piece = str | Fact
Char = tuple[str, int]  # a character and the number of the fact it belongs to, -1: none


@dataclass(frozen=True, slots=True)
class _Part:
    pieces: tuple[Piece, ...]
    row: bool = False
    close: bool = False  # no empty line behind it


@dataclass
class Sheet:
    style: Style = field(default_factory=Style)
    parts: list[_Part] = field(default_factory=list)

    def para(self, *pieces: Piece) -> None:
        self.parts.append(_Part(pieces))

    def line(self, *pieces: Piece) -> None:
        self.parts.append(_Part(pieces, close=True))

    def row(self, paths: str, *cells: str) -> None:
        """A table's row; as a whole it states the fields."""
        self.parts.append(_Part((fact(paths, "\x1f".join(cells)),), row=True, close=True))

    def gap(self) -> None:
        self.parts.append(_Part(("",)))


def fact(paths: str, text: str) -> Fact:
    """`paths` divided by spaces; none: an aside."""
    return Fact(tuple(paths.split()), text)


def under(prefix: str, names: str) -> str:
    return " ".join(f"{prefix}.{name}" for name in names.split())


def as_text(sheet: Sheet, name: str) -> tuple[Source, tuple[Passage, ...]]:
    facts: list[Fact] = []
    chars: list[Char] = []
    style = sheet.style
    for part in sheet.parts:
        body = _chars(part, facts, style)
        body = [(gap_char, owner) for char, owner in body for gap_char in (style.gap if char == "\x1f" else char)]
        if style.width and not part.row:
            body = list(chain.from_iterable(_wrapped(body, _at_most(style.width), style.hyphens)))
        chars += [*body, ("\n", -1), *([] if part.close else [("\n", -1)])]
    text = "".join(char for char, _ in chars)
    places: dict[int, list[int]] = {}
    for index, (_, owner) in enumerate(chars):
        places.setdefault(owner, []).append(index)
    return Source(name, text=text), tuple(
        Passage(frozenset(said.paths), text[places[i][0] : places[i][-1] + 1], Span(places[i][0], places[i][-1] + 1))
        for i, said in enumerate(facts)
    )


def as_pdf(sheet: Sheet, name: str) -> tuple[Source, tuple[Passage, ...]]:
    facts: list[Fact] = []
    style = replace(sheet.style, decomposed=False)  # the font has whole letters only, and no pictures
    setter = _Setter(style)
    for part in sheet.parts:
        body = [char for char in _chars(part, facts, style) if unicodedata.category(char[0]) != "So"]
        if part.row:
            setter.row(body)
        else:
            setter.paragraph(body)
        if not part.close:
            setter.y -= LEADING / 2
    setter.footer()
    return Source(name, pdf=setter.canvas.to_bytes()), tuple(
        Passage(frozenset(said.paths), _shown(said.text), None, setter.boxes[i][0].page, tuple(setter.boxes[i]))
        for i, said in enumerate(facts)
    )


def _shown(text: str) -> str:
    """A fact's text as a PDF shows it."""
    return "".join(char for char in text.replace("\x1f", " ") if unicodedata.category(char) != "So")


def _at_most(width: int) -> Callable[[list[Char]], bool]:
    return lambda line: len(line) <= width


def _chars(part: _Part, facts: list[Fact], style: Style) -> list[Char]:
    chars: list[Char] = []
    for i, piece in enumerate(part.pieces):
        owner = -1
        if isinstance(piece, Fact):
            owner = len(facts)
            facts.append(piece)
        text = piece.text if isinstance(piece, Fact) else piece
        text = unicodedata.normalize("NFD", text) if style.decomposed else text
        chars += [*([(" ", -1)] if i else []), *((char, owner) for char in text)]
    return chars


def _words(chars: list[Char]) -> Iterator[list[Char]]:
    """Words, each with the space behind it as its last character."""
    word: list[Char] = []
    for char in chars:
        word.append(char)
        if char[0] == " ":
            yield word
            word = []
    yield word


def _wrapped(chars: list[Char], fits: Callable[[list[Char]], bool], hyphens: bool) -> Iterator[list[Char]]:
    """Lines; the space at which one was broken has become a line feed."""
    line: list[Char] = []
    for word in _words(chars):
        bare = word[:-1] if word and word[-1][0] == " " else word
        if line and not fits(line + bare):
            cut = _cut(line, bare, fits) if hyphens else 0
            if cut:
                yield [*line, *bare[:cut], ("-", bare[cut][1]), ("\n", bare[cut][1])]
                line = word[cut:]
                continue
            yield [*line[:-1], ("\n", line[-1][1])]
            line = []
        line = line + word
    if line:
        yield line


def _cut(line: list[Char], word: list[Char], fits: Callable[[list[Char]], bool]) -> int:
    """After how many letters a long plain word may be broken so that its beginning and a hyphen fit; 0: not."""
    letters = "".join(char for char, _ in word)
    if len(letters) < 9 or not letters.isalpha() or not letters.islower() or len({owner for _, owner in word}) > 1:
        return 0
    return next((cut for cut in range(len(word) - 3, 3, -1) if fits([*line, *word[:cut], ("-", -1)])), 0)


class _Setter:
    """Sets lines on pages from top to bottom, column by column, and notes where every fact has come to stand."""

    def __init__(self, style: Style) -> None:
        self.style, self.canvas, self.column = style, Canvas(), 0
        self.y = PAGE_HEIGHT - MARGIN
        self.boxes: dict[int, list[Box]] = {}
        self.width = (PAGE_WIDTH - 2 * MARGIN - 24 * (style.columns - 1)) / style.columns

    @property
    def left(self) -> float:
        return MARGIN + self.column * (self.width + 24)

    def paragraph(self, chars: list[Char]) -> None:
        chars = self._joined(chars)
        for line in _wrapped(chars, lambda line: self._wide([*line]) <= self.width, self.style.hyphens):
            self._down()
            self._set(self.left, [char for char in line if char[0] != "\n"])

    def row(self, chars: list[Char]) -> None:
        self._down()
        cells: list[list[Char]] = [[]]
        for char in self._joined(chars):
            if char[0] == "\x1f":
                cells.append([])
            else:
                cells[-1].append(char)
        step = self.width / (len(cells) + 1)  # the first cell, the name of the row, is as wide as two
        for i, cell in enumerate(cells):
            self._set(self.left + (step * (i + 1) if i else 0), cell)

    def footer(self) -> None:
        for number, page in enumerate(self.canvas.pages, 1):
            if self.style.footer:
                canvas = Canvas([page])
                canvas.text(MARGIN, MARGIN / 2, self.style.footer.format(number), 8)

    def _joined(self, chars: list[Char]) -> list[Char]:
        if not self.style.ligatures:
            return chars
        joined: list[Char] = []
        for char, owner in chars:
            pair = joined[-1][0] + char if joined and joined[-1][1] == owner else ""
            if pair in LIGATURES:
                joined[-1] = (LIGATURES[pair], owner)
            else:
                joined.append((char, owner))
        return joined

    def _wide(self, chars: list[Char]) -> float:
        return text_width("".join(char for char, _ in chars), SIZE)

    def _down(self) -> None:
        self.y -= LEADING
        if self.y >= self.style.bottom:
            return
        self.y, self.column = PAGE_HEIGHT - MARGIN - LEADING, self.column + 1
        if self.column == self.style.columns:
            self.column = 0
            self.canvas.pages.append([])

    def _set(self, x: float, line: list[Char]) -> None:
        self.canvas.text(x, self.y, "".join(char for char, _ in line), SIZE)
        edges = [x]
        for char, _ in line:
            edges.append(edges[-1] + text_width(char, SIZE))
        for owner in sorted({owner for _, owner in line if owner >= 0}):
            own = [i for i, (char, of) in enumerate(line) if of == owner and char != " "]
            if own:
                self._box(owner, edges[own[0]], edges[own[-1] + 1])

    def _box(self, owner: int, left: float, right: float) -> None:
        page = len(self.canvas.pages)
        box = Box(page, left, self.y - _DESCENT * SIZE, right, self.y + _ASCENT * SIZE)
        boxes = self.boxes.setdefault(owner, [])
        if boxes and (boxes[-1].page, boxes[-1].bottom) == (page, box.bottom) and boxes[-1].left < left:
            box = replace(box, left=boxes.pop().left)  # the next cell of the same row
        boxes.append(box)
