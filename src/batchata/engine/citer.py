"""The threads that look up quotes, so that reading documents again never keeps the loop waiting."""

import os
from concurrent.futures import Future, ThreadPoolExecutor

from batchata.engine.citing import CitedAnswer, Sources
from batchata.engine.settling import Read, cited
from batchata.job import Job

THREADS = 1 + (
    os.cpu_count() or 1
)  # each waits for a worker process: so all of these have work, and one more file is on its way


class Citer:
    """Finds what answers cite."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._threads = ThreadPoolExecutor(THREADS, "batchata-cite")

    def cite(self, read: Read, job: Job) -> Future[CitedAnswer]:
        return self._threads.submit(cited, read, job, self._sources)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
