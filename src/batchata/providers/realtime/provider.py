"""Servers of OpenAI's dialect without a batch API, behind the provider seam: chat completions, answered from a spool over HTTP.

A batch is a file in the spool, so a create is never uncertain. What such a server may charge twice is a request that was under way
when this process or the connection died: it keeps nothing that could be asked for again. So a request that was sent and came back
without an answer is charged at its bound and goes again as a new attempt, with its own reservation; one that was under way at a
crash is answered again, and charged for each time it went out.
"""

import math
from dataclasses import replace
from pathlib import Path

from batchata.errors import ProviderError
from batchata.providers import openai_answer, openai_body
from batchata.providers.base import Answer, Limits, ModelFacts, Prepared
from batchata.providers.compatible import OpenAICompatible
from batchata.providers.foreign_json import count, get, loaded, text
from batchata.providers.openai_body import Target
from batchata.providers.openai_errors import worth_retrying
from batchata.providers.openai_facts import find_model, read_facts
from batchata.providers.openai_params import CHAT
from batchata.providers.realtime_http import NEVER_REACHED, HttpAnswerer
from batchata.providers.spool import Spool
from batchata.providers.spooled import SpooledBatches
from batchata.request import Request
from batchata.result import Outcome
from batchata.usage import Usage

LIMITS = Limits(
    jobs_per_batch=10_000,
    bytes_per_batch=512 << 20,
    bytes_per_job=64 << 20,
    expires_seconds=math.inf,
    results_kept_seconds=None,
)

ATTEMPTS = 50
"""How often a request goes out while the server says that it is busy, or can't be reached: three quarters of an hour of pauses."""


class RealtimeProvider(SpooledBatches):
    """A server of one's own under the name that the user gave it. `spool_dir` holds the batches; it is made where it is missing.

    Constructing one asks the server nothing. `pause`: seconds before a busy server is asked again, doubling from there, where
    it does not say itself.
    """

    schema_dialect = "openai"
    limits = LIMITS

    def __init__(self, name: str, config: OpenAICompatible, spool_dir: Path, *, pause: float = 1.0) -> None:
        self.name = name
        self._config = config
        self._answerer = HttpAnswerer(name, config)
        size = f"{LIMITS.bytes_per_job:,} in one request of a realtime batch"
        self._target = Target(name, CHAT, LIMITS.bytes_per_job, size, cap=config.max_tokens_param)
        super().__init__(Spool(spool_dir, self._answerer, attempts=ATTEMPTS, pause=pause))

    def account(self) -> str:
        return f"{self._config.base_url}\n{self._config.key(self.name)}"

    def facts(self, model: str) -> ModelFacts:
        """From `GET /models`: vLLM, llama.cpp and some gateways say how long a context is."""
        try:
            return read_facts(find_model(self._answerer.models(), model))
        except ProviderError:
            return ModelFacts()

    def prepare(self, request: Request, facts: ModelFacts) -> Prepared:
        return openai_body.prepare(request, facts, self._target)

    def read(self, line: bytes) -> Answer:
        row = loaded(line)
        custom_id, lost = text(get(row, "custom_id")), count(get(row, "lost"))
        if not custom_id:
            return Answer(None, Outcome.ERROR, error="a line of the spool that can't be read: no custom_id in it")
        if get(row, "cancelled"):
            return Answer(custom_id, Outcome.CANCELLED, error="cancelled before it was answered", billed=lost > 0)
        if error := get(row, "error"):
            return _error(custom_id, error, lost)
        answer = openai_answer.read_body(custom_id, get(row, "response"))
        return replace(answer, usage=_times(answer.usage, 1 + lost)) if lost else answer


def _error(custom_id: str, error: object, lost: int) -> Answer:
    """The end of a request without an answer. What went out and did not come back may have been charged: at its bound."""
    status, kind = get(error, "status"), text(get(error, "kind"))
    said_no = type(status) is int and status != NEVER_REACHED
    return Answer(
        custom_id,
        Outcome.REFUSED if kind in openai_answer.SAFETY_CODES else Outcome.ERROR,
        error=text(get(error, "message")),
        retryable=worth_retrying(status, kind) if said_no else True,
        billed=lost > 0,
    )


def _times(usage: Usage, times: int) -> Usage:
    """What was used if each time was like the one that came back: nothing better is known of the others."""
    return Usage(**{name: tokens * times for name, tokens in usage.to_dict().items()})
