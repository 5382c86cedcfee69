"""firming's `run`: jobs in, results with receipts out. Its ticket is the caller's to save; `run` keeps none."""

import firming  # type: ignore[import-not-found]

from benchmarks.peers.adapters import asking


def main() -> None:
    work, finished = asking.given(), 0
    for numbers in work.batches:  # it does not split: one run is one batch
        asked = [firming.job(work.model, asking.prompt(number), max_tokens=asking.MAX_TOKENS) for number in numbers]
        results = firming.run(asked, deadline="4h", poll_interval=0.1, fallback="none")
        finished += sum(result.ok and bool(result.text) for result in results)
    asking.tell(finished)


if __name__ == "__main__":
    main()
