"""Functions given to the emulator that raise: one request's error, a batch that ends, and the exception when it is over."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from batchata.testing import Emulator

Ask = Callable[..., dict[str, Any]]


@contextmanager
def _failing(**options: Any) -> Iterator[Emulator]:
    """An emulator that is expected to raise, when it stops, what a function of the test's own raised."""
    emulator = Emulator(**{"turnaround": 0, **options}).start()
    try:
        yield emulator
    finally:
        with pytest.raises((LookupError, TypeError)) as caught:
            emulator.stop()
        assert caught.value is emulator.errors[0]


def _answer(params: dict[str, Any]) -> Any:
    said = str(params)
    if "raise" in said:
        raise LookupError("a bug in the test")
    return 5 if "wrong" in said else None


def _results(emulator: Emulator, *params: dict[str, Any]) -> dict[str, Any]:
    with anthropic.Anthropic(base_url=emulator.url, api_key="key", max_retries=0) as client:
        requests: Any = [{"custom_id": f"job-{place}", "params": one} for place, one in enumerate(params)]
        batch = client.messages.batches.create(requests=requests)
        while client.messages.batches.retrieve(batch.id).processing_status != "ended":
            pass
        return {line.custom_id: line.result for line in client.messages.batches.results(batch.id)}


def test_anthropic(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    with _failing(answer=_answer) as emulator, caplog.at_level(logging.ERROR, logger="batchata.testing"):
        results = _results(emulator, ask("raise"), ask("fine"), ask("wrong"))
        assert len(emulator.ledger) == 1
    assert [results[f"job-{place}"].type for place in range(3)] == ["errored", "succeeded", "errored"]
    assert results["job-0"].error.error.type == "api_error"
    assert "LookupError('a bug in the test')" in results["job-0"].error.error.message
    assert "returned 5: an Answer, a str or None is needed" in results["job-2"].error.error.message
    assert {type(error) for error in emulator.errors} == {LookupError, TypeError}
    assert len(emulator.errors) == len(caplog.records) == 2
    assert emulator.errors[0].__notes__ == ["and 1 more: see Emulator.errors"]


def test_openai(chat: Ask) -> None:
    plain = openai.DefaultHttpxClient(verify=False)
    with (
        _failing(answer=_answer) as emulator,
        openai.OpenAI(base_url=emulator.openai_url, api_key="k", max_retries=0, http_client=plain) as client,
        pytest.raises(openai.InternalServerError, match="a bug in the test"),
    ):
        client.chat.completions.create(**chat("raise"))


def test_gemini() -> None:
    with _failing(answer=_answer) as emulator:
        client = genai.Client(api_key="k", http_options={"base_url": emulator.gemini_url})
        source: Any = [{"contents": "raise"}, {"contents": "fine"}]
        batch = client.batches.create(model="gemini-2.5-flash", src=source)
        while not (batch := client.batches.get(name=str(batch.name))).done:
            pass
        client.close()
    assert batch.dest is not None
    errors = [row.error for row in batch.dest.inlined_responses or ()]
    assert sorted(error.code for error in errors if error is not None and error.code) == [13]


def test_an_identity_that_raises(ask: Ask) -> None:
    def identity(_: dict[str, Any]) -> str:
        raise LookupError("no identity")

    with _failing(identity=identity) as emulator:
        assert _results(emulator, ask("a"))["job-0"].type == "succeeded"
        (bill,) = emulator.ledger
    assert len(bill.identity) == 32  # a digest instead


def test_a_turnaround_that_raises(ask: Ask) -> None:
    def turnaround(_: int) -> float:
        raise LookupError("no time")

    with _failing(turnaround=turnaround) as emulator:
        assert _results(emulator, ask("a"))["job-0"].type == "succeeded"


def test_what_the_test_itself_raises_comes_first(ask: Ask) -> None:
    with pytest.raises(ValueError, match="the test") as caught, Emulator(turnaround=0, answer=_answer) as emulator:
        _results(emulator, ask("raise"))
        raise ValueError("the test fails")
    assert caught.value.__notes__ == ["A function given to the emulator raised LookupError('a bug in the test')"]
