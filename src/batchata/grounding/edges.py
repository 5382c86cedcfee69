"""Where a passage begins and ends: the punctuation that is the quote's, and what stands before it."""

import re
from typing import Final

from batchata.grounding.plain import in_one_form, plain
from batchata.grounding.words import Words

_QUOTE_MARKS: Final = frozenset("\"'`\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e")
_DASHES: Final = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2212")
_STOPS: Final = frozenset(".;:?!")
_MOST_MARKS: Final = 400  # characters of blanks and marks that are looked at
_PAIRS: Final = {")": "(", "]": "[", "}": "{", "\u201d": "\u201c", "\u00bb": "\u00ab"}
_EMPHASIS: Final = "*_`~"
_MOST_HALVES: Final = 3
_MOST_BLANK: Final = 20
_LONGEST_LABEL: Final = 2
_LINK: Final = re.compile(r"\]\(([^)]*[/#][^)]*)\)")
_ROW_END: Final = re.compile(r"([ \t]*\|)[ \t]*(?:\r?\n|$)")
_ROW_START: Final = re.compile(r"(?:^|\n)[ \t]*(\|[ \t]*)$")
_DIGITS: Final = re.compile(r"\d+[\w%]*")
_JOINED: Final = re.compile(r"\d[-\u2010-\u2015\u2212/:]\d")
_BEFORE: Final = re.compile(
    r"(?:\b(?:not|non|no|never|cannot|without|neither|nor|nicht|kein|keine|ohne|pas|sans|sin|senza|niet|geen)|n['\u2019]t)"
    r"(?:[ \u00a0\n]|[-\u2010\u2011]\n?)$",
    re.IGNORECASE,
)


def ends_sentence(text: str, start: int, end: int) -> bool:
    """Is `text[start:end]` the last word of a sentence? Not so a label: B. or 3."""
    return end - start > _LONGEST_LABEL and text[end : end + 1] in _STOPS and text[end + 1 : end + 2].isspace()


def is_denied_before(text: str, start: int) -> bool:
    """Does the text deny, with the word before it, what begins here? `refundable` of `non-refundable`; not so
    `Parking: Yes` after `Pets: No`.
    """
    before = _BEFORE.search(text, max(0, start - 12), start)
    if before is None:
        return False
    label = text[max(0, before.start() - _MOST_BLANK) : before.start()].rstrip(" \t")
    if before[0].endswith("\n") and label.endswith((":", "|", "=")):
        return False  # the answer of the line before
    return text[start : start + 1].islower() or (before[0][:2].isupper() and text[start : start + 2].isupper())


def cuts_figures(text: str, start: int, end: int) -> bool:
    """Does the text go on with figures, so that the passage has less than a range, a date or a code: 5 of 5\u20139, 03/05 of 03/05/2024?"""
    return bool(_JOINED.match(text, end - 1) or (start > 1 and _JOINED.match(text, start - 2)))


def leads_elsewhere(quote: str, passage: str) -> bool:
    """Have the quote's Markdown links other numbers than the passage's?"""
    leads, others = _numbers_of_links(passage), _numbers_of_links(quote)
    return bool(leads) and not others <= leads


def _numbers_of_links(text: str) -> set[tuple[str, ...]]:
    read = "".join(plain(text)[0].split())
    return {tuple(_DIGITS.findall(link)) for link in _LINK.findall(read)}


def around(text: str, quoted: Words, start: int, end: int, low: int, high: int) -> tuple[int, int]:
    """`text[start:end]`, widened by the marks around its words: those that the quote has there too, and what closes or opens a
    pair of which it has the other half. `low`, `high`: where the words before and after are.
    """
    end += _shared(quoted.text[quoted.ends[-1] :], text[end : min(high, end + _MOST_MARKS)])
    start -= _shared(quoted.text[: quoted.starts[0]][::-1], text[max(low, start - _MOST_MARKS) : start][::-1])
    return _balanced(text, start, end, low, high)


def _shared(wanted: str, there: str) -> int:
    """How far the marks of the text go on like those of the quote; either may have some that the other lacks."""
    marks = "".join(plain(wanted)[0].split())
    reached = at = 0
    for place, mark in enumerate(in_one_form(there)):
        if mark.isspace():
            continue
        found = next((i for i in range(at, len(marks)) if _is_same(mark, marks[i])), None)
        if found is not None:
            at, reached = found + 1, place + 1
        if at == len(marks):
            break
    return reached


def _is_same(one: str, other: str) -> bool:
    return one == other or any(one in marks and other in marks for marks in (_QUOTE_MARKS, _DASHES))


def _balanced(text: str, start: int, end: int, low: int, high: int) -> tuple[int, int]:
    """With the bracket, quote mark, emphasis or table's rule that goes with one in the passage."""
    for _ in range(_MOST_HALVES):
        if end < high and _is_half(text[start:end], text[end]):
            end += _run(text[end:high])
        if start > low and _is_half(text[start:end][::-1], text[start - 1], opening=True):
            start -= _run(text[low:start][::-1])
    if text[end - 1] in _PAIRS and text[end : end + 1] in _STOPS:
        end += 1  # the stop after it is as good as seen
    if "|" in text[start:end]:
        after, before = _ROW_END.match(text, end, high), _ROW_START.search(text, max(low, start - _MOST_MARKS), start)
        end = after.end(1) if after else end
        start = before.start(1) if before else start
    return start, end


def _run(marks: str) -> int:
    """How many of emphasis there are: ** is one mark."""
    return next((n for n in (3, 2) if marks[0] in _EMPHASIS and marks[:n] == marks[0] * n), 1)


def _is_half(passage: str, mark: str, *, opening: bool = False) -> bool:
    """Is the mark beside it the other half of one in the passage? `opening`: the mark stands before, the passage is reversed."""
    if mark in _EMPHASIS:
        place = passage.rfind(mark)
        lone = 0 < place < len(passage) - 1 and not passage[place - 1].isalnum() and passage[place + 1].isalnum()
        return lone or passage.count(mark) % 2 == 1 or passage.count(2 * mark) % 2 == 1
    for closer, opener in _PAIRS.items():
        if mark == (opener if opening else closer):
            return passage.count(opener) - passage.count(closer) == (-1 if opening else 1)
    return False
