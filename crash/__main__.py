"""`python -m crash`: the kills on three dialects at once, then the simulated lives; what they hit, as tables.

Ends with status 1 where anything was billed twice, lost or hung, a life went wrong, or (from 50 kills on) a move in the
table was never made.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from batchata.provider_batch import MOVES, State
from crash.kills import MODELS, FoundError, Killer, Tally
from crash.lives import live

BEGAN = time.monotonic()
PURGED = ("anthropic", "gemini")
ENOUGH = 50  # kills per dialect from which on every move must have been made


def say(words: str) -> None:
    sys.stdout.write(f"{time.monotonic() - BEGAN:6.0f} s  {words}\n")
    sys.stdout.flush()


def kill_all(folder: Path, seed: int, kills: int) -> tuple[list[Tally], list[str]]:
    """(what was hit, what was found) on the three dialects."""
    with ThreadPoolExecutor(len(MODELS)) as pool:
        tried = [pool.submit(_kill, folder, dialect, seed, kills) for dialect in MODELS]
    tallies: list[Tally] = []
    findings: list[str] = []
    for one in tried:
        try:
            tallies.append(one.result())
        except FoundError as found:
            findings.append(str(found))
    return tallies, findings


def _kill(folder: Path, dialect: str, seed: int, kills: int) -> Tally:
    killer = Killer(dialect, folder, seed, say=say)
    tally = killer.run(kills)
    if dialect in PURGED:
        killer.lose(tally)
    killer.decide(tally)
    return tally


def show(tallies: list[Tally]) -> list[str]:
    """Print the tables; the moves that were never made, in words."""
    say("dialect     kills  states  jobs  billed  billed twice  lost")
    for tally in tallies:
        figures = f"{tally.kills:5}  {tally.runs:6}  {tally.jobs:4}  {tally.billed:6}  {tally.twice:12}  {tally.lost:4}"
        say(f"{tally.dialect:10}  {figures}")
    hits = sum((tally.hits for tally in tallies), Counter[str]())
    say("a kill found open: " + ", ".join(f"{name} {times}" for name, times in hits.most_common()))
    made = sum((tally.moves for tally in tallies), Counter[tuple[State, State]]())
    never: list[str] = []
    for move in [(source, target) for source, targets in MOVES.items() for target in sorted(targets)]:
        say(f"{move[0]:>10} -> {move[1]:10} {made[move]:7,}")
        if not made[move]:
            never.append(f"no batch went from {move[0]} to {move[1]}")
    return never


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="per dialect")
    parser.add_argument("--lives", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    given = parser.parse_args()
    say(f"seed {given.seed}: {given.kills} kills on each of {', '.join(MODELS)}, then {given.lives:,} lives")
    with tempfile.TemporaryDirectory() as folder:
        tallies, findings = kill_all(Path(folder), given.seed, given.kills)
    never = show(tallies)
    if given.kills >= ENOUGH:
        findings += never
    findings += live(given.seed, given.lives, say)
    for finding in findings:
        say(finding)
    say(f"seed {given.seed}: " + (f"{len(findings)} FINDINGS" if findings else "nothing billed twice, nothing lost"))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
