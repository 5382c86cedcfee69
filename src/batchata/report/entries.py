"""Results as the report lists them: a short row for the table, and the whole of it for when it is opened."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import PurePath
from typing import Any

from batchata.engine.citing import NOT_SHOWN, SUPPORTS
from batchata.errors import StateError
from batchata.job import Job
from batchata.record import result_of
from batchata.report import fields, summary
from batchata.report.asked import asked
from batchata.report.documents import Documents
from batchata.store import reading
from batchata.usage import NANO

EXCERPT = 160
RAW = 20_000  # characters of the model's own text
PROMPT = 4_000

_COLUMNS = (
    "SELECT s.job, r.at, r.body, r.outcome, r.model, d.job_id, d.metadata, f.record, d.ask FROM standing s"
    " JOIN result r ON r.id = s.result JOIN said d ON d.seq = s.job JOIN form f ON f.id = d.form"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """`row`: (job id, outcome, model, file, excerpt, nano-dollars, tokens, time, shown fields, fields), as the table has it."""

    row: tuple[Any, ...]
    detail: dict[str, Any]


class Entries:
    """The results of a state; what they cite is asked of `documents`."""

    def __init__(self, connection: sqlite3.Connection, documents: Documents) -> None:
        self._connection = connection
        self._documents = documents
        self.superseded = summary.superseded(connection)

    def listed(self, most: int) -> list[Entry]:
        """At most so many, in the order in which the jobs came: failed ones before others, then the latest."""
        chosen = islice((seq for seq in self._failed_first() if seq not in self.superseded), most)
        return [self._entry(row) for row in self._rows(sorted(chosen))]

    def _failed_first(self) -> Iterator[int]:
        failed = self._connection.execute(
            "SELECT job FROM standing WHERE state IN ('failed', 'lost') ORDER BY result DESC"
        )
        others = self._connection.execute(  # the latest of them are found from the end, and the rest is not looked at
            "SELECT s.job FROM result r CROSS JOIN standing s ON s.job = r.job AND s.result = r.id"
            " WHERE s.state = 'succeeded' ORDER BY r.id DESC"
        )
        return (row[0] for row in chain(failed, others))

    def _rows(self, seqs: list[int]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(seqs), 500):
            some = seqs[start : start + 500]
            marks = ",".join("?" * len(some))
            yield from self._connection.execute(f"{_COLUMNS} WHERE s.job IN ({marks}) ORDER BY s.job", some)

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        seq, at, body, outcome, model, job_id, metadata, form, ask = row
        result = result_of(body, job_id, outcome, model, metadata).to_dict()
        detail = _detail(result)
        job = _job(form, ask)
        cited, numbers, unsure = _cited(result)
        words = None if job is None else asked(job)
        docs = [] if job is None else self._documents.of(job, cited, lambda: self._job(seq))
        detail |= {
            "prompt": None if words is None else fields.cut(words, PROMPT),
            "cites": cited,
            "map": numbers,
            "unsure": unsure,
            "unsupported": result.get("unsupported") or [],
            "docs": docs,
        }
        file = PurePath(result["file"]).name if result.get("file") else self._documents.names(docs)
        return Entry(_row(result, file, at, detail), detail)

    def _job(self, seq: int) -> Job:
        return Job.from_record(*reading.said(self._connection, seq))


def _job(form: bytes, ask: bytes) -> Job | None:
    """What was asked, if the state still has it."""
    try:
        return Job.from_record(form, ask)
    except StateError:
        return None


def _row(result: Mapping[str, Any], file: str | None, at: float, detail: Mapping[str, Any]) -> tuple[Any, ...]:
    total = len(detail["map"]) + len(detail["unsupported"])
    shown = len(detail["map"]) - len(detail["unsure"])
    if not total and detail["cites"]:
        shown, total = sum(cite["how"] != "unverified" for cite in detail["cites"]), len(detail["cites"])
    return (
        result["job_id"],
        result["outcome"],
        result.get("model"),
        file,
        _excerpt(detail),
        round(result["cost_usd"] * NANO),
        result["input_tokens"] + result["output_tokens"],
        round(at),
        shown,
        total,
    )


def _excerpt(detail: Mapping[str, Any]) -> str:
    if detail["error"]:
        text = str(detail["error"])
    elif detail["fields"]:
        text = " · ".join(line[4] for line in detail["fields"][:12] if line[3] not in (None, "none"))
    else:
        text = detail["raw"] or ""
    return " ".join(text[: 4 * EXCERPT].split())[:EXCERPT]


def _detail(result: Mapping[str, Any]) -> dict[str, Any]:
    shown, more = fields.lines(result.get("parsed_response"))
    raw = result.get("raw_response")
    return {
        "fields": shown,
        "more": more,
        "raw": None if raw is None else fields.cut(raw, RAW),
        "error": result.get("error"),
        "file": result.get("file"),
        "usage": result.get("usage") or {},
        "tries": result.get("attempts") or [],
        "metadata": result.get("metadata"),
    }


def _cited(result: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, list[int]], list[str]]:
    """Every citation once, for each path which of them, and the paths whose passages aren't shown to state their value."""
    cited: list[dict[str, Any]] = list(result.get("citations") or [])
    numbers: dict[str, list[int]] = {}
    unsure: list[str] = []
    for path, found in (result.get("citation_mappings") or {}).items():
        if found and all(one["metadata"].get(SUPPORTS) == NOT_SHOWN for one in found):
            unsure.append(path)
        for one in map(_of_no_field, found):
            if one not in cited:
                cited.append(one)
            numbers.setdefault(path, []).append(cited.index(one))
    return [_citation(one) for one in cited], numbers, unsure


def _of_no_field(one: Mapping[str, Any]) -> dict[str, Any]:
    """A citation without what it is to the field that it was given to: as it stands among all of them."""
    return {**one, "metadata": {name: value for name, value in one["metadata"].items() if name != SUPPORTS}}


def _citation(one: Mapping[str, Any]) -> dict[str, Any]:
    told = one.get("metadata") or {}
    boxes = told.get("boxes") or []
    return {
        "text": one.get("text") or "",
        "source": one.get("source") or "",
        "page": one.get("page"),
        "how": told.get("how", ""),
        "quote": told.get("quote"),
        "note": told.get("note"),
        "statement": told.get("statement"),
        "doc": told.get("document"),
        "span": told.get("span"),
        "boxes": [[box["page"], box["left"], box["bottom"], box["right"], box["top"]] for box in boxes],
    }
