"""The commands, put together."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from batchata.cli import about, cleaning, going_on, results, saying, sending, status, trying
from batchata.cli.codes import TOLD
from batchata.cli.guard import guarded, nobody_reads
from batchata.version import __version__

WIDE = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

COMMANDS: dict[Callable[..., int], str] = {
    sending.run: """
batchata run reports/*.pdf -m claude-haiku-4-5 -p "Sum up." --limit 5
batchata run bills/ -m gpt-5-mini -p @ask.txt -s models.py:Invoice --cite
batchata run a.csv -m o4-mini -p "Sort: {text}" -s mood.json -o b.csv
""",
    sending.estimate: """
batchata estimate reports/*.pdf -m claude-haiku-4-5 -p "Sum up." --limit 5
batchata estimate reviews.csv -m gpt-5-mini -p "Classify: {text}" --json
""",
    going_on.resume: """
batchata resume batchata.db
batchata resume batchata.db --limit 10      a higher limit
batchata resume batchata.db -s models.py:Invoice
""",
    status.status: """
batchata status batchata.db
batchata status batchata.db --watch
batchata status batchata.db --json | jq .cost_usd
""",
    results.results: """
batchata results batchata.db
batchata results batchata.db --failed
batchata results batchata.db -o answers.csv
batchata results batchata.db --format json | jq '.[].parsed_response'
""",
    going_on.retry: """
batchata retry batchata.db
batchata retry batchata.db --job invoice-7.pdf
batchata retry batchata.db --lost           deleted answers, paid again
""",
    going_on.cancel: """
batchata cancel batchata.db
""",
    results.report: """
batchata report batchata.db -o report.html
""",
    going_on.decide: """
batchata decide batchata.db 3 --never-made   its console shows none
batchata decide batchata.db 3 --made
""",
    cleaning.purge: """
batchata purge batchata.db
batchata purge batchata.db --yes --here-only
""",
    about.models: """
batchata models haiku
batchata models --provider groq --json
""",
    about.doctor: """
batchata doctor
batchata doctor batchata.db --json
""",
    trying.emulator: """
batchata emulator --port 8765    prints what another terminal needs
batchata emulator --mix '{"refused": 0.1}' --turnaround 10
""",
    trying.demo: """
batchata demo
batchata demo -m claude-haiku-4-5
""",
}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"batchata {__version__}")
        raise typer.Exit


def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version, and exit.")
    ] = False,
) -> None:
    """Large batches of AI requests through the providers' own batch APIs: half price, a hard cost limit, state that survives."""


def build() -> typer.Typer:
    app = typer.Typer(
        name="batchata",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings=WIDE,
        rich_markup_mode=None,
        epilog="Exit codes:\n\n\b\n" + TOLD,
    )
    app.callback()(_top)
    for command, examples in COMMANDS.items():
        epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples.strip().splitlines())
        app.command(command.__name__, epilog=epilog)(guarded(command))
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    try:
        build()(args=list(arguments), prog_name="batchata")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        words = getattr(end.__context__, "format_message", None)  # an option that is none, an argument that is missing
        if words is not None and "--json" in arguments:
            kind = type(end.__context__).__name__
            saying.put_json({"error": {"kind": kind, "message": words()}, "exit_code": code})
    else:
        code = 0
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        nobody_reads()
    return code
