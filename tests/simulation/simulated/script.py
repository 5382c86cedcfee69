"""What a user's script says: jobs of every kind, with ids or without, with files or without, said anew in each session."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel

from batchata.errors import ValidationError
from batchata.identity import derived_id, digest
from batchata.job import Job
from batchata.pricing import parse_prices
from batchata.said import NO_JOB, Form, SaidJob
from simulated.accounts import MODEL_MAX_TOKENS, bound_of
from simulated.provider import KINDS

TYPED = ("twice", "never", "typed", "quote")  # jobs whose answer must fit a class
CITING = ("quote", "prose", "cite")
PRICES = parse_prices({f"{kind}/{model}": (1, 1) for kind in KINDS for model in "mn"})
BIG = 21_000  # bytes of a file that is worth an upload


class Value(BaseModel):
    value: int


@dataclass(frozen=True, slots=True)
class SimJob:
    """`name`: what the provider is to make of it, and its place. `version`: other content under the same id. `named`: whether
    the script gives it an id. `file`: the name of a file that goes with it. `note`: its metadata.
    """

    kind: str
    name: str
    version: int = 0
    named: bool = True
    file: str | None = None
    note: int | None = None
    model: str = "m"

    @property
    def behaviour(self) -> str:
        return self.name.partition("-")[0]

    @property
    def prompt(self) -> str:
        return f"{self.name}{f'.{self.version}' if self.version else ''} says what?"

    @property
    def metadata(self) -> bytes | None:
        return None if self.note is None else orjson.dumps({"note": self.note})

    @property
    def worst(self) -> int:
        """The most a first try of it can be billed."""
        files = {} if self.file is None else {"files": ["12345678"]}
        return bound_of({"model": self.model, "text": self.prompt, **files})


@dataclass(slots=True)
class Setting:
    """What a script asks: its jobs, and the arguments of its `Batch`. `results`: the number of its results folder."""

    jobs: list[SimJob]
    limit: int | None = None
    items_per_batch: int | None = 2
    max_concurrent: int = 3
    settle_seconds: float = 30.0
    max_attempts: int = 3
    retry_invalid: int = 1
    time_limit: float | None = None
    results: int | None = 1
    uploads: bool = False


class IteratorBrokeError(Exception):
    """The user's own iterator."""


@dataclass(slots=True)
class Script:
    """Jobs as they are said in one session. Goes through them any number of times. `breaks_after`: jobs that its iterator gives
    before it breaks. After a walk, `ids` holds the id that each job must have, in order; by it, what it said of each.
    """

    jobs: list[SimJob]
    folder: Path
    breaks_after: int | None = None
    ids: dict[str, SimJob] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    models: dict[str, type[BaseModel]] = field(default_factory=dict)
    part_of: int | None = None

    def __post_init__(self) -> None:
        for job in self.jobs:
            if job.behaviour in TYPED and (shape := _parsed(job, None)[0].response_model_digest) is not None:
                self.models[shape] = Value

    def __iter__(self) -> Iterator[SaidJob]:
        self.ids.clear()
        self.refused.clear()
        for place, job in enumerate(self.jobs):
            if place == self.breaks_after:
                raise IteratorBrokeError("the iterator broke")
            said = self._said(job, place)
            name = self._id_of(said)
            self.ids[name] = job
            if said.refused is not None or "~" in name:
                self.refused.add(name)
            yield said

    def _said(self, job: SimJob, place: int) -> SaidJob:
        try:
            file = None if job.file is None else self.folder / job.file
            _, content, (record, ask) = _parsed(job, file)
        except ValidationError as error:  # its file is not there: what `add_jobs` makes of such an item
            return SaidJob(f"item-{place}", digest(Job(model="")), NO_JOB, b"null", job.metadata, str(error))
        name = job.name if job.named else None
        if job.behaviour == "wrong":
            return SaidJob(name or f"item-{place}", content, NO_JOB, ask, job.metadata, "no such argument")
        return SaidJob(name, content, Form(job.kind, job.model, record), ask, job.metadata)

    def _id_of(self, said: SaidJob) -> str:
        """As the documentation has it: its own; of its content and its place among identical ones; or marked as said twice."""
        first = said.job_id or derived_id(said.digest, 1)
        name, place = first, 1
        while name in self.ids:
            place += 1
            name = f"{first}~{place}" if said.job_id else derived_id(said.digest, place)
        return name


_PARSED: dict[SimJob, tuple[Job, bytes, tuple[bytes, bytes]]] = {}


def _parsed(job: SimJob, file: Path | None) -> tuple[Job, bytes, tuple[bytes, bytes]]:
    if file is None and job in _PARSED:
        return _PARSED[job]
    given: dict[str, Any] = {"model": f"{job.kind}/{job.model}", "job_id": job.name, "max_tokens": MODEL_MAX_TOKENS}
    if job.behaviour == "talk":
        given["messages"] = [{"role": "user", "content": job.prompt}]
    else:
        given["prompt"] = job.prompt
    if job.behaviour in TYPED:
        given["response_model"] = Value
    if job.behaviour in CITING:
        given["enable_citations"] = True
    if file is not None:
        given["file"] = file
    parsed = Job.parse(given)
    found = parsed, digest(parsed), parsed.to_record()
    if file is None:
        _PARSED[job] = found
    return found


def write_file(path: Path, what: str) -> None:
    """A text of its own each time; a shared one is worth an upload."""
    size = BIG if path.name.startswith("shared") else 60
    path.write_text(f"{what}: it says what? ".ljust(size, "."), "utf-8")
