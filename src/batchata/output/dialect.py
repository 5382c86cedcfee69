"""What a provider's structured output enforces of JSON Schema, as data. The providers themselves stand in `dialects`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from batchata.output.tree import Schema

INT64 = range(-(2**63), 2**63)
Enforces = Callable[[str, Any, Schema], Schema | None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One provider's subset of JSON Schema.

    `enforces(keyword, value, shape)` gives what to send for a constraint on `shape`, or None where it must be told in
    words. `formats` are those enforced. `limits` are the most of each measure (see `limits.MEASURES`) one schema may hold.
    """

    name: str
    enforces: Enforces
    formats: frozenset[str]
    recursion: bool = False
    open_objects: bool = False
    empty_objects: bool = True
    object_root: bool = False  # the answer as a whole is an object, no list or single value
    all_required: bool = False  # no field may be left out
    tuples: bool = False
    ref_siblings: bool = True  # a `$ref` may carry a description
    plain_choices: bool = True  # enum and const hold no lists or objects
    typed_choices: bool = False  # enum needs a type beside it, one for all its values
    openapi: bool = False  # spelled as OpenAPI 3.0, without references
    decimal_pattern: str | None = None
    limits: tuple[tuple[str, int], ...] = ()
