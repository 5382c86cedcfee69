"""`Table`: what every source of rows is turned into. A row is a dict of cells by column; what can't be read is a `BadRow`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from batchata.arguments import shown
from batchata.errors import ValidationError
from batchata.tables.kinds import Kind

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that can't be read, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are what the table says of its columns; where rows bring their own (JSONL), those of the first rows, and
    `fixed` is False. `binary` are columns of bytes. `read` begins anew each time, and numbers rows as messages name them:
    `unit` is "row", counted from 1, or "line".
    """

    name: str
    columns: dict[str, Kind]
    read: Callable[[], Iterator[tuple[int, Row | BadRow]]]
    unit: str = "row"
    fixed: bool = True
    binary: frozenset[str] = frozenset()

    def where(self, number: int) -> str:
        return f"{self.name}, {self.unit} {number}"


def named_once(table: str, names: Iterable[str]) -> list[str]:
    """The names, if each is there once."""
    counted = Counter(names)
    twice = [name for name, times in counted.items() if times > 1]
    if twice:
        raise ValidationError(
            f"table={table} has the column {shown(twice[0])} twice; give every column a name of its own"
        )
    return list(counted)
