"""From one request of a batch to its answer, its line and its bill."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from batchata.testing.answers import Answer
from batchata.testing.dice import Dice, digest
from batchata.testing.drafts import Draft, Wish, draft
from batchata.testing.files import Files
from batchata.testing.gemini.errors import ApiError
from batchata.testing.gemini.models import Model
from batchata.testing.gemini.params import check, forced
from batchata.testing.gemini.reading import read
from batchata.testing.gemini.references import inlined, no_file
from batchata.testing.gemini.schema_rules import as_json_schema
from batchata.testing.gemini.tokens import prompt_tokens, system_tokens
from batchata.testing.jobs import Line
from batchata.testing.ledger import Bill, Pricer, Tokens
from batchata.testing.prefixes import Prefixes
from batchata.testing.references import References
from batchata.testing.settings import Settings

_STATUSES = {  # of a scripted error, by its type
    "invalid_request_error": 400,
    "INVALID_ARGUMENT": 400,
    "permission_error": 403,
    "PERMISSION_DENIED": 403,
    "not_found_error": 404,
    "NOT_FOUND": 404,
    "rate_limit_error": 429,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
}
_ENDINGS = {
    "expired": ("Deadline expired before operation could complete.", 504),
    "canceled": ("The request was cancelled.", 499),
}
_REASONS = {"end_turn": "STOP", "stop_sequence": "STOP", "max_tokens": "MAX_TOKENS", "refusal": "SAFETY"}
_BLOCKED = {"blocked": "SAFETY", "prompt_blocked": "PROHIBITED_CONTENT"}


@dataclass(frozen=True, slots=True)
class Origin:
    """The create that a request came with."""

    account: str
    batch_id: str
    model: Model


class Writer:
    """What it draws depends on the seed and the request alone."""

    def __init__(self, settings: Settings, files: Files) -> None:
        self.settings = settings
        self._files = files
        self._pricer = Pricer("google", settings.prices)
        self._prefixes = Prefixes()

    def write(self, key: str, given: Any, origin: Origin, custom_id: str | None = None) -> Line:
        """`given` is the request as it was sent; the line's JSON is without its key, which names the bill unless `custom_id` does."""
        try:
            request, files = self.inlined(given, origin.account)
            raw = orjson.dumps(request if files else given, option=orjson.OPT_SORT_KEYS)
            dice = Dice(self.settings.seed, raw)
            check_shape(request, origin.model)
            answer = self.settings.choose(given, dice)
            if answer.ending != "succeeded":
                raise _scripted(answer)
            response, tokens = self._response(request, origin, answer, dice)
        except ApiError as error:
            return Line(key, "errored", orjson.dumps({"error": error.rpc()}))
        response["responseId"] = digest(f"{origin.batch_id} {key}".encode())
        name = sys.intern(origin.model.id)
        bill = Bill(
            origin.batch_id,
            custom_id or key,
            name,
            self.settings.name(given, raw),
            tokens,
            self._pricer.cost(name, tokens),
        )
        return Line(key, "succeeded", orjson.dumps({"response": response}), bill, files)

    def inlined(self, given: Any, account: str) -> tuple[dict[str, Any], frozenset[str]]:
        """The request, read, with the uploads it refers to in it, and which they are. Raises `ApiError`."""
        return inlined(
            read(given, "GenerateContentRequest"), References(self._files, account), self.settings.clock.now()
        )

    def _response(
        self, request: dict[str, Any], origin: Origin, answer: Answer, dice: Dice
    ) -> tuple[dict[str, Any], Tokens]:
        known = origin.model
        prompt = prompt_tokens(request, known, self.settings.counter)
        if prompt > known.input_limit:  # [assumed]
            said = (
                f"The input token count ({prompt}) exceeds the maximum number of tokens allowed ({known.input_limit})."
            )
            raise ApiError(said)
        cached = self._cached(request, origin, dice)
        if answer.stop_reason in _BLOCKED:
            return _blocked(prompt, _BLOCKED[answer.stop_reason], known), Tokens(prompt)
        count = (request.get("generationConfig") or {}).get("candidateCount") or 1
        try:
            drafts = [draft(_wish(request, known), answer, self.settings.counter, dice) for _ in range(count)]
        except ValueError as error:  # a schema that can't be followed
            raise ApiError(f"response_schema: {error}") from None
        usage = {**_usage(prompt, cached, drafts), **(answer.usage or {})}
        candidates = [_candidate(place, one, request, answer) for place, one in enumerate(drafts)]
        return {"candidates": candidates, "usageMetadata": usage, "modelVersion": known.id}, _billed(usage)

    def _cached(self, request: dict[str, Any], origin: Origin, dice: Dice) -> int:
        """Implicit caching of a common system instruction [assumed]."""
        tokens = system_tokens(request, origin.model, self.settings.counter)
        owner = f"{origin.account} {origin.model.id}"
        return self._prefixes.cached(owner, orjson.dumps(request.get("systemInstruction")), tokens, dice)


def check_shape(request: Mapping[str, Any], known: Model) -> None:
    """Raises `ApiError`: a shape that no rule foresaw is refused like any other that breaks one."""
    try:
        check(request, known)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ApiError(f"Request contains an invalid argument. ({type(error).__name__}: {error})") from error


def without_file(line: Line, name: str) -> Line:
    """A request whose upload was gone before it was reached; its key stays."""
    row = {part: value for part, value in orjson.loads(line.json).items() if part == "key"}
    return Line(line.key, "errored", orjson.dumps({**row, "error": no_file(name).rpc()}))


def _scripted(answer: Answer) -> ApiError:
    if answer.ending in _ENDINGS:  # a line of its own in a batch that ends well [assumed]
        return ApiError(*_ENDINGS[answer.ending])
    return ApiError(answer.message, _STATUSES.get(answer.error, 500))


def _wish(request: Mapping[str, Any], known: Model) -> Wish:
    config = request.get("generationConfig") or {}
    thinks = known.thinks and (config.get("thinkingConfig") or {}).get("thinkingBudget") != 0 and not forced(request)
    return Wish(config.get("maxOutputTokens"), _schema(request, config), thinks, config.get("stopSequences") or ())


def _schema(request: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    if function := forced(request):
        own = function.get("parameters")
        return as_json_schema(own) if own else function.get("parametersJsonSchema") or {"type": "object"}
    if "responseSchema" in config:
        return as_json_schema(config["responseSchema"])
    if "responseJsonSchema" in config:
        return config["responseJsonSchema"]
    if config.get("responseMimeType") == "application/json":
        return {"type": "object", "additionalProperties": {"type": "string"}}
    return None


def _candidate(place: int, one: Draft, request: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """[sdk: Candidate]. What is blocked or all thought away has no parts [issue: python-genai 1039]."""
    reason = _REASONS.get(one.stop, one.stop)
    shown: dict[str, Any] = {"index": place, "finishReason": reason}
    parts = _parts(one, request, answer)
    if reason in {"STOP", "MAX_TOKENS"} and parts:
        return {"content": {"role": "model", "parts": parts}, **shown}
    if reason == "SAFETY":
        shown["safetyRatings"] = [
            {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}
        ]
    return {"content": {"role": "model"}, **shown} if reason == "MAX_TOKENS" else shown


def _parts(one: Draft, request: Mapping[str, Any], answer: Answer) -> list[dict[str, Any]]:
    if answer.content is not None:
        return [dict(block) for block in answer.content]
    function = forced(request)
    if function and answer.text is None:
        if one.stop != "end_turn":  # a call that is cut short does not arrive [assumed]
            return []
        return [{"functionCall": {"name": function["name"], "args": orjson.loads(one.text)}}]
    thinking = ((request.get("generationConfig") or {}).get("thinkingConfig") or {}).get("includeThoughts")
    thoughts = [{"text": "…", "thought": True}] if thinking and one.thinking_tokens else []
    return [*thoughts, {"text": one.text}] if one.text else thoughts


def _usage(prompt: int, cached: int, drafts: list[Draft]) -> dict[str, Any]:
    """[sdk: GenerateContentResponseUsageMetadata]: candidates are without thoughts, the total is with them."""
    thought = sum(one.thinking_tokens for one in drafts)
    said = sum(one.output_tokens for one in drafts) - thought
    usage: dict[str, Any] = {"promptTokenCount": prompt}
    if said:  # zeros are left out [proto3 JSON]
        usage["candidatesTokenCount"] = said
    if cached:
        usage["cachedContentTokenCount"] = cached
    if thought:
        usage["thoughtsTokenCount"] = thought
    return {**usage, "totalTokenCount": prompt + said + thought}


def _billed(usage: Mapping[str, Any]) -> Tokens:
    cached = usage.get("cachedContentTokenCount") or 0
    given = (usage.get("promptTokenCount") or 0) + (usage.get("toolUsePromptTokenCount") or 0)
    said = (usage.get("candidatesTokenCount") or 0) + (usage.get("thoughtsTokenCount") or 0)
    return Tokens(given - cached, said, cached)


def _blocked(prompt: int, reason: str, known: Model) -> dict[str, Any]:
    """No candidate, and the prompt is billed [sdk: GenerateContentResponsePromptFeedback; the bill assumed]."""
    usage = {"promptTokenCount": prompt, "totalTokenCount": prompt}
    return {"promptFeedback": {"blockReason": reason}, "usageMetadata": usage, "modelVersion": known.id}
