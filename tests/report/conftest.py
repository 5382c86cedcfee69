"""A state with documents, citations and failures, its report, and a Chromium to look at it with."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright
from pydantic import BaseModel

from batchata import Batch, BatchRun
from batchata.report import write
from batchata.testing import Answer, Emulator

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
DOCUMENTS = Path(__file__).parents[2] / "examples" / "documents"

Answers = Callable[[str], "Answer | str"]


class Item(BaseModel):
    description: str
    amount: float


class Invoice(BaseModel):
    invoice_number: str
    seller: str
    buyer: str
    due_date: date
    total: float
    vat: float
    paid: bool
    line_items: list[Item]


class Water(BaseModel):
    client: str
    sampled: date
    parameter_above_limit: str
    nitrate: float
    sample_kept_until: date


class Letter(BaseModel):
    writer: str
    visitors: list[int]
    repair_cost: float
    answer_before: date


INVOICE = {
    "answer": {
        "invoice_number": "BIW-2026-0417",
        "seller": "Brennmoor Instrument Works Ltd",
        "buyer": "Halloway & Finch Laboratories",
        "due_date": "2026-04-02",
        "total": 9856.63,
        "vat": 1642.77,
        "paid": False,
        "line_items": [
            {"description": "Benchtop pH meter", "amount": 824.0},
            {"description": "pH electrode, refillable", "amount": 386.0},
            {"description": "Conductivity probe CP-2", "amount": 564.0},
        ],
    },
    "quotes": [
        {"quote": "Invoice BIW-2026-0417", "fields": ["invoice_number"]},
        {"quote": "Brennmoor Instrument Works Ltd", "fields": ["seller"]},
        {"quote": "Bill to: Halloway & Finch Laboratories", "fields": ["buyer"]},
        {"quote": "Due date: 2 April 2026", "fields": ["due_date"]},
        {"quote": "Total due 9,856.63", "fields": ["total"]},
        {"quote": "VAT 20 % 1,642.79", "fields": ["vat"]},  # it says 1,642.77
        {"quote": "Benchtop pH meter PH-40 with glass electrode 2 412.00 824.00", "fields": ["line_items[0]"]},
        {"quote": "pH electrode, refillable, BNC connector 4 96.50 386.00", "fields": ["line_items[1]"]},
        {"quote": "Conductivity probe CP-2, 3 m cable 3 188.00 564.00", "fields": ["line_items[2]"]},
    ],
}
WATER = {
    "answer": {
        "client": "Municipality of Orrin Vale",
        "sampled": "2026-04-14",
        "parameter_above_limit": "Nitrate",
        "nitrate": 58.4,
        "sample_kept_until": "2026-05-20",
    },
    "quotes": [
        {"quote": "Client: Municipality of Orrin Vale, Water Department", "fields": ["client"]},
        {"quote": "Sampled: 14 April 2026, 07:40", "fields": ["sampled"]},
        {
            "quote": "nitrate was found at 58.4 mg/l, above the limit of 50 mg/l",
            "fields": ["parameter_above_limit", "nitrate"],
        },
        {"quote": "The sample is kept until 20 May 2026", "fields": ["sample_kept_until"]},
    ],
}
LETTER = {
    "answer": {
        "writer": "Rosalind Achterberg",
        "visitors": [74, 81, 69, 92],
        "repair_cost": 430.0,
        "answer_before": "2026-05-25",
    },
    "quotes": [
        {"quote": "Rosalind Achterberg", "fields": ["writer"]},
        {
            "quote": "Between 9:30 and 16:00 there were 74, 81, 69 and 92 visitors",
            "fields": [f"visitors[{n}]" for n in range(4)],
        },
        {"quote": "quoted at 430 pounds", "fields": ["repair_cost"]},
        {"quote": "an answer before 25 May", "fields": ["answer_before"]},
    ],
}
TOPICS = ("late delivery", "double charge", "broken seal", "praise for the courier", "wrong size", "lost parcel")


def prose(text: str) -> Answer:
    """An answer in which Anthropic cites by itself."""
    passage = "smaller tent for 780 euros"
    start = text.index(passage)
    place = {"document_index": 0, "document_title": "meeting-notes.md", "file_id": None, "type": "char_location"}
    cited = {"cited_text": passage, "start_char_index": start, "end_char_index": start + len(passage), **place}
    content: list[dict[str, Any]] = [
        {"type": "text", "text": "The fair is in September. They "},
        {"type": "text", "text": "took the smaller tent", "citations": [cited]},
        {"type": "text", "text": ", and both bands."},
    ]
    return Answer(content=content)


def answer(asked: str) -> Answer | str:
    """What the sample's models say, by a word of the prompt."""
    if "Read the invoice" in asked:
        return json.dumps(INVOICE)
    if "Read the report" in asked:
        return json.dumps(WATER)
    if "Read the letter" in asked:
        return json.dumps(LETTER)
    if "Sum up the meeting" in asked:
        return prose((DOCUMENTS / "meeting-notes.md").read_text())
    number = next(n for n in range(200, -1, -1) if f"message {n}:" in asked)
    if number % 17 == 3:
        return Answer.refused("I can't help with that.")
    if number % 23 == 5:
        return Answer.errored("Overloaded: the request was not processed", "overloaded_error")
    return f"{TOPICS[number % 6].capitalize()}. The customer is {('calm', 'cross', 'content')[number % 3]} and writes for the {1 + number % 4}. time."


@contextmanager
def answering(answer: Answers) -> Iterator[Emulator]:
    """All three providers, answering so."""
    with (
        Emulator(turnaround=0.1, answer=lambda params: answer(json.dumps(params))) as emulator,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        yield emulator


def sample_batch(folder: Path) -> Batch:
    """Documents on three providers, and messages to sort."""
    batch = Batch(folder / "quarter.db", items_per_batch=12, settle_seconds=0.5, max_attempts=1).add_cost_limit(5.0)
    batch.defaults(max_tokens=1200)
    cited: dict[str, Any] = {"enable_citations": True, "metadata": {"folder": "2026/Q2"}}
    for number, model in enumerate(("claude-haiku-4-5", "gpt-4.1-mini", "gemini-2.5-flash")):
        batch.add_job(job_id=f"invoice-{417 + number}", file=DOCUMENTS / "invoice.pdf", prompt="Read the invoice.", model=model, response_model=Invoice, **cited)  # fmt: skip
        batch.add_job(job_id=f"water-{number + 1}", file=DOCUMENTS / "water-report.pdf", prompt="Read the report.", model=model, response_model=Water, **cited)  # fmt: skip
    batch.add_job(job_id="letter", file=DOCUMENTS / "letter.txt", prompt="Read the letter.", model="gpt-4.1-mini", response_model=Letter, **cited)  # fmt: skip
    batch.add_job(job_id="meeting", file=DOCUMENTS / "meeting-notes.md", prompt="Sum up the meeting.", model="claude-haiku-4-5", **cited)  # fmt: skip
    for number in range(60):
        batch.add_job(job_id=f"message-{number:03}", prompt=f"Sort message {number}: …", model=("claude-haiku-4-5", "gpt-4.1-mini")[number % 2])  # fmt: skip
    return batch


def spread(state: Path) -> None:
    """Batches that took what batches take, on three days: the emulator answers within the second."""
    with closing(sqlite3.connect(state)) as connection, connection:
        for (batch,) in connection.execute("SELECT id FROM provider_batch").fetchall():
            began = 86400.0 * ((batch - 1) % 3) + 3000 * batch
            connection.execute(
                "UPDATE provider_batch SET submitted_at = 1780300000 + ?, ended_at = 1780300000 + ? WHERE id = ?",
                (began, began + 400 * 1.9 ** ((batch * 7) % 9), batch),
            )
        connection.execute("UPDATE result SET at = 1780380000 + 4111 * (id % 60)")
        connection.execute("UPDATE run SET started_at = 1780299000, ended_at = 1780640000")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a run over documents."""
    folder = tmp_path_factory.mktemp("sample")
    with answering(answer):
        sample_batch(folder).run(wait=True)
    spread(folder / "quarter.db")
    return folder / "quarter.db"


@pytest.fixture(scope="session")
def answers() -> Callable[[], Any]:
    """All three providers, answering as the sample's models do, as long as it is entered."""
    return lambda: answering(answer)


@pytest.fixture(scope="session")
def report(sample: Path) -> Path:
    return write(sample, sample.with_name("report.html"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        expect.set_options(timeout=15_000)  # a busy machine
        yield browser
        browser.close()


class Visit:
    """A page, and all that it must not do: ask the network, break its policy, say anything in a dialog, fail."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("request", lambda request: self._asked(request.url))
        page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", self._said)

    def _asked(self, url: str) -> None:
        if not url.startswith("file://"):
            self.wrong.append(url)

    def _said(self, dialog: Dialog) -> None:
        self.wrong.append(dialog.message)
        dialog.dismiss()

    def open(self, report: Path, fragment: str = "") -> Page:
        self.page.goto(report.as_uri() + fragment)
        return self.page


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Makes visits, in the given circumstances; at the end nothing may have gone wrong in any."""
    visits: list[Visit] = []

    def visit(**circumstances: Any) -> Visit:
        settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
        visits.append(Visit(browser.new_context(**settings | circumstances).new_page()))
        return visits[-1]

    yield visit
    for one in visits:
        one.page.context.close()
        assert one.wrong == []


@pytest.fixture
def running(tmp_path: Path) -> Callable[..., BatchRun]:
    """Runs jobs that are answered so, one list of them after the other, on a state of the test's own."""

    def batch() -> Batch:
        made = Batch(tmp_path / "state.db", items_per_batch=None, settle_seconds=0.5, max_attempts=1)
        return made.defaults(model="gpt-4.1-mini", max_tokens=900)

    def run(say: Answers, *rounds: list[dict[str, Any]]) -> BatchRun:
        with answering(say):
            return [batch().add_jobs(jobs).run(wait=True) for jobs in rounds][-1]

    return run
