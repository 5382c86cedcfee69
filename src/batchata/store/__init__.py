"""The state that survives anything: SQLite, one method per move, each one transaction.

`schema.sql` is the design document; `moves` writes, `reading` reads, `database` holds the file and `lock` its one driver.
"""
