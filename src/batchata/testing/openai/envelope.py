"""What an upload and a create refuse at once: their own fields. What is in the file is judged later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from batchata.testing.files import StoredFile
from batchata.testing.multipart import parts
from batchata.testing.openai.checks import fields, mapping, one_of, text, whole
from batchata.testing.openai.errors import ApiError
from batchata.testing.openai.writer import CHAT, RESPONSES
from batchata.testing.wire import Request

MAX_FILE = 512 * 1024 * 1024  # [docs: Files]
_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")  # [sdk: FilePurpose]
_ENDPOINTS = (  # [sdk: BatchCreateParams.endpoint]
    *(RESPONSES, CHAT, "/v1/embeddings", "/v1/completions", "/v1/moderations", "/v1/images/generations"),
    *("/v1/images/edits", "/v1/videos"),
)
_HOUR, _MONTH = 3_600, 2_592_000  # seconds a file may be kept [sdk: ExpiresAfter]


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    purpose: str
    data: memoryview
    seconds: float | None


def upload(request: Request, most: int = MAX_FILE) -> Upload:
    """Raises `ApiError`."""
    try:
        given = parts(request.body, request.headers.get("content-type", ""))
    except ValueError as error:
        raise ApiError(str(error)) from None
    for name in ("file", "purpose"):
        if name not in given:
            raise ApiError(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    purpose = one_of(given["purpose"].text, "purpose", _PURPOSES)
    data, filename = given["file"].data, given["file"].filename or ""
    if purpose == "batch" and not filename.endswith(".jsonl"):  # [assumed]
        raise ApiError("Invalid file format for Batch API. Must be .jsonl", "file", "invalid_file_format")
    if not data:  # [assumed]
        raise ApiError("File is empty.", "file")
    if len(data) > most:
        raise ApiError(f"The file exceeds the maximum size of {most} bytes.", "file", status=413)  # [assumed wording]
    return Upload(
        filename, purpose, data, _seconds({name: part.text for name, part in given.items() if name != "file"})
    )


def _seconds(form: Mapping[str, str]) -> float | None:
    anchor, seconds = form.get("expires_after[anchor]"), form.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    expiry = {"anchor": anchor, "seconds": int(seconds) if seconds and seconds.isdecimal() else seconds}
    return _expiry(expiry, "expires_after")


def _expiry(given: Any, at: str) -> float:
    fields(mapping(given, at), at, ("anchor", "seconds"))
    one_of(given["anchor"], f"{at}.anchor", ("created_at",))
    return whole(given["seconds"], f"{at}.seconds", _HOUR, _MONTH)


def body_of(request: Request) -> dict[str, Any]:
    try:
        return mapping(orjson.loads(request.body), "body")
    except orjson.JSONDecodeError:  # [assumed]
        raise ApiError("We could not parse the JSON body of your request.") from None


def batch(body: bytes) -> dict[str, Any]:
    """A create's fields. Raises `ApiError`."""
    try:
        asked = mapping(orjson.loads(body), "body")
    except orjson.JSONDecodeError:
        raise ApiError("We could not parse the JSON body of your request.") from None
    fields(asked, "", ("completion_window", "endpoint", "input_file_id"), ("metadata", "output_expires_after"))
    one_of(asked["completion_window"], "completion_window", ("24h",))
    one_of(asked["endpoint"], "endpoint", _ENDPOINTS)
    if asked["endpoint"] not in {CHAT, RESPONSES}:
        raise ApiError(f"{asked['endpoint']} is not emulated: use {CHAT} or {RESPONSES}.", "endpoint")
    text(asked["input_file_id"], "input_file_id")
    if asked.get("metadata") is not None:
        _check_metadata(asked["metadata"])
    if asked.get("output_expires_after") is not None:
        _expiry(asked["output_expires_after"], "output_expires_after")
    return asked


def _check_metadata(metadata: Any) -> None:
    """[sdk: BatchCreateParams.metadata]: 16 pairs, keys of 64 and values of 512 characters."""
    if len(mapping(metadata, "metadata")) > 16:
        raise ApiError(
            "Invalid 'metadata': too many properties. Expected at most 16.", "metadata", "object_above_max_properties"
        )
    for name, value in metadata.items():
        if len(name) > 64 or len(text(value, f"metadata.{name}")) > 512:
            message = f"Invalid 'metadata': '{name[:64]}' is too long: keys have at most 64 and values 512 characters."
            raise ApiError(message, "metadata", "string_above_max_length")


def file_json(file: StoredFile) -> dict[str, Any]:
    """[sdk: FileObject]"""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.size,
        "created_at": int(file.created_at),
        "expires_at": None if file.expires_at == float("inf") else int(file.expires_at),
        "filename": file.label,
        "purpose": file.kind,
        "status": "processed",
        "status_details": None,
    }
