"""Quotes to passages: where in which document each stands, on what page, and how it was found."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final, Literal

from batchata.citation import Span
from batchata.errors import ValidationError
from batchata.grounding.edges import cuts_figures, is_denied_before, leads_elsewhere
from batchata.grounding.exact import is_negation, is_numeric
from batchata.grounding.find import Finder, Place
from batchata.grounding.grounded import Grounded, How
from batchata.grounding.plain import readings
from batchata.grounding.words import Words
from batchata.request import Document

_DOTS: Final = r"(?:(?<!\.)\.{3,6}(?!\.)|…|(?<!\. )\.(?: \.){2,5}(?! ?\.))"  # more of them lead the eye along a line
_ELLIPSIS: Final = re.compile(rf"\s*(?:[\[(]\s*{_DOTS}\s*[\])]|{_DOTS})\s*")
_AROUND: Final = "\"'\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
_LEFT_OUT: Final = 4_000  # characters that an ellipsis may stand for, or ten times the quote's if that is more
_MOST_ANCHORS: Final = 24  # places of the longest part between ellipses that are looked at
_NO_LESS: Final = 4  # words left out by an ellipsis that may not hold a negation: "shall … be liable"
_BESIDE: Final = 2  # words at either end of a longer one that may not be
_MANNERS: Final[tuple[How, ...]] = ("exact", "normalized", "fuzzy", "unverified")


def ground(
    documents: Document | str | Sequence[Document | str],
    quotes: Sequence[str],
    *,
    pages: Sequence[int | None] | None = None,
) -> list[Grounded]:
    """Find each quote in the documents; one `Grounded` per quote, in their order.

    White space, hyphenation, ligatures, curly quotes, case, accents, typing errors, left-out little words and ellipses are
    bridged; numbers, dates, money, percentages and negations must agree exactly. A quote that stands in several places is
    given the first, or the one on the page named for it in `pages` (1-based, one per quote). A document is one that was read,
    or text. Raises `ValidationError` where `pages` is not as long as `quotes`.
    """
    if pages is not None and len(pages) != len(quotes):
        raise ValidationError(f"pages: {len(pages)} given for {len(quotes)} quotes; give one for each, or None.")
    several = [documents] if isinstance(documents, (Document, str)) else list(documents)
    texts = [_Source(document) for document in several]
    return [_ground(texts, quote, pages[index] if pages else None) for index, quote in enumerate(quotes)]


class _Source:
    def __init__(self, document: Document | str) -> None:
        paged = isinstance(document, Document) and document.paged
        self.pages = document.pages if isinstance(document, Document) else (document,)
        self.paged = paged
        # As `Document.text` joins them.
        self.starts = [0, *accumulate(len(page) + 2 for page in self.pages)][: max(1, len(self.pages))]
        self.finder = Finder("\n\n".join(self.pages), self.starts[1:])

    def page(self, place: int) -> int:
        return bisect_right(self.starts, place)

    def parts(self, place: Place) -> tuple[tuple[int, Span], ...]:
        """The passage page by page, without what stands between."""
        edges = [place.start, *(edge for pair in place.without for edge in pair), place.end]
        return tuple(
            part for start, end in zip(edges[::2], edges[1::2], strict=True) for part in self._parts(start, end)
        )

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, Span]]:
        for number in range(self.page(start), self.page(end - 1) + 1):
            begin = self.starts[number - 1]
            span = Span(max(0, start - begin), min(len(self.pages[number - 1]), end - begin))
            if span.start < span.end:
                yield number, span


def _ground(sources: Sequence[_Source], quote: str, page: int | None) -> Grounded:
    best: tuple[float, int, Place] | None = None
    for index, source in enumerate(sources):
        found = _places(source.finder, quote)
        if not found:
            continue
        place = next((place for place in found if source.page(place.start) == page), found[0])
        rank = _MANNERS.index(place.how) + (place.cost or place.differs / 2)
        if best is None or rank < best[0]:
            best = (rank, index, place)
    if best is None:
        return Grounded(quote, "unverified")
    _, index, place = best
    source = sources[index]
    return Grounded(
        quote=quote,
        how=place.how,
        text=source.finder.text[place.start : place.end],
        document=index,
        span=Span(place.start, place.end),
        page=source.page(place.start) if source.paged else None,
        places=source.parts(place),
    )


def _places(finder: Finder, quote: str) -> list[Place]:
    """Where a quote stands: as it is, else as it reads where its characters were written as codes or read wrongly."""
    for reading in readings(quote):
        found = [
            place
            for place in _read(finder, reading)
            if not is_denied_before(finder.text, place.start)
            and not cuts_figures(finder.text, place.start, place.end)
            and not leads_elsewhere(reading, finder.text[place.start : place.end])
        ]
        if found:
            return found
    return []


def _read(finder: Finder, quote: str) -> list[Place]:
    for said in dict.fromkeys((quote.strip(), quote.strip().strip(_AROUND).strip())):
        if found := finder.equal(finder.quoted(said)):
            return found
    quoted = finder.quoted(quote.strip())
    if not _ELLIPSIS.search(quote):
        return finder.bent(quoted)
    parts, marks = _parted(quote)
    if len(parts) > 1:
        return _in_order(finder, parts, marks) or finder.bent(quoted)
    quoted = finder.quoted(parts[0]) if parts else quoted
    return finder.equal(quoted) or finder.bent(quoted)


def _parted(quote: str) -> tuple[list[str], list[str]]:
    """What stands between the ellipses of a quote, and those that stand before each part but the first."""
    parts: list[str] = []
    marks: list[str] = []
    end, mark = 0, ""
    for found in (*_ELLIPSIS.finditer(quote), None):
        part = quote[end : found.start() if found else len(quote)]
        if Words(part).words:
            marks += [mark] if parts else []
            parts.append(part)
        if found:
            end, mark = found.end(), found[0].strip()
    return parts, marks


def _in_order(finder: Finder, parts: Sequence[str], marks: Sequence[str]) -> list[Place]:
    """The parts of a quote with ellipses, one after the other: the shortest passage that has them all."""
    longest = max(range(len(parts)), key=lambda index: len(parts[index]))
    reach = max(_LEFT_OUT, 10 * sum(map(len, parts)))
    whole = [
        place
        for anchor in finder.places(parts[longest])[:_MOST_ANCHORS]
        if (place := _around(finder, parts, marks, longest, anchor, reach)) is not None
    ]
    return sorted(whole, key=lambda place: place.end - place.start)[:1]


def _around(
    finder: Finder, parts: Sequence[str], marks: Sequence[str], longest: int, anchor: Place, reach: int
) -> Place | None:
    chain = [anchor]
    for part in reversed(parts[:longest]):
        before = _near(finder, part, max(0, chain[0].start - reach), chain[0].start)
        if not before:
            return None
        chain.insert(0, before[-1])
    for part in parts[longest + 1 :]:
        after = _near(finder, part, chain[-1].end, chain[-1].end + reach)
        if not after:
            return None
        chain.append(after[0])
    for (one, other), mark in zip(pairwise(chain), marks, strict=True):
        between = finder.text[one.end : other.start]
        head, tail = finder.text[one.start : one.end], finder.text[other.start : other.end]
        if _hides(between) or _is_of_another(head, between, tail, mark):
            return None
    how = max((place.how for place in chain), key=_MANNERS.index)
    manner: Literal["normalized", "fuzzy"] = "fuzzy" if how == "fuzzy" else "normalized"
    return Place(chain[0].start, chain[-1].end, manner, max(place.cost for place in chain))


def _near(finder: Finder, part: str, low: int, high: int) -> list[Place]:
    quoted = finder.quoted(part)
    return finder.same(quoted, low, high) or finder.bent(quoted, low, high)


def _is_of_another(before: str, between: str, after: str, mark: str) -> bool:
    """Is the quote's ellipsis the document's own, such as dots that lead along a line, and the number at its end another line's?"""
    own = [found for found in _ELLIPSIS.finditer(between) if found[0].strip() == mark]
    left = Words(between).words
    if not own or not left:
        return False
    if own[0].start() == 0 and is_numeric(left[0]) and is_numeric(Words(after).words[0]):
        return True
    return own[-1].end() == len(between) and is_numeric(left[-1]) and is_numeric(Words(before).words[-1])


def _hides(between: str) -> bool:
    words = Words(between).words
    if len(words) > _NO_LESS:
        words = [*words[:_BESIDE], *words[-_BESIDE:]]
    return any(map(is_negation, words))
