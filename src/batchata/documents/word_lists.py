"""The numbers and bullets of a Word document's paragraphs, which its text does not hold: they are counted, as Word counts.

A contract's "4.2" is often one of these. Levels, formats and restarts are those of ISO/IEC 29500-1, 17.9. Pure.
"""

import re
from collections.abc import Mapping
from typing import Final

from batchata.documents.word_numbering import Level, Num, Numbering, Styles

_OLDEST_STYLE: Final = 20  # styles based on styles: beyond, they go round in a circle
_PLACE: Final = re.compile(r"%([1-9])")
_ROMAN: Final = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ["m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"],
        strict=True,
    )
)
_MOST_LETTERS: Final = 260
_MOST_ROMAN: Final = 3999


class Lists:
    """Asked for the mark of each paragraph in turn, it counts them."""

    def __init__(self, numbering: Numbering, styles: Styles) -> None:
        self._numbering = numbering
        self._styles = styles.styles
        self._counts: dict[str, dict[int, int]] = {}  # of each list's levels
        self._begun: set[tuple[str, int]] = set()

    def mark(self, style: str, num: str, level: int) -> str:
        """What stands before the next paragraph, which names this style, list and level; "" where nothing does."""
        if not num:
            num, level = self._by_style(style)
        found = self._numbering.nums.get(num)
        levels = self._levels(num)
        if found is None or level not in levels:
            return ""
        self._count(num, found, level, levels)
        return _said(level, levels, self._counts[found.abstract])

    def _levels(self, num: str) -> Mapping[int, Level]:
        found = self._numbering.nums.get(num, Num())
        return self._numbering.abstract.get(found.abstract, {}) | found.levels

    def _by_style(self, name: str) -> tuple[str, int]:
        for _ in range(_OLDEST_STYLE):
            style = self._styles.get(name)
            if style is None:
                break
            if style.num:
                named = (level for level, what in self._levels(style.num).items() if what.style == name)
                return style.num, next(named, style.level)
            name = style.parent
        return "", 0

    def _count(self, num: str, found: Num, level: int, levels: Mapping[int, Level]) -> None:
        """Lists that are the same underneath go on from each other, unless one says where it starts."""
        counts = self._counts.setdefault(found.abstract, {})
        for above in range(level):
            counts.setdefault(above, levels[above].start if above in levels else 1)
        if level in found.starts and (num, level) not in self._begun:
            counts[level] = found.starts[level]
        else:
            counts[level] = counts[level] + 1 if level in counts else levels[level].start
        self._begun.add((num, level))
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]


def _said(level: int, levels: Mapping[int, Level], counts: Mapping[int, int]) -> str:
    this = levels[level]
    if this.format == "bullet":
        return "  " * level + "- "

    def number(place: re.Match[str]) -> str:
        which = int(place[1]) - 1
        form = "decimal" if this.legal or which not in levels else levels[which].format
        return _written(counts.get(which, 1), form)

    text = _PLACE.sub(number, this.text).strip()
    return f"{text} " if text else ""


def _written(number: int, form: str) -> str:
    match form:
        case "none":
            return ""
        case "decimalZero":
            return f"{number:02}"
        case "lowerLetter" | "upperLetter" if 1 <= number <= _MOST_LETTERS:
            letters = chr(ord("a") + (number - 1) % 26) * ((number + 25) // 26)
            return letters if form == "lowerLetter" else letters.upper()
        case "lowerRoman" | "upperRoman" if 1 <= number <= _MOST_ROMAN:
            return _roman(number) if form == "lowerRoman" else _roman(number).upper()
        case _:
            return str(number)


def _roman(number: int) -> str:
    digits = ""
    for value, letters in _ROMAN:
        digits += letters * (number // value)
        number %= value
    return digits
