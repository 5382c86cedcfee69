"""Uploads that requests refer to by `file_id`, put into them as data URLs."""

import mimetypes
from collections.abc import Mapping
from typing import Any

from batchata.testing import media
from batchata.testing.files import StoredFile
from batchata.testing.openai.errors import ApiError
from batchata.testing.references import Place, References, swapped

MAX_BYTES = 50 * 1024 * 1024  # of all the files of a request together [docs: File inputs]
_FILES, _IMAGES = ("user_data", "assistants"), ("user_data", "vision")  # purposes that may be referred to [assumed]


def inlined(body: dict[str, Any], references: References) -> tuple[dict[str, Any], frozenset[str]]:
    """The body with its references replaced, and the ids they named. Raises `ApiError`."""
    whole = dict(body)
    for name in ("messages", "input"):
        if name in body:
            whole[name] = swapped(body[name], _Inliner(references).swap, (name,))
    return whole, frozenset(references.names)


def no_file(file_id: str) -> ApiError:
    """[assumed]"""
    return ApiError(f"Files [{file_id}] were not found", "input", status=404)


class _Inliner:
    def __init__(self, references: References) -> None:
        self._references = references

    def swap(self, part: Mapping[str, Any], at: Place) -> dict[str, Any] | None:
        match part.get("type"):
            case "file" if isinstance(part.get("file"), Mapping) and isinstance(part["file"].get("file_id"), str):
                return {**part, "file": self._data(part["file"], (*at, "file"), pdf_only=True)}
            case "input_file" if isinstance(part.get("file_id"), str):
                return self._data(part, at, pdf_only=False)
            case "input_image" if isinstance(part.get("file_id"), str) and part.get("image_url") is None:
                bare = {name: value for name, value in part.items() if name != "file_id"}
                return {**bare, "image_url": self._image(part["file_id"], at)}
        return None

    def _data(self, given: Mapping[str, Any], at: Place, *, pdf_only: bool) -> dict[str, Any]:
        """[docs: File inputs]: chat completions take PDFs only, responses more."""
        file = self._file(given["file_id"], at, _FILES)
        kind = self._kind(file)
        if pdf_only and kind != "application/pdf":  # [assumed wording]
            where = f"{_shown(at)}.file_id"
            message = f"Invalid file: '{where}'. Expected an application/pdf file, but got '{kind}'."
            raise ApiError(message, where, "invalid_value")
        bare = {name: value for name, value in given.items() if name != "file_id"}
        return {"filename": file.label, **bare, "file_data": self._url(kind, file)}

    def _image(self, file_id: str, at: Place) -> str:
        file = self._file(file_id, at, _IMAGES)
        return self._url(self._kind(file), file)

    def _file(self, file_id: str, at: Place, purposes: tuple[str, ...]) -> StoredFile:
        file = self._references.file(file_id)
        if file is None:
            raise no_file(file_id)
        where = f"{_shown(at)}.file_id"
        if file.kind not in purposes:  # [assumed]
            allowed = " or ".join(f"'{purpose}'" for purpose in purposes)
            message = f"Invalid file: '{where}'. Its purpose is '{file.kind}', and {allowed} is expected."
            raise ApiError(message, where, "invalid_value")
        if self._references.size > MAX_BYTES:  # [assumed wording]
            raise ApiError(f"The files of this request exceed the maximum of {MAX_BYTES} bytes.", where)
        return file

    def _kind(self, file: StoredFile) -> str:
        """By the first bytes, else by the name: what the upload's part says is not looked at [assumed]."""
        first = self._references.first(file)
        if first.startswith(b"%PDF"):
            return "application/pdf"
        return media.image_type(first) or mimetypes.guess_type(file.label)[0] or "application/octet-stream"

    def _url(self, kind: str, file: StoredFile) -> str:
        return f"data:{kind};base64,{self._references.base64(file)}"


def _shown(at: Place) -> str:
    """`messages[0].content[1]`"""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at).removeprefix(".")
