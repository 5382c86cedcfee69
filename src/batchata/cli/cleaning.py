"""`purge`: what was asked and answered, forgotten here and, as far as it lets us, at the providers."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from batchata.cli import again, dotenv, options, out_table, saying
from batchata.cli.codes import Exit
from batchata.errors import BatchataError, StateLockedError, ValidationError
from batchata.live.figures import counted
from batchata.providers.catalog import KINDS, service
from batchata.store import administration, reading
from batchata.store.administration import Contents
from batchata.store.database import connect_reader
from batchata.store.watching import Made, driver_of, made

if TYPE_CHECKING:
    from batchata.providers.catalog import Catalog

STAYS = {"openai": "OpenAI keeps the entries of batches in its list, without their files"}
"""What a provider does not let go of (see docs/providers.md)."""


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
        found, batches = administration.contents(connection), made(connection)
    if found.open_batches:
        raise ValidationError(
            f"{str(state)!r} has {counted(found.open_batches, 'open batch')}: resume or cancel first, then purge"
        )
    batches = [] if here_only else batches
    _confirm(state, found, len(batches), yes=yes)
    failed = {} if here_only else _purge_there(state, batches)
    _remove(found)
    out_table.note(state, 0, None)
    administration.purge(state)
    _tell(state, found, batches, failed, json_out=json_out)
    return Exit.PROVIDER if failed else Exit.OK


def _confirm(state: Path, found: Contents, batches: int, *, yes: bool) -> None:
    providers = f", and what {counted(batches, 'batch')} left at the providers" if batches else ""
    words = (
        f"Delete for good: what {counted(found.jobs, 'job')} asked and {counted(found.answers, 'answer')} in {state}, "
        f"{counted(len(found.files), 'result file')}{providers}?"
    )
    if not yes and not saying.confirmed(words):
        raise ValidationError("not confirmed: answer yes, or give --yes; nothing was deleted")


def _purge_there(state: Path, batches: list[Made]) -> dict[str, str]:
    """Let the providers delete what they hold for this state; what is left there, with the reason."""
    from batchata.engine.session import spool_of
    from batchata.engine.upload_notes import KEY, UploadNotes, upload_tag
    from batchata.engine.uploading import Uploading
    from batchata.providers.catalog import Catalog
    from batchata.store.moves import Store

    failed = {}
    with administration.held(state) as database:
        salt = reading.meta(database.connection, "salt") or ""
        catalog = Catalog({}, spool_of(state.absolute()), salt)
        try:
            for batch in batches:
                try:
                    _purge_one(catalog, batch)
                except BatchataError as error:
                    failed[f"{batch.provider} {batch.provider_id}"] = str(error)
            UploadNotes(Store(database), catalog, Uploading(upload_tag(salt), time.time)).clean()
            left = orjson.loads(reading.meta(database.connection, KEY) or "[]")
            failed |= {f"{provider} files": "they could not be removed; they expire" for provider, _ in left}
        finally:
            catalog.close()
    return failed


def _purge_one(catalog: "Catalog", batch: Made) -> None:
    if batch.provider not in KINDS and service(batch.provider, {}) is None:
        raise ValidationError("it is a service that a script named: set its address and key as BATCHATA_NAME_… here")
    if catalog.account(batch.provider) != batch.account:  # to another key a batch is not there, which proves nothing
        raise ValidationError("it was made with another key, or at another address: purge with that one")
    catalog[batch.provider].purge(batch.provider_id)


def _remove(found: Contents) -> None:
    for file in found.files:
        file.unlink(missing_ok=True)
    if found.folder is not None:
        for folder in (found.folder / "raw_responses", found.folder):
            with suppress(OSError):  # not empty: there is something that we did not write
                folder.rmdir()


def _tell(state: Path, found: Contents, batches: list[Made], failed: dict[str, str], *, json_out: bool) -> None:
    providers = Counter(batch.provider for batch in batches)
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
