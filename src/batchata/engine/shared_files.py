"""Which files more than one job uses, and the requests that then refer to an upload in place of the file."""

import hashlib
from collections import OrderedDict
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from functools import partial

from batchata.engine.uploading import Uploading
from batchata.errors import ProviderError
from batchata.job import Job
from batchata.providers.base import Provider, Upload, UploadForm
from batchata.record import tries_of
from batchata.request import Document, Image, Part, Request, Text
from batchata.result import Outcome
from batchata.store.rows import PendingJob

SMALL = 20_000  # bytes of a file that goes within each request, whoever else uses it
REMEMBERED = 10_000  # files of which is known that a job uses them
WAIT_SECONDS = 60.0  # for an upload under way, once; until it is there the requests then hold the file itself

_SEVERAL = -1  # jobs count from 1


@dataclass(frozen=True, slots=True)
class Use:
    """A job about to be packed for a provider, as far as its files go."""

    provider: Provider
    pending: PendingJob
    job: Job


class SharedFiles:
    """What the jobs that were looked at have in common. Used by one thread."""

    def __init__(self, uploading: Uploading) -> None:
        self._uploading = uploading
        self._users: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._slow: set[str] = set()
        self._doubted: set[str] = set()

    def begin_body(self) -> None:
        """Another body is begun: what failed in earlier ones is known by now."""
        self._doubted.clear()

    def ahead(self, use: Use, future: Future[Document | Image] | None) -> None:
        """A job's file is being read: where another job uses it too, it goes up as soon as it is read."""
        if future is None or use.provider.uploads is None:
            return
        content = _named(use.job)
        if self._shared(use, content):
            future.add_done_callback(partial(self._go_up, use.provider, content))

    def referring(self, use: Use, request: Request) -> tuple[Request, str]:
        """The request, referring to uploads of the files that are shared; and why it doesn't, where that failed."""
        if use.provider.uploads is None:
            return request, ""
        words: list[str] = []
        turns = tuple(
            replace(turn, parts=tuple(self._referred(use, part, words) for part in turn.parts))
            for turn in request.messages
        )
        return replace(request, messages=turns), "; ".join(words)

    def _referred(self, use: Use, part: Part, words: list[str]) -> Part:
        if isinstance(part, Text):
            return part
        content = _content(use.job, part)
        if not self._shared(use, content) or (form := _worth_it(use.provider, part)) is None:
            return part
        self._doubt_after_error(use)
        try:
            upload = self._awaited(content, self._uploading.begin(use.provider, content, form))
        except (ProviderError, TimeoutError, CancelledError) as error:
            words.append(str(error) or "it takes long")
            return part
        return replace(part, reference=upload.reference)

    def _go_up(self, provider: Provider, content: str, read: Future[Document | Image]) -> None:
        """Called wherever the reading ends."""
        if read.cancelled() or read.exception() is not None:
            return
        form = _worth_it(provider, read.result())
        if form is not None:
            self._uploading.begin(provider, content, form)

    def _shared(self, use: Use, content: str) -> bool:
        """Whether another job for this provider uses it too, as far as is known."""
        key, seq = (use.provider.name, content), use.pending.seq
        if self._users.setdefault(key, seq) not in (seq, _SEVERAL):
            self._users[key] = _SEVERAL
        self._users.move_to_end(key)
        if len(self._users) > REMEMBERED:
            self._users.popitem(last=False)
        return self._users[key] == _SEVERAL

    def _doubt_after_error(self, use: Use) -> None:
        """A try that ended in an error may have come too late for its upload: what the provider has is asked again, once a body."""
        name, tries = use.provider.name, tries_of(use.pending.tries)
        if tries and tries[-1].attempt.outcome is Outcome.ERROR and name not in self._doubted:
            self._doubted.add(name)
            self._uploading.doubt(name)

    def _awaited(self, content: str, future: Future[Upload]) -> Upload:
        try:
            return future.result(0.0 if content in self._slow else WAIT_SECONDS)
        except TimeoutError:
            self._slow.add(content)
            raise


def _worth_it(provider: Provider, part: Document | Image) -> UploadForm | None:
    form = None if provider.uploads is None else provider.uploads.form(part)
    return form if form is not None and len(form.data) >= SMALL else None


def _content(job: Job, part: Document | Image) -> str:
    if job.file_sha256 is not None:
        return _named(job)
    name = part.name if isinstance(part, Document) else part.media_type
    return f"{hashlib.sha256(part.data).hexdigest()}\0{name}"


def _named(job: Job) -> str:
    """The content of a job's file. Its name is a part of it: it may decide what is read of the bytes."""
    return f"{job.file_sha256}\0{job.file.name if job.file else ''}"
