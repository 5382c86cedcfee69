"""Where a quote stands in a text: exactly, but for case and white space, or with the slips of copying.

Equal words are found by looking up, bent ones by voting: the rare words of the quote say where in the text it could stand,
and only there it is laid over, word by word. So the time grows with the text's length only as its words are read.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias

from batchata.grounding.align import align
from batchata.grounding.exact import exact_words, is_exact, is_slip
from batchata.grounding.judge import MOST_OVER_PAGE, verdict
from batchata.grounding.words import Words

Manner: TypeAlias = Literal["exact", "normalized", "fuzzy"]

_MOST_PLACES: Final = 64  # equal passages looked at
_MOST_SEEDS: Final = 32  # words of a quote that vote
_MOST_OF_A_SEED: Final = 500  # places of one word
_MOST_TRIES: Final = 4
_QUOTE_MARKS: Final = "\"'`\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e"
_STOPS: Final = frozenset(".;:?!")
_LONGEST_FALLBACK: Final = 120  # characters; a longer quote that has no word in common with a text is not in it


@dataclass(frozen=True, slots=True)
class Place:
    """`text[start:end]`, how it was found, and what it differs by (0 is not at all)."""

    start: int
    end: int
    how: Manner
    cost: float = 0.0


class Finder:
    """Finds many quotes in one text. `breaks`: where pages after the first begin."""

    def __init__(self, text: str, breaks: Sequence[int] = ()) -> None:
        self.text = text
        self.words = Words(text)
        self._breaks = breaks

    @cached_property
    def _break_words(self) -> list[int]:
        return [self.words.first_from(place) for place in self._breaks]

    def places(self, quote: str, low: int = 0, high: int | None = None) -> list[Place]:
        """All places in `text[low:high]` that are equally good, in order; empty if there is none."""
        quoted = Words(quote)
        return self.equal(quoted, low, high) or self.bent(quoted, low, high)

    def equal(self, quoted: Words, low: int = 0, high: int | None = None) -> list[Place]:
        """Places with the same characters; if there is none, with the same words."""
        end = len(self.text) if high is None else high
        return (self._verbatim(quoted, low, end) or self.same(quoted, low, end)) if quoted.words else []

    def _verbatim(self, quoted: Words, low: int, high: int) -> list[Place]:
        found: list[Place] = []
        size = len(quoted.text)
        start = self.text.find(quoted.text, low, high)
        while start >= 0 and len(found) < _MOST_PLACES:
            if self._is_whole(start, start + size, quoted):
                found.append(Place(start, start + size, "exact"))
            start = self.text.find(quoted.text, start + 1, high)
        return found

    def _is_whole(self, start: int, end: int, quoted: Words) -> bool:
        """Are the words of `text[start:end]` the quote's? Not so where it begins or ends within one: 31 in 2031."""
        words = self.words
        first, last = words.first_from(start), words.first_from(end - 1)
        if last < len(words) and words.starts[last] < end:
            last += 1
        some = words.words[first:last]
        if some == quoted.words:
            return True
        return _may_be_cut(some) and len(some) == len(quoted) and some[1:-1] == quoted.words[1:-1]

    def same(self, quoted: Words, low: int, high: int) -> list[Place]:
        """Places with the same letters in the same order, and the same words where words must agree."""
        words, wanted = self.words, quoted.joined
        bounds = words.offset(words.first_from(low)), words.offset(words.first_from(high))
        exact = exact_words(quoted.words)
        found: list[Place] = []
        offset = words.joined.find(wanted, *bounds) if wanted else -1
        tries = 0
        while offset >= 0 and tries < 4 * _MOST_PLACES and len(found) < _MOST_PLACES:
            tries += 1
            (first, inside), (last, end) = words.at(offset), words.at(offset + len(wanted) - 1)
            some = words.words[first : last + 1]
            whole = not inside and end + 1 == len(some[-1])
            if exact_words(some) == exact and (whole or _may_be_cut(some)):
                found.append(self._placed(first, last + 1, quoted, "normalized"))
            offset = words.joined.find(wanted, offset + 1, bounds[1])
        return found

    def _placed(self, first: int, last: int, quoted: Words, how: Manner, cost: float = 0.0) -> Place:
        """The place of words `first` to `last`, with the punctuation that the quote has around them."""
        start, end = self.words.starts[first], self.words.ends[last - 1]
        for mark in "".join(quoted.text[quoted.ends[-1] :].split()):
            if not _is_mark(self.text[end : end + 1], mark):
                break
            end += 1
        for mark in reversed("".join(quoted.text[: quoted.starts[0]].split())):
            if not _is_mark(self.text[max(0, start - 1) : start], mark):
                break
            start -= 1
        return Place(start, end, how, cost)

    def bent(self, quoted: Words, low: int = 0, high: int | None = None) -> list[Place]:
        """The best place with slips of copying."""
        if not quoted.words:
            return []
        bounds = self.words.first_from(low), len(self.words) if high is None else self.words.first_from(high)
        best: list[Place] = []
        for first, last in self._stretches(quoted, *bounds):
            place = self._laid(quoted, first, last)
            if place and (not best or place.cost < best[0].cost):
                best = [place]
                if place.cost < 0.05:
                    break
        return best

    def _laid(self, quoted: Words, low: int, high: int) -> Place | None:
        words = self.words
        stretch = words.words[low:high]
        positions = words.positions

        def slip(i: int, j: int) -> bool:
            place = words.starts[low + j]
            return is_slip(
                quoted.words[i], stretch[j], quoted.words[i] in positions, _is_name(self.text[place : place + 2])
            )

        steps = align(quoted.words, stretch, slip)
        if not steps:
            return None
        breaks = [place - low for place in self._break_words if low < place < high]
        stops = [place - low for place in range(low, high) if self._ends_sentence(place)]
        cost = verdict(steps, quoted.words, stretch, breaks, stops)
        said = [step.said for step in steps if step.kind in ("same", "slip")]
        if cost is None or not said:
            return None
        return self._placed(low + said[0].start, low + said[-1].stop, quoted, "fuzzy", max(cost, 0.001))

    def _ends_sentence(self, index: int) -> bool:
        end = self.words.ends[index]
        return self.text[end : end + 1] in _STOPS and self.text[end + 1 : end + 2].isspace()

    def _stretches(self, quoted: Words, lowest: int, highest: int) -> Iterator[tuple[int, int]]:
        """Ranges of words where the quote could stand, likeliest first."""
        tried: list[tuple[int, int]] = []
        for low, high in self._voted(quoted, lowest, highest):
            if not any(a <= low and high <= b for a, b in tried):
                tried.append((low, high))
                yield low, high
        if len(quoted) <= 6 and len(quoted.joined) <= _LONGEST_FALLBACK:
            yield from self._similar(quoted, lowest, highest)

    def _voted(self, quoted: Words, lowest: int, highest: int) -> list[tuple[int, int]]:
        positions, size = self.words.positions, len(quoted)
        seeds = sorted((len(positions[word]), i) for i, word in enumerate(quoted.words) if word in positions)
        votes = sorted(
            (place - i, i, 1 / count)
            for count, i in seeds[:_MOST_SEEDS]
            if count <= _MOST_OF_A_SEED or count == seeds[0][0]
            for place in positions[quoted.words[i]]
            if lowest <= place < highest
        )
        pad = size // 4 + 5
        found = []
        for low, high in _windows(votes, pad - 2):
            wider = pad + self._over_page(low, high + size)
            found.append((max(lowest, low - wider), min(highest, high + size + wider)))
        return found

    def _over_page(self, low: int, high: int) -> int:
        return MOST_OVER_PAGE if any(low - 3 < place <= high + 3 for place in self._break_words) else 0

    def _similar(self, quoted: Words, lowest: int, highest: int) -> Iterator[tuple[int, int]]:
        from rapidfuzz.fuzz import partial_ratio_alignment

        words = self.words
        start, end = words.offset(lowest), words.offset(highest)
        found = partial_ratio_alignment(quoted.joined, words.joined[start:end], score_cutoff=75)
        if found and found.dest_end > found.dest_start:
            first, _ = words.at(start + found.dest_start)
            last, _ = words.at(start + found.dest_end - 1)
            yield max(lowest, first - 1), min(highest, last + 2)


def _may_be_cut(words: Sequence[str]) -> bool:
    """A long quote may begin or end within a word, but not within one that must agree."""
    return len(words) >= 4 and not any(is_exact(word) for word in (words[0], words[-1]))


def _is_mark(said: str, mark: str) -> bool:
    return bool(said) and (said == mark or (said in _QUOTE_MARKS and mark in _QUOTE_MARKS))


def _is_name(beginning: str) -> bool:
    return beginning[:1].isupper() and not beginning[1:].isupper()


def _windows(votes: list[tuple[int, int, float]], drift: int) -> list[tuple[int, int]]:
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
        if len(chosen) == _MOST_TRIES:
            break
    return chosen
