"""Totals of a state for people: money by model and day, ends by kind, how long provider batches took, what to look at."""

import sqlite3
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from typing import Any

import orjson

from batchata.store import reading, recall
from batchata.store.names import Names
from batchata.usage import Money, dollars

BATCHES_LISTED = 200
DOTS = 160  # batches drawn of each kind: beyond that, evenly chosen ones

_ENDED = "('succeeded', 'failed', 'lost')"


def told(connection: sqlite3.Connection, superseded: Collection[int], listed: int) -> dict[str, Any]:
    """Everything above the table. `superseded` are earlier versions of changed jobs; `listed`: results in the table."""
    outcomes, waiting = _jobs(connection, superseded)
    balance = reading.balance(connection)
    last = recall.last_run(connection)
    facts: dict[str, Any] = {
        "spent": balance.spent,
        "reserved": balance.reserved,
        "assumed": reading.assumed(connection),
        "limit": None if last is None else last.settings.get("limit"),
        "outcomes": dict(outcomes),
        "waiting": waiting,
        "costs": _costs(connection),
        "latency": _latency(connection),
        "batches": _batches(connection),
        "batch_count": _one(connection, "SELECT count(*) FROM provider_batch WHERE state <> 'void'"),
        "runs": _runs(connection),
    }
    facts["notices"] = list(_notices(connection, facts, len(superseded), sum(outcomes.values()) - listed))
    return facts


def superseded(connection: sqlite3.Connection) -> set[int]:
    """Rows of jobs that were added again with other content: all but the version that a run added last."""
    versions: dict[str, list[int]] = defaultdict(list)
    for job_id, seq in Names(connection).several():
        versions[job_id].append(seq)
    changed = [seqs for seqs in versions.values() if len(seqs) > 1]
    if not changed:
        return set()
    members: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for run, first, last in connection.execute(
        "SELECT run, first_seq, last_seq FROM member ORDER BY run DESC, first_seq"
    ):
        members[run].append((first, last))
    return {seq for seqs in changed for seq in seqs if seq != max(seqs, key=lambda one: (_last_run(one, members), one))}


def _last_run(seq: int, members: Mapping[int, Sequence[tuple[int, int]]]) -> int:
    """The last run that added a job. `members`: the ranges of each run in order, of the latest run first."""
    for run, ranges in members.items():
        place = bisect_right(ranges, seq, key=itemgetter(0))
        if place and ranges[place - 1][1] >= seq:
            return run
    return 0


def _jobs(connection: sqlite3.Connection, superseded: Collection[int]) -> tuple[Counter[str], dict[str, int]]:
    """(ended jobs by outcome, the others by state), of the versions that count."""
    outcomes: Counter[str] = Counter()
    states: Counter[str] = Counter()
    columns = (
        "SELECT s.state, coalesce(r.outcome, s.state), count(*) FROM standing s"
        " LEFT JOIN result r ON r.id = s.result AND s.state <> 'succeeded'"
    )
    groups = connection.execute(f"{columns} GROUP BY 1, 2").fetchall()
    for seq in superseded:
        groups += [
            (state, outcome, -n) for state, outcome, n in connection.execute(f"{columns} WHERE s.job = ?", (seq,))
        ]
    for state, outcome, count in groups:
        if state in ("pending", "active"):
            states[state] += count
        else:
            outcomes[outcome] += count
    return +outcomes, dict(+states)


def _costs(connection: sqlite3.Connection) -> list[tuple[str, str, Money, int]]:
    """(model, day in UTC on which its batch ended, nano-dollars, attempts), of all that was billed."""
    batches = connection.execute(
        "SELECT b.id, date(coalesce(b.ended_at, b.submitted_at, b.prepared_at), 'unixepoch'),"
        " coalesce(nullif(l.model, ''), l.provider || ', not yet answered')"
        " FROM provider_batch b JOIN lane l ON l.id = b.lane WHERE b.id IN (SELECT batch FROM ended)"
    )
    costs: dict[tuple[str, str], Money] = defaultdict(int)
    counts: Counter[tuple[str, str]] = Counter()
    for batch, day, unanswered in batches:
        for model, cost, count in _bills(connection, batch, unanswered):
            costs[day, model] += cost
            counts[day, model] += count
    return [(model, day, cost, counts[day, model]) for (day, model), cost in sorted(costs.items())]


def _bills(connection: sqlite3.Connection, batch: int, unanswered: str) -> list[tuple[str, Money, int]]:
    """(model that answered their jobs last, nano-dollars, attempts), of what was billed in a batch."""
    (packed,) = connection.execute("SELECT jobs FROM packed WHERE batch = ?", (batch,)).fetchone()
    jobs = orjson.loads(packed)
    ended = connection.execute("SELECT indexes, costs FROM ended WHERE batch = ?", (batch,))
    ends = (zip(*map(orjson.loads, columns), strict=True) for columns in ended)
    billed = [(jobs[index], cost) for index, cost in chain.from_iterable(ends) if cost > 0]
    return connection.execute(
        "SELECT coalesce(r.model, ?), sum(json_extract(b.value, '$[1]')), count(*) FROM json_each(?) b"
        " CROSS JOIN standing s ON s.job = json_extract(b.value, '$[0]') LEFT JOIN result r ON r.id = s.result GROUP BY 1",
        (unanswered, orjson.dumps(billed).decode()),
    ).fetchall()


def _latency(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Seconds from a batch's acceptance to its end, for each provider (and model, where its batches hold one)."""
    took: dict[str, list[float]] = defaultdict(list)
    for provider, model, seconds in connection.execute(
        "SELECT l.provider, l.model, b.ended_at - b.submitted_at FROM provider_batch b JOIN lane l ON l.id = b.lane"
        " WHERE b.ended_at IS NOT NULL AND b.submitted_at IS NOT NULL"
    ):
        took[f"{provider} / {model}" if model else provider].append(max(0.0, seconds))
    return [_spread(lane, sorted(seconds)) for lane, seconds in sorted(took.items())]


def _spread(lane: str, seconds: Sequence[float]) -> dict[str, Any]:
    few = len(seconds) <= DOTS
    seconds = [round(one, 3) for one in seconds]
    dots = seconds if few else [*(seconds[index * len(seconds) // DOTS] for index in range(DOTS)), seconds[-1]]
    return {
        "lane": lane,
        "count": len(seconds),
        "median": seconds[(len(seconds) - 1) // 2],
        "p90": seconds[min(len(seconds) - 1, int(0.9 * len(seconds)))],
        "longest": seconds[-1],
        "dots": dots,
    }


def _batches(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """The latest provider batches. Their bookings are read in one pass: the ledger knows no batch by an index."""
    rows = connection.execute(
        "WITH latest AS (SELECT * FROM provider_batch WHERE state <> 'void' ORDER BY id DESC LIMIT ?), paid AS MATERIALIZED"
        " (SELECT batch, sum(amount) AS cost FROM ledger WHERE kind IN ('spend', 'assumed')"
        " AND batch >= (SELECT min(id) FROM latest) GROUP BY batch)"
        " SELECT l.provider, b.provider_id, b.state, b.verdict, b.note, b.count, b.submitted_at, b.ended_at, b.collect_by, p.cost"
        " FROM latest b JOIN lane l ON l.id = b.lane LEFT JOIN paid p ON p.batch = b.id ORDER BY b.id DESC",
        (BATCHES_LISTED,),
    )
    names = [column[0] for column in rows.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _runs(connection: sqlite3.Connection) -> dict[str, Any]:
    count, first, last = connection.execute("SELECT count(*), min(started_at), max(ended_at) FROM run").fetchone()
    stop = connection.execute("SELECT stop_reason FROM run ORDER BY id DESC LIMIT 1").fetchone()
    return {"count": count, "first": first, "last": last, "stop_reason": stop[0] if stop else None}


def _notices(connection: sqlite3.Connection, facts: dict[str, Any], superseded: int, unlisted: int) -> Iterator[str]:
    """What a reader should know before believing the rest."""
    uncertain = _one(connection, "SELECT count(*) FROM provider_batch WHERE state = 'uncertain'")
    if uncertain:
        yield f"{uncertain:,} provider batches are of unknown fate: their bound is reserved until it is known whether they were made."
    due = _one(connection, "SELECT min(collect_by) FROM provider_batch WHERE state IN ('submitted', 'ended')")
    if due:
        yield f"Answers not yet fetched are deleted by the provider from {datetime.fromtimestamp(due, UTC):%Y-%m-%d %H:%M} UTC on."
    if facts["assumed"]:
        yield f"{dollars(facts['assumed'])} of what is spent is assumed: the most that could be billed, where no bill could be learnt."
    if facts["outcomes"].get("lost"):
        yield f"{facts['outcomes']['lost']:,} answers were deleted by the provider before they were fetched."
    if superseded:
        versions = (
            "1 earlier version of jobs that have changed is"
            if superseded == 1
            else f"{superseded:,} earlier versions of jobs that have changed are"
        )
        yield f"{versions} part of the money, and not listed."
    if unlisted > 0:
        yield f"{unlisted:,} more results are not listed here: the report holds the failed ones first, then the latest, up to its limit."


def _one(connection: sqlite3.Connection, query: str) -> Any:
    return connection.execute(query).fetchone()[0]
