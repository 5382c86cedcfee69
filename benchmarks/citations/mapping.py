"""The mapping task: every citation of an answer is given to the fields it supports.

Counted are pairs of a field's path and a passage. A pair is right when the answer's statement of that field cites that passage and
the passage states the field; where the passage states the field but was cited for something else the pair is neither right nor
wrong. All else is wrong. *Verified* pairs are looked at once more: the passage must state the field's value in the answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from benchmarks.citations.answers import Answer, Phrasing
from benchmarks.citations.contract import Adapter, Mapped
from benchmarks.citations.falsify import falsified
from benchmarks.citations.formats import FORMS, write
from benchmarks.citations.grounding import Count
from benchmarks.citations.quotes import letters
from benchmarks.citations.samples import Sample, leaves
from benchmarks.citations.sheets import Passage
from benchmarks.citations.values import SYMBOLS

NESTED = "all nested paths"


@dataclass(slots=True)
class Tally:
    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, gold: set[tuple[str, int]], right: set[tuple[str, int]], wrong: int) -> None:
        self.right += len(right)
        self.wrong += wrong
        self.missed += len(gold - right)

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        both = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / both if both else 0.0


@dataclass(slots=True)
class MappingScore:
    """By format, with and without boolean fields; `nested`: the paths inside lists and models, over all formats."""

    forms: dict[str, Tally] = field(default_factory=dict)
    no_booleans: dict[str, Tally] = field(default_factory=dict)
    nested: Tally = field(default_factory=Tally)
    verified: Count = field(default_factory=Count)
    verified_lies: Count = field(default_factory=Count)
    misses: list[str] = field(default_factory=list)


def macro(tallies: Iterable[Tally]) -> float:
    scores = [tally.f1 for tally in tallies]
    return sum(scores) / len(scores)


def answers_of(samples: Sequence[Sample], phrasing: Phrasing, seed: str) -> list[Answer]:
    """Every sample in every format where it has something to say."""
    return [
        answer
        for sample in samples
        for form in FORMS
        if (answer := write(form, sample, phrasing, Random(f"{seed} {form} {sample.source.name}"))).gold  # noqa: S311
    ]


def lies_of(samples: Sequence[Sample], phrasing: Phrasing, seed: str, each: int = 3) -> list[Answer]:
    drawn = (
        falsified(sample, phrasing, Random(f"{seed} lie {n} {sample.source.name}"))  # noqa: S311
        for sample in samples
        for n in range(each)
    )
    return [answer for answer in drawn if answer]


def score_answer(score: MappingScore, answer: Answer, mapped: dict[str, list[Mapped]]) -> None:
    sample, values = answer.sample, dict(leaves(answer.sample.value))
    pairs: set[tuple[str, int]] = set()
    strays: list[str] = []
    for path, found in mapped.items():
        for one in found:
            index = _passage(one, answer, path)
            states = index is not None and _states(sample, index, path)
            stated = states and path not in answer.wrong
            if one.verified:
                score.verified.add(stated)
                if not stated:
                    score.misses.append(
                        f"{sample.source.name}, {answer.form}: verified, {path}={values.get(path)!r}: {one.text!r}"
                    )
            if not states:
                strays.append(path)
                score.misses.append(
                    f"{sample.source.name}, {answer.form}: wrong, {path}={values.get(path)!r}: {one.text!r}"
                )
            elif index is not None:
                pairs.add((path, index))
    for path in answer.wrong:
        score.verified_lies.add(any(one.verified for one in mapped.get(path, ())))
    if not answer.wrong:
        _tally(score, answer, pairs & answer.gold, strays)


def _states(sample: Sample, index: int, path: str) -> bool:
    """Does the passage state the field? Every amount with its currency states the currency too."""
    passage = sample.passages[index]
    signs = (sample.currency, SYMBOLS.get(sample.currency, sample.currency))
    return path in passage.paths or (path == "currency" and any(sign in passage.text for sign in signs))


def _tally(score: MappingScore, answer: Answer, right: set[tuple[str, int]], strays: Sequence[str]) -> None:
    values = dict(leaves(answer.sample.value))
    booleans = {path for path, value in values.items() if isinstance(value, bool)}
    nested = {path for path in [*values, *strays] if "[" in path or "." in path}
    every = {*values, *strays}
    for tally, paths in (
        (score.forms.setdefault(answer.form, Tally()), every),
        (score.no_booleans.setdefault(answer.form, Tally()), every - booleans),
        (score.nested, nested),
    ):
        tally.add(
            {pair for pair in answer.gold if pair[0] in paths},
            {pair for pair in right if pair[0] in paths},
            sum(path in paths for path in strays),
        )
    for path, index in sorted(answer.gold - right):
        text = answer.sample.passages[index].text
        score.misses.append(f"{answer.sample.source.name}, {answer.form}: missed, {path}={values[path]!r}: {text!r}")


def _passage(mapped: Mapped, answer: Answer, path: str) -> int | None:
    """Which of the document's passages was given, if any; of several alike the one that is right for the field."""
    matches = [i for i, passage in enumerate(answer.sample.passages) if _same(mapped, passage)]
    preferred = [i for i in matches if (path, i) in answer.gold] or [
        i for i in matches if path in answer.sample.passages[i].paths
    ]
    return next(iter(preferred or matches), None)


def _same(mapped: Mapped, passage: Passage) -> bool:
    """The passage, or a part of it that is no more than twice too small or too large."""
    if mapped.span and passage.span:
        common = min(mapped.span.end, passage.span.end) - max(mapped.span.start, passage.span.start)
        length = mapped.span.end - mapped.span.start
        return 2 * common >= max(length, 1) and 2 * common >= passage.span.end - passage.span.start
    mine, true = letters(mapped.text), letters(passage.text)
    if mapped.page is not None and passage.page is not None and mapped.page not in {box.page for box in passage.boxes}:
        return False
    return bool(mine) and (mine in true or true in mine) and 0.5 <= len(mine) / max(1, len(true)) <= 2


def run_mapping(adapter: Adapter, answers: Sequence[Answer]) -> MappingScore:
    score = MappingScore()
    for answer in answers:
        value = answer.sample.value
        score_answer(score, answer, adapter.map_fields(type(value), value, answer.blocks, [answer.sample.source]))
    return score
