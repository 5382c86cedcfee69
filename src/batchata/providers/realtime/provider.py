"""Servers of OpenAI's dialect without a batch API, behind the provider seam: chat completions, answered from a spool over HTTP.

A batch is a file in the spool, so a create is never uncertain. What such a server may charge twice is a request that was under way
when this process or the connection died: it keeps nothing that could be asked for again. So a request that was sent and came back
without an answer, for whichever reason, ends as an error that is charged at its bound, and goes again as a new attempt with its own
reservation. Within one attempt only what charged nothing is repeated: the server's own no, and connections that never opened.
"""

import math
import re
from pathlib import Path

from batchata.errors import ProviderError
from batchata.providers.base import Answer, Limits, ModelFacts, Prepared
from batchata.providers.compatible import OpenAICompatible
from batchata.providers.foreign_json import count, get, loaded, text
from batchata.providers.openai.answer import SAFETY_CODES, read_body
from batchata.providers.openai.body import Target, prepare
from batchata.providers.openai.errors import worth_retrying
from batchata.providers.openai.facts import find_model, read_facts
from batchata.providers.openai.params import CHAT
from batchata.providers.realtime.http import NEVER_REACHED, HttpAnswerer
from batchata.providers.spool.batches import SpooledBatches
from batchata.providers.spool.spool import Spool
from batchata.request import Request
from batchata.result import Outcome

LIMITS = Limits(
    jobs_per_batch=10_000,
    bytes_per_batch=512 << 20,
    bytes_per_job=64 << 20,
    expires_seconds=math.inf,
    results_kept_seconds=None,
)

ATTEMPTS = 50
"""How often a request goes out while the server says that it is busy, or can't be reached: three quarters of an hour of pauses."""

_NOT_MADE_FOR_IT = re.compile(r"\b(?:image|audio|video) input is not supported\b")
"""llama.cpp says so of a model that can't see or hear, under HTTP 500 (`llama-server`; tried with the embedded one)."""


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
        self._target = Target(name, CHAT, LIMITS.bytes_per_job, size, cap=config.max_tokens_param, tells_form=True)
        super().__init__(Spool(spool_dir, self._answerer, attempts=ATTEMPTS, pause=pause, resend=False))

    def account(self) -> str:
        return f"{self._config.base_url}\n{self._config.key(self.name)}"

    def facts(self, model: str) -> ModelFacts:
        """From `GET /models`: vLLM, llama.cpp and some gateways say how long a context is."""
        try:
            return read_facts(find_model(self._answerer.models(), model))
        except ProviderError:
            return ModelFacts()

    def prepare(self, request: Request, facts: ModelFacts) -> Prepared:
        return prepare(request, facts, self._target)

    def read(self, line: bytes) -> Answer:
        row = loaded(line)
        custom_id, lost = text(get(row, "custom_id")), count(get(row, "lost"))
        if not custom_id:
            return Answer(None, Outcome.ERROR, error="a line of the spool that can't be read: no custom_id in it")
        if get(row, "cancelled"):
            return Answer(custom_id, Outcome.CANCELLED, error="cancelled before it was answered", billed=lost > 0)
        if error := get(row, "error"):
            return _error(custom_id, error, lost)
        return read_body(custom_id, get(row, "response"))


def _error(custom_id: str, error: object, lost: int) -> Answer:
    """The end of a request without an answer. What went out and did not come back may have been charged: at its bound."""
    status, kind, words = get(error, "status"), text(get(error, "kind")), text(get(error, "message"))
    said_no = type(status) is int and status != NEVER_REACHED
    never = words is not None and _NOT_MADE_FOR_IT.search(words) is not None
    return Answer(
        custom_id,
        Outcome.REFUSED if kind in SAFETY_CODES else Outcome.ERROR,
        error=words,
        retryable=worth_retrying(status, kind) and not never if said_no else True,
        billed=lost > 0,
    )
