"""How a job ended: `JobResult`, the ways an attempt can end, and the history of its attempts."""

import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from batchata.citation import Citation
from batchata.plain import from_plain, to_plain
from batchata.usage import NANO, Money, Usage, to_usd


class Outcome(StrEnum):
    """The ways an attempt, and so a job, can end."""

    SUCCEEDED = "succeeded"
    TRUNCATED = "truncated"  # cut by the output cap or the context window: paid, incomplete
    REFUSED = "refused"  # the model or a safety filter would not answer
    INVALID = "invalid"  # an answer that does not fit the response_model
    ERROR = "error"  # the provider's error for this request, or a file that can't be read
    EXPIRED = "expired"  # the provider did not get to it in time
    CANCELLED = "cancelled"  # cancelled before it was answered
    MISSING = "missing"  # the batch ended and its results have no line for it
    LOST = "lost"  # deleted by the provider before it was fetched: charged, not sent again


OUTCOMES: dict[str, Outcome] = {outcome.value: outcome for outcome in Outcome}


class Attempt(NamedTuple):
    """One try of a job. `cost` is in nano-dollars; `provider_batch` is the provider's id, None if nothing was sent."""

    outcome: Outcome
    provider_batch: str | None = None
    usage: Usage = Usage()
    cost: Money = 0
    error: str | None = None

    @property
    def cost_usd(self) -> float:
        return to_usd(self.cost)

    def to_dict(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome.value,
            "provider_batch": self.provider_batch,
            "usage": self.usage.to_dict(),
            "cost_usd": self.cost_usd,
            "error": self.error,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Attempt":
        return cls(
            OUTCOMES[data["outcome"]],
            data["provider_batch"],
            Usage(**data["usage"]),
            round(data["cost_usd"] * NANO),
            data["error"],
        )


@dataclass(frozen=True, slots=True)
class JobResult:
    """The end of one job, with all that was paid for it.

    `raw_response` is the model's answer as text, kept whatever became of it. `parsed_response` is an instance of the job's
    `response_model`, or a dict where the class is not at hand. `model` is the one that answered. `usage` and `cost` (in
    nano-dollars) are of the last attempt that was answered plus every earlier one: all that this job was billed.
    """

    job_id: str
    outcome: Outcome
    raw_response: str | None = None
    parsed_response: Any = None
    error: str | None = None
    model: str | None = None
    file: str | None = None
    metadata: Any = None
    usage: Usage = field(default_factory=Usage)
    cost: Money = 0
    attempts: tuple[Attempt, ...] = ()
    citations: list[Citation] = field(default_factory=list)
    citation_mappings: dict[str, list[Citation]] = field(default_factory=dict)
    unsupported: list[str] = field(default_factory=list)

    @property
    def is_success(self) -> bool:
        return self.outcome is Outcome.SUCCEEDED

    @property
    def input_tokens(self) -> int:
        return self.usage.input_tokens

    @property
    def output_tokens(self) -> int:
        return self.usage.output_tokens

    @property
    def total_tokens(self) -> int:
        return self.usage.total_tokens

    @property
    def cost_usd(self) -> float:
        return to_usd(self.cost)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` takes it back."""
        outcome, usage = self.outcome, self.usage
        return {
            "job_id": self.job_id,
            "outcome": outcome.value,
            "is_success": outcome is Outcome.SUCCEEDED,
            "error": self.error,
            "parsed_response": to_plain(self.parsed_response),
            "raw_response": self.raw_response,
            "model": self.model,
            "file": self.file,
            "metadata": self.metadata,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": usage.total_tokens,
            "cost_usd": to_usd(self.cost),
            "usage": usage.to_dict(),
            "attempts": [attempt.to_dict() for attempt in self.attempts],
            "citations": [citation.to_dict() for citation in self.citations],
            "citation_mappings": {
                path: [citation.to_dict() for citation in found] for path, found in self.citation_mappings.items()
            },
            "unsupported": list(self.unsupported),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], response_model: Any = None) -> "JobResult":
        """The result that `to_dict` wrote. With `response_model` (a Pydantic class) the parsed answer is an instance."""
        parsed = data["parsed_response"]
        if response_model is not None and parsed is not None:
            parsed = from_plain(parsed, response_model, raw=data["raw_response"])
        return cls(
            job_id=data["job_id"],
            outcome=OUTCOMES[data["outcome"]],
            raw_response=data["raw_response"],
            parsed_response=parsed,
            error=data["error"],
            model=data["model"],
            file=data["file"],
            metadata=data["metadata"],
            usage=Usage(**data["usage"]),
            cost=round(data["cost_usd"] * NANO),
            attempts=tuple([Attempt.from_dict(attempt) for attempt in data["attempts"]]),
            citations=[Citation.from_dict(citation) for citation in data["citations"]],
            citation_mappings={
                path: [Citation.from_dict(citation) for citation in found]
                for path, found in data["citation_mappings"].items()
            },
            unsupported=list(data["unsupported"]),
        )

    def to_json(self) -> bytes:
        return orjson.dumps(self.to_dict(), option=orjson.OPT_INDENT_2)

    def save_to_json(self, path: str | os.PathLike[str]) -> None:
        """Write the result as JSON, readable by its owner alone; a reader never sees half a file."""
        write_private(Path(path), self.to_json())


_Unguarded = make_dataclass("_Unguarded", [one.name for one in fields(JobResult)], slots=True)


def job_result(*values: Any) -> JobResult:
    """A `JobResult` of all its values, in their order; made in a fifth of the time: a frozen class's own `__init__` goes round its
    guard for each field. The two have the same slots, so one becomes the other.
    """
    made: Any = _Unguarded(*values)
    made.__class__ = JobResult
    return made  # type: ignore[no-any-return]


_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # Windows
_TAKES_FOLDERS = {os.open, os.rename, os.unlink} <= os.supports_dir_fd
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_PATH", 0)  # O_PATH: it need not be readable


def write_private(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step, mode 0600."""
    write_all_private(path.parent, [(path.name, data)])


def write_all_private(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Put files into a folder by their names, each in one step, mode 0600."""
    # where the system takes names beside an open folder, it finds the folder once and not three times a file
    opened = os.open(folder, _FOLDER) if _TAKES_FOLDERS else None
    at = "" if opened is not None else f"{folder}{os.sep}"
    new = f"{at}.{secrets.token_hex(8)}.new"
    try:
        for name, data in files:
            _put(at + name, new, data, opened)
    finally:
        if opened is not None:
            os.close(opened)


def _put(name: str, new: str, data: bytes, folder: int | None) -> None:
    handle = os.open(new, _NEW, 0o600, dir_fd=folder)
    try:
        try:
            written = os.write(handle, data)
            while written < len(data):
                written += os.write(handle, memoryview(data)[written:])
        finally:
            os.close(handle)
        os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(new, dir_fd=folder)
        raise
