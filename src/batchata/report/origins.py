"""Where the documents of a job are: in its file, in its messages, or its own text is one."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

from batchata import messages
from batchata.documents.read import load
from batchata.errors import DocumentError, ValidationError
from batchata.job import Job
from batchata.request import Document, Image, Part, Text

Load: TypeAlias = Callable[[], bytes]


class Origin(NamedTuple):
    """`key`: what makes it the same document. `load`: its bytes once more. `given` False: it is what the job said itself."""

    key: str
    name: str
    load: Load
    given: bool = True


def origins(job: Job, again: Callable[[], Job], *, cited: bool) -> list[Origin]:
    """In the order in which citations count them; pictures, which nothing cites, come last.

    The text of a job without documents is one if something is `cited`. `again` gives the job anew, so that what was in its
    messages need not be kept.
    """
    if job.file is not None:
        return [Origin(f"{job.file_sha256}\0{job.file.name}", job.file.name, partial(_file, job))]
    if job.messages_json is None:
        return [_text("prompt", job.prompt or "")] if cited else []
    parts = _parts(job)
    given = [part for part in parts if isinstance(part, Document)]
    if not given and cited:
        return [_text("messages", "\n\n".join(part.text for part in parts if isinstance(part, Text)))]
    pictures = [part for part in parts if isinstance(part, Image)]
    shown: list[Document | Image] = [*given, *pictures]
    return [_within(part, index, again) for index, part in enumerate(shown)]


def _file(job: Job) -> bytes:
    """The file of a job, if it is what it was. Raises DocumentError."""
    assert job.file is not None  # noqa: S101  # for the type checker: asked of jobs with a file
    data = load(job.file)
    if hashlib.sha256(data).hexdigest() != job.file_sha256:
        raise DocumentError(f"{job.file}: the file has changed since the job was added")
    return data


def _parts(job: Job) -> list[Part]:
    """What the user says in a job's messages; nothing where they can't be read any more."""
    try:
        _, turns = messages.conversation(job.messages or [])
    except ValidationError:
        return []
    return [part for turn in turns if turn.role == "user" for part in turn.parts]


def _text(name: str, text: str) -> Origin:
    data = text.encode(errors="replace")
    return Origin(f"{hashlib.sha256(data).hexdigest()}\0{name}", f"{name}.txt", lambda: data, given=False)


def _within(part: Document | Image, index: int, again: Callable[[], Job]) -> Origin:
    name = _name(part, index)
    return Origin(f"{hashlib.sha256(part.data).hexdigest()}\0{name}", name, lambda: _again(again(), index))


def _name(part: Document | Image, index: int) -> str:
    if isinstance(part, Image):
        return f"picture {index + 1}.{part.media_type.rpartition('/')[2]}"
    return part.name if part.paged else f"{part.name}.txt"


def _again(job: Job, index: int) -> bytes:
    parts = [part for part in _parts(job) if not isinstance(part, Text)]
    return sorted(parts, key=lambda part: isinstance(part, Image))[index].data
