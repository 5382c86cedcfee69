"""Where a quote stands in a text: exactly, but for case and white space, or with the slips of copying.

Equal words are found by looking up; bent ones are laid over the text word by word, only where they could stand. So the time grows with
the text's length only as its words are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, TypeAlias

from rapidfuzz.distance import Indel

from batchata.grounding.align import Step, alignments
from batchata.grounding.edges import around, ends_sentence
from batchata.grounding.exact import is_exact
from batchata.grounding.judge import furniture, verdict
from batchata.grounding.plain import looks
from batchata.grounding.slips import is_denied
from batchata.grounding.standing import slips, standing
from batchata.grounding.stretches import stretches
from batchata.grounding.words import Words, lines_about

Manner: TypeAlias = Literal["exact", "normalized", "fuzzy"]

_MOST_PLACES: Final = 64  # equal passages looked at
_FEW, _LIKE = 12, 0.1  # so like a quote of more words no other passage is
_LEAST_CUT: Final = 3  # letters of a word that the quote's end cuts off
_LEAST_WORDS: Final = 4  # of a quote that may begin or end within one
_MOST_ASKED: Final = 64  # verbatim passages whose lines are read by themselves
_LONGEST_LINES: Final = 500  # characters before and after a passage


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
        self._breaks = breaks
        self._asked = 0

    @cached_property
    def words(self) -> Words:
        return Words(self.text)

    def __contains__(self, word: object) -> bool:
        return word in self.words.positions

    def _words_about(self, start: int, end: int) -> tuple[Words, int]:
        """Words of the text, those of `text[start:end]` among them, and where in the text they begin.

        A whole text takes long to read: lines about a passage will do, as long as few of them are asked for.
        """
        self._asked += 1
        if "words" not in self.__dict__ and self._asked <= min(_MOST_ASKED, len(self.text) // _LONGEST_LINES):
            lines = lines_about(self.text, start, end, _LONGEST_LINES)
            words = Words(self.text[slice(*lines)]) if lines else None
            if lines and words and not words.broken:
                return words, lines[0]
        return self.words, 0

    @cached_property
    def _break_words(self) -> list[int]:
        return [self.words.first_from(place) for place in self._breaks]

    def quoted(self, quote: str) -> Words:
        """A quote's words, as the text breaks words at the ends of lines."""
        return Words(quote, self if "\n" in quote else None)

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
        words, begin = self._words_about(start, end)
        first, last = _held(words, start - begin, end - begin)
        some = words.words[first:last]
        if some == quoted.words:
            return True
        if len(some) != len(quoted) or some[1:-1] != quoted.words[1:-1]:
            return words.numbers(first, last) == quoted.numbers() and "".join(some) == quoted.joined
        return self._may_be_cut(*_held(self.words, start, end), quoted.words[0], quoted.words[-1])

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
                whole or self._may_be_cut(first, last + 1, some[0][inside:], some[-1][: end + 1])
            ):
                found.append(self._placed(first, last + 1, quoted, "normalized"))
            offset = words.joined.find(wanted, offset + 1, bounds[1])
        return _nearest(found)

    def _may_be_cut(self, first: int, last: int, head: str, tail: str) -> bool:
        """May a quote of these words begin with `head` and end with `tail`? A long one may do so within a word, but not within one that
        must agree, nor so as to lose its denial or to make another name.
        """
        words = self.words
        return last - first >= _LEAST_WORDS and not any(
            part != words.words[index]
            and (
                len(part) < _LEAST_CUT
                or is_exact(words.words[index])
                or is_denied(words.words[index], part)
                or standing(words, index) == "name"
            )
            for index, part in ((first, head), (last - 1, tail))
        )

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
        for first, last in stretches(self.words, quoted, *bounds, self._break_words):
            place = self._laid(quoted, first, last)
            if place and (not best or (place.cost, place.differs) < (best[0].cost, best[0].differs)):
                best = [place]
                if len(quoted) > _FEW and place.differs < _LIKE:
                    break
        return best

    def _laid(self, quoted: Words, low: int, high: int) -> Place | None:
        words = self.words
        places: list[Place] = []
        for steps in alignments(quoted.words, words.words[low:high], slips(words, quoted, low)):
            if place := self._judged(quoted, steps, low, high):
                places.append(place)
                if all(step.kind in ("same", "slip") for step in steps):
                    break  # word for word
        return min(places, key=lambda place: (place.cost, place.differs), default=None)

    def _judged(self, quoted: Words, steps: Sequence[Step], low: int, high: int) -> Place | None:
        words = self.words
        runs = self._furniture(steps, low, high)
        kept = [step for step in steps if not any(step.kind == "left" and step.said.start in run for run in runs)]
        stops = [
            place - low
            for place in range(low, high)
            if ends_sentence(self.text, words.starts[place], words.ends[place])
        ]
        cost = verdict(kept, quoted.words, words.words[low:high], stops)
        said = [step.said for step in kept if step.kind in ("same", "slip")]
        if cost is None or not said:
            return None
        place = self._placed(low + said[0].start, low + said[-1].stop, quoted, "fuzzy", max(cost, 0.001))
        without = tuple((words.ends[low + run.start - 1], words.starts[low + run.stop]) for run in runs)
        return replace(place, without=without)

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


def _held(words: Words, start: int, end: int) -> tuple[int, int]:
    """The range of words that `text[start:end]` holds, whole or in part."""
    first, last = words.first_from(start), words.first_from(end - 1)
    return first, last + (last < len(words) and words.starts[last] < end)


def _nearest(places: list[Place]) -> list[Place]:
    """Those that are most like the quote character by character, in order."""
    least = min((place.differs for place in places), default=0.0)
    return [place for place in places if place.differs <= least + 1e-9]
