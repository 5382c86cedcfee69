"""Answers that cite the documents they were given, as native citations [docs: Citations]."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from batchata.testing import media
from batchata.testing.counter import Counter
from batchata.testing.dice import Dice
from batchata.testing.prose import prose

Block = dict[str, Any]


def cited_documents(params: Mapping[str, Any]) -> list[tuple[int, Block]]:
    """(index among all documents of the request, block) of those with citations on."""
    documents = [
        block
        for message in params["messages"]
        if not isinstance(message["content"], str)
        for block in message["content"]
        if block["type"] == "document"
    ]
    return [pair for pair in enumerate(documents) if (pair[1].get("citations") or {}).get("enabled")]


def name_files(content: list[Block], file_ids: list[str | None]) -> None:
    """Citations of an upload say which [sdk: CitationCharLocation.file_id]."""
    for citation in (citation for block in content for citation in block.get("citations") or ()):
        citation["file_id"] = file_ids[citation["document_index"]]


def cite(documents: list[tuple[int, Block]], tokens: int, counter: Counter, dice: Dice) -> list[Block]:
    """Text blocks of `tokens` tokens together, every second one with a citation. Cited text isn't billed as output."""
    parts = min(tokens, 2 * dice.between(1, 3))
    share = tokens // parts
    blocks: list[Block] = []
    for part in range(parts):
        size = counter.size(share if part else tokens - share * (parts - 1))
        block: Block = {"type": "text", "text": prose(dice, max(1, size))}
        if part % 2:
            block["citations"] = [_citation(*dice.pick(documents), dice)]
        blocks.append(block)
    return blocks


def _citation(index: int, document: Block, dice: Dice) -> Block:
    source = document["source"]
    named = {"document_index": index, "document_title": document.get("title"), "file_id": None}
    match source["type"]:
        case "text":
            return {**_characters(source["data"], dice), **named}
        case "content":
            return {**_content_blocks(source["content"], dice), **named}
        case "base64":
            return {**_pages(base64.b64decode(source["data"]), dice), **named}
        case _:  # by URL: never fetched, so its first page is cited [assumed]
            return {"type": "page_location", "cited_text": "", "start_page_number": 1, "end_page_number": 2, **named}


def _characters(text: str, dice: Dice) -> Block:
    """A sentence: 0-based characters, end exclusive [sdk: CitationCharLocation]."""
    start, end = dice.pick(list(_sentences(text)))
    cited = {"cited_text": text[start:end], "start_char_index": start, "end_char_index": end}
    return {"type": "char_location", **cited}


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        stop = text.find(". ", start)
        end = len(text) if stop < 0 else stop + 2
        if text[start:end].strip():
            yield start, end
        start = end


def _content_blocks(content: str | list[Block], dice: Dice) -> Block:
    """Whole blocks, end exclusive [sdk: CitationContentBlockLocation]."""
    texts = [content] if isinstance(content, str) else [block.get("text", "") for block in content]
    start = dice.between(0, len(texts) - 1)
    end = dice.between(start + 1, len(texts))
    cited = {"cited_text": "".join(texts[start:end]), "start_block_index": start, "end_block_index": end}
    return {"type": "content_block_location", **cited}


def _pages(data: bytes, dice: Dice) -> Block:
    """1-based pages, end exclusive [sdk: CitationPageLocation; docs: Citations]."""
    pages, texts = media.pdf_pages(data), media.pdf_text(data)
    page = dice.between(1, pages)
    # where text can't be told by page, any of it is quoted
    text = texts[page - 1] if len(texts) == pages else dice.pick(texts or ("",))
    return {"type": "page_location", "cited_text": text[:400], "start_page_number": page, "end_page_number": page + 1}
