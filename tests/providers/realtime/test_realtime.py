"""Realtime servers: the durable spool over real sockets, against a scripted server and against the embedded llama.cpp's own port."""

import io
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.errors import ProviderError, ValidationError
from batchata.providers.base import Answer, Intent, ModelFacts, Provider
from batchata.providers.compatible import OpenAICompatible
from batchata.providers.realtime.http import LOST, NEVER_REACHED, HttpAnswerer
from batchata.providers.realtime.provider import RealtimeProvider
from batchata.request import Image, Message, Request, Text
from batchata.result import Outcome
from batchata.usage import Usage

KEY = "sk-own-secret-0123"
ANSWER = {
    "object": "chat.completion",
    "model": "m-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_KEY", KEY)


@pytest.fixture
def make(server: Any, tmp_path: Path) -> Iterator[Callable[..., RealtimeProvider]]:
    made: list[RealtimeProvider] = []

    def provider(**options: Any) -> RealtimeProvider:
        given = {"base_url": f"{server.url}/v1", "api_key_env": "OWN_KEY", "concurrency": 2, **options}
        made.append(RealtimeProvider("own", OpenAICompatible(**given), tmp_path / "spool", pause=0.01))
        return made[-1]

    yield provider
    for one in made:
        one.close()


def ask(text: str = "hi", **more: Any) -> Request:
    return Request("m", (Message("user", (Text(text),)),), 16, **more)


def submit(provider: Provider, *requests: Request, nonce: str = "n1") -> None:
    lines = [
        provider.line(f"{nonce}-{n}", provider.prepare(request, ModelFacts()).body)
        for n, request in enumerate(requests)
    ]
    spool = provider.envelope.separator.join(lines) + provider.envelope.tail
    assert provider.create(Intent(nonce, len(lines), len(spool), time.time()), io.BytesIO(spool)) == nonce


def until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.005)


def collect(provider: Provider, nonce: str = "n1") -> list[Answer]:
    until(lambda: provider.poll([nonce])[nonce].ended)
    answers = [provider.read(line) for line in b"".join(provider.results(nonce)).splitlines()]
    return sorted(answers, key=lambda answer: answer.custom_id or "")


def test_answers_come_over_http(server: Any, make: Callable[..., RealtimeProvider]) -> None:
    server.always(ANSWER)
    provider: Provider = make()
    picture = Image("image/png", b"\x89PNG\r\n\x1a\n")
    submit(provider, ask("one"), Request("m", (Message("user", (picture, Text("two"))),), 16))
    first, second = collect(provider)
    assert first == Answer("n1-0", Outcome.SUCCEEDED, text="hi", usage=Usage(7, 3), model="m-1")
    assert second.outcome is Outcome.SUCCEEDED
    sent = sorted((json.loads(seen.body) for seen in server.seen), key=lambda body: str(body["messages"]))
    assert {"model": "m", "messages": [{"role": "user", "content": "one"}], "max_tokens": 16} in sent
    assert {seen.path for seen in server.seen} == {"/v1/chat/completions"}
    assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {KEY}"}


def test_connections_are_kept_open(server: Any, make: Callable[..., RealtimeProvider]) -> None:
    accepted: list[object] = []
    taken = server.get_request
    server.get_request = lambda: accepted.append(1) or taken()  # type: ignore[func-returns-value]
    server.always(ANSWER)
    provider = make(concurrency=1)
    submit(provider, *[ask()] * 6)
    assert len(collect(provider)) == len(server.seen) == 6
    assert len(accepted) == 1


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_busy_server_fails_nobody(server: Any, make: Callable[..., RealtimeProvider], status: int) -> None:
    """More times than a request that is wrong would be tried."""
    for _ in range(8):
        server.will({"error": {"message": "slow down"}}, status, headers={"retry-after": "0.01"})
    server.always(ANSWER)
    provider = make()
    submit(provider, ask(), ask())
    assert [answer.outcome for answer in collect(provider)] == [Outcome.SUCCEEDED] * 2
    assert len(server.seen) == 10


def test_how_long_to_wait_is_the_server_s(server: Any) -> None:
    server.will(b"busy", 503, headers={"retry-after": "7"}).will({"error": {"code": "insufficient_quota"}}, 429)
    answerer = HttpAnswerer("own", OpenAICompatible(base_url=server.url))
    with pytest.raises(ProviderError, match="own answered HTTP 503: busy") as caught:
        answerer.answer(b"{}")
    assert (caught.value.retryable, caught.value.retry_after, caught.value.status) == (True, 7.0, 503)
    with pytest.raises(ProviderError) as caught:
        answerer.answer(b"{}")
    assert (caught.value.retryable, caught.value.kind) == (False, "insufficient_quota")
    assert server.seen[0].headers["authorization"] == "Bearer none"
    answerer.close()


def test_a_server_that_was_never_reached_charged_nothing() -> None:
    answerer = HttpAnswerer("own", OpenAICompatible(base_url="http://127.0.0.1:1/v1"))
    with pytest.raises(ProviderError, match=r"own could not be reached at 127\.0\.0\.1:1, nothing was sent") as caught:
        answerer.answer(b"{}")
    assert (caught.value.retryable, caught.value.status) == (True, NEVER_REACHED)


def test_a_server_that_is_not_up_yet_is_waited_for(make: Callable[..., RealtimeProvider]) -> None:
    data = json.dumps(ANSWER).encode()
    with socket.socket() as late:
        late.bind(("127.0.0.1", 0))  # and does not listen, so it refuses
        provider = make(base_url=f"http://127.0.0.1:{late.getsockname()[1]}/v1", concurrency=1)
        tried, opened = [], provider._answerer._opened
        provider._answerer._opened = lambda: tried.append(1) or opened()  # type: ignore[func-returns-value,method-assign]
        submit(provider, ask())
        until(lambda: len(tried) > 5)
        late.listen()
        connection, _ = late.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(data) + data)
            (answer,) = collect(provider)
    assert (answer.outcome, answer.usage) == (Outcome.SUCCEEDED, Usage(7, 3))  # charged once


@pytest.mark.parametrize(
    ("status", "body", "outcome", "retryable"),
    [
        (400, {"error": {"message": "the context is full", "type": "invalid_request_error"}}, Outcome.ERROR, False),
        (400, {"error": {"message": "flagged", "code": "content_filter"}}, Outcome.REFUSED, False),
        (401, {"detail": f"wrong key {KEY}"}, Outcome.ERROR, False),
        (404, {"error": "model not found"}, Outcome.ERROR, False),
        (500, b"<html>", Outcome.ERROR, True),
        (
            500,
            {"error": {"code": 500, "message": "image input is not supported - hint: …", "type": "server_error"}},
            Outcome.ERROR,
            False,
        ),
        (504, b"", Outcome.ERROR, True),
        (307, b"", Outcome.ERROR, False),
    ],
)
def test_the_server_s_no_is_not_billed(
    server: Any, make: Callable[..., RealtimeProvider], status: int, body: object, outcome: Outcome, retryable: bool
) -> None:
    server.always(body, status, headers={"location": f"{server.url}/elsewhere"} if status == 307 else {})
    provider = make()
    submit(provider, ask())
    (answer,) = collect(provider)
    assert (answer.outcome, answer.retryable, answer.billed) == (outcome, retryable, False)
    assert f"own answered HTTP {status}" in (answer.error or "")
    assert KEY not in (answer.error or "")
    assert len(server.seen) == 1


@pytest.mark.parametrize("reply", [{"fault": "drop"}, {"fault": "stall"}, {"fault": "cut"}, {"body": b"no JSON"}])
def test_a_lost_answer_is_charged_and_goes_again_as_a_new_attempt(
    server: Any, make: Callable[..., RealtimeProvider], reply: dict[str, Any]
) -> None:
    server.always(**{"body": ANSWER, **reply})
    provider = make(timeout_seconds=0.2)
    submit(provider, ask())
    (answer,) = collect(provider)
    assert (answer.outcome, answer.retryable) == (Outcome.ERROR, True)
    assert (answer.billed, answer.usage) == (True, Usage())  # so its bound is booked
    assert len(server.seen) == 1


def test_what_was_under_way_at_a_crash_is_charged_and_not_asked_again(
    server: Any, make: Callable[..., RealtimeProvider]
) -> None:
    server.will(fault="stall").always(ANSWER)
    first = make(concurrency=1)
    submit(first, ask(), ask())
    until(lambda: server.seen)
    first.close()
    second = make()
    assert second.find(Intent("n1", 2, 1, 0.0)).found == "n1"
    lost, answered = collect(second)
    assert (lost.outcome, lost.retryable) == (Outcome.ERROR, True)
    assert (lost.billed, lost.usage) == (True, Usage())  # so its bound is booked
    assert (answered.text, answered.usage) == ("hi", Usage(7, 3))
    assert len(server.seen) == 2


def test_an_answer_that_the_spool_cannot_keep_is_charged_and_not_asked_again(
    server: Any, make: Callable[..., RealtimeProvider]
) -> None:
    server.always(b'{"choices": [NaN]}')
    provider = make()
    submit(provider, ask())
    (answer,) = collect(provider)
    assert (answer.outcome, answer.retryable, answer.billed) == (Outcome.ERROR, True, True)
    assert len(server.seen) == 1


def test_the_model_is_shown_the_schema(make: Callable[..., RealtimeProvider]) -> None:
    """Engines hold the answer to it and do not show it."""
    schema = {"type": "object", "properties": {"total": {"type": "number"}}}
    sent = json.loads(make().prepare(ask(schema=schema, system=(Text("Be brief."),)), ModelFacts()).body)
    told = (
        f"Be brief.\n\nAnswer only with JSON that fits this JSON Schema:\n{json.dumps(schema, separators=(',', ':'))}"
    )
    assert sent["messages"][0] == {"role": "system", "content": told}
    assert sent["response_format"]["json_schema"]["schema"] == schema


def test_close_does_not_wait_for_answers(server: Any, make: Callable[..., RealtimeProvider]) -> None:
    server.always(fault="stall")
    provider = make()
    submit(provider, ask(), ask())
    until(lambda: len(server.seen) == 2)
    provider.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "batchata-spool"]
    with pytest.raises(ProviderError, match="closed"):
        provider.poll(["n1"])


def test_an_idle_connection_that_the_server_closed_is_not_used(server: Any) -> None:
    server.will(ANSWER, headers={"connection": "close"}).always(ANSWER)
    answerer = HttpAnswerer("own", OpenAICompatible(base_url=server.url))
    for _ in range(3):
        assert json.loads(answerer.answer(b"{}"))["model"] == "m-1"
    (idle,) = answerer._idle
    idle.sock.shutdown(2)
    assert answerer.answer(b"{}")
    assert idle not in answerer._idle
    answerer.close()


def test_cancel_and_forget(server: Any, make: Callable[..., RealtimeProvider]) -> None:
    server.always(fault="stall")
    provider = make(concurrency=1, timeout_seconds=0.3)
    submit(provider, ask(), ask(), ask())
    until(lambda: server.seen)
    provider.cancel("n1")
    under_way, *rest = collect(provider)
    assert (under_way.outcome, under_way.billed) == (Outcome.ERROR, True)
    assert [(answer.outcome, answer.billed) for answer in rest] == [(Outcome.CANCELLED, False)] * 2
    provider.forget("n1")
    assert provider.poll(["n1"])["n1"].results_gone


def test_facts_and_account(server: Any, make: Callable[..., RealtimeProvider], monkeypatch: pytest.MonkeyPatch) -> None:
    server.will({"data": [{"id": "m", "max_model_len": 4096}, {"id": "x"}]}).will(b"", 500).will(fault="drop")
    provider = make()
    assert provider.facts("m") == ModelFacts(context_window=4096)
    assert provider.facts("m") == provider.facts("m") == ModelFacts()
    assert server.seen[0].path == "/v1/models"
    assert provider.account() == f"{server.url}/v1\n{KEY}"
    monkeypatch.delenv("OWN_KEY")
    with pytest.raises(ValidationError, match="OWN_KEY"):
        provider.account()
    assert provider.facts("m") == ModelFacts()


@settings(max_examples=100)
@given(st.binary(max_size=40), st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists, max_leaves=4))
def test_nothing_it_reads_makes_it_raise(raw: bytes, value: Any) -> None:
    provider = RealtimeProvider("own", OpenAICompatible(base_url="http://h/v1"), Path("unused"))
    provider.read(raw)
    for name in ("response", "error", "cancelled", "lost"):
        provider.read(json.dumps({"custom_id": "a", name: value}).encode())
        provider.read(json.dumps({"custom_id": "a", "error": {"status": value, name: value, "kind": value}}).encode())


def test_the_kind_of_a_lost_answer(server: Any) -> None:
    server.will(fault="drop")
    answerer = HttpAnswerer("own", OpenAICompatible(base_url=server.url))
    with pytest.raises(ProviderError, match="no whole answer from own") as caught:
        answerer.answer(b"{}")
    assert (caught.value.kind, caught.value.status, caught.value.retryable) == (LOST, None, False)


# -- a real server: the embedded llama.cpp's own HTTP port


@pytest.fixture
def llama() -> Iterator[str]:
    from batchata.providers.local import llama_process
    from batchata.providers.local.weights import resolve_weights

    name = "smollm2-135m-instruct"
    settings = {
        "name": name,
        "weights": str(resolve_weights(name)),
        "slots": 2,
        "context": 2048,
        "threads": 1,
        "key": KEY,
    }
    process = subprocess.Popen(
        [sys.executable, "-P", llama_process.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(json.dumps(settings).encode() + b"\n")
        process.stdin.flush()
        yield json.loads(process.stdout.readline())["address"]
        process.kill()


def test_a_real_server(llama: str, tmp_path: Path) -> None:
    config = OpenAICompatible(base_url=f"{llama}/v1", api_key_env="OWN_KEY", concurrency=2)
    with closing(RealtimeProvider("llama", config, tmp_path)) as provider:
        facts = provider.facts("smollm2-135m-instruct")
        assert facts.context_window == 8192
        requests = [
            ask("Say hello.", temperature=0.0),
            ask("Is water wet?", temperature=0.0, schema={"type": "string", "enum": ["certainly", "hardly"]}),
            ask("word " * 3000),
        ]
        submit(provider, *requests)
        hello, typed, too_long = collect(provider)
        assert hello.outcome in (Outcome.SUCCEEDED, Outcome.TRUNCATED)
        assert hello.text
        bound = provider.prepare(requests[0], facts).input_tokens_max
        assert 0 < hello.usage.input_tokens <= bound
        assert 0 < hello.usage.output_tokens <= 16
        assert typed.outcome is Outcome.SUCCEEDED
        assert json.loads(typed.text or "") in ("certainly", "hardly")
        assert (too_long.outcome, too_long.retryable, too_long.billed) == (Outcome.ERROR, False, False)
        assert "exceeds the available context size" in (too_long.error or "")
