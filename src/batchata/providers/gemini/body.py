"""A `Request` as the exact GenerateContentRequest of Gemini's batches, and what of it can't be sent. Pure, and free of the SDK.

Figures are Gemini's: PDFs of 50 MB and 1,000 pages, 3,600 images a request. A size for one request of a batch file is not stated.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

import orjson

from batchata.errors import DocumentError, ValidationError
from batchata.providers.base import ModelFacts, Prepared
from batchata.providers.document_text import document_text
from batchata.providers.gemini.bound import input_tokens_max
from batchata.providers.gemini.params import check, check_bounded, config_of
from batchata.providers.request_files import check_image_type, check_pages_known, check_size, files_of, is_pdf, names
from batchata.providers.request_json import encoded
from batchata.providers.request_params import check_max_tokens, thinking_warning
from batchata.request import Document, Image, Message, Part, Request, Text

BYTES_MAX = 100_000_000
"""100 MB a request: assumed, from what Gemini takes inline outside of batches."""

PDF_BYTES_MAX = 50_000_000
PDF_PAGES_MAX = 1000
IMAGES_MAX = 3600

_IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")
_MODEL = re.compile(r"(?:(?:models|tunedModels)/)?[A-Za-z0-9][A-Za-z0-9._-]*")

# From these generations on a model thinks unless told otherwise (Gemini's thinking page). Decides a warning only.
_THINKS = re.compile(r"(?:models/)?gemini-(?:2\.5-(?!flash-lite)|[3-9]|\d\d)")


def prepare(request: Request, facts: ModelFacts) -> Prepared:
    """The body of one request, and its bound. Raises `ValidationError` or `DocumentError`, saying what can't be sent."""
    model_path(request.model)
    check(request)
    check_max_tokens(request, "Gemini")
    if request.temperature_given and request.temperature is not None and facts.takes_temperature is False:
        raise ValidationError(f"temperature can't be sent: {request.model} takes none. Leave it out.")
    _check_files(request)
    if request.bounded:
        check_bounded(request.provider_params)
    params = _params(request, facts)
    body = encoded(params)
    check_size(request, len(body), BYTES_MAX, f"at most {BYTES_MAX:,} (100 MB) are sent to Gemini")
    return Prepared(
        body=body,
        input_tokens_max=input_tokens_max(request, facts, params, body),
        output_tokens_max=request.max_tokens * _candidates(params),
        warnings=_warnings(request),
    )


def line(custom_id: str, body: bytes) -> bytes:
    """One line of the uploaded file."""
    return b'{"key":' + orjson.dumps(custom_id) + b',"request":' + body + b"}"


def model_path(model: str) -> str:
    """The path of a model below the API's version. Raises `ValidationError` for what can be none."""
    if not _MODEL.fullmatch(model):
        raise ValidationError(
            f"model={model!r} can't be a name of Gemini's: letters, digits, '.', '_' and '-', such as 'gemini-2.5-flash'."
        )
    return model if "/" in model else f"models/{model}"


def _params(request: Request, facts: ModelFacts) -> dict[str, Any]:
    params: dict[str, Any] = {"contents": [_content(message) for message in request.messages]}
    if request.system:
        params["systemInstruction"] = {"parts": [{"text": part.text} for part in request.system]}
    # beside what the user put there, such as thinkingConfig
    config = {**_config(request, facts), **config_of(request.provider_params)}
    return {**params, **request.provider_params, "generationConfig": config}


def _config(request: Request, facts: ModelFacts) -> dict[str, Any]:
    config: dict[str, Any] = {"maxOutputTokens": request.max_tokens}
    if request.temperature is not None and facts.takes_temperature is not False:
        config["temperature"] = request.temperature
    if request.schema is not None:
        # not responseJsonSchema: in batches answers degenerate under it (googleapis/python-genai#1150, #1307, #2693)
        config |= {"responseMimeType": "application/json", "responseSchema": request.schema}
    return config


def _content(message: Message) -> dict[str, Any]:
    role = "model" if message.role == "assistant" else "user"
    return {"role": role, "parts": [sent for part in message.parts for sent in _parts(part)]}


def _parts(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, Text):
        return [{"text": part.text}]
    if isinstance(part, Image):
        return [_file(part)]
    if is_pdf(part):
        return [{"text": f"[{part.name}]"}, _file(part)]
    return [{"text": document_text(part, "Gemini")}]


def _file(file: Document | Image) -> dict[str, Any]:
    if file.reference is not None:
        return {"fileData": {"mimeType": file.media_type, "fileUri": file.reference}}
    return {"inlineData": {"mimeType": file.media_type, "data": base64.b64encode(file.data).decode("ascii")}}


def _candidates(params: Mapping[str, Any]) -> int:
    wanted = params["generationConfig"].get("candidateCount", 1)
    return wanted if type(wanted) is int and wanted > 1 else 1


def _check_files(request: Request) -> None:
    files = list(files_of(request))
    for file in files:
        if isinstance(file, Image):
            check_image_type(file, _IMAGE_TYPES, "Gemini")
        else:
            _check_document(file, bounded=request.bounded)
    images = sum(isinstance(file, Image) for file in files)
    if images > IMAGES_MAX:
        raise DocumentError(
            f"{names(request)}{images} images; Gemini takes at most {IMAGES_MAX} a request. Send fewer."
        )


def _check_document(document: Document, *, bounded: bool) -> None:
    name = document.name
    if not is_pdf(document):
        return
    if len(document.data) > PDF_BYTES_MAX:
        raise DocumentError(
            f"{name}: {len(document.data):,} bytes; Gemini takes PDFs of at most {PDF_BYTES_MAX:,} (50 MB). Split it."
        )
    if len(document.pages) > PDF_PAGES_MAX:
        raise DocumentError(f"{name}: {len(document.pages)} pages; Gemini takes at most {PDF_PAGES_MAX}. Split it.")
    if bounded:
        check_pages_known(document)


def _warnings(request: Request) -> tuple[str, ...]:
    told = "thinkingConfig" in config_of(request.provider_params)
    if told or not _THINKS.match(request.model):
        return ()
    return thinking_warning(request, "say provider_params={'generationConfig': {'thinkingConfig': ...}}.")
