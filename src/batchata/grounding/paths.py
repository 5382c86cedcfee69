"""Field paths: `line_items[2].amount`, and what models write instead of it."""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

Step: TypeAlias = str | int

_STEP: Final = re.compile(r"\[\s*(\d{1,9})\s*\]|\[\s*(?:\"([^\"]*)\"|'([^']*)')\s*\]|([^.\[\]/]+)")
_LONGEST: Final = 1_000  # characters


def path_text(steps: Sequence[Step]) -> str:
    """`("line_items", 2, "amount")` as `line_items[2].amount`."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read_path(text: str) -> tuple[Step, ...]:
    """The steps of a path in any usual manner: `$.a[0].b`, `/a/0/b`, `a.0.b`, `a["b"]`, `answer.a`."""
    steps: list[Step] = []
    for index, quoted, also, name in _STEP.findall(text[:_LONGEST].strip().removeprefix("$")):
        named = quoted or also or name.strip()
        steps.append(int(index) if index else int(named) if named.isdecimal() and len(named) < 10 else named)
    return tuple(steps)
