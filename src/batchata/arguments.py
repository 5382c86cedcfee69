"""What a caller gave: shown in messages without spilling it, and copied as plain JSON.

Stands right above the errors: every module that validates a user's values may use it.
"""

import difflib
import math
import re
import stat
from collections.abc import Iterable
from typing import Any

import orjson

from batchata.errors import ValidationError

DEPTH_MAX = 100
"""Levels of lists and dicts inside each other. orjson stops at 254, and what we copy is wrapped a few times more."""

_SHOWN = 60
_KEYLIKE = re.compile(r"sk-[\w-]{6,}|AIza[\w-]{6,}|gsk_\w{6,}|gh[a-z]_\w{6,}|eyJ[\w-]{6,}|Bearer\s", re.ASCII)
_EXACT = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_CONTAINERS = (list, tuple, set, frozenset, dict, bytes, bytearray)


def shown(value: object) -> str:
    """`value` for an error message: short, never a key, and never by the `repr` of a class we don't know."""
    kind = type(value)
    if kind is str:
        return _shown_text(str(value))
    if isinstance(value, int) and kind is int and value.bit_length() > 64:
        return (
            f"an integer of {value.bit_length()} bits"  # its repr may be refused by the interpreter, and is of no use
        )
    if value is None or kind in (bool, int, float):
        return repr(value)
    if isinstance(value, _CONTAINERS) and kind in _CONTAINERS:
        return f"{'' if 'bytes' in kind.__name__ else 'a '}{kind.__name__} of length {len(value)}"
    return f"the class {value.__name__}" if isinstance(value, type) else f"an object of type {kind.__name__}"


def _shown_text(text: str) -> str:
    if _KEYLIKE.search(text):
        return "a string that looks like a key (not shown)"
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


_NO_FILES = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe (FIFO)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def no_file(mode: int) -> str | None:
    """What a path of that `st_mode` is, and what to do, where it is no regular file; None where it is one. Looked at before it is
    opened: opening a pipe would wait for its writer, and a device may never end.
    """
    if stat.S_ISREG(mode):
        return None
    kind = next((words for is_it, words in _NO_FILES if is_it(mode)), "of a kind of its own")
    instead = "Give a file in it" if stat.S_ISDIR(mode) else "Write what it gives into a regular file, and give that"
    return f"which is {kind}, no regular file. {instead}."


def near(name: object, allowed: Iterable[str]) -> str:
    """' Did you mean …?', where `name` is close to something allowed; else nothing."""
    found = difflib.get_close_matches(name[:_SHOWN].lower(), list(allowed), n=2) if isinstance(name, str) else []
    return f" Did you mean {' or '.join(found)}?" if found else ""


def plain(name: str, value: object, *, sort_keys: bool = False) -> tuple[Any, bytes]:
    """A deep copy of `value` in exact JSON types, and its JSON. Dicts keep their order in the copy.

    Tuples become lists, and subclasses of JSON's types those types. `ValidationError` names the place of what is no JSON.
    """
    try:
        data = orjson.dumps(value, option=_EXACT)
        copy = orjson.loads(data)
        # orjson writes NaN as null and takes UUIDs and enums: only what comes back equal was JSON to begin with.
        # As many brackets as levels are allowed can't be nested deeper than that.
        good = copy == value and data.count(b"[") + data.count(b"{") <= DEPTH_MAX
    except orjson.JSONEncodeError:
        good = False
    if not good:
        copy = _walk(value, name, 1)
        data = orjson.dumps(copy)
    data = orjson.dumps(copy, option=orjson.OPT_SORT_KEYS) if sort_keys else data
    return copy, b"%b" % data  # what orjson gives holds on to 4 KB


def _walk(value: object, path: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return encodable(path, str.__str__(value))
    if isinstance(value, int):
        return _whole(int.__int__(value), path)
    if isinstance(value, float):
        return _finite(float.__float__(value), path)
    if depth > DEPTH_MAX:
        raise ValidationError(
            f"{path[:_SHOWN]}…: nested deeper than {DEPTH_MAX} levels (or inside itself). Make it flatter."
        )
    if isinstance(value, dict):
        return {_key(key, path): _walk(item, f"{path}[{shown(key)}]", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, f"{path}[{place}]", depth + 1) for place, item in enumerate(value)]
    raise _no_json(value, path)


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise ValidationError(f"{path}: the key {shown(key)} is no string. JSON's keys are strings: use str(key).")
    return encodable(f"a key of {path}", str.__str__(key))


def _whole(value: int, path: str) -> int:
    if not -(2**63) <= value < 2**64:
        raise ValidationError(f"{path}: {shown(value)} does not fit JSON's 64 bits. Give it as a string.")
    return value


def _finite(value: float, path: str) -> float:
    if not math.isfinite(value):
        raise ValidationError(f"{path}: {value!r} is no JSON value. Give None, or leave it out.")
    return value


def encodable(path: str, text: str, hint: str = "Mend the text, e.g. text.encode('utf-8', 'replace').decode().") -> str:
    """`text` itself, unless it holds half a surrogate pair: that can't be written as UTF-8, so nothing can send it."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            place = f"half a surrogate pair at character {error.start}"
            raise ValidationError(f"{path}: {place} can't be written as UTF-8. {hint}") from None
    return text


def _no_json(value: object, path: str) -> ValidationError:
    if isinstance(value, bytes | bytearray):
        hint = "Give it as base64: base64.b64encode(data).decode()."
    elif hasattr(type(value), "model_dump"):
        hint = "Give the dict: value.model_dump(mode='json')."
    elif hasattr(type(value), "item"):
        hint = "Give the plain Python number: value.item()."
    else:
        hint = "Allowed: None, bool, int, float, str, list and dict with string keys. Convert it first."
    return ValidationError(f"{path}: {shown(value)} is no JSON value. {hint}")
