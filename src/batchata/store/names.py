"""Which jobs a state knows, asked by their ids.

Ids are spread evenly over 64 bits, so an index of them that grows job by job touches a page for each job. This one is written
many jobs at a time, in its own order; of those said since, the keys are in memory.
"""

import sqlite3
from collections.abc import Iterator, Sequence

RECENT = 20_000  # keys in memory before the index is written: 1.5 MB
ASKED_AT_ONCE = 500

_FOUND = "SELECT d.seq, d.job_id, d.digest, s.state, d.metadata FROM said d JOIN standing s ON s.job = d.seq"


class Names:
    """The ids in a state, for one connection; it may be one that only reads. A row is (seq, job_id, digest, state, metadata)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.last: int = connection.execute("SELECT coalesce(max(seq), 0) FROM said").fetchone()[0]
        if connection.execute("SELECT 1 FROM main.sqlite_master WHERE name = 'named'").fetchone():
            row = connection.execute("SELECT value FROM meta WHERE key = 'named'").fetchone()
            self._named = int(row[0]) if row else 0
        else:  # of form 2, which only a reader meets: all are in an index of `said`
            connection.execute("CREATE TEMP VIEW IF NOT EXISTS named AS SELECT key, seq FROM said")
            self._named = self.last
        since = connection.execute("SELECT key FROM said WHERE seq > ?", (self._named,))
        self._recent = {key for (key,) in since}

    @property
    def are_recent(self) -> bool:
        """Whether there are jobs that the index does not have yet."""
        return bool(self._recent)

    def find(self, keys: Sequence[int]) -> Iterator[tuple[int, str, bytes, str, bytes | None]]:
        """Every version of the jobs whose ids have these keys, and of no others but those that share one by chance."""
        if self._named:
            wanted = sorted(set(keys))  # in the order of the index
            for start in range(0, len(wanted), ASKED_AT_ONCE):
                some = wanted[start : start + ASKED_AT_ONCE]
                marks = ",".join("?" * len(some))
                yield from self._connection.execute(
                    f"{_FOUND} WHERE d.seq IN (SELECT seq FROM named WHERE key IN ({marks}))", some
                )
        if not self._recent.isdisjoint(keys):
            met = [*self._recent.intersection(keys)]
            marks = ",".join("?" * len(met))
            yield from self._connection.execute(
                f"{_FOUND} WHERE d.seq > ? AND +d.key IN ({marks})", [self._named, *met]
            )

    def several(self) -> Iterator[tuple[str, int]]:
        """(job_id, seq) of jobs that are known in more than one version, and of those that share a key by chance."""
        yield from self._connection.execute(
            "WITH recent AS MATERIALIZED (SELECT key, seq FROM said WHERE seq > ?), several (key) AS ("
            "SELECT key FROM named GROUP BY key HAVING count(*) > 1"
            " UNION SELECT key FROM recent GROUP BY key HAVING count(*) > 1"
            " UNION SELECT recent.key FROM recent JOIN named ON named.key = recent.key AND named.seq <> recent.seq)"
            " SELECT d.job_id, d.seq FROM"  # UNION: a driver may have put some of the recent ones into the index since
            " (SELECT seq FROM named WHERE key IN several UNION SELECT seq FROM recent WHERE key IN several) n"
            " JOIN said d ON d.seq = n.seq",
            (self._named,),
        )

    def add(self, keys: Sequence[int], last: int) -> None:
        """Jobs of these keys were said, up to this one; within the transaction that says them."""
        self.last = last
        self._recent.update(keys)
        if len(self._recent) >= RECENT:
            self.write()

    def write(self) -> None:
        """Put all of them into the index. Within a transaction. What was said, and what is in the index, is what the state has, not
        what this object remembers: a transaction may have been rolled back.
        """
        if self._recent:
            self._connection.execute(
                "INSERT INTO named SELECT key, seq FROM said WHERE seq >"
                " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'named'), 0) ORDER BY key, seq"
            )
            self._connection.execute("INSERT OR REPLACE INTO meta SELECT 'named', coalesce(max(seq), 0) FROM said")
            self._named = self.last
            self._recent.clear()
