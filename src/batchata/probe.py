"""Asking a provider early, without a network, whether it takes jobs of a form at all: so that the call that added the job
refuses it, and not its run.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batchata import output
from batchata.job import Job
from batchata.providers.base import ModelFacts
from batchata.providers.catalog import Catalog
from batchata.request import Message, Request, Text


def probe(job: Job, provider: str, model: str, named: Mapping[str, Any], *, bounded: bool) -> None:
    """Raise `ValidationError` for a parameter or schema that the provider is known to refuse."""
    client = Catalog(named, Path(), "")[provider]
    schema = None
    if job.response_model is not None:
        schema = output.strict_schema(output.schema_for(job.response_model), output.DIALECTS[client.schema_dialect])
    request = Request(
        model=model,
        messages=(Message("user", (Text("."),)),),
        max_tokens=job.max_tokens_or_default,
        temperature=job.temperature_or_default,
        temperature_given=job.temperature is not None,
        schema=schema,
        citations=job.enable_citations,
        provider_params=job.provider_params,
        bounded=bounded,
    )
    client.prepare(request, ModelFacts())
