"""Tables from files and frames: their rows, their order, what is refused at once and what costs one row."""

import csv
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batchata import ValidationError
from batchata.tables import TableJobs, rows
from batchata.tables.kinds import FLOAT, INT, TEXT, Kind, list_of
from batchata.tables.sources import open_table
from batchata.tables.text_files import PEEK

MODEL = {"model": "claude-haiku-4-5"}
DATA: dict[str, list[Any]] = {
    "id": [1, 2, 3],
    "text": ["plain", "Zürich 🙂\nline two", None],
    "score": [0.5, None, 2.0],
    "day": [date(2024, 1, 1), None, date(2024, 12, 31)],
    "at": [datetime(2024, 1, 1, 12, tzinfo=UTC), None, datetime(2024, 7, 1, 12, tzinfo=UTC)],
    "tags": [["a", "b"], [], None],
}


def sources(tmp_path: Path) -> dict[str, Any]:
    arrow = pa.table(DATA)
    pq.write_table(arrow, tmp_path / "data.parquet")
    (tmp_path / "data.jsonl").write_text(pl.DataFrame(DATA).write_ndjson(), encoding="utf-8-sig")
    return {
        "pandas": pd.DataFrame(DATA),
        "pandas with Arrow's types": arrow.to_pandas(types_mapper=pd.ArrowDtype),
        "polars": pl.DataFrame(DATA),
        "pyarrow": arrow,
        "parquet": tmp_path / "data.parquet",
        "jsonl": tmp_path / "data.jsonl",
    }


@pytest.mark.parametrize("kind", ["pandas", "pandas with Arrow's types", "polars", "pyarrow", "parquet", "jsonl"])
def test_every_kind_of_table_makes_the_same_jobs(kind: str, tmp_path: Path) -> None:
    source = sources(tmp_path)[kind]
    jobs = list(TableJobs(source, {"prompt": "{id}: {text} {score} {day}"}, MODEL, id_column="id"))
    assert [job["prompt"] for job in jobs] == [
        "1: plain 0.5 2024-01-01",
        "2: Zürich 🙂\nline two  ",
        "3:  2.0 2024-12-31",
    ]
    assert [job["job_id"] for job in jobs] == ["1", "2", "3"]
    assert [job.wrong for job in jobs] == [None, None, None]
    first = jobs[0]["metadata"]
    assert first["at"].startswith("2024-01-01T12:00:00")
    assert {**first, "at": ""} == {
        "id": 1, "text": "plain", "score": 0.5, "day": "2024-01-01", "at": "", "tags": ["a", "b"],
    }  # fmt: skip
    assert jobs[2]["metadata"]["text"] is None


def test_frames_say_what_their_columns_are(tmp_path: Path) -> None:
    for kind in ("polars", "pyarrow", "parquet"):
        columns = open_table(sources(tmp_path)[kind]).columns
        assert (columns["id"], columns["text"], columns["score"]) == (INT, TEXT, FLOAT)
        assert columns["day"] == Kind("date")
        assert columns["at"] == Kind("datetime", zone="UTC")
        assert columns["tags"] == list_of(TEXT)


def test_csv_with_mark_quotes_and_wide_cells(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    wide = "ä" * 200_000  # beyond the csv module's own limit
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["name", "text"], ["a", 'two\nlines, "quoted"'], [], ["b", wide], ["c", ""]])
    csv.field_size_limit(131_072)
    assert list(rows(path)) == [
        {"name": "a", "text": 'two\nlines, "quoted"'},
        {"name": "b", "text": wide},
        {"name": "c", "text": None},
    ]
    assert csv.field_size_limit() == 131_072, "the limit is the whole process's"


@pytest.mark.parametrize(("mark", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), ("|", "a.csv")])
def test_the_delimiter_is_seen(mark: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(f'id{mark}"text, long"\n1{mark}x\n', encoding="utf-8")
    assert list(rows(path)) == [{"id": "1", "text, long": "x"}]


def test_a_bad_line_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    lines = [b'{"text": "one", "big": 18446744073709551617}', b"", b'{"text": ', b"[1]", b'{"x": 1}', b" " * PEEK]
    lines.append(b'{"text": "\xff"}')  # in the first bytes it refuses the file: see below
    path.write_bytes(b"\n".join(lines) + b"\n")
    jobs = list(TableJobs(path, {"prompt": "Say {text}{big}"}, MODEL))
    assert [job.get("prompt") for job in jobs] == ["Say one18446744073709551617", None, None, "Say ", None]
    assert [job.where for job in jobs] == [f"data.jsonl, line {n}" for n in (1, 3, 4, 5, 7)]
    assert [bool(job.wrong) for job in jobs] == [False, True, True, False, True]
    with pytest.raises(ValidationError, match=r"data.jsonl, line 3: it is no JSON"):
        list(rows(path))


def test_a_ragged_or_undecodable_csv_row_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    filler = b"f," + b"x" * 70_000 + b"\n"  # what is not UTF-8 in the first bytes refuses the file: see below
    path.write_bytes(b"a,b\n1,2\n1,2,3\n1\n" + filler + b"\xff,2\n3,4\n")
    jobs = list(TableJobs(path, {"prompt": "{a}"}, MODEL))
    assert [job.wrong for job in jobs] == [
        None, "it has 3 cells, and the header has 2", "it has 1 cells, and the header has 2", None, "it is not UTF-8", None,
    ]  # fmt: skip
    assert jobs[-1].where == "data.csv, line 7"


def test_what_is_read_is_what_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text("".join(f'{{"n": {n}}}\n' for n in range(300)) + "no JSON\n", encoding="utf-8")
    reading = rows(path)
    assert [next(reading)["n"] for _ in range(300)] == list(range(300)), "the bad line was met too early"
    table = open_table(path)
    first = table.read()
    next(first)
    assert next(table.read())[1] == {"n": 0}, "each reading begins anew"


def test_wide_integers_and_nanoseconds(tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    at = pa.array([1_700_000_000_000_000_123], type=pa.timestamp("ns", tz="Europe/Berlin"))
    pq.write_table(pa.table({"n": pa.array([2**64 - 1], type=pa.uint64()), "at": at, "d": [Decimal("1.50")]}), path)
    job = next(iter(TableJobs(path, {"prompt": "{n} {d}"}, MODEL)))
    assert job["prompt"] == "18446744073709551615 1.50"
    assert job["metadata"] == {"n": 2**64 - 1, "at": "2023-11-14T23:13:20+01:00", "d": "1.50"}


def test_bytes_are_not_kept_unless_asked_for(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": [1], "scan": [b"\xff"]})
    assert next(iter(TableJobs(frame, {"prompt": "{id}"}, MODEL)))["metadata"] == {"id": 1}
    assert next(iter(TableJobs(frame, {"prompt": "{id}"}, MODEL, keep=["scan"])))["metadata"] == {"scan": "/w=="}
    assert "metadata" not in next(iter(TableJobs(frame, {"prompt": "{id}"}, MODEL, keep=[])))


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary(1), pa.binary_view()], ids=str)
def test_every_kind_of_bytes_is_known(kind: Any) -> None:
    made = pa.table({"id": [1], "scan": pa.array([b"\xff"], type=kind)})
    assert open_table(made).binary == {"scan"}


def test_an_object_without_a_text_fails_its_row() -> None:
    jobs = list(TableJobs(pd.DataFrame({"a": ["x", object()]}), {"prompt": "{a}"}, MODEL))
    assert jobs[0].wrong is None
    assert "an object of type object, which has no text" in str(jobs[1].wrong)


def test_columns_with_numbers_for_names() -> None:
    job = next(iter(TableJobs(pd.DataFrame([["x", "y"]]), {"prompt": "{1}"}, MODEL)))
    assert (job["prompt"], job["metadata"]) == ("y", {"0": "x", "1": "y"})


def test_messages_and_files_are_templates(tmp_path: Path) -> None:
    frame = pl.DataFrame({"q": ["why?"], "name": ["a"]})
    messages = [
        {"role": "system", "content": "Be {name}."},
        {"role": "user", "content": [{"type": "text", "text": "{q} {{}}"}]},
    ]
    job = next(iter(TableJobs(frame, {"messages": messages}, MODEL)))
    assert job["messages"] == [
        {"role": "system", "content": "Be a."},
        {"role": "user", "content": [{"type": "text", "text": "why? {}"}]},
    ]
    jobs = TableJobs(frame, {"file": tmp_path / "{name}.pdf", "prompt": "Sum up."}, MODEL)
    assert next(iter(jobs))["file"] == str(tmp_path / "a.pdf")
    assert jobs.sample == {"prompt": "Sum up."}


def test_a_default_prompt_is_a_template() -> None:
    frame = pl.DataFrame({"q": ["why?"]})
    assert next(iter(TableJobs(frame, {}, {**MODEL, "prompt": "Say {q}"})))["prompt"] == "Say why?"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "neither messages nor prompt"),
        ({"prompt": "no column"}, "every row would ask the same"),
        ({"prompt": "{txet}"}, "Did you mean text"),
        ({"prompt": '{"answer": {text}}'}, "Write {{ and }}"),
        ({"prompt": "{text}", "messages": []}, "both given"),
        ({"prompt": "{text}", "job_id": "x"}, "id_column"),
        ({"prompt": "{text}", "metadata": {}}, "keep"),
        ({"prompt": "{text}", "max_token": 5}, "max_tokens"),
        ({"prompt": "{text}", "id_column": "ID"}, "id_column.*Did you mean id"),
        ({"prompt": "{text}", "keep": "text"}, "keep='text'"),
        ({"prompt": "{text}", "keep": ["texts"]}, "Did you mean text"),
        ({"prompt": "{text}", "missing": None}, "missing=None"),
    ],
    ids=range(12),
)
def test_what_is_wrong_with_every_row_is_refused_at_once(arguments: dict[str, Any], named: str) -> None:
    settings = {name: arguments[name] for name in ("id_column", "keep", "missing") if name in arguments}
    params = {name: value for name, value in arguments.items() if name not in settings}
    with pytest.raises(ValidationError, match=named):
        TableJobs(pl.DataFrame({"id": [1], "text": ["x"]}), params, MODEL, **settings)


def bad_sources(tmp_path: Path) -> dict[str, tuple[Any, str]]:
    def written(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return {
        "none": (None, "can't be read as a table"),
        "dict": ({"a": [1]}, "can't be read as a table"),
        "lazy": (pl.LazyFrame({"a": [1]}), "collect"),
        "missing": (tmp_path / "missing.csv", "No such file"),
        "suffix": (written("a.xlsx", b"x"), "unknown kind"),
        "empty": (written("a.csv", b""), "0 bytes"),
        "twice": (written("b.csv", b"a,a\n1,2\n"), "'a' twice"),
        "twice in a frame": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "a"),
        "utf-16": (written("c.csv", "a,b\n".encode("utf-16")), "UTF-16"),
        "latin-1": (written("d.csv", "a\nü\n".encode("latin-1")), "line 2 is not UTF-8"),
        "no parquet": (written("a.parquet", b"PAR1 no"), "no Parquet"),
        "folder": (tmp_path / "x.csv", "a directory, no regular file. Give a file in it"),
        "pipe": (tmp_path / "p.csv", r"a named pipe \(FIFO\), no regular file. Write what it gives"),
    }


@pytest.mark.parametrize(
    "kind",
    ["none", "dict", "lazy", "missing", "suffix", "empty", "twice", "twice in a frame", "utf-16", "latin-1", "no parquet",
     "folder", "pipe"],
)  # fmt: skip
def test_what_is_no_table_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    os.mkfifo(tmp_path / "p.csv")
    source, named = bad_sources(tmp_path)[kind]
    with pytest.raises(ValidationError, match=named):
        open_table(source)


WITHOUT_EXTRAS = """
import sys
for name in ("narwhals", "pyarrow", "pandas", "polars"):
    sys.modules[name] = None
from batchata import JobResult, Outcome, ValidationError
from batchata.tables import rows, write
print(list(rows(sys.argv[1] + "/a.csv")), list(rows(sys.argv[1] + "/a.jsonl")))
result = JobResult("one", Outcome.SUCCEEDED, raw_response="x", metadata={"a": 1})
print(write([result], sys.argv[1] + "/out.csv").read_text().splitlines()[1][:24])
for call in (lambda: rows(sys.argv[1] + "/a.parquet"), lambda: rows(object()), lambda: write([], sys.argv[1] + "/b.parquet")):
    try:
        call()
    except ValidationError as error:
        print(error)
"""


def test_csv_and_jsonl_need_no_extra_and_the_rest_say_which(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n')
    (tmp_path / "a.parquet").write_text("x")
    code = [sys.executable, "-c", WITHOUT_EXTRAS, str(tmp_path)]
    lines = subprocess.run(code, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[:2] == ["[{'a': '1'}] [{'a': 1}]", "one,succeeded,true,,1,x,"]
    assert [line.rpartition(": ")[2] for line in lines[2:]] == ["pip install narwhals pyarrow"] * 3
    assert not (tmp_path / "b.parquet").exists()
