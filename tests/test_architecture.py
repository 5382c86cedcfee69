"""What the tree promises of itself: the public names, light imports, and two tellings of one table that agree."""

import re
import subprocess
import sys
from importlib.resources import files

import batchata
from batchata.budget import Booking
from batchata.provider_batch import AT_REST, MOVES, OPEN, State

HEAVY = (
    "anthropic",
    "openai",
    "google.genai",
    "genai_prices",
    "msgspec",
    "pydantic",
    "pypdfium2",
    "sqlite3",
    "xllamacpp",
)


def test_the_public_names_are_sorted_and_there() -> None:
    assert sorted(batchata.__all__) == sorted(set(batchata.__all__))
    assert [name for name in batchata.__all__ if not hasattr(batchata, name)] == []
    for name in ("Batch", "BatchRun", "Job", "JobResult", "Citation"):
        assert name in batchata.__all__


def test_importing_the_library_loads_nothing_heavy() -> None:
    code = f"import batchata, sys; print([name for name in {HEAVY} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def schema() -> str:
    return files("batchata.store").joinpath("schema.sql").read_text("utf-8")


def listed(column: str, table: str) -> set[str]:
    """The values that a CHECK of the schema allows in a column."""
    body = re.search(rf"CREATE TABLE {table} \((.*?)\) STRICT", schema(), re.DOTALL)
    assert body is not None
    told_apart = re.search(rf"CHECK \(CASE {column}\n(.*?)ELSE 0 END\)", body[1], re.DOTALL)
    if told_apart is not None:
        return set(re.findall(r"WHEN '(\w+)'", told_apart[1]))
    check = re.search(rf"\n  {column}\b.*?CHECK \({column} IN\s*\((.*?)\)\)", body[1], re.DOTALL)
    assert check is not None
    return set(re.findall(r"'(\w+)'", re.sub(r"--.*", "", check[1])))


def test_the_schema_and_the_table_of_moves_know_the_same_states() -> None:
    assert listed("state", "provider_batch") == {state.value for state in State}
    rest = re.search(r"provider_batch_open .*? WHERE state NOT IN \((.*?)\)", schema())
    assert rest is not None
    assert set(re.findall(r"'(\w+)'", rest[1])) == {state.value for state in AT_REST}


def test_the_schema_and_the_budget_know_the_same_bookings() -> None:
    assert listed("kind", "ledger") == {booking.value for booking in Booking}


def test_every_state_can_be_reached_and_every_open_one_can_come_to_rest() -> None:
    assert set(MOVES) == set(State)
    reached = {State.PREPARED}
    while new := {target for state in reached for target in MOVES[state]} - reached:
        reached |= new
    assert reached == set(State)
    for state in OPEN:
        ahead = {state}
        while more := {target for one in ahead for target in MOVES[one]} - ahead:
            ahead |= more
        assert ahead & AT_REST
