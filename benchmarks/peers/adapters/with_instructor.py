"""instructor's `BatchProcessor`: a file, a batch, the results as models. It has no state: the ids are the caller's to keep."""

import json
import sys
import time
from pathlib import Path

from instructor.batch import BatchProcessor  # type: ignore[import-not-found]
from pydantic import BaseModel

LARGEST = 50_000  # OpenAI's own limit


class Answer(BaseModel):
    text: str


def main() -> None:
    jobs, folder = int(sys.argv[1]), Path(sys.argv[2])
    processor: BatchProcessor[Answer] = BatchProcessor("openai/gpt-4.1-mini", Answer)
    waiting = []
    for start in range(0, jobs, LARGEST):
        numbers = range(start, min(start + LARGEST, jobs))
        path = str(folder / f"{start}.jsonl")
        asked = [[{"role": "user", "content": f"Say {number}."}] for number in numbers]
        processor.create_batch_from_messages(asked, file_path=path, max_tokens=256)
        waiting.append(processor.submit_batch(path))
    finished = 0
    for name in waiting:
        while processor.get_batch_status(name)["status"] != "completed":
            time.sleep(0.1)
        finished += len(processor.get_results(name, file_path=str(folder / f"{name}.jsonl")))
    sys.stdout.write(json.dumps({"finished": finished}) + "\n")


if __name__ == "__main__":
    main()
