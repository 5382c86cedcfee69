"""The lines of a spool, as bytes: requests as they go in, answers as they come out. Pure.

Bodies and answers pass through as they are. Newlines in JSON are only ever white space, so they are blanked to keep one
line per request.
"""

import re

import orjson

from batchata.errors import ProviderError

_REQUEST = re.compile(rb'\{"custom_id":"([A-Za-z0-9_-]{1,64})","body":')


def request_line(custom_id: str, body: bytes) -> bytes:
    return b'{"custom_id":' + orjson.dumps(custom_id) + b',"body":' + _flat(body) + b"}"


def requested_by(line: bytes) -> str | None:
    """The custom_id of a line that `request_line` made; None for any other. Does not parse the body."""
    match = _REQUEST.match(line)
    return match[1].decode() if match else None


def body_of(line: bytes) -> bytes:
    """What `request_line` was given."""
    match = _REQUEST.match(line)
    return line[match.end() : -1] if match else b""


def response_line(custom_id: str, lost: int, raw: bytes) -> bytes:
    return _answer_line(custom_id, lost, b"response", _flat(raw))


def error_line(custom_id: str, lost: int, error: ProviderError) -> bytes:
    told = {"message": str(error), "kind": error.kind, "status": error.status, "retryable": error.retryable}
    return _answer_line(custom_id, lost, b"error", orjson.dumps(told))


def cancelled_line(custom_id: str, lost: int) -> bytes:
    return _answer_line(custom_id, lost, b"cancelled", b"true")


def answered_by(line: bytes) -> str | None:
    """The custom_id of an answer line; None where it is not JSON or names nobody."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    custom_id = found.get("custom_id") if isinstance(found, dict) else None
    return custom_id if isinstance(custom_id, str) else None


def _answer_line(custom_id: str, lost: int, name: bytes, value: bytes) -> bytes:
    return b'{"custom_id":%b,"lost":%d,"%b":%b}' % (orjson.dumps(custom_id), lost, name, value)


def _flat(data: bytes) -> bytes:
    return data.replace(b"\n", b" ").replace(b"\r", b" ")
