"""From an `Answer` to the content, stop reason and output tokens of a message: what fits under the cap, and what is cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import orjson

from batchata.testing.answers import Answer
from batchata.testing.anthropic.citing import Block, cite, cited_documents
from batchata.testing.anthropic.models import Model
from batchata.testing.counter import Counter
from batchata.testing.dice import Dice
from batchata.testing.prose import prose
from batchata.testing.schemas import fit


@dataclass(frozen=True, slots=True)
class Reply:
    """What a message says and costs in output tokens; thinking is part of them."""

    content: list[Block]
    stop_reason: str
    output_tokens: int
    thinking_tokens: int = 0
    stop_sequence: str | None = None


class Composer:
    """Writes one request's reply. `cap` is the most output tokens: the request's own, or what the context leaves."""

    def __init__(self, params: Mapping[str, Any], model: Model, cap: int, counter: Counter, dice: Dice) -> None:
        self._params = params
        self._cap = cap
        self._counter = counter
        self._dice = dice
        # 1 to 100 % of the cap, and thinking takes up to half of that
        self._drawn = ceil(cap * dice.between(1, 100) / 100)
        self._thought = int(self._drawn * dice.fraction() / 2) if _thinks(params, model) else 0

    def reply(self, answer: Answer) -> Reply:
        thinking = self._thought if answer.thinking_tokens is None else min(answer.thinking_tokens, self._cap)
        if answer.content is not None:
            return self._verbatim(answer, [dict(block) for block in answer.content], thinking)
        forced = _forced_tool(self._params)
        if forced and answer.text is None and answer.stop_reason in {None, "max_tokens"}:
            return self._tool_call(answer, forced, thinking)
        documents = cited_documents(self._params)
        if answer.text is None and documents and answer.stop_reason is None:
            tokens = max(1, self._drawn - thinking)
            return self._verbatim(answer, cite(documents, tokens, self._counter, self._dice), thinking)
        return self._text(answer, thinking)

    def _verbatim(self, answer: Answer, content: list[Block], thinking: int) -> Reply:
        said = sum(self._counter.text(block.get("text", "")) for block in content)
        calls = any(block.get("type") == "tool_use" for block in content)
        stop = answer.stop_reason or ("tool_use" if calls else "end_turn")
        billed = min(self._cap, max(1, said + thinking if answer.output_tokens is None else answer.output_tokens))
        return Reply(_after_thinking(content, thinking), stop, billed, min(thinking, billed))

    def _tool_call(self, answer: Answer, tool: Mapping[str, Any], thinking: int) -> Reply:
        value = fit(tool["input_schema"], self._dice)
        said = self._counter.bytes(len(orjson.dumps(value)))
        cut = said > self._cap or answer.stop_reason == "max_tokens"
        # a call that is cut short arrives without its input [assumed]
        call = {
            "type": "tool_use",
            "id": f"toolu_{self._dice.hex(24)}",
            "name": tool["name"],
            "input": {} if cut else value,
        }
        billed = self._cap if cut else max(said, self._drawn)
        billed = billed if answer.output_tokens is None else min(self._cap, answer.output_tokens)
        return Reply(
            _after_thinking([call], thinking), "max_tokens" if cut else "tool_use", billed, min(thinking, billed)
        )

    def _text(self, answer: Answer, thinking: int) -> Reply:
        text = (
            self._drawn_text(thinking, full=answer.stop_reason == "max_tokens") if answer.text is None else answer.text
        )
        said = self._counter.text(text)
        cut = said > self._cap
        if cut:
            text, said = _clip(text, self._counter.size(self._cap)), self._cap
        # thinking comes first, but a text that would not fit beside it makes it shorter [assumed]
        thinking = min(thinking, self._cap - said)
        text, sequence = self._stopped(text)
        stop = "max_tokens" if cut else "stop_sequence" if sequence is not None else answer.stop_reason or "end_turn"
        billed = self._billed(answer, said + thinking, stop)
        return Reply(_after_thinking(_spoken(text), thinking), stop, billed, min(thinking, billed), sequence)

    def _drawn_text(self, thinking: int, *, full: bool) -> str:
        """JSON where a schema is asked, else prose. `full`: it has run into the cap, so JSON is half there."""
        wanted = (self._params.get("output_config") or {}).get("format")
        if wanted:
            whole = orjson.dumps(fit(wanted["schema"], self._dice)).decode()
            return whole[: len(whole) // 2] if full else whole
        tokens = self._cap if full else max(1, self._drawn - thinking)
        return prose(self._dice, max(1, self._counter.size(tokens)))

    def _billed(self, answer: Answer, used: int, stop: str) -> int:
        if answer.output_tokens is not None:
            return min(self._cap, answer.output_tokens)
        if stop == "max_tokens":
            return self._cap
        # more tokens than the text shows: "counts will not match one-to-one with the visible content" [sdk: Message.usage]
        drawn = self._drawn if answer.text is None and stop != "refusal" else 1
        return min(self._cap, max(1, used, drawn))

    def _stopped(self, text: str) -> tuple[str, str | None]:
        """Text up to the first stop sequence in it [sdk: MessageCreateParams.stop_sequences]."""
        found = [(text.find(sequence), sequence) for sequence in self._params.get("stop_sequences") or ()]
        hits = [(place, sequence) for place, sequence in found if place >= 0]
        if not hits:
            return text, None
        place, sequence = min(hits)
        return text[:place], sequence


def _thinks(params: Mapping[str, Any], model: Model) -> bool:
    kind = (params.get("thinking") or {}).get("type")
    if _forced_tool(params) is not None:
        return False
    return kind in {"enabled", "adaptive"} or (kind is None and model.thinks_by_default)


def _forced_tool(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The tool that must be called [sdk: ToolChoiceAnyParam, ToolChoiceToolParam]; with "any" the first one [assumed]."""
    choice = params.get("tool_choice") or {}
    if choice.get("type") not in {"any", "tool"}:
        return None
    custom = [tool for tool in params["tools"] if "input_schema" in tool]
    named = [tool for tool in custom if choice["type"] == "any" or tool["name"] == choice["name"]]
    return named[0] if named else None


def _after_thinking(content: list[Block], thinking: int) -> list[Block]:
    """Thinking comes as a block of its own before the rest, its text omitted by default [docs: Migrating to Opus 5]."""
    return [{"type": "thinking", "thinking": "", "signature": "RW11bGF0ZWQ="}, *content] if thinking else content


def _spoken(text: str) -> list[Block]:
    return [{"type": "text", "text": text}] if text else []


def _clip(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
