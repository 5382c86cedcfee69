"""Tables through whole runs: rows in, typed columns out, and nothing sent twice."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import BaseModel

from batchata import Batch, ValidationError
from batchata import results as stored
from batchata.testing import Answer, Emulator

Make = Callable[..., Batch]
Emulate = Callable[..., Emulator]


class Item(BaseModel):
    what: str
    price: Decimal


class Verdict(BaseModel):
    text: str
    score: int | None
    day: date
    items: list[Item]


def prompt_of(request: dict[str, Any]) -> str:
    content = request["messages"][0]["content"]
    return content if isinstance(content, str) else str(content[-1]["text"])


def verdict(request: dict[str, Any]) -> Answer | str:
    prompt = prompt_of(request)
    if "refuse" in prompt:
        return Answer.refused()
    items = [{"what": "ü", "price": "1.10"}]
    return json.dumps({"text": prompt, "score": len(prompt), "day": "2024-02-29", "items": items})


def test_input_columns_stand_beside_typed_answers(batch: Make, emulate: Emulate) -> None:
    emulate(answer=verdict)
    frame = pd.DataFrame(
        {
            "id": [7, 8, 9],
            "text": ["Zürich", "refuse", None],
            "when": [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02"), pd.NaT],
        }
    )
    made = batch().add_table(frame, "Judge {text}!", id_column="id", response_model=Verdict)
    run = made.run(wait=True)
    out = run.to_pandas()
    assert out["job_id"].tolist() == ["7", "8", "9"]
    assert out["is_success"].tolist() == [True, False, True]
    assert out["id"].tolist() == [7, 8, 9]
    assert out["input_text"].isna().tolist() == [False, False, True]
    assert out["text"].tolist()[::2] == ["Judge Zürich!", "Judge !"]
    assert str(out["score"].dtype) == "Int64", "a failed job made a float of it"
    assert out["score"].tolist() == [13, pd.NA, 7]
    assert out["day"].tolist()[0] == date(2024, 2, 29)
    assert str(out["when"].dtype) == "datetime64[us]"
    frame = run.to_polars()
    assert frame["items"].to_list()[0] == [{"what": "ü", "price": Decimal("1.10")}]
    assert frame.schema["when"] == pl.Datetime("us")
    assert run.to_arrow().schema.field("items").type.value_type.field("price").type == pa.decimal128(38, 2)
    assert run.results()["7"].metadata == {"id": 7, "text": "Zürich", "when": "2024-01-01T00:00:00"}


@pytest.mark.parametrize("id_column", ["id", None])
def test_the_second_run_sends_nothing(id_column: str | None, batch: Make, emulate: Emulate) -> None:
    emulator = emulate(answer=verdict)
    frame = pl.DataFrame({"id": [1, 2, 3, 4], "text": ["same", "same", "other", "same"], "n": [1, 2, 3, 4]})

    def run(frame: pl.DataFrame) -> pl.DataFrame:
        made = batch().add_table(frame, "Judge {text}", id_column=id_column, response_model=Verdict)
        found: pl.DataFrame = made.run(wait=True).to_polars()
        return found

    first = run(frame)
    assert first["n"].to_list() == [1, 2, 3, 4], "the order of the table was lost"
    assert len(emulator.ledger) == 4
    again = run(frame.with_columns(n=pl.col("n") * 10))
    assert len(emulator.ledger) == 4
    assert again["n"].to_list() == [10, 20, 30, 40], "the columns are those of the present table"
    assert again["job_id"].to_list() == first["job_id"].to_list()
    assert again["day"].dtype == pl.Date, "after a resume the types are the model's too"
    more = pl.concat([frame, frame.with_columns(id=pl.col("id") + 10, text=pl.lit("new")).head(1)])
    assert run(more).height == 5
    assert len(emulator.ledger) == 5


def test_answers_that_come_out_of_order_are_put_in_it(
    batch: Make, emulate: Emulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulate(turnaround=lambda count: 0.6 if count == 3 else 0.05)
    monkeypatch.setattr(stored, "AT_ONCE", 2)
    frame = pl.DataFrame({"n": range(5)})
    run = batch(items_per_batch=3).add_table(frame, "Say {n}").run(wait=True)
    assert run.to_polars()["n"].to_list() == [0, 1, 2, 3, 4]


def test_a_table_that_is_gone_ends_the_run_aloud_each_time(batch: Make, emulate: Emulate, tmp_path: Path) -> None:
    emulator = emulate()
    path = tmp_path / "rows.csv"
    path.write_text("text\nx\n")
    made = batch().add_job(prompt="first", job_id="first").add_table(path, "Say {text}")
    path.unlink()
    for call in (made.estimate, lambda: made.run(wait=True), lambda: made.run(wait=True)):
        with pytest.raises(ValidationError, match=r"'rows.csv' can't be read to its end.*No such file"):
            call()
    assert len(emulator.ledger) == 1, "what came before it is sent, once"
    path.write_text("text\nx\n")
    assert len(batch().add_table(path, "Say {text}").run(wait=True).results()) == 1


def test_rows_are_read_when_the_run_needs_them(batch: Make, emulate: Emulate, tmp_path: Path) -> None:
    emulate()
    path = tmp_path / "rows.csv"
    path.write_text("id,text\n1,a\n")
    made = batch().add_table(path, "Say {text}", id_column="id")
    path.write_text("id,text\n1,a\n2,b\n")  # no more than a test's way to see when it is read
    assert list(made.run(wait=True).results()) == ["1", "2"]


def test_a_bad_row_is_one_failed_job(batch: Make, emulate: Emulate, tmp_path: Path) -> None:
    emulator = emulate()
    (tmp_path / "good.txt").write_text("content")
    path = tmp_path / "rows.jsonl"
    rows = [
        {"id": "a", "file": "good.txt", "n": 1},
        {"id": "b", "file": "missing.txt", "n": 1},
        {"id": "c", "file": "good.txt", "n": "one"},
        {"id": "a", "file": "good.txt", "n": 2},
        {"id": None, "file": "good.txt", "n": 2},
        {"id": "d/e", "file": "good.txt", "n": 2},
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n{broken\n")
    made = batch().add_table(path, "Sum up {n:.1f}", file=str(tmp_path / "{file}"), id_column="id")
    run = made.run(wait=True)
    results = list(run.results().values())
    assert [result.is_success for result in results].count(True) == len(emulator.ledger) == 1
    errors = "\n".join(str(result.error) for result in results)
    for named in (
        "line 2: file is", "line 3: column 'n' is 'one'", "'a' was given twice", "line 5: it has no value in the id_column",
        "line 6: job_id", "line 7: it is no JSON",
    ):  # fmt: skip
        assert named in errors
    assert run.to_arrow().num_rows == 7, "a row vanished"


@pytest.mark.parametrize(
    ("params", "named"),
    [({"model": "gtp-5"}, "gtp-5"), ({"temperature": "hot"}, "temperature"), ({"provider_params": {"stream": 1}}, "stream"),
     ({"response_model": dict}, "response_model"), ({"file": "missing.txt"}, "missing.txt")],
)  # fmt: skip
def test_what_is_wrong_with_all_rows_is_refused_by_the_call(
    params: dict[str, Any], named: str, batch: Make, emulate: Emulate
) -> None:
    emulator = emulate()
    made = batch()
    with pytest.raises(ValidationError, match=named):
        made.add_table(pl.DataFrame({"text": ["x"]}), "Say {text}", **params)
    assert made.run(wait=True).results() == {}
    assert len(emulator.ledger) == 0


def test_a_limit_needs_the_price_of_a_tables_model_before_anything_is_sent(batch: Make, emulate: Emulate) -> None:
    emulator = emulate()
    made = batch().add_cost_limit(1).add_table(pl.DataFrame({"a": ["x"]}), "Say {a}", model="claude-unheard-of-9")
    with pytest.raises(ValidationError, match="no price is known for 'claude-unheard-of-9'"):
        made.run(wait=True)
    assert len(emulator.ledger) == 0


def test_an_empty_table_is_no_job(batch: Make, emulate: Emulate) -> None:
    emulate()
    frame = pl.DataFrame(schema={"text": pl.String})
    run = batch().add_table(frame, "Say {text}", response_model=Verdict).run(wait=True)
    out = run.to_polars()
    assert out.height == 0
    assert {"text", "score", "day", "items", "input_text"} <= set(out.columns)


def test_tables_and_jobs_go_together_and_out_to_files(batch: Make, emulate: Emulate, tmp_path: Path) -> None:
    emulate(answer=lambda request: prompt_of(request).upper())
    made = (
        batch().add_job(prompt="first", job_id="first").add_table(pl.DataFrame({"a": ["x"]}), "say {a}", id_column="a")
    )
    made.add_table(pa.table({"b": [True]}), "say {b}").add_job(prompt="last", job_id="last", metadata={"b": False})
    run = made.run(wait=True)
    wanted = [("FIRST", None, None), ("SAY X", "x", None), ("SAY TRUE", None, True), ("LAST", None, False)]
    for name in ("out.parquet", "out.csv", "out.jsonl"):
        path = run.write_table(tmp_path / name)
        read = {"parquet": pl.read_parquet, "csv": pl.read_csv, "jsonl": pl.read_ndjson}[path.suffix[1:]](path)  # type: ignore[operator]
        assert read.select("raw_response", "a", "b").rows() == wanted


def test_estimate_counts_rows(batch: Make, emulate: Emulate) -> None:
    emulate()
    made = batch().add_table(pl.DataFrame({"text": ["x"] * 30}), "Say {text}")
    assert made.estimate().jobs == 30
    assert len(made.run(wait=True).results()) == 30
