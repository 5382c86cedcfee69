"""The two corpora: `dev`, to build against, and `heldout`, to measure with. The same seed gives the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.citations.answers import Phrasing
from benchmarks.citations.samples import Family, Sample, make_sample

Name = Literal["dev", "heldout"]


@dataclass(frozen=True, slots=True)
class Corpus:
    """`documents` are for quotes, `answered` of them also for answers."""

    documents: tuple[Sample, ...]
    answered: tuple[Sample, ...]
    phrasing: Phrasing
    seed: str


def load(name: Name, *, texts: int = 18, pdfs: int = 9, answered: int = 9) -> Corpus:
    """`texts` and `pdfs` documents of each family; `answered` of its texts and a third as many of its PDFs get answers."""
    families: Sequence[Family[Any]]
    # Each split is imported only when it is asked for: to work with one never shows the other
    if name == "dev":
        from benchmarks.citations.dev.corpus import FAMILIES, PHRASING, SEED

        families = FAMILIES
    else:
        from benchmarks.citations.heldout.corpus import FAMILIES, PHRASING, SEED

        families = FAMILIES
    documents: list[Sample] = []
    chosen: list[Sample] = []
    for family in families:
        for pdf, count, some in ((False, texts, answered), (True, pdfs, answered // 3)):
            samples = [_made(family, number, SEED, pdf) for number in range(count)]
            documents += samples
            chosen += samples[:some]
    return Corpus(tuple(documents), tuple(chosen), PHRASING, SEED)


def _made(family: Family[Any], number: int, seed: str, pdf: bool) -> Sample:
    return make_sample(family, number, seed, pdf=pdf)
