"""Quotes to spans, and citations to fields: where in a document each value of an answer stands.

    from batchata.grounding import ground, map_fields

`ground` looks quotes up in a text or a read document. `map_fields` says which field of a typed answer each cited passage
supports, where the answer does not say it itself. `quoting_schema` and `split_quotes` are the way by which it does: one schema
that asks for the values and a short quote beside them. `weigh` says which of them hold for a field and which are shown to,
`support` keeps those that are shown. All of it is pure: no clock, disk, network, thread or SDK.
"""

from batchata.grounding.ground import Grounded, How, ground
from batchata.grounding.mapping import Mapped, Statement, map_fields
from batchata.grounding.quoted import INSTRUCTION, PROSE_SCHEMA, quoting_schema, split_prose, split_quotes
from batchata.grounding.support import support, weigh

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
