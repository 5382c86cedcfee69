"""INPUT: files, folders and globs into documents, or into tables whose rows are jobs."""

import glob
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

from batchata import job_arguments
from batchata.documents.kinds import KINDS
from batchata.errors import ValidationError

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq")
ALWAYS_TABLES = (".parquet", ".pq")
DOCUMENTS = frozenset(suffix for kind in KINDS for suffix in kind.suffixes)


@dataclass(slots=True)
class Found:
    """What the inputs come to. `skipped` are files of folders whose kind is not read, by suffix."""

    documents: list[Path] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def find(inputs: Sequence[str], prompt: str, *, recursive: bool, table: bool | None) -> Found:
    """Every input once, in the order given, folders and globs sorted. `table`: whether CSV and JSONL files are tables;
    None: they are where the prompt names columns. Raises `ValidationError`.
    """
    found, seen = Found(), set()
    as_table = has_columns(prompt) if table is None else table
    for path in _paths(inputs, found.skipped, recursive=recursive):
        if path in seen:
            continue
        seen.add(path)
        suffix = path.suffix.lower()
        is_table = suffix in ALWAYS_TABLES or (as_table and suffix in TABLES)
        (found.tables if is_table else found.documents).append(path)
    if not found.tables and not found.documents:
        raise ValidationError(f"there is nothing to send in {' '.join(inputs)}{told(found.skipped)}")
    if table and found.documents:
        raise ValidationError(f"--table: {found.documents[0].name} is no table; allowed: {', '.join(TABLES)}")
    return found


def has_columns(prompt: str) -> bool:
    """Whether a prompt is a template: `{name}` in it, and no brace that is none."""
    try:
        return any(name for _, name, _, _ in Formatter().parse(prompt))
    except ValueError:
        return False


def told(skipped: Counter[str]) -> str:
    """What was left out of the folders, for people."""
    kinds = ", ".join(f"{number} {suffix or 'without a suffix'}" for suffix, number in skipped.most_common(5))
    return f" (left out, because their kind is not read: {kinds})" if skipped else ""


def _paths(inputs: Iterable[str], skipped: Counter[str], *, recursive: bool) -> Iterator[Path]:
    for given in inputs:
        path = Path(given).expanduser()
        if path.is_dir():
            yield from _of_folder(path, skipped, recursive=recursive)
        elif path.exists():
            yield path
        elif glob.has_magic(given):
            matches = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - it may be absolute
            if not matches:
                raise ValidationError(f"{given!r} matches no file")
            yield from (match for match in matches if not match.is_dir())
        else:
            raise ValidationError(f"{given!r} does not exist; give files, folders, globs or a table")


def _of_folder(folder: Path, skipped: Counter[str], *, recursive: bool) -> Iterator[Path]:
    for path in sorted(folder.rglob("*") if recursive else folder.glob("*")):
        if path.is_dir() or path.name.startswith("."):
            continue
        if path.suffix.lower() in DOCUMENTS or path.suffix.lower() in TABLES:
            yield path
        else:
            skipped[path.suffix.lower()] += 1


def named(paths: Sequence[Path]) -> list[str | None]:
    """A job's id for each file: its name, or where two share one as many folders before it as tell them apart; None where
    that can be no id.
    """
    absolute = [path.absolute() for path in paths]
    names = [path.name for path in absolute]
    depth = 1
    while depth < 12 and (twice := {name for name, times in Counter(names).items() if times > 1}):
        depth += 1
        names = [
            "--".join(path.parts[-depth:]) if name in twice else name
            for path, name in zip(absolute, names, strict=True)
        ]
    return [_allowed(name) for name in names]


def _allowed(name: str) -> str | None:
    try:
        return job_arguments.job_id(name)
    except ValidationError:
        return None
