"""A `Request` as the exact body that OpenAI's two endpoints take, and what of it can't be sent. Pure, and free of the SDK.

OpenAI itself is asked by `/v1/responses`: it is the one that every current model answers, it takes PDF files as they are, and it
says in so many words why an answer is incomplete or refused. Other people's servers are asked by `/v1/chat/completions`, the one
that all of them have; they get documents as text, page by page, because few of them read files.
"""

import base64
from dataclasses import dataclass
from typing import Any

from batchata.errors import DocumentError, ValidationError
from batchata.providers.base import ModelFacts, Prepared
from batchata.providers.document_text import document_text
from batchata.providers.openai import bound, models
from batchata.providers.openai.params import CHAT, RESPONSES, Endpoint, check, schema_place, sends_temperature
from batchata.providers.request_files import check_image_type, check_pages_known, check_size, files_of, is_pdf, names
from batchata.providers.request_json import encoded, form_words
from batchata.providers.request_params import thinking_warning
from batchata.request import Document, Image, Message, Part, Request

_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")


@dataclass(frozen=True, slots=True)
class Target:
    """Where bodies go. `service`: how messages name it. `bytes_max`: of one request, and `size` the same in the provider's
    words. `files_max`: bytes of PDF files in one request, where the provider says so. `cap`: what the token cap is called on
    chat completions, None where the model's family decides. `tells_form`: the schema is put into the system message too.
    """

    service: str
    endpoint: Endpoint
    bytes_max: int
    size: str
    files_max: int | None = None
    cap: str | None = None
    tells_form: bool = False

    @property
    def official(self) -> bool:
        return self.endpoint is RESPONSES


def prepare(request: Request, facts: ModelFacts, target: Target) -> Prepared:
    """The body of one request, and its bound. Raises `ValidationError` or `DocumentError`, saying what can't be sent."""
    check(request, facts, target.endpoint, target.service)
    _check_files(request, target)
    params = _responses(request) if target.endpoint is RESPONSES else _chat(request, target)
    if sends_temperature(request, facts, official=target.official):
        params["temperature"] = request.temperature
    params.update(request.provider_params)
    if request.schema is not None:
        params[target.endpoint.form] = _form(request, target.endpoint)
    body = encoded(params)
    check_size(request, len(body), target.bytes_max, f"{target.service} takes at most {target.size}")
    return Prepared(
        body=body,
        input_tokens_max=bound.input_tokens_max(request, facts, params, body, native_pdf=target.official),
        output_tokens_max=request.max_tokens,
        cache_write=bound.CACHE_WRITE,
        warnings=_warnings(request),
    )


def _form(request: Request, endpoint: Endpoint) -> dict[str, Any]:
    named = {"name": "answer", "strict": True, "schema": request.schema}
    if endpoint is CHAT:
        return {"type": "json_schema", "json_schema": named}
    return {**schema_place(request.provider_params, endpoint), "format": {"type": "json_schema", **named}}


def _system(request: Request, *, tells_form: bool = False) -> str:
    form = [form_words(request.schema)] if tells_form and request.schema is not None else []
    return "\n\n".join([*(part.text for part in request.system), *form])


# -- /v1/responses


def _responses(request: Request) -> dict[str, Any]:
    # the answer comes by file; without this a copy of each would be kept at OpenAI for 30 days
    params: dict[str, Any] = {"model": request.model, "max_output_tokens": request.max_tokens, "store": False}
    if request.system:
        params["instructions"] = _system(request)
    params["input"] = [_turn(message) for message in request.messages]
    return params


def _turn(message: Message) -> dict[str, Any]:
    if message.role == "assistant":
        return {"role": "assistant", "content": "\n\n".join(_plain(part) for part in message.parts)}
    return {"role": "user", "content": [sent for part in message.parts for sent in _inputs(part)]}


def _inputs(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, Image):
        given = {"file_id": part.reference} if part.reference else {"image_url": _data_url(part.media_type, part.data)}
        return [{"type": "input_image", **given, "detail": "auto"}]
    if not isinstance(part, Document) or not is_pdf(part):
        return [{"type": "input_text", "text": _plain(part)}]
    if part.reference is not None:
        # an upload bears a name of ours, so the user's is told beside it
        return [{"type": "input_text", "text": f"[{part.name}]"}, {"type": "input_file", "file_id": part.reference}]
    return [{"type": "input_file", "filename": _filename(part), "file_data": _data_url(part.media_type, part.data)}]


def _filename(document: Document) -> str:
    """OpenAI goes by the ending of the name."""
    return document.name if document.name.lower().endswith(".pdf") else f"{document.name}.pdf"


# -- /v1/chat/completions


def _chat(request: Request, target: Target) -> dict[str, Any]:
    cap = target.cap or ("max_completion_tokens" if models.reasons(request.model) else "max_tokens")
    told = _system(request, tells_form=target.tells_form)
    system = [{"role": "system", "content": told}] if told else []
    turns = [{"role": message.role, "content": _content(message, target)} for message in request.messages]
    return {"model": request.model, "messages": system + turns, cap: request.max_tokens}


def _content(message: Message, target: Target) -> str | list[dict[str, Any]]:
    """A plain string where it is only text: some servers take nothing else."""
    if not any(isinstance(part, Image) for part in message.parts):
        return "\n\n".join(_plain(part, target.service) for part in message.parts)
    return [_piece(part, target) for part in message.parts]


def _piece(part: Part, target: Target) -> dict[str, Any]:
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": _data_url(part.media_type, part.data)}}
    return {"type": "text", "text": _plain(part, target.service)}


# -- both


def _plain(part: Part, reader: str = "OpenAI") -> str:
    if isinstance(part, Image):
        raise ValidationError(f"an image ({part.media_type}) stands in an assistant message. Put it in a user message.")
    return document_text(part, reader) if isinstance(part, Document) else part.text


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def _check_files(request: Request, target: Target) -> None:
    for file in files_of(request):
        if isinstance(file, Image):
            check_image_type(file, _IMAGE_TYPES, target.service)
        elif target.official and is_pdf(file) and request.bounded:
            check_pages_known(file)
    sent = sum(len(file.data) for file in files_of(request) if isinstance(file, Document) and is_pdf(file))
    if target.files_max is not None and sent > target.files_max:
        raise DocumentError(
            f"{names(request)}the PDF files are {sent:,} bytes; {target.service} takes at most {target.files_max:,} "
            f"({target.files_max // 1_000_000} MB) of files a request. Send fewer or smaller ones."
        )


def _warnings(request: Request) -> tuple[str, ...]:
    told = "reasoning" in request.provider_params or "reasoning_effort" in request.provider_params
    if told or not models.reasons(request.model):
        return ()
    return thinking_warning(request, "set the reasoning effort in provider_params.")
