"""Uploads that requests refer to by `file_id`, put into them as inline sources [docs: Files API]."""

from collections.abc import Mapping
from typing import Any

from batchata.testing.anthropic.blocks import IMAGE_TYPES
from batchata.testing.anthropic.checks import fields, text
from batchata.testing.anthropic.errors import ApiError, invalid, not_found
from batchata.testing.anthropic.filing import BETA
from batchata.testing.files import StoredFile
from batchata.testing.references import Place, References, swapped

_TYPES = {"document": ("application/pdf", "text/plain"), "image": IMAGE_TYPES}  # [docs: Files API]


def inlined(params: dict[str, Any], references: References, *, allowed: bool) -> tuple[dict[str, Any], frozenset[str]]:
    """The params with their references replaced, and the ids they named. Raises `ApiError`; where files are not `allowed`
    (the create came without the beta header, under the version that needs it), for any reference at all.
    """

    def swap(block: Mapping[str, Any], at: Place) -> dict[str, Any] | None:
        source = block.get("source")
        kind = block.get("type")
        if kind not in _TYPES or not isinstance(source, dict) or source.get("type") != "file":
            return None
        here = ".".join(map(str, (*at, "source")))
        if not allowed:  # [assumed]
            raise invalid(f"{here}: file sources need the header anthropic-beta: {BETA}")
        fields(source, here, ("type", "file_id"))
        file = references.file(text(source["file_id"], f"{here}.file_id"))
        if file is None:
            raise no_file(source["file_id"])
        return {**block, "source": _source(kind, file, references, here)}

    whole = {**params, "messages": swapped(params.get("messages"), swap, ("messages",))}
    return whole, frozenset(references.names)


def file_ids(params: Mapping[str, Any]) -> list[str | None]:
    """The file id of each document of a request, in the order in which citations count them; None: it came inline."""
    contents = [message["content"] for message in params["messages"] if isinstance(message["content"], list)]
    documents = [block for content in contents for block in content if block.get("type") == "document"]
    return [document["source"].get("file_id") for document in documents]


def no_file(file_id: str) -> ApiError:
    return not_found(f"File not found: {file_id}")  # [docs: Files API, 404; the wording assumed]


def _source(kind: str, file: StoredFile, references: References, at: str) -> dict[str, Any]:
    if file.kind not in _TYPES[kind]:  # [docs: Files API, 400: invalid file type; the wording assumed]
        allowed = ", ".join(_TYPES[kind])
        raise invalid(f"{at}: File {file.id} has the type {file.kind}; a {kind} block takes {allowed}")
    if file.kind != "text/plain":
        return {"type": "base64", "media_type": file.kind, "data": references.base64(file)}
    try:
        return {"type": "text", "media_type": "text/plain", "data": references.data(file).decode()}
    except UnicodeDecodeError:
        raise invalid(f"{at}: File {file.id} is not valid UTF-8") from None  # [assumed]
