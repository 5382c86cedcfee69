"""The thread that looks up quotes, so that reading documents again never keeps the loop waiting."""

from concurrent.futures import Future, ThreadPoolExecutor

from batchata.engine.citing import CitedAnswer, Sources
from batchata.engine.settling import Read, cited
from batchata.job import Job


class Citer:
    """Finds what answers cite, one after the other."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._thread = ThreadPoolExecutor(1, "batchata-cite")

    def cite(self, read: Read, job: Job) -> Future[CitedAnswer]:
        return self._thread.submit(cited, read, job, self._sources)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
