"""How the words of a document stand in it, with a capital or without, and so which words of a quote may be slips for them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from batchata.grounding.align import Slip
from batchata.grounding.common import is_common
from batchata.grounding.exact import is_numeric, is_short
from batchata.grounding.slips import Quoted, Standing, is_slip
from batchata.grounding.words import Words

_MUCH: Final = 12  # words of a quote of which so much else is the same that a word may differ in more
_MOST_SEEN: Final = 50  # places of a word at which its case is looked at
_LEAST_SHOUTED: Final = 4  # letters of a word in capitals; shorter ones are names: NY
_STOPS, _MOST_MARKS = ".;!?", 20
_MARKS: Final = "*_#>|-\u2022\u2013\"'\u201c\u2018([ \t"


def slips(text: Words, quoted: Words, low: int) -> Slip:
    """Whether word i of the quote may be a slip for word `low + j` of the text."""
    asked = [_asked(text, quoted, index) for index in range(len(quoted))]
    cased = not quoted.text.islower()

    def may_be(i: int, j: int) -> bool:
        place = low + j
        after_numbers = i and place and is_numeric(quoted.words[i - 1]) and is_numeric(text.words[place - 1])
        if after_numbers and is_short(text.words[place]):
            return False  # of what follows a number a letter counts
        said, written = _spelled(quoted, i), _spelled(text, place)
        one = replace(asked[i], small=cased and said[0].islower() and written[0].isupper())
        # A small letter among capitals was never meant to be there.
        odd = _is_odd(said) and not _is_odd(written)
        return is_slip(one, text.words[place], "common" if odd else standing(text, place))

    return may_be


def _spelled(words: Words, index: int) -> str:
    return words.text[words.starts[index] : words.ends[index]]


def _is_odd(word: str) -> bool:
    """Has a word a case that none is written in: VcT?"""
    return word.isalpha() and not (word.islower() or word.isupper() or word.istitle())


def _asked(text: Words, quoted: Words, index: int) -> Quoted:
    word = quoted.words[index]
    beside: Sequence[str] = (*quoted.words[max(0, index - 1) : index], *quoted.words[index + 1 : index + 2])
    dated = any(other[0].isdigit() for other in beside)
    return Quoted(word, word in text.positions, dated=dated, much=len(quoted) > _MUCH)


def standing(text: Words, index: int) -> Standing:
    """How a word stands in the text: with a capital here, and wherever else?"""
    word, written = text.words[index], _spelled(text, index)
    if written[0].islower() or not written[0].isalpha():
        return "common"
    common = is_common(word) or any(_is_small(text, place) for place in text.positions[word][:_MOST_SEEN])
    if not common:
        return "name"
    shouted = len(written) >= _LEAST_SHOUTED and written.isupper()
    return "common" if shouted or _begins(text.text, text.starts[index]) else "term"


def _is_small(text: Words, index: int) -> bool:
    """Is a word written without a capital, and not as part of an address?"""
    start, end = text.starts[index], text.ends[index]
    before, after = text.text[start - 1 : start], text.text[end : end + 2]
    address = before in ("@", ".", "/") or after[:1] in ("@", "/") or (after[:1] == "." and after[1:].isalnum())
    return text.text[start].islower() and not address


def _begins(text: str, start: int) -> bool:
    """Does a sentence or a line begin here?"""
    before = text[max(0, start - _MOST_MARKS) : start].rstrip(_MARKS)
    return before[-1:] in ("", "\n", *_STOPS)
