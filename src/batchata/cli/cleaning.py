"""`purge`: what was asked and answered, forgotten here and, as far as it lets us, at the providers."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated

import typer

from batchata.cli import again, dotenv, options, saying
from batchata.cli.codes import Exit
from batchata.errors import BatchataError, StateLockedError, ValidationError
from batchata.live.figures import counted
from batchata.store import administration
from batchata.store.administration import Contents
from batchata.store.database import connect_reader
from batchata.store.watching import driver_of

STAYS = {
    "anthropic": "Anthropic keeps batches and their answers until 29 days after their creation; its Console deletes them sooner",
    "openai": "OpenAI keeps the entries of batches in its list, without their files",
    "gemini": "Google deletes the answers' files 48 hours after their making",
}
"""What `forget` does not reach, by provider (see docs/providers.md)."""


def purge(
    state: options.State = options.STATE,
    here_only: Annotated[bool, typer.Option("--here-only", help="Leave alone what lies at the providers.")] = False,
    yes: options.Yes = False,
    json_out: options.Json = False,
) -> int:
    """Delete prompts, answers and result files; keep the accounts.

    Here, and as far as they let us, at the providers. Ids, outcomes, tokens and costs stay.
    """
    dotenv.load()
    again.existing(state)
    if process := driver_of(state):
        raise StateLockedError(f"{str(state)!r} is being driven by {process}: stop that one first, then purge")
    with closing(connect_reader(state)) as connection:
        found = administration.contents(connection)
    if found.open_batches:
        raise ValidationError(
            f"{str(state)!r} has {counted(found.open_batches, 'open batch')}: resume or cancel first, then purge"
        )
    _confirm(state, found, yes=yes, here_only=here_only)
    failed = {} if here_only else _forget(state, found)
    _remove(found)
    administration.purge(state)
    _tell(state, found, failed, json_out=json_out)
    return Exit.PROVIDER if failed else Exit.OK


def _confirm(state: Path, found: Contents, *, yes: bool, here_only: bool) -> None:
    providers = (
        ""
        if here_only or not found.batches
        else f", and the files of {counted(len(found.batches), 'batch')} at the providers"
    )
    words = (
        f"Delete for good: what {counted(found.jobs, 'job')} asked and {counted(found.answers, 'answer')} in {state}, "
        f"{counted(len(found.files), 'result file')}{providers}?"
    )
    if not yes and not saying.confirmed(words):
        raise ValidationError("not confirmed: answer yes, or give --yes; nothing was deleted")


def _forget(state: Path, found: Contents) -> dict[str, str]:
    """Let the providers remove what was put there; the batches where that failed, with the reason."""
    from batchata.engine.session import spool_of
    from batchata.providers.catalog import Catalog

    failed = {}
    catalog = Catalog({}, spool_of(state.absolute()), "")
    try:
        for provider, name in found.batches:
            try:
                catalog[provider].forget(name)
            except BatchataError as error:
                failed[f"{provider} {name}"] = str(error)
    finally:
        catalog.close()
    return failed


def _remove(found: Contents) -> None:
    for file in found.files:
        file.unlink(missing_ok=True)
    if found.folder is not None:
        for folder in (found.folder / "raw_responses", found.folder):
            with suppress(OSError):  # not empty: there is something that we did not write
                folder.rmdir()


def _tell(state: Path, found: Contents, failed: dict[str, str], *, json_out: bool) -> None:
    providers = Counter(provider for provider, _ in found.batches)
    older = _older(state)
    if json_out:
        saying.put_json(
            {
                "state": str(state),
                "jobs": found.jobs,
                "answers": found.answers,
                "files": len(found.files),
                "batches": dict(providers),
                "failed": failed,
                "older_states": [str(path) for path in older],
                "at": time.time(),
            }
        )
        return
    saying.note(
        f"Purged {counted(found.jobs, 'job')}, {counted(len(found.files), 'result file')}. The accounts are kept."
    )
    for provider in providers:
        if provider in STAYS:
            saying.note(f"{STAYS[provider]}.", "dim")
    for name, why in list(failed.items())[:10]:
        saying.note(f"Left at the provider: {name}: {why}", "yellow")
    if older:
        saying.note(f"Older states beside it are not touched: {', '.join(path.name for path in older)}", "yellow")


def _older(state: Path) -> Sequence[Path]:
    """States that `--fresh` set aside."""
    return [path for path in sorted(state.absolute().parent.glob(f"{state.name}.2*")) if path.is_file()]
