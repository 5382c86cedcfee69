"""The grounding task: quotes with noise must be found at their place, quotes with a lie must not be found.

*Right span*: the characters found and the true ones overlap by 90 % (intersection over union, gaps filled) and differ by at most 3 at
either end. *Right box*: for every line of the passage the rectangles found there end within 8 points of the true ones, and none
lies elsewhere. Where a passage stands twice in its document, word for word and however its lines are broken, either place is right:
no reader can tell which was meant, and the value it was labelled for stands in both.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from batchata.citation import Box, Span
from benchmarks.citations.contract import Adapter, Found
from benchmarks.citations.lies import LIES, name_changed
from benchmarks.citations.quotes import NOISE, canonical, flat, letters
from benchmarks.citations.samples import Sample, leaves
from benchmarks.citations.sheets import Passage

OTHER, NAME = "other document", "name"
PDF_NOISE = ("clean", "white space", "case and punctuation", "typos", "words dropped")
ENDS, POINTS = 3, 8.0


@dataclass(frozen=True, slots=True)
class Quote:
    """`truth`: the places that are right; None: it must not be accepted."""

    text: str
    kind: str
    truth: tuple[Passage, ...] | None


@dataclass(slots=True)
class Count:
    """How many were right of how many."""

    right: int = 0
    of: int = 0

    def add(self, right: bool) -> None:
        self.right += right
        self.of += 1

    @property
    def share(self) -> float:
        return self.right / self.of if self.of else 0.0


@dataclass(slots=True)
class GroundingScore:
    """`spans` of texts and `pdf_found` by noise; `accepted` though false, by lie; `page` and `box` of what was found in PDFs."""

    spans: dict[str, Count] = field(default_factory=dict)
    pdf_found: dict[str, Count] = field(default_factory=dict)
    accepted: dict[str, Count] = field(default_factory=dict)
    page: Count = field(default_factory=Count)
    box: Count = field(default_factory=Count)
    misses: list[str] = field(default_factory=list)

    def all_accepted(self) -> Count:
        return Count(
            sum(count.right for count in self.accepted.values()), sum(count.of for count in self.accepted.values())
        )


def quotes_of(sample: Sample, others: Sequence[Sample], rng: Random, each: int = 4) -> list[Quote]:
    return [*_true_quotes(sample, rng, each), *_false_quotes(sample, others, rng, each)]


def _true_quotes(sample: Sample, rng: Random, each: int) -> Iterator[Quote]:
    stretches = list(_stretches(sample))
    for kind in NOISE if sample.source.text else PDF_NOISE:
        made = ((NOISE[kind](passage.text, rng), passage) for passage in rng.sample(stretches, len(stretches)))
        usable = ((text, passage) for text, passage in made if text)
        for (text, passage), _ in zip(usable, range(each), strict=False):
            yield Quote(text, kind, _places(sample, passage))


def _stretches(sample: Sample) -> Iterator[Passage]:
    """Passages, and in texts also two that follow each other."""
    yield from (passage for passage in sample.passages if len(letters(passage.text)) >= 12)
    text = sample.source.text or ""
    for one, two in zip(sample.passages, sample.passages[1:], strict=False):
        if (
            one.span
            and two.span
            and text[one.span.end : two.span.start].isspace()
            and "\n\n" not in text[one.span.end : two.span.start]
        ):
            yield Passage(
                one.paths | two.paths, text[one.span.start : two.span.end], Span(one.span.start, two.span.end)
            )


def _places(sample: Sample, passage: Passage) -> tuple[Passage, ...]:
    text = sample.source.text
    if text is None:
        return tuple(other for other in sample.passages if letters(passage.text) in letters(other.text))
    spans = dict.fromkeys((passage.span, *occurrences(text, passage.text)))
    return tuple(Passage(passage.paths, text[span.start : span.end], span) for span in spans if span)


def occurrences(text: str, passage: str) -> Iterator[Span]:
    """Where the same words stand, with the same marks and in the same case; only white space and a line's end within a word may differ."""
    words = ("(?:-\n)?".join(map(re.escape, word)) for word in flat(passage).split())
    same = r"\s+".join(words)
    yield from (Span(*found.span(1)) for found in re.finditer(rf"(?<!\w)(?=({same})(?!\w))", text))


def _false_quotes(sample: Sample, others: Sequence[Sample], rng: Random, each: int) -> Iterator[Quote]:
    whole = sample.source.text or " ".join(passage.text for passage in sample.passages)
    signs, plain = canonical(whole), letters(whole)
    stating = [passage for passage in sample.passages if len(letters(passage.text)) >= 12]
    for kind, lie in LIES.items():
        told = (lie(unicodedata.normalize("NFC", passage.text), rng) for passage in rng.sample(stating, len(stating)))
        false = (text for text in told if text and canonical(text) not in signs)
        for text, _ in zip(false, range(2 * each), strict=False):
            yield Quote(_noised(text, rng), kind, None)
    for text in _renamed(sample, others, rng):
        if letters(text) not in plain:
            yield Quote(_noised(text, rng), NAME, None)
    for other in rng.sample(others, min(len(others), 6)):
        passage = rng.choice(other.passages)
        if len(letters(passage.text)) >= 12 and letters(passage.text) not in plain:
            yield Quote(_noised(passage.text, rng), OTHER, None)


def _noised(text: str, rng: Random) -> str:
    """Half of the lies come with harmless noise on top."""
    return text if rng.random() < 0.5 else NOISE[rng.choice(("white space", "case and punctuation"))](text, rng) or text


def _renamed(sample: Sample, others: Sequence[Sample], rng: Random) -> Iterator[str]:
    strangers = [value for other in others for _, value in names(other)]
    for path, name in names(sample):
        for index in sample.stating(path):
            text = unicodedata.normalize("NFC", sample.passages[index].text)
            changed = name_changed(text, name, rng.choice(strangers), rng)
            if changed:
                yield changed


def names(sample: Sample) -> list[tuple[str, str]]:
    return [(path, value) for path, value in leaves(sample.value) if value and sample.word(path).unit == "name"]


def score_quotes(score: GroundingScore, sample: Sample, quotes: Sequence[Quote], found: Sequence[Found | None]) -> None:
    for quote, place in zip(quotes, found, strict=True):
        if quote.truth is None:
            score.accepted.setdefault(quote.kind, Count()).add(place is not None)
            if place:
                score.misses.append(f"{sample.source.name}: accepted, {quote.kind}: {quote.text!r}")
        elif sample.source.text is not None:
            right = place is not None and any(right_span(place.spans, true.span) for true in quote.truth)
            score.spans.setdefault(quote.kind, Count()).add(right)
            if not right:
                score.misses.append(
                    f"{sample.source.name}: {'wrong span' if place else 'not found'}, {quote.kind}: {quote.text!r}"
                )
        else:
            _score_pdf(score, sample, quote, place)


def _score_pdf(score: GroundingScore, sample: Sample, quote: Quote, place: Found | None) -> None:
    score.pdf_found.setdefault(quote.kind, Count()).add(place is not None)
    if place is None:
        score.misses.append(f"{sample.source.name}: not found, {quote.kind}: {quote.text!r}")
        return
    truth = quote.truth or ()
    page = any(place.page == true.page for true in truth)
    box = any(right_boxes(place.boxes, true.boxes) for true in truth)
    score.page.add(page)
    score.box.add(box)
    if not (page and box):
        score.misses.append(f"{sample.source.name}: wrong {'box' if page else 'page'}, {quote.kind}: {quote.text!r}")


def right_span(found: Sequence[Span], true: Span | None) -> bool:
    if not found or true is None:
        return False
    start, end = min(span.start for span in found), max(span.end for span in found)
    common, union = min(end, true.end) - max(start, true.start), max(end, true.end) - min(start, true.start)
    return common >= 0.9 * union and abs(start - true.start) <= ENDS and abs(end - true.end) <= ENDS


def right_boxes(found: Sequence[Box], true: Sequence[Box]) -> bool:
    left = list(found)
    for line in true:
        own = [box for box in left if _on(box, line)]
        left = [box for box in left if box not in own]
        if (
            not own
            or abs(min(box.left for box in own) - line.left) > POINTS
            or abs(max(box.right for box in own) - line.right) > POINTS
        ):
            return False
    return not left


def _on(box: Box, line: Box) -> bool:
    """Does the box lie on this line, and is it no higher than one may be?"""
    middle, height = (box.bottom + box.top) / 2, line.top - line.bottom
    across = box.left < line.right + POINTS and line.left - POINTS < box.right
    return box.page == line.page and line.bottom <= middle <= line.top and box.top - box.bottom <= 2 * height and across


def run_grounding(adapter: Adapter, samples: Sequence[Sample], seed: str, each: int = 4) -> GroundingScore:
    score = GroundingScore()
    for sample in samples:
        rng = Random(f"{seed} quotes {sample.source.name}")  # noqa: S311
        quotes = quotes_of(sample, [other for other in samples if other is not sample], rng, each)
        score_quotes(score, sample, quotes, adapter.ground(sample.source, [quote.text for quote in quotes]))
    return score
