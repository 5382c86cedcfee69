"""Jobs that differ in nothing but their prompt: drawn by the provider once, and cut from that drawing from then on.

A million prompts to one model are a million requests of one form. A provider says with `Limits.plain_prompts` that such a
request depends on its prompt only by what JSON makes of it; then the first of a form is drawn with two probes in the prompt's
place, and if both drawings agree on all but the probe, the others need no more drawing. Where anything differs, nothing is cut.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import orjson

from batchata.errors import DocumentError, ValidationError
from batchata.job import Job
from batchata.providers.base import Prepared, Provider

PROBES = ("\x00first\u2028 probe\\", 'a second "probe", é, of another length 🙂')
"""What no prompt is, of two lengths, with all that JSON escapes or spells in several bytes."""

MOST_FORMS = 1_000

Draw: TypeAlias = Callable[[Job, Provider], Prepared]


@dataclass(frozen=True, slots=True)
class Stencil:
    """What is the same in all requests of a form. `job` is one of them, with a probe for its prompt."""

    job: Job
    head: bytes
    tail: bytes
    tokens: int  # of all but the prompt; the prompt itself counts one for each of its bytes
    drawn: Prepared

    def cut(self, ask: bytes) -> Prepared:
        """The request with this prompt (a JSON string in UTF-8)."""
        return replace(self.drawn, body=self.head + ask + self.tail, input_tokens_max=self.tokens + len(ask))


class Stencils:
    """The forms met in a run. `draw` has a job with nothing but a prompt drawn by its provider."""

    def __init__(self, draw: Draw, models: Mapping[str, Any]) -> None:
        self._draw = draw
        self._models = models
        self._made: dict[tuple[str, bytes], Stencil | None] = {}

    def of(self, provider: Provider, form: bytes) -> Stencil | None:
        """What jobs of a form, that ask nothing but a prompt, are cut from; None where the provider has to draw each."""
        key = (provider.name, form)
        if key not in self._made:
            if len(self._made) >= MOST_FORMS:
                self._made.clear()
            self._made[key] = self._stencil(provider, form) if provider.limits.plain_prompts else None
        return self._made[key]

    def _stencil(self, provider: Provider, form: bytes) -> Stencil | None:
        job = Job.from_record(form, response_models=self._models)
        try:
            first, second = (self._draw(replace(job, prompt=probe), provider) for probe in PROBES)
        except (ValidationError, DocumentError):  # each job of it is told by itself
            return None
        one, other = _around(first, PROBES[0]), _around(second, PROBES[1])
        if one is None or one != other or _rest(first) != _rest(second):
            return None
        head, tail, tokens = one
        return Stencil(replace(job, prompt=PROBES[0]), head, tail, tokens, first)


def _around(drawn: Prepared, probe: str) -> tuple[bytes, bytes, int] | None:
    """What stands before and after the probe, and the tokens of all but it; None where it does not stand there once."""
    text = orjson.dumps(probe)
    head, found, tail = drawn.body.partition(text)
    if not found or text in tail:
        return None
    return head, tail, drawn.input_tokens_max - len(text)


def _rest(drawn: Prepared) -> Prepared:
    return replace(drawn, body=b"", input_tokens_max=0)
