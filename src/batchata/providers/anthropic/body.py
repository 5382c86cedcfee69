"""A `Request` as the exact `params` of Anthropic's Message Batches, and what of it can't be sent. Pure, and free of the SDK.

Figures are Anthropic's: 32 MB a request, 600 PDF pages or images (100 on models with a window of 200,000 tokens).
"""

import base64
import re
from typing import Any

import orjson

from batchata.errors import DocumentError, ValidationError
from batchata.providers.anthropic import bound
from batchata.providers.anthropic.bound import cites_natively
from batchata.providers.anthropic.params import check, check_bounded, is_late, sends_temperature
from batchata.providers.base import ModelFacts, Prepared
from batchata.providers.request_files import check_image_type, check_pages_known, check_size, files_of, is_pdf, names
from batchata.providers.request_json import encoded
from batchata.providers.request_params import thinking_warning
from batchata.request import Document, Image, Message, Part, Request, Text

BYTES_MAX = 32_000_000
"""32 MB a request. Anthropic does not say which megabyte; the smaller one is safe with either."""

_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_SMALL_WINDOW = 200_000

# Pixels a side, and the less where a request holds many images (Anthropic's vision page)
_SIDE, _SIDE_OF_MANY, _MANY = 8_000, 2_000, 20

# From these generations on a model thinks unless told otherwise (Anthropic's model pages). Decides a warning only.
_THINKS = re.compile(r"claude-(?:opus|sonnet|fable|mythos)-(?:[5-9]|\d\d)(?!\d)|claude-haiku-(?:5-5|[6-9])")


def prepare(request: Request, facts: ModelFacts, api_version: str) -> Prepared:
    """The body of one request, and its bound. Raises `ValidationError` or `DocumentError`, saying what can't be sent."""
    check(request, facts, api_version)
    _check_files(request, facts, api_version)
    params = _params(request, facts, api_version)
    if request.bounded:
        check_bounded(request.provider_params, bound.cache_lives(params))
    body = encoded(params)
    check_size(request, len(body), BYTES_MAX, f"Anthropic takes at most {BYTES_MAX:,} (32 MB)")
    return Prepared(
        body=body,
        input_tokens_max=bound.input_tokens_max(request, facts, params, body),
        output_tokens_max=request.max_tokens,
        cache_write=bound.cache_write(params),
        warnings=_warnings(request),
    )


def line(custom_id: str, body: bytes) -> bytes:
    """One element of the `requests` array."""
    return b'{"custom_id":' + orjson.dumps(custom_id) + b',"params":' + body + b"}"


def _params(request: Request, facts: ModelFacts, api_version: str) -> dict[str, Any]:
    cited = cites_natively(request)
    params: dict[str, Any] = {"model": request.model, "max_tokens": request.max_tokens}
    if request.system:
        params["system"] = [_text(part) for part in request.system]
    params["messages"] = [_message(message, cited) for message in request.messages]
    if sends_temperature(request, facts, api_version):
        params["temperature"] = request.temperature
    params.update(request.provider_params)
    if request.schema is not None:
        # beside what the user put there, such as the effort
        asked = {"type": "json_schema", "schema": request.schema}
        params["output_config"] = {**(request.provider_params.get("output_config") or {}), "format": asked}
    return params


def _message(message: Message, cited: bool) -> dict[str, Any]:
    return {"role": message.role, "content": [_block(part, cited) for part in message.parts]}


def _block(part: Part, cited: bool) -> dict[str, Any]:
    if isinstance(part, Text):
        return _text(part)
    if isinstance(part, Image):
        return {"type": "image", "source": _source(part)}
    return _document(part, cited)


def _text(part: Text) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": part.text}
    if part.cache_control is not None:
        block["cache_control"] = part.cache_control
    return block


def _document(document: Document, cited: bool) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "document", "source": _source(document), "title": document.name}
    if cited:
        block["citations"] = {"enabled": True}
    return block


def _source(file: Document | Image) -> dict[str, str]:
    if file.reference is not None:
        return {"type": "file", "file_id": file.reference}
    if isinstance(file, Document) and not is_pdf(file):
        return {"type": "text", "media_type": "text/plain", "data": file.text}
    return {"type": "base64", "media_type": file.media_type, "data": base64.b64encode(file.data).decode("ascii")}


def _check_files(request: Request, facts: ModelFacts, api_version: str) -> None:
    for message in request.messages:
        for part in message.parts:
            _check_file(part, message.role, request.bounded, api_version)
    small = facts.context_window is not None and facts.context_window <= _SMALL_WINDOW
    cap = 100 if small else 600
    window = " for a model with a window of 200,000 tokens" if small else ""
    files = list(files_of(request))
    pages = sum(len(file.pages) for file in files if isinstance(file, Document) and is_pdf(file))
    images = sum(isinstance(file, Image) for file in files)
    for count, what in ((pages, "PDF pages"), (images, "images")):
        if count > cap:
            raise DocumentError(
                f"{names(request)}{count} {what}; Anthropic takes at most {cap} a request{window}. Send fewer."
            )
    _check_sides([file for file in files if isinstance(file, Image)])


def _check_sides(images: list[Image]) -> None:
    """Where an image's header does not say its size, the provider is left to judge."""
    most = _SIDE_OF_MANY if len(images) > _MANY else _SIDE
    for image in images:
        if max(image.width or 0, image.height or 0) > most:
            many = f" where a request has more than {_MANY}" if most == _SIDE_OF_MANY else ""
            raise DocumentError(
                f"an image ({image.media_type}) is {image.width} by {image.height} pixels; Anthropic takes at most "
                f"{most} a side{many}. Make it smaller."
            )


def _check_file(part: Part, role: str, bounded: bool, api_version: str) -> None:
    if isinstance(part, Image):
        check_image_type(part, _IMAGE_TYPES, "Anthropic")
    if not isinstance(part, Document):
        return
    if role == "assistant" and is_late(api_version):
        raise ValidationError(
            f"messages: {part.name} stands in an assistant message; Anthropic's API version {api_version} takes documents "
            "in user messages only. Move it there."
        )
    if not is_pdf(part) and not part.has_text:
        raise DocumentError(
            f"{part.name}: no text was found in it, and Anthropic takes {part.media_type} as text only."
        )
    if is_pdf(part) and bounded:
        check_pages_known(part)


def _warnings(request: Request) -> tuple[str, ...]:
    if "thinking" in request.provider_params or not _THINKS.match(request.model):
        return ()
    return thinking_warning(request, "say provider_params={'thinking': ...}.")
