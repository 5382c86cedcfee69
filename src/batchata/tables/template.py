"""Templates: text in which `{column}` and `{column:format}` stand for a row's cells.

A column is looked up by its whole name. Nothing else is read out of a value: no attribute, no index, no call; what a cell
holds is put in once and is never looked at for braces.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from batchata.arguments import near, shown
from batchata.errors import ValidationError
from batchata.tables.cells import is_missing, text_of

BRACES = "Write {{ and }} for braces that are meant as such."

Piece = tuple[str, str | None, str]
"""(text, the column that follows it or None, the column's format)."""


@dataclass(frozen=True, slots=True)
class Template:
    pieces: tuple[Piece, ...]

    @classmethod
    def parse(cls, name: str, text: str) -> "Template":
        """Raises `ValidationError` naming the argument `name` for what is no template."""
        try:
            parsed = list(Formatter().parse(text))
        except ValueError as error:
            raise ValidationError(f"{name} is no template: {error}. {BRACES}") from None
        return cls(tuple(_piece(name, *piece) for piece in parsed))

    @property
    def columns(self) -> list[str]:
        return [column for _, column, _ in self.pieces if column is not None]

    def check(self, name: str, columns: Collection[str]) -> None:
        """Raises `ValidationError` for a column that the table has not."""
        for column in self.columns:
            if column not in columns:
                raise ValidationError(
                    f"{name} names {{{column}}}, and the table has no such column.{near(column, columns)} {listed(columns)} "
                    f"{BRACES}"
                )

    def fill(self, row: Mapping[str, Any], missing: str) -> str:
        """The text for a row. Raises `ValidationError` naming the column whose value can't be put in."""
        return "".join(text + _cell(row, column, form, missing) for text, column, form in self.pieces)

    def sample(self) -> str:
        """A text as any row could give it."""
        return "".join(text + ("" if column is None else "x") for text, column, _ in self.pieces)


def listed(columns: Collection[str]) -> str:
    """The columns a table has, for a message."""
    names = [shown(name) for name in columns]
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"Its columns: {', '.join(names[:20])}{more}."


def _piece(name: str, text: str, column: str | None, form: str | None, conversion: str | None) -> Piece:
    if column is None:
        return text, None, ""
    if not column:
        raise ValidationError(f"{name} has {{}} without a column's name. Name one, as in {{text}}. {BRACES}")
    if conversion:
        raise ValidationError(
            f"{name} has {{{column}!{conversion}}}: '!' is not allowed. Name the column alone, or with a format as in "
            f"{{price:.2f}}. {BRACES}"
        )
    if form and ("{" in form or "}" in form):
        raise ValidationError(f"{name} has a format within a format in {{{column}:{form}}}: write it out. {BRACES}")
    return text, column, form or ""


def _cell(row: Mapping[str, Any], column: str | None, form: str, missing: str) -> str:
    if column is None:
        return ""
    value = row.get(column)
    try:
        if not form:
            return text_of(value, missing)
        return missing if is_missing(value) else format(value, form)
    except ValidationError as error:
        raise ValidationError(f"column {shown(column)}: {error}") from None
    except (ValueError, TypeError) as error:
        raise ValidationError(
            f"column {shown(column)} is {shown(value)}, which can't be written as {{{column}:{form}}}: {error}"
        ) from None
