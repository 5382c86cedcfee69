"""What a model is asked, in no provider's dialect.

A `Job` is what the user said; a `Request` is the same with its files read and its schema drawn, ready for a provider to
turn into the exact bytes of its wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text. `cache_control` is the provider's own marker, passed on where the provider has one."""

    text: str
    cache_control: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: its bytes as they are in the file. `width`, `height` in pixels, as its header says; None: not known.

    `reference` is the provider's name for an upload of it, sent in its place; None: it goes as it is.
    """

    media_type: str
    data: bytes
    width: int | None = None
    height: int | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read: its bytes and its text.

    `pages` holds one string per page where the format has pages (PDF), else the whole text as its only item. `paged` says
    which. A scanned page is an empty string. `reference` as in `Image`.
    """

    name: str
    media_type: str
    data: bytes
    pages: tuple[str, ...]
    paged: bool = False
    reference: str | None = None

    @property
    def text(self) -> str:
        return "\n\n".join(self.pages)

    @property
    def has_text(self) -> bool:
        return any(page.strip() for page in self.pages)


Part: TypeAlias = Text | Image | Document


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `model` is the provider's own name for it, without our prefix.

    `temperature` is None where it is to be left to the provider; `temperature_given` says that the user asked for it by
    name, so that leaving it out would be wrong. `schema` is the JSON Schema the answer must fit (see `output`), before a
    provider's dialect. `bounded` says that a cost limit is set: what can't be bounded must be refused.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    system: tuple[Text, ...] = ()
    temperature: float | None = None
    temperature_given: bool = False
    schema: Mapping[str, Any] | None = None
    citations: bool = False
    provider_params: Mapping[str, Any] = field(default_factory=dict)
    bounded: bool = False
