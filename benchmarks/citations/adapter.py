"""The one place where the benchmark calls batchata. `contract.Adapter` says what the two functions take and give."""

from collections.abc import Sequence

from pydantic import BaseModel

from batchata import grounding
from batchata.citation import Span
from batchata.documents.boxes import boxes
from batchata.documents.read import read
from batchata.grounding import Grounded, Statement
from batchata.request import Document
from benchmarks.citations.contract import Block, Found, Mapped, Source


def ground(source: Source, quotes: Sequence[str]) -> list[Found | None]:
    document = _document(source)
    return [_found(document, one) for one in grounding.ground(document, quotes)]


def map_fields(
    model: type[BaseModel],  # noqa: ARG001 - the instance knows its class
    instance: BaseModel,
    blocks: Sequence[Block],
    sources: Sequence[Source],
) -> dict[str, list[Mapped]]:
    statements = [Statement(block["text"], tuple(c["cited_text"] for c in block["citations"])) for block in blocks]
    found = grounding.map_fields(instance, statements)
    documents = [_document(source) for source in sources]
    mapped: dict[str, list[Mapped]] = {}
    for path, supports in found.items():
        cited = [blocks[one.statement]["citations"][one.quote] for one in supports]
        pages = [citation.get("start_page_number") for citation in cited]
        passages = grounding.ground(documents, [citation["cited_text"] for citation in cited], pages=pages)
        stated, _ = grounding.support(instance, [(path, passage.text) for passage in passages])
        holding = stated.get(path, [])
        mapped[path] = [
            Mapped(citation["cited_text"], _span(citation), passage.page, verified=index in holding)
            for index, (citation, passage) in enumerate(zip(cited, passages, strict=True))
        ]
    return mapped


def _document(source: Source) -> Document:
    if source.pdf is None:
        return Document(source.name, "text/plain", b"", (source.text or "",))
    document = read(source.pdf, source.name)
    assert isinstance(document, Document)  # noqa: S101 - a PDF is no image
    return document


def _found(document: Document, one: Grounded) -> Found | None:
    if one.span is None:
        return None
    drawn = boxes(document.data, one.places, document.name) if document.paged else []
    return Found((one.span,), one.page, tuple(box for some in drawn for box in some))


def _span(citation: Block) -> Span | None:
    if "start_char_index" not in citation:
        return None
    return Span(citation["start_char_index"], citation["end_char_index"])
