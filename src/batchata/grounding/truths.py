"""What a clause says of a truth: is the field meant, and is it true there?

A truth has no value to look for. Its name says what it is about and what is true of it (`pets_allowed`, `jury_trial_waived`,
`non_refundable`); so do its title, alias and description. A clause that has the words states it, true or false by how many of
them are denied on either side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from batchata.grounding.clauses import Clause, Clauses
from batchata.grounding.lexicon import UNSAYING
from batchata.grounding.terms import (
    AKIN,
    ALLOWED,
    DENYING,
    DENYING_AFTER,
    DENYING_VERBS,
    INCLUDED,
    OPPOSITES,
    PREDICATES,
    REQUIRED,
)
from batchata.grounding.words import Words

_AKIN: Final = 0.7  # what another word for the same is worth
_SHARE: Final = 0.6  # of what the name is about: less names something else
_DENIAL: Final = 0.5  # a verb that denies counts less than what it denies
_LONG: Final = 40  # words
_TIE: Final = 0.05
_DOERS, _SHORTEST_DOER = ("er", "or"), 4
_KINDS: Final = (ALLOWED, INCLUDED, REQUIRED)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a name is about. `bare`: its stem without a prefix that could deny it: of `unpaid` that of `paid`."""

    stem: str
    bare: str
    denied: bool

    @property
    def said_as(self) -> frozenset[str]:
        """The stems by which a clause speaks of it."""
        return _said_as(self.stem, self.bare)


@dataclass(frozen=True, slots=True)
class Reading:
    """A name or description, as it would be said in a clause: what it is about, and what it says is true of that."""

    topics: tuple[Topic, ...]
    predicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """`score`: the share of the name that the clause has, from 0 to 1. `value`: None where it does not say. `at`: where it begins."""

    score: float = 0.0
    value: bool | None = None
    at: int = 0


NOTHING: Final = Truth()


@lru_cache(maxsize=4096)
def _said_as(stem: str, bare: str) -> frozenset[str]:
    some = AKIN.get(stem, frozenset()) | {stem, *([bare] if bare else ())}
    if len(stem) > _SHORTEST_DOER and stem.endswith(_DOERS):
        return some | {stem[:-2]}  # a smoker smokes
    return some


@lru_cache(maxsize=4096)
def reading(said: str) -> Reading:
    topics: dict[str, Topic] = {}
    predicates: dict[str, Topic] = {}
    for clause in Clauses(Words(said)).all:
        for index, word in enumerate(clause.words):
            if word in UNSAYING or word in DENYING or word in DENYING_AFTER or word == "non":
                continue
            stem = clause.stems[index]
            kind = predicates if stem in PREDICATES else topics
            kind.setdefault(stem, Topic(stem, clause.bare[index], clause.denied[index]))
    if not topics:  # `allowed`, `is_required`: all that it says
        return Reading(tuple(predicates.values()))
    return Reading(tuple(topics.values()), tuple(predicates))


def truth_in(read: Reading, clause: Clause, weight: Mapping[str, float]) -> Truth:
    """What one clause says of one name; `weight`: how much a stem tells one field from another."""
    total = said = 0.0
    turned: set[bool] = set()
    first = len(clause.words)
    for topic in read.topics:
        worth = weight.get(topic.stem, 1.0) * (_DENIAL if topic.stem in DENYING_VERBS else 1)
        total += worth
        share, turns, index = _match(topic, clause)
        said += worth * share
        if share:
            turned.add(turns)
            first = min(first, index)
    if not said:
        return NOTHING
    score, at = said / total, clause.place(first)
    # Of a name with a denial of its own all words must agree; and sentences that run on deny too much to be read so.
    torn = len(turned) > 1 and any(topic.denied for topic in read.topics)
    if clause.asks or score < _SHARE or torn or (any(clause.denied) and len(clause.words) > _LONG):
        return Truth(score, None, at)
    return Truth(score, _value(read, clause, True in turned), at)


def _match(topic: Topic, clause: Clause) -> tuple[float, bool, int]:
    """How well a clause has the word, whether one side denies it and the other does not, and its index."""
    if topic.said_as.isdisjoint(clause.held):
        return 0.0, False, 0
    best, turns, at = 0.0, False, 0
    for index, stem in enumerate(clause.stems):
        denied = clause.denied[index] != topic.denied
        if stem == topic.stem:
            return 1.0, denied, index
        if (topic.bare and stem == topic.bare) or clause.bare[index] == topic.stem:
            best, turns, at = 1.0, not denied, index
        elif not best and stem in topic.said_as:
            best, turns, at = _AKIN, denied, index
    return best, turns, at


def _value(read: Reading, clause: Clause, turned: bool) -> bool | None:
    stems = set(clause.stems)
    named = [*(topic.stem for topic in read.topics), *read.predicates]
    turned ^= any(OPPOSITES[word] & stems and word not in stems for word in named if word in OPPOSITES)
    if turned:
        return False
    # That parking is spoken of does not say that it is included.
    kind = next((kind for kind in _KINDS if kind & set(read.predicates)), None)
    if kind and clause.answer is None and not kind & stems and not set(read.predicates) & stems:
        return None
    return True


def truth_of(
    readings: Sequence[tuple[Reading, float]], clauses: Sequence[Clause], weight: Mapping[str, float]
) -> Truth:
    """What a text says of a truth that goes by these names, each worth so much; where two clauses disagree, nothing."""
    if not readings:
        return NOTHING
    about = frozenset[str]().union(*(topic.said_as for read, _ in readings for topic in read.topics))
    found = [
        Truth(truth.score * worth, truth.value, truth.at)
        for clause in clauses
        if not about.isdisjoint(clause.held)
        for truth, worth in [max(((truth_in(read, clause, weight), worth) for read, worth in readings), key=_rank)]
        if truth.score
    ]
    if not found:
        return NOTHING
    best = max(found, key=lambda truth: truth.score)
    values = {truth.value for truth in found if truth.score >= best.score - _TIE and truth.value is not None}
    return Truth(best.score, values.pop() if len(values) == 1 else None, best.at)


def _rank(pair: tuple[Truth, float]) -> tuple[float, bool]:
    truth, worth = pair
    return truth.score * worth, truth.value is not None
