"""What a Word document says about its lists: the parts `numbering.xml` and `styles.xml`, as their XML goes by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from batchata.documents.word_names import is_on, local, number, word

_LEVELS: Final = 9
_LONGEST_TEXT: Final = 64


@dataclass(slots=True)
class Level:
    """`text` has `%1` to `%9` for the numbers of the levels; `style` names paragraphs that are of this level by their style."""

    start: int = 1
    format: str = "decimal"
    text: str = ""
    style: str = ""
    legal: bool = False  # all numbers in decimal


@dataclass(slots=True)
class Num:
    """What paragraphs name: a list, some levels of which may be other ones, or start elsewhere."""

    abstract: str = ""
    levels: dict[int, Level] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Style:
    parent: str = ""
    num: str = ""
    level: int = 0


class Numbering:
    def __init__(self) -> None:
        self.abstract: dict[str, dict[int, Level]] = {}
        self.nums: dict[str, Num] = {}
        self._levels: dict[int, Level] = {}  # those that the next ones join
        self._level, self._num, self._place = Level(), Num(), 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        value = local(attributes, "val")
        match word(name):
            case "abstractNum":
                self._levels = self.abstract.setdefault(local(attributes, "abstractNumId"), {})
            case "num":
                self._num = self.nums[local(attributes, "numId")] = Num()
                self._levels = self._num.levels
            case "abstractNumId":
                self._num.abstract = value
            case "lvlOverride":
                self._place = number(local(attributes, "ilvl"), 0) % _LEVELS
            case "startOverride":
                self._num.starts[self._place] = number(value, 1)
            case "lvl":
                self._level = self._levels[number(local(attributes, "ilvl"), 0) % _LEVELS] = Level()
            case "start":
                self._level.start = number(value, 1)
            case "numFmt":
                self._level.format = value
            case "lvlText":
                self._level.text = value[:_LONGEST_TEXT]
            case "pStyle":
                self._level.style = value
            case "isLgl":
                self._level.legal = is_on(attributes)

    def end(self, name: str) -> None:
        pass

    def say(self, text: str) -> None:
        pass


class Styles:
    def __init__(self) -> None:
        self.styles: dict[str, Style] = {}
        self._style = Style()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        match word(name):
            case "style":
                self._style = self.styles[local(attributes, "styleId")] = Style()
            case "basedOn":
                self._style.parent = local(attributes, "val")
            case "numId":
                self._style.num = local(attributes, "val")
            case "ilvl":
                self._style.level = number(local(attributes, "val"), 0) % _LEVELS

    def end(self, name: str) -> None:
        pass

    def say(self, text: str) -> None:
        pass
