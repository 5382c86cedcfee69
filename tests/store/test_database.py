"""Many rows written at once, of columns that differ from row to row and of values that all rows share."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchata.store.database import ROWS_AT_ONCE, Column, Database, Same

columns = st.lists(st.booleans(), min_size=1, max_size=5).filter(lambda are_same: not all(are_same))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with closing(Database(tmp_path_factory.mktemp("database") / "state")) as database:
        yield database


@given(columns, st.integers(1, 3 * ROWS_AT_ONCE))
def test_each_value_is_in_its_row_and_column(database: Database, are_same: list[bool], rows: int) -> None:
    names = [f"c{index}" for index in range(len(are_same))]
    given: list[Column] = [
        Same(f"all {name}") if is_same else [f"{name} {row}" for row in range(rows)]
        for name, is_same in zip(names, are_same, strict=True)
    ]
    expected = [
        (row + 1, *[f"all {n}" if same else f"{n} {row}" for n, same in zip(names, are_same, strict=True)])
        for row in range(rows)
    ]
    try:
        database.connection.execute(f"CREATE TEMP TABLE some (id INTEGER PRIMARY KEY, {', '.join(names)})")
        database.insert("some", [Same(None), *given])
        assert database.connection.execute("SELECT * FROM some ORDER BY id").fetchall() == expected
    finally:
        database.connection.execute("DROP TABLE some")


@pytest.mark.parametrize("lengths", [(2, 3), (3, 2)])
def test_columns_of_other_lengths_are_refused(tmp_path: Path, lengths: tuple[int, int]) -> None:
    with closing(Database(tmp_path / "state")) as database:
        database.connection.execute("CREATE TEMP TABLE some (a, b)")
        with pytest.raises(ValueError, match="zip"):
            database.insert("some", [range(length) for length in lengths])
        assert not database.connection.execute("SELECT * FROM some").fetchall()
