"""How many tokens a prompt is billed for: text by its bytes, images by tiles or by resolution, PDFs by pages."""

import binascii
from collections.abc import Mapping
from math import ceil
from typing import Any

import orjson

from batchata.testing import media
from batchata.testing.counter import Counter
from batchata.testing.gemini.models import Model
from batchata.testing.gemini.params import decoded

PER_CONTENT = 2  # framing of a content [assumed]
_TILE = 258  # [assumed]
_HIGH = 1_120  # of an image or page from generation 3 on, at most [assumed]


def prompt_tokens(request: Mapping[str, Any], known: Model, counter: Counter) -> int:
    config = request.get("generationConfig") or {}
    extras = [config.get("responseSchema"), config.get("responseJsonSchema"), *(request.get("tools") or ())]
    said = sum(counter.bytes(len(orjson.dumps(extra))) for extra in extras if extra)
    contents = [*(request.get("contents") or ())]
    return said + system_tokens(request, known, counter) + sum(_content(one, known, counter) for one in contents)


def system_tokens(request: Mapping[str, Any], known: Model, counter: Counter) -> int:
    system = request.get("systemInstruction")
    return _content(system, known, counter) if system else 0


def _content(content: Mapping[str, Any], known: Model, counter: Counter) -> int:
    return PER_CONTENT + sum(_part(part, known, counter) for part in content.get("parts") or ())


def _part(part: Mapping[str, Any], known: Model, counter: Counter) -> int:
    if "text" in part:
        return counter.text(part["text"])
    if "inlineData" in part:
        return _blob(part["inlineData"], known, counter)
    if "fileData" in part:  # nothing is fetched: billed as one picture [assumed]
        return _picture(None, known)
    return counter.bytes(len(orjson.dumps(part)))


def _blob(blob: Mapping[str, Any], known: Model, counter: Counter) -> int:
    try:
        data = decoded(blob)
    except binascii.Error:
        return 0
    if blob.get("mimeType") == "application/pdf":
        return media.pdf_pages(data) * _page(known)
    if str(blob.get("mimeType")).startswith("image/"):
        return _picture(media.image_size(data), known)
    return counter.bytes(len(data))


def _page(known: Model) -> int:
    return _TILE if known.generation < (3, 0) else _HIGH


def _picture(size: tuple[int, int] | None, known: Model) -> int:
    """One tile up to 384 pixels both ways, else a tile per 768 x 768 [assumed]."""
    if known.generation >= (3, 0):
        return _HIGH
    if size is None:
        return 16 * _TILE  # [assumed]
    return _TILE if max(size) <= 384 else _TILE * ceil(size[0] / 768) * ceil(size[1] / 768)
