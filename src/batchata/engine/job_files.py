"""The files of jobs, read once for many jobs in a row, and some way ahead of the job that is packed."""

import hashlib
from collections import OrderedDict
from concurrent.futures import Future

from batchata.documents.read import load
from batchata.documents.reader import Reader
from batchata.errors import DocumentError
from batchata.job import Job
from batchata.request import Document, Image

AHEAD = 16  # files being read while earlier ones are packed
FILES_KEPT = 64_000_000  # bytes of files kept for other jobs that use them


class Files:
    """Files of jobs, read once for many jobs in a row, and read ahead."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._kept: OrderedDict[str, Future[Document | Image]] = OrderedDict()
        self._sizes: dict[str, int] = {}

    def submit(self, job: Job) -> Future[Document | Image] | None:
        """Begin to read the file of a job, if it has one. Raises `DocumentError` where it has changed or is gone."""
        if job.file is None or job.file_sha256 is None:
            return None
        key = f"{job.file_sha256}\0{job.file.name}"
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        data = load(job.file)
        if hashlib.sha256(data).hexdigest() != job.file_sha256:
            raise DocumentError(
                f"file={str(job.file)!r} has changed since the job was added; run the script again to send what it says now"
            )
        future = self._reader.submit(data, job.file.name)
        self._kept[key], self._sizes[key] = future, len(data)
        while sum(self._sizes.values()) > FILES_KEPT and len(self._kept) > AHEAD:
            old, _ = self._kept.popitem(last=False)
            del self._sizes[old]
        return future

    def read(self, document: Document) -> Document | Image:
        """A document given within `messages`, with its pages."""
        return document if document.pages else self._reader.submit(document.data, document.name).result()
