"""What a create refuses at once: the envelope, the names and the size. What is in `params` is judged later."""

import re
from typing import Any

import orjson

from batchata.testing.anthropic.errors import ApiError, invalid

MAX_REQUESTS = 100_000  # [docs: Batch processing]
MAX_BYTES = 256_000_000  # [docs: Batch processing]: 256 MB; decimal, the stricter reading [assumed]
_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # [docs: Create a Message Batch]


def requests_of(body: bytes, limit: int = MAX_REQUESTS, size: int = MAX_BYTES) -> list[tuple[str, dict[str, Any]]]:
    """(custom_id, params) of each request of a create. Raises `ApiError`, worded as the API words its own."""
    if len(body) > size:
        raise ApiError("request_too_large", "Request exceeds the maximum size")  # [docs: Errors]
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None
    if not isinstance(envelope, dict):
        raise invalid("Input should be a valid dictionary")
    for name in envelope:
        if name != "requests":
            raise invalid(f"{name}: Extra inputs are not permitted")
    return _named(envelope.get("requests"), limit)


def _named(requests: Any, limit: int) -> list[tuple[str, dict[str, Any]]]:
    if requests is None:
        raise invalid("requests: Field required")
    if not isinstance(requests, list):
        raise invalid("requests: Input should be a valid list")
    if not requests:
        raise invalid("requests: List should have at least 1 item after validation, not 0")  # [assumed]
    if len(requests) > limit:
        raise invalid(f"requests: List should have at most {limit} items after validation, not {len(requests)}")
    named = [_one(request, f"requests.{place}") for place, request in enumerate(requests)]
    _check_unique([custom_id for custom_id, _ in named])
    return named


def _one(request: Any, at: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(request, dict):
        raise invalid(f"{at}: Input should be a valid dictionary")
    for name in ("custom_id", "params"):
        if name not in request:
            raise invalid(f"{at}.{name}: Field required")
    if len(request) > 2:
        extra = next(name for name in request if name not in {"custom_id", "params"})
        raise invalid(f"{at}.{extra}: Extra inputs are not permitted")
    if not isinstance(request["params"], dict):
        raise invalid(f"{at}.params: Input should be a valid dictionary")
    return _checked_id(request["custom_id"], at), request["params"]


def _checked_id(custom_id: Any, at: str) -> str:
    if not isinstance(custom_id, str):
        raise invalid(f"{at}.custom_id: Input should be a valid string")
    if not custom_id:
        raise invalid(f"{at}.custom_id: String should have at least 1 character")
    if len(custom_id) > 64:  # [issue: anthropic-sdk-python 984]
        raise invalid(f"{at}.custom_id: String should have at most 64 characters")
    if not _CUSTOM_ID.fullmatch(custom_id):
        raise invalid(f"{at}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
    return custom_id


def _check_unique(custom_ids: list[str]) -> None:
    """Unique within the batch [sdk: Request.custom_id]."""
    if len(set(custom_ids)) == len(custom_ids):
        return
    seen: set[str] = set()
    for place, custom_id in enumerate(custom_ids):
        if custom_id in seen:
            raise invalid(f"requests.{place}.custom_id: custom_ids must be unique; {custom_id!r} was given before")
        seen.add(custom_id)
