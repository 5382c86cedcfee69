"""Rows as jobs: what `Batch.add_table` was told, and the arguments of `add_job` that each row comes to."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from batchata.arguments import near, shown
from batchata.errors import ValidationError
from batchata.job_arguments import merged, one_content
from batchata.tables.cells import is_missing, plain_cell, text_of
from batchata.tables.kinds import Kind
from batchata.tables.sources import open_table
from batchata.tables.table import BadRow, Row
from batchata.tables.template import Template, listed

T = TypeVar("T")


class RowJob(dict[str, Any]):
    """`add_job`'s arguments of one row. `where` names the row; `wrong` says why it is no job, if it is none."""

    __slots__ = ("where", "wrong")

    def __init__(self, arguments: Mapping[str, Any], where: str, wrong: str | None = None) -> None:
        super().__init__(arguments)
        self.where = where
        self.wrong = wrong


class _ToTheEnd(Iterator[RowJob]):
    """A reading that broke off says so each time it is asked for more: to end would be to lose the rows not read."""

    def __init__(self, table: str, jobs: Iterator[RowJob]) -> None:
        self._table = table
        self._jobs = jobs
        self._broke: ValidationError | None = None

    def __next__(self) -> RowJob:
        if self._broke is not None:
            raise self._broke
        try:
            return next(self._jobs)
        except (OSError, ValueError) as error:
            self._broke = ValidationError(f"table={shown(self._table)} can't be read to its end: {error}")
            raise self._broke from error


class TableJobs:
    """The jobs of a table, one a row, in its order. Raises `ValidationError` for what is wrong with every row.

    `sample` is a job such as any row gives, for an early check of all that does not depend on the row. `kinds` are the
    columns that come back beside the answers, with what the table says they hold.
    """

    def __init__(
        self,
        source: Any,
        params: Mapping[str, Any],
        defaults: Mapping[str, Any],
        *,
        id_column: str | None = None,
        keep: Sequence[str] | None = None,
        missing: str = "",
    ) -> None:
        for name, instead in (("job_id", "id_column"), ("metadata", "keep")):
            if params.get(name) is not None:
                raise ValidationError(
                    f"{name} is the same for all rows here; give {instead}= to take it from the table"
                )
        self._table = open_table(source)
        self._params = {name: value for name, value in params.items() if value is not None}
        said = merged(params, defaults)
        one_content(said)
        self._templates = _templates(self._params, said)
        self._missing = _missing(missing)
        self._id_column = None if id_column is None else self._column("id_column", id_column)
        self._keep = self._kept(keep)
        self._check_columns()

    @property
    def sample(self) -> dict[str, Any]:
        filled = {name: _filled(value, Template.sample) for name, value in self._templates.items()}
        job = {**self._params, **filled}
        if any(template.columns for template in _all(self._templates.get("file"))):
            del job["file"]  # which file it is, the row says
        return job

    @property
    def kinds(self) -> dict[str, Kind]:
        kept = self._table.columns if self._keep is None else self._keep
        return {name: kind for name, kind in self._table.columns.items() if name in kept and self._table.fixed}

    def __iter__(self) -> Iterator[RowJob]:
        return _ToTheEnd(self._table.name, self._jobs())

    def _jobs(self) -> Iterator[RowJob]:
        for number, row in self._table.read():
            yield self._job(row, self._table.where(number))

    def checker(self, check: Callable[[Mapping[str, Any]], T]) -> Callable[[Any], T]:
        """`check` for these jobs: what it finds wrong names the row."""

        def checked(job: RowJob) -> T:
            if job.wrong is not None:
                raise ValidationError(f"{job.where}: {job.wrong}")
            try:
                return check(job)
            except ValidationError as error:
                raise ValidationError(f"{job.where}: {error}") from error

        return checked

    def _job(self, row: Row | BadRow, where: str) -> RowJob:
        if isinstance(row, BadRow):
            return RowJob({}, where, row.reason)
        names = row if self._keep is None else self._keep
        arguments: dict[str, Any] = {}
        try:
            if kept := {name: plain_cell(row.get(name)) for name in names}:
                arguments["metadata"] = kept
            if self._id_column is not None:
                arguments["job_id"] = self._id(row, self._id_column)
            filled = {
                name: _filled(value, lambda template: template.fill(row, self._missing))
                for name, value in self._templates.items()
            }
        except ValidationError as error:
            return RowJob(arguments, where, str(error))
        return RowJob({**self._params, **filled, **arguments}, where)

    def _id(self, row: Row, column: str) -> str:
        value = row.get(column)
        if is_missing(value):
            raise ValidationError(f"it has no value in the id_column {shown(column)}")
        return text_of(value)

    def _column(self, name: str, column: Any) -> str:
        columns = self._table.columns
        if not isinstance(column, str) or column not in columns:
            raise ValidationError(
                f"{name}: the table has no column {shown(column)}.{near(column, columns)} {listed(columns)}"
            )
        return column

    def _kept(self, keep: Any) -> list[str] | None:
        """The columns to keep; None for whatever a row has."""
        if keep is None:
            fixed = [name for name in self._table.columns if name not in self._table.binary]
            return fixed if self._table.fixed else None
        if isinstance(keep, str) or not isinstance(keep, Sequence):
            raise ValidationError(
                f"keep={shown(keep)} is not allowed; give a list of columns, [] for none, or None for all"
            )
        return [self._column("keep", column) for column in keep]

    def _check_columns(self) -> None:
        used = False
        for name, value in self._templates.items():
            for template in _all(value):
                template.check(name, self._table.columns)
                used |= bool(template.columns)
        if self._templates and not used:
            raise ValidationError(
                f"no {{column}} stands in {' or '.join(self._templates)}: every row would ask the same. Put one in. "
                f"{listed(self._table.columns)}"
            )


Templates = dict[str, Any]
"""The arguments that are templates: a `Template`, or messages with templates for their strings."""


def _templates(params: Mapping[str, Any], said: Mapping[str, Any]) -> Templates:
    """`said` is with the defaults: a default prompt is a template here; a default file is a path as it stands."""
    found = {name: _parsed(name, said[name]) for name in ("prompt", "messages") if name in said}
    if isinstance(params.get("file"), str | os.PathLike):
        found["file"] = _parsed("file", os.fspath(params["file"]))
    return found


def _parsed(name: str, value: Any) -> Any:
    match value:
        case str():
            return Template.parse(name, value)
        case dict():
            return {key: _parsed(name, item) for key, item in value.items()}
        case list() | tuple():
            return [_parsed(name, item) for item in value]
        case _:
            return value


def _filled(value: Any, fill: Callable[[Template], str]) -> Any:
    match value:
        case Template():
            return fill(value)
        case dict():
            return {key: _filled(item, fill) for key, item in value.items()}
        case list():
            return [_filled(item, fill) for item in value]
        case _:
            return value


def _all(value: Any) -> Iterator[Template]:
    match value:
        case Template():
            yield value
        case dict():
            for item in value.values():
                yield from _all(item)
        case list():
            for item in value:
                yield from _all(item)


def _missing(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(
            f"missing={shown(value)} is no text; give what stands in the prompt for a cell without value"
        )
    return value
