"""How many tokens a prompt is billed for: text by its bytes, images by their size, PDFs by text and pages."""

import base64
import binascii
from collections.abc import Iterator
from math import ceil
from typing import Any

import orjson

from batchata.testing import media
from batchata.testing.anthropic.models import Model
from batchata.testing.counter import Counter

PER_MESSAGE = 4  # framing of a message, a system prompt or a tool [assumed]
TOOLS_AUTO, TOOLS_FORCED = 346, 313  # hidden tool-use prompt [docs: Tool use, pricing table of the 4 family]
_PAGE_PIXELS = (1092, 1092)  # what a PDF page is rendered at [assumed]: at most one image of the standard cap


class PromptCounter:
    """Counts prompts, piece by piece."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def prompt(self, params: dict[str, Any], model: Model) -> int:
        return sum(tokens for _, tokens, _ in self.pieces(params, model))

    def pieces(self, params: dict[str, Any], model: Model) -> Iterator[tuple[Any, int, str | None]]:
        """(what it is, its tokens, the ttl of a cache breakpoint after it), in prompt order."""
        yield from self._tools(params)
        yield from self._system(params.get("system"))
        last = len(params["messages"]) - 1
        whole = _ttl(params)  # a breakpoint at the top stands after the last block [sdk: MessageCreateParams]
        for place, message in enumerate(params["messages"]):
            yield message["role"], PER_MESSAGE, None
            blocks = _blocks(message["content"])
            for number, block in enumerate(blocks):
                at_end = place == last and number == len(blocks) - 1
                yield block, self._block(block, model), _ttl(block) or (whole if at_end else None)

    def _tools(self, params: dict[str, Any]) -> Iterator[tuple[Any, int, str | None]]:
        config = (params.get("output_config") or {}).get("format")
        if config:  # the schema becomes part of a hidden prompt [docs: Structured outputs; its size assumed]
            yield config, self._counter.bytes(len(orjson.dumps(config))), None
        if not params.get("tools"):
            return
        forced = (params.get("tool_choice") or {}).get("type") in {"any", "tool"}
        yield "tools", TOOLS_FORCED if forced else TOOLS_AUTO, None
        for tool in params["tools"]:
            bare = {name: value for name, value in tool.items() if name != "cache_control"}
            yield bare, PER_MESSAGE + self._counter.bytes(len(orjson.dumps(bare))), _ttl(tool)

    def _system(self, system: Any) -> Iterator[tuple[Any, int, str | None]]:
        if system:
            yield "system", PER_MESSAGE, None
            for block in _blocks(system):
                yield block, self._block(block, None), _ttl(block)

    def _block(self, block: dict[str, Any], model: Model | None) -> int:
        match block["type"]:
            case "text":
                return self._counter.text(block["text"])
            case "image" if model:
                return _image(block["source"], model)
            case "document" if model:
                labels = (block.get("title") or "") + (block.get("context") or "")
                return self._counter.text(labels) + self._document(block["source"], model)
            case _:
                return self._counter.bytes(len(orjson.dumps(block)))

    def _document(self, source: dict[str, Any], model: Model) -> int:
        match source["type"]:
            case "text":
                return self._counter.text(source["data"])
            case "content":
                return sum(self._block(block, model) for block in _blocks(source["content"]))
            case "base64":  # the text of each page and its picture [docs: PDF support]
                data = base64.b64decode(source["data"])
                words = sum(self._counter.text(text) for text in media.pdf_text(data))
                return words + media.pdf_pages(data) * _picture(_PAGE_PIXELS, model)
            case _:  # by URL: nothing is fetched, one page is billed [assumed]
                return _picture(_PAGE_PIXELS, model)


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _ttl(block: dict[str, Any]) -> str | None:
    control = block.get("cache_control")
    return control.get("ttl", "5m") if control else None


def _image(source: dict[str, Any], model: Model) -> int:
    size = None
    if source["type"] == "base64":
        try:
            size = media.image_size(base64.b64decode(source["data"]))
        except binascii.Error:
            size = None
    return _picture(size, model)


def _picture(size: tuple[int, int] | None, model: Model) -> int:
    """One token per 28 x 28 pixels, up to the model's cap [docs: Vision]; the cap where the size is not known [assumed]."""
    if size is None:
        return model.image_cap
    return min(model.image_cap, ceil(size[0] / 28) * ceil(size[1] / 28))
