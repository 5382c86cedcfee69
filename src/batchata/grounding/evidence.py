"""What speaks for a field: a statement of the answer, and a passage that is cited for it."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

from batchata.grounding.exact import is_numeric
from batchata.grounding.fields import Field
from batchata.grounding.lexicon import SIGNS
from batchata.grounding.said import Place, Said
from batchata.grounding.telling import NAMED, TIE, Telling
from batchata.grounding.truths import Truth, truth_of

_CELLS: Final = re.compile(r"\||\t|\S {2,}\S")
_BESIDE: Final = 1.5  # for a value of a list item: another value of the same item beside it
_VALUE, _TRUTH, _NAME, _QUOTED, _PASSAGE = 2.0, 1.0, 2.0, 1.5, 0.7
_LONGEST_ROW, _MOST_REST = 400, 3  # characters; words


class Scene(Telling):
    """An answer's text, the fields that its statements may speak of, and what passages say for them."""

    def __init__(self, fields: Sequence[Field], weight: Mapping[str, float], text: str) -> None:
        super().__init__(fields, weight, text)
        self._truths_of: dict[tuple[Said, tuple[object, ...]], Truth] = {}

    def claims(self, start: int, end: int, before: int, quotes: Sequence[Said]) -> dict[Field, float]:
        """The fields that the statement `text[start:end]` speaks of; `before`: where what speaks of it too may begin."""
        claims: dict[Field, float] = {}
        for mention in self.mentions:
            if mention.start < end and start < mention.end:
                worth = _TRUTH if mention.field.value.is_bool else _VALUE
                claims[mention.field] = max(claims.get(mention.field, 0.0), worth + _NAME * mention.label)
        if claims:
            return claims
        low = max(self.breaks[max(0, bisect_right(self.breaks, start) - 1)], before)
        for quote in quotes:
            for field, score in self.of_quote(quote, low, end).items():
                if not self.denies(field, low, end):
                    claims[field] = max(claims.get(field, 0.0), score)
        return claims

    def denies(self, field: Field, low: int, high: int) -> bool:
        """Does `text[low:high]` state the opposite of a truth?"""
        if not field.value.is_bool:
            return False
        clauses = [clause for clause in self.said.clauses if clause.start < high and low < clause.end]
        return truth_of(field.readings, clauses, self.weight).value is (not field.value.value)

    def of_quote(self, quote: Said, low: int = 0, high: int = 0) -> dict[Field, float]:
        """The fields a passage speaks of by itself, with what the answer says about it in `text[low:high]`."""
        scores: dict[Field, float] = {}
        spans: dict[Place, list[Field]] = {}
        said = {field: some for field in self.fields if (some := field.value.spans(quote))}
        for field in self.fields:
            named = self.naming(field, low, high) if high else 0.0
            beside = self._beside(field, said)
            if field in said:
                held = self.share(field, quote.held)
                if not field.value.is_weak or named or held or beside:
                    scores[field] = _QUOTED + _NAME * named + _PASSAGE * held + _BESIDE * beside
                    for place in said[field]:
                        spans.setdefault(place, []).append(field)
            elif field.value.is_told and (score := self._told(field, quote, named, beside)):
                scores[field] = score
        return self._kept(scores, spans)

    def _beside(self, field: Field, said: Mapping[Field, object]) -> bool:
        """Does the passage say another value of the same list item, one that tells it from others?"""
        if field.item is None:
            return False
        return any(f.item == field.item and f is not field and not f.value.is_weak for f in said)

    def _told(self, field: Field, quote: Said, named: float, beside: bool) -> float:
        """What a passage says for a truth, or for a text that it does not have in these words."""
        if not field.value.is_bool:
            held = self.share(field, quote.held)
            return _NAME * named + _PASSAGE * held if max(named, 0.8 * held) >= NAMED else 0.0
        truth = self.truth(field, quote)
        if truth.value not in (None, field.value.value) or max(named, 0.8 * truth.score) < NAMED:
            return 0.0
        return _NAME * named + _PASSAGE * truth.score + (_QUOTED + _BESIDE * beside) * (truth.value is not None)

    def truth(self, field: Field, quote: Said) -> Truth:
        key = (quote, field.shape)
        if key not in self._truths_of:
            self._truths_of[key] = truth_of(field.readings, quote.clauses, self.weight)
        return self._truths_of[key]

    def _kept(self, scores: dict[Field, float], spans: Mapping[Place, Sequence[Field]]) -> dict[Field, float]:
        """Fields compete for the same words of a passage; those without a value in it against all."""
        valued = {
            field
            for rivals in spans.values()
            for field in rivals
            if scores[field] >= max(scores[rival] for rival in rivals) - TIE
        }
        lost = {field for rivals in spans.values() for field in rivals} - valued
        stated = {field for field in scores if field.value.is_bool and scores[field] >= _QUOTED}
        best = max(scores.values(), default=0.0)
        kept = {
            field: score
            for field, score in scores.items()
            if field in valued
            or field in stated
            or (field not in lost and not valued and not stated and score >= best - TIE)
        }
        return {field: score for field, score in kept.items() if not self._is_anothers(field, kept)}

    def _is_anothers(self, field: Field, kept: Mapping[Field, float]) -> bool:
        """Does the passage speak of another item of the list, with more to show for it?"""
        return any(
            rival.shape == field.shape and rival.item != field.item and kept[rival] > kept[field] + TIE
            for rival in kept
            if field.item
        )

    def in_quote(self, field: Field, quote: Said) -> float:
        """What a passage says for a field, by its value or by what it is about."""
        if field.value.is_bool:
            truth = self.truth(field, quote)
            if truth.value not in (None, field.value.value):
                return 0.0
            stated, share = truth.value is not None, truth.score
        else:
            stated, share = bool(field.value.spans(quote)), self.share(field, quote.held)
        beside = stated and field.item is not None and self._has_companion(field, quote)
        return _QUOTED * stated + _PASSAGE * share + _BESIDE * beside

    def leaves(self, field: Field, row: Said) -> bool:
        """Has a row something to say beside the values of these fields, and their names, that a truth may be told by?"""
        if len(row.text) > _LONGEST_ROW or row.text.rstrip()[-1:] in (".", ";", "!", "?"):
            return False
        spans = [place for other in self.fields for place in other.value.spans(row)]
        names = {name for other in self.fields if other is not field for name in other.names}
        words = zip(row.words.words, row.stems, row.words.starts, strict=True)
        last = 0 if _CELLS.search(row.text) else max((end for _, end in spans), default=0)
        rest = [
            word
            for word, stem, start in words
            if start >= last
            and stem not in names
            and not is_numeric(word)
            and word not in SIGNS
            and not any(a <= start < b for a, b in spans)
        ]
        return (
            bool(rest and spans)
            and len(rest) <= _MOST_REST
            and self.truth(field, row).value in (None, field.value.value)
        )

    def _has_companion(self, field: Field, quote: Said) -> bool:
        """Does the passage say another value of the same item, one that tells it from others?"""
        return any(
            other.item == field.item and other is not field and not other.value.is_weak and other.value.spans(quote)
            for other in self.fields
        )
