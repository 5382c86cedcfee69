"""Each way to fail, seen by OpenAI's SDK; and a server of one's own that answers one by one."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx2
import openai
import pytest

from batchata.testing import EmulatorProcess, Fault

Body = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        (Fault.REFUSE, openai.InternalServerError, 0),
        (Fault.DROP_BEFORE, openai.APIConnectionError, 0),
        (Fault.DROP_AFTER, openai.APIConnectionError, 1),
        (Fault.ERROR_AFTER, openai.InternalServerError, 1),
    ],
)
def test_a_create_that_fails(
    openai_lab: Any, chat: Body, fault: Fault, error: type[openai.APIError], made: int
) -> None:
    openai_lab.emulator.faults.add("create", fault)
    with pytest.raises(error):
        openai_lab.create(chat())
    assert len(openai_lab.client.batches.list().data) == made
    assert len(openai_lab.emulator.creates) == 1


def test_a_create_that_stalls(openai_lab: Any, chat: Body) -> None:
    openai_lab.emulator.faults.add("create", Fault.STALL_AFTER, seconds=60)
    openai_lab.client = openai_lab.client.with_options(timeout=0.2)
    with pytest.raises(openai.APITimeoutError):
        openai_lab.create(chat())
    assert len(openai_lab.emulator.batches) == 1


def test_a_rate_limit(openai_lab: Any, chat: Body) -> None:
    openai_lab.emulator.faults.add("create", Fault.REFUSE, status=429, retry_after=7)
    with pytest.raises(openai.RateLimitError) as caught:
        openai_lab.create(chat())
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["retry-after"] == "7"


def test_the_sdk_repeats_a_create_that_was_dropped(openai_lab: Any, chat: Body) -> None:
    openai_lab.emulator.faults.add("create", Fault.DROP_AFTER)
    openai_lab.client = openai_lab.client.with_options(max_retries=2)
    openai_lab.ended(openai_lab.create(chat()).id)
    for batch in openai_lab.client.batches.list():
        openai_lab.ended(batch.id)
    assert [len(bills) for bills in openai_lab.emulator.ledger.billed_twice().values()] == [2]


def test_a_batch_that_listings_show_later(openai_lab: Any, chat: Body) -> None:
    openai_lab.emulator.faults.add("create", Fault.LIST_LAG, seconds=100)
    batch = openai_lab.create(chat())
    assert openai_lab.client.batches.list().data == []
    assert openai_lab.ended(batch.id).id == batch.id
    openai_lab.emulator.advance(100)
    assert [one.id for one in openai_lab.client.batches.list()] == [batch.id]


def test_small_pages(openai_lab: Any, chat: Body) -> None:
    made = [openai_lab.create(chat()).id for _ in range(3)]
    openai_lab.emulator.faults.add("list", Fault.SMALL_PAGES, times=None, size=1)
    assert [one.id for one in openai_lab.client.batches.list(limit=100)] == made[::-1]
    assert sum(one.operation == "list" for one in openai_lab.emulator.requests) == 3


def test_a_download_cut_short_or_refused(openai_lab: Any, chat: Body) -> None:
    batch = openai_lab.ended(openai_lab.create(*(chat(str(number)) for number in range(50))).id)
    openai_lab.emulator.faults.add("results", Fault.CUT_DOWNLOAD)
    with pytest.raises((openai.APIConnectionError, httpx2.RemoteProtocolError)):
        openai_lab.lines(batch.output_file_id)
    openai_lab.emulator.faults.add("results", Fault.REFUSE, status=403)
    with pytest.raises(openai.PermissionDeniedError):
        openai_lab.lines(batch.output_file_id)
    assert len(openai_lab.lines(batch.output_file_id)) == 50


@pytest.mark.parametrize(
    ("fault", "count"), [(Fault.MISSING_LINE, 8), (Fault.DUPLICATE_LINE, 12), (Fault.FOREIGN_LINE, 11)]
)
def test_spoiled_output(openai_lab: Any, chat: Body, fault: Fault, count: int) -> None:
    batch = openai_lab.ended(openai_lab.create(*(chat(str(number)) for number in range(10))).id)
    openai_lab.emulator.faults.add("results", fault, size=2)
    content = openai_lab.client.files.content(batch.output_file_id).content
    assert content.count(b"\n") == count
    assert (b"never-sent" in content) is (fault is Fault.FOREIGN_LINE)


def test_swapped_keys_and_status_zero(openai_lab: Any, chat: Body) -> None:
    batch = openai_lab.ended(openai_lab.create(chat("a"), chat("b")).id)
    right = openai_lab.lines(batch.output_file_id)
    openai_lab.emulator.faults.add("results", Fault.SWAPPED_KEYS)
    wrong = openai_lab.lines(batch.output_file_id)
    assert wrong["job-0"]["response"] == right["job-1"]["response"] != right["job-0"]["response"]
    openai_lab.emulator.faults.add("results", Fault.STATUS_ZERO)
    codes = [row["response"]["status_code"] for row in openai_lab.lines(batch.output_file_id).values()]
    assert sorted(codes) == [0, 200]


_SERVED = {"served_models": {"qwen3-4b": 2048}}


def test_a_server_of_ones_own(make_openai_lab: Any) -> None:
    lab = make_openai_lab(**_SERVED, prices={"other": (1, 1)})
    (served,) = lab.client.models.list().data
    assert (served.id, served.max_model_len) == ("qwen3-4b", 2048)
    messages: Any = [{"role": "user", "content": "hi"}]
    answer = lab.client.chat.completions.create(
        model="qwen3-4b", messages=messages, max_tokens=50, temperature=0.7, extra_body={"top_k": 5}
    )
    assert answer.choices[0].message.content
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        lab.client.chat.completions.create(model="gpt-4.1", messages=messages)
    with pytest.raises(openai.BadRequestError, match="maximum context length is 2048 tokens"):
        lab.client.chat.completions.create(model="qwen3-4b", messages=messages, max_tokens=2048)
    (bill,) = lab.emulator.ledger
    assert (bill.batch_id, bill.cost_usd, bill.model) == ("", Decimal(0), "qwen3-4b")
    lab.client.chat.completions.create(model="qwen3-4b", messages=messages, max_tokens=50, temperature=0.7)
    lab.client.chat.completions.create(model="qwen3-4b", messages=messages, max_tokens=50, temperature=0.7)
    assert [len(bills) for bills in lab.emulator.ledger.billed_twice().values()] == [2]


def test_a_server_of_ones_own_ignores_what_it_does_not_know(make_openai_lab: Any) -> None:
    client = make_openai_lab(**_SERVED).client
    unknown: Any = {"extra_body": {"of_no_meaning": {}}}
    messages: Any = [{"role": "user", "content": "hi"}]
    assert client.chat.completions.create(model="qwen3-4b", messages=messages, **unknown).choices
    assert client.responses.create(model="qwen3-4b", input="hi", **unknown).output
    batch_lab = make_openai_lab(**_SERVED)
    refused = batch_lab.answer({"model": "qwen3-4b", "messages": messages, "of_no_meaning": {}})
    assert refused["error"]["message"] == "Unknown parameter: 'of_no_meaning'."
    own = make_openai_lab().client
    with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'of_no_meaning'"):
        own.chat.completions.create(model="gpt-4.1", messages=messages, **unknown)


def test_how_many_requests_were_in_the_works_at_once(make_openai_lab: Any, chat: Body) -> None:
    together = threading.Barrier(3)

    def wait(_: dict[str, Any]) -> str:
        together.wait(timeout=10)
        return "here"

    lab = make_openai_lab(answer=wait)
    with ThreadPoolExecutor(3) as pool:
        for _ in range(2):  # the second three come when the first are over
            calls = [pool.submit(lab.client.chat.completions.create, **chat(str(number))) for number in range(3)]
            assert [call.result().choices[0].message.content for call in calls] == ["here"] * 3
    assert lab.emulator.realtime_peak == 3


@pytest.mark.parametrize(("status", "error"), [(429, openai.RateLimitError), (503, openai.InternalServerError)])
def test_a_busy_server(make_openai_lab: Any, status: int, error: type[openai.APIStatusError]) -> None:
    lab = make_openai_lab(**_SERVED)
    lab.emulator.faults.add("realtime", Fault.REFUSE, status=status, retry_after=2)
    with pytest.raises(error) as caught:
        lab.client.chat.completions.create(model="qwen3-4b", messages=[{"role": "user", "content": "hi"}])
    assert caught.value.response.headers["retry-after"] == "2"
    assert list(lab.emulator.ledger) == []


def test_responses_one_by_one(openai_lab: Any) -> None:
    response = openai_lab.client.responses.create(model="gpt-5", input="hi", max_output_tokens=50)
    assert response.status == "completed"
    assert openai_lab.emulator.ledger[0].cost_usd is None  # only batch prices are known


def test_in_a_process_of_its_own() -> None:
    with EmulatorProcess(turnaround=0, served_models={"qwen3-4b": 2048}, enqueued_token_limit=10) as emulator:
        assert emulator.environment()["OPENAI_BASE_URL"] == f"{emulator.url}/v1"
        with openai.OpenAI(base_url=f"{emulator.url}/v1", api_key="k", max_retries=0) as client:
            assert [model.id for model in client.models.list()] == ["qwen3-4b"]
