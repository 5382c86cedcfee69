"""One script, twelve jobs, every kind of provider: how each job ends, what it costs, and that all results have one shape.

Everything goes over HTTP through the public API. `docs/matrix.md` is written from what is seen here; to write it anew:

    BATCHATA_WRITE_DOCS=1 python -m pytest tests/matrix/test_matrix.py
"""

import json
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from batchata import Batch, JobResult, Usage
from batchata.testing import Answer, Emulator

PAGE = Path(__file__).parents[2] / "docs" / "matrix.md"
UNICODE = "Größe 価格 🎉 a\u2028b"


class Vendor(BaseModel):
    name: str
    country: str


class Bill(BaseModel):
    vendor: str
    total: int


class Order(BaseModel):
    vendor: Vendor
    amounts: list[int] = Field(min_length=1, max_length=3)


# -- the script: what a user writes; from provider to provider only `model` is another


def script(model: str, folder: Path, papers: dict[str, Path]) -> dict[str, JobResult]:
    batch = Batch(folder / "state", folder / "results", items_per_batch=None, prices=PRICES)
    batch.defaults(model=model, max_tokens=72)
    batch.add_job(prompt=SAYS["text"], job_id="text")
    batch.add_job(
        messages=[
            {"role": "system", "content": "You answer in one word."},
            {"role": "user", "content": "My name is Ada."},
            {"role": "assistant", "content": "Hello, Ada."},
            {"role": "user", "content": SAYS["multi-turn"]},
        ],
        job_id="multi-turn",
    )
    for name in ("image", "PDF", "DOCX"):
        batch.add_job(prompt=SAYS[name], file=papers[name], job_id=name)
    batch.add_job(prompt=SAYS["typed"], response_model=Bill, job_id="typed")
    batch.add_job(prompt=SAYS["nested typed"], response_model=Order, job_id="nested typed")
    batch.add_job(prompt=SAYS["refusal"], job_id="refusal")
    batch.add_job(prompt=SAYS["over-long"] + " word" * 220_000, job_id="over-long")
    batch.add_job(prompt=SAYS["truncated"], max_tokens=16, job_id="truncated")
    batch.add_job(prompt=SAYS["invalid parameter"], provider_params={"madeUp": 1}, job_id="invalid parameter")
    batch.add_job(prompt=SAYS["unicode"], job_id="unicode")
    return batch.run(wait=True).results()


SAYS = {
    "text": "What is the capital of France? Answer in one word.",
    "multi-turn": "What is my name?",
    "image": "What is in this picture? Answer in one word.",
    "PDF": "Who sent this invoice? Answer in one word.",
    "DOCX": "What does this letter ask for? Answer in one word.",
    "typed": "Acme billed 12 dollars. Who billed, and how much?",
    "nested typed": "Acme of Spain sold two anvils, for 5 and for 7 dollars. Note the order.",
    "refusal": "Say something that you must not say.",
    "over-long": "Say in one word what this is about:",
    "truncated": "Write an essay of a thousand words on the history of bread.",
    "invalid parameter": "What is the capital of Spain? Answer in one word.",
    "unicode": f"Say after me: {UNICODE}",
}
"""The jobs, and what each one's prompt says."""

ANSWERS: dict[str, Answer | str] = {
    "text": "Paris.",
    "multi-turn": "Ada.",
    "image": "A square.",
    "PDF": "Acme Ltd.",
    "DOCX": "Ten anvils.",
    "typed": '{"vendor":"Acme","total":12}',
    "nested typed": '{"vendor":{"name":"Acme","country":"España"},"amounts":[5,7]}',
    "refusal": Answer.refused("I can't help with that."),
    "truncated": "Once upon a time there was a model that went on and on.",
    "unicode": UNICODE,
}
"""What the emulated models say; the others are real and say what they like."""

READS = {"image": "", "PDF": "Invoice 7 from Acme Ltd.", "DOCX": "please send ten anvils"}
"""The text in each file."""

PRICES = {"groq/llama-3.3-70b-versatile": (0.30, 0.40)}  # its price is in no price data

OUTCOMES = dict.fromkeys(SAYS, "succeeded") | {
    "refusal": "refused",
    "over-long": "error",
    "truncated": "truncated",
    "invalid parameter": "error",
}
"""How each job ends, unless its column says otherwise."""

ERRORS = {
    "image": "(?i)text only|image input",
    "refusal": "refused|SAFETY",
    "over-long": r"(?i)context|token",
    "truncated": "max_tokens",
    "invalid parameter": "madeUp",
}
"""What the error of a job that did not succeed names."""


# -- the columns


@dataclass(frozen=True)
class Column:
    """`but`: outcomes of its own, with the reason. `real`: a real model, whose answers end when it likes."""

    title: str
    model: str
    served: dict[str, int] | None = None
    but: dict[str, tuple[str, str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    real: bool = False

    def expected(self, job: str) -> str:
        if job in self.but:
            return self.but[job][0]
        return "succeeded or truncated" if self.real and OUTCOMES[job] == "succeeded" else OUTCOMES[job]


NATIVE = {"image": "as it is", "PDF": "as it is", "DOCX": "as text"}
TEXT = NATIVE | {"PDF": "as text"}
SMOL = {
    "refusal": ("succeeded or truncated", "a real model of 135 million parameters, which refuses nothing"),
    "invalid parameter": ("succeeded or truncated", "llama.cpp passes over parameters that it does not know"),
}
LLAMA = "smollm2-135m-instruct"

COLUMNS = {
    "anthropic": Column("Anthropic", "claude-haiku-4-5", files=NATIVE),
    "openai": Column("OpenAI", "gpt-4.1", files=NATIVE),
    "openai-reasoning": Column("OpenAI, reasoning", "gpt-5-mini", files=NATIVE),
    "gemini": Column("Gemini", "gemini-2.5-flash", files=NATIVE),
    "groq": Column(
        "OpenAI-compatible, batch",
        "groq/llama-3.3-70b-versatile",
        served={"llama-3.3-70b-versatile": 131_072},
        files=TEXT,
    ),
    "vllm": Column(
        "OpenAI-compatible, realtime",
        "vllm/qwen3-4b",
        served={"qwen3-4b": 8_192},
        files=TEXT,
        but={"invalid parameter": ("succeeded", "vLLM ignores parameters that it does not know")},
    ),
    "llama": Column(
        "llama.cpp server",
        f"llama/{LLAMA}",
        but={**SMOL, "image": ("error", "this model reads text only, and the server says so")},
        real=True,
    ),
    "local": Column(
        "embedded model",
        f"local/{LLAMA}",
        but={**SMOL, "image": ("error", "embedded models read text only, so it is not sent")},
        real=True,
    ),
}
EMULATED = [name for name, column in COLUMNS.items() if not column.real]


@dataclass(frozen=True)
class Ran:
    """One run of the script. `asked`: the requests as the provider saw them. `bills`: exact USD by job, of those billed."""

    results: dict[str, JobResult]
    folder: Path
    asked: dict[str, Any] = field(default_factory=dict)
    bills: dict[str, Decimal | None] = field(default_factory=dict)

    def label(self, column: Column, job: str) -> str:
        """How a job ended; where that is one of the ends it may have, all of these."""
        outcome, expected = self.results[job].outcome.value, column.expected(job)
        return expected if outcome in expected.split(" or ") else outcome


@pytest.fixture(scope="session")
def ran(
    papers: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[[str], Ran]:
    """Runs the script on a column, once."""
    done: dict[str, Ran] = {}

    def run(name: str) -> Ran:
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            if name == "llama":
                done[name] = in_environment(request.getfixturevalue("llama_server"), name, folder, papers)
            elif name == "local":
                done[name] = in_environment({}, name, folder, papers)
            else:
                done[name] = emulated(name, folder, papers)
        return done[name]

    return run


def in_environment(environment: dict[str, str], name: str, folder: Path, papers: dict[str, Path]) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment.items():
            patch.setenv(variable, value)
        return Ran(script(COLUMNS[name].model, folder, papers), folder)


def emulated(name: str, folder: Path, papers: dict[str, Path]) -> Ran:
    column, asked = COLUMNS[name], dict[str, Any]()

    def answer(params: dict[str, Any]) -> Answer | str | None:
        job = job_of(params)
        asked[job] = params
        return ANSWERS.get(job)

    prices = {model.partition("/")[2]: price for model, price in PRICES.items()}
    # each byte a token: the most that a tokenizer can make of a prompt
    with Emulator(
        answer=answer, identity=job_of, served_models=column.served, tokens_per_byte=1.0, prices=prices
    ) as it:
        own = {"BASE_URL": it.openai_url, "API_KEY": "emulated", "BATCH": "0" if name == "vllm" else "1"}
        named = {f"BATCHATA_{name.upper()}_{key}": value for key, value in own.items()} if column.served else {}
        ran = in_environment({**it.environment(), **named}, name, folder, papers)
        assert not it.ledger.billed_twice()
        return Ran(ran.results, folder, asked, {bill.identity: bill.cost_usd for bill in it.ledger})


def job_of(params: dict[str, Any]) -> str:
    """Which job a request is, whatever its dialect."""
    said = list(strings(params))
    return next((job for job, prompt in SAYS.items() if any(prompt in text for text in said)), "none of them")


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(inner)


TYPES: dict[str, tuple[type, ...]] = {
    "job_id": (str,),
    "outcome": (str,),
    "is_success": (bool,),
    "error": (str, type(None)),
    "parsed_response": (dict, type(None)),
    "raw_response": (str, type(None)),
    "model": (str,),
    "file": (str, type(None)),
    "metadata": (type(None),),
    **dict.fromkeys(("input_tokens", "output_tokens", "total_tokens"), (int,)),
    "cost_usd": (float,),
    "usage": (dict,),
    "attempts": (list,),
    "citations": (list,),
    "citation_mappings": (dict,),
    "unsupported": (list,),
}
ATTEMPT = ["outcome", "provider_batch", "usage", "cost_usd", "error"]


# -- what holds for every provider and job


@pytest.mark.parametrize("name", COLUMNS)
def test_every_job_ends_as_it_should(ran: Callable[[str], Ran], name: str) -> None:
    seen = ran(name)
    assert sorted(seen.results) == sorted(SAYS)
    assert {job: seen.label(COLUMNS[name], job) for job in SAYS} == {job: COLUMNS[name].expected(job) for job in SAYS}


@pytest.mark.parametrize("name", COLUMNS)
def test_an_error_is_there_where_a_job_did_not_succeed_and_names_why(ran: Callable[[str], Ran], name: str) -> None:
    for job, result in ran(name).results.items():
        assert result.is_success == (result.outcome.value == "succeeded") == (result.error is None)
        if result.error is not None:
            named = "max_tokens" if result.outcome.value == "truncated" else ERRORS[job]
            assert re.search(named, result.error), (job, result.error)


@pytest.mark.parametrize("name", COLUMNS)
def test_all_results_have_one_shape(ran: Callable[[str], Ran], name: str) -> None:
    seen = ran(name)
    for job, result in seen.results.items():
        data = result.to_dict()
        assert list(data) == list(TYPES)
        assert [key for key, kinds in TYPES.items() if type(data[key]) not in kinds] == []
        assert [list(attempt) for attempt in data["attempts"]] == [ATTEMPT] * len(result.attempts)
        assert len(result.attempts) >= 1
        kind = {"typed": Bill, "nested typed": Order}.get(job, type(None)) if result.is_success else type(None)
        assert type(result.parsed_response) is kind
        assert JobResult.from_dict(data, None if kind is type(None) else kind) == result
        assert json.loads((seen.folder / "results" / f"{job}.json").read_bytes()) == data


@pytest.mark.parametrize("name", COLUMNS)
def test_what_was_answered_used_tokens_and_what_was_refused_cost_nothing(ran: Callable[[str], Ran], name: str) -> None:
    for job, result in ran(name).results.items():
        if result.outcome.value == "error":
            assert (result.usage, result.cost) == (Usage(), 0), job
        else:
            assert result.input_tokens > 0, job
            assert result.output_tokens > 0, job


@pytest.mark.parametrize("name", EMULATED)
def test_each_job_cost_what_the_provider_billed(ran: Callable[[str], Ran], name: str) -> None:
    seen = ran(name)
    billed = {job: seen.bills[job] for job in seen.bills if seen.bills[job]}
    free = {job for job, result in seen.results.items() if not result.cost}
    assert set(billed) == (set() if name == "vllm" else set(SAYS) - {"over-long", "invalid parameter"})
    assert free == set(SAYS) - set(billed)
    for job, usd in billed.items():
        assert usd is not None
        assert seen.results[job].cost == (usd * 10**9).to_integral_value(ROUND_CEILING), job


@pytest.mark.parametrize("name", EMULATED)
def test_text_comes_through_unharmed(ran: Callable[[str], Ran], name: str) -> None:
    seen = ran(name)
    assert SAYS["unicode"] in list(strings(seen.asked["unicode"]))
    assert seen.results["unicode"].raw_response == UNICODE
    assert json.loads((seen.folder / "results" / "unicode.json").read_bytes())["raw_response"] == UNICODE
    assert seen.results["nested typed"].parsed_response == Order(
        vendor=Vendor(name="Acme", country="España"), amounts=[5, 7]
    )


@pytest.mark.parametrize("name", EMULATED)
def test_files_go_in_the_form_that_the_provider_takes(
    ran: Callable[[str], Ran], papers: dict[str, Path], name: str
) -> None:
    assert {job: form_of(job, ran(name), papers) for job in papers} == COLUMNS[name].files


def form_of(job: str, seen: Ran, papers: dict[str, Path]) -> str:
    said = list(strings(seen.asked[job]))
    if any(b64encode(papers[job].read_bytes()).decode() in text for text in said):
        return "as it is"
    return "as text" if any(READS[job] in text for text in said) else "not at all"


# -- the page


def test_the_page_shows_what_was_seen(ran: Callable[[str], Ran], papers: dict[str, Path]) -> None:
    page = PAGE_HEAD + "\n\n".join([outcomes_table(ran), notes(), FILES_HEAD, files_table(ran, papers)]) + "\n"
    if os.environ.get("BATCHATA_WRITE_DOCS"):
        PAGE.write_text(page, "utf-8")
    told = PAGE.read_text("utf-8") if PAGE.exists() else ""
    assert told == page, (
        f"{PAGE.name} does not show what was seen. Look at the difference, and where it is meant, write the page anew: "
        "BATCHATA_WRITE_DOCS=1 python -m pytest tests/matrix/test_matrix.py"
    )


def outcomes_table(ran: Callable[[str], Ran]) -> str:
    def cell(name: str, job: str) -> str:
        label = ran(name).label(COLUMNS[name], job)
        return f"{label} [{NOTES.index(COLUMNS[name].but[job][1]) + 1}]" if job in COLUMNS[name].but else label

    return table(["job", *titles(COLUMNS)], [[job, *(cell(name, job) for name in COLUMNS)] for job in SAYS])


def files_table(ran: Callable[[str], Ran], papers: dict[str, Path]) -> str:
    rows = [[job, *(form_of(job, ran(name), papers) for name in EMULATED)] for job in papers]
    return table(["file", *titles(EMULATED)], rows)


def notes() -> str:
    return "\n".join(f"{number}. {note}" for number, note in enumerate(NOTES, 1))


def titles(names: Iterable[str]) -> list[str]:
    return [f"{COLUMNS[name].title}<br>`{COLUMNS[name].model}`" for name in names]


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


NOTES = list(dict.fromkeys(reason for column in COLUMNS.values() for _, reason in column.but.values()))

PAGE_HEAD = """# One script, every provider

The same twelve jobs, sent by the same script; from column to column only the model's name is another. The table is written by
the test that runs them (`tests/matrix/test_matrix.py`): over HTTP, against the emulated providers of `batchata.testing`, the embedded
model, and a llama.cpp server on a port of its own. What it shows is `JobResult.outcome`. Every result has the same fields; what was
not billed costs nothing, and elsewhere `cost_usd` is what the provider's ledger says.

"""

FILES_HEAD = """The two on the right are real models: an answer that they don't end within `max_tokens` is `truncated`, and which of
the two comes is theirs to choose.

How a file reaches the model:"""
