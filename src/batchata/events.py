"""What a run announces while it goes: frozen facts, handed to whoever asked to hear them.

Hearing costs the run nothing and can't hurt it: hooks are called outside its loop, and what they raise is logged.
"""

from dataclasses import dataclass

from batchata.provider_batch import ProviderBatch
from batchata.usage import Money


@dataclass(frozen=True, slots=True)
class BatchMoved:
    """A provider batch came to another state."""

    batch: ProviderBatch


@dataclass(frozen=True, slots=True)
class JobsFinished:
    """Jobs came to their end; their results can be read."""

    count: int


@dataclass(frozen=True, slots=True)
class BillAboveBound:
    """A provider billed more than the bound said it could: nothing more is sent to that model."""

    provider: str
    model: str
    billed: Money
    bound: Money
