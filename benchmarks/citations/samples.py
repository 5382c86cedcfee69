"""A sample: one document, the true value of its model, and which passage states which field."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from benchmarks.citations.contract import Source
from benchmarks.citations.sheets import MARGIN, Passage, Sheet, as_pdf, as_text

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Words:
    """What answers call a field. `labels` are near its name, `synonyms` far from it; `prose` are sentences with one `{}` for the
    value. Of a boolean `prose` says that it is so, `denied` that it is not. `unit`: "money", "%", "name" or a plain unit as "days".
    """

    labels: tuple[str, ...]
    synonyms: tuple[str, ...]
    prose: tuple[str, ...]
    denied: tuple[str, ...] = ()
    unit: str = ""


def words(labels: str, synonyms: str, prose: str, denied: str = "", unit: str = "") -> Words:
    """Alternatives are divided by `|`."""
    near, far, said, not_said = (tuple(filter(None, text.split("|"))) for text in (labels, synonyms, prose, denied))
    return Words(near, far, said, not_said, unit)


@dataclass(frozen=True, slots=True)
class Family(Generic[M]):
    """Documents of one kind. `items`: for a list's elements, by generic path (`lines[]`), sentences with the leaves' names."""

    name: str
    model: type[M]
    make: Callable[[Random], M]
    layouts: tuple[Callable[[M, Random], Sheet], ...]
    words: Mapping[str, Words]
    items: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sample:
    family: Family[Any]
    value: BaseModel
    source: Source
    passages: tuple[Passage, ...]

    @property
    def currency(self) -> str:
        currency = getattr(self.value, "currency", "USD")
        return str(getattr(currency, "value", currency))

    def stating(self, path: str) -> list[int]:
        """The passages that state a field."""
        return [i for i, passage in enumerate(self.passages) if path in passage.paths]

    def word(self, path: str) -> Words:
        words: Words = self.family.words[generic(path)]
        return words


def generic(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)


def leaves(value: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and values of everything in a model that is neither a model nor a list, in the order of its fields."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from leaves(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def make_sample(family: Family[M], number: int, seed: str, *, pdf: bool) -> Sample:
    """The `number`th document of a family. A PDF's font knows Latin letters only: values it can't show are drawn again."""
    rng = Random(f"{seed} {family.name} {number} {pdf}")  # noqa: S311
    layout = family.layouts[number % len(family.layouts)]
    name = f"{family.name}-{number:03}.{'pdf' if pdf else 'txt'}"
    while True:
        value = family.make(rng)
        sheet = layout(value, rng)
        sheet.style = replace(sheet.style, bottom=rng.choice((MARGIN, 640.0, 710.0)))  # one page, or several
        try:
            source, passages = as_pdf(sheet, name) if pdf else as_text(sheet, name)
        except UnicodeEncodeError:
            continue
        return Sample(family, value, source, passages)
