"""The command line: `batchata`, or `python -m batchata`. Its own dependencies (Typer, Rich) are the extra `cli`."""

import importlib.util
import os
import sys
from collections.abc import Sequence

NEEDED = ("typer", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. See `batchata --help`."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"batchata: the command line needs {' and '.join(missing)}, which the library itself does not: install batchata with "
            f"its extra 'cli', or pip install {' '.join(missing)}\n"
        )
        return 2
    if not sys.stdout.isatty():
        # Typer colours its help wherever GITHUB_ACTIONS is set, piped or not
        os.environ.setdefault("_TYPER_FORCE_DISABLE_TERMINAL", "1")
    from batchata.cli.app import run

    return run(sys.argv[1:] if arguments is None else arguments)
