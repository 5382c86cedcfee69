"""Keys: which headers hold them, which strings can be none, and how they are taken out of words. Pure; knows no provider."""

from collections.abc import Iterable, Mapping

# OAuth and most others; Anthropic; Azure; Google
_HEADERS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key"})
_SECRET_MIN = 6  # replacing shorter values would garble ordinary words


def header_secrets(headers: Mapping[str, object]) -> set[str]:
    """The values of the headers that authenticate."""
    return {value for name, value in headers.items() if name.lower() in _HEADERS and isinstance(value, str) and value}


def secrets_sent(error: Exception) -> set[str]:
    """What authenticated the request of a transport's error, minted tokens included."""
    try:
        request = getattr(error, "request", None)
    except RuntimeError:  # the transport's own errors have the property, and raise where it was never set
        return set()
    return header_secrets(request.headers) if request is not None else set()


def can_be_sent(key: str) -> bool:
    """Whether a header can hold it as it is: transports fail on what can't with the key in their words."""
    return key.isascii() and key.isprintable() and key == key.strip()


def redacted(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret in it taken out by value."""
    values = {part for secret in secrets for part in (secret, secret.strip(), secret.removeprefix("Bearer ").strip())}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SECRET_MIN:
            text = text.replace(value, "***")
    return text
