"""Which provider a model's name means, and the one instance of each that a run uses.

Modules and SDKs are imported on first use. No table of known models decides anything here: a name's prefix does.
"""

import difflib
import hashlib
import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchata.errors import ValidationError
from batchata.providers.base import ModelFacts, Provider

BARE = (
    (re.compile(r"claude-"), "anthropic"),
)  # fmt: skip
"""What a bare model name starts with, and the provider it means."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A provider this library speaks to. `keys` are the environment variables any of which holds its key."""

    name: str
    make: Callable[[Any, Path], Provider]
    keys: tuple[str, ...] = ()


def _anthropic(client: Any, _: Path) -> Provider:
    from batchata.providers.anthropic import AnthropicProvider

    return AnthropicProvider(client)


def _local(_: Any, spool: Path) -> Provider:
    from batchata.providers.local import LocalProvider

    return LocalProvider(spool)


KINDS = {
    "anthropic": Kind("anthropic", _anthropic, ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE")),
    "local": Kind("local", _local),
}


def resolve(model: str, named: Mapping[str, Any]) -> tuple[str, str]:
    """(provider, the provider's own name of the model). `named` are the clients the user gave. Raises `ValidationError`."""
    prefix, slash, rest = model.partition("/")
    if slash and rest and prefix in {*KINDS, *named}:
        return prefix, rest
    for pattern, provider in BARE:
        if pattern.match(model):
            return provider, model
    known = sorted({*KINDS, *named})
    near = difflib.get_close_matches(prefix.lower(), known, n=1)
    raise ValidationError(
        f"model={model!r}: no provider is known for it"
        + (f" (did you mean {near[0] + '/' + rest!r}?)" if near and slash else "")
        + ". Name a model as claude-…, or with its provider: "
        + ", ".join(f"{name}/…" for name in known)
        + "."
    )


def check_ready(provider: str, model: str, named: Mapping[str, Any]) -> None:
    """Raise `ValidationError` where the provider certainly can't be used: no key, no such local model."""
    if provider in named:
        return
    kind = KINDS[provider]
    if kind.keys and not any(os.environ.get(key) for key in kind.keys):
        raise ValidationError(
            f"model={model!r} needs a key: set the environment variable {kind.keys[0]}, "
            f"or give a client of your own in Batch(providers={{{provider!r}: …}})."
        )
    if provider == "local":
        from batchata.providers.llama import resolve_weights

        resolve_weights(model)


class Catalog:
    """The providers of one run, made on first use; each answers for its models once."""

    def __init__(self, named: Mapping[str, Any], spool: Path, salt: str) -> None:
        self._named = named
        self._spool = spool
        self._salt = salt
        self._made: dict[str, Provider] = {}
        self._facts: dict[tuple[str, str], ModelFacts] = {}
        self._accounts: dict[str, str] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Provider:
        with self._lock:
            if name not in self._made:
                given = self._named.get(name)
                self._made[name] = KINDS[name].make(given, self._spool)
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
