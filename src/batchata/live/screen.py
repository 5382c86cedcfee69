"""The view drawn for a terminal, with Rich. All text is `Text`: what a provider or a model wrote is no markup."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from batchata.live.figures import Row, Tone

if TYPE_CHECKING:
    from batchata.store.watching import Counts

STYLES: dict[Tone, str] = {"plain": "", "good": "green", "bad": "red", "warn": "yellow", "dim": "dim"}


def drawn(title: str, jobs: "Counts", rows: Sequence[Row], *, bar: bool = True) -> RenderableType:
    """The whole view. `bar`: with a bar of the jobs that are finished."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True, min_width=max((len(row.label) for row in rows), default=0))
    table.add_column(no_wrap=True, overflow="ellipsis")
    if bar and jobs.total:
        colour = "red" if jobs.failed == jobs.finished and jobs.failed else "green"
        table.add_row(
            "", ProgressBar(jobs.total, jobs.finished, width=60, complete_style=colour, finished_style=colour)
        )
    for row in rows:
        table.add_row(Text(row.label), Text(row.text, style=STYLES[row.tone]))
    shown = Group(Text(title, style="bold", no_wrap=True, overflow="ellipsis"), table) if title else table
    return Padding(
        shown, (0, len("^C"), 0, 0)
    )  # room for what a terminal writes of Ctrl-C: a line more could not be drawn over
