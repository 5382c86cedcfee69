"""What goes into a report: all of the money, what of the results and documents there is room for, and the reasons."""

import json
import re
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pydantic import BaseModel

from batchata import Batch, BatchRun, StateError, ValidationError
from batchata.report import summary, write
from batchata.testing import Answer

Visits = Callable[..., Any]
Running = Callable[..., BatchRun]
INVOICE = Path(__file__).parents[2] / "examples" / "documents" / "invoice.pdf"


class Total(BaseModel):
    total: float


QUOTED = json.dumps({"answer": {"total": 9856.63}, "quotes": [{"quote": "Total due 9,856.63", "fields": ["total"]}]})
READ: dict[str, Any] = {"job_id": "one", "prompt": "Read it.", "response_model": Total, "enable_citations": True}


def data(report: Path, name: str = "main") -> Any:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', report.read_text())
    assert found, name
    return json.loads(found[1])


def test_all_that_was_spent_is_in_it(sample: Path, report: Path) -> None:
    told = data(report)
    with closing(sqlite3.connect(sample)) as connection:
        (spent,) = connection.execute("SELECT spent FROM ledger ORDER BY id DESC LIMIT 1").fetchone()
    assert told["spent"] == spent > 0
    assert sum(cost for _, _, cost, _ in told["costs"]) == spent
    assert {model for model, _, _, _ in told["costs"]} == {"claude-haiku-4-5", "gpt-4.1-mini", "gemini-2.5-flash"}
    assert len({day for _, day, _, _ in told["costs"]}) == 3
    assert sum(row[5] for row in told["rows"]) == spent
    assert told["limit"] == 5_000_000_000
    assert told["outcomes"] == {"succeeded": 61, "refused": 4, "error": 3}
    assert sum(lane["count"] for lane in told["latency"]) == told["batch_count"] == len(told["batches"])
    for lane in told["latency"]:
        assert lane["dots"] == sorted(lane["dots"])
        assert lane["dots"][0] <= lane["median"] <= lane["p90"] <= lane["longest"]
    assert told["notices"] == []


def test_it_is_for_its_owner_alone(report: Path) -> None:
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_it_names_nothing_to_be_loaded(report: Path) -> None:
    page = re.sub(r'<script type="application/json".*?</script>', "", report.read_text(), flags=re.DOTALL)
    assert re.findall(r"(?:src|href)=\"([^\"]*)\"|url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page) == [
        "data:,",
        "#results",
    ]
    assert "default-src 'none'" in page
    assert "unsafe" not in page


def test_failed_results_are_listed_first_where_not_all_are(sample: Path, tmp_path: Path) -> None:
    told = data(write(sample, tmp_path / "report.html", results_limit=9))
    assert sorted(row[1] for row in told["rows"]) == ["error"] * 3 + ["refused"] * 4 + ["succeeded"] * 2
    assert told["outcomes"]["succeeded"] == 61
    assert told["notices"] == [
        "59 more results are not listed here: the report holds the failed ones first, then the latest, up to its limit."
    ]


def test_a_cited_page_comes_before_all_others(running: Running, tmp_path: Path) -> None:
    water = {"job_id": "another", "file": INVOICE.with_name("water-report.pdf"), "prompt": "Sum it up."}
    running(lambda asked: QUOTED if "Read it." in asked else "Too much nitrate.", [water, {**READ, "file": INVOICE}])
    told = data(write(tmp_path / "state.db", tmp_path / "report.html", pictures_mb=0.065))
    drawn = {document["name"]: [page[0] for page in document["pages"]] for document in told["docs"]}
    assert drawn == {"water-report.pdf": [], "invoice.pdf": [2]}


def test_passages_are_words_where_there_is_no_room_for_their_page(visit: Visits, sample: Path, tmp_path: Path) -> None:
    told = data(report := write(sample, tmp_path / "report.html", pictures_mb=0.15))
    assert any("room" in notice for notice in told["notices"])
    by_name = {document["name"]: document for document in told["docs"]}
    assert [page[0] for page in by_name["invoice.pdf"]["pages"]] == [1, 2]
    assert by_name["water-report.pdf"]["pages"] == []
    page = visit().open(report, "#job=water-1")
    expect(page.get_by_text("room").first).to_be_visible()
    page.locator(".value", has_text="58.4").click()
    expect(page.locator("#source .on")).to_have_text("nitrate was found at 58.4 mg/l, above the limit of 50 mg/l")


def test_a_passage_that_is_not_shown_to_state_a_value_says_so(visit: Visits, sample: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    shutil.copy(sample, state)
    with closing(sqlite3.connect(state)) as connection, connection:
        where = "WHERE job = (SELECT seq FROM said WHERE job_id = 'water-1')"
        (body,) = connection.execute(f"SELECT body FROM result {where}").fetchone()
        result = json.loads(body)
        for found in result["citation_mappings"].values():
            found[0]["metadata"].pop("supports", None)
        result["citation_mappings"]["client"][0]["metadata"]["supports"] = "not shown"
        connection.execute(f"UPDATE result SET body = ? {where}", (json.dumps(result).encode(),))
    report = write(state, tmp_path / "report.html")
    (row,) = [row for row in data(report)["rows"] if row[0] == "water-1"]
    assert row[8:] == [4, 5]
    page = visit().open(report, "#job=water-1&field=client")
    line = page.locator(".line", has=page.get_by_text("client", exact=True))
    expect(line).to_have_text("clientMunicipality of Orrin Valep. 1 ?")
    expect(page.locator(".box.on")).to_have_count(1)
    assert len(data(report, "results-0")[1]["cites"]) == 4


@pytest.mark.parametrize("fate", ["changed", "gone"])
def test_a_document_that_is_not_what_it_was_leaves_its_passages(
    visit: Visits, running: Running, tmp_path: Path, fate: str
) -> None:
    invoice = tmp_path / "invoice.pdf"
    shutil.copy(INVOICE, invoice)
    running(lambda _: QUOTED, [{**READ, "file": invoice}])
    if fate == "changed":
        invoice.write_bytes(INVOICE.read_bytes() + b"\n")
    else:
        invoice.unlink()
    report = write(tmp_path / "state.db", tmp_path / "report.html")
    page = visit().open(report, "#job=one")
    expect(page.locator("#source .notice")).to_contain_text("has changed" if fate == "changed" else "can't be read")
    page.get_by_role("button", name="9856.63").click()
    expect(page.locator("#source .quote.on")).to_have_text("Total due 9,856.63")
    assert data(report)["notices"][0].startswith("1 document could not be shown")


def test_documents_within_messages_are_shown_too(visit: Visits, running: Running, tmp_path: Path) -> None:
    import base64

    content = [
        {"type": "document", "title": "the bill", "source": {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(INVOICE.read_bytes()).decode()}},
        {"type": "document", "title": "a note", "source": {"type": "text", "media_type": "text/plain", "data": "😀 The total is 12.50 francs 😀."}},
        {"type": "text", "text": "Read them."},
    ]  # fmt: skip
    quoted = {"answer": {"total": 12.5}, "quotes": [{"quote": "The total is 12.50 francs", "fields": ["total"]}]}
    asked = {name: value for name, value in READ.items() if name != "prompt"}
    running(lambda _: json.dumps(quoted), [{**asked, "messages": [{"role": "user", "content": content}]}])
    report = write(tmp_path / "state.db", tmp_path / "report.html")
    assert data(report)["rows"][0][3] == "the bill, a note.txt"
    page = visit().open(report, "#job=one")
    expect(page.get_by_role("img", name="Page 1")).to_be_visible()
    page.get_by_text("Prompt", exact=True).click()
    expect(page.locator("#answer pre.small")).to_have_text("user:\n[the bill]\n[a note]\nRead them.")
    page.get_by_role("button", name="12.5", exact=True).click()
    expect(page.locator(".paper .mark.on")).to_have_text("The total is 12.50 francs")
    expect(page.get_by_role("button", name="a note")).to_have_attribute("aria-pressed", "true")


def test_a_text_in_the_prompt_is_shown_as_the_document(visit: Visits, running: Running, tmp_path: Path) -> None:
    quoted = {"answer": {"total": 12.5}, "quotes": [{"quote": "12.50 francs", "fields": ["total"]}]}
    running(lambda _: json.dumps(quoted), [{**READ, "prompt": "It came to 12.50 francs. How much?"}])
    report = write(tmp_path / "state.db", tmp_path / "report.html")
    assert data(report)["rows"][0][3] is None
    page = visit().open(report, "#job=one&field=total")
    expect(page.locator(".paper .mark.on")).to_have_text("12.50 francs")


def test_a_long_text_is_shown_around_what_is_cited(visit: Visits, running: Running, tmp_path: Path) -> None:
    long = tmp_path / "long.md"
    long.write_text("word ☃ " * 60_000 + "It came to 12.50 francs." + " word" * 60_000)
    quoted = {"answer": {"total": 12.5}, "quotes": [{"quote": "It came to 12.50 francs.", "fields": ["total"]}]}
    running(lambda _: json.dumps(quoted), [{**READ, "file": long, "model": "gemini-2.5-flash"}])
    report = write(tmp_path / "state.db", tmp_path / "report.html")
    assert report.stat().st_size < 200_000
    page = visit().open(report, "#job=one&field=total")
    expect(page.locator(".paper .mark.on")).to_have_text("It came to 12.50 francs.")
    expect(page.get_by_text("characters are not shown.").first).to_be_attached()


def test_a_changed_job_is_listed_once(running: Running, tmp_path: Path) -> None:
    rounds = ([{"job_id": "one", "prompt": prompt}] for prompt in ("First.", "Second.", "First."))
    running(lambda asked: "two" if "Second." in asked else "one", *rounds)
    told = data(report := write(tmp_path / "state.db", tmp_path / "report.html"))
    assert [(row[0], row[4]) for row in told["rows"]] == [
        ("one", "one")
    ]  # the version added last, not the one made last
    assert told["outcomes"] == {"succeeded": 1}
    assert told["notices"] == ["1 earlier version of jobs that have changed is part of the money, and not listed."]
    assert sum(cost for _, _, cost, _ in told["costs"]) == told["spent"] > told["rows"][0][5]
    assert data(report, "results-0")[0]["raw"] == "one"


def test_a_state_without_results_says_so(visit: Visits, running: Running, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-not-a-key")
        Batch(tmp_path / "state.db").run(wait=True)
    page = visit().open(write(tmp_path / "state.db", tmp_path / "report.html"))
    for words in ("No job was added yet.", "Nothing was billed.", "No batch has ended yet.", "No job has ended yet."):
        expect(page.get_by_text(words).first).to_be_visible()


ALIKE = (
    ("said", "seq", {"seq": "?1", "key": "?1", "job_id": "?2"}),
    ("result", "id", {"id": "?1", "job": "?1"}),
    ("standing", "job", {"job": "?1", "result": "?1"}),
)
"""Tables in which a job has a row; what is its first one's; columns that are each job's own."""


def multiply(state: Path, most: int) -> None:
    """So many jobs that ended like the only one."""
    numbers = [(number, f"m-{number - 1:05}") for number in range(2, most + 1)]
    with closing(sqlite3.connect(state)) as connection, connection:
        for table, key, own in ALIKE:
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            columns = ", ".join(own.get(name, name) for name in names)
            connection.executemany(f"INSERT INTO {table} SELECT {columns} FROM {table} WHERE {key} = 1 AND ?2 > ''", numbers)  # fmt: skip


def test_ten_thousand_results_are_a_handful_of_rows(visit: Visits, running: Running, tmp_path: Path) -> None:
    running(lambda _: Answer("Late delivery."), [{"job_id": "m-00000", "prompt": "Sort it."}])
    multiply(tmp_path / "state.db", 10_000)
    page = visit().open(write(tmp_path / "state.db", tmp_path / "report.html"))
    rows = page.locator(".body .row")
    expect(page.locator("#count")).to_have_text("10,000 results")
    page.get_by_role("searchbox").press("ArrowDown")
    page.keyboard.press("End")
    expect(page.locator(".body .row:focus")).to_have_attribute("aria-rowindex", "10001")
    expect(rows.last).to_contain_text("m-09999")
    assert rows.count() < 60
    page.get_by_role("searchbox").fill("late m-07")
    expect(page.locator("#count")).to_have_text("1,000 of 10,000")
    assert rows.count() < 60
    page.evaluate("location.hash = '#job=m-04321'")
    expect(page.get_by_role("dialog", name="m-04321")).to_contain_text("Late delivery.")


def more_batches(state: Path, number: int) -> None:
    """So many more batches like the first, with its bookings."""
    with closing(sqlite3.connect(state)) as connection, connection:
        for table, renamed in (
            ("provider_batch", {"id": "1000 + n", "nonce": "nonce || n", "provider_id": "provider_id || n"}),
            ("ledger", {"id": "id + 10000 * n", "batch": "1000 + n"}),
        ):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            where = "id = 1" if table == "provider_batch" else "batch = 1"
            connection.execute(
                f"WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < {number})"
                f" INSERT INTO {table} SELECT {', '.join(renamed.get(name, name) for name in names)} FROM {table}, k WHERE {where}"
            )


def test_the_work_for_a_batch_does_not_grow_with_their_number(sample: Path, tmp_path: Path) -> None:
    """Counted in steps of SQLite's machine, so that no clock has a say."""
    steps = []
    for number in (1_000, 4_000):
        shutil.copy(sample, state := tmp_path / f"{number}.db")
        more_batches(state, number)
        with closing(sqlite3.connect(state)) as connection:
            done = [0]

            def stepped(done: list[int] = done) -> int:
                done[0] += 1
                return 0

            connection.set_progress_handler(stepped, 100)
            told = summary.told(connection, set(), 0)
            steps.append(done[0])
        assert (len(told["batches"]), told["batch_count"] > number) == (summary.BATCHES_LISTED, True)
        assert {batch["cost"] for batch in told["batches"]} == {told["batches"][0]["cost"]} != {None}
    assert steps[1] < 5 * steps[0]
    assert steps[1] < 4_000  # of 100 each: a hundred for each batch


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"results_limit": -1}, "results_limit"), ({"pictures_mb": "much"}, "pictures_mb"), ({"pages_each": float("nan")}, "pages_each")],
)  # fmt: skip
def test_what_can_t_be_is_refused_by_name(sample: Path, tmp_path: Path, arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        write(sample, tmp_path / "report.html", **arguments)


def test_a_place_that_can_t_be_written_is_refused(sample: Path, tmp_path: Path) -> None:
    for out in (tmp_path / "no" / "report.html", tmp_path):
        with pytest.raises(ValidationError, match="out="):
            write(sample, out)


def test_a_state_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError):
        write(tmp_path / "nothing.db", tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []
