"""Large batches of AI requests through the providers' own batch APIs: half price, a hard cost limit, state that survives.

Importing this loads no provider's SDK; each is loaded when its first job is added.
"""

from batchata.batch import Batch
from batchata.citation import Citation
from batchata.errors import (
    BatchataError,
    CreateRefusedError,
    CreateUnknownError,
    DocumentError,
    ProviderError,
    StateError,
    StateLockedError,
    ValidationError,
)
from batchata.estimate import Estimate
from batchata.job import Job
from batchata.live import LiveView, live_view
from batchata.providers.compatible import OpenAICompatible
from batchata.result import Attempt, JobResult, Outcome
from batchata.run import BatchRun, decide
from batchata.usage import Usage
from batchata.version import __version__

__all__ = [
    "Attempt",
    "Batch",
    "BatchRun",
    "BatchataError",
    "Citation",
    "CreateRefusedError",
    "CreateUnknownError",
    "DocumentError",
    "Estimate",
    "Job",
    "JobResult",
    "LiveView",
    "OpenAICompatible",
    "Outcome",
    "ProviderError",
    "StateError",
    "StateLockedError",
    "Usage",
    "ValidationError",
    "__version__",
    "decide",
    "live_view",
]
