"""Rules for message content: which blocks may stand where, and what must be in them."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from batchata.testing import media
from batchata.testing.anthropic.checks import boolean, fields, items, mapping, one_of, text
from batchata.testing.anthropic.errors import invalid
from batchata.testing.anthropic.models import Model

IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")  # [sdk: Base64ImageSourceParam]
MAX_BREAKPOINTS = 4  # [docs: Prompt caching]


@dataclass(slots=True)
class Found:
    """What the walk over a request's content gathers, for the rules that look at all of it together."""

    model: Model
    modern: bool  # API version 2026-10-21 or later
    ttls: list[str] = field(default_factory=list)  # cache breakpoints, in prompt order
    citing: list[bool] = field(default_factory=list)  # per document
    images: list[tuple[int, int] | None] = field(default_factory=list)  # sizes, where known
    pages: int = 0
    remote: int = 0  # sources that are not in the request: by URL, or uploads

    def breakpoint(self, block: dict[str, Any], at: str) -> None:
        """[sdk: CacheControlEphemeralParam]"""
        control = block.get("cache_control")
        if control is None:
            return
        fields(mapping(control, f"{at}.cache_control"), f"{at}.cache_control", ("type",), ("ttl",))
        one_of(control["type"], f"{at}.cache_control.type", ("ephemeral",))
        self.ttls.append(one_of(control.get("ttl", "5m"), f"{at}.cache_control.ttl", ("5m", "1h")))

    def check(self) -> None:
        """The rules over the whole request."""
        if len(self.ttls) > MAX_BREAKPOINTS:
            raise invalid(f"A maximum of 4 blocks with cache_control may be provided. Found {len(self.ttls)}.")
        if sorted(self.ttls) != self.ttls:  # "1h" sorts before "5m" [docs: Prompt caching, mixing TTLs]
            raise invalid("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")
        if any(self.citing) and not all(self.citing):  # [docs: Citations]
            raise invalid("citations must be enabled on all or none of the documents in a request")
        if self.pages > self.model.pages:  # [docs: PDF support]
            raise invalid(f"A maximum of {self.model.pages} PDF pages may be provided.")
        if len(self.images) > self.model.pages:  # [docs: Vision]
            raise invalid(f"A maximum of {self.model.pages} images may be provided.")
        longest = 2000 if len(self.images) > 20 else 8000  # pixels [docs: Vision]
        if any(size and max(size) > longest for size in self.images):
            raise invalid(f"At least one of the image dimensions exceed max allowed size: {longest} pixels")


def check_content(content: Any, at: str, role: str, found: Found) -> None:
    if isinstance(content, str):
        _not_empty(content, at, "messages")
        return
    if not items(content, at):
        raise invalid(f"{at}: content must not be empty")
    for place, block in enumerate(content):
        check_block(block, f"{at}.{place}", role, found)


def check_block(block: Any, at: str, role: str, found: Found) -> None:
    kind = text(mapping(block, at).get("type"), f"{at}.type")
    check = _BLOCKS.get(kind)
    if check is None:
        if kind.endswith("_tool_result") or kind in {"server_tool_use", "container_upload"}:
            return  # server tools' own blocks are not looked into [assumed]
        raise invalid(f"{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags")
    if role == "assistant" and kind == "document" and found.modern:  # [docs: API versions, 2026-10-21]
        raise invalid(f"{at}: document blocks are not allowed in assistant messages")
    if role == "system" and kind != "text":  # [sdk: SystemMessageParam]
        raise invalid(f"{at}: system messages hold text blocks only")
    found.breakpoint(block, at)
    check(block, at, role, found)


def _not_empty(value: str, at: str, what: str) -> None:
    if not value.strip():  # [assumed wording]
        raise invalid(f"{at}: {what}: text content blocks must contain non-whitespace text")


def _text(block: dict[str, Any], at: str, role: str, found: Found) -> None:
    fields(block, at, ("type", "text"), ("cache_control", "citations"))
    _not_empty(text(block["text"], f"{at}.text"), at, "messages")
    if block.get("citations") and role == "user" and found.modern:  # [docs: API versions, 2026-10-21]
        raise invalid(f"{at}.citations: citations are not allowed on user text blocks")


def _image(block: dict[str, Any], at: str, _role: str, found: Found) -> None:
    fields(block, at, ("type", "source"), ("cache_control", "transformations"))
    source = mapping(block["source"], f"{at}.source")
    match one_of(source.get("type"), f"{at}.source.type", ("base64", "url", "file")):
        case "base64":
            found.images.append(_inline_image(source, f"{at}.source"))
        case "url":
            _url(source, f"{at}.source", found)
            found.images.append(None)
        case _:
            _file(source, f"{at}.source", found)


def _inline_image(source: dict[str, Any], at: str) -> tuple[int, int] | None:
    fields(source, at, ("type", "media_type", "data"))
    kind = one_of(source["media_type"], f"{at}.media_type", IMAGE_TYPES)
    data = decoded(source["data"], f"{at}.data")
    if media.image_type(data) != kind:
        raise invalid(f"{at}.data: Image does not match the provided media type {kind}")
    return media.image_size(data)


def _document(block: dict[str, Any], at: str, _role: str, found: Found) -> None:
    fields(block, at, ("type", "source"), ("cache_control", "citations", "context", "title"))
    for name in ("title", "context"):
        if block.get(name) is not None:
            text(block[name], f"{at}.{name}")
    found.citing.append(_citing(block, at))
    source = mapping(block["source"], f"{at}.source")
    kinds = ("base64", "text", "content", "url", "file")
    _SOURCES[one_of(source.get("type"), f"{at}.source.type", kinds)](source, f"{at}.source", found)


def _citing(block: dict[str, Any], at: str) -> bool:
    """[sdk: CitationsConfigParam]"""
    config = block.get("citations")
    if config is None:
        return False
    fields(mapping(config, f"{at}.citations"), f"{at}.citations", (), ("enabled",))
    boolean(config.get("enabled", False), f"{at}.citations.enabled")
    return bool(config.get("enabled"))


def _pdf(source: dict[str, Any], at: str, found: Found) -> None:
    """[sdk: Base64PDFSourceParam]"""
    fields(source, at, ("type", "media_type", "data"))
    one_of(source["media_type"], f"{at}.media_type", ("application/pdf",))
    data = decoded(source["data"], f"{at}.data")
    if not data.startswith(b"%PDF"):
        raise invalid(f"{at}.data: The PDF specified was not valid.")
    found.pages += media.pdf_pages(data)


def _plain(source: dict[str, Any], at: str, _found: Found) -> None:
    """[sdk: PlainTextSourceParam]"""
    fields(source, at, ("type", "media_type", "data"))
    one_of(source["media_type"], f"{at}.media_type", ("text/plain",))
    _not_empty(text(source["data"], f"{at}.data"), at, "documents")


def _blocks(source: dict[str, Any], at: str, found: Found) -> None:
    """[sdk: ContentBlockSourceParam]: text and images only."""
    fields(source, at, ("type", "content"))
    content = source["content"]
    if isinstance(content, list):
        for place, block in enumerate(content):
            one_of(mapping(block, f"{at}.content.{place}").get("type"), f"{at}.content.{place}.type", ("text", "image"))
    check_content(content, f"{at}.content", "document", found)


def _url(source: dict[str, Any], at: str, found: Found) -> None:
    fields(source, at, ("type", "url"))
    if not text(source["url"], f"{at}.url").startswith("https://"):
        raise invalid(f"{at}.url: Only HTTPS URLs are supported.")  # [assumed]
    found.remote += 1


def _file(source: dict[str, Any], at: str, found: Found) -> None:
    """An upload where none is looked up; in a batch its content stands here by now."""
    fields(source, at, ("type", "file_id"))
    text(source["file_id"], f"{at}.file_id")
    found.remote += 1


def _search_result(block: dict[str, Any], at: str, _role: str, found: Found) -> None:
    """[sdk: SearchResultBlockParam]"""
    fields(block, at, ("type", "source", "title", "content"), ("cache_control", "citations"))
    for place, inner in enumerate(items(block["content"], f"{at}.content")):
        _text(mapping(inner, f"{at}.content.{place}"), f"{at}.content.{place}", "document", found)


def _thinking(block: dict[str, Any], at: str, role: str, _found: Found) -> None:
    if role != "assistant":
        raise invalid(f"{at}: thinking blocks are only allowed in assistant messages")
    names = ("data",) if block["type"] == "redacted_thinking" else ("thinking", "signature")
    fields(block, at, ("type", *names))


def _tool_use(block: dict[str, Any], at: str, role: str, _found: Found) -> None:
    if role != "assistant":
        raise invalid(f"{at}: `tool_use` blocks can only be in `assistant` messages")
    fields(block, at, ("type", "id", "name", "input"), ("cache_control", "caller", "toolset_name"))
    mapping(block["input"], f"{at}.input")


def _tool_result(block: dict[str, Any], at: str, role: str, found: Found) -> None:
    if role != "user":
        raise invalid(f"{at}: `tool_result` blocks can only be in `user` messages")
    fields(block, at, ("type", "tool_use_id"), ("cache_control", "content", "is_error", "toolset_name"))
    if isinstance(block.get("content"), list):
        for place, inner in enumerate(block["content"]):
            check_block(inner, f"{at}.content.{place}", "user", found)


def decoded(data: Any, at: str) -> bytes:
    try:
        return base64.b64decode(text(data, at), validate=True)
    except binascii.Error:
        raise invalid(f"{at}: Invalid base64 data") from None


_SOURCES: dict[str, Callable[[dict[str, Any], str, Found], None]] = {
    "base64": _pdf,
    "text": _plain,
    "content": _blocks,
    "url": _url,
    "file": _file,
}
_BLOCKS: dict[str, Callable[[dict[str, Any], str, str, Found], None]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "thinking": _thinking,
    "redacted_thinking": _thinking,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
}
