"""One part of a Word document (its body, a head, a foot, its notes) to text, as its XML goes by.

A paragraph is a line. What WordprocessingML says in several ways is taken once: of alternative contents the first, of tracked
changes the new text, of a field its result.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias, TypeVar

from batchata.documents.flow import Flow, Sheet
from batchata.documents.word_lists import Lists
from batchata.documents.word_names import WORD, is_on, local, number

_MATH: Final = (
    "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "http://purl.oclc.org/ooxml/officeDocument/math",
)
_ALTERNATIVE: Final = ("http://schemas.openxmlformats.org/markup-compatibility/2006",)
_DRAWING: Final = (
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing",
)

_DEEPEST_BOX: Final = 4  # text boxes within text boxes
# Check marks and boxes of the Wingdings fonts, which people use in forms.
_SYMBOLS: Final = {"6f": "☐", "71": "☐", "a8": "☐", "78": "☒", "fd": "☒", "fe": "☑", "52": "☑", "fb": "✗", "fc": "✓"}

_T = TypeVar("_T")
_Start: TypeAlias = Callable[[Mapping[str, str]], None]
_End: TypeAlias = Callable[[], None]


class PartText:
    """Takes the XML of a part; then `text()` is what it says.

    `noted`: the notes referred to, in their order; `notes`: the texts of those that stand in this part; `furniture`: relation
    ids of the heads and feet that its sections use.
    """

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self.noted: dict[tuple[str, str], int] = {}
        self.notes: dict[tuple[str, str], str] = {}
        self.furniture: list[str] = []
        self._sheets = [Sheet()]  # the part's own, then one for each box or note we are in
        self._boxes: list[list[str]] = [[]]  # beside each: texts of boxes that follow the paragraph they hang on
        self._note: tuple[str, str] | None = None
        self._skipped = 0  # how deep we are in something that is left out
        self._chosen: list[bool] = []  # for each alternative we are in: was one taken?
        self._saying = False
        self._in_run = False
        self._hidden = False
        self._style, self._num, self._level = "", "", 0  # of the paragraph that just began
        self._starts = self._when_started()
        self._ends = self._when_ended()

    def text(self) -> str:
        return self._sheets[0].text()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
        elif (action := self._starts.get(name)) is not None:
            action(attributes)

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif (action := self._ends.get(name)) is not None:
            action()

    def say(self, text: str) -> None:
        if self._saying:
            self._write(text.replace("\xad", ""))

    def _when_started(self) -> dict[str, _Start]:
        # `tabs` are a paragraph's stops, not its tabs; `rt` is the reading of a ruby.
        return {
            **_each(WORD, "del moveFrom delText instrText tabs rt pPrChange rPrChange", self._skip),
            **_each(WORD, "p", self._begin_paragraph),
            **_each(WORD, "pStyle", self._set_style),
            **_each(WORD, "numId", self._set_num),
            **_each(WORD, "ilvl", self._set_level),
            **_each(WORD, "r", self._begin_run),
            **_each(WORD, "vanish", self._vanish),
            **_each(WORD + _MATH, "t", self._begin_text),
            **_each(WORD, "tab ptab", lambda _: self._write("\t")),
            **_each(WORD, "noBreakHyphen", lambda _: self._write("-")),
            **_each(WORD, "br cr", lambda _: self._flow.end_line()),
            **_each(WORD, "sym", self._symbol),
            **_each(_DRAWING, "docPr", self._picture),
            **_each(WORD, "tbl", lambda _: self._sheets[-1].open_table()),
            **_each(WORD, "tr", lambda _: self._sheets[-1].open_row()),
            **_each(WORD, "tc", lambda _: self._sheets[-1].open_cell()),
            **_each(WORD, "txbxContent", self._begin_box),
            **_each(WORD, "footnote", partial(self._begin_note, "footnote")),
            **_each(WORD, "endnote", partial(self._begin_note, "endnote")),
            **_each(WORD, "footnoteReference", partial(self._refer, "footnote")),
            **_each(WORD, "endnoteReference", partial(self._refer, "endnote")),
            **_each(WORD, "headerReference footerReference", self._furnish),
            **_each(_ALTERNATIVE, "AlternateContent", self._begin_alternative),
            **_each(_ALTERNATIVE, "Choice Fallback", self._choose),
        }

    def _when_ended(self) -> dict[str, _End]:
        return {
            **_each(WORD, "p", self._end_paragraph),
            **_each(WORD, "pPr", self._mark),
            **_each(WORD, "r", self._end_run),
            **_each(WORD + _MATH, "t", self._end_text),
            **_each(WORD, "tbl", self._end_table),
            **_each(WORD, "tr tc", self._end_cell),
            **_each(WORD, "txbxContent", self._end_box),
            **_each(WORD, "footnote endnote", self._end_note),
            **_each(_ALTERNATIVE, "AlternateContent", self._end_alternative),
        }

    @property
    def _flow(self) -> Flow:
        return self._sheets[-1].flow

    def _write(self, text: str) -> None:
        if not (self._hidden or self._skipped):
            self._flow.write(text)

    def _skip(self, _: Mapping[str, str]) -> None:
        self._skipped = 1

    def _begin_run(self, _: Mapping[str, str]) -> None:
        self._in_run, self._hidden = True, False

    def _end_run(self) -> None:
        self._in_run = self._hidden = False

    def _vanish(self, attributes: Mapping[str, str]) -> None:
        if self._in_run:  # else it is a paragraph's mark that is hidden
            self._hidden = is_on(attributes)

    def _begin_text(self, _: Mapping[str, str]) -> None:
        self._saying = True

    def _end_text(self) -> None:
        self._saying = False

    def _begin_paragraph(self, _: Mapping[str, str]) -> None:
        self._style, self._num, self._level = "", "", 0

    def _set_style(self, attributes: Mapping[str, str]) -> None:
        self._style = local(attributes, "val")

    def _set_num(self, attributes: Mapping[str, str]) -> None:
        self._num = local(attributes, "val")

    def _set_level(self, attributes: Mapping[str, str]) -> None:
        self._level = number(local(attributes, "val"), 0)

    def _mark(self) -> None:
        self._flow.mark(self._lists.mark(self._style, self._num, self._level))

    def _end_paragraph(self) -> None:
        self._flow.mark("")
        self._flow.end_line()
        for box in self._boxes[-1]:
            self._flow.write(box)
            self._flow.end_line()
        self._boxes[-1].clear()

    def _end_table(self) -> None:
        self._sheets[-1].close_table()

    def _end_cell(self) -> None:
        self._sheets[-1].close_cell()

    def _begin_alternative(self, _: Mapping[str, str]) -> None:
        self._chosen.append(False)

    def _end_alternative(self) -> None:
        del self._chosen[-1:]

    def _choose(self, given: Mapping[str, str]) -> None:
        if self._chosen and self._chosen[-1]:
            self._skip(given)
        self._chosen[-1:] = [True]

    def _begin_box(self, given: Mapping[str, str]) -> None:
        if len(self._sheets) > _DEEPEST_BOX:
            self._skip(given)
        else:
            self._begin_sheet()

    def _end_box(self) -> None:
        text = self._end_sheet()
        self._boxes[-1].append(text)

    def _begin_note(self, kind: str, attributes: Mapping[str, str]) -> None:
        if self._note is not None:
            self._skip(attributes)
        else:
            self._note = (kind, local(attributes, "id"))
            self._begin_sheet()

    def _end_note(self) -> None:
        if self._note is not None:
            self.notes[self._note] = self._end_sheet().strip()
            self._note = None

    def _refer(self, kind: str, attributes: Mapping[str, str]) -> None:
        number = self.noted.setdefault((kind, local(attributes, "id")), len(self.noted) + 1)
        self._write(f"[^{number}]")

    def _begin_sheet(self) -> None:
        self._sheets.append(Sheet())
        self._boxes.append([])
        self._in_run = self._hidden = False

    def _end_sheet(self) -> str:
        self._end_paragraph()
        self._boxes.pop()
        return self._sheets.pop().text()

    def _furnish(self, attributes: Mapping[str, str]) -> None:
        self.furniture.append(local(attributes, "id"))

    def _symbol(self, attributes: Mapping[str, str]) -> None:
        if local(attributes, "font").lower().startswith("wingdings"):
            self._write(_SYMBOLS.get(local(attributes, "char").lower().removeprefix("f0"), ""))

    def _picture(self, attributes: Mapping[str, str]) -> None:
        if words := " ".join(attributes.get("descr", "").split()):
            self._write(f"[image: {words}]")


def _each(namespaces: tuple[str, ...], names: str, action: _T) -> dict[str, _T]:
    return {f"{namespace} {name}": action for namespace in namespaces for name in names.split()}
