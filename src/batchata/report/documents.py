"""The documents that the report shows: read from where their jobs found them, each once, as far as there is room.

A PDF becomes pictures of its pages, cited ones first; other documents become text; a picture stays what it is. What parses
or draws runs in worker processes, like everywhere.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any

from batchata.documents.kinds import PDF, kind_of
from batchata.documents.picture import Picture, Pictures
from batchata.documents.reader import Reader
from batchata.errors import DocumentError, StateError, ValidationError
from batchata.job import Job
from batchata.report.excerpts import Piece, pieces
from batchata.report.origins import Load, Origin, origins
from batchata.request import Document, Image

AHEAD = 4  # documents being read while earlier ones are taken
CITED_PAGES = 200  # of one document


@dataclass(slots=True)
class Room:
    """Bytes of the report that are left for documents, and how often something did not fit."""

    left: float
    refused: int = 0

    def take(self, size: float) -> bool:
        if size > self.left:
            self.refused += 1
            return False
        self.left -= size
        return True


@dataclass(slots=True)
class Shown:
    """A document. `pages`: those drawn. `pieces`: its text, or what of it is shown. `note`: why there is none to see.

    `given` False: it is a text of the job itself.
    """

    name: str
    load: Load = field(repr=False)
    given: bool = True
    cited: bool = False
    cited_pages: set[int] = field(default_factory=set)
    spans: set[tuple[int, int]] = field(default_factory=set)
    count: int | None = None
    pages: dict[int, Picture] = field(default_factory=dict)
    pieces: list[Piece] | None = None
    picture: Image | None = None
    note: str | None = None

    @property
    def settled(self) -> bool:
        """There is no more of it to be shown, but for pages."""
        return self.note is not None or self.pieces is not None or self.picture is not None


class Documents:
    """First `of` for every job, then `draw`, then `shown`. Used by one thread."""

    def __init__(self, reader: Reader, room: Room, pages_each: int) -> None:
        self._reader = reader
        self._room = room
        self._pages_each = pages_each
        self._numbers: dict[str, int] = {}
        self.shown: list[Shown] = []

    def of(self, job: Job, cites: Sequence[Mapping[str, Any]], again: Callable[[], Job]) -> list[int]:
        """The numbers of a job's documents in `shown`. `again` gives the job once more, when its documents are read."""
        numbers = [self._number(origin) for origin in origins(job, again, cited=bool(cites))]
        for cite in cites:
            if cite["doc"] is not None and cite["doc"] < len(numbers):
                self._mark(self.shown[numbers[cite["doc"]]], cite)
        return numbers

    def draw(self) -> None:
        """Read what is cited, then the rest, as long as there is room."""
        self._take_all((one, sorted(one.cited_pages)[:CITED_PAGES]) for one in self.shown if one.cited)
        self._take_all((one, self._others(one)) for one in self.shown if not one.settled)

    def notices(self) -> Iterator[str]:
        if self._room.refused or any(one.cited and not one.settled and one.count is None for one in self.shown):
            yield (
                "There are more pages and documents than the report has room for: cited pages were drawn first, "
                "the others as far as they fit."
            )
        if missing := sum(one.note is not None for one in self.shown):
            number = "1 document" if missing == 1 else f"{missing:,} documents"
            yield f"{number} could not be shown (changed, moved or unreadable): what is cited is shown as text."

    def names(self, numbers: Sequence[int]) -> str | None:
        """What people call a job's documents; None where it was given none."""
        return ", ".join(self.shown[number].name for number in numbers if self.shown[number].given) or None

    def _number(self, origin: Origin) -> int:
        if origin.key not in self._numbers:
            self._numbers[origin.key] = len(self.shown)
            self.shown.append(Shown(origin.name, origin.load, origin.given))
        return self._numbers[origin.key]

    def _mark(self, document: Shown, cite: Mapping[str, Any]) -> None:
        document.cited = True
        document.cited_pages.update(box[0] for box in cite["boxes"])
        if cite["page"] is not None:
            document.cited_pages.add(cite["page"])
        elif cite["span"] is not None:
            document.spans.add((cite["span"][0], cite["span"][1]))

    def _others(self, document: Shown) -> list[int]:
        """The first pages that are not drawn yet."""
        most = self._pages_each if document.count is None else min(self._pages_each, document.count)
        return [page for page in range(1, most + 1) if page not in document.pages]

    def _take_all(self, wanted: Iterable[tuple[Shown, Sequence[int]]]) -> None:
        waiting: deque[tuple[Shown, Future[Any]]] = deque()
        for document, pages in wanted:
            if self._room.refused:
                break
            if document.count is not None and not pages:
                continue
            try:
                waiting.append((document, self._read(document, pages)))
            except (DocumentError, StateError, ValidationError) as error:
                document.note = str(error)
            if len(waiting) > AHEAD:
                self._take(*waiting.popleft())
        for document, future in waiting:
            self._take(document, future)

    def _read(self, document: Shown, pages: Sequence[int]) -> Future[Any]:
        data = document.load()
        if kind_of(data, document.name) is PDF:
            return self._reader.pictures(data, document.name, pages)
        return self._reader.submit(data, document.name)

    def _take(self, document: Shown, future: Future[Any]) -> None:
        try:
            read: Pictures | Document | Image = future.result()
        except (DocumentError, CancelledError) as error:
            document.note = str(error) or "it could not be read"
            return
        match read:
            case Pictures():
                document.count = read.count
                fitting = (one for one in read.pages if self._room.take(len(one.png) * 4 / 3))
                document.pages |= {one.page: one for one in fitting}
            case Document():
                shown = pieces(read.text, document.spans)
                if self._room.take(sum(len(text.encode()) for _, text in shown)):
                    document.pieces = shown
            case Image() if self._room.take(len(read.data) * 4 / 3):
                document.picture = read
