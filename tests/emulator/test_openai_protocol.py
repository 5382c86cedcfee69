"""The life of files and batches, seen by OpenAI's SDK, and what each of them costs."""

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openai
import orjson
import pytest

from batchata.testing import Answer, Tokens

Body = Callable[..., dict[str, Any]]


def test_a_batch_from_upload_to_output(make_openai_lab: Any, chat: Body) -> None:
    lab = make_openai_lab(turnaround=1000.0)
    batch = lab.create(chat("a"), chat("b"), chat(bogus=1), metadata={"run": "7"})
    assert (batch.status, batch.request_counts.total, batch.metadata) == ("validating", 0, {"run": "7"})
    assert (batch.output_file_id, batch.error_file_id, batch.errors) == (None, None, None)
    assert batch.expires_at - batch.created_at == 24 * 3600
    lab.emulator.advance(500)
    batch = _until(lab, batch.id, "in_progress")
    assert batch.in_progress_at - batch.created_at in {100, 101}
    assert batch.model == "gpt-4.1"
    lab.emulator.advance(420)
    assert _until(lab, batch.id, "finalizing").finalizing_at - batch.created_at in {900, 901}
    lab.emulator.advance(100)
    batch = lab.ended(batch.id)
    assert (batch.status, batch.completed_at - batch.created_at) == ("completed", 1000)
    assert batch.request_counts.to_dict() == {"total": 3, "completed": 2, "failed": 1}
    done, failed = lab.lines(batch.output_file_id), lab.lines(batch.error_file_id)
    assert set(done) | set(failed) == {"job-0", "job-1", "job-2"}
    assert failed["job-2"]["response"]["status_code"] == 400
    assert failed["job-2"]["error"] is None
    used = [row["response"]["body"]["usage"] for row in done.values()]
    assert batch.usage.input_tokens == sum(usage["prompt_tokens"] for usage in used)
    assert batch.usage.output_tokens == sum(usage["completion_tokens"] for usage in used)
    output = lab.client.files.retrieve(batch.output_file_id)
    assert (output.purpose, output.expires_at - output.created_at) == ("batch_output", 30 * 24 * 3600)


def _until(lab: Any, batch_id: str, status: str) -> Any:
    for _ in range(2000):
        batch = lab.client.batches.retrieve(batch_id)
        if batch.status == status:
            return batch
    raise AssertionError(batch)


@pytest.mark.parametrize("good", [True, False])
def test_a_file_with_no_lines_is_null(openai_lab: Any, chat: Body, good: bool) -> None:
    batch = openai_lab.ended(openai_lab.create(chat(bogus=None if good else 1)).id)
    assert batch.status == "completed"
    assert (batch.output_file_id is not None, batch.error_file_id is not None) == (good, not good)


def test_output_is_not_in_input_order(openai_lab: Any, chat: Body) -> None:
    batch = openai_lab.ended(openai_lab.create(*(chat(str(number)) for number in range(50))).id)
    names = list(openai_lab.lines(batch.output_file_id))
    assert names != [f"job-{number}" for number in range(50)]
    assert len(names) == 50


def test_files(openai_lab: Any) -> None:
    files = openai_lab.client.files
    kept = {"anchor": "created_at", "seconds": 3600}
    file = files.create(file=("in.jsonl", io.BytesIO(b'{"a": "\xc3\xa9"}\r\n--x')), purpose="batch", expires_after=kept)
    assert (file.bytes, file.filename, file.expires_at - file.created_at) == (16, "in.jsonl", 3600)
    assert files.content(file.id).content == b'{"a": "\xc3\xa9"}\r\n--x'
    usual = files.create(file=("b.jsonl", b"b"), purpose="batch")
    other = files.create(file=("c.txt", b"c"), purpose="user_data")
    assert usual.expires_at - usual.created_at == 30 * 24 * 3600
    assert other.expires_at is None
    assert [one.id for one in files.list(purpose="batch", limit=1)] == [usual.id, file.id]
    assert [one.id for one in files.list(order="asc")] == [file.id, usual.id, other.id]
    assert files.delete(usual.id).deleted
    for gone in (usual.id, "file-none"):
        with pytest.raises(openai.NotFoundError, match="No such File object"):
            files.content(gone)
    openai_lab.emulator.advance(3600)
    with pytest.raises(openai.NotFoundError):
        files.retrieve(file.id)


def test_batches_are_paged_newest_first(openai_lab: Any, chat: Body) -> None:
    made = [openai_lab.create(chat()).id for _ in range(5)]
    page = openai_lab.client.batches.list(limit=2)
    assert [batch.id for batch in page.data] == made[:-3:-1]
    assert [batch.id for batch in page] == made[::-1]
    assert sum(exchange.operation == "list" for exchange in openai_lab.emulator.requests) == 3
    for limit in (0, 101):
        with pytest.raises(openai.BadRequestError, match="limit"):
            openai_lab.client.batches.list(limit=limit)


def test_each_key_sees_its_own_only(openai_lab: Any, chat: Body) -> None:
    batch = openai_lab.create(chat())
    stranger = openai_lab.client_for("key-2")
    assert stranger.batches.list().data == []
    assert stranger.files.list().data == []
    with pytest.raises(openai.NotFoundError):
        stranger.batches.retrieve(batch.id)
    with pytest.raises(openai.BadRequestError, match="no file for batches"):
        stranger.batches.create(
            input_file_id=batch.input_file_id, endpoint="/v1/chat/completions", completion_window="24h"
        )


def test_keys(make_openai_lab: Any) -> None:
    lab = make_openai_lab(api_keys=["key-1"])
    assert lab.client.batches.list().data == []
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
        lab.client_for("key-2").batches.list()
    assert "key-1" not in str(lab.emulator.requests)


def test_cancel_keeps_and_bills_what_was_done(make_openai_lab: Any, chat: Body) -> None:
    lab = make_openai_lab(turnaround=1000.0)
    batch = lab.create(*(chat(str(number)) for number in range(10)))
    lab.emulator.advance(500)
    _until(lab, batch.id, "in_progress")
    assert lab.client.batches.cancel(batch.id).status == "cancelling"
    batch = lab.ended(batch.id)
    assert batch.status == "cancelled"
    assert batch.cancelled_at is not None
    assert (len(lab.lines(batch.output_file_id)), len(lab.lines(batch.error_file_id))) == (5, 5)
    assert {row["error"]["code"] for row in lab.lines(batch.error_file_id).values()} == {"batch_cancelled"}
    assert len(lab.emulator.ledger) == 5
    with pytest.raises(openai.ConflictError, match="status 'cancelled'"):
        lab.client.batches.cancel(batch.id)


def test_expiry_keeps_and_bills_what_was_done(make_openai_lab: Any, chat: Body) -> None:
    lab = make_openai_lab(turnaround=48 * 3600.0)
    batch = lab.create(*(chat(str(number)) for number in range(10)))
    lab.emulator.advance(24 * 3600)
    batch = lab.ended(batch.id)
    assert (batch.status, batch.expired_at) == ("expired", batch.expires_at)
    assert len(lab.lines(batch.output_file_id)) == len(lab.emulator.ledger) == 5
    unreached = lab.lines(batch.error_file_id)
    assert {row["error"]["code"] for row in unreached.values()} == {"batch_expired"}
    assert {row["response"] for row in unreached.values()} == {None}


def test_a_held_batch_gets_no_further(openai_lab: Any, chat: Body) -> None:
    openai_lab.emulator.hold()
    held = openai_lab.create(chat()).id
    openai_lab.emulator.advance(3600)
    assert openai_lab.client.batches.retrieve(held).status == "validating"
    openai_lab.emulator.release()
    assert openai_lab.ended(held).status == "completed"


def test_mixed_in_expiry_makes_an_expired_batch(make_openai_lab: Any, chat: Body) -> None:
    lab = make_openai_lab(answer=lambda body: Answer.expired() if "late" in str(body["messages"]) else None)
    batch = lab.ended(lab.create(chat("late"), chat("early")).id)
    assert batch.status == "expired"
    assert set(lab.lines(batch.output_file_id)) == {"job-1"}


def test_enqueued_tokens_over_the_limit_fail_a_batch_after_its_create(make_openai_lab: Any, chat: Body) -> None:
    lab = make_openai_lab(turnaround=1000.0, enqueued_token_limit={"gpt-4.1": 250})
    first, second = (lab.create(chat("x" * 400)).id for _ in range(2))
    other = lab.create(chat("x" * 4000, model="gpt-4o")).id
    third = lab.create(chat("x" * 400)).id
    lab.emulator.advance(150)
    failed = lab.ended(third)
    assert (failed.status, failed.request_counts.total) == ("failed", 0)
    assert failed.errors.data[0].code == "token_limit_exceeded"
    assert "Limit: 250 enqueued tokens" in failed.errors.data[0].message
    lab.emulator.advance(1000)
    assert {lab.ended(one).status for one in (first, second, other)} == {"completed"}
    again = lab.create(chat("x" * 400)).id
    lab.emulator.advance(1000)
    assert lab.ended(again).status == "completed"
    assert len(lab.emulator.ledger) == 4


def test_purged_output(openai_lab: Any, chat: Body) -> None:
    batch = openai_lab.ended(openai_lab.create(chat()).id)
    openai_lab.emulator.archive(batch.id)
    with pytest.raises(openai.NotFoundError):
        openai_lab.client.files.content(batch.output_file_id)
    assert openai_lab.client.batches.retrieve(batch.id).output_file_id == batch.output_file_id


def test_counting_and_models(openai_lab: Any) -> None:
    counted = openai_lab.client.responses.input_tokens.count(model="gpt-5", input="x" * 400)
    assert counted.input_tokens == 104
    assert "gpt-4.1" in {model.id for model in openai_lab.client.models.list()}
    assert openai_lab.client.models.retrieve("gpt-5").object == "model"
    with pytest.raises(openai.NotFoundError):
        openai_lab.client.models.retrieve("gpt-none")


def test_the_ledger_agrees_with_the_output_and_by_hand(openai_lab: Any, chat: Body) -> None:
    batch = openai_lab.ended(openai_lab.create(*(chat("x" * number) for number in range(1, 30)), chat(bogus=1)).id)
    # gpt-4.1, batch: 1 in and 4 out
    micros = batch.usage.input_tokens * 1 + batch.usage.output_tokens * 4
    assert openai_lab.emulator.ledger.total_usd == Decimal(micros) / 1_000_000
    assert len(openai_lab.emulator.ledger) == 29


def test_cached_and_reasoning_tokens_are_billed_as_such(make_openai_lab: Any, respond: Body) -> None:
    usage = {
        "input_tokens": 3000,
        "output_tokens": 100,
        "total_tokens": 3100,
        "input_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 60},
    }
    lab = make_openai_lab(answer=lambda _: Answer("a", usage=usage))
    batch = lab.ended(lab.create(respond()).id)
    assert batch.usage.input_tokens_details.cached_tokens == 1000
    assert batch.usage.output_tokens_details.reasoning_tokens == 60
    (bill,) = lab.emulator.ledger
    assert bill.tokens == Tokens(2000, 100, cache_read=1000)
    # gpt-5, batch: 0.625 in, 5 out, cache read 0.0625
    assert bill.cost_usd == (2000 * Decimal("0.625") + 100 * 5 + 1000 * Decimal("0.0625")) / 1_000_000


def test_a_prefix_seen_before_comes_from_the_cache(openai_lab: Any, chat: Body) -> None:
    long = {"role": "system", "content": "x" * 8000}
    bodies = [chat(messages=[long, {"role": "user", "content": str(number)}]) for number in range(20)]
    batch = openai_lab.ended(openai_lab.create(*bodies).id)
    cached = [
        row["response"]["body"]["usage"]["prompt_tokens_details"]["cached_tokens"]
        for row in openai_lab.lines(batch.output_file_id).values()
    ]
    assert set(cached) == {0, 1920}  # 2,004 tokens in steps of 128
    assert batch.usage.input_tokens_details.cached_tokens == sum(cached)


def test_all_three_live_on_one_port(openai_lab: Any, chat: Body) -> None:
    emulator = openai_lab.emulator
    assert emulator.environment() == {
        "ANTHROPIC_BASE_URL": emulator.url,
        "ANTHROPIC_API_KEY": "emulated",
        "OPENAI_BASE_URL": emulator.openai_url,
        "OPENAI_API_KEY": "emulated",
        "GOOGLE_GEMINI_BASE_URL": emulator.gemini_url,
        "GOOGLE_API_KEY": "emulated",
    }
    openai_lab.ended(openai_lab.create(chat()).id)
    assert [batch["object"] for batch in emulator.batches] == ["batch"]
    assert [create.path for create in emulator.creates] == ["/v1/batches"]
    assert emulator.summary()["billed"] == 1


def test_lines_end_with_a_newline_and_nothing_else(openai_lab: Any, chat: Body) -> None:
    batch = openai_lab.ended(openai_lab.create(*(chat(str(number), max_tokens=None) for number in range(40))).id)
    content = openai_lab.client.files.content(batch.output_file_id).content
    assert content.endswith(b"\n")
    assert all(orjson.loads(line) for line in content[:-1].split(b"\n"))
    assert "\u2028" in content.decode()
