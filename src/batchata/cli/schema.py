"""`--schema`: a Pydantic class by `module:Name` or `file.py:Name`, or a JSON Schema file."""

import importlib
import importlib.util
import sqlite3
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from batchata.errors import ValidationError
from batchata.store import recall

if TYPE_CHECKING:
    from pydantic import BaseModel

MOST_BYTES = 5_000_000


def load(given: str) -> "type[BaseModel]":
    """The response model. Raises `ValidationError`."""
    if given.lower().endswith(".json"):
        return _from_file(Path(given).expanduser())
    module, colon, name = given.rpartition(":")
    if not colon or not module or not name.isidentifier():
        raise ValidationError(
            f"--schema {given!r} is neither a class nor a file: give module:Model, path/to/file.py:Model, or schema.json"
        )
    found = getattr(_module(module), name, None)
    if found is None:
        raise ValidationError(f"--schema {given!r}: {module} has no {name}")
    from batchata.job_arguments import response_model

    return response_model(found)


def _from_file(path: Path) -> "type[BaseModel]":
    try:
        data = path.read_bytes()
        schema = orjson.loads(data[:MOST_BYTES])
    except OSError as error:
        raise ValidationError(f"--schema {str(path)!r} can't be read: {error.strerror or error}") from None
    except orjson.JSONDecodeError as error:
        raise ValidationError(f"--schema {str(path)!r} is no JSON: {error}") from None
    return from_schema(schema, path.stem)


def from_schema(schema: Any, name: str) -> "type[BaseModel]":
    from batchata.cli.json_schema import model_from

    return model_from(schema, name)


def kept(connection: sqlite3.Connection, names: Collection[str] | None = None) -> "list[type[BaseModel]]":
    """Response models as a state keeps them, for the types of columns: those of these digests, all where none are named. One that
    can't be made from its schema tells no types.
    """
    models = []
    for name, schema in recall.schemas(connection).items():
        if names is None or name in names:
            with suppress(ValidationError):
                models.append(from_schema(schema, "Answer"))
    return models


def _module(name: str) -> Any:
    """A module by its name, looked for in the working directory first, or a file of Python."""
    if name.endswith(".py"):
        return _file(Path(name).expanduser())
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ValidationError(f"--schema: there is no module {error.name!r} here; give path/to/file.py:Model") from None


def _file(path: Path) -> Any:
    if not path.is_file():
        raise ValidationError(f"--schema: there is no file {str(path)!r}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValidationError(f"--schema: {str(path)!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # Pydantic looks names up there
    spec.loader.exec_module(module)
    return module
