"""A Word document (.docx) to text: its body as it reads when every tracked change is accepted, list numbers included.

Around the body stand what its pages' heads and feet say, each once; after it the notes, marked `[^1]` here and where they are
referred to. What deleted or hidden text says, and comments, is left out, and so are pictures, but for their description.
"""

from dataclasses import dataclass

from batchata.documents.kinds import MAX_CHARACTERS
from batchata.documents.package import Package, Relation
from batchata.documents.text import checked
from batchata.documents.word_lists import Lists
from batchata.documents.word_numbering import Numbering, Styles
from batchata.documents.word_text import PartText
from batchata.errors import DocumentError


def read_pages(data: bytes, name: str, *, max_characters: int = MAX_CHARACTERS) -> tuple[str, ...]:
    """The document's text as the only item: a Word document has pages only once it is laid out. Raises DocumentError."""
    package = Package(data, name)
    path = _main_part(package)
    related = package.relations(path)
    document = _Document(package, {relation.id: relation for relation in related}, _lists(package, related))
    text = document.text(path)
    if text is None:
        raise DocumentError(
            f"{name}: this is no Word document: there is no {path} in it. Give it the suffix of what it is"
        )
    if not text:
        raise DocumentError(
            f"{name}: there is no text in it, only pictures or nothing. Save it as PDF to send it as it looks"
        )
    return (checked(text, name, max_characters),)


def _main_part(package: Package) -> str:
    found = (relation.path for relation in package.relations("") if relation.kind == "officeDocument")
    return next(found, "word/document.xml")


def _lists(package: Package, related: list[Relation]) -> Lists:
    numbering, styles = Numbering(), Styles()
    for relation in related:
        if relation.kind == "numbering":
            package.parse(relation.path, numbering)
    for relation in related:
        if relation.kind == "styles" and numbering.nums:  # a large part, and of it only who has which list matters
            package.parse(relation.path, styles)
    return Lists(numbering, styles)


@dataclass(frozen=True, slots=True)
class _Document:
    package: Package
    related: dict[str, Relation]
    lists: Lists

    def text(self, path: str) -> str | None:
        """All that the document says; None where it has no body."""
        body = PartText(self.lists)
        if not self.package.parse(path, body):
            return None
        heads, feet, notes = self._furniture("header", body), self._furniture("footer", body), self._notes(body)
        sections = (*heads, body.text(), *feet, "\n".join(notes))
        return "\n\n".join(section for section in sections if section.strip())

    def _furniture(self, kind: str, body: PartText) -> list[str]:
        """The texts of the heads or feet that the body's sections use, without repetitions."""
        texts: dict[str, None] = {}
        for key in dict.fromkeys(body.furniture):
            if key in self.related and self.related[key].kind == kind:
                part = PartText(self.lists)
                self.package.parse(self.related[key].path, part)
                texts[part.text()] = None
        return list(texts)

    def _notes(self, body: PartText) -> list[str]:
        texts: dict[tuple[str, str], str] = {}
        for relation in self.related.values():
            if relation.kind in ("footnotes", "endnotes"):
                part = PartText(self.lists)
                self.package.parse(relation.path, part)
                texts |= part.notes
        return [f"[^{number}]: {texts.get(note, '')}" for note, number in body.noted.items()]
