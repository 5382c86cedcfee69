"""Each way to fail, seen by the official SDK."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest

from batchata.testing import Fault

Ask = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(("status", "error"), [(429, anthropic.RateLimitError), (529, anthropic.APIStatusError)])
def test_a_refusal_makes_nothing(lab: Any, ask: Ask, status: int, error: type[anthropic.APIStatusError]) -> None:
    lab.emulator.faults.add("create", Fault.REFUSE, status=status, retry_after=7)
    with pytest.raises(error) as caught:
        lab.create(ask())
    assert caught.value.status_code == status
    assert caught.value.response.headers["retry-after"] == "7"
    assert lab.emulator.batches == []
    assert lab.create(ask()).id


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        (Fault.DROP_BEFORE, anthropic.APIConnectionError, 0),
        (Fault.DROP_AFTER, anthropic.APIConnectionError, 1),
        (Fault.ERROR_AFTER, anthropic.InternalServerError, 1),
    ],
)
def test_an_answer_that_never_comes(
    lab: Any, ask: Ask, fault: Fault, error: type[anthropic.APIError], made: int
) -> None:
    lab.emulator.faults.add("create", fault)
    with pytest.raises(error):
        lab.create(ask())
    assert len(lab.emulator.batches) == made
    assert [create.status for create in lab.emulator.creates] == [500 if fault is Fault.ERROR_AFTER else None]


def test_the_sdk_repeats_a_create_that_was_dropped(lab: Any, ask: Ask) -> None:
    lab.emulator.faults.add("create", Fault.DROP_AFTER)
    eager = lab.client_for("key-1").with_options(max_retries=2)
    lab.create(ask(), client=eager)
    assert len(lab.emulator.creates) == 2
    deadline = time.monotonic() + 10
    while len(lab.emulator.ledger) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert [len(bills) for bills in lab.emulator.ledger.billed_twice().values()] == [2]


def test_should_retry_is_obeyed(lab: Any, ask: Ask) -> None:
    lab.emulator.faults.add("create", Fault.REFUSE, status=500, should_retry=False, times=None)
    with pytest.raises(anthropic.InternalServerError):
        lab.create(ask(), client=lab.client.with_options(max_retries=2))
    assert len(lab.emulator.creates) == 1


def test_an_answer_that_comes_late(lab: Any, ask: Ask) -> None:
    lab.emulator.faults.add("create", Fault.STALL_AFTER, seconds=60)
    with pytest.raises(anthropic.APITimeoutError):
        lab.create(ask(), client=lab.client.with_options(timeout=0.1))
    assert len(lab.emulator.batches) == 1


def test_stopping_lets_go_of_what_is_stalled(make_lab: Any, ask: Ask) -> None:
    lab = make_lab()
    lab.emulator.faults.add("create", Fault.STALL_AFTER, seconds=600)
    caught: list[BaseException] = []

    def create() -> None:
        try:
            lab.create(ask())
        except anthropic.APIError as error:
            caught.append(error)

    thread = threading.Thread(target=create)
    thread.start()
    while not lab.emulator.creates:
        time.sleep(0.005)
    lab.emulator._server.stopping.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_redirect_is_not_followed_where_that_is_asked(lab: Any, ask: Ask) -> None:
    lab.emulator.faults.add("create", Fault.REDIRECT, url="http://127.0.0.1:9/other")
    with pytest.raises(anthropic.APIStatusError) as caught:
        lab.client.post("/v1/messages/batches", body={}, cast_to=httpx2.Response, options={"follow_redirects": False})
    assert caught.value.status_code == 307


def test_a_batch_that_listings_show_later(lab: Any, ask: Ask) -> None:
    lab.emulator.faults.add("create", Fault.LIST_LAG, seconds=100)
    batch = lab.create(ask())
    assert lab.client.messages.batches.list().data == []
    assert lab.ended(batch.id).id == batch.id
    lab.emulator.advance(100)
    assert [one.id for one in lab.client.messages.batches.list()] == [batch.id]


def test_small_pages(lab: Any, ask: Ask) -> None:
    made = [lab.create(ask()).id for _ in range(3)]
    lab.emulator.faults.add("list", Fault.SMALL_PAGES, times=None, size=1)
    assert [one.id for one in lab.client.messages.batches.list(limit=100)] == made[::-1]
    assert sum(one.operation == "list" for one in lab.emulator.requests) == 3


def test_results_on_a_foreign_host(lab: Any, ask: Ask) -> None:
    batch = lab.create(ask())
    lab.ended(batch.id)
    lab.emulator.faults.add("retrieve", Fault.FOREIGN_RESULTS_URL, url="http://127.0.0.1:9/steal")
    assert lab.client.messages.batches.retrieve(batch.id).results_url == "http://127.0.0.1:9/steal"
    assert lab.client.messages.batches.retrieve(batch.id).results_url.startswith(lab.emulator.url)


def test_a_download_cut_short(lab: Any, ask: Ask) -> None:
    batch = lab.create(*(ask(str(number)) for number in range(100)))
    lab.ended(batch.id)
    lab.emulator.faults.add("results", Fault.CUT_DOWNLOAD)
    with pytest.raises(httpx2.RemoteProtocolError):
        list(lab.client.messages.batches.results(batch.id))
    assert len(lab.results(batch.id)) == 100


@pytest.mark.parametrize(
    ("fault", "count"), [(Fault.MISSING_LINE, 8), (Fault.DUPLICATE_LINE, 12), (Fault.FOREIGN_LINE, 11)]
)
def test_spoiled_result_lines(lab: Any, ask: Ask, fault: Fault, count: int) -> None:
    batch = lab.create(*(ask(str(number)) for number in range(10)))
    lab.ended(batch.id)
    lab.emulator.faults.add("results", fault, size=2)
    names = [line.custom_id for line in lab.client.messages.batches.results(batch.id)]
    assert len(names) == count
    assert ("never-sent" in names) is (fault is Fault.FOREIGN_LINE)


def test_faults_by_predicate_and_count(lab: Any, ask: Ask) -> None:
    lab.emulator.faults.add("*", Fault.REFUSE, times=None, when=lambda request: b"poison" in request.body)
    lab.create(ask())
    for _ in range(2):
        with pytest.raises(anthropic.InternalServerError):
            lab.create(ask("poison"))
    lab.emulator.faults.clear()
    lab.create(ask("poison"))


def test_an_unknown_operation_is_named(lab: Any) -> None:
    with pytest.raises(ValueError, match="'creat' is none of"):
        lab.emulator.faults.add("creat", Fault.REFUSE)
    with pytest.raises(ValueError, match="is not a valid Fault"):
        lab.emulator.faults.add("create", "explode")


def test_a_client_that_goes_away_does_no_harm(lab: Any, ask: Ask, capfd: pytest.CaptureFixture[str]) -> None:
    host, port = lab.emulator.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(b"POST /v1/messages/batches HTTP/1.1\r\ncontent-length: 1000\r\n\r\n{")
    with socket.create_connection((host, int(port))) as wrong:
        wrong.sendall(b"POST /v1/messages/batches HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")
        assert wrong.recv(12) == b"HTTP/1.1 400"
    assert lab.create(ask()).id
    assert capfd.readouterr().err == ""
