"""The life of a batch, seen by the official SDK."""

import io
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import anthropic
import httpx2
import orjson
import pytest

Ask = Callable[..., dict[str, Any]]


def test_a_batch_from_create_to_delete(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(turnaround=0.05)
    created = lab.create(ask("a"), ask("b"))
    assert created.processing_status == "in_progress"
    assert created.request_counts.processing == 2
    assert created.results_url is None
    assert created.expires_at - created.created_at == timedelta(hours=24)
    ended = lab.ended(created.id)
    assert ended.request_counts.to_dict() == {
        "processing": 0,
        "succeeded": 2,
        "errored": 0,
        "canceled": 0,
        "expired": 0,
    }
    assert ended.ended_at is not None
    assert abs(ended.ended_at - created.created_at - timedelta(seconds=0.05)) < timedelta(milliseconds=1)
    assert set(lab.results(created.id)) == {"job-0", "job-1"}
    assert lab.client.messages.batches.delete(created.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        lab.client.messages.batches.retrieve(created.id)


def test_a_message_has_everything_the_sdk_knows(lab: Any, ask: Ask) -> None:
    result = lab.answer(ask("x" * 400))
    message = result.message
    assert message.stop_reason == "end_turn"
    assert message.model == "claude-opus-5-5"
    assert message.usage.service_tier == "batch"
    assert message.usage.input_tokens == 400 / 4 + 4
    assert 1 <= message.usage.output_tokens <= 100
    assert message.content[-1].type == "text"


def test_results_are_not_in_request_order(lab: Any, ask: Ask) -> None:
    batch = lab.create(*(ask(str(number)) for number in range(50)))
    names = list(lab.results(batch.id))
    asked = [f"job-{number}" for number in range(50)]
    assert names not in (asked, asked[::-1])
    assert sorted(names) == sorted(asked)


def test_the_draws_depend_on_seed_and_request_alone(make_lab: Any, ask: Ask) -> None:
    def said(lab: Any, text: str) -> Any:
        return lab.answer(ask(text)).message.content[-1].text

    one, same, other = make_lab(seed=1), make_lab(seed=1), make_lab(seed=2)
    said(same, "something before it")
    assert said(one, "a") == said(same, "a")
    assert said(one, "a") != said(one, "b")
    assert said(one, "a") != said(other, "a")


def test_lists_are_paged_newest_first(lab: Any, ask: Ask) -> None:
    made = [lab.create(ask()).id for _ in range(7)]
    newest_first = made[::-1]
    pages = lab.client.messages.batches.list(limit=3)
    assert [batch.id for batch in pages.data] == newest_first[:3]
    assert pages.has_more is True
    assert (pages.first_id, pages.last_id) == (newest_first[0], newest_first[2])
    assert [batch.id for batch in pages] == newest_first
    backwards = lab.client.messages.batches.list(limit=2, before_id=newest_first[4])
    assert [batch.id for batch in backwards.data] == newest_first[2:4]
    assert backwards.has_more is True
    assert [exchange.query.get("after_id") for exchange in lab.emulator.requests if exchange.operation == "list"] == [
        None,
        newest_first[2],
        newest_first[5],
        None,
    ]


@pytest.mark.parametrize("limit", [0, 1001])
def test_list_limits(lab: Any, limit: int) -> None:
    with pytest.raises(anthropic.BadRequestError, match="limit"):
        lab.client.messages.batches.list(limit=limit)


def test_each_key_sees_its_own_batches_only(lab: Any, ask: Ask) -> None:
    batch = lab.create(ask())
    stranger = lab.client_for("key-2")
    assert stranger.messages.batches.list().data == []
    with pytest.raises(anthropic.NotFoundError):
        stranger.messages.batches.retrieve(batch.id)


def test_cancel_keeps_what_was_done(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(turnaround=1000.0)
    batch = lab.create(*(ask(str(number)) for number in range(100)))
    lab.emulator.advance(500)
    canceling = lab.client.messages.batches.cancel(batch.id)
    assert canceling.processing_status == "canceling"
    assert canceling.cancel_initiated_at is not None
    assert canceling.request_counts.processing == 100
    with pytest.raises(anthropic.BadRequestError, match="cancel it before"):
        lab.client.messages.batches.delete(batch.id)
    counts = lab.ended(batch.id).request_counts
    # half were done, a tenth was in flight
    assert (counts.succeeded, counts.canceled) == (60, 40)
    assert len(lab.emulator.ledger) == 60
    endings = [line.result.type for line in lab.results(batch.id).values()]
    assert (endings.count("succeeded"), endings.count("canceled")) == (60, 40)
    with pytest.raises(anthropic.BadRequestError, match="already ended"):
        lab.client.messages.batches.cancel(batch.id)


def test_expiry_leaves_the_rest_unbilled(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(turnaround=48 * 3600.0)
    batch = lab.create(*(ask(str(number)) for number in range(10)))
    lab.emulator.advance(24 * 3600 + 1)
    counts = lab.ended(batch.id).request_counts
    assert (counts.succeeded, counts.expired) == (5, 5)
    assert len(lab.emulator.ledger) == 5


def test_hold_and_release(lab: Any, ask: Ask) -> None:
    lab.emulator.hold()
    batch = lab.create(ask())
    time.sleep(0.05)
    assert lab.client.messages.batches.retrieve(batch.id).processing_status == "in_progress"
    assert len(lab.emulator.ledger) == 0
    with pytest.raises(anthropic.NotFoundError, match="no available results"):
        lab.client.get(f"/v1/messages/batches/{batch.id}/results", cast_to=httpx2.Response)
    lab.emulator.release()
    assert lab.ended(batch.id).request_counts.succeeded == 1


def test_results_are_gone_after_29_days_and_the_batch_is_still_listed(lab: Any, ask: Ask) -> None:
    batch = lab.create(ask())
    lab.ended(batch.id)
    lab.emulator.advance(29 * 24 * 3600)
    old = lab.client.messages.batches.list().data[0]
    assert old.id == batch.id
    assert old.archived_at == batch.created_at + timedelta(days=29)
    assert old.results_url is None
    with pytest.raises(anthropic.NotFoundError, match="archived"):
        lab.client.get(f"/v1/messages/batches/{batch.id}/results", cast_to=httpx2.Response)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_encoded_beforehand(lab: Any, ask: Ask, chunked: bool) -> None:
    body = orjson.dumps({"requests": [{"custom_id": "a", "params": ask("x" * 200_000)}]})
    content = iter([body[:1000], body[1000:]]) if chunked else io.BytesIO(body)
    options: Any = {"headers": {"content-type": "application/json"}, "follow_redirects": False}
    response = lab.client.post("/v1/messages/batches", content=content, cast_to=httpx2.Response, options=options)
    batch_id = response.json()["id"]
    lab.ended(batch_id)
    stream = lab.client.get(
        f"/v1/messages/batches/{batch_id}/results",
        cast_to=httpx2.Response,
        stream=True,
        stream_cls=anthropic.Stream,
        options={"headers": {"accept": "application/binary"}},
    )
    line = orjson.loads(b"".join(stream.iter_bytes(65536)).rstrip(b"\n"))
    assert line["custom_id"] == "a"
    assert line["result"]["message"]["usage"]["input_tokens"] == 50_004
    sent = lab.emulator.creates[0].headers
    assert ("transfer-encoding" in sent) is chunked


def test_old_clients_are_served_too(lab: Any, ask: Ask) -> None:
    headers = {"x-api-key": "key-1", "anthropic-version": "2023-06-01"}
    body = {"requests": [{"custom_id": "a", "params": ask(model="claude-haiku-4-5", temperature=0.7)}]}
    with httpx2.Client(base_url=lab.emulator.url, headers=headers) as old:
        created = old.post("/v1/messages/batches", json=body)
    assert created.status_code == 200
    # the same key, however it is given, is the same workspace
    assert lab.results(created.json()["id"])["a"].result.type == "succeeded"


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"anthropic-version": "2026-10-21"}, 401, "authentication_error"),
        ({"x-api-key": "k"}, 400, "invalid_request_error"),
        ({"x-api-key": "k", "anthropic-version": "2020-01-01"}, 400, "invalid_request_error"),
    ],
)
def test_headers_are_required(lab: Any, headers: dict[str, str], status: int, kind: str) -> None:
    response = httpx2.get(f"{lab.emulator.url}/v1/messages/batches", headers=headers)
    assert response.status_code == status
    body = response.json()
    assert body["type"] == "error"
    assert body["error"]["type"] == kind
    assert body["request_id"].startswith("req_")


def test_only_known_keys_where_they_are_listed(make_lab: Any) -> None:
    lab = make_lab(api_keys={"key-1"})
    assert lab.client.messages.batches.list().data == []
    with pytest.raises(anthropic.AuthenticationError):
        lab.client_for("key-2").messages.batches.list()


def test_models_say_what_they_take(lab: Any) -> None:
    model = lab.client.models.retrieve("claude-haiku-4-5")
    assert (model.max_input_tokens, model.max_tokens, model.lifecycle) == (200_000, 64_000, "active")
    assert model.capabilities is not None
    assert model.capabilities.batch.supported
    assert "claude-sonnet-5-5" in [one.id for one in lab.client.models.list(limit=5)]
    with pytest.raises(anthropic.NotFoundError, match="claude-none"):
        lab.client.models.retrieve("claude-none")


def test_counted_tokens_are_the_billed_ones(lab: Any, ask: Ask) -> None:
    tools = [{"name": "look", "description": "é" * 50, "input_schema": {"type": "object", "properties": {}}}]
    params = ask("how many?", system="Be brief.", tools=tools)
    counted = lab.client.messages.count_tokens(**{name: params[name] for name in params if name != "max_tokens"})
    assert counted.input_tokens == lab.answer(params).message.usage.input_tokens


def test_recorded_requests_hold_no_secret(lab: Any, ask: Ask) -> None:
    lab.create(ask())
    (create,) = lab.emulator.creates
    assert (create.method, create.path, create.status) == ("POST", "/v1/messages/batches", 200)
    assert create.headers["anthropic-version"] == "2026-10-21"
    assert "key-1" not in str(lab.emulator.requests)


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"messages": []}, "at least one message"),
        ({"max_tokens": 5}, "max_tokens: Extra inputs"),
        ({"tools": [{"type": "web_search_20260318", "name": "web_search"}]}, "server tools are not supported"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://a"}}]}
                ]
            },
            "url and file sources are not supported",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "file_1"}}]}
                ]
            },
            "url and file sources are not supported",
        ),
    ],
)
def test_what_can_not_be_counted(lab: Any, over: dict[str, Any], message: str) -> None:
    body = {"model": "claude-opus-5-5", "messages": [{"role": "user", "content": "a"}], **over}
    with pytest.raises(anthropic.BadRequestError, match=message):
        lab.client.post("/v1/messages/count_tokens", body=body, cast_to=httpx2.Response)


def test_a_turnaround_by_size(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(turnaround=lambda count: 100.0 * count)
    small, large = lab.create(ask()).id, lab.create(ask(), ask("b")).id
    lab.emulator.advance(150)
    assert lab.ended(small).id == small
    assert lab.client.messages.batches.retrieve(large).processing_status == "in_progress"
    lab.emulator.advance(100)
    lab.ended(large)


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/messages/batches"), ("GET", "/v1/messages/nothing"), ("GET", "/v1/other")]
)
def test_paths_and_methods_that_are_not_there(lab: Any, method: str, path: str) -> None:
    headers = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
    response = httpx2.request(method, lab.emulator.url + path, headers=headers)
    assert (response.status_code, response.json()["error"]["type"]) == (404, "not_found_error")
