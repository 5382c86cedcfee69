"""The fields of a typed answer: where each stands, its value, and the words that speak of it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from dataclasses import fields as dataclass_fields
from functools import cached_property, lru_cache
from typing import Any, Final

from batchata.grounding.lexicon import UNSAYING
from batchata.grounding.paths import Step, path_text
from batchata.grounding.terms import stem
from batchata.grounding.truths import Reading, reading
from batchata.grounding.values import Value
from batchata.grounding.words import Words

_DEEPEST: Final = 32
_TOLD: Final = ("title", "description")
_DESCRIBED: Final = 0.9  # what a description is worth beside a name
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def plain(name: str) -> str:
    """A name in words: `autoRenewal` and `auto_renewal` as `auto renewal`."""
    return _CAMEL.sub(" ", name).replace("_", " ")


@lru_cache(maxsize=8192)
def stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in Words(plain(text)).words if word not in UNSAYING)


@dataclass(frozen=True, slots=True)
class Told:
    """What a model tells of a field beside its name. An alias is a path: mostly of one step."""

    title: str = ""
    aliases: tuple[tuple[Step, ...], ...] = ()
    description: str = ""


NOTHING_TOLD: Final = Told()


@dataclass(frozen=True, eq=False)  # a value need not be comparable
class Field:
    """One leaf of the answer."""

    steps: tuple[Step, ...]
    raw: Any
    told: Told = NOTHING_TOLD

    @cached_property
    def path(self) -> str:
        return path_text(self.steps)

    @cached_property
    def value(self) -> Value:
        return Value(self.raw)

    @cached_property
    def _named(self) -> list[str]:
        """Its own name, title and aliases."""
        name = next((step for step in reversed(self.steps) if isinstance(step, str)), "")
        aliases = [step for alias in self.told.aliases for step in alias[-1:] if isinstance(step, str)]
        return list(dict.fromkeys([plain(said) for said in (name, self.told.title, *aliases) if said]))

    @cached_property
    def names(self) -> list[str]:
        """The stems of its own name, and of titles and aliases."""
        return list(dict.fromkeys([s for said in self._named for s in stems(said)]))

    @cached_property
    def readings(self) -> list[tuple[Reading, float]]:
        """Its names and its description as clauses, each with what it is worth."""
        told = [(self.told.description, _DESCRIBED)] if self.told.description else []
        return [(reading(said), worth) for said, worth in [*((named, 1.0) for named in self._named), *told]]

    @cached_property
    def above(self) -> list[str]:
        """The stems of what it stands in: of `parties[0].name` the parties."""
        named = [step for step in self.steps if isinstance(step, str)][:-1]
        return list(dict.fromkeys(s for step in named for s in stems(step)))

    @cached_property
    def description(self) -> list[str]:
        return list(dict.fromkeys(stems(self.told.description)))

    @cached_property
    def shape(self) -> tuple[Step, ...]:
        """Its path without the numbers of list items."""
        return tuple("[]" if isinstance(step, int) else step for step in self.steps)

    @cached_property
    def item(self) -> tuple[Step, ...] | None:
        """The steps to the list item it stands in, if it does."""
        last = max((i for i, step in enumerate(self.steps) if isinstance(step, int)), default=None)
        return None if last is None else self.steps[: last + 1]


def fields_of(answer: Any, schema: Mapping[str, Any] | None = None) -> list[Field]:
    """The leaves that have a value, in order. `schema` gives titles and descriptions where the answer is plain JSON."""
    root = schema or {}
    return [field for field in _walk(answer, (), NOTHING_TOLD, root, root) if not _is_empty(field.raw)]


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _walk(
    value: Any, steps: tuple[Step, ...], told: Told, schema: Mapping[str, Any], root: Mapping[str, Any]
) -> Iterator[Field]:
    if len(steps) > _DEEPEST:
        return
    value = unwrapped(value)
    schema = _resolved(schema, root, value)
    if inner := members(value):
        shapes = schema.get("properties") or {}
        for name, member, said in inner:
            given = _mapping(shapes.get(name) or schema.get("additionalProperties"))
            shape = {**_resolved(given, root, member), **{key: given[key] for key in _TOLD if key in given}}
            yield from _walk(member, (*steps, name), said or _said(shape), shape, root)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for index, member in enumerate(value):
            yield from _walk(member, (*steps, index), told, _mapping(schema.get("items")), root)
    elif not isinstance(value, Mapping):
        yield Field(steps, value, told)


def unwrapped(value: Any) -> Any:
    """What a root model holds: it has no name in a path."""
    for _ in range(_DEEPEST):
        if not getattr(type(value), "__pydantic_root_model__", False):
            break
        value = value.root
    return value


def members(value: Any) -> list[tuple[str, Any, Told | None]]:
    """The members of a model, a data class or a mapping: name, value, and what is told of it."""
    shapes = getattr(type(value), "model_fields", None)
    if shapes is not None and hasattr(value, "model_dump"):
        named = [(name, getattr(value, name, None), _told(shape)) for name, shape in shapes.items()]
        return named + [(str(name), member, None) for name, member in (value.model_extra or {}).items()]
    if is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name, None), None) for field in dataclass_fields(value)]
    if isinstance(value, Mapping):
        return [(str(name), member, None) for name, member in value.items()]
    return []


def _told(shape: Any) -> Told:
    validation = shape.validation_alias
    choices = getattr(validation, "choices", [validation])  # of `AliasChoices`
    aliases = [tuple(getattr(one, "path", [one])) for one in (*choices, shape.alias, shape.serialization_alias) if one]
    return Told(shape.title or "", tuple(dict.fromkeys(aliases)), shape.description or "")


def _said(schema: Mapping[str, Any]) -> Told:
    return Told(str(schema.get("title", "")), (), str(schema.get("description", "")))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """The schema that a reference or a choice means for this value."""
    for _ in range(_DEEPEST):
        if isinstance(reference := schema.get("$ref"), str):
            target: Any = root
            for name in reference.removeprefix("#").split("/")[1:]:
                target = _mapping(target).get(name)
            schema = _mapping(target)
        elif choices := next(
            (schema[key] for key in ("anyOf", "oneOf", "allOf") if isinstance(schema.get(key), list)), None
        ):
            wanted = "object" if isinstance(value, Mapping) else "array" if isinstance(value, list) else ""
            fits = [_mapping(choice) for choice in choices if _kind(_mapping(choice)) in (wanted, "")]
            schema = fits[0] if fits else {}
        else:
            break
    return schema


def _kind(schema: Mapping[str, Any]) -> str:
    return "" if "$ref" in schema else str(schema.get("type", ""))


def weights(fields: Sequence[Field]) -> dict[str, float]:
    """How much a stem tells one field from another: the more fields it is in, the less."""
    # A list's items share their names: counted once per name, not once per item.
    shapes = {field.shape: field for field in fields}
    counts = Counter(s for field in shapes.values() for s in {*field.names, *field.above, *field.description})
    return {word: 1 / count for word, count in counts.items()}
