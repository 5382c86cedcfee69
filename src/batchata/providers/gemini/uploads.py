"""Files at Gemini that requests refer to: PDFs and pictures (Gemini's Files API).

Gemini deletes every file 48 hours after its upload, which is also how long a batch may take: no upload outlives every batch. So
one is referred to while it is young, and the file goes up again under another name when it is not. A request that came too late
all the same is an error of that one line, and its next attempt refers to a fresh upload.
"""

import hashlib
import io
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from batchata.errors import ProviderError
from batchata.providers.base import Upload, UploadForm
from batchata.providers.foreign_json import count, get, items, text, unix_time
from batchata.providers.gemini.calls import GeminiCalls
from batchata.providers.listing import PAGES_MAX
from batchata.providers.request_files import is_pdf, upload_form
from batchata.request import Document, Image

SLOT_SECONDS = 12 * 3600.0
"""How long one name serves: whatever bears it was made within that time, and lives for the rest of the 48 hours."""

OUTLAST_SECONDS = 36 * 3600.0
"""Most batches take a day and less (Gemini's target is 24 hours)."""

LOOKS, LOOK_SECONDS = 60, 0.5
"""How often, and how far apart, it is asked whether an upload is processed."""

_PAGE_SIZE = 100  # Gemini's own maximum
_ID = re.compile(r"files/[a-z0-9-]{1,40}$")


class GeminiUploads:
    """The files of one account's project."""

    outlast_seconds = OUTLAST_SECONDS

    def __init__(self, calls: GeminiCalls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._clock = clock

    def form(self, part: Document | Image) -> UploadForm | None:
        """Other documents are sent as text, which is part of the prompt."""
        return upload_form(part.media_type, part.data) if isinstance(part, Image) or is_pdf(part) else None

    def upload(self, name: str, form: UploadForm) -> Upload:
        """Gemini lets its files be named, so an upload whose answer was lost is found under its name and used."""
        file_id, size = self._file_id(name), len(form.data)
        try:
            file = self._calls.upload(file_id, name, form.media_type, io.BytesIO(form.data), size)
        except ProviderError as error:
            if error.status != 409:
                raise
            file, _ = self._calls.get(f"files/{file_id}")
            if count(get(file, "sizeBytes")) != size:
                raise
        made = _upload(self._processed(file_id, file))
        if made is None:
            raise ProviderError("Gemini took an upload, and can't give it to a model", retryable=True)
        return made

    def uploaded(self, mark: str) -> Iterator[Upload]:
        params: dict[str, object] = {"pageSize": _PAGE_SIZE}
        for _ in range(PAGES_MAX):
            content, _headers = self._calls.get("files", params)
            found = (_upload(file) for file in items(content.get("files")))
            yield from (upload for upload in found if upload is not None and upload.name.startswith(mark))
            following = text(content.get("nextPageToken"))
            if not following:
                return
            if following == params.get("pageToken"):
                break
            params["pageToken"] = following
        raise ProviderError("Gemini's listing of files can't be followed to its end", retryable=True)

    def delete(self, upload: Upload) -> None:
        named = _ID.search(upload.reference)
        if named is None:
            raise ProviderError(f"{upload.reference[:200]!r} is no file of Gemini's")
        self._calls.delete(named[0])

    def _processed(self, file_id: str, file: dict[str, Any]) -> dict[str, Any]:
        """The file once a model can be given it, which PDFs and pictures can at once."""
        for _ in range(LOOKS):
            if get(file, "state") != "PROCESSING":
                return file
            time.sleep(LOOK_SECONDS)
            file, _headers = self._calls.get(f"files/{file_id}")
        raise ProviderError("Gemini has not processed an upload yet", retryable=True)

    def _file_id(self, name: str) -> str:
        """Gemini takes at most 40 lowercase letters, digits and inner dashes; the whole name is the display name."""
        slot = int(self._clock() // SLOT_SECONDS)
        return f"batchata-{hashlib.blake2b(f'{name} {slot}'.encode(), digest_size=12).hexdigest()}"


def _upload(file: object) -> Upload | None:
    name, uri = text(get(file, "displayName")), text(get(file, "uri"))
    if not name or not uri or get(file, "state") == "FAILED":
        return None
    return Upload(name, uri, unix_time(get(file, "expirationTime")))
