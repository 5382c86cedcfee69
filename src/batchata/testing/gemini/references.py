"""Uploads that requests refer to by `fileData.fileUri`, put into them as inline data."""

import re
from collections.abc import Mapping
from typing import Any

from batchata.testing.files import StoredFile
from batchata.testing.gemini.errors import ApiError
from batchata.testing.references import Place, References, swapped

MAX_PDF = 50 * 1024 * 1024  # bytes [docs: Document understanding]
_URI = re.compile(r"https?://[^/]+/v1(?:alpha|beta|beta1)?/(?P<name>files/[^/]+)")
_ELSEWHERE = ("https://", "http://")  # files of the web: nothing is fetched


def inlined(request: Mapping[str, Any], references: References, now: float) -> tuple[dict[str, Any], frozenset[str]]:
    """A request, read, with its references replaced, and the names of the files. Raises `ApiError`."""

    def swap(part: Mapping[str, Any], _at: Place) -> dict[str, Any] | None:
        given = part.get("fileData")
        if not isinstance(given, Mapping) or not given.get("fileUri") or part.keys() & {"text", "inlineData"}:
            return None  # refused later, for what it is
        found = _URI.fullmatch(given["fileUri"])
        if found is None:
            if given["fileUri"].startswith(_ELSEWHERE):
                return None
            raise ApiError(f"Invalid or unsupported file uri: {given['fileUri']}")  # [assumed]
        file = _found(found["name"], references, now)
        kind = given.get("mimeType") or file.kind  # what the request says, else the upload's own [assumed]
        if kind == "application/pdf" and file.size > MAX_PDF:  # [assumed wording]
            raise ApiError(f"The document is larger than the maximum of {MAX_PDF} bytes.")
        blob = {"mimeType": kind, "data": references.base64(file)}
        rest = {name: value for name, value in part.items() if name != "fileData"}
        return {**rest, "inlineData": blob}

    whole = {**request, "contents": swapped(request.get("contents"), swap)}
    return {name: value for name, value in whole.items() if value is not None}, frozenset(references.names)


def _found(name: str, references: References, now: float) -> StoredFile:
    file = references.file(name)
    if file is None:
        raise no_file(name)
    if file.active_at > now:  # [issue: edsl 1907]
        raise ApiError(f"The File {name.removeprefix('files/')} is not in an ACTIVE state and usage is not allowed.")
    return file


def no_file(name: str) -> ApiError:
    """[issue: python-genai 1218]"""
    return ApiError(
        f"You do not have permission to access the File {name.removeprefix('files/')} or it may not exist.", 403
    )
