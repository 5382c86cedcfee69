"""The jobs a script has said so far: checked, encoded and set aside on disk, so that a million of them take no memory.

What `add_job` gets is checked at once. An iterator given to `add_jobs` is taken one by one when the jobs are needed; what is
wrong with one of its items then becomes one failed job, because the call that got it has long returned.
"""

import marshal
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from batchata.arguments import plain
from batchata.errors import BatchataError, ValidationError
from batchata.identity import digest
from batchata.job import Job
from batchata.job_arguments import job_id

IN_MEMORY = 4_000_000  # bytes of jobs kept in memory before they go to a file
AT_ONCE = 200  # jobs set aside in one go
BYTES_AT_ONCE = 64_000


class Form(NamedTuple):
    """What jobs have in common: everything but what each asks for itself (`Job.to_record`), and who gets it."""

    provider: str
    model: str
    record: bytes


class SaidJob(NamedTuple):
    """A job on its way to the state. `refused` says what is wrong with an item that is no job."""

    job_id: str | None
    digest: bytes
    form: Form
    ask: bytes
    metadata: bytes | None
    refused: str | None = None


class SaidJobs:
    """Jobs said one after the other, in columns: there are thousands on their way at a time, and none is an object of its own."""

    __slots__ = ("asks", "digests", "forms", "job_ids", "metadata", "refused", "size")

    def __init__(self) -> None:
        self.job_ids: list[str | None] = []
        self.digests: list[bytes] = []
        self.forms: list[Form] = []
        self.asks: list[bytes] = []
        self.metadata: list[bytes | None] = []
        self.refused: list[str | None] = []
        self.size = 0  # bytes of what they ask

    def __len__(self) -> int:
        return len(self.digests)

    def add(self, said: SaidJob) -> None:
        name, digest_, form, ask, metadata, refused = said
        self.job_ids.append(name)
        self.digests.append(digest_)
        self.forms.append(form)
        self.asks.append(ask)
        self.metadata.append(metadata)
        self.refused.append(refused)
        self.size += len(ask)


Check = Callable[[Mapping[str, Any]], SaidJob]
"""`add_job`'s arguments as a job. Raises `BatchataError`."""

NO_JOB = Form("", "", Job(model="").to_record()[0])
"""The form of an item that is no job."""


class Said:
    """Jobs in the order they were added; may be gone through any number of times."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed with its owner
            max_size=IN_MEMORY, dir=str(folder) if folder.is_dir() else None
        )
        weakref.finalize(self, self._file.close)
        self._late: list[
            tuple[object, ...]
        ] = []  # the latest, on their way to the file, each with the place of its form in
        self._late_forms: dict[Form, int] = {}
        self._late_size = 0
        self._coming: list[tuple[Iterator[Any], Check]] = []
        self._broken: Exception | None = None
        self.part_of: int | None = None
        """The run whose jobs these are a part of, where that is what a later run goes on with; None: these are all."""

    def add(self, said: SaidJob) -> None:
        """One job that was checked. Those of iterators given before it come first, so they are taken now."""
        for _ in self._take():
            pass
        self._write(said)

    def add_kept(self, said: SaidJob) -> None:
        """One job of an earlier run, as the state holds it."""
        self._write(said)

    def add_later(self, items: Iterable[Any], check: Check) -> None:
        self._coming.append((iter(items), check))

    def __iter__(self) -> Iterator[SaidJob]:
        """All jobs; what is still to come is taken, and kept, on the way."""
        place = 0
        while True:
            self._set_aside()
            self._file.seek(place)
            head = self._file.read(8)
            if not head:
                break
            size = int.from_bytes(head, "big")
            said = marshal.loads(self._file.read(size))  # noqa: S302 - our own bytes, in a file without a name
            forms = [Form(*form) for form in said[0]]
            for name, digest_, form, ask, metadata, refused in said[1]:
                yield SaidJob(name, digest_, forms[form], ask, metadata, refused)
            place += 8 + size
        yield from self._take()

    def _take(self) -> Iterator[SaidJob]:
        while self._coming:
            if self._broken is not None:
                raise self._broken
            items, check = self._coming[0]
            place = 0
            while True:
                try:
                    item = next(items)
                except StopIteration:
                    break
                except Exception as error:  # the user's own iterator broke: it is no shorter for that
                    self._broken = error
                    raise
                try:
                    said = check(item)
                except BatchataError as error:
                    said = _no_job(item, place, error)
                self._write(said)
                yield said
                place += 1
            self._coming.pop(0)

    def _write(self, said: SaidJob) -> None:
        name, digest_, form, ask, metadata, refused = said
        place = self._late_forms.setdefault(form, len(self._late_forms))
        self._late.append((name, digest_, place, ask, metadata, refused))
        self._late_size += len(ask) + (0 if metadata is None else len(metadata))
        if len(self._late) >= AT_ONCE or self._late_size >= BYTES_AT_ONCE:
            self._set_aside()

    def _set_aside(self) -> None:
        if self._late:
            data = marshal.dumps(([tuple(form) for form in self._late_forms], self._late))
            self._file.seek(0, 2)
            self._file.write(len(data).to_bytes(8, "big"))
            self._file.write(data)
            self._late, self._late_forms, self._late_size = [], {}, 0


def said_of(job: Job, provider: str, model: str) -> SaidJob:
    """A checked job as it is set aside."""
    form, ask = job.to_record()
    metadata = None if job.metadata_json == b"null" else job.metadata_json
    return SaidJob(job.job_id, digest(job), Form(provider, model, form), ask, metadata)


def _no_job(item: Any, place: int, error: BatchataError) -> SaidJob:
    content = blake2b(repr(item).encode("utf-8", "replace"), digest_size=16).digest()
    name = _own_id(item) or f"item-{place}"
    return SaidJob(name, content, NO_JOB, b"null", _metadata(item), str(error))


def _own_id(item: Any) -> str | None:
    """The id that an item which is no job gives itself, if that is one."""
    try:
        return job_id(item.get("job_id")) if isinstance(item, Mapping) else None
    except ValidationError:
        return None


def _metadata(item: Any) -> bytes | None:
    """What an item that is no job says of itself, where it can be kept: it comes back on the failed job."""
    given = item.get("metadata") if isinstance(item, Mapping) else None
    try:
        return None if given is None else plain("metadata", given)[1]
    except ValidationError:
        return None
