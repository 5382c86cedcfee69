"""Text that means nothing but is awkward in the ways real answers are: accents, CJK, emoji, and U+2028, which splits JSON
lines for whoever reads them with `str.splitlines`.
"""

from batchata.testing.dice import Dice

WORDS = (
    *("the agreement", "invoice", "amount", "party", "shall", "notice", "thirty days", "term", "renewal", "of", "and"),
    *(
        "total",
        "net",
        "clause",
        "signed",
        "naïve",
        "Zürich",
        "façade",
        "—",
        "“quoted”",
        "日本語",
        "🙂",
        "line\u2028break",
    ),
)


def _ring() -> bytes:
    dice = Dice(0, b"prose")
    words = list(WORDS) * 40
    dice.shuffle(words)
    return " ".join(words).encode()


_RING = _ring()


def prose(dice: Dice, size: int) -> str:
    """Exactly `size` UTF-8 bytes of text."""
    start = dice.between(0, len(_RING) - 1)
    turns = -(-(start + size) // len(_RING))
    piece = (_RING * turns)[start : start + size]
    # a character cut in two at either end goes, and full stops make up for it
    text = piece.decode("utf-8", "ignore").strip()
    return text + "." * (size - len(text.encode()))


def phrase(dice: Dice) -> str:
    """Two to five words."""
    return " ".join(dice.pick(WORDS) for _ in range(dice.between(2, 5)))
