"""The most a request of OpenAI's dialect can be billed for, before it is sent. Pure.

What it rests on:
- a token is at least one byte of UTF-8 (true by construction of byte-level BPE, which OpenAI's published encodings are; an
  assumption for other people's models); schemas and tools are counted as a prompt may spell them out;
- an image is at most what `models` says of its size (OpenAI's vision guide; an assumption for other people's models);
- a PDF page is its text plus one picture (OpenAI's guide to file inputs); its text is the one that was extracted here;
- what a chat template adds, and prompts that the provider adds for tools and schemas, stay below the constants here;
- reasoning counts toward the output cap (OpenAI's reference: "including visible output tokens and reasoning tokens");
- cache writes are billed unasked from gpt-5.6 on (OpenAI's guide to prompt caching), so all input is taken at their price.
"""

from collections.abc import Mapping
from typing import Any

from batchata.providers.base import ModelFacts
from batchata.providers.foreign_json import get
from batchata.providers.openai import models
from batchata.providers.request_files import files_of, is_pdf, sent_base64, text_bytes
from batchata.providers.request_json import spelled_out_more
from batchata.request import Document, Image, Request

FRAME_TOKENS = 32  # what separates messages, files and tools from one another
PROMPT_TOKENS = 512  # what a chat template may write by itself: a date, a system prompt of the model's own
TOOLS_PROMPT_TOKENS = 1024
SCHEMA_PROMPT_TOKENS = 1024
CACHE_WRITE = "5m"


def input_tokens_max(
    request: Request, facts: ModelFacts, params: Mapping[str, Any], body: bytes, *, native_pdf: bool
) -> int:
    """The most input tokens of `body`, which is `params` as JSON."""
    tools = params.get("tools")
    tools = tools if isinstance(tools, list | tuple) else ()
    tokens = len(body) + PROMPT_TOKENS + FRAME_TOKENS * (len(request.messages) + len(tools) + 1)
    if tools:
        tokens += TOOLS_PROMPT_TOKENS + spelled_out_more(tools)
    if form := (get(params.get("text"), "format") or params.get("response_format")):
        tokens += SCHEMA_PROMPT_TOKENS + spelled_out_more(form)
    tokens += sum(_file_tokens(file, request.model, native_pdf) for file in files_of(request))
    return min(tokens, facts.context_window) if facts.context_window else tokens


def _file_tokens(file: Document | Image, model: str, native_pdf: bool) -> int:
    """What a file adds to, or takes from, the bytes of the body: base64 is no text, pages and pictures are."""
    if isinstance(file, Image):
        return FRAME_TOKENS + models.tokens_of_image(file, model) - sent_base64(file)
    if not (native_pdf and is_pdf(file)):
        return FRAME_TOKENS
    picture = models.image_tokens(model)
    return FRAME_TOKENS + text_bytes(file) + len(file.pages) * (picture + FRAME_TOKENS) - sent_base64(file)
