"""A text as folded words with their places: what quotes and documents are compared by.

A word is what people read as one: case, accents, ligatures, apostrophes, soft hyphens and the hyphen at which a line was broken make
no difference. Numbers are words of their own in one form (1,000 is 1000), so are currency signs, % and check marks;
all other punctuation and white space is nothing. Places are those of the text as it was given, whatever its Unicode.
"""

import functools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Container
from itertools import accumulate
from typing import Final

from batchata.grounding.exact import is_exact, numbers_of
from batchata.grounding.lexicon import CHECKS, COUNTED
from batchata.grounding.plain import plain

_HYPHENS: Final = "\\-\u2010\u2011"
_APOSTROPHES: Final = "'`\u00b4\u02bc\u2018\u2019\u201b\u2032"
# Scripts written without spaces: each character is a word.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED_ONE: Final = re.compile(f"[{_UNSPACED}]")
_MARKS: Final = "\u00d7\ufffd"  # times, and what could not be read, within words
_LAST_LATIN: Final = "\u024f"
_LATIN: Final = (
    "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"  # read faster than letters of all scripts
)
_BREAKING: Final = "-\u2010\u2011 \t\r\n"
_MINUS: Final = "\\-\u2010-\u2015\u2212"
_MINUSES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_GAPS: Final = "\u00a0\u2009\u202f"  # spaces that group digits
_SPELLED: Final = {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "\u00d7": "x"}

_NUMBER: Final = rf"""
    \d{{1,3}}(?:\.\d{{3}})+,\d+(?!\d)                        # 1.234,50
  | \d{{1,3}}(?:[,{_APOSTROPHES}]\d{{3}})+(?:[.,]\d+)?(?!\d)  # 1,234.50  1'234.50; digits grouped by spaces are several words
  | \d+\u2044\d+                                             # what a half is taken apart to
  | \d+(?:\.\d+)*                                            # 1234.50  3.2.1
"""
_SEPARATOR: Final = re.compile(r"[.,' ]")
# Where no word, number or mark runs on, and none is read in another way for what stands on the other side.
_LINE_END: Final = re.compile(r"(?<=[A-Za-z0-9.,;:!?)%])\s*\n(?=[A-Za-z0-9])")


class Words:
    """`words[i]` is folded, and stands at `text[starts[i]:ends[i]]`.

    `broken`: a line's end broke some. `known`: words by which to tell `thirty-day` from `ten-ant` there; the text's own where none are
    given.
    """

    __slots__ = ("_joined", "_offsets", "_positions", "broken", "ends", "starts", "text", "words")

    def __init__(self, text: str, known: Container[str] | None = None) -> None:
        self.text = text
        self.words: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self._joined: str | None = None
        self._offsets: list[int] = []
        self._positions: dict[str, list[int]] | None = None
        read, places = plain(text)
        broken = self._read(read)
        self.broken = bool(broken)
        if broken:
            apart = frozenset(broken)
            whole = {word for index, word in enumerate(self.words) if index not in apart} if known is None else known
            self._part(broken, read, whole)
        if places:
            self.starts = [places[start] for start in self.starts]
            self.ends = [places[end - 1] + 1 for end in self.ends]

    def _read(self, text: str) -> list[int]:
        """Take the words in; the indexes of those that a line's end broke."""
        broken: list[int] = []
        add, start, end = self.words.append, self.starts.append, self.ends.append
        for found in _pattern(text).finditer(text):
            said, (first, last) = found[0], found.span()
            kind = found.lastgroup
            if said.isascii() and said.isalpha():
                add(said.lower())
            elif kind == "word":
                if not (word := fold(said)):
                    continue
                if "\n" in said:
                    broken.append(len(self.words))
                add(word)
            elif kind == "number":
                add(number_form(said, text, first))
            elif kind == "sign":
                add(said if said[-1:] == said else f"-{said[-1]}")
            elif kind == "box":
                add("[x]" if "x" in said.lower() else "[ ]")
            else:
                continue
            start(first)
            end(last)
        return broken

    def _part(self, broken: list[int], text: str, known: Container[str]) -> None:
        """Make two words of those that a line's end broke at their own hyphen: non-exclusive, thirty-day."""
        for index in reversed(broken):
            start, end = self.starts[index], self.ends[index]
            parts = _parted(text[start:end], self.words[index], known)
            if parts:
                head, tail = parts
                self.words[index : index + 1] = [fold(head), fold(tail)]
                self.starts.insert(index + 1, end - len(tail))
                self.ends.insert(index, start + len(head))

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

    def numbers(self, first: int = 0, last: int | None = None) -> list[str]:
        """The numbers and signs from one word to another; digits that nothing parts are one number: 10 and its exponent."""
        some: list[str] = []
        for index in range(first, len(self.words) if last is None else last):
            word = self.words[index]
            touches = index > first and self.starts[index] == self.ends[index - 1]
            if touches and word.isdigit() and some[-1].isdigit():
                some[-1] += word
            else:
                some.append(word)
        return numbers_of(some)

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


def lines_about(text: str, start: int, end: int, most: int) -> tuple[int, int] | None:
    """Lines with `text[start:end]` in them that hold the same words by themselves as within the text.

    None where there are none within so many characters around it.
    """
    before = [found.end() for found in _LINE_END.finditer(text, max(0, start - most), start + 1)]
    after = _LINE_END.search(text, end, end + most)
    if (not before and start > most) or (after is None and end + most < len(text)):
        return None
    return before[-1] if before else 0, after.start() if after else len(text)


def _parted(said: str, whole: str, known: Container[str]) -> tuple[str, str] | None:
    """The two halves of a word at a line's end where its hyphen is not the printer's, and its first half must agree."""
    at = min((place for hyphen in "-\u2010\u2011" if (place := said.find(hyphen)) >= 0), default=0)
    head, tail = said[:at], said[at:].lstrip(_BREAKING)
    first, last = fold(head), fold(tail)
    if not first or not last or not is_exact(first) or whole in known:
        return None
    return (head, tail) if first == "non" or last in known or last in COUNTED else None


def fold(said: str) -> str:
    r"""A word in the form it is compared in: `Coöpera-\\ntive` is `cooperative`, `ﬁve` is `five`."""
    if said.isalpha() and said.isascii():
        return said.lower()
    return "".join(map(_folded, said))


@functools.lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    whole = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    whole = "".join(_SPELLED.get(c, c) for c in whole)
    # Accents go; vowel signs and the like of other scripts stay, for there they are letters.
    return "".join(
        c for c in whole if c.isalnum() or (unicodedata.category(c)[0] == "M" and not "\u0300" <= c <= "\u036f")
    )


def number_form(said: str, text: str = "", start: int = 0) -> str:
    """One form for all ways of writing a number: digits, a point, and a minus for (1,250.00) too."""
    if said.isdecimal() and said.isascii():
        return said
    digits = said.lstrip(_MINUSES)
    minus = "-" if digits != said else ""
    if not digits.isascii():
        digits = "".join(_digit(c) for c in digits)
    groups = _SEPARATOR.split(digits)
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
    marks = _SEPARATOR.findall(digits)
    first, last = marks[0], marks[-1]
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
    return unicodedata.normalize("NFKC", character).casefold()


def _pattern(text: str) -> re.Pattern[str]:
    if text.isascii():
        return _compiled("", "", "", "A-Za-z")
    marks, signs, numerals = [], [], []
    for character in set(text):
        if ord(character) < 128:
            continue
        kind = unicodedata.category(character)
        if kind[0] == "M" or character in _MARKS or (kind == "So" and _folded(character)):
            marks.append(character)
        elif kind == "Sc" or character in CHECKS or character == "\u2030":
            signs.append(character)
        elif kind in ("No", "Nl"):
            numerals.append(character)
    marked, signed, counted = ("".join(sorted(map(re.escape, some))) for some in (marks, signs, numerals))
    letters = _LATIN
    if any(character > _LAST_LATIN and character.isalpha() for character in set(text)):
        letters = rf"^\W\d_{counted}{_UNSPACED if _UNSPACED_ONE.search(text) else ''}"
    return _compiled(marked, signed, counted, letters)


@functools.lru_cache(maxsize=256)
def _compiled(marks: str, signs: str, numerals: str, letters: str) -> re.Pattern[str]:
    letter = f"[{letters}]"
    if marks:
        letter = rf"(?:{letter}|[{marks}])"
    voiced = "[\u3099\u309a]?"  # that is ga where it is taken apart to ka and a mark
    joint = rf"(?:[{_APOSTROPHES}]|[{_HYPHENS}][ \t]*\r?\n\s*)"
    signs = f"$%{signs}"
    return re.compile(
        rf"""
        (?=\S)(?:
        (?P<word>{letter}+(?:{joint}{letter}+)*|[{_UNSPACED}]{voiced})
      | (?P<number>(?:(?<![\w)\]])[{_MINUS}](?=\d))?(?:{_NUMBER})|[{numerals or "0"}])
      | (?P<box>\[(?:\s+|[xX])\](?!\())
      | \]\((?=[^)\s]*[/\#:])[^)\s]*\)                          # where a Markdown link leads is not said
      | (?P<sign>(?:(?<![\w)\]])[{_MINUS}](?=.\d))?[{signs}])
        )
        """,
        re.VERBOSE,
    )
