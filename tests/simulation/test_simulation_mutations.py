"""The simulation is tested too: break the protocol in one named way, and it must notice.

Each mutation is applied to a copy of the source, and random lives are run on that copy until one goes wrong.
`SIMULATION_MUTATION_LIVES` sets how many are tried at most.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import batchata

SOURCE = Path(batchata.__file__).parent
HERE = Path(__file__).parent
LIVES = os.environ.get("SIMULATION_MUTATION_LIVES", "2000")


@dataclass(frozen=True, slots=True)
class Mutation:
    name: str
    file: str
    old: str
    new: str
    first: int  # where the hunt begins: near a seed known to notice it, so that this is quick
    also: tuple[tuple[str, str, str], ...] = ()  # where two guards stand behind each other, both go

    @property
    def edits(self) -> tuple[tuple[str, str, str], ...]:
        return ((self.file, self.old, self.new), *self.also)


MUTATIONS = (
    Mutation(
        "skip the intent",
        "store/moves.py",
        "return self._move(batch, State.SUBMITTING, at, **columns)",
        "return self._update(batch, upload_id=upload_id)",
        1,
    ),
    Mutation(
        "retry the create",
        "engine/recording.py",
        "elif isinstance(error, CreateRefusedError):",
        "elif isinstance(error, ProviderError):",
        11,
    ),
    Mutation(
        "take a create under way at death for never sent",
        "planner.py",
        "yield Doubt(row.id)",
        "yield Void(row.id)",
        2,
    ),
    Mutation(
        "release on time-out",
        "store/moves.py",
        "return self._move(batch, State.UNCERTAIN, at, note=note)",
        "self._book(batch.id, at, (Booking.RELEASE, batch.reserved))\n"
        "        return self._move(batch, State.UNCERTAIN, at, note=note)",
        1,
    ),
    Mutation(
        "conclude absence from one look",
        "planner.py",
        "row.looks >= LOOKS_FOR_ABSENCE and row.watched >= settle_seconds",
        "row.looks >= 1",
        20,
    ),
    Mutation(
        "let a clock that jumps stand for looking",
        "engine/recording.py",
        "now.ticks - track.last_look",
        "now.wall - (track.row.intended_at or now.wall)",
        12,
    ),
    Mutation(
        "conclude absence under another key",
        "planner.py",
        "return batch.same_account and row.looks",
        "return row.looks",
        575,
        (
            (
                "engine/recording.py",
                "elif sighting.complete and track.row.account == desk.catalog.account(track.row.provider):",
                "elif sighting.complete:",
            ),
        ),
    ),
    Mutation(
        "overlook candidates",
        "engine/recording.py",
        "elif sighting.candidates:",
        "elif sighting.candidates and False:",
        64,
    ),
    Mutation(
        "take an unseen batch for a deleted one",
        "engine/recording.py",
        "status = statuses.get(track.row.provider_id)",
        "status = statuses.get(track.row.provider_id) or BatchStatus('', ended=True, results_gone=True)",
        1,
    ),
    Mutation(
        "charge nothing for an answer that is missing",
        "engine/collecting.py",
        "Answer(None, Outcome.MISSING, error=words)",
        "Answer(None, Outcome.MISSING, error=words, billed=False)",
        18,
    ),
    Mutation(
        "forget what was spent",
        "store/moves.py",
        "(Booking.SPEND, settled.spent),",
        "",
        1,
    ),
    Mutation(
        "pack more than the limit bears",
        "store/moves.py",
        "if not self.balance().bears(bound, limit):",
        "if False:",
        4,
        (("engine/packing.py", "formed.bound + bound > self._available", "bound > self._available"),),
    ),
    Mutation(
        "ask the planner for more than there is",
        "budget.py",
        "max(0, limit - self.held)",
        "limit",
        26,
    ),
    Mutation(
        "end what we cancelled ourselves",
        "engine/settling.py",
        "cancelled=batch.cancel_at is not None",
        "cancelled=False",
        62,
    ),
    Mutation(
        "write the wish to cancel after the fact",
        "engine/loop.py",
        "if track.row.cancel_at is None:",
        "if track.row.cancel_at is None and track.failures > 3:",
        62,
    ),
    Mutation(
        "forget jobs that come due after a lane starved",
        "planner.py",
        "return lane.starved_until is None or now.wall < lane.starved_until",
        "return True",
        39,
        (("planner.py", "lane.starved_until is not None\n            if", "False\n            if"),),
    ),
    Mutation(
        "write no file for a job that was never sent",
        "engine/recording.py",
        "self._shows.append(Show(tuple(job for job, _ in failed)))",
        "pass",
        12,
    ),
    Mutation(
        "wait for answers that another key would fetch",
        "engine/recording.py",
        "track.saw(now.ticks, shown=not isinstance(completion.error, ProviderError) or completion.error.retryable)",
        "pass",
        449,
    ),
    Mutation(
        "charge nothing for what the user gave up",
        "engine/settling.py",
        "Outcome.LOST, attempt.bound, then, assumed=True",
        "Outcome.LOST, 0, then, assumed=True",
        14,
    ),
    Mutation(
        "end what has ended again",
        "store/moves.py",
        "and still_open[idx] and jobs[idx] == job",
        "and jobs[idx] == job",
        1,
        (
            ("store/reading.py", "enumerate(packed.open) if is_open)", "enumerate(packed.open))"),
            ("engine/collecting.py", " or not still_open[index]", ""),
        ),
    ),
    Mutation(
        "ask again as if nothing had been answered",
        "engine/preparing.py",
        "if pending.tries is None and pending.ask",
        "if pending.ask",
        216,
    ),
    Mutation(
        "take every job for a plain one",
        "engine/packing.py",
        "pending.form if plain else -pending.form",
        "pending.form",
        12,
    ),
    Mutation(
        "decide on what has an end",
        "engine/deciding.py",
        "undecided = (State.SUBMITTING, State.UNCERTAIN, State.SUBMITTED)",
        "undecided = (State.SUBMITTING, State.UNCERTAIN, State.SUBMITTED, State.ENDED, State.COLLECTED)",
        59,
    ),
    Mutation(
        "send on after a bill above its bound",
        "engine/recording.py",
        "self._desk.lanes[row.lane].halted = True",
        "pass",
        78,
    ),
    Mutation(
        "send what was ready before a bill above its bound",
        "planner.py",
        "if not batch.has_body or batch.halted or view.stop is not None or late:",
        "if not batch.has_body or view.stop is not None or late:",
        78,
    ),
    Mutation(
        "forget the ids that a run died before it put into the index",
        "store/names.py",
        "for (key,) in since}",
        "for (key,) in []}",
        41,
    ),
    Mutation(
        "leave an id out of the index",
        "store/names.py",
        'FROM said WHERE seq >"',
        'FROM said WHERE seq > 1 +"',
        22,
    ),
)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_a_broken_protocol_is_noticed(mutation: Mutation, tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "batchata", ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in mutation.edits:
        file = tmp_path / "batchata" / name
        source = file.read_text("utf-8")
        assert source.count(old) == 1, f"{mutation.name}: it can't be applied to {name} any more"
        file.write_text(source.replace(old, new), "utf-8")
    path = os.pathsep.join([str(tmp_path), str(HERE)])
    done = subprocess.run(
        [sys.executable, "-m", "simulated.hunt", str(mutation.first), LIVES],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 1, f"{mutation.name}: nothing noticed it in {LIVES} lives {done.stderr}"
    assert "seed" in done.stdout, done.stderr
