"""Which provider a model's name means, and the one instance of each that a run uses.

Modules and SDKs are imported on first use. No table of known models decides anything here: a name's prefix does.
"""

import contextlib
import difflib
import gc
import hashlib
import importlib
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchata.errors import ValidationError
from batchata.old_objects import count_all_as_old
from batchata.providers.base import ModelFacts, Provider
from batchata.providers.compatible import OpenAICompatible, from_environment, make

BARE = (
    (re.compile(r"claude-"), "anthropic"),
    (re.compile(r"gpt-|chatgpt-|o\d"), "openai"),
    (re.compile(r"gemini-"), "gemini"),
)
"""What a bare model name starts with, and the provider it means."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A provider this library speaks to. `keys` are the environment variables any of which holds its key; `sdk` is the module
    whose import takes longest.
    """

    make: Callable[[Any, Path], Provider]
    keys: tuple[str, ...] = ()
    sdk: str | None = None


def _anthropic(client: Any, _: Path) -> Provider:
    from batchata.providers.anthropic import AnthropicProvider

    return AnthropicProvider(client)


def _openai(client: Any, _: Path) -> Provider:
    from batchata.providers.openai import OpenAIProvider

    return OpenAIProvider(client)


def _gemini(client: Any, _: Path) -> Provider:
    from batchata.providers.gemini import GeminiProvider

    return GeminiProvider(client)


def _local(_: Any, spool: Path) -> Provider:
    from batchata.providers.local import LocalProvider

    return LocalProvider(spool)


KINDS = {
    "anthropic": Kind(_anthropic, ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE"), "anthropic"),
    "gemini": Kind(_gemini, ("GOOGLE_API_KEY", "GEMINI_API_KEY"), "google.genai"),
    "local": Kind(_local),
    "openai": Kind(_openai, ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"), "openai"),
}

Named = Mapping[str, Any]
"""What the user gave in `Batch(providers=…)`: a ready SDK client or an `OpenAICompatible`, by the provider's name."""


def resolve(model: str, named: Named) -> tuple[str, str]:
    """(provider, the provider's own name of the model). Raises `ValidationError`."""
    prefix, slash, rest = model.partition("/")
    if slash and rest and (prefix in KINDS or prefix in named or from_environment(prefix) is not None):
        return prefix, rest
    for pattern, provider in BARE:
        if pattern.match(model):
            return provider, model
    known = sorted({*KINDS, *named})
    near = difflib.get_close_matches(prefix.lower(), known, n=1)
    raise ValidationError(
        f"model={model!r}: no provider is known for it"
        + (f" (did you mean {near[0] + '/' + rest!r}?)" if near and slash else "")
        + ". Name a model as claude-…, gpt-…, o3, gemini-…, or with its provider: "
        + ", ".join(f"{name}/…" for name in known)
        + "; a server of your own is named in Batch(providers={…: OpenAICompatible(…)})."
    )


def service(provider: str, named: Named) -> OpenAICompatible | None:
    """The OpenAI-compatible service of that name, from code or from the environment; None: the provider is no such."""
    given = named.get(provider)
    if isinstance(given, OpenAICompatible):
        return given
    return None if provider in KINDS else from_environment(provider)


def is_batch(provider: str, named: Named) -> bool:
    """Whether its requests go through a batch API, at that API's price."""
    config = service(provider, named)
    return provider != "local" if config is None else config.batch


def check_ready(provider: str, model: str, named: Named) -> None:
    """Raise `ValidationError` where the provider certainly can't be used: no key, no such local model."""
    config = service(provider, named)
    if config is not None:
        config.key(provider)
        return
    if provider in named:
        return
    kind = KINDS[provider]
    if kind.keys and not any(os.environ.get(key) for key in kind.keys):
        raise ValidationError(
            f"model={model!r} needs a key: set the environment variable {kind.keys[0]}, "
            f"or give a client of your own in Batch(providers={{{provider!r}: …}})."
        )
    if provider == "local":
        from batchata.providers.local.weights import resolve_weights

        resolve_weights(model)


def load_ahead(provider: str, named: Named) -> None:
    """Begin to import the SDK that a provider will need, so that it is there when the first call is made."""
    config = service(provider, named)
    sdk = KINDS[provider].sdk if config is None else "openai" if config.batch else None
    if sdk is not None and sdk not in sys.modules:
        _begin(sdk)


def await_loading() -> None:
    """Wait for what `load_ahead` began. Whoever is about to import much calls this first: two threads that import packages whose
    modules import each other can lock one another out, and then Python fails the import of one of them.
    """
    for thread in [*_loading]:
        thread.join()
        with contextlib.suppress(ValueError):  # another thread waited for it too
            _loading.remove(thread)


_loading: list[threading.Thread] = []


def _begin(module: str) -> None:
    thread = threading.Thread(target=_load, args=(module,), name="batchata-import", daemon=True)
    thread.start()
    _loading.append(thread)


def _load(module: str) -> None:
    collects = gc.isenabled()
    gc.disable()  # nothing of what is made here is ever garbage, and it would be looked through again and again
    try:
        with contextlib.suppress(ImportError):  # whoever needs it says so
            importlib.import_module(module)
    finally:
        if collects:
            count_all_as_old()
            gc.enable()


class Catalog:
    """The providers of one run, made on first use; each answers for its models once."""

    def __init__(self, named: Named, spool: Path, salt: str) -> None:
        self._named = named
        self._spool = spool
        self._salt = salt
        self._made: dict[str, Provider] = {}
        self._facts: dict[tuple[str, str], ModelFacts] = {}
        self._accounts: dict[str, str] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Provider:
        made = self._made.get(name)
        return self._make(name) if made is None else made

    def _make(self, name: str) -> Provider:
        with self._lock:
            if name not in self._made:
                config = service(name, self._named)
                if config is not None:
                    self._made[name] = make(name, config, self._spool)
                else:
                    self._made[name] = KINDS[name].make(self._named.get(name), self._spool)
            return self._made[name]

    def facts(self, provider: str, model: str) -> ModelFacts:
        """What the models endpoint says; asked once per model and run."""
        key = (provider, model)
        if key not in self._facts:
            self._facts[key] = self[provider].facts(model)
        return self._facts[key]

    def account(self, provider: str) -> str:
        """A salted fingerprint of key and base URL: two runs can be told to use the same account, and no key is kept."""
        if provider not in self._accounts:
            text = f"{self._salt}\0{provider}\0{self[provider].account()}"
            self._accounts[provider] = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
        return self._accounts[provider]

    def close(self) -> None:
        for provider in self._made.values():
            provider.close()
