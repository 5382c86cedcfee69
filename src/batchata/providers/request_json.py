"""Requests as JSON: written with care, and measured. Pure; knows no provider."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from batchata.errors import ValidationError


def encoded(body: Mapping[str, Any]) -> bytes:
    """A request's body. Keys keep their order: a model fills a schema's properties in the order in which they stand."""
    try:
        return orjson.dumps(body, default=_plain)
    except orjson.JSONEncodeError as error:
        raise ValidationError(f"the request can't be written as JSON: {error}. Give plain JSON values.") from error


def form_words(schema: Mapping[str, Any]) -> str:
    """A schema as part of a prompt. Local engines (llama.cpp, vLLM, Ollama, LM Studio) hold an answer to its schema by a grammar and
    show the model nothing of it: without these words it answers what the grammar forces, not what was asked.
    """
    return f"Answer only with JSON that fits this JSON Schema:\n{encoded(schema).decode()}"


def spelled_out_more(value: object) -> int:
    """How many bytes longer a JSON gets when a prompt writes it over lines and in ASCII."""
    return _longer(orjson.dumps(value, default=_plain))


def base64_length(data: bytes) -> int:
    return (len(data) + 2) // 3 * 4


@lru_cache(maxsize=64)
def _longer(compact: bytes) -> int:
    # cached: jobs share their schema
    return max(0, len(json.dumps(orjson.loads(compact), indent=1)) - len(compact))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is no JSON value")
