"""How many tokens a text is billed for.

It is `tokens_per_byte` of its UTF-8 bytes, rounded up: a quarter unless the emulator is told otherwise [assumed]. With
1.0 every byte is a token: the most a byte-level tokenizer can make of it.
"""

from math import ceil


class Counter:
    """Counts prompts and texts at one number of tokens per byte."""

    def __init__(self, tokens_per_byte: float) -> None:
        if not 0 < tokens_per_byte <= 1:
            raise ValueError(f"tokens_per_byte={tokens_per_byte} is not in (0, 1]: no text has more tokens than bytes")
        self._rate = tokens_per_byte

    def text(self, text: str) -> int:
        return self.bytes(len(text.encode()))

    def bytes(self, size: int) -> int:
        return ceil(size * self._rate)

    def size(self, tokens: int) -> int:
        """The most bytes that `tokens` tokens are."""
        return int(tokens / self._rate)
