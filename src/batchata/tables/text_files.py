"""CSV and JSONL files as tables, with the standard library alone; read line by line, in UTF-8 with or without its mark."""

import codecs
import csv
import json
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from batchata.arguments import shown
from batchata.errors import ValidationError
from batchata.tables.kinds import NULL, TEXT
from batchata.tables.table import BadRow, Row, Table, named_once

LONGEST_CELL = 50_000_000  # characters; the csv module's own limit of 131,072 is shorter than many documents
PEEK = 65_536  # bytes looked at for the encoding and the delimiter
PEEK_ROWS = 100  # of a JSONL file, for its columns

_field_limit = threading.Lock()  # the csv module has one limit for the whole process


def open_csv(path: Path) -> Table:
    """The first record names the columns. `,`, `;`, tab or `|` stands between cells: whichever the first line has most of."""
    delimiter = _delimiter(path)
    with _opened(path) as file:
        header = _record(csv.reader(file, delimiter=delimiter), path) or []
    names = named_once(shown(path.name), (name.strip() or f"column_{n}" for n, name in enumerate(header, start=1)))
    return Table(
        path.name, dict.fromkeys(names, TEXT), lambda: _csv_rows(path, delimiter, names), unit="line"
    )  # fmt: skip


def open_jsonl(path: Path) -> Table:
    """One JSON object a line. Its columns are the keys of the first objects; later ones may have others."""
    _encoded(path)
    columns: Row = {}
    for _, row in islice(_jsonl_rows(path), PEEK_ROWS):
        if not isinstance(row, BadRow):
            columns |= dict.fromkeys(row, NULL)
    return Table(path.name, columns, lambda: _jsonl_rows(path), unit="line", fixed=False)


def _encoded(path: Path) -> str:
    """The first characters of the file. Raises `ValidationError` where they are no UTF-8."""
    with path.open("rb") as file:
        start = file.read(PEEK)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValidationError(f"table={shown(path.name)} is UTF-16; save it as UTF-8")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(start)
    except UnicodeDecodeError as error:
        line = start[: error.start].count(b"\n") + 1
        raise ValidationError(
            f"table={shown(path.name)}, line {line} is not UTF-8 (byte {start[error.start]:#x}); save it as UTF-8"
        ) from None


def _delimiter(path: Path) -> str:
    first = _encoded(path).lstrip("\r\n").splitlines()
    unquoted = "".join(first[0].split('"')[::2]) if first else ""
    return max(",;\t|", key=unquoted.count)  # the first of equals: a comma


def _opened(path: Path) -> IO[str]:
    # a byte that is no UTF-8 costs its own row, not the file
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _csv_rows(path: Path, delimiter: str, names: list[str]) -> Iterator[tuple[int, Row | BadRow]]:
    with _opened(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        _record(reader, path)
        while (cells := _record(reader, path)) is not None:
            yield reader.line_num, _csv_row(cells, names)


def _record(reader: Any, path: Path) -> list[str] | None:
    """The next record that is not a blank line; None at the end."""
    with _field_limit:
        before = csv.field_size_limit(LONGEST_CELL)
        try:
            return next((cells for cells in reader if cells), None)
        except csv.Error as error:  # what follows can't be told apart any more
            raise ValidationError(f"table={shown(path.name)}, line {reader.line_num}: {error}") from error
        finally:
            csv.field_size_limit(before)


def _csv_row(cells: list[str], names: list[str]) -> Row | BadRow:
    if len(cells) != len(names):
        return BadRow(f"it has {len(cells)} cells, and the header has {len(names)}")
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return BadRow("it is not UTF-8")
    return {name: cell or None for name, cell in zip(names, cells, strict=True)}  # CSV can't tell empty from missing


def _jsonl_rows(path: Path) -> Iterator[tuple[int, Row | BadRow]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, _json_row(line)


def _json_row(line: bytes) -> Row | BadRow:
    try:
        value = json.loads(
            line
        )  # not orjson: it reads an integer beyond 64 bits as a float, and trips over UTF-8's mark
    except UnicodeDecodeError:
        return BadRow("it is not UTF-8")
    except (ValueError, RecursionError) as error:
        return BadRow(f"it is no JSON: {error}")
    return value if isinstance(value, dict) else BadRow("it is no JSON object; give one {…} a line")
