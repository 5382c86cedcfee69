"""An Office package, which is a zip of XML parts: its parts by name and relation, read under caps.

Zips and XML lie and swell. A part is unpacked as far as its cap and no further, only by the two methods that the format knows;
XML with a document type is refused, so that no entity is ever declared.
"""

import posixpath
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from struct import error as StructError  # noqa: N812  # an exception by its kind of name
from typing import Protocol, TypeVar

from batchata.errors import DocumentError

_T = TypeVar("_T")

MAX_ENTRIES = 10_000
MAX_PART_BYTES = 128 * 1024 * 1024
"""Bytes of XML that are unpacked, of one part and of all together. A thousand pages are some 10 MB."""

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Relation:
    """A part that another names. `kind`: the last word of the relation's type, such as `footnotes`."""

    id: str
    kind: str
    path: str


class Handler(Protocol):
    """Who takes the XML of a part. A name is the namespace and the local name, with a space between."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None: ...
    def end(self, name: str) -> None: ...
    def say(self, text: str) -> None: ...


class Package:
    """The zip of a file named `name`. Every method raises DocumentError."""

    def __init__(self, data: bytes, name: str, *, max_part_bytes: int = MAX_PART_BYTES) -> None:
        from zipfile import ZipFile

        self._name = name
        self._left = max_part_bytes
        self._max_part_bytes = max_part_bytes
        self._zip = self._unless_broken(lambda: ZipFile(BytesIO(data)))
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES:
            raise DocumentError(
                f"{name}: there are {len(entries):,} parts in it; at most {MAX_ENTRIES:,} are taken. Save it anew"
            )
        self._entries = {entry.filename.lower(): entry for entry in entries}

    def parse(self, path: str, handler: Handler) -> bool:
        """Hand a part's XML to `handler`. False: there is no such part."""
        data = self._part(path)
        if data is not None:
            self._parse(data, path, handler)
        return data is not None

    def relations(self, path: str) -> list[Relation]:
        """The parts that a part (or, of "", the package) names, in the order in which they stand."""
        folder, base = posixpath.split(path)
        found = _Relations(folder)
        self.parse(posixpath.join(folder, "_rels", f"{base}.rels"), found)
        return found.relations

    def _part(self, path: str) -> bytes | None:
        entry = self._entries.get(path.lower())
        if entry is None:
            return None
        if entry.flag_bits & _ENCRYPTED:
            raise DocumentError(f"{self._name}: it is encrypted. Save it without a password")
        if entry.compress_type not in (0, 8):  # stored, deflated
            raise self._broken(f"{path} is packed by method {entry.compress_type}")
        data = self._unless_broken(lambda: self._unpacked(path))
        self._left -= len(data)
        return data

    def _unpacked(self, path: str) -> bytes:
        with self._zip.open(self._entries[path.lower()]) as part:
            data = part.read(self._left + 1)
        if len(data) > self._left:
            raise DocumentError(
                f"{self._name}: its text unpacks to more than {self._max_part_bytes:,} bytes of XML; more are not read. Split it"
            )
        return data

    def _parse(self, data: bytes, path: str, handler: Handler) -> None:
        from xml.parsers import expat

        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = handler.start
        parser.EndElementHandler = handler.end
        parser.CharacterDataHandler = handler.say
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding that it can't take
            raise self._broken(f"{path}: {error}") from error

    def _refuse_doctype(self, *_: object) -> None:
        raise DocumentError(
            f"{self._name}: its XML declares a document type, which no Word document does. Save it anew"
        )

    def _unless_broken(self, do: Callable[[], _T]) -> _T:
        from zipfile import BadZipFile

        try:
            return do()
        except (BadZipFile, EOFError, NotImplementedError, OSError, StructError, ValueError, zlib.error) as error:
            raise self._broken(str(error)) from error

    def _broken(self, why: str) -> DocumentError:
        return DocumentError(f"{self._name}: the Word document is broken ({why}). Open it in Word and save it anew")


class _Relations:
    """A relationships part, as it is parsed."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.relations: list[Relation] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == _RELATIONSHIPS and attributes.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.relations.append(Relation(attributes.get("Id", ""), kind, path.lstrip("/")))

    def end(self, name: str) -> None:
        pass

    def say(self, text: str) -> None:
        pass
