"""Quotes looked up in files, where the files are read: text, passages and rectangles in one go, in one process.

The driver sends bytes and claims, and the text where it still has it, and gets plain values back. So many documents are looked
through at once.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, get_args

from batchata import grounding
from batchata.citation import Box, Span
from batchata.documents.boxes import boxes
from batchata.documents.kept import Pages
from batchata.documents.read import document, read
from batchata.errors import DocumentError
from batchata.grounding import Grounded, How
from batchata.request import Document

KEPT = 2  # documents that stay read for the next job that asks for the same
_HOWS = frozenset(get_args(How))


@dataclass(frozen=True, slots=True)
class Claim:
    """A quote to be found. Where somebody says of which document it is (from 0), and at which character of its text or on which page
    (from 1) it stands, that is looked at first, and no other document.
    """

    quote: str
    document: int | None = None
    start: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """Where a quote stands, and on a page with what rectangles; None where there are none to be had."""

    found: Grounded
    boxes: list[Box] | None = None


def passages(
    files: Sequence[tuple[str, bytes]], claims: Sequence[Claim], texts: Sequence[Pages | None]
) -> list[Passage]:
    """Look claims up in files given as (name, bytes), beside each its pages where they were read before; one `Passage` a claim.

    Raises `DocumentError` where a file can't be read.
    """
    documents = [
        read_kept(name, data) if pages is None else document(data, name, pages)
        for (name, data), pages in zip(files, texts, strict=True)
    ]
    return located([document for document in documents if isinstance(document, Document)], claims)


def located(documents: Sequence[Document], claims: Sequence[Claim]) -> list[Passage]:
    """The same in documents that were read."""
    found: dict[int, Grounded] = {}
    free = [index for index, claim in enumerate(claims) if claim.document is None]
    found.update(zip(free, grounding.ground(documents, [claims[index].quote for index in free]), strict=True))
    for number, source in enumerate(documents):
        mine = [index for index, claim in enumerate(claims) if claim.document == number]
        found.update(zip(mine, _in_one(number, source, [claims[index] for index in mine]), strict=True))
    grounded = [found.get(index, Grounded(claim.quote, "unverified")) for index, claim in enumerate(claims)]
    drawn = _boxes(grounded, documents)
    return [Passage(one, drawn.get(index)) for index, one in enumerate(grounded)]


def _in_one(number: int, document: Document, claims: Sequence[Claim]) -> Iterable[Grounded]:
    if not claims:
        return []
    blank: list[Document | str] = [""] * number  # so that the index of what is found is the document's own
    found = grounding.ground(
        [*blank, document], [claim.quote for claim in claims], pages=[claim.page for claim in claims]
    )
    return [_where_it_is_said(claim, number, document) or one for claim, one in zip(claims, found, strict=True)]


def _where_it_is_said(claim: Claim, number: int, document: Document) -> Grounded | None:
    if claim.start is None or document.paged or not document.text.startswith(claim.quote, claim.start):
        return None
    return Grounded(claim.quote, "exact", claim.quote, number, Span(claim.start, claim.start + len(claim.quote)))


def _boxes(grounded: Sequence[Grounded], documents: Sequence[Document]) -> dict[int, list[Box]]:
    """The rectangles of what was found on pages, by its index; each document is opened once."""
    drawn: dict[int, list[Box]] = {}
    for number, source in enumerate(documents):
        wanted = [(i, place) for i, one in enumerate(grounded) if one.document == number for place in one.places]
        if not source.paged or not wanted:
            continue
        try:
            found = boxes(source.data, [place for _, place in wanted], source.name)
        except DocumentError:
            continue  # the passages stand; only where on the page is not known
        for (index, _), some in zip(wanted, found, strict=True):
            drawn.setdefault(index, []).extend(some)
    return drawn


@lru_cache(maxsize=KEPT)
def read_kept(name: str, data: bytes) -> object:
    """A file read, or kept from the job before."""
    return read(data, name)


# -- over the pipe


def written(files: Sequence[tuple[str, bytes]], claims: Sequence[Claim], texts: Sequence[Pages | None]) -> list[bytes]:
    """What a worker is given: names, page lengths and claims; of each file its bytes, and its pages in one."""
    sizes = [None if pages is None else [len(page) for page in pages] for pages in texts]
    told = [(one.quote, one.document, one.start, one.page) for one in claims]
    asked = json.dumps([[name for name, _ in files], sizes, told]).encode()
    contents = zip(files, texts, strict=True)
    return [asked, *(part for (_, data), pages in contents for part in (data, "".join(pages or ()).encode()))]


def answered(asked: bytes, contents: Sequence[bytes]) -> bytes:
    """`passages` for a worker: what `written` wrote to what `read_answer` takes. Raises `DocumentError`."""
    names, sizes, claims = json.loads(asked)
    files = list(zip(names, contents[::2], strict=True))
    texts = [_parted(text.decode(), lengths) for text, lengths in zip(contents[1::2], sizes, strict=True)]
    found = passages(files, [Claim(*claim) for claim in claims], texts)
    return json.dumps([_plain(passage) for passage in found]).encode()


def _parted(text: str, lengths: Sequence[int] | None) -> Pages | None:
    if lengths is None:
        return None
    return tuple(text[end - length : end] for length, end in zip(lengths, accumulate(lengths), strict=True))


def read_answer(answer: bytes) -> list[Passage]:
    """What `answered` wrote. Raises ValueError for what is none: a hostile file may have spoken."""
    try:
        return [_passage(*one) for one in json.loads(answer)]
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError("no passages") from error


def _plain(passage: Passage) -> list[object]:
    one = passage.found
    span = None if one.span is None else [one.span.start, one.span.end]
    places = [[page, part.start, part.end] for page, part in one.places]
    drawn: object = None
    if passage.boxes is not None:
        drawn = [[box.page, box.left, box.bottom, box.right, box.top] for box in passage.boxes]
    return [one.quote, one.how, one.text, one.document, span, one.page, places, drawn]


def _passage(quote: str, how: Any, text: str, document: Any, span: Any, page: Any, places: Any, drawn: Any) -> Passage:
    if how not in _HOWS or not isinstance(quote, str) or not isinstance(text, str):
        raise ValueError("no passage")
    parts = tuple((int(number), Span(int(start), int(end))) for number, start, end in places)
    where = None if span is None else Span(*map(int, span))
    found = Grounded(
        quote, how, text, None if document is None else int(document), where, None if page is None else int(page), parts
    )
    return Passage(found, None if drawn is None else [Box(int(n), *map(float, edges)) for n, *edges in drawn])
