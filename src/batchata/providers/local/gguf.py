"""What a GGUF weights file says of its model, read from its first bytes without loading it.

The layout is llama.cpp's own: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from batchata.errors import ValidationError

_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_KEYS_MAX, _STRING_MAX, _ARRAY_MAX = 4096, 1 << 20, 1 << 16


@dataclass(frozen=True, slots=True)
class Shape:
    """`trained_context` in tokens. `bytes_per_token`: what one token of context costs in memory, keys and values at 16 bit."""

    trained_context: int
    bytes_per_token: int


def read_shape(path: Path) -> Shape:
    """Raises `ValidationError` where the file is no GGUF file or does not say what it must."""
    try:
        with path.open("rb") as file:
            facts = _facts(file)
        arch = facts["general.architecture"]
        heads = _number(facts, f"{arch}.attention.head_count", 1)
        width = _number(facts, f"{arch}.embedding_length", 0) // heads
        key, value = (_number(facts, f"{arch}.attention.{name}_length", width) for name in ("key", "value"))
        layers = _number(facts, f"{arch}.block_count", 1)
        per_layer = 2 * (key + value) * _number(facts, f"{arch}.attention.head_count_kv", heads)
        return Shape(_number(facts, f"{arch}.context_length", 0), layers * per_layer)
    except (struct.error, KeyError, ValueError, OSError) as error:
        raise ValidationError(f"{path} can't be read as a GGUF weights file: {error}") from error


def _number(facts: dict[str, object], name: str, default: int) -> int:
    """A positive count; a list holds one per layer, of which the largest bounds them all."""
    value = facts.get(name, default)
    largest = max((item for item in value if isinstance(item, int)), default=0) if isinstance(value, list) else value
    if not isinstance(largest, int) or largest < 1:
        raise ValueError(f"{name} is {largest!r}, a positive number is needed")
    return largest


def _facts(file: BinaryIO) -> dict[str, object]:
    """The metadata in front of the tokenizer, which comes last and is large."""
    magic, _version, _tensors, count = struct.unpack("<4sIQQ", file.read(24))
    if magic != b"GGUF":
        raise ValueError(f"it begins with {magic!r} where 'GGUF' is due")
    facts: dict[str, object] = {}
    for _ in range(min(count, _KEYS_MAX)):
        key = _string(file)
        if key.startswith("tokenizer."):
            break
        facts[key] = _value(file, *struct.unpack("<I", file.read(4)))
    return facts


def _value(file: BinaryIO, kind: int) -> object:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        item, count = struct.unpack("<IQ", file.read(12))
        if item == _ARRAY or count > _ARRAY_MAX:
            raise ValueError(f"an array of {count} of kind {item} in front of the tokenizer")
        return [_value(file, item) for _ in range(count)]
    form = "<" + _SCALARS[kind]
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _string(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > _STRING_MAX:
        raise ValueError(f"a name of {length} bytes")
    return file.read(length).decode(errors="replace")
