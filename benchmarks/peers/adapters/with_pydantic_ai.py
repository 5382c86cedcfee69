"""pydantic-ai's `model_request_batch`: requests in, responses out, in as few batches as the provider takes. No state."""

import asyncio
from datetime import timedelta

from pydantic_ai import ModelRequest, ModelResponse  # type: ignore[import-not-found]
from pydantic_ai.direct import model_request_batch  # type: ignore[import-not-found]
from pydantic_ai.models.batch import BatchRequest  # type: ignore[import-not-found]

from benchmarks.peers.adapters import asking
from benchmarks.peers.adapters.asking import Work

MODELS = {"anthropic": "anthropic", "openai": "openai-responses"}  # its batches speak Responses alone


async def ask(work: Work) -> int:
    requests = [
        BatchRequest(
            custom_id=f"job-{number}",
            messages=[ModelRequest.user_text_prompt(asking.prompt(number))],
            model_settings={"max_tokens": asking.MAX_TOKENS},
        )
        for number in range(work.jobs)
    ]
    answers = await model_request_batch(
        f"{MODELS[work.dialect]}:{work.model}", requests, poll_interval=timedelta(seconds=0.1)
    )
    return sum(isinstance(answer, ModelResponse) and bool(answer.text) for answer in answers)


def main() -> None:
    asking.tell(asyncio.run(ask(asking.given())))


if __name__ == "__main__":
    main()
