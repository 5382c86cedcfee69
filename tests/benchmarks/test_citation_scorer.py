"""The scorer of `benchmarks/citations` scored: perfect, silent and indiscriminate answers, and truths that a second reader confirms."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pypdfium2
import pytest
from benchmarks.citations import baseline, report, splits
from benchmarks.citations.__main__ import main
from benchmarks.citations.answers import Answer
from benchmarks.citations.contract import Block, Found, Mapped, Source
from benchmarks.citations.grounding import (
    GroundingScore,
    Quote,
    occurrences,
    quotes_of,
    right_boxes,
    right_span,
    score_quotes,
)
from benchmarks.citations.lies import LIES
from benchmarks.citations.mapping import MappingScore, answers_of, lies_of, macro, run_mapping, score_answer
from benchmarks.citations.quotes import NOISE, canonical, letters
from benchmarks.citations.samples import Sample, generic, leaves
from benchmarks.citations.sheets import Passage
from pydantic import BaseModel

from batchata.citation import Box, Span

SPLITS: tuple[splits.Name, ...] = ("dev", "heldout")
both = pytest.mark.parametrize("split", SPLITS)


@cache
def corpus(split: splits.Name) -> splits.Corpus:
    return splits.load(split, texts=6, pdfs=3, answered=3)


@cache
def quoted(split: splits.Name) -> tuple[tuple[Sample, tuple[Quote, ...]], ...]:
    documents = corpus(split).documents
    return tuple(
        (
            sample,
            tuple(quotes_of(sample, [o for o in documents if o is not sample], Random(sample.source.name), each=2)),
        )
        for sample in documents
    )


@cache
def answers(split: splits.Name) -> tuple[Answer, ...]:
    made = corpus(split)
    return (*answers_of(made.answered, made.phrasing, made.seed), *lies_of(made.answered, made.phrasing, made.seed))


def oracle_finds(quote: Quote) -> Found | None:
    if quote.truth is None:
        return None
    true = quote.truth[0]
    return Found((true.span,) if true.span else (), true.page, true.boxes)


def oracle_maps(answer: Answer) -> dict[str, list[Mapped]]:
    mapped: dict[str, list[Mapped]] = {}
    for path, index in sorted(answer.gold):
        passage = answer.sample.passages[index]
        mapped.setdefault(path, []).append(Mapped(passage.text, passage.span, passage.page, verified=True))
    return mapped


# --- whoever is perfect, silent or indiscriminate


@both
def test_perfect_grounding_and_mapping_meet_every_goal(split: splits.Name) -> None:
    grounding, mapping = GroundingScore(), MappingScore()
    for sample, quotes in quoted(split):
        score_quotes(grounding, sample, quotes, [oracle_finds(quote) for quote in quotes])
    for answer in answers(split):
        score_answer(mapping, answer, oracle_maps(answer))

    assert [goal.name for goal in report.goals(grounding, mapping) if not goal.met] == []
    assert {count.share for count in (*grounding.spans.values(), *grounding.pdf_found.values())} == {1.0}
    assert {tally.f1 for tally in (*mapping.forms.values(), *mapping.no_booleans.values(), mapping.nested)} == {1.0}
    assert mapping.verified_lies.right == 0
    assert grounding.misses == mapping.misses == []


@both
def test_silence_scores_nothing(split: splits.Name) -> None:
    grounding, mapping = GroundingScore(), MappingScore()
    for sample, quotes in quoted(split):
        score_quotes(grounding, sample, quotes, [None] * len(quotes))
    for answer in answers(split):
        score_answer(mapping, answer, {})

    assert {count.share for count in (*grounding.spans.values(), *grounding.pdf_found.values())} == {0.0}
    assert grounding.all_accepted().right == 0
    assert macro(mapping.forms.values()) == mapping.nested.f1 == 0.0
    assert mapping.verified.of == 0


@both
def test_accepting_everything_is_seen(split: splits.Name) -> None:
    score = GroundingScore()
    for sample, quotes in quoted(split):
        everywhere = Found((Span(0, len(sample.source.text or "")),), 1, (Box(1, 0, 0, 595, 842),))
        score_quotes(score, sample, quotes, [everywhere] * len(quotes))

    assert score.all_accepted().share == 1.0
    assert max(count.share for count in score.spans.values()) < 0.05
    assert score.box.share == 0.0


@both
def test_giving_every_field_every_passage_is_imprecise(split: splits.Name) -> None:
    score = MappingScore()
    for answer in answers(split)[::8]:  # every field with every passage is a great many
        all_passages = [Mapped(p.text, p.span, p.page, verified=True) for p in answer.sample.passages]
        score_answer(score, answer, {path: all_passages for path, _ in leaves(answer.sample.value)})

    assert {tally.recall for tally in score.forms.values()} == {1.0}
    assert max(tally.precision for tally in score.forms.values()) < 0.3
    assert score.verified.share < 0.3
    assert score.verified_lies.share == 1.0


def test_calling_a_false_value_verified_costs_precision() -> None:
    lied = [answer for answer in answers("dev") if answer.wrong]
    score = MappingScore()
    for answer in lied:
        (path,) = answer.wrong
        passage = answer.sample.passages[answer.sample.stating(path)[0]]
        score_answer(score, answer, {path: [Mapped(passage.text, passage.span, passage.page, verified=True)]})

    assert (score.verified.right, score.verified.of) == (0, len(lied))


class Crossed:
    """Gives each field the passages of another."""

    def ground(self, source: Source, quotes: Sequence[str]) -> list[Found | None]:
        raise NotImplementedError

    def map_fields(
        self, model: type[BaseModel], instance: BaseModel, blocks: Sequence[Block], sources: Sequence[Source]
    ) -> dict[str, list[Mapped]]:
        mapped = baseline.map_fields(model, instance, blocks, sources)
        paths = list(mapped)
        return dict(zip(paths, (mapped[path] for path in paths[1:] + paths[:1]), strict=True))


def test_passages_given_to_the_wrong_fields_score_low() -> None:
    plain, crossed = run_mapping(baseline, answers("dev")), run_mapping(Crossed(), answers("dev"))

    assert 0.3 < macro(plain.forms.values()) < 0.95
    assert macro(crossed.forms.values()) < 0.6 * macro(plain.forms.values())


# --- the truths


@both
def test_a_corpus_is_made_again_byte_for_byte(split: splits.Name) -> None:
    again = splits.load(split, texts=6, pdfs=3, answered=3)

    assert [sample.source for sample in again.documents] == [sample.source for sample in corpus(split).documents]


@both
def test_every_value_is_stated_and_has_words(split: splits.Name) -> None:
    for sample in corpus(split).documents:
        stated = frozenset[str]().union(*(passage.paths for passage in sample.passages))
        values = dict(leaves(sample.value))
        assert stated == {path for path, value in values.items() if value is not None}
        assert {generic(path) for path in values} <= set(sample.family.words)


@both
def test_spans_are_the_passages(split: splits.Name) -> None:
    for sample in corpus(split).documents:
        for passage in sample.passages:
            if passage.span and sample.source.text:
                assert sample.source.text[passage.span.start : passage.span.end] == passage.text


@both
def test_pdfium_reads_every_passage_in_its_boxes(split: splits.Name) -> None:
    pages = 0
    for sample in corpus(split).documents:
        if not sample.source.pdf:
            continue
        document = pypdfium2.PdfDocument(sample.source.pdf)
        pages = max(pages, len(document))
        texts = [page.get_textpage() for page in document]
        for passage in sample.passages:
            read = (texts[b.page - 1].get_text_bounded(b.left - 1, b.bottom, b.right + 1, b.top) for b in passage.boxes)
            assert letters("".join(read)) == letters(passage.text)
        document.close()
    assert pages > 1


@both
def test_noise_keeps_every_digit_and_lies_do_not_stand_in_the_document(split: splits.Name) -> None:
    for sample, quotes in quoted(split):
        whole = sample.source.text or " ".join(passage.text for passage in sample.passages)
        for quote in quotes:
            if quote.truth is None:
                assert canonical(quote.text) not in canonical(whole)
            elif quote.kind != "ellipsis":
                assert any(digits(quote.text) == digits(true.text) for true in quote.truth)


@pytest.mark.parametrize("kind", ["typos", "words dropped", "ellipsis"])
def test_noise_leaves_alone_what_a_lie_would_change(kind: str) -> None:
    text = "The seller shall never deliver without notice before the ninth of September and nothing else whatever applies here"
    kept = ("never", "without", "nothing", "ninth", "September")
    made = [NOISE[kind](text, Random(seed)) for seed in range(60)]

    quotes = [quote for quote in made if quote]
    gone = kept[:3] if kind == "ellipsis" else kept  # a date may fall to an ellipsis, a negation may not
    assert len(set(quotes)) > 1 or (kind == "ellipsis" and quotes)
    assert all(word in quote for quote in quotes for word in gone)


def digits(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char.isdigit())


@both
def test_answers_cite_passages_of_their_document(split: splits.Name) -> None:
    for answer in answers(split):
        texts = {passage.text for passage in answer.sample.passages}
        cited = {citation["cited_text"] for block in answer.blocks for citation in block["citations"]}
        assert {answer.sample.passages[index].text for _, index in answer.gold} <= cited <= texts


@both
def test_json_answers_are_the_value(split: splits.Name) -> None:
    for answer in answers(split):
        if answer.form == "JSON in blocks":
            text = "".join(block["text"] for block in answer.blocks)
            assert type(answer.sample.value).model_validate_json(text) == answer.sample.value


def test_each_kind_of_quote_and_answer_occurs() -> None:
    kinds = {quote.kind for _, quotes in quoted("heldout") for quote in quotes}

    assert kinds == {*NOISE, *LIES, "name", "other document"}
    assert len({answer.form for answer in answers("heldout")}) == 11


# --- what counts as right


@pytest.mark.parametrize(
    ("found", "right"),
    [
        ([Span(100, 150)], True),
        ([Span(100, 120), Span(130, 150)], True),  # with a gap
        ([Span(98, 151)], True),
        ([Span(96, 150)], False),
        ([Span(100, 154)], False),
        ([Span(0, 50)], False),
        ([], False),
    ],
)
def test_right_span(found: list[Span], right: bool) -> None:
    assert right_span(found, Span(100, 150)) is right


TWICE = """First parcel. It may be left at the door. Rent: 50 a month.
Second parcel. It may
be left at the door. It may not be left at the door.
Third parcel. It may be handed over at the door. It may be left at the do-
or. Rent: 5
"""


@pytest.mark.parametrize(
    ("passage", "places"),
    [
        ("It may be left at the door.", ["It may be left at the door.", "It may\nbe left at the door.", "It may be left at the do-\nor."]),
        ("It may\nbe left at the door.", ["It may be left at the door.", "It may\nbe left at the door.", "It may be left at the do-\nor."]),
        ("Second parcel. It may be left at the door.", ["Second parcel. It may\nbe left at the door."]),  # one of its own
        ("it may be left at the door.", []),  # another case
        ("It may be left at the door;", []),  # another mark
        ("Rent: 5", ["Rent: 5"]),  # which 50 is not
    ],
)  # fmt: skip
def test_the_same_words_are_the_same_passage_and_no_others(passage: str, places: list[str]) -> None:
    assert [TWICE[span.start : span.end] for span in occurrences(TWICE, passage)] == places


def test_a_passage_that_stands_twice_is_right_at_either_place_and_at_no_other() -> None:
    first = TWICE.index("It may be left")
    own = Passage(frozenset(), "It may be left at the door.", Span(first, first + 27))
    sample = replace(corpus("dev").documents[0], source=Source("twice.txt", TWICE), passages=(own,))
    (quote,) = [one for one in quotes_of(sample, [], Random(0), each=1) if one.kind == "clean"]

    def score(passage: str) -> float:
        at, counted = TWICE.index(passage), GroundingScore()
        score_quotes(counted, sample, [quote], [Found((Span(at, at + len(passage)),))])
        return counted.spans["clean"].share

    assert score("It may be left at the door.") == score("It may\nbe left at the door.") == 1.0
    assert score("It may not be left at the door.") == score("It may be handed over at the door.") == 0.0


LINE, NEXT = Box(2, 60, 700, 300, 710), Box(2, 60, 680, 120, 690)


@pytest.mark.parametrize(
    ("found", "right"),
    [
        ([LINE, NEXT], True),
        ([Box(2, 60, 701, 150, 709), Box(2, 155, 701, 297, 709), NEXT], True),  # word by word
        ([LINE], False),
        ([LINE, NEXT, Box(2, 60, 100, 120, 110)], False),
        ([Box(1, 60, 700, 300, 710), NEXT], False),  # another page
        ([Box(2, 60, 700, 320, 710), NEXT], False),
        ([Box(2, 60, 680, 300, 710)], False),  # one for both lines
    ],
)
def test_right_boxes(found: list[Box], right: bool) -> None:
    assert right_boxes(found, [LINE, NEXT]) is right


# --- the command


def test_the_baseline_run_prints_tables_and_writes_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--split", "dev", "--baseline", "--check", "--json", str(tmp_path / "figures.json")])

    figures = json.loads((tmp_path / "figures.json").read_text())
    assert status == 1  # plain search misses most goals
    assert figures["spans"]["clean"]["share"] == 1.0
    assert figures["spans"]["typos"]["share"] < 0.1
    assert "| labelled lines |" in capsys.readouterr().out


def test_what_is_held_out_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--baseline", "--show", "3"])
    assert "--split dev" in capsys.readouterr().err
