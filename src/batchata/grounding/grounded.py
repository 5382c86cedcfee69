"""What becomes of a quote that was looked for."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from batchata.citation import Span

How: TypeAlias = Literal["exact", "normalized", "fuzzy", "unverified"]


@dataclass(frozen=True, slots=True)
class Grounded:
    """A quote, and where it stands: `texts[document][span.start:span.end] == text`, offsets in code points.

    `document` is the index of the document. `page` is 1-based, the one the passage begins on; `places` has its parts
    page by page, with offsets in that page's own text and without the foot and head between two pages. All are None or empty where `how` is "unverified", and `page` where
    the document has no pages.
    """

    quote: str
    how: How
    text: str = ""
    document: int | None = None
    span: Span | None = None
    page: int | None = None
    places: tuple[tuple[int, Span], ...] = field(default=())

    @property
    def is_verified(self) -> bool:
        return self.how != "unverified"
