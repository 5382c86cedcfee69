"""What servers of OpenAI's dialect say of a model at their models endpoint, each in its own way. Pure, and never raises."""

from batchata.providers.base import ModelFacts
from batchata.providers.foreign_json import count, get, items

# vLLM and SGLang; Groq; OpenRouter and Together; llama.cpp
_WINDOWS = (("max_model_len",), ("context_window",), ("context_length",), ("meta", "n_ctx_train"))


def read_facts(model: object) -> ModelFacts:
    """One entry of `GET /models`, or `GET /models/{id}`. OpenAI's own says nothing of limits."""
    windows = [window for path in _WINDOWS if (window := count(get(model, *path)))]
    return ModelFacts(
        context_window=max(windows, default=None),  # a bound must hold whichever of them does
        output_cap=count(get(model, "max_completion_tokens")) or None,
    )


def find_model(listing: object, name: str) -> object:
    """The entry of that name; a server of one model answers to any name, so its only entry is meant then."""
    entries = items(get(listing, "data"))
    named = [entry for entry in entries if get(entry, "id") == name]
    return named[0] if named else entries[0] if len(entries) == 1 else None
