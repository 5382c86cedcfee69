"""The Files API's own rules: what an upload and a listing must be, and how a file is shown [docs: Files API]."""

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchata.testing import media
from batchata.testing.anthropic.errors import ApiError, invalid
from batchata.testing.anthropic.paging import limited, page
from batchata.testing.clock import rfc3339
from batchata.testing.files import StoredFile
from batchata.testing.multipart import Part, parts
from batchata.testing.wire import Request

BETA = "files-api-2025-04-14"
MAX_BYTES = (
    500 * 1024 * 1024
)  # [docs: Files API]: 500 MB; binary, so that the transport's own limit is never the first [assumed]
_LONGEST_NAME = 255  # [docs: Files API]
_FORBIDDEN = re.compile(r'[<>:"|?*\\/\x00-\x1f]')  # [docs: Files API]
_HOUR, _NINETY_DAYS = 3_600, 7_776_000  # [sdk: FileUploadParams.expires_in_seconds]
_MOST_IDS = 100  # [sdk: FileListParams.ids]


@dataclass(frozen=True, slots=True)
class Upload:
    """`seconds`: how long it is kept; None: until it is deleted."""

    filename: str
    mime_type: str
    data: memoryview
    seconds: int | None


def check_beta(headers: Mapping[str, str], *, modern: bool) -> None:
    """Under version 2023-06-01 the Files API is a beta [docs: Files API]; from 2026-10-21 on it needs no header, for the SDK
    has it outside its beta namespace [sdk: resources.files; assumed].
    """
    if not modern and not beta(headers):  # [assumed wording]
        raise invalid(f"anthropic-beta: the Files API needs the header value {BETA}")


def beta(headers: Mapping[str, str]) -> bool:
    return BETA in {name.strip() for name in headers.get("anthropic-beta", "").split(",")}


def upload(request: Request, most: int = MAX_BYTES) -> Upload:
    """Raises `ApiError`."""
    try:
        given = parts(request.body, request.headers.get("content-type", ""))
    except ValueError as error:
        raise invalid(str(error)) from None
    if "file" not in given:
        raise invalid("file: Field required")
    for name in given:
        if name not in {"file", "expires_in_seconds"}:
            raise invalid(f"{name}: Extra inputs are not permitted")
    part = given["file"]
    if len(part.data) > most:  # [docs: Files API, 413; the wording assumed]
        raise ApiError("request_too_large", f"The file exceeds the maximum size of {most} bytes")
    kind = _kind(part)
    seconds = _seconds(given["expires_in_seconds"].text) if "expires_in_seconds" in given else None
    return Upload(_name(part.filename or "", kind), kind, part.data, seconds)


def _name(given: str, kind: str) -> str:
    """[sdk: FileUploadParams.file]: the last component of the path; "unnamed" where there is none."""
    name = given.replace("\\", "/").rpartition("/")[2]
    if not name:
        return "unnamed" + (mimetypes.guess_extension(kind) or "")
    if len(name) > _LONGEST_NAME or _FORBIDDEN.search(name):  # [assumed wording]
        raise invalid(
            f'file: Invalid filename {name[:50]!r}: 1 to {_LONGEST_NAME} characters, without any of <>:"|?*\\/'
        )
    return name


def _kind(part: Part) -> str:
    """What the part says; where it says nothing, what the bytes or the name say [assumed]."""
    said = part.content_type.partition(";")[0].strip().lower()
    if said and said != "application/octet-stream":
        return said
    first = bytes(part.data[:16])
    if first.startswith(b"%PDF"):
        return "application/pdf"
    named = mimetypes.guess_type(part.filename or "")[0]
    return media.image_type(first) or named or "application/octet-stream"


def _seconds(given: str) -> int:
    if not given.isdecimal():
        raise invalid("expires_in_seconds: Input should be a valid integer")
    if not _HOUR <= int(given) <= _NINETY_DAYS:
        raise invalid(f"expires_in_seconds: Input should be between {_HOUR} and {_NINETY_DAYS}")
    return int(given)


def file_json(file: StoredFile) -> dict[str, Any]:
    """[sdk: FileMetadata]; only what tools made can be downloaded, and no tool runs here."""
    return {
        "id": file.id,
        "type": "file",
        "filename": file.label,
        "mime_type": file.kind,
        "size_bytes": file.size,
        "created_at": rfc3339(file.created_at),
        "expires_at": None if file.expires_at == float("inf") else rfc3339(file.expires_at),
        "downloadable": False,
    }


def listing(files: list[StoredFile], request: Request, at_most: int | None) -> dict[str, Any]:
    """A page, newest first [assumed]: by the opaque cursor of [sdk: FileListParams], or by ids, as before."""
    query = request.query
    if ids := request.repeated.get("ids[]") or request.repeated.get("ids"):
        return _named(files, ids, query)
    if (cursor := query.get("page")) is None or query.keys() & {"after_id", "before_id"}:
        listed = page(files, query, lambda file: file.id, at_most)
    else:
        start = int(cursor.removeprefix("page_")) if re.fullmatch(r"page_\d+", cursor) else -1
        if start < 0:
            raise invalid(f"page: {cursor!r} is no cursor of a listing")  # [assumed wording]
        shown = files[start : start + limited(query, at_most)]
        listed = {"data": shown, "has_more": start + len(shown) < len(files)}
    return _shown(listed, files)


def _named(files: list[StoredFile], ids: list[str], query: Mapping[str, str]) -> dict[str, Any]:
    if query.keys() & {"page", "limit"} or len(set(ids)) > _MOST_IDS:
        raise invalid(f"ids: at most {_MOST_IDS}, and neither page nor limit")  # [assumed wording]
    return _shown({"data": [file for file in files if file.id in ids], "has_more": False}, files)


def _shown(listed: dict[str, Any], files: list[StoredFile]) -> dict[str, Any]:
    data = listed["data"]
    end = files.index(data[-1]) + 1 if data else 0
    ends = {"first_id": data[0].id if data else None, "last_id": data[-1].id if data else None}
    following = f"page_{end}" if listed["has_more"] else None
    return {**listed, **ends, "next_page": following, "data": [file_json(file) for file in data]}
