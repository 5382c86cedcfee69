"""Text put together as HTML and Word both have it: lines, list marks, tables within tables. Pure.

A table's cells stand on one line with tabs between them. A row that is there for the layout (a single cell, or one that
holds a table) gives its cells' lines as they are.
"""

import re

_DEEPEST = 8  # tables within tables that are told apart: each level costs one more copy of its text

_SPACES = re.compile(r"[ \t\n\r\f]+")


class Flow:
    """Pieces of text, with line ends between them that are owed and only paid when more text comes."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._line_ends = 0
        self._mark = ""
        self._space = False

    @property
    def empty(self) -> bool:
        return not self._pieces

    def write(self, text: str) -> None:
        if not text:
            return
        if self._pieces:
            self._pieces.append("\n" * self._line_ends)
        self._pieces += (self._mark, text)
        self._line_ends, self._mark, self._space = 0, "", False

    def write_words(self, text: str) -> None:
        """White space counts as one space, and as none where a line begins or ends."""
        text = _SPACES.sub(" ", text)
        words = text.strip(" ")
        spaced = self._space or text.startswith(" ")
        if words:
            inside = spaced and self._pieces and not self._line_ends
            self.write(f" {words}" if inside else words)
        self._space = text.endswith(" ") if words else spaced

    def end_line(self) -> None:
        """One more line end, and never more than an empty line."""
        self._line_ends = min(2, self._line_ends + 1)

    def begin_line(self, blank: int = 0) -> None:
        """What comes next begins a line, after so many empty ones."""
        self._line_ends = max(self._line_ends, 1 + blank)

    def mark(self, mark: str) -> None:
        """Put before the next text, such as a list item's number."""
        self._mark = mark

    def text(self) -> str:
        return "".join(self._pieces)


class Table:
    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self._stacked: set[int] = set()  # rows that hold a table
        self.cell_open = False

    def begin_row(self) -> None:
        self._rows.append([])

    def add(self, cell: str) -> None:
        if not self._rows:
            self.begin_row()
        self._rows[-1].append(cell)

    def hold_table(self) -> None:
        self._stacked.add(max(0, len(self._rows) - 1))

    def text(self) -> str:
        return "\n".join(filter(None, (self._row(index, row) for index, row in enumerate(self._rows))))

    def _row(self, index: int, row: list[str]) -> str:
        if len(row) == 1 or index in self._stacked:
            return "\n".join(filter(str.strip, row))
        cells = [" ".join(cell.split()) for cell in row]
        return "\t".join(cells) if any(cells) else ""


class Sheet:
    """A flow and the tables open in it. Whatever order the calls come in, each does something sensible."""

    def __init__(self) -> None:
        self._flows = [Flow()]  # the outermost, then one for each open cell
        self._tables: list[Table] = []
        self._too_deep = 0

    @property
    def flow(self) -> Flow:
        return self._flows[-1]

    @property
    def in_cell(self) -> bool:
        return len(self._flows) > 1

    def open_table(self) -> None:
        self.flow.begin_line()
        if self._too_deep or len(self._tables) == _DEEPEST:
            self._too_deep += 1
        else:
            self._tables.append(Table())

    def open_row(self) -> None:
        if self._in_table():
            self.close_cell()
            self._tables[-1].begin_row()

    def open_cell(self) -> None:
        if self._in_table():
            self.close_cell()
            self._flows.append(Flow())
            self._tables[-1].cell_open = True

    def close_cell(self) -> None:
        if self._in_table() and self._tables[-1].cell_open:
            self._tables[-1].cell_open = False
            self._tables[-1].add(self._flows.pop().text())

    def close_table(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
        elif self._tables:
            self.close_cell()
            text = self._tables.pop().text()
            self.flow.begin_line()
            self.flow.write(text)
            if self._tables and text:
                self._tables[-1].hold_table()
        self.flow.begin_line()

    def text(self) -> str:
        """All of it; what is still open is closed."""
        self._too_deep = 0
        while self._tables:
            self.close_table()
        return self.flow.text()

    def _in_table(self) -> bool:
        if self._tables and not self._too_deep:
            return True
        self.flow.begin_line()
        return False
