"""The documents of a job, read once more when its answer is there: what its quotes are looked up in."""

from collections.abc import Sequence
from concurrent.futures import CancelledError

from batchata import messages
from batchata.citation import Box, Span
from batchata.documents.reader import Reader
from batchata.engine.citing import Found
from batchata.engine.job_files import Files
from batchata.errors import DocumentError, ValidationError
from batchata.job import Job
from batchata.request import Document, Text


class FileSources:
    """Reads from the files that the job named; used by one thread. A job without documents has its own text for one."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._files = Files(reader)

    def of(self, job: Job) -> Found:
        try:
            documents = self._documents(job)
        except (DocumentError, ValidationError) as error:
            return Found(note=str(error))
        except (RuntimeError, CancelledError):  # the reader was closed: the run is over
            return Found(note="the document could not be read again")
        return Found(tuple(document for document in documents if isinstance(document, Document)))

    def boxes(self, document: Document, places: Sequence[tuple[int, Span]]) -> list[list[Box]] | None:
        try:
            return self._reader.boxes(document.data, document.name, places).result()
        except (DocumentError, RuntimeError, CancelledError):
            return None

    def _documents(self, job: Job) -> Sequence[object]:
        future = self._files.submit(job)
        if future is not None:
            return [future.result()]
        if job.messages is None:
            return [_text("prompt", job.prompt or "")]
        _, turns = messages.conversation(job.messages)
        parts = [part for turn in turns if turn.role == "user" for part in turn.parts]
        given = [self._files.read(part) for part in parts if isinstance(part, Document)]
        texts = (part.text for part in parts if isinstance(part, Text))
        return given or [_text("messages", "\n\n".join(texts))]


def _text(name: str, text: str) -> Document:
    return Document(name, "text/plain", text.encode(errors="replace"), (text,))
