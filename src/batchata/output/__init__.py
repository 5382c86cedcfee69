"""Typed answers: a response model becomes a schema in the provider's dialect; the answer's text becomes an instance.

    schema_for(model) ──> strict_schema(schema, ANTHROPIC) ──> the request … the answer ──> read_answer(text, model)

What a dialect can't enforce is told to the model in words and checked here: the user's class judges every answer.
"""

from batchata.output.answer import Invalid, read_answer
from batchata.output.dialect import Dialect
from batchata.output.dialects import ANTHROPIC, GEMINI, LLAMA_CPP, OPENAI
from batchata.output.schema import schema_for
from batchata.output.translate import strict_schema

DIALECTS = {"anthropic": ANTHROPIC, "gemini": GEMINI, "llama.cpp": LLAMA_CPP, "openai": OPENAI}
"""By the name a provider gives as its `schema_dialect`."""

__all__ = [
    "ANTHROPIC",
    "DIALECTS",
    "GEMINI",
    "LLAMA_CPP",
    "OPENAI",
    "Dialect",
    "Invalid",
    "read_answer",
    "schema_for",
    "strict_schema",
]
