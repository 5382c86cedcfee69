"""Text jobs through batchata, as a user would write them: a generator in, a stream of results out, a cost limit set.

Run again on the same folder it is the second run of a finished script. `--typed` asks for a model's fields instead of text.
"""

import argparse
import contextlib
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from batchata import Batch

MODELS = {"anthropic": "claude-haiku-4-5", "openai": "gpt-4.1-mini", "gemini": "gemini-2.5-flash"}


class Verdict(BaseModel):
    label: Literal["good", "bad", "neither"]
    score: int


class Connections:
    """The state's writing connections, seen as they are opened: what is claimed of them is asked of them."""

    def __init__(self) -> None:
        self._named = ""
        self.found: list[sqlite3.Connection] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, values: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect":
            self._named = str(values[0])
        elif event == "sqlite3.connect/handle" and "mode=rw" in self._named and ".new?" not in self._named:
            self.found.append(values[0])

    @property
    def synchronous(self) -> int | None:
        """0 OFF, 1 NORMAL, 2 FULL; of several the least. None where the run is over already."""
        told = []
        for one in self.found:
            with contextlib.suppress(sqlite3.ProgrammingError):  # closed by now
                told.append(int(one.execute("PRAGMA synchronous").fetchone()[0]))
        return min(told, default=None)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--dialect", choices=MODELS, default="anthropic")
    parser.add_argument("--files", choices=("none", "files", "raw"), default="none")
    parser.add_argument("--items", type=int, default=10_000, help="jobs per batch; 0: as many as the provider takes")
    parser.add_argument("--concurrent", type=int, default=10)
    parser.add_argument("--length", type=int, default=0, help="bytes that each prompt is filled up to")
    parser.add_argument("--typed", action="store_true")
    parser.add_argument("--loaded", action="store_true", help="load the SDK before the clock starts")
    return parser.parse_args()


def jobs(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    typed = {"response_model": Verdict} if given.typed else {}
    for number in range(given.jobs):
        prompt = f"Say {number}.".ljust(given.length, ".")
        yield {"prompt": prompt, "job_id": f"job-{number}", "metadata": {"row": number}, **typed}


def batch_of(given: argparse.Namespace) -> Batch:
    results = None if given.files == "none" else given.folder / "results"
    batch = Batch(
        given.folder / "state.db",
        results,
        given.concurrent,
        given.items or None,
        save_raw_responses=given.files == "raw",
    )
    batch.defaults(model=MODELS[given.dialect], max_tokens=64).add_cost_limit(10_000)
    return batch.add_jobs(jobs(given))


def validation(texts: list[str]) -> float:
    """CPU seconds that pydantic alone takes for one of these answers."""
    if not texts:
        return 0.0
    start, rounds = time.process_time(), 20
    for _ in range(rounds):
        for text in texts:
            Verdict.model_validate_json(text)
    return (time.process_time() - start) / rounds / len(texts)


def main() -> None:
    given = parsed()
    connections = Connections()
    if given.loaded:
        __import__(given.dialect)
    start = time.perf_counter()
    run = batch_of(given).run()
    run.status()
    said: dict[str, float] = {"first_status": time.perf_counter() - start, "finished": 0, "succeeded": 0}
    if (synchronous := connections.synchronous) is not None:
        said["synchronous"] = synchronous
    texts: list[str] = []
    for result in run.stream():
        said["finished"] += 1
        said["succeeded"] += result.is_success
        if given.typed and result.is_success and len(texts) < 1_000:
            texts.append(result.raw_response or "")
    run.wait()
    said["seconds"] = time.perf_counter() - start
    if given.typed:
        said["validation"] = validation(texts)
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
