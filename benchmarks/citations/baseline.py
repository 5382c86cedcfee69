"""Plain search, to see the scorer work and what there is to gain: quotes by `str.find`, fields by their value's text in a cited block."""

from collections.abc import Sequence

from pydantic import BaseModel

from batchata.citation import Span
from benchmarks.citations.contract import Block, Found, Mapped, Source
from benchmarks.citations.samples import leaves


def ground(source: Source, quotes: Sequence[str]) -> list[Found | None]:
    text = source.text or ""  # a PDF is not read: nothing is found in it
    places = ((text.find(quote), len(quote)) for quote in quotes)
    return [Found((Span(at, at + length),)) if at >= 0 else None for at, length in places]


def map_fields(
    model: type[BaseModel],  # noqa: ARG001
    instance: BaseModel,
    blocks: Sequence[Block],
    sources: Sequence[Source],  # noqa: ARG001
) -> dict[str, list[Mapped]]:
    mapped: dict[str, list[Mapped]] = {}
    for path, value in leaves(instance):
        for block in blocks:
            if value is not None and str(value) in block["text"]:
                mapped.setdefault(path, []).extend(_mapped(citation) for citation in block["citations"])
    return mapped


def _mapped(citation: Block) -> Mapped:
    if "start_char_index" in citation:
        return Mapped(
            citation["cited_text"], Span(citation["start_char_index"], citation["end_char_index"]), verified=True
        )
    return Mapped(citation["cited_text"], page=citation["start_page_number"], verified=True)
