"""Jobs into the state: which are new, which are known, which have changed.

A job is known by its id and its content. A job of known id and other content is a row of its own, so that the old one, its
answers and its bills stay what they are.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from batchata.identity import derived_id, key64
from batchata.store.database import Column, Same
from batchata.store.moves import Store
from batchata.store.names import Names
from batchata.store.rows import NewJob, NewJobs, Taken


class Members:
    """The jobs a run has added, one bit each."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self.count = 0

    def __contains__(self, seq: int) -> bool:
        byte = seq >> 3
        return byte < len(self._bits) and bool(self._bits[byte] & (1 << (seq & 7)))

    def add(self, seq: int) -> None:
        byte = seq >> 3
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 4096 - len(self._bits)))
        self._bits[byte] |= 1 << (seq & 7)
        self.count += 1

    def add_all(self, first: int, last: int) -> None:
        """A range, of which none is there yet."""
        while first <= last and first & 7:
            self.add(first)
            first += 1
        whole = (last + 1 - first) >> 3 if last >= first else 0
        if whole:
            byte = first >> 3
            if byte + whole > len(self._bits):
                self._bits.extend(bytes(byte + whole + 4096 - len(self._bits)))
            self._bits[byte : byte + whole] = b"\xff" * whole
            self.count += 8 * whole
        for seq in range(first + 8 * whole, last + 1):
            self.add(seq)


class _Known(NamedTuple):
    seq: int
    job_id: str
    digest: bytes
    state: str
    metadata: bytes | None


_Versions: TypeAlias = dict[str, list[_Known]]
"""Every version of some jobs, by id."""


@dataclass(slots=True)
class _Group:
    """What one group of jobs comes to, before it is written."""

    new: list[tuple[int, int, *tuple[object, ...]]] = field(default_factory=list)  # rows of `said`
    revived: list[tuple[int, NewJob]] = field(default_factory=list)
    adopted: list[int] = field(default_factory=list)
    described: list[tuple[bytes | None, int]] = field(default_factory=list)  # other metadata
    members: list[int] = field(default_factory=list)


class Intake:
    """Adds the jobs of one run, in groups; each group is one transaction."""

    def __init__(self, store: Store, run: int, members: Members) -> None:
        self._store = store
        self._run = run
        self.members = members
        self._places: dict[bytes, int] = {}  # only of contents seen more than once
        self._names = Names(store.connection)
        if self._names.are_recent:  # a run died before it wrote them
            self.close()
        self._next_seq = self._names.last + 1

    def add(self, jobs: NewJobs) -> Taken:
        names = [name or derived_id(digest, 1) for name, digest in zip(jobs.job_ids, jobs.digests, strict=True)]
        keys = [key64(name) for name in names]
        known = self._known(keys)
        if not known and len(set(names)) == len(names) and not any(jobs.refused):
            return self._add_new(jobs, names, keys)
        taken, group = Taken(), _Group()
        for job, name, key in zip(jobs, names, keys, strict=True):
            self._sort(job, name, key, known, group, taken)
        with self._store.transaction():
            self._write(group)
        for seq in group.members:
            self.members.add(seq)
        self._next_seq += len(group.new)
        return taken

    def close(self) -> None:
        """No more jobs come: what is still to be written of their ids."""
        with self._store.transaction():
            self._names.write()

    def _add_new(self, jobs: NewJobs, names: Sequence[str], keys: Sequence[int]) -> Taken:
        """A group that the state has nothing of: as of a script's first run."""
        first, last = self._next_seq, self._next_seq + len(jobs) - 1
        seqs, forms, metadata = range(first, last + 1), _same(jobs.forms), _same(jobs.metadata)
        with self._store.transaction():
            self._store.database.insert("said", [seqs, keys, names, jobs.digests, forms, jobs.asks, metadata])
            self._stand(first, last)
            self._names.add(keys, last)
            self._store.connection.execute("INSERT INTO member VALUES (?, ?, ?)", (self._run, first, last))
        self.members.add_all(first, last)
        self._next_seq = last + 1
        return Taken(pending=len(jobs), ready=dict(Counter(jobs.lanes)))

    def _known(self, keys: Sequence[int]) -> _Versions:
        """What the state has of the jobs of these keys."""
        versions: _Versions = defaultdict(list)
        for row in self._names.find(keys):
            versions[row[1]].append(_Known._make(row))
        return versions

    def _sort(self, job: NewJob, name: str, key: int, known: _Versions, group: _Group, taken: Taken) -> None:
        if job.job_id is None and (other := self._name(job, name, known)) != name:
            name, key = other, key64(other)
        versions = known[name]
        if self._has_one_of(versions):
            taken.duplicates.append((job, name))
            return
        same = next((version for version in versions if version.digest == job.digest), None) if versions else None
        if same is None:
            taken.changed += bool(versions)
            seq, state = self._next_seq + len(group.new), "pending"
            group.new.append((seq, key, name, job.digest, job.form, job.ask, job.metadata))
        else:
            seq, state = same.seq, self._known_again(same, job, group)
        group.members.append(seq)
        # in this run from now on: a negative seq marks it within the group
        versions.append(_Known(-1, name, job.digest, state, job.metadata))
        _count(taken, state)
        if job.refused is not None and state == "pending":
            taken.refused.append((seq, name, job.refused))
        elif state == "pending":
            taken.ready[job.lane] = taken.ready.get(job.lane, 0) + 1

    def _has_one_of(self, versions: Sequence[_Known]) -> bool:
        """Whether this run has added one of them already."""
        return bool(versions) and any(version.seq < 0 or version.seq in self.members for version in versions)

    def _name(self, job: NewJob, name: str, known: _Versions) -> str:
        """The id of a job that has none: its content, and its place among identical ones of this run."""
        place = self._places.get(job.digest, 1)
        while self._has_one_of(known[name]):
            place += 1
            name = derived_id(job.digest, place)
            self._places[job.digest] = place
            if name not in known:
                known.update(self._known([key64(name)]))
        return name

    def _known_again(self, same: _Known, job: NewJob, group: _Group) -> str:
        if same.metadata != job.metadata:
            group.described.append((job.metadata, same.seq))
        if same.state in ("pending", "failed"):
            group.revived.append((same.seq, job))
            return "pending"
        if same.state == "active":  # should it have to go again, it is this run that wants it sent
            group.adopted.append(same.seq)
        return same.state

    def _write(self, group: _Group) -> None:
        connection = self._store.connection
        last = self._next_seq + len(group.new) - 1
        if group.new:
            self._store.database.insert("said", [*zip(*group.new, strict=True)])
        self._stand(self._next_seq, last)
        self._names.add([row[1] for row in group.new], last)
        self._revive(connection, group.revived)
        connection.executemany("UPDATE standing SET run = ? WHERE job = ?", ((self._run, seq) for seq in group.adopted))
        connection.executemany("UPDATE said SET metadata = ? WHERE seq = ?", group.described)
        connection.executemany(
            "INSERT INTO member VALUES (?, ?, ?)", ((self._run, first, last) for first, last in _ranges(group.members))
        )

    def _stand(self, first: int, last: int) -> None:
        """New jobs wait, each in the lane of its form."""
        self._store.connection.execute(
            "INSERT INTO standing (job, lane, run, state) SELECT d.seq, f.lane, ?, 'pending' FROM said d"
            " JOIN form f ON f.id = d.form WHERE d.seq BETWEEN ? AND ? ORDER BY d.seq",
            (self._run, first, last),
        )

    def _revive(self, connection: sqlite3.Connection, revived: Sequence[tuple[int, NewJob]]) -> None:
        """Never-sent and failed jobs go again, with what this run says of them: a file may lie elsewhere now."""
        connection.executemany(
            "UPDATE standing SET state = 'pending', run = ?, lane = ?, due = 0, bound = NULL,"
            " tries = CASE state WHEN 'pending' THEN tries END WHERE job = ?",
            ((self._run, job.lane, seq) for seq, job in revived),
        )
        connection.executemany(
            "UPDATE said SET form = ?, ask = ? WHERE seq = ?", ((job.form, job.ask, seq) for seq, job in revived)
        )


def _same(column: Sequence[object]) -> Column:
    return Same(column[0]) if column.count(column[0]) == len(column) else column


def _count(taken: Taken, state: str) -> None:
    match state:
        case "pending":
            taken.pending += 1
        case "active":
            taken.active += 1
        case "succeeded":
            taken.succeeded += 1
        case _:
            taken.failed += 1


def _ranges(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending neighbours as ranges: (3, 4, 5, 9) is (3, 5), (9, 9)."""
    ranges: list[tuple[int, int]] = []
    for seq in sorted(seqs):
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges
