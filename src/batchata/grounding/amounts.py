"""Numbers in figures: amounts, shares, scales and signs in all forms people write them."""

import re
from collections.abc import Iterator
from typing import Final

from batchata.grounding.lexicon import SCALES
from batchata.grounding.words import number_form

_DIGITS: Final = re.compile(r"(?=\d)(?:\d{1,3}(?:[,.'\u2019\u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?)")
_BEFORE: Final = re.compile(
    r"(?P<open>\()?\s?(?P<minus>(?<![\w)])[-\u2212])?(?:[^\W\d_]{0,3}[$€£¥₹]\s?)?(?P<last>-)?\Z"
)
_AFTER: Final = re.compile(
    r"""(?P<percent>\s?(?:%|percent\b|per\s?cent\b))?(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|mn|bn|[kmb])\b)?
        (?:\s?[$€£¥₹])?(?P<close>\s?\))?""",
    re.VERBOSE | re.IGNORECASE,
)
_SHORT_SCALES: Final = {**SCALES, "k": 1_000, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9}
_COMMA, _POINTS = re.compile(r"\d+,\d+"), re.compile(r"\d{1,3}(?:\.\d{3})+")
_MARK: Final = re.compile(r"[.,]")
_SIGNS: Final = frozenset("(-\u2212$€£¥₹")  # what may stand before an amount and change it
_MORE: Final = frozenset("%phtmbk$€£¥₹)PHTMBK")  # what may begin that after it
_BEFORE_AMOUNT: Final = 8  # characters in which sign, currency and bracket stand


def amounts(text: str) -> Iterator[tuple[int, int, frozenset[float]]]:
    """Start, end, and the numbers that may be meant."""
    for digits in _DIGITS.finditer(text):
        start, end = digits.span()
        low = max(0, start - _BEFORE_AMOUNT)
        if (
            digits[0].isdecimal()
            and _SIGNS.isdisjoint(text[low:start])
            and text[end : end + 2].lstrip()[:1] not in _MORE
        ):
            yield start, end, frozenset(readings(digits[0]))
            continue
        before = _BEFORE.search(text[low : digits.start()])
        after = _AFTER.match(text, digits.end())
        if before and after:
            yield _amount(low, before, digits, after)


def _amount(
    low: int, before: re.Match[str], digits: re.Match[str], after: re.Match[str]
) -> tuple[int, int, frozenset[float]]:
    start = low + before.start() + len(before[0]) - len(before[0].lstrip())
    closed = bool(before["open"] and after["close"])
    end = after.end() if closed or not after["close"] else after.start("close")
    negative = bool(before["minus"] or before["last"] or (closed and _MARK.search(digits[0])))
    scale = _SHORT_SCALES.get((after["scale"] or "").lower(), 1)
    numbers = {(-number if negative else number) * scale for number in readings(digits[0])}
    if after["percent"]:
        numbers |= {number / 100 for number in numbers}
    return start, end, frozenset(numbers)


def readings(digits: str) -> set[float]:
    """What a number may mean: 1.234 is one and a bit, or a thousand and more."""
    if digits.isdecimal() and digits.isascii():
        return {float(digits)}
    digits = "".join("'" if c in "\u2019\u00a0\u202f" else c for c in digits)
    forms = {number_form(digits)}
    if _COMMA.fullmatch(digits):
        forms.add(digits.replace(",", "."))
    if _POINTS.fullmatch(digits):
        forms.add(digits.replace(".", ""))
    plain = (form.replace(",", "").replace("'", "") for form in forms)
    return {float(form) for form in plain if form.count(".") <= 1}
