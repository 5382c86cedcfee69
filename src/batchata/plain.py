"""A parsed answer as plain JSON and back: what the state and the result files hold of a model's instance."""

from contextlib import suppress
from typing import Any, Protocol, Self, TypeVar

import orjson

from batchata.errors import ValidationError


class _Model(Protocol):
    """As much of a Pydantic model as is needed here; Pydantic itself is not imported for it."""

    def model_dump(self, *, mode: str, round_trip: bool, by_alias: bool) -> Any: ...

    @classmethod
    def model_validate_json(
        cls, json_data: str | bytes, *, strict: bool | None = None, by_alias: bool, by_name: bool
    ) -> Self: ...


M = TypeVar("M", bound=_Model)


def compact_json(value: Any) -> bytes:
    """JSON to be kept in memory for a while, by the thousand. What orjson gives holds on to 4 KB, however short it is."""
    return b"%b" % orjson.dumps(value)


def to_plain(value: Any) -> Any:
    """A model's instance as JSON values by field name; anything else as it is.

    `round_trip` leaves computed fields out and keeps `Json` fields as the text they were, so that the class takes it back.
    Raises `ValidationError` where the class can't be written as JSON (bytes that are no text, a serializer that fails).
    """
    if not hasattr(value, "model_dump"):
        return value
    try:
        plain = value.model_dump(mode="json", round_trip=True, by_alias=False)
    except (ValueError, TypeError) as error:
        raise ValidationError(
            f"response_model: an answer of {type(value).__name__} can't be written as JSON: {error}. "
            'For binary fields set both ser_json_bytes and val_json_bytes to "base64".'
        ) from error
    try:
        orjson.dumps(plain)
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, which orjson refuses
        return _with_long_integers_as_text(plain)
    return plain


def from_plain(data: Any, model: type[M], raw: str | None = None) -> M:
    """The instance that `to_plain` wrote. Raises `ValidationError` naming the model where it does not fit any more.

    `raw` is the answer's own text, if kept. Where reading it gives the same data the instance is made from it: a validator
    that changes a value (50 % to 0.5) then runs once, as it did at first, and excluded or secret fields are there again.
    """
    if raw is not None and (instance := _reread(raw, data, model)) is not None:
        return instance
    try:
        # Not strict: it was judged once already, and a number too long for JSON stands there as text.
        return model.model_validate_json(orjson.dumps(data), strict=False, by_alias=True, by_name=True)
    except ValueError as error:
        raise ValidationError(
            f"response_model: the stored answer does not fit {model.__name__}. Give the class it was made with. {error}"
        ) from error


def _reread(raw: str, data: Any, model: type[M]) -> M | None:
    if _holds(raw, data):
        with suppress(ValueError):
            return model.model_validate_json(raw, by_alias=True, by_name=True)
    for text_of in (str, _beside_quotes):
        try:
            instance = model.model_validate_json(text_of(raw), by_alias=True, by_name=True)
        except ValueError:  # the text holds more than the typed answer: prose, or quotes beside the values
            continue
        if to_plain(instance) == data:
            return instance
    return None


def _holds(raw: str, data: Any) -> bool:
    """Whether a text is these data and nothing else: then nothing has to be made of them to see that they are the same."""
    try:
        return bool(orjson.loads(raw) == data)
    except orjson.JSONDecodeError:
        return False


def _beside_quotes(raw: str) -> bytes:
    """The answer of a text that gives its quotes too: `{"answer": ..., "quotes": [...]}`."""
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return b""
    return orjson.dumps(given["answer"]) if isinstance(given, dict) and "answer" in given else b""


def _with_long_integers_as_text(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {key: _with_long_integers_as_text(item) for key, item in plain.items()}
    if isinstance(plain, list):
        return [_with_long_integers_as_text(item) for item in plain]
    if isinstance(plain, int) and not isinstance(plain, bool) and not -(2**63) <= plain < 2**64:
        return str(plain)
    return plain
