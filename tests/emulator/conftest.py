"""The official SDK as the emulator's client."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import anthropic
import pytest
from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse

from batchata.testing import Emulator

Params = dict[str, Any]


class Lab:
    """An emulator and a client of it, with the few steps every test takes."""

    def __init__(self, stack: ExitStack, **options: Any) -> None:
        self.emulator = stack.enter_context(Emulator(**{"turnaround": 0.0, **options}))
        self._stack = stack
        self.client = self.client_for("key-1")

    def client_for(self, key: str, **options: Any) -> anthropic.Anthropic:
        client = anthropic.Anthropic(base_url=self.emulator.url, api_key=key, max_retries=0, **options)
        return self._stack.enter_context(client)

    def create(self, *params: Params, client: anthropic.Anthropic | None = None) -> MessageBatch:
        requests: Any = [{"custom_id": f"job-{place}", "params": one} for place, one in enumerate(params)]
        return (client or self.client).messages.batches.create(requests=requests)

    def ended(self, batch_id: str) -> MessageBatch:
        deadline = time.monotonic() + 10
        while (batch := self.client.messages.batches.retrieve(batch_id)).processing_status != "ended":
            assert time.monotonic() < deadline, batch
            time.sleep(0.005)
        return batch

    def results(self, batch_id: str) -> dict[str, MessageBatchIndividualResponse]:
        self.ended(batch_id)
        return {line.custom_id: line for line in self.client.messages.batches.results(batch_id)}

    def answer(self, params: Params) -> Any:
        """The result of a batch of one."""
        return self.results(self.create(params).id)["job-0"].result


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def lab(stack: ExitStack) -> Lab:
    return Lab(stack)


@pytest.fixture(scope="module")
def shared() -> Iterator[Lab]:
    """One for many: for tables of cases that leave nothing behind."""
    with ExitStack() as stack:
        yield Lab(stack)


@pytest.fixture
def make_lab(stack: ExitStack) -> Callable[..., Lab]:
    return lambda **options: Lab(stack, **options)


@pytest.fixture
def ask() -> Callable[..., Params]:
    """A valid request, with whatever is laid over it; None takes a field away."""

    def ask(text: str = "What is due?", **over: Any) -> Params:
        params = {"model": "claude-opus-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": text}]}
        return {name: value for name, value in {**params, **over}.items() if value is not None}

    return ask
