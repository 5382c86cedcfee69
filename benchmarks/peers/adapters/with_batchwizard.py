"""batchwizard's `process`: native JSONL in, native JSONL out, a manifest of batches in SQLite."""

import json
import os
import sys
from pathlib import Path

LARGEST = 50_000


def write(folder: Path, jobs: int) -> list[str]:
    paths = []
    for start in range(0, jobs, LARGEST):
        path = folder / f"{start}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number in range(start, min(start + LARGEST, jobs)):
                turns = [{"role": "user", "content": f"Say {number}."}]
                body = {"model": "gpt-4.1-mini", "max_tokens": 64, "messages": turns}
                line = {"custom_id": f"job-{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
                file.write(json.dumps(line) + "\n")
        paths.append(str(path))
    return paths


def main() -> None:
    jobs, folder = int(sys.argv[1]), Path(sys.argv[2])
    os.environ["XDG_CONFIG_HOME"] = str(folder)  # its manifest lies there
    from batchwizard.cli import app  # type: ignore[import-not-found]

    out = folder / "out"
    options = ["--output-directory", str(out), "--check-interval", "1"]
    app(["process", *write(folder, jobs), *options], standalone_mode=False)
    finished = 0
    for path in out.glob("*_results.jsonl"):  # it ends with files; the answers are for the script to read
        with path.open("rb") as lines:
            for line in lines:
                answer = json.loads(line)["response"]["body"]["choices"][0]["message"]["content"]
                finished += bool(answer)
    sys.stdout.write("\n" + json.dumps({"finished": finished}) + "\n")


if __name__ == "__main__":
    main()
