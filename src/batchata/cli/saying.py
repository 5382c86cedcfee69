"""What commands say: answers on standard output, everything else on standard error; no colours where they are not seen.

Whatever a model, a file or a provider wrote is made harmless before it is shown.
"""

import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TextIO

import orjson

from batchata.live.figures import harmless, safe

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WORDS = re.compile(r"\s*(?:batchata [a-z]+ .*?(?=\s{4}|$)|\S+)")
BETWEEN = 3  # characters between two columns of a table
LAST = 12  # characters that its last column keeps at least, if the others can give way
LEAST = 8  # characters of a column that gives way
C1 = {mark: f"\\u{mark:04x}" for mark in range(0x7F, 0xA0)}  # JSON allows them, terminals obey them


@cache
def console(*, error: bool = False) -> "Console":
    """Rich's console for standard output, or error. Colours only on a terminal, and not where NO_COLOR is set."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    return Console(stderr=error, highlight=False, soft_wrap=not stream.isatty())


def show(what: "RenderableType") -> None:
    """On standard output."""
    console().print(what)


def note(words: str, style: str = "") -> None:
    """Words for people, on standard error."""
    from rich.text import Text

    console(error=True).print(Text(_fitting(words, console(error=True)), style=style), soft_wrap=True)


def tell(words: str) -> None:
    """Words for people that are what was asked for, on standard output."""
    put(_fitting(words, console()))


def _fitting(words: str, where: "Console") -> str:
    shown = harmless(words)
    if not where.file.isatty():
        return shown
    return "\n".join(_wrapped(line, where.width) for line in shown.split("\n"))


def _wrapped(line: str, width: int) -> str:
    """Broken between words; a command is one word, so that it can be copied whole."""
    lines = [""]
    for word in _WORDS.findall(line):
        if lines[-1] and len(lines[-1]) + len(word) > width:
            lines.append(word.lstrip())
        else:
            lines[-1] += word
    return "\n".join(lines)


def error(words: str) -> None:
    note(f"batchata: {words}", "red")


def as_json(value: Any) -> str:
    """JSON that is safe to print on a terminal."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode().translate(C1)


def put(text: str, stream: TextIO | None = None) -> None:
    """Text for machines, as it is."""
    (stream or sys.stdout).write(text + "\n")


def put_json(value: Any) -> None:
    put(as_json(value))


def show_table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Iterable[str] = (),
    widths: Mapping[str, int] | None = None,
    unless_empty: Collection[str] = (),
) -> None:
    """A table of one line per row. On a terminal the columns in `widths` are held to that, or to less where the others need the
    room, the last is cut to fit, and those in `unless_empty` are left out where no row has them; elsewhere columns are separated
    by tabs.
    """
    if sys.stdout.isatty():
        cells = [[safe(cell) for cell in row] for row in rows]
        kept = [at for at, head in enumerate(heads) if head not in unless_empty or any(row[at] for row in cells)]
        show(_table([heads[at] for at in kept], [[row[at] for at in kept] for row in cells], set(right), widths or {}))
        return
    put("\t".join(heads))
    for row in rows:
        put("\t".join(safe(cell) for cell in row))


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str], widths: Mapping[str, int]
) -> "RenderableType":
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    left = console().width
    widest = [max([cell_len(head), *(cell_len(row[place]) for row in rows)]) for place, head in enumerate(heads)]
    fixed = sum(width + BETWEEN for head, width in zip(heads[:-1], widest, strict=False) if head not in widths)
    room = left - fixed - BETWEEN * len(widths) - min(widest[-1], LAST)
    for place, head in enumerate(heads):
        held = min(widths[head], max(room // len(widths), LEAST)) if head in widths else left
        wanted = max(1, min(widest[place], held, left))
        left -= wanted + BETWEEN
        justify: Literal["left", "right"] = "right" if head in right else "left"
        shown.add_column(head, justify=justify, no_wrap=True, overflow="ellipsis", width=wanted)
    for row in rows:
        shown.add_row(*map(Text, row))
    return shown


def confirmed(question: str) -> bool:
    """Ask on the terminal; No where there is none."""
    if not sys.stdin.isatty():
        return False
    import typer

    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort as end:  # Ctrl-D is a No; what Ctrl-C is, the guard knows
        put("", sys.stderr)
        if isinstance(end.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        return False
