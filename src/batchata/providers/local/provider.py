"""Models on the user's own machine, behind the provider seam: chat bodies, answered from a spool by an embedded llama.cpp.

A batch is a file in the spool, so a create is never uncertain; nothing costs money. See `spool` for what a crash leaves.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from batchata.errors import ValidationError
from batchata.providers.base import Answer, Limits, ModelFacts, Prepared
from batchata.providers.document_text import document_text
from batchata.providers.local.llama import LlamaAnswerer
from batchata.providers.local.weights import context_of, model_name, resolve_weights
from batchata.providers.request_json import encoded, form_words
from batchata.providers.request_params import check_max_tokens, check_one_answer, check_owned
from batchata.providers.spool.batches import SpooledBatches
from batchata.providers.spool.lines import answered_by
from batchata.providers.spool.spool import Answerer, Spool
from batchata.request import Document, Image, Message, Part, Request
from batchata.result import Outcome
from batchata.usage import Usage

# What a chat template may add: the turn marks of a message; a system prompt of the model's own, dates, tool preambles
_TOKENS_PER_MESSAGE, _TOKENS_PER_REQUEST = 32, 512

_OWNED = {
    "model": "name it by model=",
    "messages": "give them by messages= or prompt=",
    "prompt": "give it by prompt=",
    "max_tokens": "give it by max_tokens=",
    "max_completion_tokens": "give it by max_tokens=",
    "n_predict": "give it by max_tokens=",
    "stream": "a batch does not stream",
    "stream_options": "a batch does not stream",
}
_OWNED_WITH_SCHEMA = ("response_format", "json_schema", "grammar")
_ENDINGS = {"stop": Outcome.SUCCEEDED, "tool_calls": Outcome.SUCCEEDED, "length": Outcome.TRUNCATED}


class LocalProvider(SpooledBatches):
    """`local/…` models, answered in this process's children. `spool_dir` holds the batches; it is made where it is missing.

    Constructing one loads no model; the first batch that is created or polled does.
    """

    name = "local"
    schema_dialect = "llama.cpp"
    limits = Limits(
        jobs_per_batch=10_000,
        bytes_per_batch=512 << 20,
        bytes_per_job=16 << 20,
        expires_seconds=math.inf,
        results_kept_seconds=None,
        one_model_per_batch=True,  # so that a batch loads one set of weights
    )

    def __init__(self, spool_dir: Path, answerer: Answerer | None = None) -> None:
        super().__init__(Spool(spool_dir, answerer or LlamaAnswerer()))

    def account(self) -> str:
        return self.name

    def facts(self, model: str) -> ModelFacts:
        """The context that a request gets here, from the weights file's first bytes."""
        try:
            return ModelFacts(context_window=context_of(resolve_weights(model)), takes_temperature=True)
        except ValidationError:
            return ModelFacts()

    def prepare(self, request: Request, facts: ModelFacts) -> Prepared:
        """An OpenAI-style chat body. Documents become text, page by page; pictures are refused: these models read text.

        Every byte is at most one token, and the template's additions are bounded by constants.
        """
        _check_params(request)
        body: dict[str, Any] = {
            "model": model_name(request.model),
            "messages": _messages(request),
            "max_tokens": request.max_tokens,
        }
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.schema is not None:
            named = {"name": "answer", "strict": True, "schema": request.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        data = encoded(body | dict(request.provider_params))
        most = len(data) + _TOKENS_PER_MESSAGE * len(body["messages"]) + _TOKENS_PER_REQUEST
        return Prepared(data, min(most, facts.context_window or most), request.max_tokens)

    def read(self, line: bytes) -> Answer:
        """Nothing is billed for an error or a cancelled request. `lost` starts cost nothing here and are left aside."""
        try:
            return _read(orjson.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            words = f"the answer can't be read ({error!r}): {line[:200].decode(errors='replace')}"
            return Answer(answered_by(line), Outcome.ERROR, error=words, billed=False)


def _check_params(request: Request) -> None:
    check_max_tokens(request, "a local model")
    params = request.provider_params
    check_owned(params, _OWNED)
    if request.schema is not None and (taken := [name for name in _OWNED_WITH_SCHEMA if name in params]):
        raise ValidationError(
            f"provider_params[{taken[0]!r}] can't go with response_model, which sets the form itself."
        )
    check_one_answer(params)


def _messages(request: Request) -> list[dict[str, str]]:
    system = "\n\n".join([*(part.text for part in request.system), *_form(request)])
    head = [{"role": "system", "content": system}] if system else []
    return head + [{"role": message.role, "content": _content(message)} for message in request.messages]


def _form(request: Request) -> list[str]:
    return [] if request.schema is None else [form_words(request.schema)]


def _content(message: Message) -> str:
    return "\n\n".join(_text(part) for part in message.parts)


def _text(part: Part) -> str:
    match part:
        case Image():
            raise ValidationError(
                f"a local model reads text only and was given an image ({part.media_type}): "
                "use a provider whose models see, or give the text."
            )
        case Document():
            return document_text(part, "a local model")
    return part.text


def _read(row: Mapping[str, Any]) -> Answer:
    custom_id = row["custom_id"]
    if "cancelled" in row:
        return Answer(custom_id, Outcome.CANCELLED, error="cancelled before it was answered", billed=False)
    if error := row.get("error"):
        words, retryable = error["message"], error["retryable"]
        return Answer(custom_id, Outcome.ERROR, error=words, retryable=retryable, billed=False)
    return _read_completion(custom_id, row["response"])


def _read_completion(custom_id: str, response: Mapping[str, Any]) -> Answer:
    choice = response["choices"][0]
    usage, model = _usage(response.get("usage") or {}), response.get("model")
    ending, text = choice.get("finish_reason"), choice["message"].get("content")
    outcome = _ENDINGS.get(ending, Outcome.ERROR)
    error = f"it ended with finish_reason {ending!r}" if outcome is Outcome.ERROR else None
    return Answer(custom_id, outcome, text=text or "", usage=usage, model=model, error=error)


def _usage(usage: Mapping[str, Any]) -> Usage:
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Usage(usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0), cache_read_tokens=cached)
