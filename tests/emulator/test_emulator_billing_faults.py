"""Providers that refuse whom they can't bill: nothing is made, and asking again later helps."""

from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from google.genai.errors import ClientError

from batchata.testing import Fault

Ask = Callable[..., dict[str, Any]]


def test_no_credit_at_anthropic(lab: Any, ask: Ask) -> None:
    lab.emulator.faults.add("create", Fault.NO_CREDIT)
    with pytest.raises(anthropic.BadRequestError, match="Your credit balance is too low to access the Anthropic API"):
        lab.create(ask())
    assert lab.emulator.batches == []
    assert lab.create(ask()).id


def test_a_spend_cap_at_anthropic(lab: Any, ask: Ask) -> None:
    lab.emulator.faults.add("create", Fault.SPEND_CAP)
    with pytest.raises(anthropic.RateLimitError) as caught:
        lab.create(ask())
    assert type(caught.value).__name__ == "EnforcedSpendLimitReachedError"
    assert "retry-after" not in caught.value.response.headers
    assert lab.emulator.batches == []


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [(Fault.NO_CREDIT, 429, "insufficient_quota"), (Fault.SPEND_CAP, 400, "billing_hard_limit_reached")],
)
def test_openai(openai_lab: Any, chat: Ask, fault: Fault, status: int, code: str) -> None:
    openai_lab.emulator.faults.add("create", fault)
    with pytest.raises(openai.APIStatusError) as caught:
        openai_lab.create(chat())
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert openai_lab.emulator.batches == []
    assert openai_lab.create(chat()).id


@pytest.mark.parametrize(
    ("fault", "message"),
    [(Fault.NO_CREDIT, "prepayment credits are depleted"), (Fault.SPEND_CAP, "exceeded its monthly spending cap")],
)
def test_gemini(gemini_lab: Any, generate: Ask, fault: Fault, message: str) -> None:
    gemini_lab.emulator.faults.add("create", fault)
    with pytest.raises(ClientError, match=message) as caught:
        gemini_lab.create(generate())
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    assert gemini_lab.emulator.batches == []


def test_uploads_are_refused_too(lab: Any, openai_lab: Any) -> None:
    for one in (lab, openai_lab):
        one.emulator.faults.add("upload", "no_credit")
    with pytest.raises(anthropic.BadRequestError):
        lab.client.files.upload(file=("a.txt", b"x"))
    with pytest.raises(openai.RateLimitError):
        openai_lab.client.files.create(file=("a.txt", b"x"), purpose="user_data")
    assert len(lab.emulator.uploads) == len(openai_lab.emulator.uploads) == 0
