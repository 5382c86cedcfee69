"""`multipart/form-data` bodies, as clients send files [RFC 7578]."""

import re
from dataclasses import dataclass

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(r'[; ]name="((?:[^"\\]|\\.)*)"')
_FILENAME = re.compile(r'filename="((?:[^"\\]|\\.)*)"')
_TYPE = re.compile(r"^content-type: *(\S.*?) *$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    filename: str | None
    data: memoryview
    content_type: str = ""

    @property
    def text(self) -> str:
        return bytes(self.data).decode()


def parts(body: bytes, content_type: str) -> dict[str, Part]:
    """The parts by name. A file's bytes are a view of the body, not a copy. Raises `ValueError`."""
    found = _BOUNDARY.search(content_type)
    if not content_type.startswith("multipart/form-data") or not found:
        raise ValueError("Expected a multipart/form-data request.")
    mark = b"--" + found[1].encode()
    read: dict[str, Part] = {}
    place = body.find(mark)
    while place >= 0 and body[place + len(mark) : place + len(mark) + 2] == b"\r\n":
        start = place + len(mark) + 2
        blank = body.find(b"\r\n\r\n", start)
        place = body.find(b"\r\n" + mark, max(start, blank))
        if blank < 0 or place < 0:
            raise ValueError("Could not parse multipart form.")
        part = _part(body[start:blank].decode("utf-8", "replace"), memoryview(body)[blank + 4 : place])
        read[part.name] = part
        place += 2
    return read


def _part(headers: str, data: memoryview) -> Part:
    name = _NAME.search(headers)
    filename = _FILENAME.search(headers)
    if name is None:
        raise ValueError("Could not parse multipart form: a part has no name.")
    kind = _TYPE.search(headers)
    return Part(name[1], filename[1] if filename else None, data, kind[1].strip() if kind else "")
