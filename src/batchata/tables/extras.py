"""What tables need beyond the core, loaded on first use: Narwhals and PyArrow, and the data-frame library of the user's choice."""

from importlib import import_module
from typing import Any

from batchata.errors import ValidationError


def load(module: str, purpose: str, packages: str = "narwhals pyarrow") -> Any:
    """The module. Raises `ValidationError` saying what to install, where it is not."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        extra = "" if packages == module else " (batchata's extra 'tables')"
        raise ValidationError(f"{purpose} needs {error.name or module}{extra}: pip install {packages}") from error
