"""All files and batches of all accounts: reading what was sent, answering it, writing result files."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson

from batchata.testing.clock import rfc3339
from batchata.testing.course import Course
from batchata.testing.dice import Dice
from batchata.testing.files import Files, StoredFile
from batchata.testing.gemini.batches import Batch
from batchata.testing.gemini.errors import ApiError
from batchata.testing.gemini.models import Model
from batchata.testing.gemini.references import no_file
from batchata.testing.gemini.uploads import Upload
from batchata.testing.gemini.writer import Origin, Writer, without_file
from batchata.testing.jobs import Jobs, Line
from batchata.testing.settings import Settings

KEPT = 48 * 3600.0  # files [assumed]
EXPIRES = 48 * 3600.0  # batches pending or running [issue: python-genai 2439]
MAX_OPEN = 100  # concurrent batches [docs: Rate limits]
_JSON_LINES = ("jsonl", "application/jsonl", "application/x-jsonlines")  # [docs: Batch API; the last one assumed]


class Shelf:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files = Files(settings.clock, "gemini")
        self.jobs: Jobs[Batch] = Jobs(settings.clock, self._land, settings.errors)
        self.writer = Writer(settings, self.files)
        self._made = 0

    def _name(self, what: str) -> str:
        with self.jobs.lock:
            self._made += 1
            return Dice(self.settings.seed, self.settings.born, b"gemini", what.encode(), str(self._made).encode()).hex(
                20
            )

    def keep(self, upload: Upload, processing: float = 0.0) -> StoredFile:
        """An upload that is complete; it can be used after `processing` seconds. Raises `ApiError`: a name that is taken is a 409 [docs: Files API]."""
        name = upload.file.get("name") or f"files/{self._name('file')}"
        if self.files.get(upload.account, name):
            raise ApiError(f"File {name} already exists.", 409)
        data = b"".join(upload.pieces)
        file = self._file(name, upload.file.get("displayName", ""), upload.mime_type, data)
        file = replace(file, active_at=file.created_at + processing)
        for_batches = file.kind in _JSON_LINES
        self.files.upload(upload.account, file, "batch" if for_batches else "user_data")
        return file

    def _file(self, name: str, label: str, kind: str, data: bytes, made_by: str = "") -> StoredFile:
        now = self.settings.clock.now()
        kept = self.settings.kept_seconds or KEPT
        place = self.files.keep(data)
        return StoredFile(name, label, kind, len(data), now, now + kept, place, made_by, sha256(data).digest())

    def create(self, account: str, known: Model, asked: Mapping[str, Any], lag: float) -> Batch:
        """Raises `ApiError`."""
        self.jobs.settle()
        if len(self.jobs.unfinished(account)) >= MAX_OPEN:
            raise ApiError("You exceeded your current quota: too many concurrent batch requests.", 429)
        config = asked.get("inputConfig") or {}
        inline = (config.get("requests") or {}).get("requests")
        if (inline is None) == ("fileName" not in config):
            raise ApiError("* BatchGenerateContentRequest.batch.input_config: exactly one source is needed")
        data = b"" if inline is not None else self._input(account, config["fileName"])
        self._check_queue(account, known, len(data) or len(orjson.dumps(inline)))
        batch = self._batch(account, known, asked.get("displayName", ""), inline, data)
        sent = [one.get("request") for one in inline] if inline is not None else None
        self.jobs.add(batch, lambda made: self._work(made, known, sent, data), lag)
        return batch

    def _batch(self, account: str, known: Model, label: str, inline: list[Any] | None, data: bytes) -> Batch:
        count = len(inline) if inline is not None else data.count(b"\n") + (not data.endswith(b"\n"))
        course = Course(
            self.settings.clock.now(),
            self.settings.seconds(count),
            self.settings.cancel_seconds,
            self.settings.expires_seconds or EXPIRES,
        )
        echoed = None if inline is None else [one.get("metadata") for one in inline]
        batch = Batch(f"batches/{self._name('batch')}", account, course, known.id, label, echoed)
        batch.total = count
        batch.enqueued = self.settings.counter.bytes(len(data))
        return batch

    def _input(self, account: str, name: str) -> bytes:
        file = self.files.get(account, name)
        if file is None:
            raise no_file(name)
        if file.kind not in {*_JSON_LINES, "text/plain"}:  # plain text too [assumed]
            raise ApiError(f"Unsupported file type {file.kind!r} for a batch: expected jsonl.")
        return self.files.read(file)

    def _check_queue(self, account: str, known: Model, size: int) -> None:
        """Enqueued tokens by model: over them a create is a 429 [docs: Rate limits]. Counted by bytes [assumed]."""
        limit = self.settings.queue(known.id)
        if limit is None:
            return
        others = sum(batch.enqueued for batch in self.jobs.unfinished(account) if batch.model == known.id)
        if others + self.settings.counter.bytes(size) > limit:
            raise ApiError(f"You exceeded your current quota: batch enqueued tokens of {known.id}, limit {limit}.", 429)

    def _work(self, batch: Batch, known: Model, inline: list[Any] | None, data: bytes) -> None:
        origin = Origin(batch.account, batch.id, known)
        if inline is not None:
            names = [_own_key(metadata) for metadata in batch.inline or ()]
            places = enumerate(inline)
            lines = [self.writer.write(str(place), request, origin, names[place]) for place, request in places]
        else:
            try:
                lines = [self._line(row, origin) for row in _rows(data)]
            except ApiError as error:
                batch.failure = error.rpc()
                return
        # in any order [issue: python-genai 1909]
        Dice(self.settings.seed, batch.id.encode()).shuffle(lines)
        batch.lines = lines

    def _line(self, row: dict[str, Any], origin: Origin) -> Line:
        """A line with its key, as result files have it."""
        key = row.get("key")
        unknown = [name for name in row if name not in {"key", "request"}]
        if unknown or "request" not in row:
            name = unknown[0] if unknown else "request"
            why = f'Unknown name "{name}": Cannot find field.' if unknown else "request is missing."
            line = Line(str(key), "errored", orjson.dumps({"error": ApiError(why).rpc()}))
        else:
            line = self.writer.write(str(key), row["request"], origin)
        named = {} if key is None else {"key": key}
        # the line's own JSON goes in as it is: {"key": …, "response": …}
        body = orjson.dumps(named)[:-1] + (b"," if named else b"") + line.json[1:]
        return replace(line, json=body)

    def _land(self, batch: Batch) -> None:
        batch.lines = self.files.kept(batch.account, batch.lines, batch.ended_at or 0.0, without_file)
        lines = batch.conclude()
        if batch.state_at_end == "SUCCEEDED" and batch.inline is None:
            name = f"files/{batch.id.replace('/', '-').replace('batches-', 'batch-')}"
            body = b"".join(line.json + b"\n" for line in lines)
            self.files.add(batch.account, self._file(name, "", "application/jsonl", body, batch.id))
            batch.responses_file = name
        self.settings.ledger.extend(line.bill for line in lines if line.bill is not None)

    def purge(self, batch_id: str | None = None) -> None:
        """Let go of what ended batches wrote, or one of them."""
        self.files.purge(batch_id)

    def close(self) -> None:
        self.jobs.close()
        self.files.close()


def _own_key(metadata: Any) -> str | None:
    """What an inline request calls itself: its metadata's "key", which the documentation's examples use."""
    key = metadata.get("key") if isinstance(metadata, Mapping) else None
    return key if isinstance(key, str) else None


def _rows(data: bytes) -> list[dict[str, Any]]:
    """Raises `ApiError`: a file that can't be read fails the whole batch [assumed]."""
    rows = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        if not isinstance(row, dict):
            raise ApiError(f"Failed to parse the input file: line {number} is not a JSON object.")
        rows.append(row)
    if not rows:
        raise ApiError("The input file has no requests.")
    return rows


def file_json(file: StoredFile, url: str, now: float) -> dict[str, Any]:
    """[sdk: File]"""
    shown = {
        "name": file.id,
        "displayName": file.label,
        "mimeType": file.kind,
        "sizeBytes": str(file.size),
        "createTime": rfc3339(file.created_at),
        "updateTime": rfc3339(file.created_at),
        "expirationTime": rfc3339(file.expires_at),
        "sha256Hash": b64encode(file.sha256.hex().encode()).decode(),
        "uri": f"{url}/v1beta/{file.id}",
        "state": "PROCESSING" if file.active_at > now else "ACTIVE",
        "source": "GENERATED" if file.made_by else "UPLOADED",
    }
    return {name: value for name, value in shown.items() if value}
