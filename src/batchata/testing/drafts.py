"""What a model would write, before a dialect puts it into its own form: what fits under the cap, and what is cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import orjson

from batchata.testing.answers import Answer
from batchata.testing.counter import Counter
from batchata.testing.dice import Dice
from batchata.testing.prose import prose
from batchata.testing.schemas import Schema, fit

_UNCAPPED = 1_000  # output tokens that a request without a cap is drawn from


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks of its answer. `cap`: the most output tokens, None where it names none."""

    cap: int | None
    schema: Schema | None = None
    thinks: bool = False
    stop_sequences: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """`stop`: "end_turn", "max_tokens", "stop_sequence", or what the `Answer` says; thinking is part of the output."""

    text: str
    stop: str
    output_tokens: int
    thinking_tokens: int = 0


def draft(wish: Wish, answer: Answer, counter: Counter, dice: Dice) -> Draft:
    """Raises `SchemaError` (a `ValueError`) where the schema allows no value."""
    return _Drafting(wish, counter, dice).draft(answer)


class _Drafting:
    def __init__(self, wish: Wish, counter: Counter, dice: Dice) -> None:
        self._wish = wish
        self._counter = counter
        self._dice = dice
        self._cap = wish.cap or _UNCAPPED
        # 1 to 100 % of the cap, and thinking takes up to half of that
        self._drawn = ceil(self._cap * dice.between(1, 100) / 100)
        self._thought = int(self._drawn * dice.fraction() / 2) if wish.thinks else 0

    def draft(self, answer: Answer) -> Draft:
        if answer.text is not None or answer.content is not None:
            # what is scripted is cut only by a cap that the request names
            self._cap = self._wish.cap or 1 << 30
        thinking = self._thought if answer.thinking_tokens is None else min(answer.thinking_tokens, self._cap)
        if answer.content is not None:
            return self._verbatim(answer, thinking)
        full = answer.stop_reason == "max_tokens"
        if full and answer.text is None and self._wish.thinks and self._dice.chance(0.5):
            return Draft("", "max_tokens", self._cap, self._cap)  # all of it went into thinking
        return self._spoken(answer, self._drawn_text(thinking, full) if answer.text is None else answer.text, thinking)

    def _verbatim(self, answer: Answer, thinking: int) -> Draft:
        said = self._counter.bytes(len(orjson.dumps([dict(block) for block in answer.content or ()])))
        billed = min(self._cap, max(1, said + thinking if answer.output_tokens is None else answer.output_tokens))
        return Draft("", answer.stop_reason or "end_turn", billed, min(thinking, billed))

    def _spoken(self, answer: Answer, text: str, thinking: int) -> Draft:
        said = self._counter.text(text)
        cut = said > self._cap
        if cut:
            text, said = text.encode()[: self._counter.size(self._cap)].decode("utf-8", "ignore"), self._cap
        thinking = min(thinking, self._cap - said)
        hits = [text.find(sequence) for sequence in self._wish.stop_sequences if sequence in text]
        if hits:
            text = text[: min(hits)]
        stop = "max_tokens" if cut else "stop_sequence" if hits else answer.stop_reason or "end_turn"
        billed = self._billed(answer, said + thinking, stop)
        return Draft(text, stop, billed, min(thinking, billed))

    def _drawn_text(self, thinking: int, full: bool) -> str:
        if self._wish.schema is not None:
            whole = orjson.dumps(fit(self._wish.schema, self._dice)).decode()
            return whole[: len(whole) // 2] if full else whole
        tokens = self._cap if full else max(1, self._drawn - thinking)
        return prose(self._dice, max(1, self._counter.size(tokens)))

    def _billed(self, answer: Answer, used: int, stop: str) -> int:
        if answer.output_tokens is not None:
            return min(self._cap, answer.output_tokens)
        if stop == "max_tokens":
            return self._cap if self._wish.cap else max(1, used)
        drawn = self._drawn if answer.text is None and stop == "end_turn" else 1
        return min(self._cap, max(1, used, drawn))
