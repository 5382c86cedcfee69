"""What a request is answered with: an `Answer`, scripted by the user or drawn from the request itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Ending = Literal["succeeded", "errored", "expired", "canceled"]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request ends. Whatever is left None is drawn from the request.

    `text` is the model's answer; it is cut where it is longer than the request's output cap, as a model's would be.
    `content` replaces it with content blocks in the provider's own dialect (native citations, tool calls).
    `stop_reason`, `output_tokens` and `usage` (fields laid over the drawn usage) override what follows from the text;
    `thinking_tokens` are billed as output before the text. Any `ending` but "succeeded" is not billed; an "errored" one
    says `message` under the provider's error type `error`.
    """

    text: str | None = None
    content: Sequence[Mapping[str, Any]] | None = None
    stop_reason: str | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None
    usage: Mapping[str, Any] | None = None
    ending: Ending = "succeeded"
    error: str = "api_error"
    message: str = "Internal server error"

    @classmethod
    def refused(cls, text: str = "") -> "Answer":
        """A refusal: it succeeds, and is billed."""
        return cls(text=text, stop_reason="refusal")

    @classmethod
    def truncated(cls, text: str | None = None) -> "Answer":
        """An answer that ran into the output cap: billed for the whole of it."""
        return cls(text=text, stop_reason="max_tokens")

    @classmethod
    def errored(cls, message: str = "Internal server error", error: str = "api_error") -> "Answer":
        """An error line for this request: not billed."""
        return cls(ending="errored", error=error, message=message)

    @classmethod
    def expired(cls) -> "Answer":
        """Not reached before the batch's time was up: not billed."""
        return cls(ending="expired")

    @classmethod
    def canceled(cls) -> "Answer":
        """Canceled before it was reached: not billed."""
        return cls(ending="canceled")


AnswerHook: TypeAlias = Callable[[dict[str, Any]], "Answer | str | None"]
"""Called with a request's params, once per request and in no order; None leaves the answer to the draw."""

MALFORMED = Answer(text='{"half": ')
"""Text that is no JSON, whatever was asked."""

KINDS: dict[str, Answer] = {
    "canceled": Answer.canceled(),
    "errored": Answer.errored(),
    "expired": Answer.expired(),
    "malformed": MALFORMED,
    "refused": Answer.refused("I can't help with that."),
    "truncated": Answer.truncated(),
}
"""What `Emulator(mix={kind: share})` may mix in."""


def as_answer(given: Answer | str | None) -> Answer | None:
    if not isinstance(given, Answer | str | None):
        raise TypeError(f"the answer function returned {given!r}: an Answer, a str or None is needed")
    return Answer(text=given) if isinstance(given, str) else given
