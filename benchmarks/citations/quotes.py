"""Quotes as models give them: true passages with harmless noise.

A function takes the passage and a generator and gives the quote, or None where the passage has nothing to change. Noise never
touches digits, number words, months, currencies or negations: who changes those changes what is said (`lies`).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from random import Random

from benchmarks.citations.values import MONTHS, SYMBOLS, in_words, ordinal_word

Change = Callable[[str, Random], str | None]

_NEGATIONS = """no not non nor never neither none nobody nothing without unless except only can't cannot unaudited nicht kein keine
keinen keiner nie ohne ne n'a n'est pas sans aucun aucune jamais nein ja yes"""
NEGATIONS = frozenset(_NEGATIONS.split())
_CURRENCIES = frozenset({*(code.lower() for code in SYMBOLS), "chf", "percent", "cent", "x"})
NUMBER_WORDS = frozenset(word for n in range(1000) for word in re.split(r"[ -]", in_words(n))) - {"and"}
_MONTHS = frozenset(month.lower() for months in MONTHS.values() for month in months)
_ORDINALS = frozenset(re.split("[ -]", ordinal_word(n))[-1] for n in range(1, 100))
_KEPT = NEGATIONS | _CURRENCIES | NUMBER_WORDS | _ORDINALS | _MONTHS


def flat(text: str) -> str:
    """As a model repeats it: lines put together again, words whole."""
    return re.sub(r"\s*\n\s*", " ", re.sub(r"(?<=\w)-\n(?=\w)", "", text))


def letters(text: str) -> str:
    """Letters and digits alone."""
    return "".join(char for char in unicodedata.normalize("NFKC", flat(text)).casefold() if char.isalnum())


def canonical(text: str) -> str:
    """What is the same in two texts that differ in noise only: letters, digits and the signs that change an amount."""
    text = unicodedata.normalize("NFKC", flat(text)).casefold()
    return "".join(char for char in re.sub(r"[-(](?!\d)", "", text) if char.isalnum() or char in "%$€£-(")


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[ \t]+", flat(text)) if word]


def free(word: str) -> bool:
    """May noise touch this word?"""
    bare = word.strip(".,;:!?()[]\"'“”\u2018\u2019«»*|-/").lower()
    return (
        not any(char.isdigit() for char in word)
        and not any(part in _KEPT for part in re.split("[-\u2019]", bare))
        and bare not in _KEPT
    )


def clean(text: str, _: Random) -> str:
    return text


def spaced(text: str, rng: Random) -> str:
    """White space, line breaks inside long words, straight for curly quotes and the other way round."""
    words = flat(text).split(" ")
    for i, word in enumerate(words):
        if len(word) > 8 and word.isalpha() and rng.random() < 0.3:
            cut = rng.randint(3, len(word) - 3)
            words[i] = f"{word[:cut]}-\n{word[cut:]}"
    text = "".join(word + rng.choice((" ", " ", " ", "  ", "\n", "\u00a0", " \n ")) for word in words).strip()
    swaps = {"'": "\u2019", "\u2019": "'", '"': "”", "“": '"', "”": '"'}
    return "".join(swaps.get(char, char) for char in text)


def cased(text: str, rng: Random) -> str:
    """Another case, and the punctuation gone that does not stand inside a number."""
    text = rng.choice((str.upper, str.lower, str.title))(flat(text))
    return re.sub(r"\s+", " ", re.sub(r"[,;:.|](?!\d)|(?<!\d)[,;:.|]", "", text)).strip()


def mistyped(text: str, rng: Random) -> str | None:
    """2 % of the letters, and at least one, wrong."""
    words = _words(text)
    spots = [(i, j) for i, word in enumerate(words) if len(word) > 3 and free(word) for j in range(1, len(word) - 1)]
    spots = [(i, j) for i, j in spots if words[i][j].isalpha() and words[i][j + 1].isalpha()]
    if not spots or len(text) < 25:
        return None
    for i, j in sorted(rng.sample(spots, min(len(spots), max(1, len(text) // 50))), reverse=True):
        word = words[i]
        letter = rng.choice("etaonrisldcm")
        words[i] = rng.choice((
            word[:j] + letter + word[j + 1 :],
            word[:j] + word[j + 1 :],
            word[:j] + letter + word[j:],
            word[:j] + word[j + 1] + word[j] + word[j + 2 :],
        ))  # fmt: skip
    return " ".join(words)


def shortened(text: str, rng: Random) -> str | None:
    """The middle left out."""
    words = _words(text)
    if len(words) < 9:
        return None
    first = rng.randint(3, len(words) // 2 - 1)
    last = rng.randint(first + 2, len(words) - 3)
    if any(not free(word) and not any(c.isdigit() for c in word) for word in words[first:last]):
        return None  # a negation among them would be missed
    mark = rng.choice(
        (" ... ", " … ", " [...] ", " […] ", " (...) ", "... " if words[first - 1].isalpha() else " ... ")
    )
    return " ".join(words[:first]) + mark + " ".join(words[last:])


def thinned(text: str, rng: Random) -> str | None:
    """6 % of the words, and at least one, left out; never the first or the last."""
    words = _words(text)
    spots = [i for i, word in enumerate(words) if 0 < i < len(words) - 1 and free(word) and word[0].isalpha()]
    if len(words) < 12 or not spots:
        return None
    gone = set(rng.sample(spots, min(len(spots), max(1, round(len(words) * 0.06)))))
    return " ".join(word for i, word in enumerate(words) if i not in gone)


def recoded(text: str, rng: Random) -> str | None:
    """The same characters in another coding: ligatures, accents apart or composed, wide digits' spaces."""
    text = flat(text)
    joined = text.replace("ffi", "ﬃ").replace("fi", "ﬁ").replace("fl", "ﬂ")
    forms = [
        form
        for form in (joined, unicodedata.normalize("NFKD", text), unicodedata.normalize("NFC", text))
        if form != text
    ]
    return rng.choice(forms) if forms else None


NOISE: Mapping[str, Change] = {
    "clean": clean, "white space": spaced, "case and punctuation": cased, "typos": mistyped, "recoded": recoded,
    "ellipsis": shortened, "words dropped": thinned,
}  # fmt: skip
