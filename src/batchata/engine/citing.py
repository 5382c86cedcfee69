"""What an answer cites, as citations: its quotes found in the documents again, its fields with what supports them.

An answer that is paid never fails here: what can't be found, or can't be looked for, is a citation that says "unverified"; one
that was found, though not to state the field's value, says so where it is given for that field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Protocol

from batchata.citation import Box, Citation, Span
from batchata.grounding import Grounded, ground, weigh
from batchata.job import Job
from batchata.providers.base import Cited, Statement
from batchata.request import Document


@dataclass(frozen=True, slots=True)
class Found:
    """The documents of a job as they are now. `note`: why one is not there to look in."""

    documents: Sequence[Document] = ()
    note: str | None = None


class Sources(Protocol):
    """Where documents come from once more, after they were sent. Neither method raises."""

    def of(self, job: Job) -> Found: ...

    def boxes(self, document: Document, places: Sequence[tuple[int, Span]]) -> list[list[Box]] | None:
        """For each (page, span of its text) its rectangles; None where there are none to be had."""
        ...


@dataclass(frozen=True, slots=True)
class CitedAnswer:
    citations: list[Citation] = field(default_factory=list)
    mappings: dict[str, list[Citation]] = field(default_factory=dict)
    unsupported: list[str] = field(default_factory=list)


NOTHING_CITED = CitedAnswer()
SUPPORTS: Final = "supports"
NOT_SHOWN: Final = "not shown"


def quoted(pairs: Sequence[tuple[str, str]], answer: Any, found: Found, sources: Sources) -> CitedAnswer:
    """Of an answer that gives its quotes, as pairs of field path and quote. `answer` is None where it has no fields."""
    quotes = list(dict.fromkeys(quote for _, quote in pairs))
    citations = dict(zip(quotes, _citations(ground(found.documents, quotes), found, sources), strict=True))
    if answer is None:
        return CitedAnswer(list(citations.values()))
    weighed = weigh(answer, [(path, citations[quote].text) for path, quote in pairs])
    mappings = {
        path: [_for_field(citations[pairs[index][1]], shown) for index, shown in claims]
        for path, claims in weighed.items()
        if claims
    }
    return CitedAnswer(list(citations.values()), mappings, [path for path, claims in weighed.items() if not claims])


def _for_field(citation: Citation, shown: bool) -> Citation:
    return citation if shown else replace(citation, metadata={**citation.metadata, SUPPORTS: NOT_SHOWN})


def native(statements: Sequence[Statement], found: Found, sources: Sources) -> CitedAnswer:
    """Of an answer in prose whose provider cites by itself: one citation for each that it gives."""
    cited = [(statement.text, one) for statement in statements for one in statement.cited]
    grounded = [_grounded(one, found.documents) for _, one in cited]
    more = [{"statement": text} for text, _ in cited]
    return CitedAnswer(_citations(grounded, found, sources, more))


def _grounded(cited: Cited, documents: Sequence[Document]) -> Grounded:
    """A passage where the provider says it is, if it is there; else wherever it is in that document."""
    if cited.document is None or cited.document >= len(documents):
        return Grounded(cited.text, "unverified")
    document, index = documents[cited.document], cited.document
    if cited.start is not None and not document.paged and document.text.startswith(cited.text, cited.start):
        span = Span(cited.start, cited.start + len(cited.text))
        return Grounded(cited.text, "exact", cited.text, index, span)
    blank = [""] * index  # so that the index of what is found is the document's own
    return ground([*blank, document], [cited.text], pages=[cited.page])[0]


def _citations(
    grounded: Sequence[Grounded], found: Found, sources: Sources, more: Sequence[Mapping[str, Any]] = ()
) -> list[Citation]:
    boxes = _boxes(grounded, found.documents, sources)
    extra = more or [{}] * len(grounded)
    return [_citation(one, found, boxes.get(index), extra[index]) for index, one in enumerate(grounded)]


def _citation(one: Grounded, found: Found, boxes: list[Box] | None, more: Mapping[str, Any]) -> Citation:
    metadata: dict[str, Any] = {"how": one.how, **more}
    if one.quote != one.text:
        metadata["quote"] = one.quote
    if one.document is None or one.span is None:
        if found.note is not None:
            metadata["note"] = found.note
        return Citation("", found.documents[0].name if len(found.documents) == 1 else "", None, metadata)
    metadata |= {"document": one.document, "span": [one.span.start, one.span.end]}
    if boxes is not None:
        metadata["boxes"] = [asdict(box) for box in boxes]
    return Citation(one.text, found.documents[one.document].name, one.page, metadata)


def _boxes(grounded: Sequence[Grounded], documents: Sequence[Document], sources: Sources) -> dict[int, list[Box]]:
    """The rectangles of what was found on pages, by its index; each document is asked once."""
    boxes: dict[int, list[Box]] = {}
    for number, document in enumerate(documents):
        wanted = [(i, place) for i, one in enumerate(grounded) if one.document == number for place in one.places]
        drawn = sources.boxes(document, [place for _, place in wanted]) if document.paged and wanted else None
        for (index, _), some in zip(wanted, drawn or (), strict=False):
            boxes.setdefault(index, []).extend(some)
    return boxes
