"""What the adapters share: the work each is given, what it asks of a model, and how it tells that it is done.

Only the standard library: every client has an environment of its own, which holds nothing of batchata.
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

MODELS = {"anthropic": "claude-haiku-4-5", "openai": "gpt-4.1-mini"}
LARGEST = {"anthropic": 100_000, "openai": 50_000}  # requests in one batch, the providers' own limits
MAX_TOKENS = 64


class Work(NamedTuple):
    dialect: str
    jobs: int
    folder: Path

    @property
    def model(self) -> str:
        return MODELS[self.dialect]

    @property
    def largest(self) -> int:
        return LARGEST[self.dialect]

    @property
    def batches(self) -> list[range]:
        """The numbers of the jobs, for a client that leaves it to its user to split them."""
        return [range(self.jobs)[start : start + self.largest] for start in range(0, self.jobs, self.largest)]


def given() -> Work:
    _, dialect, jobs, folder = sys.argv
    return Work(dialect, int(jobs), Path(folder))


def prompt(number: int) -> str:
    return f"Say {number}."


def turns(number: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt(number)}]


def tell(finished: int) -> None:
    """On a line of its own, whatever the client printed before."""
    sys.stdout.write("\n" + json.dumps({"finished": finished}) + "\n")
