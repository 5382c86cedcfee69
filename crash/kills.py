"""Kill a real process with SIGKILL at drawn instants, run the script again to its end, and hold its bill against the jobs."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batchata import decide
from batchata.provider_batch import State
from batchata.testing import EmulatorProcess
from crash import state

MODELS = {"anthropic": "claude-haiku-4-5", "openai": "gpt-4.1-mini", "gemini": "gemini-2.5-flash"}
KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY", "gemini": "GOOGLE_API_KEY"}
SCRIPT = Path(__file__).with_name("script.py")
TURNAROUND = 0.3
HANGS_AFTER = 120.0  # seconds; a whole run takes a few

# What a create meets, beside the kill; most meet nothing
TROUBLES: tuple[dict[str, Any] | None, ...] = (
    *(None, None, None, None),
    *({"fault": "stall_after", "seconds": 2.0},) * 3,
    {"fault": "drop_after", "times": 2},
    {"fault": "drop_before"},
    {"fault": "error_after", "status": 500},
    {"fault": "refuse", "status": 429, "retry_after": 0.2, "times": 2},
    {"fault": "list_lag", "seconds": 0.5, "times": 3},
)


class FoundError(Exception):
    """What must not happen has happened."""


@dataclass
class Tally:
    """What was tried on one dialect, and what it hit."""

    dialect: str
    kills: int = 0
    runs: int = 0
    jobs: int = 0
    billed: int = 0
    lost: int = 0
    twice: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[State, State]] = field(default_factory=Counter)


@dataclass
class Killer:
    """Kills scripts on one dialect. `seed` gives every draw; how a process is scheduled is not ours to repeat."""

    dialect: str
    folder: Path
    seed: int
    jobs: int = 60
    say: Callable[[str], None] = lambda _: None

    def run(self, kills: int) -> Tally:
        """Kill until `kills` processes are dead. Raises `FoundError`."""
        draw, tally = random.Random(f"{self.seed} {self.dialect}"), Tally(self.dialect)  # noqa: S311 - no secret
        with EmulatorProcess(turnaround=TURNAROUND, seed=self.seed) as emulator:
            life = self._life(emulator)
            while tally.kills < kills:
                trial = Trial(self, emulator, draw, f"{self.seed}-{tally.runs}")
                trial.until_killed(min(draw.randint(1, 3), kills - tally.kills), life, tally)
                trial.to_the_end(tally)
                self.say(f"{self.dialect}: {tally.kills} of {kills} kills")
            time.sleep(2 * TURNAROUND)  # a batch made in vain would be billed by now
            self._balance(emulator, tally)
        return tally

    def lose(self, tally: Tally) -> None:
        """The provider deletes what a killed run had not fetched: those jobs end as lost, none is sent again.

        Not for OpenAI: a file that is not there counts as one that is not open yet, for an hour by our own clock.
        """
        with EmulatorProcess(turnaround=TURNAROUND, seed=self.seed) as emulator:
            trial = Trial(self, emulator, random.Random(self.seed), f"{self.seed}-purged")  # noqa: S311 - no secret
            trial.purged(tally)
            if emulator.ledger.billed_twice():
                raise FoundError(f"{self.dialect}: a purged batch was paid for twice")

    def decide(self, tally: Tally) -> None:
        """A create's answer never came, and the user gives its batch up: those jobs end as lost, none is sent again."""
        with EmulatorProcess(turnaround=TURNAROUND, seed=self.seed) as emulator:
            trial = Trial(self, emulator, random.Random(self.seed), f"{self.seed}-decided")  # noqa: S311 - no secret
            trial.decided(tally)
            if emulator.ledger.billed_twice():
                raise FoundError(f"{self.dialect}: a batch that was given up was paid for twice")

    def _life(self, emulator: EmulatorProcess) -> float:
        began = time.monotonic()
        Trial(self, emulator, random.Random(self.seed), f"{self.seed}-whole").finish()  # noqa: S311 - no secret
        return time.monotonic() - began

    def _balance(self, emulator: EmulatorProcess, tally: Tally) -> None:
        tally.twice = len(emulator.ledger.billed_twice())
        tally.billed = len(emulator.ledger) - self.jobs  # the first run, whose life was measured
        if tally.twice or tally.billed != tally.jobs:
            raise FoundError(
                f"{self.dialect}, seed {self.seed}: {tally.jobs} jobs, {tally.billed} bills, {tally.twice} twice"
            )


class Trial:
    """One state file: processes that drive it and die, and one that drives it to its end."""

    def __init__(self, killer: Killer, emulator: EmulatorProcess, draw: random.Random, mark: str) -> None:
        self._killer = killer
        self._emulator = emulator
        self._draw = draw
        self._mark = mark
        self._folder = killer.folder / f"{killer.dialect}-{mark}"
        self._folder.mkdir()
        self._state = self._folder / "state.db"

    def until_killed(self, kills: int, life: float, tally: Tally) -> None:
        """Start and kill, `kills` times or until a process was done before its time came."""
        whole = life
        for _ in range(kills):
            life, trouble = whole, self._draw.choice(TROUBLES)
            if trouble is not None:
                self._emulator.add_fault("create", **trouble)
            made = self._emulator.summary()["batches"]
            process = self.start()
            if trouble is not None and trouble["fault"] == "stall_after":
                self._await_create(process, made)
                life = 0.3
            if not self._dies(process, life):
                break
            tally.kills += 1
            tally.hits += state.hit(self._state)
        self._emulator.clear_faults()

    def _await_create(self, process: "subprocess.Popen[str]", made: int) -> None:
        """Until the provider has made one more batch, and has not answered: the instant that is the most dangerous."""
        while self._emulator.summary()["batches"] == made and process.poll() is None:
            time.sleep(0.02)

    def _dies(self, process: "subprocess.Popen[str]", life: float) -> bool:
        """Let it live for a drawn time and kill it: in its whole life, its first 100 ms, the first 100 ms of its run."""
        where = self._draw.random()
        seconds = self._draw.uniform(0, 0.1 if where < 0.4 else life)
        if where < 0.2 and process.stdout is not None:
            process.stdout.readline()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        _, errors = process.communicate()
        if process.returncode > 0:
            raise FoundError(f"{self._name}: the process failed: {errors}")
        return process.returncode != 0

    def to_the_end(self, tally: Tally) -> None:
        self.finish()
        results = self._results()
        tally.runs, tally.jobs = tally.runs + 1, tally.jobs + self._killer.jobs
        tally.moves += state.moves(self._state)
        missing = [name for name in self._names() if results.get(name, {}).get("outcome") != "succeeded"]
        tally.lost += len(missing)
        if missing or len(results) != self._killer.jobs:
            raise FoundError(f"{self._name}: without an answer: {missing}")
        strayed = [name for name, result in results.items() if f"job-{result['metadata']['row']}" != name]
        if strayed:
            raise FoundError(f"{self._name}: another job's answer: {strayed}")

    def purged(self, tally: Tally) -> None:
        self._emulator.hold()
        process = self.start()
        while not self._emulator.batches and process.poll() is None:
            time.sleep(0.02)
        time.sleep(0.3)
        process.kill()
        process.communicate()
        tally.kills += 1
        tally.hits += state.hit(self._state)
        self._emulator.release()
        while not self._emulator.ledger:
            time.sleep(0.05)
        time.sleep(2 * TURNAROUND)
        self._emulator.archive()
        self._end_with_lost(tally)

    def decided(self, tally: Tally) -> None:
        self._emulator.add_fault("create", "stall_after", seconds=20.0)
        made = self._emulator.summary()["batches"]
        process = self.start()
        self._await_create(process, made)
        time.sleep(0.1)
        process.kill()
        process.communicate()
        tally.kills += 1
        tally.hits += state.hit(self._state)
        self._emulator.clear_faults()
        for number in state.unanswered(self._state):
            decide(self._state, number, made=True)
        self._end_with_lost(tally)

    def _end_with_lost(self, tally: Tally) -> None:
        """Drive it to its end: some jobs are lost, the others are answered."""
        self.finish()
        outcomes = Counter(result["outcome"] for result in self._results().values())
        tally.moves += state.moves(self._state)
        if not outcomes["lost"] or outcomes["lost"] + outcomes["succeeded"] != self._killer.jobs:
            raise FoundError(f"{self._name}: {outcomes}")

    def finish(self) -> None:
        """Drive it to its end. Raises `FoundError` if it fails or hangs."""
        process = self.start()
        try:
            _, errors = process.communicate(timeout=HANGS_AFTER)
        except subprocess.TimeoutExpired:
            process.kill()
            errors = f"hung for {HANGS_AFTER} s; " + process.communicate()[1]
        if process.returncode != 0:
            raise FoundError(f"{self._name}: {errors}")

    def start(self) -> "subprocess.Popen[str]":
        dialect = self._killer.dialect
        # a key of its own: it sees no batch of another trial
        env = os.environ | self._emulator.environment() | {KEYS[dialect]: f"key-{self._mark}"}
        given = [str(self._folder), MODELS[dialect], str(self._killer.jobs), self._mark]
        command = [sys.executable, str(SCRIPT), *given]
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603

    def _results(self) -> dict[str, dict[str, Any]]:
        found = [json.loads(path.read_bytes()) for path in (self._folder / "results").glob("*.json")]
        return {result["job_id"]: result for result in found}

    def _names(self) -> list[str]:
        return [f"job-{number}" for number in range(self._killer.jobs)]

    @property
    def _name(self) -> str:
        return f"{self._killer.dialect}, seed {self._killer.seed}, {self._folder}"
