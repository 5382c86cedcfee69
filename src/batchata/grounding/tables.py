"""Tables in Markdown: the heads of their columns say what stands in the cells below."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_RULE: Final = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$", re.MULTILINE)
_CELL: Final = re.compile(r"(?:[^|\n\\]|\\.)*")


@dataclass(frozen=True, slots=True)
class Cell:
    start: int
    end: int
    head: str
    text: str


def cells(text: str, is_named: Callable[[str], bool]) -> Iterator[Cell]:
    """The cells of tables with three columns or more; of two, where both heads name a field (else the first column names what the
    second says). The row of heads is a cell, empty.
    """
    for rule in _RULE.finditer(text):
        above = text[: rule.start()].removesuffix("\n").rpartition("\n")[2]
        heads = [head.strip() for head in above.strip().strip("|").split("|")]
        place = rule.end() + 1
        if len(heads) < 3 and not all(map(is_named, heads)):
            continue
        if len(heads) > 1:
            yield Cell(rule.start() - len(above) - 1, rule.end(), "", "")
        while len(heads) > 1 and place < len(text):
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
            if "|" not in text[place:end]:
                break
            yield from _row(text, place, end, heads)
            place = end + 1


def _row(text: str, start: int, end: int, heads: list[str]) -> Iterator[Cell]:
    while start < end and text[start] in " \t|":
        start += 1
        if text[start - 1] == "|":
            break
    for head in heads:
        found = _CELL.match(text, start, end)
        if not found or start >= end:
            break
        yield Cell(start, found.end(), head, found[0].strip())
        start = found.end() + 1
