"""The life of files and batches, seen by Google's SDK, and what each of them costs."""

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx2
import orjson
import pytest
from google.genai.errors import ClientError
from google.genai.types import GenerateContentResponse

from batchata.testing import Answer, Tokens

Request = Callable[..., dict[str, Any]]


def _state(batch: Any) -> str:
    return str(batch.state.name).removeprefix("JOB_STATE_")


def test_a_batch_from_upload_to_download(make_gemini_lab: Any, generate: Request) -> None:
    lab = make_gemini_lab(turnaround=1000.0)
    batch = lab.create(generate("a"), generate("b"), generate(bogus=1), display_name="mine")
    assert (_state(batch), batch.display_name, batch.model) == ("PENDING", "mine", "models/gemini-2.5-flash")
    lab.emulator.advance(500)
    assert _state(lab.client.batches.get(name=batch.name)) == "RUNNING"
    lab.emulator.advance(500)
    ended = lab.ended(batch.name)
    assert _state(ended) == "SUCCEEDED"
    assert ended.end_time.timestamp() - ended.create_time.timestamp() == pytest.approx(1000)
    lines = lab.lines(batch.name)
    assert set(lines) == {"job-0", "job-1", "job-2"}
    assert lines["job-2"]["error"]["code"] == 3
    answer = GenerateContentResponse.model_validate(lines["job-0"]["response"])
    assert answer.text
    assert answer.candidates is not None
    assert str(answer.candidates[0].finish_reason).endswith("STOP")
    shown = lab.emulator.batches[0]
    stats = {"requestCount": "3", "successfulRequestCount": "2", "failedRequestCount": "1"}
    assert shown["metadata"]["batchStats"] == stats
    assert shown["response"]["responsesFile"] == ended.dest.file_name


def test_inline_requests(gemini_lab: Any) -> None:
    config = {"max_output_tokens": 20, "system_instruction": "be brief", "thinking_config": {"thinking_budget": 0}}
    src: Any = [{"contents": str(number), "metadata": {"key": f"k{number}"}, "config": config} for number in range(20)]
    batch = gemini_lab.client.batches.create(model="gemini-2.5-flash", src=src)
    found = gemini_lab.ended(batch.name).dest.inlined_responses
    keys = [one.metadata["key"] for one in found]
    assert sorted(keys) == sorted(f"k{number}" for number in range(20))
    assert keys != [f"k{number}" for number in range(20)]
    assert all(one.response.text and one.response.usage_metadata.thoughts_token_count is None for one in found)
    assert sorted(bill.custom_id for bill in gemini_lab.emulator.ledger) == sorted(keys)


def test_inline_answers_stand_with_their_own_metadata(make_gemini_lab: Any) -> None:
    lab = make_gemini_lab(answer=lambda request: request["contents"][0]["parts"][0]["text"])
    src: Any = [{"contents": f"k{number}", "metadata": {"key": f"k{number}"}} for number in range(10)]
    batch = lab.ended(lab.client.batches.create(model="gemini-2.5-flash", src=src).name)
    assert all(one.response.text == one.metadata["key"] for one in batch.dest.inlined_responses)


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_both_api_versions_and_both_spellings(gemini_lab: Any, generate: Request, version: str) -> None:
    lab = gemini_lab
    lab.client = lab.client_for("key-1", api_version=version)
    snake = {
        "contents": [{"parts": [{"text": "hi"}]}],
        "system_instruction": {"parts": [{"text": "be brief"}]},
        "generation_config": {"max_output_tokens": 50, "response_mime_type": "application/json"},
    }
    lines = lab.lines(lab.create(snake, generate("hi")).name)
    assert isinstance(orjson.loads(GenerateContentResponse.model_validate(lines["job-0"]["response"]).text or ""), dict)
    assert "response" in lines["job-1"]


def test_rows_are_not_in_order(gemini_lab: Any, generate: Request) -> None:
    rows = gemini_lab.rows(gemini_lab.ended(gemini_lab.create(*(generate(str(number)) for number in range(50))).name))
    assert [row["key"] for row in rows] != [f"job-{number}" for number in range(50)]
    assert len({row["key"] for row in rows}) == 50


def test_files(gemini_lab: Any) -> None:
    files = gemini_lab.client.files
    config = {"mime_type": "application/jsonl", "display_name": "in", "name": "mine-1"}
    file = files.upload(file=io.BytesIO(b"{}\n"), config=config)
    assert (file.name, file.display_name, file.mime_type, file.size_bytes) == (
        "files/mine-1",
        "in",
        config["mime_type"],
        3,
    )
    assert (file.expiration_time - file.create_time).total_seconds() == 48 * 3600
    with pytest.raises(ClientError) as caught:
        files.upload(file=io.BytesIO(b"{}"), config=config)
    assert (caught.value.code, caught.value.status) == (409, "ALREADY_EXISTS")
    with pytest.raises(ClientError, match="generated"):
        files.download(file="files/mine-1")
    other = files.upload(file=io.BytesIO(b"x"), config={"mime_type": "text/plain"})
    assert [one.name for one in files.list(config={"page_size": 1})] == [other.name, file.name]
    files.delete(name=other.name)
    for gone in (other.name, "files/none"):
        with pytest.raises(ClientError, match="may not exist") as caught:
            files.get(name=gone)
        assert caught.value.code == 403
    gemini_lab.emulator.advance(48 * 3600)
    assert list(files.list()) == []


def test_an_upload_in_pieces(gemini_lab: Any) -> None:
    data = bytes(range(256)) * 40_000  # 10 MB: two pieces
    file = gemini_lab.client.files.upload(file=io.BytesIO(data), config={"mime_type": "text/plain"})
    assert file.size_bytes == len(data)
    assert [one.operation for one in gemini_lab.emulator.requests] == ["upload", "upload", "finalize"]


def test_an_upload_out_of_step(gemini_lab: Any) -> None:
    url = gemini_lab.emulator.url + "/upload/v1beta/files"
    start = {"x-goog-api-key": "k", "x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
    with httpx2.Client() as client:
        assert client.post(url, headers={"x-goog-api-key": "k"}).status_code == 400
        named = client.post(url, headers=start, json={"file": {"name": "files/A_B"}})
        assert named.status_code == 400
        headers = {**start, "x-goog-upload-header-content-length": "4"}
        place = client.post(url, headers=headers, json={"file": {"display_name": "x"}}).headers["x-goog-upload-url"]
        wrong = client.post(
            place, headers={"x-goog-upload-command": "upload", "x-goog-upload-offset": "2"}, content=b"a"
        )
        assert "0 bytes were received" in wrong.json()["error"]["message"]
        early = {"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0"}
        assert "1 of 4 bytes" in client.post(place, headers=early, content=b"a").json()["error"]["message"]
        assert client.post(url + "?upload_id=none", headers=early).status_code == 404


def test_two_uploads_under_one_name(gemini_lab: Any) -> None:
    url = gemini_lab.emulator.url + "/upload/v1beta/files"
    start = {"x-goog-api-key": "k", "x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
    whole = {"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0"}
    with httpx2.Client() as client:
        answers = [client.post(url, headers=start, json={"file": {"name": "files/same"}}) for _ in range(2)]
        places = [answer.headers["x-goog-upload-url"] for answer in answers]
        assert [client.post(place, headers=whole, content=b"a").status_code for place in places] == [200, 409]


def test_batches_are_paged_newest_first(gemini_lab: Any, generate: Request) -> None:
    made = [gemini_lab.create(generate()).name for _ in range(5)]
    pager = gemini_lab.client.batches.list(config={"page_size": 2})
    assert [batch.name for batch in pager] == made[::-1]
    assert sum(exchange.operation == "list" for exchange in gemini_lab.emulator.requests) == 3


def test_each_key_sees_its_own_only(gemini_lab: Any, generate: Request) -> None:
    batch = gemini_lab.create(generate())
    stranger = gemini_lab.client_for("key-2")
    assert list(stranger.batches.list()) == []
    assert list(stranger.files.list()) == []
    with pytest.raises(ClientError) as caught:
        stranger.batches.get(name=batch.name)
    assert caught.value.code == 404


def test_keys(make_gemini_lab: Any) -> None:
    lab = make_gemini_lab(api_keys=["key-1"])
    assert list(lab.client.batches.list()) == []
    with pytest.raises(ClientError, match="API key not valid"):
        list(lab.client_for("key-2").batches.list())
    assert httpx2.get(lab.emulator.url + "/v1beta/batches").status_code == 403
    assert "key-1" not in str(lab.emulator.requests)


@pytest.mark.parametrize("end", ["cancel", "expiry"])
def test_what_does_not_succeed_has_no_output_and_is_billed_for_what_was_done(
    make_gemini_lab: Any, generate: Request, end: str
) -> None:
    lab = make_gemini_lab(turnaround=96 * 3600.0)
    batch = lab.create(*(generate(str(number)) for number in range(10)))
    lab.emulator.advance(48 * 3600 - 10)
    if end == "cancel":
        lab.client.batches.cancel(name=batch.name)
    lab.emulator.advance(10)
    ended = lab.ended(batch.name)
    assert _state(ended) == ("CANCELLED" if end == "cancel" else "EXPIRED")
    assert ended.dest is None
    assert len(lab.emulator.ledger) in {4, 5}


def test_a_deleted_batch_is_gone(gemini_lab: Any, generate: Request) -> None:
    batch = gemini_lab.create(generate())
    gemini_lab.client.batches.delete(name=batch.name)
    with pytest.raises(ClientError):
        gemini_lab.client.batches.get(name=batch.name)


def test_too_many_enqueued_tokens_are_a_429(make_gemini_lab: Any, generate: Request) -> None:
    lab = make_gemini_lab(turnaround=1000.0, enqueued_token_limit=300)
    lab.create(generate("x" * 700))
    with pytest.raises(ClientError, match="quota") as caught:
        lab.create(generate("x" * 700))
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    lab.emulator.advance(1000)
    lab.ended(lab.emulator.batches[0]["name"])
    lab.create(generate("x" * 700))


def test_counting_and_models(gemini_lab: Any) -> None:
    models = gemini_lab.client.models
    assert models.count_tokens(model="gemini-2.5-flash", contents="x" * 400).total_tokens == 102
    known = models.get(model="gemini-2.5-flash")
    assert (known.input_token_limit, known.output_token_limit, known.max_temperature) == (1_048_576, 65_536, 2)
    assert "models/gemini-2.5-flash" in {model.name for model in models.list(config={"query_base": True})}
    with pytest.raises(ClientError, match="not found") as caught:
        models.get(model="palm")
    assert caught.value.code == 404


def _answers(lab: Any, *requests: dict[str, Any]) -> list[Any]:
    lines = lab.lines(lab.create(*requests).name)
    return [GenerateContentResponse.model_validate(lines[f"job-{place}"]["response"]) for place in range(len(requests))]


def test_answers_fit_their_schemas(gemini_lab: Any, generate: Request) -> None:
    own = {
        "type": "OBJECT",
        "properties": {"total": {"type": "NUMBER"}, "kind": {"type": "STRING", "enum": ["a", "b"]}},
        "required": ["total", "kind"],
    }
    json_schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    mime = {"responseMimeType": "application/json", "maxOutputTokens": 500}
    first, second = _answers(
        gemini_lab, generate(**mime, responseSchema=own), generate(**mime, responseJsonSchema=json_schema)
    )
    assert orjson.loads(first.text)["kind"] in {"a", "b"}
    assert isinstance(orjson.loads(second.text)["n"], int)


def test_a_forced_call(gemini_lab: Any, generate: Request) -> None:
    look = {
        "name": "look",
        "parameters": {"type": "OBJECT", "properties": {"q": {"type": "STRING"}}, "required": ["q"]},
    }
    over = {"tools": [{"functionDeclarations": [look]}], "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}
    (answer,) = _answers(gemini_lab, generate(over=over))
    assert (answer.function_calls[0].name, set(answer.function_calls[0].args)) == ("look", {"q"})


@pytest.mark.parametrize(
    ("scripted", "reason"),
    [
        (Answer.refused(), "SAFETY"),
        (Answer("x", stop_reason="RECITATION"), "RECITATION"),
        (Answer("x", stop_reason="PROHIBITED_CONTENT"), "PROHIBITED_CONTENT"),
        (Answer("word " * 500), "MAX_TOKENS"),
        ("fine", "STOP"),
    ],
)
def test_finish_reasons(make_gemini_lab: Any, generate: Request, scripted: Any, reason: str) -> None:
    (answer,) = _answers(make_gemini_lab(answer=lambda _: scripted), generate())
    assert answer.candidates[0].finish_reason.name == reason
    assert bool(answer.text) is (reason in {"STOP", "MAX_TOKENS"})


def test_a_blocked_prompt(make_gemini_lab: Any, generate: Request) -> None:
    lab = make_gemini_lab(answer=lambda _: Answer(stop_reason="blocked"))
    (answer,) = _answers(lab, generate("x" * 400))
    assert answer.candidates is None
    assert answer.prompt_feedback.block_reason.name == "SAFETY"
    assert lab.emulator.ledger[0].tokens == Tokens(102)


def test_thoughts_are_billed_apart_from_candidates(make_gemini_lab: Any, generate: Request) -> None:
    lab = make_gemini_lab(answer=lambda _: Answer("abcd", thinking_tokens=60))
    (answer,) = _answers(lab, generate("x" * 400))
    usage = answer.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count) == (102, 1, 60)
    assert usage.total_token_count == 163
    (bill,) = lab.emulator.ledger
    assert bill.tokens == Tokens(102, 61)
    # gemini-2.5-flash, batch: 0.15 in, 1.25 out
    assert bill.cost_usd == (102 * Decimal("0.15") + 61 * Decimal("1.25")) / 1_000_000


def test_all_of_it_may_go_into_thoughts(make_gemini_lab: Any, generate: Request) -> None:
    lab = make_gemini_lab(mix={"truncated": 1.0})
    answers = _answers(lab, *(generate(str(number)) for number in range(20)))
    empty = [answer for answer in answers if not answer.text]
    assert 0 < len(empty) < 20
    assert all(answer.usage_metadata.thoughts_token_count == 100 for answer in empty)


def test_a_system_instruction_seen_before_comes_from_the_cache(gemini_lab: Any, generate: Request) -> None:
    over = {"systemInstruction": {"parts": [{"text": "x" * 8000}]}}
    answers = _answers(gemini_lab, *(generate(str(number), over) for number in range(20)))
    assert {answer.usage_metadata.cached_content_token_count for answer in answers} == {None, 2002}


def test_an_unknown_path(gemini_lab: Any) -> None:
    answer = httpx2.get(gemini_lab.emulator.url + "/v1beta/nothing", headers={"x-goog-api-key": "k"})
    assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")
