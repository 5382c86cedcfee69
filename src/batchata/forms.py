"""Jobs that differ in nothing but their prompt, id and metadata: checked once for all they have in common.

The first of a form goes the whole way through `Job.parse`; of those that follow only what is their own is looked at. What
comes out is the same: the digest is cut from the first one's canonical form, which a prompt is one place in.
"""

from dataclasses import replace
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

import orjson

from batchata.arguments import plain
from batchata.errors import ValidationError
from batchata.identity import canonical
from batchata.job import Job
from batchata.job_arguments import job_id
from batchata.said import Form, SaidJob

MOST_FORMS = 10_000

_OWN = frozenset(("prompt", "job_id", "metadata"))
_HASHED = frozenset((str, int, float, bool))
_PROBE = "\x00\u2028 a prompt that nobody asks \\"

_Key: TypeAlias = tuple[tuple[str, type, Any], ...]


class _Known(NamedTuple):
    """A form, and what stands before and after the prompt in the canonical form of its jobs."""

    form: Form
    head: bytes
    tail: bytes


class Forms:
    """The forms that a `Batch` has met under its present defaults and limit."""

    def __init__(self) -> None:
        self._known: dict[_Key, _Known] = {}

    def clear(self) -> None:
        """What is taken of a job has changed."""
        self._known.clear()

    def said(self, item: Any) -> SaidJob | None:
        """A job of a known form. None: it has to be checked whole, by whoever says what may be wrong with it."""
        key = _key(item)
        known = None if key is None else self._known.get(key)
        if known is None:
            return None
        prompt, name, metadata = item["prompt"], item.get("job_id"), item.get("metadata")
        if type(prompt) is not str or not prompt or prompt.isspace():
            return None
        try:
            ask = b"%b" % orjson.dumps(prompt)
            name = None if name is None else job_id(name)
            metadata = None if metadata is None else plain("metadata", metadata)[1]
        except (orjson.JSONEncodeError, ValidationError):
            return None
        form, head, tail = known
        return SaidJob(name, blake2b(head + ask + tail, digest_size=16).digest(), form, ask, metadata)

    def learn(self, item: Any, job: Job, form: Form) -> None:
        """A job that was checked whole: those like it need not be."""
        key = _key(item)
        if key is None or job.prompt is None or job.file is not None or len(self._known) >= MOST_FORMS:
            return
        probed = canonical(replace(job, prompt=_PROBE))
        head, found, tail = probed.partition(orjson.dumps(_PROBE))
        if found:
            self._known[key] = _Known(form, head, tail)


def _key(item: Any) -> _Key | None:
    """All of a job but what is its own; None where that can't be compared, or its prompt is not its own."""
    if not isinstance(item, dict) or "prompt" not in item:
        return None
    if len(item) == 1 + ("job_id" in item) + ("metadata" in item):
        return ()
    rest = [(name, type(value), value) for name, value in item.items() if name not in _OWN]
    plain_values = all(kind in _HASHED or isinstance(value, type) for _, kind, value in rest)
    return tuple(rest) if plain_values else None
