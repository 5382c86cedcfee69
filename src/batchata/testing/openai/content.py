"""Rules for what messages hold: the text, images, audio and files that each role may send."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from batchata.testing import media
from batchata.testing.openai.checks import fields, items, mapping, one_of, text
from batchata.testing.openai.errors import ApiError

_DATA_URL = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+);base64,")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")  # [docs: Images and vision]
_DETAILS = ("auto", "low", "high", "original")
_CHAT_PARTS = {  # [sdk: ChatCompletionContentPartParam and the message params]
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
}


def check_chat_content(content: Any, at: str, role: str) -> None:
    if isinstance(content, str):
        return
    if not items(content, at):
        raise ApiError(f"Invalid '{at}': empty array. Expected an array with minimum length 1.", at, "empty_array")
    for place, part in enumerate(content):
        here = f"{at}[{place}]"
        kind = mapping(part, here).get("type")
        one_of(kind if kind is not None else "", f"{here}.type", _CHAT_PARTS.get(role, ("text",)))
        _CHAT[str(kind)](part, here)


def _text(part: dict[str, Any], at: str) -> None:
    fields(part, at, ("type", "text"), ("prompt_cache_breakpoint",))
    text(part["text"], f"{at}.text")


def _refusal(part: dict[str, Any], at: str) -> None:
    fields(part, at, ("type", "refusal"))
    text(part["refusal"], f"{at}.refusal")


def _image_url(part: dict[str, Any], at: str) -> None:
    fields(part, at, ("type", "image_url"), ("prompt_cache_breakpoint",))
    image = mapping(part["image_url"], f"{at}.image_url")
    fields(image, f"{at}.image_url", ("url",), ("detail",))
    if "detail" in image:
        one_of(image["detail"], f"{at}.image_url.detail", _DETAILS)
    check_image(image["url"], f"{at}.image_url.url")


def _audio(part: dict[str, Any], at: str) -> None:
    fields(part, at, ("type", "input_audio"), ("prompt_cache_breakpoint",))
    fields(mapping(part["input_audio"], f"{at}.input_audio"), f"{at}.input_audio", ("data", "format"))


def _chat_file(part: dict[str, Any], at: str) -> None:
    """PDF only, no URL [docs: File inputs]."""
    fields(part, at, ("type", "file"), ("prompt_cache_breakpoint",))
    given = mapping(part["file"], f"{at}.file")
    fields(given, f"{at}.file", (), ("file_data", "file_id", "filename"))
    if "file_id" in given:
        return  # taken unseen [assumed]
    if "file_data" not in given:
        raise ApiError(f"Missing required parameter: '{at}.file.file_id'.", f"{at}.file", "missing_required_parameter")
    check_file(given["file_data"], f"{at}.file.file_data", pdf_only=True)


def check_image(url: Any, at: str) -> None:
    """An https URL, or a data URL of a kind that is taken, with an image of that kind in it."""
    if text(url, at).startswith(("https://", "http://")):
        return
    kind, data = data_url(url, at)
    if kind not in _IMAGES or media.image_type(data) is None:  # [assumed]
        said = "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
        raise ApiError(said + "['png', 'jpeg', 'gif', 'webp'].", at, "invalid_image_format")


def check_file(value: Any, at: str, *, pdf_only: bool) -> None:
    kind, data = data_url(value, at)
    if pdf_only and kind != "application/pdf":
        message = f"Invalid file data: '{at}'. Expected a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,aW1nIGJ5dGVzIGhlcmU='), but got unsupported MIME type '{kind}'."
        raise ApiError(message, at, "invalid_value")  # [assumed]
    if kind == "application/pdf" and not data.startswith(b"%PDF"):
        raise ApiError("The file could not be read as a PDF.", at, "invalid_file")  # [assumed wording]


def data_url(value: Any, at: str) -> tuple[str, bytes]:
    """(media type, bytes)."""
    match = _DATA_URL.match(text(value, at))
    if not match:
        raise ApiError(
            f"Invalid '{at}'. Expected a valid URL or a base64-encoded data URL, but got a value without one.",
            at,
            "invalid_value",
        )
    try:
        return match["type"], base64.b64decode(value[match.end() :], validate=True)
    except binascii.Error:
        raise ApiError(f"Invalid '{at}'. Expected a base64-encoded data URL.", at, "invalid_base64") from None


_CHAT: dict[str, Callable[[dict[str, Any], str], None]] = {
    "text": _text,
    "refusal": _refusal,
    "image_url": _image_url,
    "input_audio": _audio,
    "file": _chat_file,
}


def check_input_content(content: Any, at: str, role: str) -> None:
    """The content of a message in the Responses shape [sdk: ResponseInputContentParam]."""
    if isinstance(content, str):
        return
    allowed = ("output_text", "refusal") if role == "assistant" else ("input_text", "input_image", "input_file")
    for place, part in enumerate(items(content, at)):
        here = f"{at}[{place}]"
        kind = mapping(part, here).get("type")
        one_of(kind if kind is not None else "", f"{here}.type", allowed)
        if kind in {"input_text", "output_text"}:
            fields(part, here, ("type", "text"), ("annotations", "logprobs", "prompt_cache_breakpoint"))
            text(part["text"], f"{here}.text")
        elif kind == "input_image":
            _input_image(part, here)
        elif kind == "input_file":
            _input_file(part, here)


def _input_image(part: dict[str, Any], at: str) -> None:
    fields(part, at, ("type",), ("detail", "image_url", "file_id", "prompt_cache_breakpoint"))
    if part.get("image_url") is not None:
        check_image(part["image_url"], f"{at}.image_url")
    elif part.get("file_id") is None:
        raise ApiError(f"Missing required parameter: '{at}.image_url'.", at, "missing_required_parameter")


def _input_file(part: dict[str, Any], at: str) -> None:
    """One of three ways to give it [docs: File inputs]."""
    fields(part, at, ("type",), ("detail", "file_data", "file_id", "file_url", "filename", "prompt_cache_breakpoint"))
    given = [name for name in ("file_data", "file_id", "file_url") if part.get(name) is not None]
    if len(given) != 1:
        raise ApiError(
            f"Invalid '{at}': exactly one of file_data, file_id and file_url is needed.", at, "invalid_value"
        )
    if given == ["file_data"]:
        check_file(part["file_data"], f"{at}.file_data", pdf_only=False)
