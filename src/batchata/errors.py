"""Every exception batchata raises on purpose.

    BatchataError
    ├── ValidationError       (also ValueError)  an argument is wrong: yours to mend, raised by the call that got it
    ├── StateError                               the state file can't be used as it is; it is left untouched
    │   └── StateLockedError                     another live process drives this state file
    ├── DocumentError                            a file can't be read or sent: fails the job that names it
    └── ProviderError                            the provider said no, or could not be reached
        ├── CreateRefusedError                   a batch create that certainly made nothing
        └── CreateUnknownError                   a batch create whose fate is not known

A job that fails is a `JobResult` with `error`, never an exception that stops the others.
"""


class BatchataError(Exception):
    """The root: `except BatchataError` catches everything batchata raises on purpose."""


class ValidationError(BatchataError, ValueError):
    """An argument is wrong. The message names it, what was given, what is allowed, and what to do."""


class StateError(BatchataError):
    """The state file can't be used as it is. Nothing in it was changed."""


class StateLockedError(StateError):
    """Another live process drives this state file. The message names it."""


class DocumentError(BatchataError):
    """A file can't be read, or not in the form the provider needs. It fails the job that names it, no other."""


class ProviderError(BatchataError):
    """The provider said no, or could not be reached. The provider's own words, without keys in them.

    `retryable`: trying again later may help. `retry_after`: seconds the provider asked to wait, if it did.
    `status`: the HTTP status, if there was one. `kind`: the provider's own name of the error, if it gave one.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
        kind: str | None = None,
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after
        self.status = status
        self.kind = kind


class CreateRefusedError(ProviderError):
    """A batch create that certainly made nothing: the jobs may go again."""


class CreateUnknownError(ProviderError):
    """A batch create whose fate is not known: time-out, reset, or a 5xx after the body left. Never repeat it blindly."""
