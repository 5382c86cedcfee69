"""PDFs in, typed answers with citations out: `python reading.py FOLDER DOCUMENTS`."""

import json
import sys
import time
from datetime import date
from pathlib import Path

import anthropic  # noqa: F401 - loading it is no part of reading documents
from pydantic import BaseModel

from batchata import Batch


class Statement(BaseModel):
    number: str
    revenue: float
    costs: float
    reserve: float
    deposit: float
    due: date


def main() -> None:
    folder, documents = Path(sys.argv[1]), int(sys.argv[2])
    start = time.time()
    batch = Batch(folder / "state.db", folder / "results", items_per_batch=documents).add_cost_limit(1_000)
    batch.defaults(model="claude-haiku-4-5", max_tokens=1_000, response_model=Statement, enable_citations=True)
    for number in range(documents):
        batch.add_job(file=folder.parent / "documents" / f"{number}.pdf", prompt=f"Document {number}.")
    run = batch.run()
    said = {"finished": 0, "succeeded": 0, "citations": 0, "boxes": 0, "unsupported": 0}
    for result in run.stream():
        said["finished"] += 1
        said["succeeded"] += result.is_success
        said["citations"] += len(result.citations)
        said["boxes"] += sum(bool(citation.metadata.get("boxes")) for citation in result.citations)
        said["unsupported"] += len(result.unsupported)
    run.wait()
    sys.stdout.write(json.dumps({**said, "started_at": start, "ended_at": time.time()}) + "\n")


if __name__ == "__main__":
    main()
