"""firming's `run`: jobs in, results with receipts out. Its ticket is the caller's to save; `run` keeps none."""

import json
import sys

import firming  # type: ignore[import-not-found]
from firming.venues.openai_batch import OpenAIBatch  # type: ignore[import-not-found]

LARGEST = 50_000  # it does not split: one run is one batch


def main() -> None:
    jobs, finished = int(sys.argv[1]), 0
    for start in range(0, jobs, LARGEST):
        asked = [
            firming.job("gpt-4.1-mini", f"Say {number}.", max_tokens=64)
            for number in range(start, min(start + LARGEST, jobs))
        ]
        results = firming.run(asked, deadline="4h", venues=[OpenAIBatch()], poll_interval=0.1, fallback="none")
        finished += sum(result.ok for result in results)
    sys.stdout.write(json.dumps({"finished": finished}) + "\n")


if __name__ == "__main__":
    main()
