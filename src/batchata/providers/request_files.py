"""The files of a request: which there are, how messages name them, and what providers in common take of them. Pure."""

from collections.abc import Iterator, Sequence

from batchata.errors import DocumentError, ValidationError
from batchata.providers.base import UploadForm
from batchata.providers.request_json import base64_length
from batchata.request import Document, Image, Request

_SUFFIXES = {
    "application/pdf": ".pdf",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "text/plain": ".txt",
}
"""How the names of uploads end, by their media type: some providers go by it."""


def files_of(request: Request) -> Iterator[Document | Image]:
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, Document | Image):
                yield part


def is_pdf(document: Document) -> bool:
    return document.media_type == "application/pdf"


def sent_base64(file: Document | Image) -> int:
    """The bytes that a file takes in a body where it goes as it is: none where the body refers to an upload of it."""
    return 0 if file.reference is not None else base64_length(file.data)


def upload_form(media_type: str, data: bytes) -> UploadForm | None:
    """None for types that no request can hold anyway."""
    suffix = _SUFFIXES.get(media_type)
    return None if suffix is None else UploadForm(media_type, suffix, data)


def text_bytes(document: Document) -> int:
    """The bytes of its text in UTF-8: a token is at least one."""
    return sum(len(page.encode("utf-8", "surrogatepass")) for page in document.pages)


def names(request: Request) -> str:
    """How a message begins that is about its files: the first three, and a colon; "" where there are none."""
    files = list(files_of(request))
    named = [file.name if isinstance(file, Document) else f"an image ({file.media_type})" for file in files]
    shown = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    return f"{shown}: " if named else ""


def check_image_type(image: Image, taken: Sequence[str], service: str) -> None:
    if image.media_type not in taken:
        raise DocumentError(f"an image is {image.media_type}; {service} takes {', '.join(taken)}. Convert it.")


def check_pages_known(document: Document) -> None:
    """For a request under a cost limit: a PDF is billed by its pages."""
    if not (document.paged and document.pages):
        raise DocumentError(f"{document.name}: the number of its pages is not known, so its cost can't be bounded.")


def check_size(request: Request, size: int, most: int, limit: str) -> None:
    """Raise where a body of `size` bytes is above `most`; `limit` says so in the provider's words."""
    if size <= most:
        return
    named = names(request)
    message = f"{named}the request is {size:,} bytes, files as base64; {limit}."
    raise DocumentError(message + " Send less at once.") if named else ValidationError(message + " Send less text.")
