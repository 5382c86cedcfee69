"""A text as folded words with their places: what quotes and documents are compared by.

A word is what people read as one: case, accents, ligatures, apostrophes, soft hyphens and the hyphen at which a line was broken make
no difference. Numbers are words of their own in one form (1,000 is 1000), so are currency signs, % and check marks;
all other punctuation and white space is nothing. Places are those of the text as it was given, whatever its Unicode.
"""

import functools
import re
import unicodedata
from bisect import bisect_right
from itertools import accumulate
from typing import Final

from batchata.grounding.exact import is_exact
from batchata.grounding.lexicon import CHECKS

_HYPHENS: Final = "\\-\u2010\u2011"
_APOSTROPHES: Final = "'\u2019\u02bc"
# Scripts written without spaces: each character is a word.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BREAKING: Final = "-\u2010\u2011 \t\r\n"
_GAPS: Final = "\u00a0\u2009\u202f"  # spaces that group digits

_NUMBER: Final = rf"""
    \d{{1,3}}(?:\.\d{{3}})+,\d+(?!\d)                        # 1.234,50
  | \d{{1,3}}(?:[,{_APOSTROPHES}{_GAPS}]\d{{3}})+(?:[.,]\d+)?(?!\d)  # 1,234.50  1'234.50
  | \d+(?:\.\d+)*                                            # 1234.50  3.2.1
"""


class Words:
    """`words[i]` is folded, and stands at `text[starts[i]:ends[i]]`."""

    __slots__ = ("_joined", "_offsets", "_positions", "ends", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self._joined: str | None = None
        self._offsets: list[int] = []
        self._positions: dict[str, list[int]] | None = None
        add, start, end = self.words.append, self.starts.append, self.ends.append
        for found in _pattern(text).finditer(text):
            kind, said = found.lastgroup, found[0]
            if kind == "word":
                if said.isascii() and said.isalpha():
                    add(said.lower())
                    start(found.start())
                elif "\n" in said and (parts := _parted(said)):
                    place = found.start() + len(parts[0])
                    add(fold(parts[0]))
                    start(found.start())
                    end(place)
                    add(fold(parts[1]))
                    start(found.end() - len(parts[1].lstrip(_BREAKING)))
                elif word := fold(said):
                    add(word)
                    start(found.start())
                else:
                    continue
            elif kind == "number":
                add(number_form(said, text, found.start()))
                start(found.start())
            elif kind == "sign":
                add(said)
                start(found.start())
            else:
                continue
            end(found.end())

    def __len__(self) -> int:
        return len(self.words)

    @property
    def joined(self) -> str:
        """All words without anything between them."""
        if self._joined is None:
            self._joined = "".join(self.words)
            self._offsets = [0, *accumulate(map(len, self.words))]
        return self._joined

    @property
    def positions(self) -> dict[str, list[int]]:
        """Where each word stands: its indexes, in order."""
        if self._positions is None:
            self._positions = {}
            for index, word in enumerate(self.words):
                self._positions.setdefault(word, []).append(index)
        return self._positions

    def at(self, offset: int) -> tuple[int, int]:
        """The word that holds this offset of `joined`, and the offset in it."""
        index = bisect_right(self._offsets, offset) - 1
        return index, offset - self._offsets[index]

    def offset(self, index: int) -> int:
        """Where in `joined` a word begins; its length for the index after the last."""
        return self._offsets[index] if self.joined else 0

    def first_from(self, place: int) -> int:
        """The index of the first word that ends after this place of the text."""
        return bisect_right(self.ends, place)


def _parted(said: str) -> tuple[str, str] | None:
    """The two halves of a word at a line's end where its hyphen is not the printer's: thirty-day, non-exclusive."""
    at = (
        min(said.find(hyphen) for hyphen in _BREAKING if hyphen in said)
        if any(h in said for h in "-\u2010\u2011")
        else 0
    )
    head, tail = said[:at], said[at:]
    return (head, tail) if head and is_exact(fold(head)) else None


def fold(said: str) -> str:
    r"""A word in the form it is compared in: `Coöpera-\\ntive` is `cooperative`, `ﬁve` is `five`."""
    if said.isalpha() and said.isascii():
        return said.lower()
    return "".join(map(_folded, said))


@functools.lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    whole = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    # Accents go; vowel signs and the like of other scripts stay, for there they are letters.
    return "".join(
        c for c in whole if c.isalnum() or (unicodedata.category(c)[0] == "M" and not "\u0300" <= c <= "\u036f")
    )


def number_form(said: str, text: str = "", start: int = 0) -> str:
    """One form for all ways of writing a number: digits, a point, and a minus for (1,250.00) too."""
    minus = "-" if said[0] in "-\u2212" else ""
    digits = said.lstrip("-\u2212")
    if not digits.isascii():
        digits = "".join(_digit(c) for c in digits)
    groups = re.split(r"[.,' ]", digits)
    if len(groups) > 1:
        digits = _ungrouped(digits, groups)
    end = start + len(said)
    if "." in digits and text[end : end + 1] == ")" and _opened(text, start):
        minus = "-"
    return minus + digits.removesuffix(".00")


def _opened(text: str, start: int) -> bool:
    before = text[max(0, start - 2) : start].rstrip()
    return before.endswith("(") or (len(before) == 2 and before[0] == "(" and unicodedata.category(before[1]) == "Sc")


def _ungrouped(digits: str, groups: list[str]) -> str:
    first, last = re.findall(r"[.,' ]", digits)[0], re.findall(r"[.,' ]", digits)[-1]
    if first != last:
        return "".join(groups[:-1]) + "." + groups[-1]
    return "".join(groups) if first != "." else digits


def _digit(character: str) -> str:
    if character in _GAPS:
        return " "
    if character in _APOSTROPHES:
        return "'"
    value = unicodedata.digit(character, None)
    if value is not None:
        return str(value)
    return unicodedata.normalize("NFKC", character)


def _pattern(text: str) -> re.Pattern[str]:
    if text.isascii():
        return _compiled("", "", "")
    marks, signs, numerals = [], [], []
    for character in set(text):
        if ord(character) < 128:
            continue
        kind = unicodedata.category(character)
        if kind[0] == "M" or kind == "Cf":
            marks.append(character)
        elif kind == "Sc" or character in CHECKS or character in "\u2030\uff05\ufe6a":
            signs.append(character)
        elif kind in ("No", "Nl"):
            numerals.append(character)
    return _compiled(*("".join(sorted(map(re.escape, some))) for some in (marks, signs, numerals)))


@functools.lru_cache(maxsize=256)
def _compiled(marks: str, signs: str, numerals: str) -> re.Pattern[str]:
    letter = rf"(?:(?![{_UNSPACED}{numerals}])[^\W\d_]|[{marks}])" if marks else rf"(?![{_UNSPACED}{numerals}])[^\W\d_]"
    if not marks and not numerals:
        letter = rf"[^\W\d_{_UNSPACED}]"
    joint = rf"(?:[{_APOSTROPHES}]|[{_HYPHENS}][ \t]*\r?\n\s*)"
    signs = f"$%{signs}"
    return re.compile(
        rf"""
        (?P<word>{letter}+(?:{joint}{letter}+)*|[{_UNSPACED}])
      | (?P<number>(?:(?<![\w)\]])[-\u2212](?=\d))?(?:{_NUMBER})|[{numerals or "0"}])
      | \]\((?=[^)\s]*[/\#:])[^)\s]*\)                          # where a Markdown link leads is not said
      | (?P<sign>(?:(?<![\w)\]])[-\u2212](?=.\d))?[{signs}])
        """,
        re.VERBOSE,
    )
