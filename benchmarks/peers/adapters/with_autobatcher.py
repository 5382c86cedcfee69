"""autobatcher's `BatchOpenAI`: one awaited call per job, gathered; it makes batches of them. No state."""

import asyncio
import json
import os
import sys

from autobatcher import BatchOpenAI  # type: ignore[import-not-found]
from loguru import logger  # type: ignore[import-not-found]

LARGEST = 50_000


async def ask(jobs: int) -> int:
    client = BatchOpenAI(
        api_key=os.environ["OPENAI_API_KEY"],
        base_url=os.environ["OPENAI_BASE_URL"],
        batch_size=LARGEST,
        batch_window_seconds=1.0,
        poll_interval_seconds=0.1,
        completion_window="24h",
    )
    calls = [
        client.chat.completions.create(
            model="gpt-4.1-mini", messages=[{"role": "user", "content": f"Say {number}."}], max_tokens=64
        )
        for number in range(jobs)
    ]
    answers = await asyncio.gather(*calls)
    await client.close()
    return sum(bool(answer.choices[0].message.content) for answer in answers)


def main() -> None:
    logger.remove()  # by default it writes lines for debugging
    finished = asyncio.run(ask(int(sys.argv[1])))
    sys.stdout.write(json.dumps({"finished": finished}) + "\n")


if __name__ == "__main__":
    main()
