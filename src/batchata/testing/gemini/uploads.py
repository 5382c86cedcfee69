"""Resumable uploads: start, pieces at their offsets, finalize [docs: Files API; sdk: _upload_fd]."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batchata.testing.dice import Dice
from batchata.testing.gemini.errors import ApiError

MAX_BYTES = 2 * 1024**3  # [docs: Files API]
_NAME = re.compile(r"files/(?!-)[a-z0-9-]{1,40}(?<!-)")  # [assumed]


@dataclass(slots=True)
class Upload:
    account: str
    file: Mapping[str, Any]
    mime_type: str
    size: int | None
    pieces: list[bytes] = field(default_factory=list)
    received: int = 0


class Uploads:
    """Those under way."""

    def __init__(self, seed: int, most: int) -> None:
        self._seed = seed
        self._most = most
        self._made = 0
        self._open: dict[str, Upload] = {}
        self._lock = threading.Lock()

    def start(self, account: str, file: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        """Returns the upload's id. Raises `ApiError`."""
        if headers.get("x-goog-upload-protocol") != "resumable" or headers.get("x-goog-upload-command") != "start":
            raise ApiError("Expected X-Goog-Upload-Protocol: resumable and X-Goog-Upload-Command: start.")
        size = headers.get("x-goog-upload-header-content-length", "")
        if size.isdecimal() and int(size) > self._most:
            raise ApiError(f"The file is larger than the maximum of {self._most} bytes.")  # [assumed wording]
        if "name" in file and not _NAME.fullmatch(file["name"]):
            raise ApiError("File name must be files/ and at most 40 lower-case letters, digits and dashes.")
        kind = headers.get("x-goog-upload-header-content-type") or file.get("mimeType") or ""
        with self._lock:
            self._made += 1
            name = Dice(self._seed, b"upload", str(self._made).encode()).hex(32)
            self._open[name] = Upload(account, file, kind, int(size) if size.isdecimal() else None)
        return name

    def receive(self, name: str, headers: Mapping[str, str], data: bytes) -> Upload | None:
        """One piece; the whole upload when it was the last. Raises `ApiError`."""
        upload = self._open.get(name)
        if upload is None:
            raise ApiError("Upload not found.", 404)
        offset = headers.get("x-goog-upload-offset", "")
        if not offset.isdecimal() or int(offset) != upload.received:
            raise ApiError(f"Invalid upload offset {offset!r}: {upload.received} bytes were received.")
        upload.pieces.append(data)
        upload.received += len(data)
        commands = {word.strip() for word in headers.get("x-goog-upload-command", "").split(",")}
        if "finalize" not in commands:
            return None
        if upload.size not in {None, upload.received}:
            raise ApiError(f"Upload finalized after {upload.received} of {upload.size} bytes.")
        del self._open[name]
        return upload
