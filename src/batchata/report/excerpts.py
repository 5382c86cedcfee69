"""A text as far as it is shown: whole, or of a long one its beginning and what surrounds the cited passages."""

from collections.abc import Iterable
from typing import TypeAlias

WHOLE = 200_000  # characters of a text that is shown whole
HEAD = 20_000
AROUND = 3_000

Piece: TypeAlias = tuple[int, str]
"""(where it begins in the text, in code points; the characters)."""


def pieces(text: str, spans: Iterable[tuple[int, int]]) -> list[Piece]:
    """Pieces in order, apart from each other."""
    if len(text) <= WHOLE:
        return [(0, text)]
    wanted = [(0, HEAD), *((max(0, start - AROUND), min(len(text), end + AROUND)) for start, end in spans)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(wanted):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return [(start, text[start:end]) for start, end in merged]
