"""The rules for what `add_job` and `defaults` take, one function per argument.

Each returns the value in the form a `Job` holds it, or raises a `ValidationError` that names the argument, what was given,
what is allowed and what to do. The one touch of the disk is `fingerprint`, on the file that a job names.
"""

import functools
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchata.arguments import encodable, near, no_file, plain, shown
from batchata.errors import ValidationError
from batchata.messages import conversation

if TYPE_CHECKING:
    from pydantic import BaseModel

JOB_ID_BYTES = 128
MODEL_CHARACTERS = 200
TEMPERATURE_MAX = 2.0
"""The widest range any provider takes (OpenAI and Gemini 0 to 2, Anthropic 0 to 1): a model's own limit is its provider's."""

# Refused whatever the provider: each would contradict what the library sends itself. A provider refuses its own besides.
_OWNED = {
    "model": "Use the argument model.",
    "messages": "Use the argument messages or prompt.",
    "max_tokens": "Use the argument max_tokens.",
    "max_completion_tokens": "Use the argument max_tokens.",
    "max_output_tokens": "Use the argument max_tokens.",
    "stream": "Batches don't stream: leave it out.",
}
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_NOT_IN_FILE_NAMES = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    | {f"{port}{n}" for port in ("COM", "LPT") for n in "123456789¹²³"}
)


def merged(kwargs: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of a job: its own arguments over the defaults. None says nothing.

    A job's own messages, or prompt or file, put the other kind out of the defaults, so that a default prompt is no conflict.
    """
    given = known(kwargs)
    if not defaults:
        return given
    own_messages, own_prompt = "messages" in given, "prompt" in given or "file" in given
    hidden = ("prompt", "file") if own_messages else ("messages",) if own_prompt else ()
    return {name: value for name, value in defaults.items() if name not in hidden} | given


def known(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What `kwargs` really gives: every name one of `add_job`'s, and nothing that is None."""
    if not isinstance(kwargs, Mapping):
        raise ValidationError(f"a job is {shown(kwargs)}. Give a dict of add_job's arguments: {', '.join(CHECKS)}.")
    for name in kwargs:
        if name not in CHECKS:
            raise ValidationError(
                f"{shown(name)} is no argument of a job.{near(name, CHECKS)} Allowed: {', '.join(CHECKS)}. What the "
                "provider's API takes beyond these goes into provider_params."
            )
    return {name: value for name, value in kwargs.items() if value is not None}


def one_content(given: Mapping[str, Any]) -> None:
    """A job has either messages or a prompt, and a file only with a prompt."""
    prompt, file, messages = "prompt" in given, "file" in given, "messages" in given
    if messages and (prompt or file):
        other = "prompt" if prompt else "file"
        hint = (
            "Put the text into messages."
            if prompt
            else "Give prompt and file, or put the file's content into messages."
        )
        raise ValidationError(f"messages and {other} are both given. A job takes one of the two. {hint}")
    if not messages and not prompt:
        given_so_far = "file is given without prompt" if file else "neither messages nor prompt is given"
        raise ValidationError(f"{given_so_far}. Say with prompt=… what the model is to do, or give messages=[…].")


def job_id(value: object) -> str:
    """A name that is a safe file name on every system, since the result's file is `<job_id>.json`."""
    if type(value) is str and _PLAIN_ID.fullmatch(value) and value.partition(".")[0].upper() not in _DEVICES:
        return value
    if not isinstance(value, str):
        raise ValidationError(f"job_id is {shown(value)}. Give a string, e.g. str(row_id).")
    wrong = _wrong_in_id(value)
    if wrong:
        raise ValidationError(
            f"job_id is {shown(value)}: {wrong}. It names the result's file, so it is 1 to {JOB_ID_BYTES} bytes of UTF-8, of "
            'printable characters except < > : " / \\ | ? *, with no dot or space at its start or end. Put what does not fit '
            "into metadata."
        )
    return str.__str__(value)


def _wrong_in_id(value: str) -> str | None:
    bad = next((mark for mark in value if mark in _NOT_IN_FILE_NAMES or not mark.isprintable()), None)
    if bad is not None:
        return f"it holds {bad!r}"
    if not value or value.strip(". ") != value:
        return "it is empty, or starts or ends with a dot or a space"
    if len(value.encode()) > JOB_ID_BYTES:
        return f"it has {len(value.encode())} bytes"
    if value.partition(".")[0].rstrip(" ").upper() in _DEVICES:
        return "Windows keeps that name for a device"
    if not unicodedata.is_normalized("NFC", value):
        return "it is not in Unicode's composed form (unicodedata.normalize('NFC', job_id)), and file systems differ on that"
    return None


def model(value: object) -> str:
    if not isinstance(value, str):
        raise ValidationError(f"model is {shown(value)}. Give its name, e.g. 'claude-sonnet-5-5' or 'openai/gpt-5'.")
    if not value or len(value) > MODEL_CHARACTERS or not value.isprintable() or " " in value:
        raise ValidationError(
            f"model is {shown(value)}. Give 1 to {MODEL_CHARACTERS} printable characters without spaces, as the provider "
            "names it, with 'provider/' before it if wanted."
        )
    return str.__str__(value)


def prompt(value: object) -> str:
    if not isinstance(value, str):
        raise ValidationError(f"prompt is {shown(value)}. Give a string; lists of parts go into messages.")
    if not value or value.isspace():
        raise ValidationError(f"prompt is {shown(value)}: there is no text in it. Say what the model is to do.")
    return encodable("prompt", str.__str__(value))


def messages(value: object) -> bytes:
    """The messages as JSON with sorted keys: checked, and free of the caller's dicts."""
    if not isinstance(value, list | tuple) or not value:
        given = shown(value)
        raise ValidationError(f"messages is {given}. Give a list of dicts such as {{'role': 'user', 'content': '…'}}.")
    copy, data = plain("messages", value, sort_keys=True)
    conversation(copy)
    return data


def path(value: object) -> Path:
    """The file's path, absolute, so that a later change of directory does not move it."""
    try:
        name = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    except TypeError:
        name = None
    if not isinstance(name, str):
        raise ValidationError(f"file is {shown(value)}. Give a path as str or pathlib.Path, not bytes or an open file.")
    if not name or "\0" in name:
        raise ValidationError(f"file is {shown(name)}. Give the path of a file.")
    if _URL.match(name):  # not shown: what follows the host may be a token
        raise ValidationError(
            f"file is a {name.partition(':')[0]} URL. No URL is fetched: download it and give its path."
        )
    name = encodable("file", name, "Rename the file: its name has to be valid UTF-8 to be kept.")
    return Path(os.path.abspath(name))  # noqa: PTH100  Path.absolute() keeps '..'


def fingerprint(file: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 (hex) of the file a job names. Refuses what is missing, empty, unreadable or no file."""
    named = f"file is {str(file)!r}"
    try:
        if other := no_file(file.stat().st_mode):
            raise ValidationError(f"{named}, {other} One job takes one file.")
        with file.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
            size = handle.tell()
    except FileNotFoundError:
        hint = (
            " The library fetches no URL a job names: download it first." if ":/" in str(file) else " Check the path."
        )
        raise ValidationError(f"{named}, which does not exist.{hint}") from None
    except OSError as error:
        raise ValidationError(
            f"{named}, which can't be read: {error.strerror or error}. Make it readable first."
        ) from None
    if not size:
        raise ValidationError(f"{named}, which is empty (0 bytes). Leave the job out, or give a file with content.")
    return size, digest


def temperature(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= TEMPERATURE_MAX:
        return float(value) + 0.0  # -0.0 is 0.0
    raise ValidationError(
        f"temperature is {shown(value)}. Give a number from 0 to {TEMPERATURE_MAX:g}, or leave it out."
    )


def max_tokens(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31:
        return int(value)
    raise ValidationError(f"max_tokens is {shown(value)}. Give a whole number of at least 1 (thinking counts too).")


def response_model(value: object) -> "type[BaseModel]":
    from pydantic import BaseModel

    if isinstance(value, type) and issubclass(value, BaseModel) and value is not BaseModel:
        return value
    hint = "Give a class that inherits from pydantic.BaseModel"
    if isinstance(value, BaseModel):
        hint = f"That is an instance: give the class itself, {type(value).__name__}"
    elif isinstance(value, dict):
        hint += "; a JSON Schema alone can't check an answer: write the fields as a model"
    elif hasattr(value, "__dataclass_fields__"):
        hint += "; a dataclass has to be rewritten as one"
    raise ValidationError(f"response_model is {shown(value)}. {hint}.")


@functools.lru_cache(maxsize=512)
def shape(model: "type[BaseModel]") -> str:
    """The digest of a model's fields and constraints."""
    from batchata.model_shape import shape_digest  # here, because it needs Pydantic, and most jobs don't

    return shape_digest(model)


def enable_citations(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValidationError(f"enable_citations is {shown(value)}. Give True or False.")


def provider_params(value: object) -> bytes:
    if not isinstance(value, dict):
        raise ValidationError(f"provider_params is {shown(value)}. Give a dict of what the provider's API takes.")
    copy, data = plain("provider_params", value)
    for name in copy:
        if name in _OWNED:
            raise ValidationError(f"provider_params has {name!r}, which the library sets itself. {_OWNED[name]}")
    return data


def metadata(value: object) -> bytes:
    return plain("metadata", value)[1]


CHECKS: dict[str, Callable[[object], Any]] = {
    "messages": messages,
    "file": path,
    "prompt": prompt,
    "model": model,
    "temperature": temperature,
    "max_tokens": max_tokens,
    "response_model": response_model,
    "enable_citations": enable_citations,
    "provider_params": provider_params,
    "job_id": job_id,
    "metadata": metadata,
}
