"""Which field of a typed answer each cited passage supports, where the answer does not say it itself.

Three looks, the surest first. An answer in JSON says it by its form. Else a statement supports the field whose value it says,
in whatever form people write it; where several fields could be meant, the words around the value decide: a field's name,
title, alias and description, each word the more the fewer fields share it. A truth is said by its clause: there is no value to
look for, only what it is about. What is left goes by the cited passage itself; and what is left then, one to one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from batchata.grounding.evidence import Scene
from batchata.grounding.fields import Field, fields_of, weights
from batchata.grounding.json_places import json_places
from batchata.grounding.paths import Step
from batchata.grounding.said import Said

_TIE: Final = 0.05
_NEAR_BEST: Final = 0.6  # of a field's best evidence: less is another matter


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of the answer's text, in order, and the passages cited for it; `quotes` is empty for what cites nothing."""

    text: str
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """A field's support: the index of the statement, and of the quote in it. `score` compares supports of one field."""

    statement: int
    quote: int
    score: float


def map_fields(
    answer: Any, statements: Sequence[Statement], schema: Mapping[str, Any] | None = None
) -> dict[str, list[Mapped]]:
    """Each field path of the answer that a quote supports, with its quotes in order; paths as in `line_items[2].amount`.

    `answer` is a Pydantic instance, a data class or plain JSON; `schema` (JSON Schema) adds titles and descriptions to plain
    JSON. Fields without a value (None, "") have no support. The same input gives the same result; nothing is raised.
    """
    fields = fields_of(answer, schema)
    if not fields or not any(statement.quotes for statement in statements):
        return {}
    found = _by_row(fields, statements, _by_form(fields, statements) or _by_meaning(fields, statements))
    best = {path: max(mapped.score for mapped in some) for path, some in found.items() if some}
    return {
        field.path: kept
        for field in fields
        if (kept := [m for m in _once(found.get(field.path, [])) if m.score >= _NEAR_BEST * best[field.path]])
    }


def _once(some: list[Mapped]) -> list[Mapped]:
    best: dict[tuple[int, int], Mapped] = {}
    for mapped in some:
        key = (mapped.statement, mapped.quote)
        if key not in best or mapped.score > best[key].score:
            best[key] = mapped
    return [best[key] for key in sorted(best)]


def _by_form(fields: Sequence[Field], statements: Sequence[Statement]) -> dict[str, list[Mapped]]:
    """An answer in JSON: the fields that each statement's part of the text holds."""
    text = "".join(statement.text for statement in statements)
    places = json_places(text)
    by_path = {field.path: field for field in fields}
    places = {path: place for path, place in places.items() if path in by_path}
    if len(places) < max(1, len(fields) // 2):
        return {}
    weight = weights(fields)
    found: dict[str, list[Mapped]] = {}
    end = 0
    for index, statement in enumerate(statements):
        start, end = end, end + len(statement.text)
        held = [by_path[path] for path, (first, last) in places.items() if first < end and start < last]
        for field, quote, score in _shared(held, statement.quotes, weight):
            found.setdefault(field.path, []).append(Mapped(index, quote, score))
    return found


def _shared(
    held: Sequence[Field], quotes: Sequence[str], weight: Mapping[str, float]
) -> list[tuple[Field, int, float]]:
    """The quotes of a statement that holds these fields, each to the fields it speaks of."""
    if len(held) == 1:
        scene = Scene(held, weight, "")
        scores = [1 + scene.in_quote(held[0], Said(quote)) for quote in quotes]
        return [(held[0], quote, 1 + (score == max(scores))) for quote, score in enumerate(scores)]
    scene = Scene(held, weight, "")
    given = [
        (field, index, score)
        for index, quote in enumerate(quotes)
        for field, score in scene.of_quote(Said(quote)).items()
    ]
    fields = [field for field in held if all(field is not one for one, _, _ in given)]
    return [*given, *_left(fields, [i for i in range(len(quotes)) if all(i != quote for _, quote, _ in given)])]


def _left(fields: Sequence[Field], quotes: Sequence[int]) -> list[tuple[Field, int, float]]:
    """What speaks of nothing else, to what nothing else speaks of and may be told in other words: one to one, in order."""
    told = [field for field in fields if field.value.is_told]
    if len(told) == 1:
        return [(told[0], quote, 0.0) for quote in quotes]
    return [(field, quote, 0.0) for field, quote in zip(told, quotes, strict=True)] if len(told) == len(quotes) else []


def _by_meaning(fields: Sequence[Field], statements: Sequence[Statement]) -> dict[str, list[Mapped]]:
    text = "".join(statement.text for statement in statements)
    scene = Scene(fields, weights(fields), text)
    quoted: dict[str, Said] = {}
    found: dict[str, list[Mapped]] = {}
    end = 0
    before = 0  # where the last statement that cites ended: what stands between speaks of this one
    for index, statement in enumerate(statements):
        start, end = end, end + len(statement.text)
        if not statement.quotes:
            continue
        said = [quoted.setdefault(quote, Said(quote)) for quote in statement.quotes]
        claims = scene.claims(start, end, before, said)
        for field, quote, share in _supporting(scene, claims, said):
            found.setdefault(field.path, []).append(Mapped(index, quote, claims[field] + share))
        before = end
    return _by_elimination(scene, statements, found)


def _supporting(scene: Scene, claims: Mapping[Field, float], quotes: Sequence[Said]) -> list[tuple[Field, int, float]]:
    """Of a statement's quotes for each field those that speak of it; all where none does more than another."""
    shares = {field: [scene.in_quote(field, quote) for quote in quotes] for field in claims}
    given = [
        (field, index, share)
        for field in claims
        for index, share in enumerate(shares[field])
        if share >= max(_TIE, _least(field, max(shares[field]), claims))
    ]
    silent = [field for field in claims if max(shares[field]) < _TIE]
    if any(rival.value.spans(quote) for rival in claims for quote in quotes):
        silent = [field for field in silent if field.value.is_told]  # they are there for what else the statement says
    if not given or len(quotes) == 1:
        return [*given, *((field, index, 0.0) for field in silent for index in range(len(quotes)))]
    taken = {index for _, index, _ in given}
    return [*given, *_left(silent, [index for index in range(len(quotes)) if index not in taken])]


def _least(field: Field, best: float, claims: Mapping[Field, float]) -> float:
    # Fields that have the same value tell their quotes apart by what else these say.
    alike = field.item is not None or any(rival is not field and rival.value.is_like(field.value) for rival in claims)
    return best - _TIE if alike else _NEAR_BEST * best


def _by_elimination(
    scene: Scene, statements: Sequence[Statement], found: dict[str, list[Mapped]]
) -> dict[str, list[Mapped]]:
    """Statements that no field was found for, to the fields of the same list item that nothing was found for, one to one."""
    items = {field.path: field.item for field in scene.fields}
    spoken: dict[int, set[tuple[Step, ...] | None]] = {}
    for path, some in found.items():
        for mapped in some:
            spoken.setdefault(mapped.statement, set()).add(items[path])
    about: tuple[Step, ...] | None = None
    left: dict[tuple[Step, ...], list[int]] = {}
    for index, statement in enumerate(statements):
        if index in spoken:
            about = next(iter(spoken[index])) if len(spoken[index]) == 1 else None
        elif statement.quotes and about:
            left.setdefault(about, []).append(index)
    for item, indexes in left.items():
        missing = [field for field in scene.fields if field.item == item and field.path not in found]
        if len(indexes) == len(missing) and all(field.value.is_bool for field in missing):
            for field, index in zip(missing, indexes, strict=True):
                found[field.path] = [Mapped(index, quote, 0.0) for quote in range(len(statements[index].quotes))]
    return found


def _by_row(
    fields: Sequence[Field], statements: Sequence[Statement], found: dict[str, list[Mapped]]
) -> dict[str, list[Mapped]]:
    """The one truth of a list item that nothing was found for, to the row that says all else of it and something more: `exempt`, `Rx: no`."""
    items: dict[tuple[Step, ...], list[Field]] = {}
    for field in fields:
        if field.item is not None:
            items.setdefault(field.item, []).append(field)
    weight = weights(fields)
    for some in items.values():
        missing = [field for field in some if field.path not in found]
        if len(missing) != 1 or not missing[0].value.is_bool:
            continue
        rows = {(mapped.statement, mapped.quote) for field in some for mapped in found.get(field.path, ())}
        scene = Scene(some, weight, "")
        kept = [
            Mapped(*row, 0.0)
            for row in sorted(rows)
            if scene.leaves(missing[0], Said(statements[row[0]].quotes[row[1]]))
        ]
        if len(kept) == 1:
            found[missing[0].path] = kept
    return found
