"""The names of WordprocessingML: its two namespaces, and what is asked of them by all who read a part."""

from collections.abc import Mapping
from typing import Final

WORD: Final = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",  # ISO's strict variant
)
_OFF: Final = frozenset({"0", "false", "off"})


def word(name: str) -> str:
    """The local name of an element of Word's; "" of any other."""
    namespace, _, own = name.rpartition(" ")
    return own if namespace in WORD else ""


def local(attributes: Mapping[str, str], name: str) -> str:
    """An attribute by its local name, for its namespace is the variant's; "" where there is none."""
    return next((value for key, value in attributes.items() if key.rpartition(" ")[2] == name), "")


def is_on(attributes: Mapping[str, str]) -> bool:
    """A property that is on by being there, unless it says otherwise."""
    return local(attributes, "val") not in _OFF


def number(digits: str, default: int) -> int:
    """A small number as XML has it; `default` for anything else."""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else default
