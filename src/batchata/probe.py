"""Asking a provider early, without a network, whether it takes jobs of a form at all: so that the call that added the job
refuses it, and not its run. And the schema that a job asks for, with which that begins.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batchata import grounding, output
from batchata.job import Job
from batchata.providers.base import ModelFacts, Provider
from batchata.providers.catalog import Catalog
from batchata.request import Message, Request, Text


def probe(job: Job, provider: str, model: str, named: Mapping[str, Any], *, bounded: bool) -> None:
    """Raise `ValidationError` for a parameter or schema that the provider is known to refuse."""
    client = Catalog(named, Path(), "")[provider]
    request = Request(
        model=model,
        messages=(Message("user", (Text("."),)),),
        max_tokens=job.max_tokens_or_default,
        temperature=job.temperature_or_default,
        temperature_given=job.temperature is not None,
        schema=asked_schema(job, client),
        citations=job.enable_citations,
        provider_params=job.provider_params,
        bounded=bounded,
    )
    client.prepare(request, ModelFacts())


def asked_schema(job: Job, provider: Provider) -> dict[str, Any] | None:
    """The schema of a job's answer in the provider's dialect, with a place for quotes where citations are on and the provider
    does not cite by itself. Raises `ValidationError`.
    """
    if job.response_model is not None:
        schema = output.schema_for(job.response_model)
        if job.enable_citations:
            schema = grounding.quoting_schema(schema)
    elif asks_for_quotes(job, provider):
        schema = dict(grounding.PROSE_SCHEMA)
    else:
        return None
    return output.strict_schema(schema, output.DIALECTS[provider.schema_dialect])


def asks_for_quotes(job: Job, provider: Provider) -> bool:
    """Whether the answer is to hold its quotes; else it cites natively, or not at all."""
    if job.response_model_digest is not None:
        return job.enable_citations and job.response_model is not None
    return job.enable_citations and not provider.limits.cites
