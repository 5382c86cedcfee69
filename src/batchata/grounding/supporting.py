"""Which fields of a typed answer are supported by the passages that the answer names for them."""

from collections.abc import Iterable, Sequence
from typing import Any

from batchata.grounding.fields import fields_of, members, unwrapped
from batchata.grounding.paths import Step, path_text, read_path
from batchata.grounding.said import Said
from batchata.grounding.shown import Judge


def weigh(answer: Any, claims: Iterable[tuple[str, str]]) -> dict[str, list[tuple[int, bool]]]:
    """For each field with a value, in the answer's order: the claims that hold for it, by index, and whether each is shown to.

    A claim is a path (of a field, or of what holds it; names or aliases) and a verified passage, "" where there is none. It is
    shown where the passage states the field's value. It is not, yet holds, where that can't be looked for: what is told in
    words of one's own, a small number that nothing names. A passage that states another value, or lacks what must stand in it
    (a date, a number, a name), is left out. `answer` is a Pydantic instance, a data class or plain JSON. Nothing is raised.
    """
    named = [(own_path(answer, path), Said(passage)) for path, passage in claims]
    judge = Judge(fields_of(answer))
    return {
        field.path: [
            (index, shown)
            for index, (path, said) in enumerate(named)
            if _covers(path, field.path) and (shown := judge.shows(field, said)) is not None
        ]
        for field in judge.fields
    }


def support(answer: Any, claims: Iterable[tuple[str, str]]) -> tuple[dict[str, list[int]], list[str]]:
    """(field path to the indexes of the claims that are shown to support it, paths of the fields that have none)."""
    weighed = weigh(answer, claims)
    found = {path: [index for index, shown in some if shown] for path, some in weighed.items()}
    return {path: some for path, some in found.items() if some}, [path for path, some in found.items() if not some]


def _covers(path: str, field: str) -> bool:
    return field == path or (bool(path) and field.startswith((f"{path}.", f"{path}[")))


def own_path(answer: Any, path: str) -> str:
    """The path by field names of one that may go by aliases."""
    steps: list[Step] = []
    left = read_path(path)
    at = unwrapped(answer)
    while left:
        own, at, taken = _member(at, left)
        steps.append(own)
        left = left[taken:]
        at = unwrapped(at)
    return path_text(steps)


def _member(at: Any, left: tuple[Step, ...]) -> tuple[Step, Any, int]:
    """The first step of a path, what stands there, and how many of the path's steps it took."""
    step = left[0]
    if isinstance(step, int) and isinstance(at, Sequence) and not isinstance(at, str):
        return step, at[step] if step < len(at) else None, 1
    named = members(at)
    for name, member, _ in named:
        if name == str(step):
            return name, member, 1
    for name, member, told in named:
        for alias in told.aliases if told else ():
            if tuple(map(str, alias)) == tuple(map(str, left[: len(alias)])):
                return name, member, len(alias)
    return step, None, 1
