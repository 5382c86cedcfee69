"""Citations, end to end: what a model quotes is found in the document again, on every provider; what is not says so."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, field_validator

from batchata import Batch, JobResult, Outcome
from batchata.testing import Answer, Emulator

INVOICE = Path(__file__).parents[2] / "examples" / "documents" / "invoice.pdf"
LETTER = Path(__file__).parents[2] / "examples" / "documents" / "letter.txt"
MODELS = ("claude-haiku-4-5", "gpt-4.1-mini", "gemini-2.5-flash")

Open = Callable[..., Any]


class Item(BaseModel):
    description: str
    amount: float


class Invoice(BaseModel):
    number: str = Field(alias="invoiceNumber")
    due: date
    total: float
    vat: float
    discount: float = Field(description="as a share of one")
    seller: str
    line_items: list[Item]
    note: str | None = None

    @field_validator("discount")
    @classmethod
    def share(cls, value: float) -> float:
        return value / 100


ANSWER = {
    "invoiceNumber": "BIW-2026-0417",
    "due": "2026-04-02",
    "total": 9856.63,
    "vat": 1642.77,
    "discount": 5,
    "seller": "Brennmoor Instrument Works Ltd",
    "line_items": [
        {"description": "Benchtop pH meter", "amount": 824.0},
        {"description": "pH electrode, refillable", "amount": 386.0},
    ],
    "note": None,
}
QUOTES = [
    ("Invoice BIW-2026-0417", ["invoiceNumber"]),
    ("Due date:  2 april 2026", ["due"]),
    ("Total due 9,856.63", ["total"]),
    ("VAT 20 % 1,642.79", ["vat"]),  # it says 1,642.77
    ("Halloway & Finch Laboratories", ["seller"]),  # there, but the buyer
    ("1 Benchtop pH meter PH-40 with glass electrode 2 412.00 824.00", ["line_items[0]"]),
    ("2 pH electrode, refillable, BNC connector 4 96.50 386.00", ["line_items[1].amount", "answer.line_items[1].description"]),
]  # fmt: skip
WRAPPED = json.dumps({"answer": ANSWER, "quotes": [{"quote": quote, "fields": fields} for quote, fields in QUOTES]})


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Open:
    """An emulator of all three providers that gives one answer to everything."""

    @contextmanager
    def answering(answer: Answer | str, asked: list[str] | None = None) -> Iterator[Emulator]:
        def hook(params: dict[str, Any]) -> Answer | str:
            if asked is not None:
                asked.append(json.dumps(params))
            return answer

        with Emulator(turnaround=0.1, answer=hook) as emulator:
            for name, value in emulator.environment().items():
                monkeypatch.setenv(name, value)
            yield emulator

    return answering


def batch(tmp_path: Path, model: str, **job: Any) -> Batch:
    made = Batch(tmp_path / "state.db", tmp_path / "results", settle_seconds=0.5).add_cost_limit(5.0)
    asked: dict[str, Any] = {"job_id": "one", "prompt": "Read it.", "max_tokens": 2000, "enable_citations": True} | job
    return made.add_job(model=model, **asked)


def boxes_of(result: JobResult) -> list[Any]:
    return [citation.metadata.get("boxes") for citation in result.citations]


def only(made: Batch) -> JobResult:
    run = made.run(wait=True)
    return run.results()["one"]


@pytest.mark.parametrize("model", MODELS)
def test_each_field_of_a_typed_answer_has_its_passage_or_says_that_it_has_none(
    answering: Open, tmp_path: Path, model: str
) -> None:
    asked: list[str] = []
    with answering(WRAPPED, asked) as emulator:
        result = only(batch(tmp_path, model, file=INVOICE, response_model=Invoice))
        assert result.is_success, result.error
        assert result.raw_response == WRAPPED
        assert result.parsed_response.number == "BIW-2026-0417"
        found = {path: [one.text for one in some] for path, some in result.citation_mappings.items()}
        assert found == {
            "number": ["Invoice BIW-2026-0417"],
            "due": ["Due date: 2 April 2026"],
            "total": ["Total due 9,856.63"],
            "line_items[0].description": [QUOTES[5][0]],
            "line_items[0].amount": [QUOTES[5][0]],
            "line_items[1].description": [QUOTES[6][0]],
            "line_items[1].amount": [QUOTES[6][0]],
        }
        assert result.unsupported == ["vat", "discount", "seller"]
        again = only(batch(tmp_path, model, file=INVOICE, response_model=Invoice))
        assert len(emulator.creates) == 1
    assert "into `quotes`" in asked[0]
    assert "invoiceNumber" in asked[0]
    assert "Copied verbatim from the document" in asked[0]
    assert again == result
    assert again.parsed_response.discount == pytest.approx(0.05)  # its validator ran once
    written = json.loads((tmp_path / "results" / "one.json").read_text())
    assert JobResult.from_dict(written, Invoice) == result


def test_a_citation_tells_where_it_stands(answering: Open, tmp_path: Path) -> None:
    with answering(WRAPPED):
        result = only(batch(tmp_path, MODELS[0], file=INVOICE, response_model=Invoice))
    (total,) = result.citation_mappings["total"]
    assert (total.source, total.page) == ("invoice.pdf", 2)
    assert total.metadata["how"] == "exact"
    (box,) = total.metadata["boxes"]
    assert box["page"] == 2
    assert 0 < box["left"] < box["right"] < 595
    assert 0 < box["bottom"] < box["top"] < 842
    (due,) = result.citation_mappings["due"]
    assert (due.page, due.metadata["how"], due.metadata["quote"]) == (1, "normalized", "Due date:  2 april 2026")
    assert len(result.citations) == len(QUOTES)
    wrong = result.citations[3]
    assert (wrong.text, wrong.page) == ("", None)
    assert (wrong.metadata["how"], wrong.metadata["quote"]) == ("unverified", "VAT 20 % 1,642.79")


def test_an_executor_of_the_user_s_finds_the_same_boxes(answering: Open, tmp_path: Path) -> None:
    with answering(WRAPPED), ThreadPoolExecutor(1) as executor:
        ours = only(batch(tmp_path / "a", MODELS[0], file=INVOICE, response_model=Invoice))
        theirs = Batch(tmp_path / "b", executor=executor).add_job(
            prompt="Read it.",
            file=INVOICE,
            model=MODELS[0],
            max_tokens=2000,
            response_model=Invoice,
            enable_citations=True,
        )
        (result,) = theirs.run(wait=True).results().values()
    assert boxes_of(result) == boxes_of(ours)
    assert [boxes is None for boxes in boxes_of(ours)] == [False, False, False, True, False, False, False]


def test_a_document_that_is_gone_by_then_costs_the_proof_and_not_the_answer(answering: Open, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("The rent is due on 5 May 2026.")

    class Due(BaseModel):
        day: date

    quoted = {"answer": {"day": "2026-05-05"}, "quotes": [{"quote": "due on 5 May 2026", "fields": ["day"]}]}
    with answering(json.dumps(quoted)) as emulator:
        emulator.hold()
        run = batch(tmp_path, MODELS[0], file=letter, response_model=Due).run()
        while not emulator.creates:
            assert not run.wait(timeout=0.05)
        letter.unlink()
        emulator.release()
        assert run.wait(20)
    result = run.results()["one"]
    assert result.is_success
    assert result.parsed_response == Due(day=date(2026, 5, 5))
    assert (result.unsupported, result.citation_mappings) == (["day"], {})
    (citation,) = result.citations
    assert citation.metadata["how"] == "unverified"
    assert "letter.txt" in citation.metadata["note"]


def test_an_answer_that_does_not_fit_is_asked_again_with_its_quotes(answering: Open, tmp_path: Path) -> None:
    asked: list[Any] = []

    def answer(params: dict[str, Any]) -> str:
        asked.append(params)
        return WRAPPED if len(asked) == 2 else '{"answer": {"total": "much"}, "quotes": []}'

    with (
        answering("") as first,
        Emulator(turnaround=0.1, answer=answer) as emulator,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("ANTHROPIC_BASE_URL", emulator.url)
        result = only(batch(tmp_path, MODELS[0], file=INVOICE, response_model=Invoice))
        assert not first.creates
    assert result.is_success, result.error
    assert "total" in result.citation_mappings
    assert "Invoice" in str(asked[1]["messages"][-1])


@pytest.mark.parametrize("model", MODELS)
def test_a_paid_answer_that_never_fits_is_kept_with_its_quotes(answering: Open, tmp_path: Path, model: str) -> None:
    misfit = WRAPPED.replace("9856.63", '"much"')
    with answering(misfit):
        result = only(batch(tmp_path, model, file=INVOICE, response_model=Invoice))
    assert (result.outcome, result.raw_response, result.parsed_response) == (Outcome.INVALID, misfit, None)
    assert "total" in (result.error or "")
    assert [attempt.outcome for attempt in result.attempts] == [Outcome.INVALID] * 2
    assert result.cost_usd > 0


def test_anthropic_cites_prose_by_itself(answering: Open, tmp_path: Path) -> None:
    text = LETTER.read_text()
    start = text.index("We counted.")
    place = {"document_index": 0, "document_title": "letter.txt", "file_id": None}
    cited = {
        "type": "char_location",
        "cited_text": "We counted.",
        "start_char_index": start,
        "end_char_index": start + 11,
    }
    content: list[dict[str, Any]] = [
        {"type": "text", "text": "They "},
        {"type": "text", "text": "counted", "citations": [{**cited, **place}]},
        {"type": "text", "text": ".", "citations": [{**cited, **place, "cited_text": "We guessed."}]},
    ]
    asked: list[str] = []
    with answering(Answer(content=content), asked):
        result = only(batch(tmp_path, MODELS[0], file=LETTER))
    assert result.is_success, result.error
    assert result.raw_response == "They counted."
    assert "quotes" not in asked[0]
    right, wrong = result.citations
    assert (right.text, right.source, right.page) == ("We counted.", "letter.txt", None)
    assert right.metadata == {"how": "exact", "statement": "counted", "document": 0, "span": [start, start + 11]}
    assert (wrong.text, wrong.metadata["how"], wrong.metadata["quote"]) == ("", "unverified", "We guessed.")


@pytest.mark.parametrize("model", MODELS[1:])
def test_the_others_are_asked_for_the_quotes_of_prose(answering: Open, tmp_path: Path, model: str) -> None:
    quotes = [
        "a total of 316 visitors",
        "Between 9:30 and 16:00 there were 74, 81, 69 and 92 visitors",
        "silence \ud83d",
    ]
    asked: list[str] = []
    with answering(json.dumps({"answer": "They counted.", "quotes": quotes}), asked):
        result = only(batch(tmp_path, model, file=LETTER))
    assert "into `quotes`" in asked[0]
    assert "copied verbatim: short phrases" in asked[0]
    assert result.is_success, result.error
    assert result.raw_response == "They counted."
    assert [one.metadata["how"] for one in result.citations] == ["unverified", "normalized", "unverified"]
    assert (result.citations[1].source, result.citation_mappings, result.unsupported) == ("letter.txt", {}, [])


def test_text_in_the_prompt_is_a_document_too(answering: Open, tmp_path: Path) -> None:
    class Due(BaseModel):
        day: date

    quoted = {"answer": {"day": "2026-05-05"}, "quotes": [{"quote": "due on 5 May 2026", "fields": ["day"]}]}
    with answering(json.dumps(quoted)):
        result = only(batch(tmp_path, MODELS[1], prompt="The rent is due on 5 May 2026.", response_model=Due))
    assert result.citation_mappings["day"][0].source == "prompt"


def test_a_scan_is_told_before_anything_is_paid(
    answering: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from pypdfium2 import PdfDocument

    scan = PdfDocument.new()
    scan.new_page(595, 842)
    scan.save(tmp_path / "scan.pdf")
    with answering("Nothing.") as emulator:
        emulator.hold()
        run = batch(tmp_path, MODELS[0], file=tmp_path / "scan.pdf").run()
        while not emulator.creates:
            assert not run.wait(timeout=0.05)
        assert "scan.pdf has no text" in caplog.text
        emulator.release()
        assert run.wait(20)
    assert run.results()["one"].is_success
