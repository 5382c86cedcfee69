"""The user's messages, as role/content dicts, turned into the parts of a `Request`; and the words of a second try.

Reading is checking: `Job.parse` calls `conversation` once to validate, and the same code makes the request later. Bytes
come with the message: a URL is refused, because the library fetches nothing that a job names.
"""

import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from batchata import image_header
from batchata.arguments import near, shown
from batchata.errors import ValidationError
from batchata.image_header import IMAGE_TYPES
from batchata.request import Document, Image, Message, Part, Text

ROLES = ("system", "user", "assistant")
PDF = "application/pdf"
REASK_ERROR_MAX = 4_000
"""Characters of a validation error that are sent back to the model: a hundred broken fields teach no more than ten."""

_DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,", re.IGNORECASE)
_OTHER_ROLES = {"developer": "system", "model": "assistant", "ai": "assistant", "bot": "assistant", "human": "user"}
Turns: TypeAlias = tuple[Message, ...]


def conversation(messages: Sequence[Mapping[str, Any]]) -> tuple[tuple[Text, ...], Turns]:
    """What `messages` say: the system texts in their order, and the turns.

    Several messages of one role in a row stay as they are: Anthropic joins them into one turn, OpenAI and Gemini see each. A
    PDF comes back as a `Document` with its bytes and no pages: reading it is the documents' business. A part that is
    malformed, or that no provider takes, is a `ValidationError` naming its place.
    """
    system: list[Text] = []
    turns: list[Message] = []
    for place, message in enumerate(messages):
        where = f"messages[{place}]"
        role, parts = _message(message, where)
        if role != "system":
            turns.append(Message(role, parts))
        elif turns:
            raise ValidationError(
                f"{where}: a system message after a {turns[-1].role} one. Providers take the system text apart from the "
                "conversation, so it has to come first: move it to the front, or say it as the user."
            )
        else:
            system.extend(cast("tuple[Text, ...]", parts))
    if not any(turn.role == "user" for turn in turns):
        raise ValidationError("messages: no message with the role 'user'. There is nothing to answer: add one.")
    return tuple(system), tuple(turns)


def from_prompt(prompt: str, document: Document | Image | None = None) -> Turns:
    """One user turn: the document (or picture) first, then the prompt, which is where models attend to it best."""
    parts: tuple[Part, ...] = (Text(prompt),) if document is None else (document, Text(prompt))
    return (Message("user", parts),)


def reask(messages: Turns, answer_text: str, error: str) -> Turns:
    """`messages` with the model's own answer and what was wrong with it, asking for a corrected one."""
    told = error if len(error) <= REASK_ERROR_MAX else error[:REASK_ERROR_MAX] + "…"
    request = (
        f"Your answer does not fit the schema:\n\n{told}\n\n"
        "Answer again with the corrected JSON only, complete and without commentary."
    )
    # An empty text is refused by providers, so an empty answer is only spoken of.
    answered = (Message("assistant", (Text(answer_text),)),) if answer_text.strip() else ()
    return (*messages, *answered, Message("user", (Text(request),)))


def _message(message: object, where: str) -> tuple[Any, tuple[Part, ...]]:
    given = _keys(message, where, ("role", "content"))
    role, content = given["role"], given["content"]
    if role not in ROLES:
        use = _OTHER_ROLES.get(role) if isinstance(role, str) else None
        hint = f" Use {use!r}." if use else near(role, ROLES)
        raise ValidationError(f"{where}: role is {shown(role)}. Allowed: {', '.join(ROLES)}.{hint}")
    if isinstance(content, str):
        return role, (Text(_filled(content, f"{where}.content")),)
    if not isinstance(content, list | tuple):
        raise ValidationError(f"{where}.content is {shown(content)}. Give a string, or a list of parts (dicts).")
    if not content:
        raise ValidationError(f"{where}.content is empty. Give at least one part, or leave the message out.")
    parts = tuple(_part(part, f"{where}.content[{place}]") for place, part in enumerate(content))
    if role != "user" and not all(isinstance(part, Text) for part in parts):
        raise ValidationError(
            f"{where}: messages of the role {role!r} take text only. Put images and documents in a user message."
        )
    return role, parts


def _keys(
    given: object,
    where: str,
    required: Sequence[str],
    optional: Sequence[str] = (),
    hints: Mapping[str, str] | None = None,
) -> Mapping[str, Any]:
    """`given`, if it is a dict with all of `required` and nothing beyond `optional`. `hints` explains a refused key."""
    allowed = (*required, *optional)
    if not isinstance(given, dict):
        raise ValidationError(f"{where} is {shown(given)}. Give a dict with the keys {', '.join(allowed)}.")
    for name in required:
        if name not in given:
            raise ValidationError(f"{where} has no {name!r}. Its keys are {', '.join(allowed)}: add it.")
    for name in given:
        if name not in allowed:
            hint = " " + hints[name] if hints and name in hints else near(name, allowed) or " Leave it out."
            raise ValidationError(f"{where} has the key {shown(name)}. Allowed: {', '.join(allowed)}.{hint}")
    return given


def _filled(text: object, where: str) -> str:
    if not isinstance(text, str):
        raise ValidationError(f"{where} is {shown(text)}. Give a string.")
    if not text or text.isspace():
        raise ValidationError(
            f"{where} is {shown(text)}: there is no text in it, and providers refuse that. Leave it out."
        )
    return text


def _part(part: object, where: str) -> Part:
    kind = part.get("type") if isinstance(part, dict) else None
    read = _PARTS.get(kind) if isinstance(kind, str) else None
    if read is not None:
        return read(cast("dict[str, Any]", part), where)
    if not isinstance(part, dict):
        raise ValidationError(f"{where} is {shown(part)}. Give a dict such as {{'type': 'text', 'text': '…'}}.")
    given = f"type is {shown(kind)}" if "type" in part else "there is no type"
    raise ValidationError(f"{where}: {given}. Allowed: {', '.join(_PARTS)}.{near(kind, _PARTS)}")


def _text(part: Mapping[str, Any], where: str) -> Text:
    _keys(part, where, ("type", "text"), ("cache_control",))
    return Text(
        _filled(part["text"], f"{where}.text"), _cache_control(part.get("cache_control"), f"{where}.cache_control")
    )


def _cache_control(mark: object, where: str) -> Mapping[str, Any] | None:
    """The mark is billed (a cache write), so only what has a known price is let through."""
    if mark is None:
        return None
    given = _keys(mark, where, ("type",), ("ttl",))
    if given["type"] != "ephemeral" or given.get("ttl", "5m") not in ("5m", "1h"):
        raise ValidationError(
            f"{where} is no mark we know. Give {{'type': 'ephemeral'}}, with 'ttl': '5m' or '1h' if wanted."
        )
    return given


_ON_TEXT = {"cache_control": "Put cache_control on the text part that follows: it covers everything before it."}


def _image(part: Mapping[str, Any], where: str) -> Image:
    _keys(part, where, ("type", "source"), (), _ON_TEXT)
    return _sized(*_base64_source(part["source"], f"{where}.source", IMAGE_TYPES))


def _image_url(part: Mapping[str, Any], where: str) -> Image:
    _keys(part, where, ("type", "image_url"), (), _ON_TEXT)
    where += ".image_url"
    given = _keys(part["image_url"], where, ("url",), ("detail",))
    if given.get("detail", "auto") != "auto":
        raise ValidationError(
            f"{where}: detail is {shown(given['detail'])}. Only 'auto' is sent: scale the image instead."
        )
    url = given["url"]
    found = _DATA_URL.match(url) if isinstance(url, str) else None
    if found is None:
        raise ValidationError(
            f"{where}.url is {_named(url)}. {_NO_FETCH} Give 'data:image/png;base64,…' with the bytes."
        )
    return _sized(*_bytes(found[1].lower(), url[found.end() :], f"{where}.url", IMAGE_TYPES))


def _sized(media_type: str, data: bytes) -> Image:
    return Image(media_type, data, *(image_header.size(data) or (None, None)))


_NO_FETCH = "The library fetches no URL a job names."


def _named(url: object) -> str:
    """A URL by its scheme alone: the rest may hold a token."""
    scheme = url.partition(":")[0] if isinstance(url, str) else ""
    return f"a {scheme}: URL" if scheme in ("http", "https", "gs", "s3", "file", "ftp", "data") else shown(url)


def _document(part: Mapping[str, Any], where: str) -> Document:
    hints = _ON_TEXT | {"citations": "Use enable_citations=True on the job."}
    _keys(part, where, ("type", "source"), ("title",), hints)
    title = part.get("title")
    name = where if title is None else _filled(title, f"{where}.title")
    source, where = part["source"], f"{where}.source"
    if isinstance(source, dict) and source.get("type") == "text":
        return _text_document(name, source, where)
    media_type, data = _base64_source(
        source, where, (PDF,), "{'type': 'text', 'media_type': 'text/plain', 'data': '…'}"
    )
    return Document(name, media_type, data, pages=(), paged=True)


def _text_document(name: str, source: dict[str, Any], where: str) -> Document:
    _keys(source, where, ("type", "media_type", "data"))
    if source["media_type"] != "text/plain":
        raise ValidationError(
            f"{where}: media_type is {shown(source['media_type'])}. Allowed with type 'text': text/plain."
        )
    text = _filled(source["data"], f"{where}.data")
    return Document(name, "text/plain", text.encode(), pages=(text,))


def _base64_source(source: object, where: str, allowed: Sequence[str], other: str = "") -> tuple[str, bytes]:
    kind = source.get("type") if isinstance(source, dict) else None
    if kind != "base64":
        fetch = f" {_NO_FETCH}" if kind in ("url", "file") else ""
        use = f"{{'type': 'base64', 'media_type': '{allowed[-1]}', 'data': '…'}}" + (f" or {other}" if other else "")
        raise ValidationError(f"{where}: type is {shown(kind)}.{fetch} Give the bytes: {use}.")
    given = _keys(source, where, ("type", "media_type", "data"))
    return _bytes(given["media_type"], given["data"], where, allowed)


def _bytes(media_type: object, data: object, where: str, allowed: Sequence[str]) -> tuple[str, bytes]:
    if not isinstance(media_type, str) or media_type not in allowed:
        raise ValidationError(
            f"{where}: media_type is {shown(media_type)}. Allowed: {', '.join(allowed)}. Convert it first."
        )
    try:
        decoded = binascii.a2b_base64(_filled(data, f"{where}.data"), strict_mode=True)
    except ValueError as error:  # binascii.Error is one, and so is what a non-ASCII string gives
        raise ValidationError(
            f"{where}: the data is no base64 ({error}). Use base64.b64encode(data).decode()."
        ) from None
    if not (b"%PDF-" in decoded[:1024] if media_type == PDF else image_header.media_type(decoded) == media_type):
        raise ValidationError(f"{where}: the bytes are no {media_type}. Name the type that they are, or convert them.")
    return media_type, decoded


_PARTS: dict[str, Callable[[Mapping[str, Any], str], Part]] = {
    "text": _text,
    "image": _image,
    "image_url": _image_url,
    "document": _document,
}
