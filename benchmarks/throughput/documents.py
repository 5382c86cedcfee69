"""PDFs of ten pages whose figures are known, and the answers a model would give about them, quotes included."""

import json
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.citations.pdf import Canvas

PAGES, LINES = 10, 48
_WORDS = """account amount annual audit balance before between branch capital carried change charge clause client company contract
cost council credit current deposit district due during each equal estate estimate expense figure first forward general granted
group half holding income interest invoice issued item lease ledger liable limited list local loss margin matter measure meeting
member month notice number office order other over owner paid part party payment period person plan present price prior
property provision public purchase quarter rate receipt record region report reserve return review sale schedule second section
service share site sold stated statement stock sum supply surplus table term third title total trade transfer trust under unit
value volume year"""


def facts(number: int) -> dict[str, tuple[str, str, int]]:
    """What one document says: field to (value, the sentence with it, its 0-based page)."""
    draw = random.Random(number)  # noqa: S311 - the same document each time
    code = f"{chr(65 + number % 26)}{number:05d}"
    amounts = [draw.randrange(1_000, 900_000) + draw.randrange(100) / 100 for _ in range(4)]
    day = draw.randrange(1, 29)
    told = {
        "number": (code, f"Annual statement {code} of the trust"),
        "revenue": (f"{amounts[0]:.2f}", f"Revenue of the year came to {amounts[0]:,.2f} EUR"),
        "costs": (f"{amounts[1]:.2f}", f"Costs of the year came to {amounts[1]:,.2f} EUR"),
        "reserve": (f"{amounts[2]:.2f}", f"A reserve of {amounts[2]:,.2f} EUR is carried forward"),
        "deposit": (f"{amounts[3]:.2f}", f"The deposit stands at {amounts[3]:,.2f} EUR"),
        "due": (f"2026-03-{day:02d}", f"The next report is due on {day} March 2026"),
    }
    pages = draw.sample(range(PAGES), len(told))
    return {name: (value, sentence, page) for (name, (value, sentence)), page in zip(told.items(), pages, strict=True)}


def pdf(number: int) -> bytes:
    draw = random.Random(-number - 1)  # noqa: S311
    said = {page: sentence for _, sentence, page in facts(number).values()}
    canvas, words = Canvas(), _WORDS.split()
    for page in range(PAGES):
        if page:
            canvas.pages.append([])
        place = draw.randrange(LINES)
        for line in range(LINES):
            text = said[page] if page in said and line == place else " ".join(draw.choices(words, k=12))
            canvas.text(60, 790 - 15 * line, text, 10)
    return canvas.to_bytes()


def write(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.pdf").write_bytes(pdf(number))


def answer(params: Mapping[str, Any]) -> str | None:
    """The emulator's answer to a request about `Document <number>.`: the facts, each with its quote."""
    asked = re.search(r"Document (\d+)\.", json.dumps(_texts(params["messages"])))
    if asked is None:
        return None
    told = facts(int(asked[1]))
    quotes = [{"quote": sentence, "fields": [name]} for name, (_, sentence, _) in told.items()]
    values = {
        name: float(value) if name in ("revenue", "costs", "reserve", "deposit") else value
        for name, (value, _, _) in told.items()
    }
    return json.dumps({"answer": values, "quotes": quotes})


def _texts(messages: Any) -> list[str]:
    blocks = [block for message in messages for block in message["content"] if isinstance(block, dict)]
    return [block["text"] for block in blocks if block.get("type") == "text"]
