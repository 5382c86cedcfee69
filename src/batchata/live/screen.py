"""The view drawn for a terminal, with Rich. All text is `Text`: what a provider or a model wrote is no markup."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.text import Text

from batchata.live.figures import Row, Tone

if TYPE_CHECKING:
    from batchata.store.watching import Counts

STYLES: dict[Tone, str] = {"plain": "", "good": "green", "bad": "red", "warn": "yellow", "dim": "dim"}


def drawn(title: str, jobs: "Counts", rows: Sequence[Row], *, bar: bool = True) -> RenderableType:
    """The whole view. `bar`: with a bar of the jobs that are finished."""
    indent = max((len(row.label) for row in rows), default=0) + 2
    lines: list[RenderableType] = [_line((title, "bold"))] if title else []
    if bar and jobs.total:
        colour = "red" if jobs.failed == jobs.finished and jobs.failed else "green"
        drawn_bar = ProgressBar(jobs.total, jobs.finished, width=60, complete_style=colour, finished_style=colour)
        lines.append(Padding(drawn_bar, (0, 0, 0, indent)))
    lines += [_line((row.label.ljust(indent), "bold"), (row.text, STYLES[row.tone])) for row in rows]
    # room for what a terminal writes of Ctrl-C: a line more could not be drawn over
    return Padding(Group(*lines), (0, len("^C"), 0, 0))


def _line(*parts: tuple[str, str]) -> Text:
    """One line; on a narrow terminal its end gives way."""
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")
