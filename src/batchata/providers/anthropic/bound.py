"""The most an Anthropic request can be billed for, before it is sent. Pure.

What it rests on, each to be read with "Claude" in mind:
- a token is at least one byte of UTF-8, so a body's bytes bound its tokens (true by construction for byte-level BPE, an
  assumption for Claude's tokenizer, which is not published); schemas and tools are counted as a prompt may spell them out;
- an image is at most 1,568 tokens, from Opus 4.7, Sonnet 5 and Fable 5 on 4,784 (Anthropic's vision documentation);
- a PDF page is its text plus one image (Anthropic's PDF documentation); its text is the one that was extracted here;
- prompts that Anthropic adds for tools, structured output and citations stay below the constants here (it has published up to
  530 tokens for tools);
- thinking counts toward `max_tokens` (Anthropic's reference), so `max_tokens` bounds the output;
- the workspace's default inference region adds no price.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from batchata.providers.base import ModelFacts
from batchata.providers.request_files import files_of, is_pdf, sent_base64, text_bytes
from batchata.providers.request_json import spelled_out_more
from batchata.request import Document, Image, Request

FRAME_TOKENS = 16  # what separates messages, documents, images and tools from one another
TOOLS_PROMPT_TOKENS = 1024
SCHEMA_PROMPT_TOKENS = 1024
CITATIONS_PROMPT_TOKENS = 1024
CITED_CHUNK_TOKENS = 8  # citing numbers the sentences of a document
IMAGE_TOKENS_EARLIER = 1568
IMAGE_TOKENS = 4784

# Generations before Opus 4.7, Sonnet 5 and Fable 5: smaller images, and sampling parameters taken. Decides defaults only.
_EARLIER = re.compile(r"claude-(?:[123](?:\D|$)|instant|haiku-4|sonnet-4|opus-4(?:-[0-6](?!\d)|-20\d{6}|$))")
_SENTENCE_ENDS = ".!?\n。！？"  # noqa: RUF001  (full-width marks end sentences too)


def is_earlier(model: str) -> bool:
    """Whether the model is of a generation known to take images at the smaller cap, and a temperature."""
    return _EARLIER.match(model) is not None


def cites_natively(request: Request) -> bool:
    """Citations and `output_config.format` together are refused, so a schema asks for its quotes itself."""
    return request.citations and request.schema is None


def input_tokens_max(request: Request, facts: ModelFacts, params: Mapping[str, Any], body: bytes) -> int:
    """The most input tokens of `body`, which is `params` as JSON."""
    tools = params.get("tools")
    tools = tools if isinstance(tools, list | tuple) else ()
    tokens = len(body) + FRAME_TOKENS * (len(request.messages) + len(request.system) + len(tools) + 1)
    if tools:
        tokens += TOOLS_PROMPT_TOKENS + spelled_out_more(tools)
    if output_format := (params.get("output_config") or {}).get("format"):
        tokens += SCHEMA_PROMPT_TOKENS + spelled_out_more(output_format)
    if cites_natively(request):
        tokens += CITATIONS_PROMPT_TOKENS
    tokens += sum(_file_tokens(file, request) for file in files_of(request))
    return min(tokens, facts.context_window) if facts.context_window else tokens


def cache_write(params: Mapping[str, Any]) -> str | None:
    """The dearest cache write that the body asks for: None, "5m" or "1h"."""
    lives = set(cache_lives(params))
    if not lives:
        return None
    return "5m" if lives == {"5m"} else "1h"


def cache_lives(params: Mapping[str, Any]) -> Iterator[str]:
    """The time to live of every `cache_control` in the body, the default spelled out."""
    for holder in (params, *_blocks(params)):
        control = holder.get("cache_control")
        if isinstance(control, Mapping):
            yield str(control.get("ttl") or "5m")


def _blocks(params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    system = params.get("system")
    groups = [system, params.get("tools"), *(message["content"] for message in params["messages"])]
    for group in groups:
        if isinstance(group, list | tuple):
            yield from (block for block in group if isinstance(block, Mapping))


def _file_tokens(file: Document | Image, request: Request) -> int:
    """What a file adds to, or takes from, the bytes of the body: base64 is no text, pages and pictures are."""
    image = IMAGE_TOKENS_EARLIER if is_earlier(request.model) else IMAGE_TOKENS
    if isinstance(file, Image):
        return FRAME_TOKENS + image - sent_base64(file)
    tokens = FRAME_TOKENS
    if cites_natively(request):
        tokens += CITED_CHUNK_TOKENS * sum(page.count(end) for page in file.pages for end in _SENTENCE_ENDS)
    if is_pdf(file):
        tokens += text_bytes(file) + len(file.pages) * (image + FRAME_TOKENS) - sent_base64(file)
    elif file.reference is not None:
        tokens += len(file.text.encode("utf-8", "surrogatepass"))  # else it is counted where it stands in the body
    return tokens
