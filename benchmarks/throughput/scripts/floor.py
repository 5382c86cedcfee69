"""The floor: build the bodies, submit, poll, stream the answers into one file. No state, no parsing, nothing survives a crash.

`python floor.py DIALECT JOBS PER_BATCH FOLDER`, with the official SDK of the dialect (anthropic or openai).
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

PAUSE = 0.1  # seconds between polls


def prompts(jobs: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for number in range(jobs):
        yield f"job-{number}", {"max_tokens": 64, "messages": [{"role": "user", "content": f"Say {number}."}]}


def with_anthropic(jobs: int, per_batch: int, out: IO[bytes]) -> None:
    import anthropic
    import httpx2

    client = anthropic.Anthropic(max_retries=0)
    waiting, asked = [], prompts(jobs)
    for _ in range(0, jobs, per_batch):
        with tempfile.TemporaryFile() as body:
            lead = b'{"requests":['
            for name, params in islice(asked, per_batch):
                line = {"custom_id": name, "params": {"model": "claude-haiku-4-5", **params}}
                body.write(lead + json.dumps(line).encode())
                lead = b","
            body.write(b"]}")
            body.seek(0)
            options: Any = {"headers": {"content-type": "application/json"}}
            made = client.post("/v1/messages/batches", content=body, cast_to=httpx2.Response, options=options)
            waiting.append(made.json()["id"])
    for name in waiting:
        while client.messages.batches.retrieve(name).processing_status != "ended":
            time.sleep(PAUSE)
        path, options = f"/v1/messages/batches/{name}/results", {"headers": {"accept": "application/binary"}}
        answers: Any = client.get(
            path, cast_to=httpx2.Response, stream=True, stream_cls=anthropic.Stream[Any], options=options
        )
        for piece in answers.iter_bytes(65536):
            out.write(piece)


def with_openai(jobs: int, per_batch: int, out: IO[bytes]) -> None:
    import openai

    client = openai.OpenAI(max_retries=0)
    waiting, asked = [], prompts(jobs)
    for _ in range(0, jobs, per_batch):
        with tempfile.TemporaryFile() as body:
            for name, params in islice(asked, per_batch):
                line = {"custom_id": name, "method": "POST", "url": "/v1/chat/completions"}
                body.write(json.dumps({**line, "body": {"model": "gpt-4.1-mini", **params}}).encode() + b"\n")
            body.seek(0)
            file = client.files.create(file=("in.jsonl", body), purpose="batch")
        made = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
        waiting.append(made.id)
    for name in waiting:
        while (batch := client.batches.retrieve(name)).status != "completed":
            time.sleep(PAUSE)
        with client.files.with_streaming_response.content(batch.output_file_id or "") as answers:
            for piece in answers.iter_bytes(65536):
                out.write(piece)


def main() -> None:
    dialect, jobs, per_batch, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    path = folder / "answers.jsonl"
    with path.open("wb") as out:
        {"anthropic": with_anthropic, "openai": with_openai}[dialect](jobs, per_batch, out)
    with path.open("rb") as answers:
        sys.stdout.write(json.dumps({"finished": sum(1 for _ in answers)}) + "\n")


if __name__ == "__main__":
    main()
