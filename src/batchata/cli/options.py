"""The options that several commands share, once each."""

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from batchata.errors import ValidationError

STATE = Path("batchata.db")

State = Annotated[Path, typer.Argument(help="The state file of a run.", show_default=True, metavar="STATE")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notices; only what did not end well.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more of what goes on.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask; do it.")]

Inputs = Annotated[
    list[str], typer.Argument(help="Files, folders, globs, or a table (CSV, JSONL, Parquet).", metavar="INPUT")
]
Model = Annotated[
    str, typer.Option("--model", "-m", help="Such as claude-haiku-4-5, gpt-5-mini, gemini-2.5-flash, local/…")
]
Prompt = Annotated[
    str,
    typer.Option(
        "--prompt", "-p", help="What to ask of each file; over a table with {column}s; @FILE reads it from a file."
    ),
]
Schema = Annotated[
    str | None, typer.Option("--schema", "-s", help="Typed answers: module:Model, file.py:Model, or schema.json.")
]
Cite = Annotated[bool, typer.Option("--cite", help="Cite: say which passage supports the answer, field by field.")]
Limit = Annotated[
    float | None,
    typer.Option(
        "--limit", "-l", min=0, help="Hard ceiling in USD on all that is billed under the state.", metavar="USD"
    ),
]
NoLimit = Annotated[bool, typer.Option("--no-limit", help="Go on without the limit that was set.")]
StateOption = Annotated[Path, typer.Option("--state", help="Where the state is kept; run again with it to go on.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="A folder: one JSON file per job, as they land. A .csv, .jsonl or .parquet file: a table."
    ),
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", min=1, metavar="N", help="Cap of an answer, thinking included (1000).")
]
Temperature = Annotated[float | None, typer.Option("--temperature", min=0, max=2, metavar="N", help="0 to 2.")]
Param = Annotated[
    list[str] | None,
    typer.Option("--param", help="NAME=JSON into the request as it is; more than one allowed.", metavar="NAME=JSON"),
]
PriceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--price",
        help="MODEL=IN,OUT in USD per million tokens, for a model without a known price.",
        metavar="MODEL=IN,OUT",
    ),
]
PerBatch = Annotated[
    int | None,
    typer.Option(
        "--items-per-batch", min=1, metavar="N", help="Jobs in one provider batch; as many as it takes by default."
    ),
]
Concurrent = Annotated[
    int | None, typer.Option("--max-concurrent", min=1, metavar="N", help="Provider batches at once (10).")
]
TimeLimit = Annotated[
    str | None,
    typer.Option("--time-limit", help="Stop and cancel what is open after that: 90s, 30m, 12h.", metavar="TIME"),
]
Attempts = Annotated[
    int | None, typer.Option("--max-attempts", min=1, metavar="N", help="Tries per job for errors worth retrying (3).")
]
IdColumn = Annotated[str | None, typer.Option("--id-column", help="The column of a table that names its rows' jobs.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Folders with all that is under them.")]
AsTable = Annotated[
    bool | None,
    typer.Option(
        "--table/--document", help="Whether CSV and JSONL files are tables; by default where the prompt has {column}s."
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Begin anew; an old state with paid work is kept beside it.")]

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds(given: str) -> float:
    """`90s`, `30m`, `12h`, `1h30m`. Raises `ValidationError`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", given.replace(" ", "").lower())
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != given.replace(" ", "").lower() or total <= 0:
        raise ValidationError(f"--time-limit {given!r} is no time; give one such as 90s, 30m, 12h or 1h30m")
    return total


def text(given: str) -> str:
    """A prompt as it stands, or the file behind an `@`."""
    if not given.startswith("@"):
        return given
    path = Path(given[1:]).expanduser()
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValidationError(f"--prompt {given!r}: {str(path)!r} can't be read: {error}") from None


def params(given: list[str] | None) -> dict[str, Any]:
    """`NAME=JSON` pairs; what is no JSON is text."""
    found = {}
    for pair in given or []:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ValidationError(f"--param {pair!r}: give NAME=JSON, such as top_p=0.9")
        try:
            found[name] = orjson.loads(value)
        except orjson.JSONDecodeError:
            found[name] = value
    return found


def prices(given: list[str] | None) -> dict[str, tuple[Decimal, Decimal]]:
    """`MODEL=IN,OUT` pairs."""
    found = {}
    for pair in given or []:
        model, _, figures = pair.rpartition("=")
        try:
            price_in, price_out = (Decimal(figure.strip()) for figure in figures.split(","))
        except (InvalidOperation, ValueError):
            raise ValidationError(
                f"--price {pair!r}: give MODEL=IN,OUT in USD per million tokens, such as m=0.5,1.5"
            ) from None
        found[model] = (price_in, price_out)
    return found
