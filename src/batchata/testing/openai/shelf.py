"""All files and batches of all accounts: validating what was uploaded, answering it, writing output and error files."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from batchata.testing.course import Course
from batchata.testing.dice import Dice
from batchata.testing.files import Files, StoredFile
from batchata.testing.jobs import Jobs, Line
from batchata.testing.openai.batches import Batch
from batchata.testing.openai.input_file import MAX_BYTES, MAX_REQUESTS, Checked, check_file
from batchata.testing.openai.tokens import prompt_tokens
from batchata.testing.openai.writer import Origin, Writer, without_file
from batchata.testing.settings import Settings

KEPT = 30 * 24 * 3600.0  # files of batches [sdk: FileCreateParams.expires_after]
EXPIRES = 24 * 3600.0  # the completion window


class Shelf:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files = Files(settings.clock, "openai")
        self.jobs: Jobs[Batch] = Jobs(settings.clock, self._land, settings.errors)
        self.writer = Writer(settings, self.files)
        self._made = 0

    def name(self, what: str) -> str:
        """A new id."""
        with self.jobs.lock:
            self._made += 1
            return Dice(self.settings.seed, self.settings.born, b"openai", what.encode(), str(self._made).encode()).hex(
                24
            )

    def upload(self, account: str, filename: str, purpose: str, data: memoryview, kept: float | None) -> StoredFile:
        now = self.settings.clock.now()
        # files for batches are kept for 30 days, others until deleted [sdk: FileCreateParams.expires_after]
        usual = KEPT if purpose == "batch" else float("inf")
        name, place = f"file-{self.name('file')}", self.files.keep(data)
        hashed = sha256(data).digest()
        file = StoredFile(name, filename, purpose, len(data), now, now + (kept or usual), place, "", hashed)
        self.files.upload(account, file, purpose)
        return file

    def create(self, account: str, asked: Mapping[str, Any], file: StoredFile, lag: float) -> Batch:
        now = self.settings.clock.now()
        requests = self.files.read(file).count(b"\n") + 1 if callable(self.settings.turnaround) else 0
        expires = self.settings.expires_seconds or EXPIRES
        course = Course(now, self.settings.seconds(requests), self.settings.cancel_seconds, expires)
        batch = Batch(f"batch_{self.name('batch')}", account, course, asked)
        self.jobs.add(batch, lambda made: self._work(made, file), lag)
        return batch

    def _work(self, batch: Batch, file: StoredFile) -> None:
        limit, size = self.settings.max_requests or MAX_REQUESTS, self.settings.max_bytes or MAX_BYTES
        endpoint = batch.asked["endpoint"]
        checked = check_file(self.files.read(file), endpoint, limit, size, self.settings.served_models)
        if not checked.errors:
            self._enqueue(batch, checked)
        batch.checked = checked
        if checked.errors:
            checked.requests.clear()
        origin = Origin(batch.account, endpoint, batch.course.created_at, batch.id)
        lines = [self.writer.write(custom_id, body, origin) for custom_id, body in checked.requests]
        # "the output line order may not match the input line order" [docs: Batch API]
        Dice(self.settings.seed, batch.id.encode()).shuffle(lines)
        batch.lines = lines
        checked.requests.clear()  # what is answered is let go

    def _enqueue(self, batch: Batch, checked: Checked) -> None:
        """Prompt tokens over batches that have not ended, by model [docs: Batch API, rate limits]."""
        name = checked.model or ""
        limit = self.settings.queue(name)
        if limit is None:
            return
        self.jobs.settle()
        tokens = sum(self._tokens(body) for _, body in checked.requests)
        others = sum(
            other.enqueued
            for other in self.jobs.unfinished(batch.account)
            if other.checked is not None and other.checked.model == name
        )
        if others + tokens <= limit:
            batch.enqueued = tokens
            return
        # [issue: openai-python 2084]; the wording assumed
        message = f"Enqueued token limit reached for {name} in organization org-emulated. Limit: {limit:,} enqueued tokens. Please try again once some in_progress batches have been completed."
        checked.refuse("token_limit_exceeded", message)

    def _tokens(self, body: dict[str, Any]) -> int:
        try:
            return prompt_tokens(body, self.writer.known(body), self.settings.counter)
        except (AttributeError, KeyError, TypeError, ValueError):  # refused later, as a line
            return 0

    def _land(self, batch: Batch) -> None:
        batch.lines = self.files.kept(batch.account, batch.lines, batch.ended_at or 0.0, without_file)
        lines = batch.conclude()
        kept = (batch.asked.get("output_expires_after") or {}).get("seconds") or self.settings.kept_seconds or KEPT
        done = [line for line in lines if line.ending == "succeeded"]
        failed = [line for line in lines if line.ending != "succeeded"]
        batch.files["output_file_id"] = self._write(batch, "output", done, kept)
        batch.files["error_file_id"] = self._write(batch, "error", failed, kept)
        self.settings.ledger.extend(line.bill for line in lines if line.bill is not None)

    def _write(self, batch: Batch, what: str, lines: list[Line], kept: float) -> str | None:
        """No lines, no file: its id is null."""
        if not lines:
            return None
        place = self.files.keep(b"".join(line.json + b"\n" for line in lines))
        made_at = batch.ended_at or 0.0
        file = StoredFile(
            id=f"file-{self.name(what)}",
            label=f"{batch.id}_{what}.jsonl",  # [sdk: FileObject; the name itself assumed]
            kind="batch_output",  # [sdk: FileObject.purpose]
            size=place[1],
            created_at=made_at,
            expires_at=made_at + kept,
            place=place,
            made_by=batch.id,
        )
        self.files.add(batch.account, file)
        return file.id

    def purge(self, batch_id: str | None = None) -> None:
        """Let go of what ended batches wrote, or one of them."""
        self.files.purge(batch_id)

    def close(self) -> None:
        self.jobs.close()
        self.files.close()
