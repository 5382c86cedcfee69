"""batchwizard's `process`: native JSONL in, native JSONL out, a manifest of batches in SQLite."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.peers.adapters import asking
from benchmarks.peers.adapters.asking import Work


def line(work: Work, number: int) -> dict[str, Any]:
    body = {"model": work.model, "max_tokens": asking.MAX_TOKENS, "messages": asking.turns(number)}
    if work.dialect == "anthropic":
        return {"custom_id": f"job-{number}", "params": body}
    return {"custom_id": f"job-{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}


def write(work: Work) -> Iterator[str]:
    for numbers in work.batches:
        path = work.folder / f"{numbers.start}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line(work, number)) + "\n" for number in numbers)
        yield str(path)


def text(work: Work, answer: dict[str, Any]) -> Any:
    if work.dialect == "anthropic":
        return answer["result"]["message"]["content"][0]["text"]
    return answer["response"]["body"]["choices"][0]["message"]["content"]


def read(work: Work, folder: Path) -> int:
    finished = 0
    for path in folder.glob("*_results.jsonl"):
        with path.open("rb") as lines:
            finished += sum(bool(text(work, json.loads(answer))) for answer in lines)
    return finished


def main() -> None:
    work = asking.given()
    os.environ["XDG_CONFIG_HOME"] = str(work.folder)  # its manifest lies there
    from batchwizard.cli import app  # type: ignore[import-not-found]

    out = work.folder / "out"
    options = ["--provider", work.dialect, "--output-directory", str(out), "--check-interval", "1"]
    app(["process", *options, *write(work)], standalone_mode=False)
    asking.tell(read(work, out))  # it ends with files: the answers are for the script to read


if __name__ == "__main__":
    main()
