"""The script under test, as a user would write it; `python script.py FOLDER MODEL JOBS MARK`."""

import sys
from pathlib import Path

from batchata import Batch


def main(folder: Path, model: str, jobs: int, mark: str) -> None:
    batch = Batch(folder / "state.db", folder / "results", items_per_batch=20, max_concurrent=3, settle_seconds=2)
    batch.defaults(model=model, max_tokens=64)
    for number in range(jobs):
        batch.add_job(prompt=f"{mark}: say {number}.", job_id=f"job-{number}", metadata={"row": number})
    print("running", flush=True)  # noqa: T201 - tells the killer that the run begins
    batch.run(wait=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
