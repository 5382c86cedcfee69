"""instructor's `BatchProcessor`: a file, a batch, the results as models. It has no state: the ids are the caller's to keep."""

import time
from functools import cache

from instructor.batch import BatchProcessor, extract_results  # type: ignore[import-not-found]
from pydantic import BaseModel

from benchmarks.peers.adapters import asking


class Answer(BaseModel):
    text: str


def mend() -> None:
    """It lets go of Anthropic's client before it has read the answers, and a client that is gone closes its connection: more
    answers than were buffered by then are lost. One client for the whole script stays.
    """
    import anthropic

    anthropic.Anthropic = cache(anthropic.Anthropic)  # type: ignore[assignment, misc]


def main() -> None:
    work = asking.given()
    if work.dialect == "anthropic":
        mend()
    processor: BatchProcessor[Answer] = BatchProcessor(f"{work.dialect}/{work.model}", Answer)
    waiting = []
    for numbers in work.batches:
        path = str(work.folder / f"{numbers.start}.jsonl")
        asked = [asking.turns(number) for number in numbers]
        processor.create_batch_from_messages(asked, file_path=path, max_tokens=asking.MAX_TOKENS)
        waiting.append(processor.submit_batch(path))
    answers: list[Answer] = []
    for name in waiting:
        while processor.get_batch_status(name)["status"] not in {"completed", "ended"}:
            time.sleep(0.1)
        answers += extract_results(processor.retrieve_results(name))
    asking.tell(sum(bool(answer.text) for answer in answers))


if __name__ == "__main__":
    main()
