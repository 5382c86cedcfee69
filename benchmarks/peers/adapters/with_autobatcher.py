"""autobatcher's `BatchOpenAI`: one awaited call per job, gathered; it makes batches of them. No state."""

import asyncio
import os

from autobatcher import BatchOpenAI  # type: ignore[import-not-found]
from loguru import logger  # type: ignore[import-not-found]

from benchmarks.peers.adapters import asking
from benchmarks.peers.adapters.asking import Work


async def ask(work: Work) -> int:
    client = BatchOpenAI(
        api_key=os.environ["OPENAI_API_KEY"],
        base_url=os.environ["OPENAI_BASE_URL"],
        batch_size=work.largest,
        batch_window_seconds=1.0,
        poll_interval_seconds=0.1,
        completion_window="24h",
    )
    calls = [
        client.chat.completions.create(model=work.model, messages=asking.turns(number), max_tokens=asking.MAX_TOKENS)
        for number in range(work.jobs)
    ]
    answers = await asyncio.gather(*calls)
    await client.close()
    return sum(bool(answer.choices[0].message.content) for answer in answers)


def main() -> None:
    logger.remove()  # by default it writes lines for debugging
    asking.tell(asyncio.run(ask(asking.given())))


if __name__ == "__main__":
    main()
