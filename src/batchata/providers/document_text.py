"""A document as the text of a prompt, for models that are given text only. Pure."""

from batchata.errors import DocumentError
from batchata.request import Document


def document_text(document: Document, reader: str) -> str:
    """Its name, then its text page by page: blank pages are left out, the others keep their numbers.

    Raises `DocumentError` where it has no text; `reader` is who would have had to read it.
    """
    if not document.has_text:
        scan = " (a scan?): read its text first, or use a provider that reads the pages themselves"
        raise DocumentError(
            f"{document.name} has no text{scan if document.paged else ''}; {reader} is given text only."
        )
    if not document.paged:
        return f"[{document.name}]\n{document.text}"
    count = len(document.pages)
    pages = enumerate(document.pages, 1)
    return "\n\n".join(f"[{document.name}, page {n} of {count}]\n{page}" for n, page in pages if page.strip())
