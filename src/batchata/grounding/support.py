"""Which fields of a typed answer are supported by the passages that the answer names for them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from batchata.grounding.fields import Field, fields_of, members
from batchata.grounding.paths import Step, path_text, read_path
from batchata.grounding.values import Said


def support(answer: Any, claims: Iterable[tuple[str, str]]) -> tuple[dict[str, list[int]], list[str]]:
    """(field path to the indexes of the claims that support it, paths of the fields that have none), both in the answer's order.

    A claim is a path (of a field, or of what holds it; names or aliases) and a verified passage, "" where there is none.
    Fields without a value are left out. `answer` is a Pydantic instance, a data class or plain JSON. Nothing is raised.
    """
    named = [(own_path(answer, path), Said(passage)) for path, passage in claims]
    found: dict[str, list[int]] = {}
    unsupported: list[str] = []
    for field in fields_of(answer):
        claimed = [i for i, (path, said) in enumerate(named) if _covers(path, field.path) and states(field, said)]
        if claimed:
            found[field.path] = claimed
        else:
            unsupported.append(field.path)
    return found, unsupported


def states(field: Field, said: Said) -> bool:
    """Does a passage state the field's value? Dates, numbers, codes and names must stand in it, in any form people write them;
    truths, and what is told in words of one's own, can't be looked for: there any passage will do.
    """
    if not said.text.strip():
        return False
    return (field.value.is_told and not _is_name(field.raw)) or bool(field.value.spans(said))


def _is_name(value: Any) -> bool:
    """`Brennmoor Instrument Works`; not `soon`, nor `Monthly payment in advance`."""
    words = [word for word in value.split() if len(word) > 3] if isinstance(value, str) else []
    return bool(words) and all(word[0].isupper() for word in words)


def _covers(path: str, field: str) -> bool:
    return field == path or (bool(path) and field.startswith((f"{path}.", f"{path}[")))


def own_path(answer: Any, path: str) -> str:
    """The path by field names of one that may go by aliases."""
    steps: list[Step] = []
    at = answer
    for step in read_path(path):
        own, at = _member(at, step)
        steps.append(own)
    return path_text(steps)


def _member(at: Any, step: Step) -> tuple[Step, Any]:
    if isinstance(step, int) and isinstance(at, Sequence) and not isinstance(at, str):
        return step, at[step] if step < len(at) else None
    if isinstance(step, int) and not isinstance(at, Mapping):
        return step, None
    named = members(at)
    for name, member, _ in named:
        if name == str(step):
            return name, member
    for name, member, told in named:
        if str(step) in told[1:2]:
            return name, member
    return step, None
