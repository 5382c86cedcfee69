"""What Gemini refuses, and each way to fail, seen by Google's SDK."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from google.genai.errors import APIError, ClientError, ServerError

from batchata.testing import Answer, Fault

Request = Callable[..., dict[str, Any]]

_JSON = {"responseMimeType": "application/json"}


def _text(*parts: Any, role: str = "user") -> dict[str, Any]:
    return {"contents": [{"role": role, "parts": list(parts)}]}


@pytest.mark.parametrize(
    ("config", "over", "message"),
    [
        ({"bogus": 1}, {}, "Unknown name \"bogus\" at 'generation_config': Cannot find field."),
        ({}, {"config": {}}, 'Unknown name "config": Cannot find field.'),
        ({}, _text({"text": "a", "x": 1}), "Unknown name \"x\" at 'contents[0].parts[0]'"),
        ({}, {"contents": []}, "contents is not specified"),
        ({}, _text(), "must not be empty"),
        ({}, _text({}), "must have one initialized field"),
        ({}, _text({"text": "a"}, role="robot"), "valid role: user, model"),
        ({}, _text({"text": "a", "fileData": {"fileUri": "x"}}), "oneof field 'data' is already set"),
        ({}, _text({"inlineData": {"mimeType": "application/msword", "data": "AA=="}}), "Unsupported MIME type"),
        ({}, _text({"inlineData": {"mimeType": "application/pdf", "data": "AA=="}}), "no pages"),
        ({}, _text({"inlineData": {"mimeType": "image/png", "data": "%%"}}), "Base64 decoding failed"),
        ({}, _text({"inlineData": {"mimeType": "image/png", "data": "AA=="}}), "Unable to process input image"),
        ({}, _text({"text": 5}), "Invalid value at 'contents[0].parts[0].text'"),
        ({}, {"systemInstruction": "be brief"}, "Invalid value at 'system_instruction'"),
        ({"temperature": 2.5}, {}, "temperature"),
        ({"temperature": "hot"}, {}, "Invalid value at 'generation_config.temperature'"),
        ({"maxOutputTokens": 65_537}, {}, "maxOutputTokens"),
        ({"maxOutputTokens": "many"}, {}, "max_output_tokens"),
        ({"candidateCount": 9}, {}, "candidateCount"),
        ({"stopSequences": ["a"] * 6}, {}, "at most 5"),
        ({"responseMimeType": "text/html"}, {}, "allowed mimetypes"),
        ({"responseJsonSchema": {"type": "object"}}, {}, "requires response_mime_type"),
        ({**_JSON, "responseSchema": {"type": "STRING"}, "responseJsonSchema": {}}, {}, "Only one of"),
        ({**_JSON, "responseJsonSchema": {"type": "text"}}, {}, "'text'"),
        ({"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}, {}, "only one of thinking budget"),
        ({}, {"safetySettings": [{"category": "X", "threshold": "OFF"}]}, "unsupported setting"),
        ({}, {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "without function_declarations"),
        ({}, {"cachedContent": "cachedContents/x"}, "CachedContent not found"),
        ({}, _text({"text": "x" * 4_300_000}), "exceeds the maximum number of tokens allowed (1048576)"),
    ],
)
def test_a_bad_request_is_an_error_line(
    shared_gemini_lab: Any, generate: Request, config: dict[str, Any], over: dict[str, Any], message: str
) -> None:
    line = shared_gemini_lab.answer(generate(over=over, **config))
    assert line["error"]["code"] in {3, 7}
    assert message in line["error"]["message"]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "OBJECT", "properties": {}}, "should be non-empty for OBJECT type"),
        ({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["b"]}, "not defined: b"),
        ({"type": "ARRAY"}, "items: missing field"),
        ({"type": "text"}, 'Type), "text"'),
        ({"type": ["STRING", "NULL"]}, "Proto field is not repeating, cannot start list."),
        ({"type": "STRING", "format": "uri"}, "format: 'uri' is not supported"),
        ({"type": "INTEGER", "enum": ["1"]}, "only allowed for STRING"),
        ({"type": "STRING", "enum": ["a", ""]}, "enum[1]: cannot be empty"),
        ({"type": "OBJECT", "additionalProperties": False}, 'Unknown name "additionalProperties"'),
        ({"type": "OBJECT", "properties": {"a": {"$ref": "#"}}}, "response_schema.properties[0].value'"),
        ({"$defs": {}}, 'Unknown name "$defs"'),
        ({"anyOf": [{"const": 1}]}, "response_schema.any_of[0]'"),
    ],
)
def test_schemas_that_are_refused(
    shared_gemini_lab: Any, generate: Request, schema: dict[str, Any], message: str
) -> None:
    line = shared_gemini_lab.answer(generate(**_JSON, responseSchema=schema))
    assert message in line["error"]["message"]


def test_inline_requests_are_read_at_once(gemini_lab: Any, generate: Request) -> None:
    url = gemini_lab.emulator.url + "/v1/models/gemini-2.5-flash:batchGenerateContent"

    def create(config: Any, key: str = "k") -> Any:
        body = {"batch": {"display_name": "d", "input_config": config}}
        return httpx2.post(url, json=body, headers={"x-goog-api-key": key})

    requests = {"requests": {"requests": [{"request": generate(bogus=1), "metadata": {"key": "a"}}]}}
    refused = create(requests)
    assert refused.status_code == 400
    assert "batch.input_config.requests.requests[0].request.generation_config'" in refused.json()["error"]["message"]
    assert "exactly one source" in create({}).text
    assert "must not be empty" in create({"requests": {"requests": []}}).text
    assert create({"fileName": "files/none"}).status_code == 403
    assert gemini_lab.emulator.batches == []


def test_limits_of_a_create(make_gemini_lab: Any, generate: Request) -> None:
    lab = make_gemini_lab(max_bytes=1000, max_requests=1, turnaround=1000.0)
    with pytest.raises(ClientError, match="payload size exceeds the limit"):
        lab.client.batches.create(model="gemini-2.5-flash", src=[{"contents": "x" * 1000}])
    with pytest.raises(ClientError, match="At most 1"):
        lab.client.batches.create(model="gemini-2.5-flash", src=[{"contents": "a"}, {"contents": "b"}])
    with pytest.raises(ClientError, match="not found for API version"):
        lab.client.batches.create(model="palm", src=[{"contents": "a"}])
    png = lab.upload(b"{}", mime_type="image/png")
    with pytest.raises(ClientError, match="expected jsonl"):
        lab.client.batches.create(model="gemini-2.5-flash", src=png)
    for _ in range(100):
        lab.client.batches.create(model="gemini-2.5-flash", src=[{"contents": "a"}])
    with pytest.raises(ClientError, match="too many concurrent") as caught:
        lab.create(generate())
    assert caught.value.code == 429


@pytest.mark.parametrize(("data", "message"), [(b"{", "line 1 is not a JSON object"), (b"\n", "no requests")])
def test_a_file_that_can_not_be_read_fails_its_batch(gemini_lab: Any, data: bytes, message: str) -> None:
    batch = gemini_lab.ended(gemini_lab.create_from(data).name)
    assert batch.state.name == "JOB_STATE_FAILED"
    assert message in gemini_lab.emulator.batches[0]["error"]["message"]
    assert list(gemini_lab.emulator.ledger) == []


@pytest.mark.parametrize(
    ("line", "message"), [(b'{"key": "a"}', "request is missing"), (b'{"key": "a", "body": {}}', "body")]
)
def test_a_line_that_is_no_request(gemini_lab: Any, line: bytes, message: str) -> None:
    assert message in gemini_lab.lines(gemini_lab.create_from(line).name)["a"]["error"]["message"]


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        (Fault.REFUSE, ServerError, 0),
        (Fault.DROP_BEFORE, Exception, 0),
        (Fault.DROP_AFTER, Exception, 1),
        (Fault.ERROR_AFTER, ServerError, 1),
    ],
)
def test_a_create_that_fails(
    gemini_lab: Any, generate: Request, fault: Fault, error: type[Exception], made: int
) -> None:
    gemini_lab.emulator.faults.add("create", fault)
    with pytest.raises(error) as caught:
        gemini_lab.create(generate())
    assert not isinstance(caught.value, ClientError)
    assert len(list(gemini_lab.client.batches.list())) == made
    assert len(gemini_lab.emulator.creates) == 1


def test_a_quota_says_when_to_come_again_in_its_body(gemini_lab: Any, generate: Request) -> None:
    gemini_lab.emulator.faults.add("create", Fault.REFUSE, status=429, retry_after=12)
    with pytest.raises(ClientError) as caught:
        gemini_lab.create(generate())
    (detail,) = caught.value.details["error"]["details"]
    assert (detail["@type"].rpartition(".")[2], detail["retryDelay"]) == ("RetryInfo", "12s")


def test_a_create_that_stalls(gemini_lab: Any, generate: Request) -> None:
    gemini_lab.emulator.faults.add("create", Fault.STALL_AFTER, seconds=60)
    gemini_lab.client = gemini_lab.client_for("key-1", timeout=300)
    with pytest.raises((APIError, httpx2.TimeoutException)):
        gemini_lab.create(generate())
    assert len(gemini_lab.emulator.batches) == 1


def test_a_batch_that_listings_show_later(gemini_lab: Any, generate: Request) -> None:
    gemini_lab.emulator.faults.add("create", Fault.LIST_LAG, seconds=100)
    batch = gemini_lab.create(generate())
    assert list(gemini_lab.client.batches.list()) == []
    assert gemini_lab.ended(batch.name).name == batch.name
    gemini_lab.emulator.advance(100)
    assert [one.name for one in gemini_lab.client.batches.list()] == [batch.name]


@pytest.mark.parametrize(
    ("fault", "count"), [(Fault.MISSING_LINE, 8), (Fault.DUPLICATE_LINE, 12), (Fault.FOREIGN_LINE, 11)]
)
def test_spoiled_results(gemini_lab: Any, generate: Request, fault: Fault, count: int) -> None:
    batch = gemini_lab.ended(gemini_lab.create(*(generate(str(number)) for number in range(10))).name)
    gemini_lab.emulator.faults.add("results", fault, size=2)
    keys = [row["key"] for row in gemini_lab.rows(batch)]
    assert len(keys) == count
    assert ("never-sent" in keys) is (fault is Fault.FOREIGN_LINE)


def test_a_download_cut_short(gemini_lab: Any, generate: Request) -> None:
    batch = gemini_lab.ended(gemini_lab.create(*(generate(str(number)) for number in range(50))).name)
    gemini_lab.emulator.faults.add("results", Fault.CUT_DOWNLOAD)
    with pytest.raises((APIError, httpx2.RemoteProtocolError)):
        gemini_lab.rows(batch)
    assert len(gemini_lab.rows(batch)) == 50


def test_answers_under_the_wrong_key(gemini_lab: Any, generate: Request) -> None:
    batch = gemini_lab.ended(gemini_lab.create(generate("a"), generate("b")).name)
    right = {row["key"]: row["response"] for row in gemini_lab.rows(batch)}
    gemini_lab.emulator.faults.add("results", Fault.SWAPPED_KEYS)
    wrong = {row["key"]: row["response"] for row in gemini_lab.rows(batch)}
    assert wrong["job-0"] == right["job-1"] != right["job-0"]


def test_inline_answers_that_do_not_say_whose_they_are(make_gemini_lab: Any) -> None:
    lab = make_gemini_lab(answer=lambda request: request["contents"][0]["parts"][0]["text"])
    src: Any = [{"contents": key, "metadata": {"key": key}} for key in ("a", "b")]
    name = lab.ended(lab.client.batches.create(model="gemini-2.5-flash", src=src).name).name
    lab.emulator.faults.add("retrieve", Fault.MISSING_METADATA)
    assert [one.metadata for one in lab.client.batches.get(name=name).dest.inlined_responses] == [None, None]
    lab.emulator.faults.add("retrieve", Fault.SWAPPED_KEYS)
    swapped = lab.client.batches.get(name=name).dest.inlined_responses
    assert all(one.response.text != one.metadata["key"] for one in swapped)
    right = lab.client.batches.get(name=name).dest.inlined_responses
    assert all(one.response.text == one.metadata["key"] for one in right)


@pytest.mark.parametrize(
    ("scripted", "code"),
    [
        (Answer.errored(), 13),
        (Answer.errored("x", "RESOURCE_EXHAUSTED"), 8),
        (Answer.expired(), 4),
        (Answer.canceled(), 1),
    ],
)
def test_scripted_errors_are_error_lines_and_not_billed(
    make_gemini_lab: Any, generate: Request, scripted: Answer, code: int
) -> None:
    lab = make_gemini_lab(answer=lambda _: scripted)
    assert lab.answer(generate())["error"]["code"] == code
    assert list(lab.emulator.ledger) == []
