"""Where an answer came from: a passage, its characters in the document text, its rectangles on a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a document's text: `text[start:end]` is the passage (code points, end exclusive)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in PDF points, origin at the page's bottom left. `page` is 1-based."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage of a source that supports an answer.

    `text` is verbatim from the source, `source` its file name or title, `page` 1-based where the source has pages.
    `metadata` holds everything else: character span, page boxes, how it was verified.
    """

    text: str
    source: str
    page: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "source": self.source, "page": self.page, "metadata": dict(self.metadata)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Citation":
        return cls(data["text"], data["source"], data.get("page"), dict(data.get("metadata") or {}))
