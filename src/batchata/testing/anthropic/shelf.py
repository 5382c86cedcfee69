"""All files and batches of all accounts: making them, answering requests, and keeping results and bills."""

from hashlib import sha256
from typing import Any

from batchata.testing.anthropic.batches import Batch
from batchata.testing.anthropic.errors import not_found
from batchata.testing.anthropic.filing import Upload
from batchata.testing.anthropic.lines import Origin, Writer, without_file
from batchata.testing.course import Course
from batchata.testing.dice import Dice
from batchata.testing.files import Files, StoredFile
from batchata.testing.jobs import Jobs
from batchata.testing.settings import Settings

EXPIRES = 24 * 3600.0  # [sdk: MessageBatch.expires_at]
KEPT = 29 * 24 * 3600.0  # results, after creation [docs: Batch processing]

Requests = list[tuple[str, dict[str, Any]]]
"""(custom_id, params)"""


class Shelf:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files = Files(settings.clock, "anthropic")
        self.jobs: Jobs[Batch] = Jobs(settings.clock, self._land, settings.errors)
        self._writer = Writer(settings, self.files)
        self._made = 0

    def _name(self, what: str) -> str:
        with self.jobs.lock:
            self._made += 1
            return Dice(self.settings.seed, self.settings.born, what.encode(), str(self._made).encode()).hex(24)

    def upload(self, account: str, given: Upload) -> StoredFile:
        now = self.settings.clock.now()
        until = now + (float("inf") if given.seconds is None else given.seconds)
        name, place, hashed = f"file_{self._name('file')}", self.files.keep(given.data), sha256(given.data).digest()
        file = StoredFile(name, given.filename, given.mime_type, len(given.data), now, until, place, "", hashed)
        self.files.upload(account, file, "user_data")
        return file

    def create(self, account: str, version: str, requests: Requests, lag: float, *, files: bool) -> Batch:
        """`files`: its requests may refer to uploads."""
        settings, now, count = self.settings, self.settings.clock.now(), len(requests)  # the worker empties the list
        course = Course(now, settings.seconds(count), settings.cancel_seconds, settings.expires_seconds or EXPIRES)
        batch = Batch(f"msgbatch_{self._name('batch')}", account, course, count, settings.kept_seconds or KEPT)
        origin = Origin(batch.id, account, version, now, files)
        self.jobs.add(batch, lambda made: self._work(made, origin, requests), lag)
        return batch

    def _work(self, batch: Batch, origin: Origin, requests: Requests) -> None:
        lines = []
        while requests:  # what is answered is let go
            custom_id, params = requests.pop()
            lines.append(self._writer.write(custom_id, params, origin))
        # results come in any order [sdk: MessageBatch.results_url]
        Dice(self.settings.seed, origin.batch_id.encode()).shuffle(lines)
        batch.lines = lines

    def _land(self, batch: Batch) -> None:
        ended_at = batch.ended_at or 0.0
        batch.lines = self.files.kept(
            batch.account, batch.lines, ended_at, lambda line, file_id: without_file(line, file_id, batch.id)
        )
        lines = batch.conclude()
        place = self.files.keep(b"".join(line.json + b"\n" for line in lines))
        batch.results = StoredFile(batch.id, "", "", place[1], ended_at, float("inf"), place, batch.id)
        self.settings.ledger.extend(line.bill for line in lines if line.bill is not None)

    def get(self, account: str, batch_id: str) -> Batch:
        batch = self.jobs.get(account, batch_id)
        if batch is None:
            raise not_found(f"Message Batch {batch_id} not found.")
        batch.archive_if_old(self.settings.clock.now())
        return batch

    def listed(self, account: str | None = None) -> list[Batch]:
        """Newest first; of one account what its listings show by now, else everything."""
        found = self.jobs.listed(account)
        for batch in found:
            batch.archive_if_old(self.settings.clock.now())
        return found

    def purge(self, batch_id: str | None = None) -> None:
        """Let go of the results of ended batches, or of one."""
        now = self.settings.clock.now()
        for batch in self.listed():
            if batch.ended and batch_id in {None, batch.id}:
                batch.archived_at = batch.archived_at or now

    def close(self) -> None:
        self.jobs.close()
        self.files.close()
