"""Answers as models give them: text blocks with citations in the native style, in many formats, and what each citation supports.

An answer is put together from statements: some text, the fields it states, the passages it cites. The truth follows: of a
statement's fields each is supported by those of its passages that state it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from random import Random
from string import Formatter
from typing import Any, TypeAlias

from benchmarks.citations.contract import Block
from benchmarks.citations.quotes import flat
from benchmarks.citations.samples import Sample, generic, leaves

Pair: TypeAlias = tuple[str, int]  # a field's path, the number of a passage


@dataclass(frozen=True, slots=True)
class Phrasing:
    """How one split words its answers. Dates, amounts and counts are written by the first functions, and rewritten by the second."""

    day: tuple[Callable[[date], str], ...]
    amount: tuple[Callable[[Decimal, str], str], ...]
    count: tuple[Callable[[int, str], str], ...]
    percent: tuple[Callable[[Decimal], str], ...]
    day_again: tuple[Callable[[date], str], ...]
    amount_again: tuple[Callable[[Decimal, str], str], ...]
    count_again: tuple[Callable[[int, str], str], ...]
    percent_again: tuple[Callable[[Decimal], str], ...]
    name_again: tuple[Callable[[str], str], ...]
    boolean: tuple[tuple[str, str], ...]
    leads: tuple[str, ...]
    asides: tuple[str, ...]
    label_lines: tuple[str, ...]  # {label} and {value}
    bullets: tuple[str, ...]
    table_head: tuple[tuple[str, str], ...]
    pairs: tuple[str, ...]  # {first} and {second}
    several: tuple[str, ...]  # {list}
    quote_marks: tuple[str, ...]  # {quote}
    item_heads: tuple[str, ...]  # {number}


@dataclass(frozen=True, slots=True)
class Answer:
    """`gold`: which passage supports which field. `wrong`: fields whose value in the answer is not the document's."""

    form: str
    sample: Sample
    blocks: tuple[Block, ...]
    gold: frozenset[Pair]
    wrong: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Statement:
    text: str
    paths: tuple[str, ...] = ()
    cited: tuple[int, ...] = ()


class Writer:
    """Writes one answer to one sample."""

    def __init__(self, sample: Sample, phrasing: Phrasing, rng: Random, form: str) -> None:
        self.sample, self.phrasing, self.rng, self.form = sample, phrasing, rng, form
        self.again, self.synonyms = form == "reformatted", form == "synonyms"
        self.values = dict(leaves(sample.value))
        said = [path for path, value in self.values.items() if value is not None and sample.stating(path)]
        self.scalars = [path for path in said if "[" not in path and rng.random() < 0.95]
        self.items: dict[str, list[str]] = {}  # by element of a list
        for path in (path for path in said if "[" in path):
            self.items.setdefault(path[: path.rindex("]") + 1], []).append(path)

    # --- words

    def value(self, path: str) -> str:
        """A field's value as the answer writes it."""
        value, unit, rng, p = self.values[path], self.sample.word(path).unit, self.rng, self.phrasing
        if isinstance(value, bool):
            return rng.choice(p.boolean)[not value]
        if isinstance(value, Enum):
            return str(value.value)
        if isinstance(value, date):
            return rng.choice(p.day_again if self.again else p.day)(value)
        if unit == "money":
            return rng.choice(p.amount_again if self.again else p.amount)(value, self.sample.currency)
        if unit == "%":
            return rng.choice(p.percent_again if self.again else p.percent)(value)
        if isinstance(value, int):
            return rng.choice(p.count_again if self.again else p.count)(value, unit).strip()
        return rng.choice(p.name_again)(str(value)) if self.again and unit == "name" else str(value)

    def label(self, path: str) -> str:
        words = self.sample.word(path)
        return self.rng.choice(words.synonyms if self.synonyms else words.labels)

    def sentence(self, path: str) -> str:
        words = self.sample.word(path)
        if isinstance(self.values[path], bool):
            return self.rng.choice(words.prose if self.values[path] else words.denied)
        return self.rng.choice(words.prose).format(self.value(path))

    def labelled(self, path: str, pattern: str) -> str:
        return pattern.format(label=self.label(path), value=self.value(path))

    def item(self, prefix: str) -> str:
        """One sentence on an element of a list."""
        paths = self.items[prefix]
        templates = self.sample.family.items.get(generic(prefix))
        if not templates:
            return self.sentence(paths[0]).rstrip(".")
        template = self.rng.choice(templates)
        shown = {}
        for path in paths:
            words, value = self.sample.word(path), self.values[path]
            shown[path.rpartition(".")[2]] = (
                self.rng.choice(words.prose if value else words.denied) if isinstance(value, bool) else self.value(path)
            )
        return template.format(**shown)

    def item_paths(self, prefix: str) -> tuple[str, ...]:
        """The fields that every sentence on such an element states."""
        paths = self.items[prefix]
        templates = self.sample.family.items.get(generic(prefix))
        if not templates:
            return (paths[0],)
        named = [{name for _, name, _, _ in Formatter().parse(template) if name} for template in templates]
        return tuple(path for path in paths if path.rpartition(".")[2] in set.intersection(*named))

    # --- statements

    def cite(self, path: str) -> tuple[int, ...]:
        """One of the passages that state the field."""
        return (self.rng.choice(self.sample.stating(path)),)

    def say(self, path: str, text: str) -> Statement:
        return Statement(text, (path,), self.cite(path))

    def say_item(self, prefix: str, pattern: str = "{}") -> Statement:
        paths = self.item_paths(prefix)
        cited = dict.fromkeys(self.sample.stating(path)[0] for path in paths)
        return Statement(pattern.format(self.item(prefix)), paths, tuple(cited))

    def aside(self) -> list[Statement]:
        """Now and then something that is no field, with its citation."""
        spare = [i for i, passage in enumerate(self.sample.passages) if not passage.paths]
        if not spare or self.rng.random() < 0.6:
            return []
        cited = self.rng.choice(spare)
        return [
            Statement(
                self.rng.choice(self.phrasing.asides).format(flat(self.sample.passages[cited].text).rstrip(".")),
                (),
                (cited,),
            )
        ]

    def head(self) -> list[Statement]:
        lead = self.rng.choice(self.phrasing.leads)
        return [Statement(lead)] if lead else []

    # --- into blocks

    def finish(self, statements: Iterable[Statement]) -> Answer:
        blocks, gold = [], set[Pair]()
        for said in statements:
            blocks.append(self.block(said.text, said.cited))
            gold |= supported(self.sample, said.paths, said.cited)
        return Answer(self.form, self.sample, tuple(blocks), frozenset(gold))

    def block(self, text: str, cited: Sequence[int]) -> Block:
        return {"type": "text", "text": text, "citations": [_citation(self.sample, index) for index in cited]}


def supported(sample: Sample, paths: Iterable[str], cited: Iterable[int]) -> set[Pair]:
    return {(path, index) for path in paths for index in cited if path in sample.passages[index].paths}


def _citation(sample: Sample, index: int) -> Mapping[str, Any]:
    passage = sample.passages[index]
    base = {"cited_text": passage.text, "document_index": 0, "document_title": sample.source.name}
    if passage.span:
        place = {"start_char_index": passage.span.start, "end_char_index": passage.span.end}
        return {"type": "char_location", **base, **place}
    pages = [box.page for box in passage.boxes]
    return {"type": "page_location", **base, "start_page_number": min(pages), "end_page_number": max(pages) + 1}
