"""`OpenAICompatible`: a server of one's own, or anybody's, that speaks OpenAI's dialect; and the provider it becomes.

Two kinds. With a batch API in the dialect (Groq, Azure OpenAI, DeepInfra, Doubleword): OpenAI's provider with another base URL and
key. Realtime only (vLLM, Ollama, llama.cpp, LM Studio, any gateway): the durable spool, over HTTP. Both are asked by
`/v1/chat/completions`, the endpoint that all of them have.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from batchata.errors import ProviderError, ValidationError
from batchata.providers.base import Provider
from batchata.providers.keys import can_be_sent

if TYPE_CHECKING:
    import openai

NO_KEY = "none"
"""What is sent for a key where there is none: some servers want the header, whatever is in it."""

CAPS = ("max_tokens", "max_completion_tokens")
CONCURRENCY_MAX = 1024
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAICompatible:
    """A server that speaks OpenAI's dialect, for `Batch(providers={"groq": OpenAICompatible(...)})`; its models are then
    named `groq/…`.

    `base_url`: up to and including the version, such as `http://localhost:8000/v1` or `https://api.groq.com/openai/v1`.
    `api_key_env`: the name of the environment variable that holds its key; None: it needs none. `batch`: whether it has
    OpenAI's `/files` and `/batches`. `max_tokens_param`: what it calls the output cap ("max_tokens" or
    "max_completion_tokens"); None: the second for names of OpenAI's reasoning models, which refuse the first, else the first.

    For realtime servers only: `concurrency`, how many requests go out at once (1 to 1,024; fewer while it answers 429 or 503),
    and `timeout_seconds`, how long one answer may take.

    Raises `ValidationError`, naming the argument.
    """

    base_url: str
    api_key_env: str | None = None
    batch: bool = False
    concurrency: int = 8
    timeout_seconds: float = 600.0
    max_tokens_param: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", _checked_url(self.base_url))
        if self.api_key_env is not None and not (isinstance(self.api_key_env, str) and self.api_key_env.isidentifier()):
            raise ValidationError(
                "api_key_env is no name of an environment variable. Give the variable's name, such as 'GROQ_API_KEY', and "
                "put the key into that variable."  # what was given may be the key itself, so it is not shown
            )
        if not isinstance(self.batch, bool):
            raise ValidationError(f"batch={self.batch!r} is not allowed. Give True or False.")
        if type(self.concurrency) is not int or not 1 <= self.concurrency <= CONCURRENCY_MAX:
            raise ValidationError(
                f"concurrency={self.concurrency!r} is not allowed. Give an integer from 1 to {CONCURRENCY_MAX:,}."
            )
        seconds = self.timeout_seconds
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= 86_400:
            raise ValidationError(
                f"timeout_seconds={seconds!r} is not allowed. Give seconds, above 0 and up to 86,400."
            )
        if self.max_tokens_param not in (None, *CAPS):
            raise ValidationError(
                f"max_tokens_param={self.max_tokens_param!r} is not allowed. Give one of {', '.join(CAPS)}, or leave it out."
            )

    def key(self, name: str) -> str:
        """The key, from the environment. Raises `ValidationError` where its variable is empty; `name` is the provider's."""
        if self.api_key_env is None:
            return NO_KEY
        value = os.environ.get(self.api_key_env, "")
        if not value:
            raise ValidationError(
                f"providers[{name!r}] needs a key: set the environment variable {self.api_key_env}, or leave api_key_env out "
                "if the server wants none."
            )
        if not can_be_sent(value):
            raise ValidationError(
                f"the key in the environment variable {self.api_key_env} holds white space or characters that no key has: "
                "check it."
            )
        return value


def from_environment(name: str) -> OpenAICompatible | None:
    """The server that the environment gives this name, None where it gives none.

        BATCHATA_<NAME>_BASE_URL   its base URL; without it there is no such server
        BATCHATA_<NAME>_API_KEY    its key, if it needs one
        BATCHATA_<NAME>_BATCH      1 where it has OpenAI's batch API (else it is asked in real time)

    <NAME> is the name in capitals, with `_` for whatever is no letter or digit: `my-vllm` reads `BATCHATA_MY_VLLM_BASE_URL`.
    Raises `ValidationError` where these say something that is not allowed.
    """
    prefix = f"BATCHATA_{re.sub('[^A-Z0-9]', '_', name.upper())}"
    base_url = os.environ.get(f"{prefix}_BASE_URL")
    if not base_url:
        return None
    batch = os.environ.get(f"{prefix}_BATCH", "").strip().lower()
    if batch not in (*_TRUE, *_FALSE):
        raise ValidationError(f"the environment variable {prefix}_BATCH is {batch[:40]!r}. Give 1 or 0.")
    key = f"{prefix}_API_KEY"
    return OpenAICompatible(base_url=base_url, api_key_env=key if os.environ.get(key) else None, batch=batch in _TRUE)


def make(name: str, config: OpenAICompatible, spool_dir: Path) -> Provider:
    """The provider of that name. `spool_dir` is where realtime servers keep their batches, each in a folder of its own."""
    if not config.batch:
        from batchata.providers.realtime import RealtimeProvider

        return RealtimeProvider(name, config, spool_dir / f"realtime-{re.sub('[^A-Za-z0-9_-]', '_', name)}")
    from batchata.providers.openai.provider import LIMITS, OpenAIProvider, batch_target

    return OpenAIProvider(
        name=name,
        make=partial(_client, name, config),
        target=batch_target(name, config.max_tokens_param),
        limits=replace(LIMITS, results_kept_seconds=None),  # how long others keep results is theirs to say
        self_deleting=False,  # some refuse parameters that they don't know; `forget` deletes the files
    )


def _client(name: str, config: OpenAICompatible) -> "openai.OpenAI":
    import openai

    try:
        key = config.key(name)
    except ValidationError as error:
        raise ProviderError(str(error), kind="authentication_error") from None
    # the header by name, so that one in OPENAI_CUSTOM_HEADERS does not go to somebody else's server
    client = openai.OpenAI(
        api_key=key,
        base_url=config.base_url,
        max_retries=0,
        default_headers={"Authorization": f"Bearer {key}"},
    )
    client.organization = client.project = client.admin_api_key = None  # OpenAI's own, from the environment
    return client


def _checked_url(given: object) -> str:
    parts = _split(given)
    wrong = next((why for test, why in _WRONG if parts is None or test(parts)), None)
    if wrong is None:
        return str(given).rstrip("/")
    shown = repr(given) if parts is not None and not parts.username and not parts.query else "what was given"
    raise ValidationError(f"base_url: {shown} {wrong}. Give something like 'http://localhost:8000/v1'.")


def _split(given: object) -> SplitResult | None:
    try:
        parts = urlsplit(given) if isinstance(given, str) else None
        _ = parts and parts.port  # raises where it is none
    except ValueError:
        return None
    return parts


_WRONG: tuple[tuple[Callable[[SplitResult], object], str], ...] = (
    (lambda parts: parts.scheme not in ("http", "https") or not parts.hostname, "is no http or https URL"),
    (lambda parts: parts.username is not None, "holds a user or a key: put a key into an environment variable"),
    (lambda parts: parts.query or parts.fragment, "has a query or a fragment, which a base URL can't have"),
    (lambda parts: not parts.geturl().isascii() or not parts.geturl().isprintable(), "holds characters no URL has"),
    (lambda parts: " " in parts.geturl(), "holds a space"),
)
