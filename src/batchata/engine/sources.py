"""The documents of a job, looked through once more when its answer is there."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import CancelledError

from batchata import messages
from batchata.documents.passages import Claim, Passage, located
from batchata.documents.read import load
from batchata.documents.reader import Reader
from batchata.engine.citing import Found
from batchata.errors import DocumentError, ValidationError
from batchata.grounding import Grounded
from batchata.job import Job
from batchata.request import Document, Message, Text


class FileSources:
    """Files that the job named, and those in its messages; its own text where it has none. Safe to use from several threads."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def look_up(self, job: Job, claims: Sequence[Claim]) -> Found:
        names: list[str] = []
        try:
            files = _files(job)
            names += [name for name, _ in files]
            if files:
                return Found(names, self._reader.passages(files, claims).result())
            text = _own_text(job)
            return Found([text.name], located([text], claims))
        except (DocumentError, ValidationError) as error:
            return _nothing(names, claims, str(error))
        except (RuntimeError, CancelledError):  # the reader was closed: the run is over
            return _nothing(names, claims, "the document could not be read again")


def _nothing(names: Sequence[str], claims: Sequence[Claim], why: str) -> Found:
    return Found(names, [Passage(Grounded(claim.quote, "unverified")) for claim in claims], why)


def _files(job: Job) -> list[tuple[str, bytes]]:
    """Name and bytes of each document. Raises `DocumentError` where one is not what it was."""
    if job.file is not None:
        data = load(job.file)
        if hashlib.sha256(data).hexdigest() != job.file_sha256:
            raise DocumentError(f"file={str(job.file)!r} has changed since the job was added")
        return [(job.file.name, data)]
    parts = [part for turn in _asked(job) for part in turn.parts]
    return [(part.name, part.data) for part in parts if isinstance(part, Document)]


def _own_text(job: Job) -> Document:
    if job.messages is None:
        return _text("prompt", job.prompt or "")
    texts = (part.text for turn in _asked(job) for part in turn.parts if isinstance(part, Text))
    return _text("messages", "\n\n".join(texts))


def _asked(job: Job) -> list[Message]:
    """What the user says in a conversation."""
    _, turns = messages.conversation(job.messages) if job.messages is not None else ((), ())
    return [turn for turn in turns if turn.role == "user"]


def _text(name: str, text: str) -> Document:
    return Document(name, "text/plain", text.encode(errors="replace"), (text,))
