"""A result as a row: which columns there are, what they are called, and what each holds.

Columns stand in four groups, in this order: what became of the job, what it was given (its metadata), what was answered, and
what the answer was made of. The groups' own names are fixed; an answer's field gives way to them, and an input column to both.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from batchata.plain import to_plain
from batchata.result import JobResult
from batchata.tables.cells import plain_cell
from batchata.tables.kinds import BOOL, FLOAT, INT, NULL, TEXT, Kind, joined, list_of, refine, settled, struct_of

if TYPE_CHECKING:
    from pydantic import BaseModel

HEAD = {"job_id": TEXT, "outcome": TEXT, "is_success": BOOL, "error": TEXT}
TAIL = {
    "raw_response": TEXT, "model": TEXT, "file": TEXT, "input_tokens": INT, "output_tokens": INT, "cost_usd": FLOAT,
    "citations": list_of(struct_of({"field": TEXT, "text": TEXT, "source": TEXT, "page": INT})),
    "unsupported": list_of(TEXT),
}  # fmt: skip
SOMETIMES = ("file", "citations", "unsupported")
"""Columns that are left out where no result has anything for them."""

METADATA, ANSWER = "metadata", "answer"
"""The columns of metadata and of an answer that is no record."""

Group = tuple[str, str]
"""(group, key in it): a column before it has its name."""


@dataclass(slots=True)
class Columns:
    """The columns of some results, as they are looked at one by one with `see`."""

    inputs: dict[str, Kind] = field(default_factory=dict)
    answers: dict[str, Kind] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    models: set[type] = field(default_factory=set)

    def declare(self, model: "type[BaseModel]") -> None:
        from batchata.tables.model_kinds import answer_columns

        if model in self.models:
            return
        self.models.add(model)
        for name, kind in answer_columns(model).items():
            self.answers[name] = joined(self.answers.get(name), kind)

    def see(self, result: JobResult) -> bytes:
        """One more result; as JSON, in the form `rows` takes."""
        if result.is_success and hasattr(type(result.parsed_response), "model_fields"):
            self.declare(type(result.parsed_response))
        inputs, answers, tail = _inputs(result), _answers(result), _tail(result)
        self.used |= {name for name in SOMETIMES if tail[name]}
        _widen(self.inputs, inputs)
        _widen(self.answers, answers)
        return orjson.dumps({"head": _head(result), "inputs": inputs, "answers": answers, "tail": tail})

    def named(self) -> dict[str, tuple[Group, Kind]]:
        """Every column by its name, in order."""
        tail = {name: kind for name, kind in TAIL.items() if name not in SOMETIMES or name in self.used}
        taken = {*HEAD, *TAIL}
        answers = _renamed(self.answers, "answer", taken)
        inputs = _renamed(self.inputs, "input", taken | answers.keys())
        groups: Iterable[tuple[str, Mapping[str, str], Mapping[str, Kind]]] = (
            ("head", {name: name for name in HEAD}, HEAD),
            ("inputs", inputs, self.inputs),
            ("answers", answers, self.answers),
            ("tail", {name: name for name in tail}, tail),
        )
        return {
            name: ((group, key), settled(kinds[key])) for group, names, kinds in groups for name, key in names.items()
        }


def _renamed(kinds: Collection[str], prefix: str, taken: Collection[str]) -> dict[str, str]:
    """Name to key: the key itself, or with the prefix as often as it takes to be another name."""
    names: dict[str, str] = {}
    for key in kinds:
        name = key
        while name in taken or (name != key and (name in kinds or name in names)):
            name = f"{prefix}_{name}"
        names[name] = key
    return names


def _widen(kinds: dict[str, Kind], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        kind = kinds.get(name, NULL)
        wider = refine(kind, value)
        if wider is not kind or name not in kinds:
            kinds[name] = wider


def _head(result: JobResult) -> dict[str, Any]:
    return {
        "job_id": result.job_id,
        "outcome": result.outcome.value,
        "is_success": result.is_success,
        "error": result.error,
    }


def _inputs(result: JobResult) -> dict[str, Any]:
    given = result.metadata
    if isinstance(given, dict):
        return {str(name): plain_cell(value) for name, value in given.items()}
    return {} if given is None else {METADATA: plain_cell(given)}


def _answers(result: JobResult) -> dict[str, Any]:
    """The typed answer of a job that succeeded; what failed has its text in `raw_response`."""
    if not result.is_success or result.parsed_response is None:
        return {}
    plain = plain_cell(to_plain(result.parsed_response))
    record = isinstance(plain, dict) and "root" not in getattr(type(result.parsed_response), "model_fields", ())
    return plain if record else {ANSWER: plain}


def _tail(result: JobResult) -> dict[str, Any]:
    return {
        "raw_response": result.raw_response,
        "model": result.model,
        "file": result.file,
        "input_tokens": result.input_tokens,
        "output_tokens": result.output_tokens,
        "cost_usd": result.cost_usd,
        "citations": _citations(result),
        "unsupported": result.unsupported,
    }


def _citations(result: JobResult) -> list[dict[str, Any]]:
    """Those of a field with its path, then those of none."""
    mapped = [(path, one) for path, found in result.citation_mappings.items() for one in found]
    loose = [(None, one) for one in result.citations if not any(one == other for _, other in mapped)]
    return [
        {"field": path, "text": one.text, "source": one.source, "page": one.page} for path, one in [*mapped, *loose]
    ]
