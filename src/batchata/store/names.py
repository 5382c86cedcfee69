"""Which jobs a state knows, asked by their ids.

Ids are spread evenly over 64 bits, so an index of them that grows job by job touches a page for each job. This one is written
many jobs at a time, in its own order; those said since are in a table of the connection's own, in memory.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import product

RECENT = 80_000  # jobs in memory before they are written to the index: some 2 MB
ASKED_AT_ONCE = 500


class Names:
    """The ids in a state, for one connection; it may be one that only reads. A row is (seq, job_id, digest, state, metadata)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS recent (key, seq, PRIMARY KEY (key, seq)) WITHOUT ROWID")
        connection.execute("DELETE FROM recent")
        if not connection.execute("SELECT 1 FROM main.sqlite_master WHERE name = 'named'").fetchone():
            connection.execute(
                "CREATE TEMP TABLE IF NOT EXISTS named (key, seq)"
            )  # of form 2, which only a reader meets
        row = connection.execute("SELECT value FROM meta WHERE key = 'named'").fetchone()
        self._named = int(row[0]) if row else 0
        self.last: int = connection.execute("SELECT coalesce(max(seq), 0) FROM said").fetchone()[0]
        self._remember(self._named + 1)

    def find(self, keys: Sequence[int]) -> Iterator[tuple[int, str, bytes, str, bytes | None]]:
        """Every version of the jobs whose ids have these keys, and of no others but those that share one by chance."""
        wanted = sorted(set(keys))  # in the order of the index
        places = [table for table, some in (("named", self._named), ("recent", self.last > self._named)) if some]
        for place, start in product(places, range(0, len(wanted), ASKED_AT_ONCE)):
            some = wanted[start : start + ASKED_AT_ONCE]
            yield from self._connection.execute(
                f"SELECT d.seq, d.job_id, d.digest, s.state, d.metadata FROM {place} n"
                " JOIN said d ON d.seq = n.seq JOIN standing s ON s.job = d.seq"
                f" WHERE n.key IN ({','.join('?' * len(some))})",
                some,
            )

    def several(self) -> Iterator[tuple[str, int]]:
        """(job_id, seq) of jobs that are known in more than one version, and of those that share a key by chance."""
        yield from self._connection.execute(
            "WITH several (key) AS (SELECT key FROM named GROUP BY key HAVING count(*) > 1"
            " UNION SELECT key FROM recent GROUP BY key HAVING count(*) > 1"
            " UNION SELECT recent.key FROM recent JOIN named ON named.key = recent.key AND named.seq <> recent.seq)"
            " SELECT d.job_id, d.seq FROM"  # UNION: a driver may have put some of the recent ones into the index since
            " (SELECT seq FROM named WHERE key IN several UNION SELECT seq FROM recent WHERE key IN several) n"
            " JOIN said d ON d.seq = n.seq"
        )

    def add(self, last: int) -> None:
        """Jobs were said, up to this one; within the transaction that says them."""
        first, self.last = self.last + 1, last
        self._remember(first)
        if self.last - self._named >= RECENT:
            self.write()

    def write(self) -> None:
        """Put all of them into the index. Within a transaction. How far it reaches is what the state says, not what this object
        remembers: jobs may have been said in a transaction that was rolled back.
        """
        if self.last > self._named:
            self._connection.execute("INSERT INTO named SELECT key, seq FROM recent ORDER BY key, seq")
            self._connection.execute("DELETE FROM recent")
            self._connection.execute("INSERT OR REPLACE INTO meta SELECT 'named', coalesce(max(seq), 0) FROM said")
            self._named = self.last

    def _remember(self, first: int) -> None:
        self._connection.execute(
            "INSERT INTO recent SELECT key, seq FROM said WHERE seq BETWEEN ? AND ?", (first, self.last)
        )
