"""What an answer cites, as citations: its quotes found in the documents again, its fields with what supports them.

An answer that is paid never fails here: what can't be found, or can't be looked for, is a citation that says "unverified"; one
that was found, though not to state the field's value, says so where it is given for that field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Protocol

from batchata import grounding
from batchata.citation import Citation
from batchata.documents.passages import Claim, Passage
from batchata.job import Job
from batchata.providers.base import Statement


@dataclass(frozen=True, slots=True)
class Found:
    """What became of claims: a `Passage` for each, in the documents of these names. `note`: why one was not there to look in."""

    names: Sequence[str]
    passages: Sequence[Passage]
    note: str | None = None


class Sources(Protocol):
    """Where documents are looked through once more, after they were sent. Never raises."""

    def look_up(self, job: Job, claims: Sequence[Claim]) -> Found: ...


@dataclass(frozen=True, slots=True)
class CitedAnswer:
    citations: list[Citation] = field(default_factory=list)
    mappings: dict[str, list[Citation]] = field(default_factory=dict)
    unsupported: list[str] = field(default_factory=list)


NOTHING_CITED = CitedAnswer()
SUPPORTS: Final = "supports"
NOT_SHOWN: Final = "not shown"


def quoted(pairs: Sequence[tuple[str, str]], answer: Any, job: Job, sources: Sources) -> CitedAnswer:
    """Of an answer that gives its quotes, as pairs of field path and quote. `answer` is None where it has no fields."""
    quotes = list(dict.fromkeys(quote for _, quote in pairs))
    found = sources.look_up(job, [Claim(quote) for quote in quotes])
    citations = {quote: _citation(one, found, {}) for quote, one in zip(quotes, found.passages, strict=True)}
    if answer is None:
        return CitedAnswer(list(citations.values()))
    weighed = grounding.weigh(answer, [(path, citations[quote].text) for path, quote in pairs])
    mappings = {
        path: [_for_field(citations[pairs[index][1]], shown) for index, shown in claims]
        for path, claims in weighed.items()
        if claims
    }
    return CitedAnswer(list(citations.values()), mappings, [path for path, claims in weighed.items() if not claims])


def _for_field(citation: Citation, shown: bool) -> Citation:
    return citation if shown else replace(citation, metadata={**citation.metadata, SUPPORTS: NOT_SHOWN})


def native(statements: Sequence[Statement], job: Job, sources: Sources) -> CitedAnswer:
    """Of an answer in prose whose provider cites by itself: one citation for each that it gives."""
    cited = [(statement.text, one) for statement in statements for one in statement.cited]
    found = sources.look_up(job, [Claim(one.text, one.document, one.start, one.page) for _, one in cited])
    return CitedAnswer(
        [_citation(one, found, {"statement": text}) for (text, _), one in zip(cited, found.passages, strict=True)]
    )


def _citation(passage: Passage, found: Found, more: Mapping[str, Any]) -> Citation:
    one, boxes = passage.found, passage.boxes
    metadata: dict[str, Any] = {"how": one.how, **more}
    if one.quote != one.text:
        metadata["quote"] = one.quote
    if one.document is None or one.span is None:
        if found.note is not None:
            metadata["note"] = found.note
        return Citation("", found.names[0] if len(found.names) == 1 else "", None, metadata)
    metadata |= {"document": one.document, "span": [one.span.start, one.span.end]}
    if boxes is not None:
        metadata["boxes"] = [asdict(box) for box in boxes]
    return Citation(one.text, found.names[one.document], one.page, metadata)
