"""What must hold of a state file when a run has come to rest, held against what the providers know."""

from pathlib import Path
from sqlite3 import Connection
from typing import Protocol

import orjson

from batchata.record import result_of
from batchata.result import JobResult
from batchata.store import administration, reading, watching
from simulated.accounts import Account, Remote, Violation
from simulated.script import Script, Setting

MUST_SUCCEED = ("ok", "typed", "twice", "quote", "prose", "cite")
AT_END = ("succeeded", "failed", "lost")


class Rested(Protocol):
    """What the checks need of the world."""

    setting: Setting
    accounts: dict[str, Account]
    touched: set[str | None]
    overbilled: bool

    @property
    def results_dir(self) -> Path: ...


def at_rest(world: Rested, connection: Connection, script: Script, stop: str | None) -> None:
    """Every job has its one end, the ledger is closed, every bill is booked, files are what the state says."""
    if problems := administration.problems(connection):
        raise Violation(f"the state is not sound: {problems}")
    states = states_of(connection, last_run(connection))
    _check_jobs(world, connection, script, states, stop)
    _check_ledger(connection)
    _check_bills(world, connection)
    if world.setting.results is not None:
        _check_files(world.results_dir, connection, states)


def last_run(connection: Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM run").fetchone()[0])


def states_of(connection: Connection, run: int) -> dict[str, str]:
    """The jobs of a run, by their id."""
    rows = connection.execute(
        "SELECT j.job_id, j.state FROM member m JOIN job j ON j.seq BETWEEN m.first_seq AND m.last_seq WHERE m.run = ?",
        (run,),
    ).fetchall()
    if len(dict(rows)) != len(rows):
        raise Violation(f"an id twice in one run: {rows}")
    return dict(rows)


def _check_jobs(
    world: Rested, connection: Connection, script: Script, states: dict[str, str], stop: str | None
) -> None:
    if set(states) != set(script.ids):
        raise Violation(f"jobs vanished or appeared: {set(states) ^ set(script.ids)}")
    if open_rows := reading.open_batches(connection):
        raise Violation(f"batches are left open: {open_rows}")
    if stray := connection.execute("SELECT job_id FROM job WHERE state = 'active'").fetchall():
        raise Violation(f"active, and in no batch: {stray}")
    waiting = [name for name, state in states.items() if state not in AT_END]
    if waiting and stop != "cost_limit":
        raise Violation(f"without an end: {waiting} ({stop})")
    if waiting:
        _check_starved(connection, world.setting.limit or 0)
    for name, state in states.items():
        job = script.ids[name]
        if name in script.refused:
            if state != "failed":
                raise Violation(f"{name} was no job, and {state}")
        elif state == "failed" and job.behaviour in MUST_SUCCEED and not _excused(world, connection, job.file, name):
            raise Violation(f"{name} failed, and nothing says why")
        (metadata,) = connection.execute(
            "SELECT metadata FROM job WHERE job_id = ? ORDER BY seq IN"
            " (SELECT j.seq FROM member m JOIN job j ON j.seq BETWEEN m.first_seq AND m.last_seq WHERE m.run ="
            " (SELECT max(id) FROM run)) DESC",
            (name,),
        ).fetchone()
        if metadata != job.metadata:
            raise Violation(f"{name} has the metadata {metadata!r}, and was said with {job.metadata!r}")
    twice = connection.execute(
        "SELECT job, count(*) FROM result WHERE outcome = 'succeeded' GROUP BY job HAVING count(*) > 1"
    ).fetchall()
    if twice:
        raise Violation(f"more than one final end: {twice}")


def _excused(world: Rested, connection: Connection, file: str | None, name: str) -> bool:
    return file in world.touched or _may_fail(world, connection, name)


def _check_starved(connection: Connection, limit: int) -> None:
    """What is left is less than the bound of the cheapest job that waits."""
    held = reading.balance(connection).held
    bounds = connection.execute(
        "SELECT job_id, bound FROM job WHERE state = 'pending' AND run = (SELECT max(id) FROM run)"
    ).fetchall()
    fits = [(name, bound) for name, bound in bounds if bound is None or held + bound <= limit]
    if fits:
        raise Violation(f"left waiting though they fit in {limit - held}: {fits}")


def _may_fail(world: Rested, connection: Connection, name: str) -> bool:
    result = _results(connection, name)[0].to_dict()
    tries = [attempt["outcome"] for attempt in result["attempts"]]
    real = [outcome for outcome in tries if outcome not in ("invalid", "cancelled")]
    last = result["attempts"][-1]["provider_batch"]
    asked = any(
        remote.id == last and remote.cancelled for account in world.accounts.values() for remote in account.ours()
    )
    by_itself = tries[-1] == "cancelled" and not asked  # then it counts as a try
    return (
        result["outcome"] == "missing"
        or len(real) + by_itself >= world.setting.max_attempts
        or bool(result["outcome"] == "invalid" and tries.count("invalid") > world.setting.retry_invalid)
    )


def _check_ledger(connection: Connection) -> None:
    sums = dict(connection.execute("SELECT kind, sum(amount) FROM ledger GROUP BY kind").fetchall())
    balance = reading.balance(connection)
    if balance.reserved or sums.get("reserve", 0) != sums.get("release", 0):
        raise Violation(f"the ledger is not closed: {balance}, {sums}")
    spent = sums.get("spend", 0) + sums.get("assumed", 0)
    (costs,) = connection.execute("SELECT coalesce(sum(cost), 0) FROM attempt").fetchone()
    if not balance.spent == spent == costs:
        raise Violation(f"spent {balance.spent}, booked {spent}, attempts cost {costs}")
    (assumed,) = connection.execute(
        "SELECT coalesce(sum(cost), 0) FROM attempt WHERE outcome IN ('missing', 'lost')"
    ).fetchone()
    if not assumed == sums.get("assumed", 0) == reading.assumed(connection):
        raise Violation(f"assumed {sums.get('assumed', 0)}, and {assumed} is what nobody knows the bill of")


def _check_bills(world: Rested, connection: Connection) -> None:
    """Every bill is booked: to the nano-dollar where the answer came, within the bound where it did not."""
    for account in world.accounts.values():
        if account.worst != sum(sum(remote.bills.values()) + remote.may_still_cost for remote in account.ours()):
            raise Violation(f"{account.name} is not what its batches come to")
        for remote in account.ours():
            _check_bill(world, connection, remote)


def _check_bill(world: Rested, connection: Connection, remote: Remote) -> None:
    for line in remote.lines:
        billed, end = remote.bills.get(line.custom_id, 0), end_of(connection, line.custom_id)
        if end is None:
            raise Violation(f"{line.custom_id} of {remote.id} was made, and has no end")
        outcome, cost, bound = end
        exact = outcome not in ("missing", "lost")
        too_low = cost < billed and not world.overbilled
        if (exact and cost != billed) or too_low or bound != line.bound:
            raise Violation(f"{line.custom_id}: {outcome}, booked {cost} of {bound} ({line.bound}), billed {billed}")
        if outcome not in remote.truths(line.custom_id):
            raise Violation(f"{line.custom_id} counts as {outcome}, and is {remote.truths(line.custom_id)}")


def _check_files(folder: Path, connection: Connection, states: dict[str, str]) -> None:
    ended = {name for name, state in states.items() if state in AT_END}
    files = {file.stem: orjson.loads(file.read_bytes()) for file in folder.glob("*.json")}
    if not ended <= set(files):
        raise Violation(f"no files of {ended - set(files)}")
    for name in ended:
        outcomes = {str(result.outcome) for result in _results(connection, name)}
        if files[name]["outcome"] not in outcomes:
            raise Violation(f"the file of {name} says {files[name]['outcome']}, the state {outcomes}")


def _results(connection: Connection, name: str) -> list[JobResult]:
    """How every version of a job ended, the latest first."""
    rows = connection.execute(
        "SELECT r.body, j.job_id, r.outcome, r.model, j.metadata, r.cost FROM job j JOIN result r ON r.id = j.result"
        " WHERE j.job_id = ? ORDER BY r.id DESC",
        (name,),
    )
    found = []
    for *row, cost in rows:
        result = result_of(*row)
        if result.cost != cost:
            raise Violation(f"{name} cost {cost}, and its attempts {result.cost}")
        found.append(result)
    return found


def check_counts(connection: Connection, run: int, shown: tuple[int, int, int, int], total: int) -> None:
    """What the run counted as it went is what the state holds."""
    states = list(states_of(connection, run).values())
    pending, active, succeeded = (states.count(state) for state in ("pending", "active", "succeeded"))
    real = (pending, active, succeeded, len(states) - pending - active - succeeded)
    if shown != real or min(shown) < 0 or sum(shown) != total:
        raise Violation(f"counted {shown}, in the state {real}, said {total}")
    seen = watching.counts(connection, run)
    if real != (seen.pending, seen.active, seen.succeeded, seen.failed):
        raise Violation(f"people are shown {seen}, in the state {real}")


def end_of(connection: Connection, custom_id: str) -> tuple[str | None, int, int] | None:
    """(outcome, cost, bound) of an attempt."""
    nonce, _, index = custom_id.rpartition("-")
    row = connection.execute(
        "SELECT b.id, p.bounds FROM provider_batch b JOIN packed p ON p.batch = b.id WHERE b.nonce = ?", (nonce,)
    ).fetchone()
    bounds = [] if row is None else orjson.loads(row[1])
    if not 0 <= int(index) < len(bounds):
        return None
    ends = [
        end
        for columns in connection.execute("SELECT indexes, outcomes, costs FROM ended WHERE batch = ?", row[:1])
        for end in zip(*map(orjson.loads, columns), strict=True)
        if end[0] == int(index)
    ]
    if len(ends) > 1:
        raise Violation(f"{custom_id} has ended more than once: {ends}")
    return (*ends[0][1:], bounds[int(index)]) if ends else (None, 0, bounds[int(index)])
