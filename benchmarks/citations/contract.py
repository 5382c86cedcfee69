"""What the benchmark asks of the code under test, in plain values. `adapter` answers for batchata, `baseline` for plain search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pydantic import BaseModel

from batchata.citation import Box, Span

Block: TypeAlias = Mapping[str, Any]
"""A text block as Anthropic gives it: `{"type": "text", "text": ..., "citations": [...]}`.

A citation has `cited_text`, `document_index` (into `sources`) and `document_title`; of type `char_location` it has
`start_char_index` and `end_char_index` (of `Source.text`), of type `page_location` (PDF) `start_page_number` and
`end_page_number` (1-based, end exclusive). A block without citations has an empty list. The answer is the texts put together.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A document: its `text`, or for a PDF its bytes (then `text` is None: reading it is part of what is measured)."""

    name: str
    text: str | None = None
    pdf: bytes | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quote stands, when it is accepted as verified.

    `spans`: characters of `Source.text`, several where the quote left something out; not looked at for a PDF. `page`: 1-based page
    on which the passage begins (PDF). `boxes`: its rectangles in PDF points, one a line or finer; pieces of one line are put together.
    """

    spans: tuple[Span, ...]
    page: int | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """A passage given to a field. `span` (of the first source's text) decides which passage it is, else `text` and `page`.

    `verified`: the passage stands in the document and states the field's value.
    """

    text: str
    span: Span | None = None
    page: int | None = None
    verified: bool = False


class Adapter(Protocol):
    def ground(self, source: Source, quotes: Sequence[str]) -> list[Found | None]:
        """For each quote where it stands; None: not verified."""
        ...

    def map_fields(
        self, model: type[BaseModel], instance: BaseModel, blocks: Sequence[Block], sources: Sequence[Source]
    ) -> dict[str, list[Mapped]]:
        """Field path (`items[2].amount`, `customer.name`) to the passages that support it; fields without any may be left out."""
        ...


class NotConnectedError(RuntimeError):
    """The adapter does not call batchata yet."""
