"""A file's bytes to a `Document` or an `Image`. Module-level, plain arguments, plain results: any executor can run it anywhere."""

from collections.abc import Callable
from pathlib import Path

from batchata.arguments import no_file
from batchata.documents import images, kinds, pdf, text
from batchata.documents.kinds import Kind
from batchata.errors import DocumentError
from batchata.request import Document, Image


def _html(data: bytes, name: str) -> tuple[str, ...]:
    from batchata.documents import markup  # a run without such files need not load it, nor the next

    return markup.read_pages(data, name)


def _docx(data: bytes, name: str) -> tuple[str, ...]:
    from batchata.documents import word

    return word.read_pages(data, name)


_READERS: dict[Kind, Callable[[bytes, str], tuple[str, ...]]] = {
    kinds.TEXT: text.read_pages,
    kinds.MARKDOWN: text.read_pages,
    kinds.CSV: text.read_pages,
    kinds.UNNAMED: text.read_unnamed,
    kinds.HTML: _html,
    kinds.DOCX: _docx,
    kinds.PDF: pdf.read_pages,
}


def load(path: Path) -> bytes:
    """The bytes of a regular file of at most `kinds.MAX_FILE_BYTES`, checked before reading. Raises DocumentError."""
    try:
        status = path.stat()
        if other := no_file(status.st_mode):
            raise DocumentError(f"{path}, {other}")
        kinds.check_size(status.st_size, str(path))
        with path.open("rb") as file:
            data = file.read(kinds.MAX_FILE_BYTES + 1)  # it may have grown since
    except OSError as error:
        raise DocumentError(f"{path}: the file can't be read: {error.strerror}") from error
    kinds.check_size(len(data), str(path))
    return data


def read(data: bytes, name: str) -> Document | Image:
    """Read a file here and now. `name` is shown to people and its suffix may decide the kind. Raises DocumentError."""
    kind = kinds.kind_of(data, name)
    return images.read_image(data, name) if kind.image else document(data, name, read_pages(data, name))


def read_pages(data: bytes, name: str) -> tuple[str, ...]:
    """`Document.pages` alone, for a caller elsewhere that holds the bytes already. Raises DocumentError."""
    return _READERS[kinds.kind_of(data, name)](data, name)


def document(data: bytes, name: str, pages: tuple[str, ...]) -> Document:
    kind = kinds.kind_of(data, name)
    return Document(name=name, media_type=kind.media_type, data=data, pages=pages, paged=kind.paged)
