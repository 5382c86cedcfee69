"""Files at Anthropic that requests refer to: PDFs, pictures, and the text of other documents (Anthropic's Files API).

An upload is told to delete itself after a month, so that what a crash left behind does not stay for good.
"""

import io
from collections.abc import Iterator

from batchata.errors import ProviderError
from batchata.providers.anthropic.calls import FILES, AnthropicCalls
from batchata.providers.base import Upload, UploadForm
from batchata.providers.foreign_json import get, items, loaded_object, text, unix_time
from batchata.providers.listing import PAGES_MAX
from batchata.providers.request_files import is_pdf, upload_form
from batchata.request import Document, Image

KEPT_SECONDS = 30 * 24 * 3600
"""Anthropic takes an hour to ninety days."""

OUTLAST_SECONDS = 3 * 24 * 3600.0  # a batch lasts a day; its create may wait for the budget

_LIST_MAX = 1000  # Anthropic's own maximum of a page


class AnthropicUploads:
    """The files of one account's workspace."""

    outlast_seconds = OUTLAST_SECONDS

    def __init__(self, calls: AnthropicCalls) -> None:
        self._calls = calls

    def form(self, part: Document | Image) -> UploadForm | None:
        if isinstance(part, Image) or is_pdf(part):
            return upload_form(part.media_type, part.data)
        return upload_form("text/plain", part.text.encode("utf-8", "surrogatepass"))

    def upload(self, name: str, form: UploadForm) -> Upload:
        fields = {"expires_in_seconds": str(KEPT_SECONDS)}
        response = self._calls.upload(name, form.media_type, io.BytesIO(form.data), fields)
        made = _upload(loaded_object(response.content))
        if made is None:
            raise ProviderError("Anthropic took an upload, and did not say its id", retryable=True)
        return made

    def uploaded(self, mark: str) -> Iterator[Upload]:
        params: dict[str, object] = {"limit": _LIST_MAX}
        for _ in range(PAGES_MAX):
            content, _headers = self._calls.get(FILES, params)
            found = (_upload(file) for file in items(content.get("data")))
            yield from (upload for upload in found if upload is not None and upload.name.startswith(mark))
            following = text(content.get("next_page"))
            if not following and not content.get("has_more"):
                return
            if not following or following == params.get("page"):
                break
            params = {"limit": _LIST_MAX, "page": following}
        raise ProviderError("Anthropic's listing of files can't be followed to its end", retryable=True)

    def delete(self, upload: Upload) -> None:
        self._calls.delete_file(upload.reference)


def _upload(file: object) -> Upload | None:
    name, file_id = text(get(file, "filename")), text(get(file, "id"))
    return Upload(name, file_id, unix_time(get(file, "expires_at"))) if name and file_id else None
