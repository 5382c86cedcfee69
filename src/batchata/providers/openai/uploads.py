"""Files at OpenAI that requests refer to: PDFs and pictures. Only at OpenAI itself; other services of the dialect get everything in
the request.

An upload is told to delete itself after the longest time that OpenAI takes.
"""

import io
from collections.abc import Iterator

from batchata.errors import ProviderError
from batchata.providers.base import Upload, UploadForm
from batchata.providers.foreign_json import get, items, loaded_object, text
from batchata.providers.listing import PAGES_MAX
from batchata.providers.openai.calls import FILES, OpenAICalls
from batchata.providers.openai.status import number
from batchata.providers.request_files import is_pdf, upload_form
from batchata.request import Document, Image

KEPT_SECONDS = 30 * 24 * 3600
OUTLAST_SECONDS = 3 * 24 * 3600.0  # a batch lasts a day; its create may wait for the budget

_PURPOSES = ("user_data", "vision")  # OpenAI's guides: PDFs are given as the first, pictures as the second
_LIST_MAX = 1000


class OpenAIUploads:
    """The files of one account's project."""

    outlast_seconds = OUTLAST_SECONDS

    def __init__(self, calls: OpenAICalls) -> None:
        self._calls = calls

    def form(self, part: Document | Image) -> UploadForm | None:
        """Other documents are sent as text, which is part of the prompt."""
        return upload_form(part.media_type, part.data) if isinstance(part, Image) or is_pdf(part) else None

    def upload(self, name: str, form: UploadForm) -> Upload:
        fields = {
            "purpose": "vision" if form.media_type.startswith("image/") else "user_data",
            "expires_after": {"anchor": "created_at", "seconds": KEPT_SECONDS},
        }
        response = self._calls.upload(name, io.BytesIO(form.data), fields, form.media_type)
        made = _upload(loaded_object(response.content))
        if made is None:
            raise ProviderError("OpenAI took an upload, and did not say its id", retryable=True)
        return made

    def uploaded(self, mark: str) -> Iterator[Upload]:
        for purpose in _PURPOSES:
            for file in self._files(purpose):
                upload = _upload(file)
                if upload is not None and upload.name.startswith(mark):
                    yield upload

    def delete(self, upload: Upload) -> None:
        self._calls.delete_file(upload.reference)

    def _files(self, purpose: str) -> Iterator[object]:
        params: dict[str, object] = {"purpose": purpose, "limit": _LIST_MAX}
        for _ in range(PAGES_MAX):
            content, _headers = self._calls.get(FILES, params)
            files = items(content.get("data"))
            yield from files
            if not files or not content.get("has_more"):
                return
            last = text(get(files[-1], "id"))
            if last is None or last == params.get("after"):
                break
            params = {**params, "after": last}
        raise ProviderError("OpenAI's listing of files can't be followed to its end", retryable=True)


def _upload(file: object) -> Upload | None:
    name, file_id = text(get(file, "filename")), text(get(file, "id"))
    return Upload(name, file_id, number(get(file, "expires_at"))) if name and file_id else None
