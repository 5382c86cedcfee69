"""From one request to its answer and its bill, and to its line in a batch's output or error file."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import orjson

from batchata.testing.answers import Answer
from batchata.testing.dice import Dice, digest
from batchata.testing.drafts import Draft, draft
from batchata.testing.files import Files
from batchata.testing.jobs import Line
from batchata.testing.ledger import Bill, Pricer, Tokens
from batchata.testing.openai import chat, responses
from batchata.testing.openai.errors import ApiError
from batchata.testing.openai.models import Model, model
from batchata.testing.openai.references import inlined, no_file
from batchata.testing.openai.tokens import pieces
from batchata.testing.prefixes import Prefixes
from batchata.testing.references import References
from batchata.testing.settings import Settings

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
_STATUSES = {  # of a scripted error, by its type
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "server_error": 500,
}
_ENDINGS = {  # [docs: Batch API, openapi BatchRequestOutput]
    "expired": ("batch_expired", "This request could not be executed before the completion window expired."),
    "canceled": ("batch_cancelled", "This request was not executed because the batch was cancelled."),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: a batch, or a call of its own (without a batch)."""

    account: str
    endpoint: str
    now: float
    batch_id: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A completion or response, and what it costs."""

    body: dict[str, Any]
    tokens: Tokens


class Writer:
    """What it draws depends on the seed and the request's body alone."""

    def __init__(self, settings: Settings, files: Files) -> None:
        self.settings = settings
        self._files = files
        self._pricer = Pricer("openai", settings.prices)
        self._prefixes = Prefixes(step=128)  # [assumed]

    def write(self, custom_id: str, params: dict[str, Any], origin: Origin) -> Line:
        """The line of one request of a batch."""
        name = digest(f"{origin.batch_id} {custom_id}".encode())
        try:
            whole, files = self.inlined(params, origin.account)
            raw = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
            dice = Dice(self.settings.seed, raw)
            known = self.judged(whole, origin)
            answer = self.settings.choose(params, dice)
            if answer.ending in _ENDINGS:
                return plain_line(custom_id, answer.ending, name)
            answered = self._answered(whole, known, answer, dice, origin, name)
        except ApiError as error:
            return _line(custom_id, "errored", name, error.status, error.body())
        bill = self._bill(custom_id, params, raw, answered.tokens, origin)
        return replace(_line(custom_id, "succeeded", name, 200, answered.body), bill=bill, files=files)

    def inlined(self, params: dict[str, Any], account: str) -> tuple[dict[str, Any], frozenset[str]]:
        """The request with the uploads it refers to in it, and which they are. Raises `ApiError`."""
        return inlined(params, References(self._files, account))

    def realtime(self, params: dict[str, Any], origin: Origin, number: int) -> tuple[dict[str, Any], Bill]:
        """The answer to a call of its own. Raises `ApiError`."""
        given, (params, _) = params, self.inlined(params, origin.account)
        raw = orjson.dumps(params, option=orjson.OPT_SORT_KEYS)
        dice = Dice(self.settings.seed, raw)
        answer = self.settings.choose(given, dice)
        known = self.judged(params, origin)
        if answer.ending in _ENDINGS:
            raise ApiError("The request timed out.", status=500)
        answered = self._answered(params, known, answer, dice, origin, digest(raw + str(number).encode()))
        bill = self._bill("", params, raw, answered.tokens, origin)
        if params["model"] in self.settings.prices:
            return answered.body, bill
        # a server of one's own costs nothing; of OpenAI's models only batch prices are known here
        return answered.body, replace(bill, cost_usd=Decimal(0) if known.served else None)

    def judged(self, params: Mapping[str, Any], origin: Origin) -> Model:
        """Raises `ApiError`: JSON of a shape that no rule foresaw is refused like any other that breaks one."""
        given = {name: value for name, value in params.items() if value is not None}  # null is as good as absent
        try:
            known = self.known(given)
            # vLLM ignores what it does not know; services with a batch API of their own refuse it, as Groq does [assumed]
            strict = bool(origin.batch_id) or not known.served
            (chat if origin.endpoint == CHAT else responses).check(given, known, strict=strict)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise ApiError(f"Invalid request: {type(error).__name__}: {error}") from error
        return known

    def known(self, params: Mapping[str, Any]) -> Model:
        name = params.get("model")
        if not isinstance(name, str):
            raise ApiError("you must provide a model parameter")  # [assumed]
        known = model(name, self.settings.served_models)
        if known is None:
            message = f"The model `{name}` does not exist or you do not have access to it."
            raise ApiError(message, None, "model_not_found", 404)
        return known

    def _answered(
        self, params: dict[str, Any], known: Model, answer: Answer, dice: Dice, origin: Origin, name: str
    ) -> Answered:
        if answer.ending == "errored":
            raise ApiError(answer.message, None, None, _STATUSES.get(answer.error, 500))
        prompt, cached = self._prompt(params, known, origin, dice)
        module = chat if origin.endpoint == CHAT else responses
        wish = module.wish(params, known)
        if (wish.cap or 1) + prompt > known.context:
            raise _too_long(known, prompt, wish.cap)
        try:
            drafts = [draft(wish, answer, self.settings.counter, dice) for _ in range(params.get("n") or 1)]
        except ValueError as error:  # a schema that can't be followed
            raise ApiError(str(error), "response_format") from None
        return self._shown(name, params, drafts, answer, (prompt, cached), origin)

    def _shown(
        self,
        name: str,
        params: dict[str, Any],
        drafts: list[Draft],
        answer: Answer,
        spent: tuple[int, int],
        origin: Origin,
    ) -> Answered:
        if origin.endpoint == CHAT:
            used = {**chat.usage(*spent, drafts), **(answer.usage or {})}
            cached = (used.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
            tokens = Tokens(used["prompt_tokens"] - cached, used["completion_tokens"], cached)
            return Answered(chat.completion(name, params, drafts, answer, used, origin.now), tokens)
        used = {**responses.usage(*spent, drafts[0]), **(answer.usage or {})}
        cached = (used.get("input_tokens_details") or {}).get("cached_tokens") or 0
        tokens = Tokens(used["input_tokens"] - cached, used["output_tokens"], cached)
        return Answered(responses.response(name, params, drafts[0], answer, used, origin.now), tokens)

    def _prompt(self, params: dict[str, Any], known: Model, origin: Origin, dice: Dice) -> tuple[int, int]:
        """(tokens of the prompt, how many of them came from the cache)."""
        found = pieces(params, known, self.settings.counter)
        prompt = sum(tokens for _, tokens in found)
        first, tokens = found[0] if found else ("", 0)
        if prompt < 1_024 or known.served:
            return prompt, 0
        return prompt, self._prefixes.cached(f"{origin.account} {known.id}", orjson.dumps(first), tokens, dice)

    def _bill(self, custom_id: str, params: dict[str, Any], raw: bytes, tokens: Tokens, origin: Origin) -> Bill:
        name = sys.intern(params["model"])  # one string for a million bills
        cost = self._pricer.cost(name, tokens)
        return Bill(origin.batch_id, custom_id, name, self.settings.name(params, raw), tokens, cost)


def _too_long(known: Model, prompt: int, cap: int | None) -> ApiError:
    """[assumed]"""
    said = f"This model's maximum context length is {known.context} tokens. "
    said += f"However, you requested {prompt + (cap or 0)} tokens ({prompt} in the messages, {cap or 0} in the completion). "
    return ApiError(
        said + "Please reduce the length of the messages or completion.", "messages", "context_length_exceeded"
    )


def plain_line(custom_id: str, ending: str, name: str) -> Line:
    """A request that was not reached [docs: Batch API]."""
    code, message = _ENDINGS[ending]
    row = {"id": f"batch_req_{name}", "custom_id": custom_id, "response": None}
    return Line(custom_id, ending, orjson.dumps({**row, "error": {"code": code, "message": message}}))


def without_file(line: Line, file_id: str) -> Line:
    """A request whose upload was gone before it was reached."""
    error = no_file(file_id)
    return _line(
        line.key, "errored", orjson.loads(line.json)["id"].removeprefix("batch_req_"), error.status, error.body()
    )


def _line(custom_id: str, ending: str, name: str, status: int, shown: Mapping[str, Any]) -> Line:
    response = {"status_code": status, "request_id": name, "body": shown}
    row = {"id": f"batch_req_{name}", "custom_id": custom_id, "response": response, "error": None}
    return Line(custom_id, ending, orjson.dumps(row))
