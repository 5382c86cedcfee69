"""Where in a text a bent quote could stand: its rare words vote, each for the place where the quote would have to begin."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from batchata.grounding.judge import MOST_OVER_PAGE
from batchata.grounding.words import Words

_MOST_SEEDS: Final = 32  # words of a quote that vote
_MOST_OF_A_SEED: Final = 500  # places of one word
_MOST_TRIES: Final = 4  # stretches a quote is laid over; of a short one more, as it may stand in many places
_MOST_TRIED: Final = 80  # words
_FEW: Final = 6  # words of a quote that is also looked for by its letters
_LONGEST_FALLBACK: Final = 120  # characters; a longer quote that has no word in common with a text is not in it


def stretches(
    text: Words, quoted: Words, lowest: int, highest: int, breaks: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Ranges of words between `lowest` and `highest`, likeliest first. `breaks`: words that a page begins with."""
    tried: list[tuple[int, int]] = []
    for low, high in _voted(text, quoted, lowest, highest, breaks):
        if not any(a <= low and high <= b for a, b in tried):
            tried.append((low, high))
            yield low, high
    if len(quoted) <= _FEW and len(quoted.joined) <= _LONGEST_FALLBACK:
        yield from _similar(text, quoted, lowest, highest)


def _voted(text: Words, quoted: Words, lowest: int, highest: int, breaks: Sequence[int]) -> Iterator[tuple[int, int]]:
    positions, size = text.positions, len(quoted)
    seeds = sorted((len(positions[word]), i) for i, word in enumerate(quoted.words) if word in positions)
    votes = sorted(
        (place - i, i, 1 / count)
        for count, i in seeds[:_MOST_SEEDS]
        if count <= _MOST_OF_A_SEED or count == seeds[0][0]
        for place in positions[quoted.words[i]]
        if lowest <= place < highest
    )
    pad = size // 4 + 5
    for low, high in _windows(votes, pad - 2, max(_MOST_TRIES, _MOST_TRIED // size)):
        over_page = any(low - 3 < place <= high + size + 3 for place in breaks)
        wider = pad + MOST_OVER_PAGE * over_page
        yield max(lowest, low - wider), min(highest, high + size + wider)


def _similar(text: Words, quoted: Words, lowest: int, highest: int) -> Iterator[tuple[int, int]]:
    from rapidfuzz.fuzz import partial_ratio_alignment

    start, end = text.offset(lowest), text.offset(highest)
    found = partial_ratio_alignment(quoted.joined, text.joined[start:end], score_cutoff=75)
    if found and found.dest_end > found.dest_start:
        first, _ = text.at(start + found.dest_start)
        last, _ = text.at(start + found.dest_end - 1)
        yield max(lowest, first - 1), min(highest, last + 2)


def _windows(votes: list[tuple[int, int, float]], drift: int, most: int) -> list[tuple[int, int]]:
    """The ranges of shifts that most of the quote's words vote for, each word once; best first."""
    ranked: list[tuple[float, int, int]] = []
    held: Counter[int] = Counter()
    start, total = 0, 0.0
    for shift, i, weight in votes:
        held[i] += 1
        total += (1 + weight) * (held[i] == 1)
        while votes[start][0] < shift - drift:
            _, old, lost = votes[start]
            held[old] -= 1
            total -= (1 + lost) * (held[old] == 0)
            start += 1
        ranked.append((-round(total, 6), votes[start][0], shift))
    ranked.sort()
    chosen: list[tuple[int, int]] = []
    for _, low, high in ranked:
        if all(high < a - drift or low > b + drift for a, b in chosen):
            chosen.append((low, high))
        if len(chosen) == most:
            break
    return chosen
