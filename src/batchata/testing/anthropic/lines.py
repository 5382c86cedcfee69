"""From one request of a batch to its result line and its bill."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from batchata.testing.answers import Answer
from batchata.testing.anthropic import errors
from batchata.testing.anthropic.cache import PromptCache
from batchata.testing.anthropic.citing import name_files
from batchata.testing.anthropic.errors import ApiError, invalid
from batchata.testing.anthropic.models import Model
from batchata.testing.anthropic.params import check_params
from batchata.testing.anthropic.references import file_ids, inlined, no_file
from batchata.testing.anthropic.replies import Composer, Reply
from batchata.testing.anthropic.tokens import PromptCounter
from batchata.testing.dice import Dice, digest
from batchata.testing.files import Files
from batchata.testing.jobs import Line
from batchata.testing.ledger import Bill, Pricer, Tokens
from batchata.testing.references import References
from batchata.testing.settings import Settings


@dataclass(frozen=True, slots=True)
class Origin:
    """The create that a request came with. `files`: may its requests refer to uploads?"""

    batch_id: str
    account: str
    version: str
    now: float
    files: bool = True


class Writer:
    """Answers requests. What it draws depends on the seed and the request's params alone."""

    def __init__(self, settings: Settings, files: Files) -> None:
        self._settings = settings
        self._files = files
        self._prompts = PromptCounter(settings.counter)
        self._pricer = Pricer("anthropic", settings.prices)
        self._cache = PromptCache()

    def write(self, custom_id: str, params: dict[str, Any], origin: Origin) -> Line:
        request_id = request_name(origin.batch_id, custom_id)
        given, files = params, frozenset[str]()
        raw = orjson.dumps(params, option=orjson.OPT_SORT_KEYS)
        try:
            if b'"file_id"' in raw:
                params, files = inlined(params, References(self._files, origin.account), allowed=origin.files)
                raw = orjson.dumps(params, option=orjson.OPT_SORT_KEYS)
            dice = Dice(self._settings.seed, raw)
            known = _judged(params, origin.version)
            answer = self._settings.choose(given, dice)
            if answer.ending == "errored":
                return error_line(custom_id, ApiError(answer.error, answer.message), request_id)
            if answer.ending != "succeeded":
                return plain_line(custom_id, answer.ending)
            spent = self._prompt(params, raw, known, origin, dice)
            reply = self._reply(params, known, spent, dice, answer)
        except ApiError as error:
            return error_line(custom_id, error, request_id)
        message_id = f"msg_{request_id[4:]}"
        if files:
            name_files(reply.content, file_ids(given))
        message = _message(message_id, params["model"], reply, _usage(reply, spent, answer))
        return replace(self._succeeded(custom_id, message, given, raw, origin), files=files)

    def _prompt(self, params: dict[str, Any], raw: bytes, known: Model, origin: Origin, dice: Dice) -> Tokens:
        if b'"cache_control"' in raw:
            pieces = self._prompts.pieces(params, known)
            spent = self._cache.spend(origin.account, known, pieces, dice, origin.now)
        else:
            spent = Tokens(self._prompts.prompt(params, known))
        if spent.prompt >= known.context:
            raise invalid(
                f"prompt is too long: {spent.prompt} tokens > {known.context} maximum"
            )  # [docs: Context windows]
        return spent

    def _reply(self, params: dict[str, Any], known: Model, spent: Tokens, dice: Dice, answer: Answer) -> Reply:
        room = known.context - spent.prompt
        composer = Composer(params, known, min(params["max_tokens"], room), self._settings.counter, dice)
        try:
            reply = composer.reply(answer)
        except ValueError as error:  # a schema that can't be followed
            raise invalid(str(error)) from None
        if reply.stop_reason == "max_tokens" and room < params["max_tokens"]:  # [docs: Handling stop reasons]
            return replace(reply, stop_reason="model_context_window_exceeded")
        return reply

    def _succeeded(
        self, custom_id: str, message: dict[str, Any], params: dict[str, Any], raw: bytes, origin: Origin
    ) -> Line:
        line = orjson.dumps({"custom_id": custom_id, "result": {"type": "succeeded", "message": message}})
        tokens = _billed(message["usage"])
        identity = self._settings.name(params, raw)
        model = sys.intern(params["model"])  # one string for a million bills
        bill = Bill(origin.batch_id, custom_id, model, identity, tokens, self._pricer.cost(model, tokens))
        return Line(custom_id, "succeeded", line, bill)


def plain_line(custom_id: str, ending: str) -> Line:
    """A request that was canceled or expired [sdk: MessageBatchCanceledResult, MessageBatchExpiredResult]."""
    return Line(custom_id, ending, orjson.dumps({"custom_id": custom_id, "result": {"type": ending}}))


def error_line(custom_id: str, error: ApiError, request_id: str) -> Line:
    body = errors.body(error.kind, error.message, request_id)
    return Line(
        custom_id, "errored", orjson.dumps({"custom_id": custom_id, "result": {"type": "errored", "error": body}})
    )


def without_file(line: Line, file_id: str, batch_id: str) -> Line:
    """A request whose upload was gone before it was reached."""
    return error_line(line.key, no_file(file_id), request_name(batch_id, line.key))


def request_name(batch_id: str, custom_id: str) -> str:
    return f"req_{digest(f'{batch_id} {custom_id}'.encode())[:24]}"


def _judged(params: dict[str, Any], version: str) -> Model:
    try:
        return check_params(params, version)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        # JSON of a shape that no rule foresaw is refused like any other that breaks one
        raise invalid(f"params: {type(error).__name__}: {error}") from error


def _message(message_id: str, model: str, reply: Reply, usage: dict[str, Any]) -> dict[str, Any]:
    """[sdk: Message]"""
    refused = reply.stop_reason == "refusal"  # [sdk: RefusalStopDetails]
    details = {"type": "refusal", "category": None, "explanation": None} if refused else None
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": reply.content,
        "stop_reason": reply.stop_reason,
        "stop_sequence": reply.stop_sequence,
        "stop_details": details,
        "usage": usage,
    }


def _usage(reply: Reply, spent: Tokens, answer: Answer) -> dict[str, Any]:
    """[sdk: Usage]: `input_tokens` is what neither came from the cache nor went there."""
    usage = {
        "input_tokens": spent.input,
        "cache_creation_input_tokens": spent.cache_write_5m + spent.cache_write_1h,
        "cache_read_input_tokens": spent.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": spent.cache_write_5m,
            "ephemeral_1h_input_tokens": spent.cache_write_1h,
        },
        "output_tokens": reply.output_tokens,
        "output_tokens_details": {"thinking_tokens": reply.thinking_tokens},
        "service_tier": "batch",
    }
    return {**usage, **(answer.usage or {})}


def _billed(usage: Mapping[str, Any]) -> Tokens:
    written = usage.get("cache_creation") or {}
    return Tokens(
        usage["input_tokens"],
        usage["output_tokens"],
        usage.get("cache_read_input_tokens") or 0,
        written.get("ephemeral_5m_input_tokens") or 0,
        written.get("ephemeral_1h_input_tokens") or 0,
    )
