"""The most a Gemini request can be billed for, before it is sent. Pure.

What it rests on, each to be read with "Gemini" in mind:
- a token is at least one byte of UTF-8, so a body's bytes bound its tokens (an assumption: Gemini's tokenizer is not published for
  all its models); schemas and tools are counted as a prompt may spell them out;
- an image is scaled to at most 3072 pixels a side and cut into tiles of 258 tokens (Gemini 2), at most 24 of them and one of the
  whole, or given up to 2,240 tokens (Gemini 3, "ultra high"); the larger holds for both (Gemini's image and media resolution
  pages);
- a PDF page is one image, 258 tokens (Gemini 2) or up to 2,240 (Gemini 3), beside its text; the text is the one extracted here;
- prompts that Gemini adds for tools and structured output stay below the constants here;
- `maxOutputTokens` caps thoughts and answer together. Google's documentation does not promise it; runs that were cut ended exactly
  at the cap, thoughts included (googleapis/python-genai#2062), where a `thinkingBudget` was overrun. So neither a budget nor the
  model's output limit enters the bound; a bill above it stops what is sent to that model.
"""

from collections.abc import Mapping
from typing import Any

from batchata.providers.base import ModelFacts
from batchata.providers.request_files import files_of, is_pdf, sent_base64, text_bytes
from batchata.providers.request_json import spelled_out_more
from batchata.request import Document, Image, Request

FRAME_TOKENS = 16  # what separates messages, parts and tools from one another
TOOLS_PROMPT_TOKENS = 1024
SCHEMA_PROMPT_TOKENS = 1024
IMAGE_TOKENS = 25 * 258
PAGE_TOKENS = 2240


def input_tokens_max(request: Request, facts: ModelFacts, params: Mapping[str, Any], body: bytes) -> int:
    """The most input tokens of `body`, which is `params` as JSON."""
    parts = sum(len(message.parts) for message in request.messages) + len(request.system)
    tokens = len(body) + FRAME_TOKENS * (parts + 1)
    if tools := params.get("tools"):
        tokens += TOOLS_PROMPT_TOKENS + spelled_out_more(tools)
    config = params.get("generationConfig") or {}
    for name in ("responseSchema", "responseJsonSchema"):
        if schema := config.get(name):
            tokens += SCHEMA_PROMPT_TOKENS + spelled_out_more(schema)
    tokens += sum(_file_tokens(file) for file in files_of(request))
    return min(tokens, facts.context_window) if facts.context_window else tokens


def _file_tokens(file: Document | Image) -> int:
    """What a file adds to, or takes from, the bytes of the body: base64 is no text, pages and pictures are."""
    if isinstance(file, Image):
        return IMAGE_TOKENS - sent_base64(file)
    if not is_pdf(file):
        return 0
    return text_bytes(file) + len(file.pages) * (PAGE_TOKENS + FRAME_TOKENS) - sent_base64(file)
