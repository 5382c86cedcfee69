"""batchling's `batchify`: the calls of the provider's own SDK, gathered; it makes batches of them and keeps whose batch each is in."""

import asyncio
import os
from collections.abc import Awaitable
from typing import Any

from batchling import batchify  # type: ignore[import-not-found]
from batchling.providers import PROVIDERS  # type: ignore[import-not-found]

from benchmarks.peers.adapters import asking
from benchmarks.peers.adapters.asking import Work

HOSTS = {"anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com/v1"}


def mend(url: str) -> None:
    """Its batches go to a provider's own host, whatever the SDK was told: here they go to `url`. And it looks for a text among the
    members of an enum, which Python 3.11 refuses.
    """
    for provider in PROVIDERS:
        provider._normalize_base_url = lambda **_: url  # noqa: SLF001 - there is no door for it
        provider.batch_terminal_states = frozenset(provider.batch_terminal_states)


def calls(work: Work) -> list[Awaitable[Any]]:
    ask: Any
    if work.dialect == "anthropic":
        from anthropic import AsyncAnthropic

        ask = AsyncAnthropic(base_url=HOSTS[work.dialect]).messages.create
    else:
        from openai import AsyncOpenAI

        ask = AsyncOpenAI(base_url=HOSTS[work.dialect]).chat.completions.create
    options = {"model": work.model, "max_tokens": asking.MAX_TOKENS}
    return [ask(messages=asking.turns(number), **options) for number in range(work.jobs)]


def text(work: Work, answer: Any) -> Any:
    return answer.content[0].text if work.dialect == "anthropic" else answer.choices[0].message.content


async def run(work: Work) -> int:
    largest = min(work.largest, work.jobs)  # a batch that is not full waits for the window to pass
    async with batchify(batch_size=largest, batch_window_seconds=600, batch_poll_interval_seconds=0.1):
        answers = await asyncio.gather(*calls(work))
    return sum(bool(text(work, answer)) for answer in answers)


def main() -> None:
    work = asking.given()
    os.environ["BATCHLING_CACHE_PATH"] = str(work.folder / "cache.sqlite3")
    mend(os.environ["ANTHROPIC_BASE_URL"])  # the bare address
    asking.tell(asyncio.run(run(work)))


if __name__ == "__main__":
    main()
