"""What a job asked, as text for people: its prompt, or its messages with documents and pictures by their names."""

from collections.abc import Iterator

from batchata import messages
from batchata.errors import ValidationError
from batchata.job import Job
from batchata.request import Image, Part, Text


def asked(job: Job) -> str | None:
    """None where it can't be read any more."""
    if job.messages_json is None:
        return job.prompt
    try:
        return "\n\n".join(_said(job))
    except ValidationError:
        return None


def _said(job: Job) -> Iterator[str]:
    system, turns = messages.conversation(job.messages or [])
    if system:
        yield "\n".join(["system:", *(part.text for part in system)])
    for turn in turns:
        yield "\n".join([f"{turn.role}:", *map(_shown, turn.parts)])


def _shown(part: Part) -> str:
    if isinstance(part, Text):
        return part.text
    return f"[{part.media_type}]" if isinstance(part, Image) else f"[{part.name}]"
