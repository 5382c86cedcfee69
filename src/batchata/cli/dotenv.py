"""`.env` in the working directory: keys for the command line. The library itself never reads one.

Only names that are known to hold a key, or a server's address, are taken; what the environment says is never overridden. An
address decides who gets the keys, so taking one from a file is always said.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from batchata.cli import saying
from batchata.providers.catalog import KINDS

FILE = Path(".env")
MOST_BYTES = 100_000
_KEYS = frozenset(key for kind in KINDS.values() for key in kind.keys)
_URLS = frozenset({"ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"})
_SERVERS = re.compile(r"BATCHATA_[A-Z0-9_]+_(API_KEY|BATCH|BASE_URL)")
_LINE = re.compile(r"""\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:'([^']*)'|"([^"]*)"|(.*?))\s*(?:\s\#.*)?$""")


def load(path: Path = FILE) -> list[str]:
    """Take what the file says into the environment; the names that were taken."""
    taken = []
    for name, value in read(path):
        if name in os.environ or not value:
            continue
        os.environ[name] = value
        taken.append(name)
        if name.endswith("_BASE_URL"):
            saying.note(f"{name} is taken from {path}: requests and keys go to {place(value)}", "yellow")
    return taken


def read(path: Path = FILE) -> Iterator[tuple[str, str]]:
    """(name, value) of the lines whose names are known."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        found = _LINE.match(line)
        if found and (found[1] in _KEYS or found[1] in _URLS or _SERVERS.fullmatch(found[1])):
            yield found[1], next(value for value in (*found.groups()[1:], "") if value is not None)


def place(url: str) -> str:
    """The server alone: an address may hold a password."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname or '?'}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "an address that is none"
