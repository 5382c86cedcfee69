"""Where a quote stands in a text: exactly, but for case and white space, or with the slips of copying.

Equal words are found by looking up, bent ones by voting: the rare words of the quote say where in the text it could stand,
and only there it is laid over, word by word. So the time grows with the text's length only as its words are read.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, TypeAlias

from rapidfuzz.distance import Indel

from batchata.grounding.align import Step, align
from batchata.grounding.edges import around, ends_sentence
from batchata.grounding.exact import is_denied, is_exact, is_numeric, is_short, is_slip
from batchata.grounding.judge import MOST_OVER_PAGE, furniture, verdict
from batchata.grounding.plain import looks
from batchata.grounding.words import Words

Manner: TypeAlias = Literal["exact", "normalized", "fuzzy"]

_MOST_PLACES: Final = 64  # equal passages looked at
_MOST_SEEDS: Final = 32  # words of a quote that vote
_MOST_OF_A_SEED: Final = 500  # places of one word
_MOST_TRIES: Final = 4  # stretches a quote is laid over; of a short one more, as it may stand in many places
_MOST_TRIED: Final = 80  # words
_FEW, _LIKE = 12, 0.1  # so like a quote of more words no other passage is
_LEAST_CUT: Final = 3  # letters of a word that the quote's end cuts off
_MOST_SEEN: Final = 50  # places of a word at which its case is looked at
_LEAST_SHOUTED: Final = 4  # letters of a word in capitals; shorter ones are names: NY
_LONGEST_FALLBACK: Final = 120  # characters; a longer quote that has no word in common with a text is not in it


@dataclass(frozen=True, slots=True)
class Place:
    """`text[start:end]`, how it was found, what it differs by (0 is not at all): in words, and character by character.

    `without`: parts of the text within it that are not the passage's, such as the foot of a page.
    """

    start: int
    end: int
    how: Manner
    cost: float = 0.0
    differs: float = 0.0
    without: tuple[tuple[int, int], ...] = ()


class Finder:
    """Finds many quotes in one text. `breaks`: where pages after the first begin."""

    def __init__(self, text: str, breaks: Sequence[int] = ()) -> None:
        self.text = text
        self.words = Words(text)
        self._breaks = breaks

    @cached_property
    def _break_words(self) -> list[int]:
        return [self.words.first_from(place) for place in self._breaks]

    def quoted(self, quote: str) -> Words:
        """A quote's words, as the text breaks words at the ends of lines."""
        return Words(quote, self.words.positions if "\n" in quote else None)

    def places(self, quote: str, low: int = 0, high: int | None = None) -> list[Place]:
        """All places in `text[low:high]` that are equally good, in order; empty if there is none."""
        quoted = self.quoted(quote)
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
        if len(some) != len(quoted) or some[1:-1] != quoted.words[1:-1]:
            return words.numbers(first, last) == quoted.numbers() and "".join(some) == quoted.joined
        return _may_be_cut(some, quoted.words[0], quoted.words[-1])

    def same(self, quoted: Words, low: int, high: int) -> list[Place]:
        """Places with the same letters in the same order, and the same words where words must agree."""
        words, wanted = self.words, quoted.joined
        bounds = words.offset(words.first_from(low)), words.offset(words.first_from(high))
        numbers = quoted.numbers()
        found: list[Place] = []
        offset = words.joined.find(wanted, *bounds) if wanted else -1
        tries = 0
        while offset >= 0 and tries < 4 * _MOST_PLACES and len(found) < _MOST_PLACES:
            tries += 1
            (first, inside), (last, end) = words.at(offset), words.at(offset + len(wanted) - 1)
            some = words.words[first : last + 1]
            whole = not inside and end + 1 == len(some[-1])
            if words.numbers(first, last + 1) == numbers and (
                whole or _may_be_cut(some, some[0][inside:], some[-1][: end + 1])
            ):
                found.append(self._placed(first, last + 1, quoted, "normalized"))
            offset = words.joined.find(wanted, offset + 1, bounds[1])
        return _nearest(found)

    def _placed(self, first: int, last: int, quoted: Words, how: Manner, cost: float = 0.0) -> Place:
        """The place of words `first` to `last`, with the punctuation that is theirs."""
        words = self.words
        low = words.ends[first - 1] if first else 0
        high = words.starts[last] if last < len(words) else len(self.text)
        start, end = around(self.text, quoted, words.starts[first], words.ends[last - 1], low, high)
        differs = Indel.normalized_distance(looks(quoted.text), looks(self.text[start:end]))
        return Place(start, end, how, cost, differs)

    def bent(self, quoted: Words, low: int = 0, high: int | None = None) -> list[Place]:
        """The best place with slips of copying."""
        if not quoted.words:
            return []
        bounds = self.words.first_from(low), len(self.words) if high is None else self.words.first_from(high)
        best: list[Place] = []
        for first, last in self._stretches(quoted, *bounds):
            place = self._laid(quoted, first, last)
            if place and (not best or (place.cost, place.differs) < (best[0].cost, best[0].differs)):
                best = [place]
                if len(quoted) > _FEW and place.differs < _LIKE:
                    break
        return best

    def _laid(self, quoted: Words, low: int, high: int) -> Place | None:
        words = self.words
        stretch = words.words[low:high]
        positions = words.positions

        def slip(i: int, j: int) -> bool:
            if i and j and is_numeric(quoted.words[i - 1]) and is_numeric(stretch[j - 1]) and is_short(stretch[j]):
                return False  # of what follows a number a letter counts
            known = quoted.words[i] in positions
            name = self._is_name(low + j) and not _is_odd(quoted.text[quoted.starts[i] : quoted.ends[i]])
            return is_slip(quoted.words[i], stretch[j], known, name, much=len(quoted) > _FEW)

        steps = align(quoted.words, stretch, slip)
        if not steps:
            return None
        runs = self._furniture(steps, low, high)
        kept = [step for step in steps if not any(step.kind == "left" and step.said.start in run for run in runs)]
        stops = [
            place - low
            for place in range(low, high)
            if ends_sentence(self.text, words.starts[place], words.ends[place])
        ]
        cost = verdict(kept, quoted.words, stretch, stops)
        said = [step.said for step in kept if step.kind in ("same", "slip")]
        if cost is None or not said:
            return None
        place = self._placed(low + said[0].start, low + said[-1].stop, quoted, "fuzzy", max(cost, 0.001))
        without = tuple((words.ends[low + run.start - 1], words.starts[low + run.stop]) for run in runs)
        return replace(place, without=without)

    def _is_name(self, index: int) -> bool:
        """Is a word of the text written with a capital, here and wherever it stands?"""
        place, word = self.words.starts[index], self.words.words[index]
        if not self.text[place : place + 1].isupper():
            return False
        shouted = self.text[place + 1 : place + 2].isupper()
        return (len(word) < _LEAST_SHOUTED or not shouted) and not any(
            self.text[self.words.starts[other]].islower() for other in self.words.positions[word][:_MOST_SEEN]
        )

    def _furniture(self, steps: Sequence[Step], low: int, high: int) -> list[range]:
        """What stands between the pages of the passage: words that are not its own."""
        breaks = [place - low for place in self._break_words if low < place < high]
        if not breaks:
            return []
        starts, ends = self.words.starts, self.words.ends
        lines = {
            place - low
            for place in range(low, high)
            if "\n" in self.text[ends[place - 1] if place else 0 : starts[place]]
        }
        return furniture(steps, breaks, lines)

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
        for low, high in _windows(votes, pad - 2, max(_MOST_TRIES, _MOST_TRIED // size)):
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


def _may_be_cut(words: Sequence[str], first: str, last: str) -> bool:
    """A long quote may begin or end within a word, but not within one that must agree, nor so as to lose its denial."""
    return len(words) >= 4 and not any(
        whole != part and (len(part) < _LEAST_CUT or is_exact(whole) or is_denied(whole, part))
        for whole, part in ((words[0], first), (words[-1], last))
    )


def _nearest(places: list[Place]) -> list[Place]:
    """Those that are most like the quote character by character, in order."""
    least = min((place.differs for place in places), default=0.0)
    return [place for place in places if place.differs <= least + 1e-9]


def _is_odd(word: str) -> bool:
    """Has a word a case that none is written in: VcT?"""
    return word.isalpha() and not (word.islower() or word.isupper() or word.istitle())


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
