"""Quotes to spans, and citations to fields: where in a document each value of an answer stands.

    from batchata.grounding import ground, map_fields

`ground` looks quotes up in a text or a read document. `map_fields` says which field of a typed answer each cited passage
supports, where the answer does not say it itself. `quoting_schema` and `split_quotes` are the way by which it does: one schema
that asks for the values and a short quote beside them. `weigh` says which of them hold for a field and which are shown to,
`support` keeps those that are shown. All of it is pure: no clock, disk, network, thread or SDK.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from batchata.grounding.grounded import Grounded, How

if TYPE_CHECKING:
    from batchata.grounding.mapping import Mapped, Statement, map_fields
    from batchata.grounding.places import ground
    from batchata.grounding.quoted import INSTRUCTION, PROSE_SCHEMA, quoting_schema, split_prose, split_quotes
    from batchata.grounding.supporting import support, weigh

__all__ = [
    "INSTRUCTION",
    "PROSE_SCHEMA",
    "Grounded",
    "How",
    "Mapped",
    "Statement",
    "ground",
    "map_fields",
    "quoting_schema",
    "split_prose",
    "split_quotes",
    "support",
    "weigh",
]

_MODULES = {
    "places": ("ground",),
    "mapping": ("Mapped", "Statement", "map_fields"),
    "quoted": ("INSTRUCTION", "PROSE_SCHEMA", "quoting_schema", "split_prose", "split_quotes"),
    "supporting": ("support", "weigh"),
}


def __getattr__(name: str) -> Any:
    """Loaded on first use: word lists and the rest are 5 MB, and a run without citations needs none of them."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
