"""How many tokens a prompt is billed for: text by its bytes, images by patches or tiles, PDFs by text and pages."""

import base64
import binascii
from collections.abc import Mapping
from math import ceil
from typing import Any

import orjson

from batchata.testing import media
from batchata.testing.counter import Counter
from batchata.testing.openai.models import Model

PER_MESSAGE = 4  # framing of a message or a tool [assumed]
_MOST_PATCHES = 1_536  # [docs: Images and vision]
_MOST_TILES = 8  # what a picture is scaled to fits into at most these [docs: Images and vision; derived]
_PAGE = (1024, 1024)  # what a PDF page is rendered at [assumed]


def prompt_tokens(body: Mapping[str, Any], known: Model, counter: Counter) -> int:
    return sum(tokens for _, tokens in pieces(body, known, counter))


def pieces(body: Mapping[str, Any], known: Model, counter: Counter) -> list[tuple[Any, int]]:
    """(what it is, its tokens), in prompt order: what stands before the messages first."""
    asked = (body.get("instructions"), body.get("response_format"), body.get("text"), *(body.get("tools") or ()))
    extras = [extra for extra in asked if extra]
    found = [(extra, PER_MESSAGE + counter.bytes(len(orjson.dumps(extra)))) for extra in extras]
    messages = body.get("messages", body.get("input") or ())
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    return [*found, *((message, PER_MESSAGE + _message(message, known, counter)) for message in messages)]


def _message(message: Mapping[str, Any], known: Model, counter: Counter) -> int:
    content = message.get("content")
    if isinstance(content, str):
        rest = {name: value for name, value in message.items() if name not in {"content", "role", "type"}}
        return counter.text(content) + (counter.bytes(len(orjson.dumps(rest))) if rest else 0)
    if not isinstance(content, list):
        return counter.bytes(len(orjson.dumps(message)))
    return sum(_part(part, known, counter) for part in content)


def _part(part: Mapping[str, Any], known: Model, counter: Counter) -> int:
    match part["type"]:
        case "text" | "input_text" | "output_text":
            return counter.text(part["text"])
        case "image_url":
            return picture(_size(part["image_url"]["url"]), known)
        case "input_image":
            return picture(_size(part.get("image_url") or ""), known)
        case "file":
            return _file(part["file"].get("file_data", ""), known, counter)
        case "input_file":
            return _file(part.get("file_data", ""), known, counter)
        case _:
            return counter.bytes(len(orjson.dumps(part)))


def _size(url: str) -> tuple[int, int] | None:
    data = _decoded(url)
    return media.image_size(data) if data else None


def _decoded(url: str) -> bytes:
    try:
        return base64.b64decode(url.partition(";base64,")[2])
    except binascii.Error:
        return b""


def picture(size: tuple[int, int] | None, known: Model) -> int:
    """[docs: Images and vision]; where the size is not known, the most one is billed for [assumed]."""
    if known.patches:
        return _MOST_PATCHES if size is None else min(_MOST_PATCHES, ceil(size[0] / 32) * ceil(size[1] / 32))
    tiles = _MOST_TILES if size is None else min(_MOST_TILES, ceil(size[0] / 512) * ceil(size[1] / 512))
    return 85 + 170 * tiles


def _file(value: str, known: Model, counter: Counter) -> int:
    """A PDF is its text and a picture of each page [docs: File inputs]; other files are their text."""
    data = _decoded(value)
    if not data.startswith(b"%PDF"):
        return counter.bytes(len(data)) if data else picture(None, known)
    words = sum(counter.text(text) for text in media.pdf_text(data))
    return words + media.pdf_pages(data) * picture(_PAGE, known)
