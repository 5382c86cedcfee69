"""Answers whose model got a value wrong while citing the right passage: nothing may be called verified for that field."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Any

from benchmarks.citations.answers import Answer, Phrasing
from benchmarks.citations.formats import write
from benchmarks.citations.quotes import canonical
from benchmarks.citations.samples import Sample, leaves

FORMS = ("prose", "labelled lines", "bullets", "table", "several in one passage", "nested lists")


def falsified(sample: Sample, phrasing: Phrasing, rng: Random) -> Answer | None:
    """An answer with one false value; None where the drawn field can't be given one that its document does not hold."""
    paths = [path for path, value in leaves(sample.value) if value is not None and sample.stating(path)]
    path = rng.choice([path for path in paths if path != "currency"])
    true = dict(leaves(sample.value))[path]
    false = _other(true, sample.word(path).unit, rng)
    held = canonical(" ".join(passage.text for passage in sample.passages))
    if false is None or (isinstance(false, str) and canonical(false) in held):
        return None
    data = sample.value.model_dump()
    _put(data, path, false)
    answer = write(rng.choice(FORMS), replace(sample, value=type(sample.value).model_validate(data)), phrasing, rng)
    gold = frozenset(pair for pair in answer.gold if pair[0] != path)
    return replace(answer, gold=gold, wrong=frozenset({path}))


def _other(value: Any, unit: str, rng: Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, Enum):
        return rng.choice([member for member in type(value) if member is not value])
    if isinstance(value, date):
        return value + timedelta(days=rng.choice((-400, -31, 17, 93, 731)))
    if isinstance(value, Decimal):
        return value + (Decimal("31.7") if unit == "%" else Decimal(rng.randint(70001, 990000)) / 100)
    if isinstance(value, int):
        return value + rng.randint(201, 290)
    return rng.choice(("Theodora Winklhofer", "Consolidated Umbrella Works", "Xylophone lessons", "QQ-77120-Z"))


def _put(data: Any, path: str, value: object) -> None:
    *steps, last = path.replace("[", ".[").split(".")
    for step in steps:
        data = data[_key(step)]
    data[_key(last)] = value


def _key(step: str) -> str | int:
    return int(step[1:-1]) if step.startswith("[") else step
